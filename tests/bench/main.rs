//! `./dev bench [PART…] [--size N] [--subjects N] [--no-record]`: ratios measured side by side in one run, on one private
//! PostgreSQL, durable for all. Each part writes its tables between its markers in BENCHMARKS.md. Timings are never
//! asserted.

mod boards;
mod bulk;
mod commands;
mod field;
mod fill;
mod folds;
mod growth;
mod lag;
mod layer;
mod length;
mod ours;
mod over_http;
mod peers;
mod plot;
mod ranked;
mod rate;
mod report;
mod rounds;
mod table;

use std::path::{Path, PathBuf};

use infra::postgres::{Binaries, Cluster, Options, Search};

use crate::table::Table;

/// How many commands are under way at once.
const IN_FLIGHT: [usize; 4] = [1, 8, 64, 256];

/// What is measured where no part is named. Boards of a million take several gigabytes: they are asked for by name.
const ALL: [&str; 12] =
    ["commands", "alone", "hot", "http", "layer", "rounds", "lag", "bulk", "folds", "ranked", "growth", "length"];

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What was asked for.
struct Asked {
    parts: Vec<String>,
    /// How many subjects a board has.
    subjects: u64,
    /// The lengths of logs, as powers of ten.
    powers: Vec<u32>,
    record: bool,
}

impl Asked {
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut asked = Self { parts: vec![], subjects: boards::SUBJECTS, powers: lengths(6), record: true };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--no-record" => asked.record = false,
                "--size" => asked.powers = lengths(arguments.next().ok_or("--size N")?.parse()?),
                "--subjects" => asked.subjects = arguments.next().ok_or("--subjects N")?.parse()?,
                part => asked.parts.push(part.to_owned()),
            }
        }
        if asked.parts.is_empty() {
            asked.parts = ALL.map(str::to_owned).into();
        }
        Ok(asked)
    }

    async fn measure(&self, part: &str, cluster: &Cluster) -> Result<Vec<Table>, Failure> {
        Ok(match part {
            "commands" => commands::measure(cluster).await?,
            "alone" => vec![commands::alone(cluster).await?],
            "hot" => commands::hot(cluster).await?,
            "http" => vec![over_http::measure(cluster).await?],
            "layer" => vec![layer::measure(cluster).await?],
            "rounds" => vec![rounds::measure(cluster).await?],
            "lag" => vec![lag::measure(cluster).await?],
            "bulk" => bulk::measure(cluster).await?,
            "folds" => vec![folds::measure(cluster).await?],
            "ranked" => vec![ranked::measure(cluster).await?],
            "growth" => growth::measure(cluster, &self.powers).await?,
            "length" => length::measure(cluster, &self.powers).await?,
            "boards" => vec![boards::measure(cluster, self.subjects).await?],
            other => return Err(format!("there is no part {other}; there are {} and boards", ALL.join(", ")).into()),
        })
    }
}

/// From a hundred thousand on, or one shorter log to try the bench.
fn lengths(longest: u32) -> Vec<u32> {
    if longest < 5 { vec![longest] } else { (5..=longest).collect() }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let asked = Asked::read(std::env::args().skip(1))?;
    let data = folder()?;
    let binaries = Binaries::find(&Search::default(), &data)?;
    let cluster = Cluster::open(&data, &binaries, Options { max_connections: 400, ..Options::default() }).await?;
    for part in &asked.parts {
        let machine = report::machine(&binaries)?;
        let tables = asked.measure(part, &cluster).await?;
        if asked.record {
            report::record(part, &machine, &tables)?;
        }
    }
    cluster.stop().await?;
    std::fs::remove_dir_all(data)?;
    Ok(())
}

/// A folder of this run's own. What runs left behind that were cut off is removed: nobody else's.
fn folder() -> Result<PathBuf, Failure> {
    let place = Path::new("/var/tmp");
    for entry in std::fs::read_dir(place)? {
        let entry = entry?;
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("sanping-bench-")?.parse::<u32>().ok());
        if pid.is_some_and(|pid| pid != std::process::id() && !Path::new(&format!("/proc/{pid}")).exists()) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    let own = place.join(format!("sanping-bench-{}", std::process::id()));
    if own.exists() {
        std::fs::remove_dir_all(&own)?;
    }
    Ok(own)
}
