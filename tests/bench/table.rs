//! The tables of BENCHMARKS.md.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use infra::postgres::Binaries;

use crate::Failure;

/// One table.
pub struct Table {
    title: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: &str, heads: &[&str]) -> Self {
        Self { title: title.into(), heads: heads.iter().map(|head| (*head).to_owned()).collect(), rows: vec![] }
    }

    /// One more row, told at once.
    pub fn row(&mut self, cells: Vec<String>) {
        eprintln!("{}: {}", self.title, cells.join(" | "));
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|{}\n", "---|".repeat(self.heads.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("\n### {}\n\n{}{rule}{rows}", self.title, line(&self.heads))
    }
}

/// What the figures were measured on.
pub fn machine(binaries: &Binaries) -> Result<String, Failure> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    Ok(format!(
        "{cores} cores: {model}, shared by client and server; PostgreSQL {}, fsync on; load average at the end {load}; \
         release build, `./dev bench`.",
        binaries.version()
    ))
}

/// Puts the tables between the markers.
pub fn write(machine: &str, tables: &[Table]) -> Result<(), Failure> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../BENCHMARKS.md");
    let kept = fs::read_to_string(&path)?;
    let (begin, end) = ("<!-- bench -->", "<!-- /bench -->");
    let (before, rest) = kept.split_once(begin).ok_or("BENCHMARKS.md has lost its marker")?;
    let (_, after) = rest.split_once(end).ok_or("BENCHMARKS.md has lost its marker")?;
    let mut text = format!("{before}{begin}\n\nMeasured on {machine}\n");
    for table in tables {
        write!(text, "{}", table.markdown())?;
    }
    write!(text, "\n{end}{after}")?;
    fs::write(path, text)?;
    Ok(())
}
