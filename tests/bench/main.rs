//! `./dev bench`: ratios measured side by side in one run, on one private PostgreSQL, durable for all.
//! Writes the tables of BENCHMARKS.md between its markers. Timings are never asserted.

mod boards;
mod field;
mod folds;
mod ours;
mod over_http;
mod ranked;
mod rate;
mod rounds;
mod table;

use std::path::Path;

use infra::postgres::{Binaries, Cluster, Options, Search};

use crate::rate::Rate;
use crate::table::Table;

/// How many commands are under way at once.
const IN_FLIGHT: [usize; 4] = [1, 8, 64, 256];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let data = Path::new("/var/tmp/sanping-bench-bulk");
    if data.exists() {
        std::fs::remove_dir_all(data)?;
    }
    let binaries = Binaries::find(&Search::default(), data)?;
    let cluster = Cluster::open(data, &binaries, Options { max_connections: 400, ..Options::default() }).await?;
    if std::env::args().nth(1).as_deref() == Some("boards") {
        ranked::measure(&cluster).await?;
        let subjects = std::env::args().nth(2).map_or(Ok(boards::SUBJECTS), |subjects| subjects.parse())?;
        boards::measure(&cluster, subjects).await?;
        cluster.stop().await?;
        return Ok(std::fs::remove_dir_all(data)?);
    }
    if std::env::args().nth(1).as_deref() == Some("folds") {
        let events = std::env::args().nth(2).map_or(Ok(folds::EVENTS), |events| events.parse())?;
        folds::measure(&cluster, events).await?;
        cluster.stop().await?;
        return Ok(std::fs::remove_dir_all(data)?);
    }
    let mut tables = vec![commands(&cluster).await?, hot(&cluster).await?, over_http::measure(&cluster).await?];
    tables.push(rounds::measure(&cluster).await?);
    tables.push(folds::measure(&cluster, folds::EVENTS).await?);
    tables.push(ranked::measure(&cluster).await?);
    // Boards of a million subjects take several gigabytes: they are asked for by name.
    let machine = table::machine(&binaries)?;
    table::write(&machine, &tables)?;
    cluster.stop().await?;
    std::fs::remove_dir_all(data)?;
    Ok(())
}

/// Real commands through the executor, beside the field and a bare insert.
async fn commands(cluster: &Cluster) -> Result<Table, Failure> {
    let mut table = Table::new(
        "Commands, each on a member of its own",
        &["in flight", "ours /s", "p99 ms", "as shipped /s", "bare insert /s", "ours : shipped", "ours : bare"],
    );
    let ours = ours::Ours::start(cluster, "bench_ours").await?;
    let shipped = field::Shipped::start(cluster, "bench_shipped").await?;
    let bare = field::Bare::start(cluster, "bench_bare").await?;
    for in_flight in IN_FLIGHT {
        let a = ours.spread(in_flight).await?;
        ours.caught_up().await?;
        let (b, c) = (shipped.spread(in_flight).await?, bare.run(in_flight).await?);
        table.row(vec![
            in_flight.to_string(),
            a.per_second().to_string(),
            a.p99_millis(),
            b.per_second().to_string(),
            c.per_second().to_string(),
            a.ratio(&b),
            a.ratio(&c),
        ]);
    }
    ours.stop().await;
    Ok(table)
}

/// A tenth of the commands on one member.
async fn hot(cluster: &Cluster) -> Result<Table, Failure> {
    let mut table =
        Table::new("Commands, a tenth on one member, 64 in flight", &["", "commands /s", "p99 ms", "ours : this"]);
    let ours = ours::Ours::start(cluster, "bench_ours_hot").await?;
    let shipped = field::Shipped::start(cluster, "bench_shipped_hot").await?;
    let alone = ours.hot(64).await?;
    let second = ours.twin(cluster, "bench_ours_hot").await?;
    let (first, other) = tokio::join!(ours.hot(32), second.hot(32));
    let both = Rate::together(&[first?, other?]);
    ours.caught_up().await?;
    let field = shipped.hot(64).await?;
    for (name, rate) in [("ours", &alone), ("ours, two processes' executors", &both), ("as shipped", &field)] {
        table.row(vec![name.into(), rate.per_second().to_string(), rate.p99_millis(), alone.ratio(rate)]);
    }
    second.stop().await;
    ours.stop().await;
    Ok(table)
}
