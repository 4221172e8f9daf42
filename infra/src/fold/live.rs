//! The workers of one process: one task per projection, kept going by a hint and by polling.

use std::cmp::Ordering;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use futures_util::FutureExt;
use sqlx::{Executor, PgPool};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::FoldError;
use super::engine::{BATCH, Folded};
use super::kinds;
use super::lease::{self, Lease};
use super::rebuild::Progress;
use super::tail::Tail;
use super::together::{Desk, Together};
use crate::reach::{Reach, found_no_room, is_out_of_reach};
use crate::reads::serving::Moved;

/// How long projections breathe after a small batch, so that what comes meanwhile is folded together: each batch
/// costs the same few statements, and read models that chase every single event take the cores from the writers.
pub(super) const BREATH: Duration = Duration::from_millis(50);
/// How often the lease is prolonged and the log looked at without a hint: a third of the lease's term.
const POLL: Duration = Duration::from_secs(2);
/// How long a projection rests after a failure.
const REST: Duration = Duration::from_secs(2);
/// How long a batch may take: longer than any of its statements may.
pub(super) const FOLD: Duration = Duration::from_secs(90);
/// How often a lease that another holds is asked for.
const TURN: Duration = Duration::from_secs(1);
/// Within this time another process goes on with what one folded that was killed or stopped.
pub const TAKEN_OVER: Duration = Duration::from_secs(10);
// The lease runs out, it is asked for, and each may be late on a busy machine.
const _: () = assert!(lease::TERM.as_secs() + TURN.as_secs() + 3 <= TAKEN_OVER.as_secs());
/// How long one that failed leaves the lease to others: they ask within a turn, and may be builds that can go on.
const YIELD: Duration = Duration::from_secs(3);
/// How often a projection fails on the database's word before that is recorded as a stop.
const TRIES: u32 = 3;
/// How often a lease runs out without the projection getting on before its events are folded one by one, each noted
/// before: whoever had it may have died of one.
const LAPSES: i32 = 3;
/// How many processes of a build may end while they fold an event by itself, before it is taken for the cause.
const DEATHS: i32 = 3;

/// How many builds of raised versions a process makes at once, each with connections of its own and rows in memory. Who
/// has no turn looks again whether there is still something to build: another process may have done it.
static BUILDS: Semaphore = Semaphore::const_new(2);

/// What the workers of a process share.
#[derive(Clone)]
pub struct Floor {
    /// The database.
    pub pool: PgPool,
    /// The same, by connections that nobody's reads take.
    pub own: PgPool,
    /// Whether it answers.
    pub reach: Arc<Reach>,
    /// What the projections read together.
    pub tail: Arc<Tail>,
    /// Rings when the log may have grown.
    pub head: watch::Receiver<Position>,
    /// Told when checkpoints have moved.
    pub moved: mpsc::UnboundedSender<Moved>,
    /// True once the process stops.
    pub stopping: watch::Receiver<bool>,
    /// This process, as leases name it.
    pub holder: Uuid,
}

/// Starts a worker for each projection.
#[must_use]
pub fn start(projections: Vec<Arc<dyn Folded>>, floor: &Floor) -> JoinSet<()> {
    let together = Together {
        pool: floor.own.clone(),
        reach: Arc::clone(&floor.reach),
        tail: Arc::clone(&floor.tail),
        head: floor.head.clone(),
        moved: floor.moved.clone(),
    };
    let (desk, together) = together.start();
    let work = |projection| work(projection, floor.clone(), desk.clone());
    let mut tasks: JoinSet<()> = projections.into_iter().map(work).collect();
    tasks.spawn(together);
    tasks
}

async fn work(projection: Arc<dyn Folded>, mut floor: Floor, desk: Desk) {
    let mut trouble = Trouble::default();
    while !*floor.stopping.borrow() {
        let lease = lease::take(&floor.pool, projection.name(), projection.version(), floor.holder);
        match floor.reach.soon(lease).await {
            Ok(Some(lease)) => {
                let (lease, ended) = hold(&projection, &mut floor, &desk, lease, &mut trouble).await;
                let given = lease::give_back(&floor.pool, projection.name(), &lease);
                if let Err(error) = floor.reach.soon(given).await {
                    warn(&*projection, &error, "the lease is left to run out");
                }
                if ended == Ended::Failed {
                    rest(&mut floor, YIELD).await;
                }
            }
            Ok(None) => await_turn(&*projection, &mut floor, &mut trouble).await,
            Err(error) => {
                warn(&*projection, &error, "the lease cannot be taken");
                rest(&mut floor, REST).await;
            }
        }
    }
}

/// What keeps a projection from going on.
#[derive(Default)]
struct Trouble {
    /// Why it rests, as it was last said.
    said: Option<String>,
    /// How often in a row.
    times: u32,
}

impl Trouble {
    /// Says what is wrong, unless it was just said.
    fn tell(&mut self, projection: &dyn Folded, error: &FoldError, what: &str) {
        let why = chain(error);
        if self.said.as_ref() != Some(&why) {
            tracing::error!(projection = projection.name(), error = error as &dyn std::error::Error, "{what}");
            self.said = Some(why);
        }
    }
}

/// Why a worker lets its lease go.
#[derive(PartialEq, Eq)]
enum Ended {
    /// It cannot go on.
    Failed,
    /// The lease was lost, or the process stops.
    Otherwise,
}

/// What goes wrong besides folding. That the database is out of reach has been told already.
fn warn(projection: &dyn Folded, error: &sqlx::Error, what: &str) {
    if !is_out_of_reach(error) {
        tracing::warn!(projection = projection.name(), error = %error, "{what}");
    }
}

/// Folds while the lease holds and the process does not stop; answers the lease as it last was.
async fn hold(
    projection: &Arc<dyn Folded>,
    floor: &mut Floor,
    desk: &Desk,
    mut lease: Lease,
    trouble: &mut Trouble,
) -> (Lease, Ended) {
    let (mut most, mut prolong) = (if lease.lapsed < LAPSES { BATCH } else { 1 }, false);
    // Whatever they died of was in one batch.
    let careful_to = Position(lease.checkpoint.0 + BATCH as u64);
    while !*floor.stopping.borrow() {
        // One in trouble does not break up the others' transactions.
        let together = match most == BATCH && trouble.times == 0 {
            true => desk.fold(projection, lease, prolong).await,
            false => None,
        };
        let folded = match together {
            Some(checkpoint) => Ok(checkpoint),
            None => apart(&**projection, floor, &lease, most, prolong).await,
        };
        match folded {
            Ok(checkpoint) if checkpoint > lease.checkpoint => {
                let small = checkpoint.0 - lease.checkpoint.0 < BATCH as u64 && most == BATCH && together.is_none();
                lease.lapsed = if checkpoint < careful_to { lease.lapsed } else { 0 };
                // After folding one by one it dares more with each that succeeds.
                most = if lease.lapsed < LAPSES { BATCH.min(most * 2) } else { 1 };
                lease.checkpoint = checkpoint;
                (*trouble, prolong) = (Trouble::default(), false);
                if small {
                    rest(floor, BREATH).await;
                }
                continue;
            }
            Ok(_) => {
                (most, lease.lapsed) = (BATCH, 0);
                (*trouble, prolong) = (Trouble::default(), false);
            }
            Err(FoldError::Fenced { .. }) => return (lease, Ended::Otherwise),
            // One of many is at fault; which one shows when they are folded one by one.
            Err(error) if error.is_about_an_event() && most > 1 => {
                tracing::debug!(projection = projection.name(), error = %error, "folding one by one");
                most = 1;
                continue;
            }
            Err(error) => {
                report(&**projection, floor, &lease, &error, trouble).await;
                return (lease, Ended::Failed);
            }
        }
        tokio::select! {
            _ = floor.head.changed() => {}
            _ = floor.stopping.changed() => {}
            () = tokio::time::sleep(POLL) => prolong = true,
        }
    }
    (lease, Ended::Otherwise)
}

/// Folds as if alone; prolongs the lease where that is due and nothing was new.
async fn apart(
    projection: &dyn Folded,
    floor: &Floor,
    lease: &Lease,
    most: usize,
    due: bool,
) -> Result<Position, FoldError> {
    if lease.lapsed >= LAPSES {
        carefully(projection, floor, lease).await?;
    }
    let checkpoint = catch_up(projection, floor, lease, most).await?;
    if checkpoint > lease.checkpoint {
        _ = floor.moved.send(vec![(projection.table(), lease.generation, checkpoint)]);
    } else if due && !prolonged(projection, floor, lease).await {
        return Err(FoldError::Fenced { projection: projection.name() });
    }
    Ok(checkpoint)
}

/// Goes on to fold the next event, unless processes have died of it again and again.
async fn carefully(projection: &dyn Folded, floor: &Floor, lease: &Lease) -> Result<(), FoldError> {
    let build = kinds::build();
    let tried = floor.reach.soon(lease::about_to(&floor.pool, projection.name(), lease, build)).await;
    match tried.map_err(|source| FoldError::Sql { projection: projection.name(), source })? {
        Some(tried) if tried > DEATHS => Err(FoldError::Deadly { projection: projection.name() }),
        _few_or_none => Ok(()),
    }
}

/// A fold that panics is a failure like any other: the worker lives on and says so.
async fn catch_up(projection: &dyn Folded, floor: &Floor, lease: &Lease, most: usize) -> Result<Position, FoldError> {
    let broken = |_panic| Err(FoldError::Broken { projection: projection.name() });
    let folded = AssertUnwindSafe(projection.catch_up(&floor.pool, &floor.tail, lease, most)).catch_unwind();
    let late = |source| FoldError::Sql { projection: projection.name(), source };
    floor.reach.within(FOLD, folded.map(|folded| folded.unwrap_or_else(broken)), late).await
}

async fn prolonged(projection: &dyn Folded, floor: &Floor, lease: &Lease) -> bool {
    let prolonged = async {
        let mut transaction = floor.pool.begin().await?;
        // A lease that a crash forgets runs out, as it would have.
        transaction.execute("set local synchronous_commit = off").await?;
        let ours = lease::advance(&mut transaction, projection.name(), lease, lease.checkpoint).await?;
        transaction.commit().await.map(|()| ours.is_some())
    };
    floor.reach.soon(prolonged).await.unwrap_or_else(|error| {
        warn(projection, &error, "the lease cannot be prolonged");
        false
    })
}

/// What cannot be read or folded stops the projection: recorded with its cause, and tried again after a rest. So does
/// whatever else the database answers again and again, such as rows of another owner: the others do not wait for it. The
/// same cause is told once.
async fn report(projection: &dyn Folded, floor: &Floor, lease: &Lease, error: &FoldError, trouble: &mut Trouble) {
    if is_out_of_reach(error) {
        return;
    }
    trouble.tell(projection, error, "a projection rests");
    trouble.times += 1;
    let of_the_projection = trouble.times >= TRIES && !found_no_room(error);
    if !error.is_about_an_event() && !of_the_projection {
        return;
    }
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), chain);
    let next = Position(lease.checkpoint.0 + 1);
    if let Err(error) = floor.reach.soon(lease::stop(&floor.pool, projection.name(), lease, next, &cause)).await {
        warn(projection, &error, "the stop cannot be recorded");
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let next = std::error::Error::source(error).map(chain);
    next.map_or_else(|| error.to_string(), |next| format!("{error}: {next}"))
}

/// Nothing to fold for now: another process holds the lease, or the rows are of another version. A raised version is
/// built beside while the old one serves. An older program leaves a newer one's rows alone.
async fn await_turn(projection: &dyn Folded, floor: &mut Floor, trouble: &mut Trouble) {
    let serving = match floor.reach.soon(lease::look(&floor.pool, projection.name())).await {
        Ok(lease) => lease.version.cmp(&projection.version().cast_signed()),
        Err(error) => {
            warn(projection, &error, "the lease cannot be looked at");
            Ordering::Equal
        }
    };
    match serving {
        Ordering::Equal => rest(floor, TURN).await,
        Ordering::Greater => {
            tracing::warn!(
                projection = projection.name(),
                "a newer program keeps these rows; this one only reads them"
            );
            rest(floor, 10 * REST).await;
        }
        Ordering::Less => renew_version(projection, floor, trouble).await,
    }
}

/// Who is told of a build that this process makes by itself.
struct Told(u32);

impl Progress for Told {
    fn at(&self, _done: u64, _of: u64) {}

    fn begins(&self, projection: &'static str) {
        tracing::info!(projection, version = self.0, "building a raised version beside");
    }

    fn again(&self, after: Duration) {
        tracing::warn!(seconds = after.as_secs(), "a build has made no headway; it is begun again");
    }
}

async fn renew_version(projection: &dyn Folded, floor: &mut Floor, trouble: &mut Trouble) {
    let Ok(_turn) = BUILDS.try_acquire() else { return rest(floor, TURN).await };
    let broken = |_panic| Err(FoldError::Broken { projection: projection.name() });
    let told = Told(projection.version());
    let build = AssertUnwindSafe(projection.rebuild(&floor.pool, &told)).catch_unwind();
    let built = tokio::select! {
        built = build => built.unwrap_or_else(broken),
        _ = floor.stopping.changed() => return,
    };
    match built {
        Ok(_) => {
            *trouble = Trouble::default();
            _ = floor.moved.send(Moved::new());
        }
        Err(FoldError::BeingBuilt { .. }) => rest(floor, REST).await,
        Err(error) => {
            if !is_out_of_reach(&error) {
                trouble.tell(projection, &error, "the build failed; it is tried again");
            }
            rest(floor, REST).await;
        }
    }
}

async fn rest(floor: &mut Floor, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = floor.stopping.changed() => {}
    }
}
