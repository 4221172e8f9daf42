//! The last stretch of the log that was read and decoded, shared by the projections of a process.
//!
//! Projections that are abreast ask for the same events within moments; one reads and decodes them for all.
//!
//! # Invariant
//! Positions are dense, so an event's place in the stretch is its position less the position before the first.

use std::ops::{Deref, Range};
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use sqlx::PgPool;
use tokio::sync::Mutex;

use crate::log::reader::{self, Met, Traced};
use crate::reach::too_late;

/// How long a reading may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The shared stretch; at most one batch is kept.
#[derive(Default)]
pub struct Tail {
    kept: Mutex<Stretch>,
}

#[derive(Clone, Default)]
struct Stretch {
    after: Position,
    facts: Arc<Vec<Met>>,
    traced: Arc<[Traced]>,
}

/// Some events in order, shared.
pub struct Facts {
    all: Arc<Vec<Met>>,
    range: Range<usize>,
    traced: Arc<[Traced]>,
}

impl Facts {
    /// The places in traces that some of the events up to a position were recorded as part of, those after another one.
    pub fn traced(&self, after: Position, to: Position) -> impl Iterator<Item = &Traced> {
        self.traced.iter().filter(move |(at, _)| (after.0 + 1..=to.0).contains(&at.0))
    }
}

impl Deref for Facts {
    type Target = [Met];

    fn deref(&self) -> &[Met] {
        &self.all[self.range.clone()]
    }
}

impl From<Vec<Met>> for Facts {
    fn from(facts: Vec<Met>) -> Self {
        Self { range: 0..facts.len(), all: Arc::new(facts), traced: Arc::default() }
    }
}

impl Stretch {
    /// The events after a position, at most so many; nothing where the stretch does not go on from there.
    fn after(&self, position: Position, most: usize) -> Option<Facts> {
        let from = usize::try_from(position.0.checked_sub(self.after.0)?).ok()?;
        let to = self.facts.len().min(from.saturating_add(most));
        let traced = || Arc::clone(&self.traced);
        (from < to).then(|| Facts { all: Arc::clone(&self.facts), range: from..to, traced: traced() })
    }
}

impl Tail {
    /// The events after a position, at most so many.
    ///
    /// # Errors
    /// The database's.
    pub async fn after(&self, pool: &PgPool, position: Position, most: usize) -> Result<Facts, sqlx::Error> {
        let mut kept = self.kept.lock().await;
        if let Some(facts) = kept.after(position, most) {
            return Ok(facts);
        }
        if position < kept.after {
            // One that is far behind reads for itself, and the others do not wait for it.
            drop(kept);
            return reader::met(pool, position, most).await.map(Facts::from);
        }
        // The others wait for this one, so it does not wait for a host that has vanished.
        let read = tokio::time::timeout(PATIENCE, reader::met_and_traced(pool, position, most));
        let (facts, traced) = read.await.unwrap_or_else(|_| Err(too_late()))?;
        *kept = Stretch { after: position, facts: Arc::new(facts), traced: traced.into() };
        Ok(kept.after(position, most).unwrap_or_else(|| Facts::from(Vec::new())))
    }
}
