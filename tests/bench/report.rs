//! BENCHMARKS.md: each part of the bench stands between markers of its own, so that one may be measured again by itself.

use std::fs;
use std::path::{Path, PathBuf};

use infra::postgres::Binaries;

use crate::Failure;
use crate::table::Table;

/// What the figures were measured on.
pub fn machine(binaries: &Binaries) -> Result<String, Failure> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism()?;
    let build = if cfg!(debug_assertions) { "debug build, which says little" } else { "release build" };
    let load = load();
    Ok(format!(
        "Measured on {cores} cores: {model}, shared by client and server; PostgreSQL {}, fsync on; load average before \
         {load}; {build}, `./dev bench`.",
        binaries.version()
    ))
}

/// The load of the machine over one, five and fifteen minutes.
fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// A file beside BENCHMARKS.md.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Puts the tables of a part between its markers, its bars among the others, its plots beside.
pub fn record(part: &str, machine: &str, tables: &[Table]) -> Result<(), Failure> {
    for (name, svg) in tables.iter().flat_map(Table::plots) {
        fs::create_dir_all(beside("docs/bench"))?;
        fs::write(beside(&format!("docs/bench/{name}.svg")), svg)?;
    }
    let path = beside("BENCHMARKS.md");
    let text = fs::read_to_string(&path)?;
    let shown: String = tables.iter().map(Table::markdown).collect();
    let text = put(&text, part, &format!("{shown}{machine} Load average after: {}.", load()))?;
    let bars = bars(between(&text, "bars")?.1, part, tables);
    Ok(fs::write(path, put(&text, "bars", &bars)?)?)
}

/// The text before a part, in it, and after it.
fn between<'t>(text: &'t str, part: &str) -> Result<(&'t str, &'t str, &'t str), Failure> {
    let lost = || format!("BENCHMARKS.md has lost the marker of {part}");
    let (before, rest) = text.split_once(&format!("<!-- {part} -->\n")).ok_or_else(lost)?;
    let (within, after) = rest.split_once(&format!("<!-- /{part} -->")).ok_or_else(lost)?;
    Ok((before, within, after))
}

fn put(text: &str, part: &str, content: &str) -> Result<String, Failure> {
    let (before, _, after) = between(text, part)?;
    Ok(format!("{before}<!-- {part} -->\n\n{content}\n\n<!-- /{part} -->{after}"))
}

/// The table of bars with the lines of this part anew; those of the other parts stay.
fn bars(kept: &str, part: &str, tables: &[Table]) -> String {
    let of = |line: &&str| line.starts_with("| ") && !line.starts_with("| bar |");
    let from = format!("| {part} |");
    let mut lines: Vec<String> =
        kept.lines().filter(of).filter(|line| !line.ends_with(&from)).map(str::to_owned).collect();
    for bar in tables.iter().flat_map(Table::bars) {
        let met = if bar.met { "yes" } else { "**no**" };
        lines.push(format!("| {} | {} | {met} {from}", bar.wanted, bar.measured));
    }
    format!("| bar | measured | met | part |\n|---|---|---|---|\n{}", lines.join("\n"))
}
