//! How much memory a program has that nothing is done to: what all the others are asked, it is asked too.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::Failure;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(60);

/// What it had at the start and after each minute, and at the end.
#[derive(Default)]
pub struct Resident {
    mebibytes: Vec<Option<u64>>,
}

/// Looks at a process until told to end.
///
/// # Errors
/// Whoever tells of the end is gone.
pub async fn watch_over(pid: u32, mut ended: watch::Receiver<bool>) -> Result<Resident, Failure> {
    let (mut resident, mut minutes) = (Resident::default(), interval(EVERY));
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*ended.borrow() {
        tokio::select! {
            _ = minutes.tick() => resident.mebibytes.push(of(pid)),
            changed = ended.changed() => changed?,
        }
    }
    resident.mebibytes.push(of(pid));
    Ok(resident)
}

/// The resident memory of a process, in MiB, where the kernel tells it.
fn of(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? / 1024)
}

impl Resident {
    /// What the report says of it.
    pub fn told(&self) -> String {
        let told = |had: &Option<u64>| had.map_or_else(|| "?".to_owned(), |had| had.to_string());
        let minutes: Vec<String> = self.mebibytes.iter().map(told).collect();
        let (first, last) = (minutes.first().map_or("?", String::as_str), minutes.last().map_or("?", String::as_str));
        format!(
            "One program was neither killed nor stopped nor paused, and was asked like the others: {first} MiB of resident \
             memory first, {last} MiB last; at the start, after each minute and at the end: {}.",
            minutes.join(", ")
        )
    }
}
