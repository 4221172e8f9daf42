//! Settling a batch under the head lock: each command by itself, purely.
//!
//! # Invariant
//! A conflict or a duplicate fails that command alone, and every later one that was decided on its provisional state; of the
//! lines of a file, one that is not settled sends those after it back ([`crate::turn`]).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::stream::{Position, StreamId};

use super::job::{Ask, CommandKey, Job, Settled};

/// What the database holds about a batch, read under the head lock and kept current while settling.
#[derive(Debug, Default)]
pub struct Found {
    /// The last position.
    pub head: Position,
    /// The version of each stream; a stream without events has none here.
    pub versions: HashMap<StreamId, u64>,
    /// The recorded outcomes: body hash and position.
    pub outcomes: HashMap<CommandKey, (Vec<u8>, Position)>,
    /// Whose the staff numbers are, by their keys, as member ids.
    pub staff: HashMap<String, uuid::Uuid>,
}

/// The lines of provisional states that have lost a link, each for as long as a job decided on it may still wait.
#[derive(Debug, Clone, Default)]
pub struct Broken {
    /// The lines.
    pub lines: HashSet<u64>,
    /// The last job that may have been decided on each, by its number in the queue.
    until: HashMap<u64, u64>,
}

impl Broken {
    /// Takes in that so many jobs were queued when the desk let go of the lines broken so far, and so many have been
    /// taken and settled. Jobs are taken in the order of the queue: once all that were queued when a line broke have
    /// been taken, it is forgotten.
    pub fn forget(&mut self, queued: u64, taken: u64) {
        for line in &self.lines {
            self.until.entry(*line).or_insert(queued);
        }
        self.until.retain(|_, last| *last > taken);
        self.lines.retain(|line| self.until.contains_key(line));
    }
}

/// What a batch takes the log to hold: each stream at the version its first job has it at, and none of the commands.
#[must_use]
pub fn assumed(jobs: &[Job]) -> Found {
    let mut found = Found::default();
    for read in jobs.iter().flat_map(|job| &job.reads) {
        found.versions.entry(read.stream).or_insert(read.version);
    }
    found
}

/// Settles a batch in order. `broken` holds the lines of provisional states that have lost a link.
pub fn settle(jobs: &[Job], found: &mut Found, broken: &mut HashSet<u64>) -> Vec<Settled> {
    jobs.iter()
        .map(|job| {
            let settled = settle_one(job, found, broken);
            if !matches!(settled, Settled::Accepted(_) | Settled::Confirmed) {
                breaks(job, broken);
            }
            if matches!(settled, Settled::Stale(_)) {
                broken.extend(job.chain());
            }
            settled
        })
        .collect()
}

/// Settles a batch that could not be appended.
pub fn fail(jobs: &[Job], error: &Arc<sqlx::Error>, broken: &mut HashSet<u64>) -> Vec<Settled> {
    jobs.iter().for_each(|job| breaks(job, broken));
    broken.extend(jobs.iter().filter_map(Job::chain));
    jobs.iter().map(|_| Settled::Failed(Arc::clone(error))).collect()
}

/// What was decided on the states this job would have led to was decided on nothing.
fn breaks(job: &Job, broken: &mut HashSet<u64>) {
    broken.extend(job.provisional().map(|read| read.lineage));
}

fn settle_one(job: &Job, found: &mut Found, broken: &HashSet<u64>) -> Settled {
    if let Some((body, position)) = found.outcomes.get(&job.key) {
        return if body.as_slice() == job.body { Settled::Replayed(*position) } else { Settled::IdReused };
    }
    let version = |stream| found.versions.get(&stream).copied().unwrap_or_default();
    let stale: Vec<StreamId> = job
        .reads
        .iter()
        .filter(|read| broken.contains(&read.lineage) || version(read.stream) != read.version)
        .map(|read| read.stream)
        .collect();
    if !stale.is_empty() || job.chain().is_some_and(|chain| broken.contains(&chain)) {
        return Settled::Stale(stale);
    }
    let Ask::Record { writes, person } = &job.ask else { return Settled::Confirmed };
    if let Some((member, person)) = person {
        let number = person.staff_number.key();
        if found.staff.get(&number).is_some_and(|holder| *holder != member.0) {
            return Settled::StaffNumberTaken;
        }
        found.staff.retain(|_, holder| *holder != member.0);
        found.staff.insert(number, member.0);
    }
    for write in writes {
        found.versions.insert(write.stream, write.sequence);
    }
    found.head.0 += writes.len() as u64;
    found.outcomes.insert(job.key.clone(), (job.body.to_vec(), found.head));
    Settled::Accepted(found.head)
}
