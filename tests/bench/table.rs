//! What is measured, as tables; and which of the bars were met.

use std::time::Duration;

use crate::rate::{Rate, hundredths, millis};

/// One table.
pub struct Table {
    title: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
    bars: Vec<Bar>,
    plots: Vec<(String, String)>,
}

/// One thing the whole must reach.
pub struct Bar {
    /// The work, and what is asked of it.
    pub wanted: String,
    /// What it came to.
    pub measured: String,
    /// Whether that is enough.
    pub met: bool,
}

impl Table {
    /// A table without rows.
    pub fn new(title: &str, heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Self { title: title.into(), heads, rows: vec![], notes: vec![], bars: vec![], plots: vec![] }
    }

    /// One more row, told at once.
    pub fn row(&mut self, cells: Vec<String>) {
        eprintln!("{}: {}", self.title, cells.join(" | "));
        self.rows.push(cells);
    }

    /// A sentence under the table.
    pub fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }

    /// A bar with what was measured, in words.
    pub fn bar(&mut self, wanted: &str, measured: String, met: bool) {
        self.bars.push(Bar { wanted: wanted.to_owned(), measured, met });
    }

    /// So many hundredths of another rate are asked for.
    pub fn bar_ratio(&mut self, wanted: &str, rate: &Rate, other: &Rate, least: u128) {
        let ratio = rate.hundredths(other);
        self.bar(wanted, hundredths(ratio), ratio >= least);
    }

    /// So many a second are asked for.
    pub fn bar_rate(&mut self, wanted: &str, rate: &Rate, least: u128) {
        let measured = format!("{}/s", rate.per_second());
        self.bar(wanted, measured, rate.per_second() >= least);
    }

    /// Less than such a time is asked for.
    pub fn bar_time(&mut self, wanted: &str, time: Duration, under: Duration) {
        self.bar(wanted, format!("{} ms", millis(time)), time < under);
    }

    /// A picture under the table: its name, and the picture.
    pub fn plot(&mut self, name: &str, svg: String) {
        self.plots.push((name.to_owned(), svg));
    }

    /// The pictures.
    pub fn plots(&self) -> &[(String, String)] {
        &self.plots
    }

    /// The bars it answers.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// As it stands in BENCHMARKS.md.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|{}\n", "---|".repeat(self.heads.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        let notes: String = self.notes.iter().map(|note| format!("\n{note}\n")).collect();
        let plots: String =
            self.plots.iter().map(|(name, _)| format!("\n![{}](docs/bench/{name}.svg)\n", self.title)).collect();
        format!("### {}\n\n{}{rule}{rows}{notes}{plots}\n", self.title, line(&self.heads))
    }
}
