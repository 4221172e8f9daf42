//! The projections of a process that are abreast fold together: one reading of the log and one transaction for all, for
//! most events change the rows of a few projections and merely move the checkpoint of the others.
//!
//! # Rules
//! - Whoever has fallen out of step or was refused folds apart, as if it were alone; so do all after a transaction that
//!   failed, so that an event or a table at fault holds up only the projections it belongs to.
//! - Where all are far behind and little is appended meanwhile, each folds apart: several connections catch up faster.
//!   While commands come they do not, for they would take the cores from those that append: of a burst the commands are
//!   answered first. Who has to see what is recorded asks for it by its position; readiness tells who lags.
//! - After a round all breathe together, so that they stay in step: whoever missed the next one would be out of it.
//! - A projection whose row somebody else has locked is left out rather than waited for.
//!
//! # Invariant
//! Each lease is fenced by itself: whoever has lost its own writes nothing, whatever becomes of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use futures_util::FutureExt;
use sqlx::{Connection, PgPool};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::FoldError;
use super::batch::Made;
use super::engine::{BATCH, BEGIN, Folded};
use super::lease::{self, Lease};
use super::live::{BREATH, FOLD};
use super::tail::{Facts, Tail};
use crate::log::reader::Traced;
use crate::reach::{Reach, is_out_of_reach};
use crate::reads::serving::Moved;
use crate::trace::{self, Span};

/// How long the first that asks waits for the others: they were woken by the same commit, or by the end of one round.
const GATHER: Duration = Duration::from_millis(2);
/// How many positions apart two may be to be abreast.
const ABREAST: u64 = 1_000;
/// How many positions behind the log is far.
const FAR: u64 = 4 * BATCH as u64;
/// For how long it is looked how fast the log grows, and how many events are few in that time: folds that are far behind
/// gain on it then.
const LOOK: Duration = Duration::from_millis(250);
const FEW: u128 = 250;
/// Whom an error of all is ascribed to.
const ALL: &str = "(all together)";

/// One projection's wish to be folded on.
struct Asked {
    projection: Arc<dyn Folded>,
    lease: Lease,
    prolong: bool,
    answer: oneshot::Sender<Position>,
}

/// Where to ask.
#[derive(Clone)]
pub struct Desk(mpsc::UnboundedSender<Asked>);

/// The one that folds for all.
pub struct Together {
    /// Connections that nobody's reads take.
    pub pool: PgPool,
    /// Whether the database answers.
    pub reach: Arc<Reach>,
    /// What the projections read together.
    pub tail: Arc<Tail>,
    /// Where the log ends, as far as is known.
    pub head: watch::Receiver<Position>,
    /// Told which checkpoints have moved.
    pub moved: mpsc::UnboundedSender<Moved>,
}

/// How fast the log grows.
struct Pace {
    since: Instant,
    head: Position,
    slow: bool,
}

impl Pace {
    fn from(now: Instant) -> Self {
        Self { since: now, head: Position(0), slow: false }
    }

    /// Whether it grew slowly when it was last looked at for long enough.
    fn is_slow(&mut self, now: Instant, head: Position) -> bool {
        let passed = now - self.since;
        if passed >= LOOK {
            self.slow = u128::from(head.0.saturating_sub(self.head.0)) * LOOK.as_millis() < FEW * passed.as_millis();
            (self.since, self.head) = (now, head);
        }
        self.slow
    }
}

/// Who of a round is abreast, and from where they go on.
fn abreast(round: &[Asked]) -> (Vec<&Asked>, Position) {
    let foremost = round.iter().map(|asked| asked.lease.checkpoint.0).max().unwrap_or_default();
    let abreast: Vec<&Asked> = round.iter().filter(|asked| asked.lease.checkpoint.0 + ABREAST >= foremost).collect();
    let from = abreast.iter().map(|asked| asked.lease.checkpoint).min().unwrap_or_default();
    (abreast, from)
}

impl Desk {
    /// Folds on, with whoever asks at the same time; where nothing is new, prolongs the lease if that is wanted. Answers
    /// the new checkpoint; nothing where the projection has to do it by itself.
    pub async fn fold(&self, projection: &Arc<dyn Folded>, lease: Lease, prolong: bool) -> Option<Position> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Asked { projection: Arc::clone(projection), lease, prolong, answer }).ok()?;
        answered.await.ok()
    }
}

impl Together {
    /// Where to ask, and the work until nobody can ask any more.
    pub fn start(self) -> (Desk, impl Future<Output = ()> + Send) {
        let (desk, asked) = mpsc::unbounded_channel();
        (Desk(desk), self.work(asked))
    }

    async fn work(self, mut asked: mpsc::UnboundedReceiver<Asked>) {
        let (mut breath, mut pace) = (Instant::now(), Pace::from(Instant::now()));
        while let Some(first) = asked.recv().await {
            tokio::time::sleep_until(breath.max(Instant::now() + GATHER)).await;
            let mut round = vec![first];
            while let Ok(another) = asked.try_recv() {
                round.push(another);
            }
            let (head, (abreast, from)) = (*self.head.borrow(), abreast(&round));
            if pace.is_slow(Instant::now(), head) && from.0 + FAR < head.0 {
                continue;
            }
            let late = |source| FoldError::Sql { projection: ALL, source };
            let folded = AssertUnwindSafe(self.reach.within(FOLD, self.fold(&abreast, from), late)).catch_unwind();
            let folded = folded.await.unwrap_or(Err(FoldError::Broken { projection: ALL }));
            match folded {
                Ok(folded) => {
                    if self.answer(round, &folded) {
                        breath = Instant::now() + BREATH;
                    }
                }
                // Each finds out by itself whether it is at fault.
                Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "all fold apart"),
            }
        }
    }

    /// Answers whether something has moved.
    fn answer(&self, round: Vec<Asked>, folded: &BTreeMap<&'static str, Position>) -> bool {
        let mut moved = Moved::new();
        for asked in round {
            let name = asked.projection.name();
            if let Some(checkpoint) = folded.get(name) {
                moved.extend((*checkpoint > asked.lease.checkpoint).then_some((
                    asked.projection.table(),
                    asked.lease.generation,
                    *checkpoint,
                )));
                // Nobody waits any more where the process stops.
                _ = asked.answer.send(*checkpoint);
            }
        }
        let some = !moved.is_empty();
        if some {
            _ = self.moved.send(moved);
        }
        some
    }

    /// Folds on from a position; answers where each is then. Who is not named folds apart.
    async fn fold(&self, round: &[&Asked], from: Position) -> Result<BTreeMap<&'static str, Position>, FoldError> {
        let failed = |source| FoldError::Sql { projection: ALL, source };
        let mut folded = BTreeMap::new();
        let met = self.tail.after(&self.pool, from, BATCH).await.map_err(failed)?;
        // Whoever is far behind folds what nobody has waited for in a long time.
        let near = from.0 + FAR >= self.head.borrow().0;
        let folding = if near { folding(&met, from, round.len()) } else { Vec::new() };
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let mut moving: Vec<(&Asked, Made)> = Vec::new();
        for asked in round {
            let known = usize::try_from(asked.lease.checkpoint.0 - from.0).unwrap_or(usize::MAX);
            let next = met.get(known..).unwrap_or_default();
            match asked.projection.make(&mut connection, &asked.lease, next, &BTreeSet::new()).await {
                Ok(made) if made.to > asked.lease.checkpoint => moving.push((asked, made)),
                Ok(Made { stopped: Some(_), .. }) => {}
                Ok(made) if asked.prolong => moving.push((asked, made)),
                Ok(made) => _ = folded.insert(asked.projection.name(), made.to),
                Err(error) if is_out_of_reach(&error) => return Err(error),
                Err(_) => {}
            }
        }
        if moving.is_empty() {
            return Ok(folded);
        }
        let mut transaction = connection.begin_with(BEGIN).await.map_err(failed)?;
        let moves = moving.iter().map(|(asked, made)| (asked.projection.name(), asked.lease, made.to));
        let moved = lease::advance_all(&mut transaction, moves).await.map_err(failed)?;
        if moved.values().any(|skips| *skips) {
            return Ok(folded);
        }
        for (asked, made) in &moving {
            let name = asked.projection.name();
            if moved.contains_key(name) {
                made.write(&mut transaction).await?;
                folded.insert(name, made.to);
            }
        }
        transaction.commit().await.map_err(failed)?;
        drop(folding);
        Ok(folded)
    }
}

/// The fold of these events, as the trace of each command that led to some of them has it.
fn folding(met: &Facts, from: Position, projections: usize) -> Vec<Span> {
    let span = |(at, trace): &Traced| {
        let mut span = Span::within("projection.fold", Some(trace))?;
        span.tell("sanping.position", trace::number(at.0));
        span.tell("sanping.projections", trace::number(projections as u64));
        Some(span)
    };
    met.traced(from, Position(from.0 + met.len() as u64)).filter_map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_grows_slowly_or_fast_by_time_whatever_rounds_there_are() {
        let start = Instant::now();
        let mut pace = Pace::from(start);
        let mut at = |millis: u64, head: u64| pace.is_slow(start + Duration::from_millis(millis), Position(head));
        assert!(!at(10, 1_000_000), "nothing is known yet");
        assert!(!at(250, 1_000_000), "what was there at the start came at once");
        assert!(!at(400, 1_000_100), "not looked at for long enough");
        assert!(at(500, 1_000_240));
        assert!(
            !(510..750).step_by(10).any(|millis| !at(millis, 1_000_240 + millis * 25)),
            "rounds follow one another"
        );
        assert!(!at(760, 1_020_000));
        assert!(!at(2_000, 1_022_000), "more than one in a millisecond");
        assert!(at(4_000, 1_023_000));
    }
}
