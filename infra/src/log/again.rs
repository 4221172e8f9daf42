//! A second look: what is stale is decided again under the head lock, where nothing moves.
//!
//! # Why
//! Of two processes that write one aggregate, the one that has just committed decides its next batch on states it has
//! at hand; the other has to load first and would come too late again and again. Under the head lock the states are
//! the recorded ones, so whoever holds it settles all its jobs.
//!
//! # Invariant
//! A fresh state is what the log holds, with what this transaction has appended.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::stream::StreamId;
use domain::world::{Decision, State, States};

use super::job::{Ask, Given, Job, No, Read, Settled, Write};
use super::settle::{Found, settle};
use super::verdict::{Verdict, Versions};

/// Recorded states with their versions.
#[derive(Default)]
pub struct Fresh(HashMap<StreamId, (Arc<State>, u64)>);

impl States for Fresh {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.0.get(&stream).map(|(state, _)| &**state)
    }
}

impl Versions for Fresh {
    fn version(&self, stream: StreamId) -> Option<u64> {
        self.0.get(&stream).map(|(_, version)| *version)
    }
}

/// How a second look ended.
pub enum Look {
    /// These states are missing.
    Needs(Vec<StreamId>),
    /// Settled; an accepted job is to be appended as it is now.
    Settled(Settled, Option<Box<Job>>),
}

/// What a command comes to on fresh states, and the states after it.
struct Foreseen {
    writes: Vec<Write>,
    after: HashMap<StreamId, (Arc<State>, u64)>,
    refusal: Option<No>,
    reads: Vec<Read>,
}

impl Fresh {
    /// Puts a recorded state in.
    pub fn put(&mut self, stream: StreamId, state: Arc<State>, version: u64) {
        self.0.insert(stream, (state, version));
    }

    /// Every state with its version.
    pub fn into_states(self) -> impl Iterator<Item = (StreamId, Arc<State>, u64)> {
        self.0.into_iter().map(|(stream, (state, version))| (stream, state, version))
    }

    /// Decides a stale job again and settles it.
    pub fn look_again(&mut self, given: &Arc<Given>, found: &mut Found) -> Look {
        // Here a rule that panics would end the appender; where the caller decides again it ends the caller alone.
        let Ok(foreseen) = catch_unwind(AssertUnwindSafe(|| self.foresee(given))) else {
            return Look::Settled(Settled::Stale(Vec::new()), None);
        };
        let Foreseen { writes, after, refusal, reads } = match foreseen {
            Ok(foreseen) => foreseen,
            Err(missing) => return Look::Needs(missing),
        };
        // What it leads to now may be of a type that this process has not asked about; its caller does.
        if !given.gate.closed(writes.iter().map(|write| &write.event)).is_empty() {
            return Look::Settled(Settled::Stale(Vec::new()), None);
        }
        for read in &reads {
            found.versions.entry(read.stream).or_insert(read.version);
        }
        let ask = match refusal {
            Some(_) => Ask::Confirm,
            None => Ask::Record { writes, person: given.order.side_row() },
        };
        let job = given.job(reads, ask, None);
        let settled = settle(std::slice::from_ref(&job), found, &mut HashSet::new()).into_iter().next();
        match (settled.expect("one job is settled once"), refusal) {
            (Settled::Accepted(position), _) => {
                self.0.extend(after);
                Look::Settled(Settled::Accepted(position), Some(Box::new(job)))
            }
            (Settled::Confirmed, Some(refusal)) => Look::Settled(Settled::Refused(refusal), None),
            (settled, _) => Look::Settled(settled, None),
        }
    }

    /// Everything a rule has a part in, before anything is settled by it.
    fn foresee(&self, given: &Arc<Given>) -> Result<Foreseen, Vec<StreamId>> {
        let Verdict { decision, refusal, streams } = Verdict::on(self, given)?;
        let reads = streams.into_iter().filter_map(|stream| self.looked_at(stream)).collect();
        let writes = if refusal.is_some() { Vec::new() } else { self.numbered(decision) };
        Ok(Foreseen { after: self.after(&writes), writes, refusal, reads })
    }

    fn looked_at(&self, stream: StreamId) -> Option<Read> {
        self.0.get(&stream).map(|(_, version)| Read { stream, version: *version, lineage: Read::RECORDED })
    }

    fn numbered(&self, decision: Decision) -> Vec<Write> {
        let mut versions: HashMap<StreamId, u64> = HashMap::new();
        let number = |(stream, event)| {
            let recorded = self.0.get(&stream).map_or(0, |(_, version)| *version);
            let sequence = versions.entry(stream).or_insert(recorded);
            *sequence += 1;
            Write::new(stream, *sequence, event)
        };
        decision.into_events().into_iter().map(number).collect()
    }

    /// The states these writes lead to.
    fn after(&self, writes: &[Write]) -> HashMap<StreamId, (Arc<State>, u64)> {
        let mut after = HashMap::new();
        for Write { stream, sequence, event, .. } in writes {
            let Some(known) = self.0.get(stream) else { continue };
            let (state, version) = after.entry(*stream).or_insert_with(|| known.clone());
            Arc::make_mut(state).apply(event);
            *version = *sequence;
        }
        after
    }
}
