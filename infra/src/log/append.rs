//! The appender: one task per process that commits what waits, a batch at a time.
//!
//! # A batch
//! An ordinary one is recorded in one round trip ([`super::ordinary`]). Otherwise the long way: the head row is taken;
//! versions, outcomes and staff numbers are read; each job is settled by itself; what is accepted is inserted; what is
//! stale is decided again on what is recorded ([`super::again`]); the head moves, commit.
//!
//! # Failures
//! After an error the connection is given up and the same batch is settled again on a new one: what had been committed
//! after all is found in `commands` and answered as accepted. A batch that the database refuses for its content is
//! settled job by job, so that one bad job fails alone; where one of them is given up for another reason, so are all the rest.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::stream::{Position, StreamId};
use domain::world::State;
use jiff::Timestamp;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{Notify, watch};

use super::again::{Fresh, Look};
use super::desk::SharedDesk;
use super::fault::{Fault, is_about_content, is_held};
use super::job::{Ask, Given, Job, Settled};
use super::ordinary;
use super::settle::{Broken, Found, fail, settle};
use super::spans;
use super::statements::{catch_up, insert_events, insert_outcomes, keep_people, look, move_head, take_head};
use crate::clock::Clock;
use crate::held::patiently;
use crate::reach::{Reach, too_late};
use crate::sql::pooled;

const MOST_JOBS: usize = 4_000;
const MOST_EVENTS: usize = 20_000;
const ATTEMPTS: u32 = 8;
/// How long a batch may take before its connection is given up: longer than the server waits for a lock. A host that
/// has vanished would be waited for without end.
const DEADLINE: Duration = Duration::from_secs(15);
/// How often a batch may be too late before its callers are told.
const LATE: u32 = 2;

/// How often the appender lets others go first before a batch.
const TURNS: u32 = 16;
/// In bulk: how many jobs are waited for while more come, of those that an import has under way, and how long that nothing
/// comes is taken for the end of them.
const BULK: usize = MOST_JOBS / 4;
const LULL: Duration = Duration::from_millis(50);

/// The table of the row that every append takes.
const HEAD: &str = "log_head";

/// The appender's share of a process.
pub struct Appender {
    /// How to connect.
    pub options: PgConnectOptions,
    /// Whether the database answers.
    pub reach: Arc<Reach>,
    /// Where jobs wait.
    pub desk: SharedDesk,
    /// Rung when a job is queued.
    pub bell: Arc<Notify>,
    /// Told of every new head.
    pub head: watch::Sender<Position>,
    /// The time of recording.
    pub clock: Arc<Clock>,
    /// Whether large batches matter more than soon ones.
    pub in_bulk: Arc<AtomicBool>,
}

/// What an appender keeps from batch to batch.
struct Session {
    connection: Option<PgConnection>,
    /// Whether the next batch is tried the short way.
    short: bool,
}

impl Drop for Appender {
    /// However it ends, nobody is left waiting for it.
    fn drop(&mut self) {
        let mut desk = self.desk.lock();
        desk.close();
        desk.forget();
    }
}

impl Appender {
    /// Commits batches until the desk is closed and empty.
    pub async fn run(self) {
        let mut session = Session { connection: None, short: !pooled() };
        let mut broken = Broken::default();
        loop {
            self.gather().await;
            let ((jobs, waiting), done) = {
                let mut desk = self.desk.lock();
                (desk.take(MOST_JOBS, MOST_EVENTS), desk.is_done())
            };
            if jobs.is_empty() {
                if done {
                    return;
                }
                self.bell.notified().await;
                continue;
            }
            let appending = spans::begun(&jobs);
            let batch = self.settle_with_retries(&mut session, &jobs, &mut broken.lines).await;
            spans::ended(appending, jobs.len(), &batch.answers);
            self.tell_head(&batch.answers);
            {
                let mut desk = self.desk.lock();
                let (queued, taken) = desk.settled(&jobs, &batch.settled);
                broken.forget(queued, taken);
                batch.fresh.into_states().for_each(|(stream, state, version)| desk.loaded(stream, state, version));
            }
            for (waiting, answer) in waiting.into_iter().zip(batch.answers) {
                // A caller that went away does not need the answer; the command stands.
                let _gone = waiting.send(answer);
            }
        }
    }

    /// Lets whoever was answered just now decide what comes next, for as long as that fills the queue: one that came back
    /// first would otherwise go to the disk alone, and all the others wait for it.
    async fn gather(&self) {
        let mut waiting = self.desk.lock().waiting();
        while self.in_bulk.load(Ordering::Relaxed) && (1..BULK).contains(&waiting) {
            tokio::time::sleep(LULL).await;
            let now = self.desk.lock().waiting();
            if std::mem::replace(&mut waiting, now) == now {
                return;
            }
        }
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
            let now = self.desk.lock().waiting();
            if std::mem::replace(&mut waiting, now) == now {
                return;
            }
        }
    }

    fn tell_head(&self, answers: &[Settled]) {
        let last = answers.iter().filter_map(|settled| match settled {
            // A batch that was committed without our knowing is found in `commands` and counts as replayed.
            Settled::Accepted(position) | Settled::Replayed(position) => Some(*position),
            _ => None,
        });
        if let Some(position) = last.max() {
            self.head.send_if_modified(|head| std::mem::replace(head, position.max(*head)) < position);
        }
    }

    async fn settle_with_retries(&self, session: &mut Session, jobs: &[Job], broken: &mut HashSet<u64>) -> Batch {
        let mut late = 0;
        for attempt in 1.. {
            let mut lines = broken.clone();
            let in_time = tokio::time::timeout(DEADLINE, self.commit(session, jobs, &mut lines)).await;
            let Fault { error, about_content } = match in_time {
                Ok(Ok(batch)) => {
                    self.reach.answered();
                    *broken = lines;
                    return batch;
                }
                Ok(Err(fault)) => {
                    // Whoever waits for a row that another session holds is told as soon as who waits for an answer.
                    late += u32::from(is_held(&fault.error));
                    fault
                }
                Err(_) => {
                    late += 1;
                    Fault::from(too_late())
                }
            };
            // Told by itself, once: not for each batch.
            let away = self.reach.failed(&error);
            session.connection = None;
            if about_content && jobs.len() > 1 {
                return self.settle_one_by_one(session, jobs, broken).await;
            }
            if attempt >= ATTEMPTS || late >= LATE || about_content || self.reach.is_replaced() {
                if !away {
                    tracing::error!(error = &error as &dyn std::error::Error, jobs = jobs.len(), "append failed");
                }
                let error = Arc::new(error);
                let given_up = (!about_content).then(|| Arc::clone(&error));
                return Batch { given_up, ..Batch::of(fail(jobs, &error, broken)) };
            }
            if !away {
                tracing::warn!(error = %error, attempt, "append is tried again on a new connection");
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt.min(6))).await;
        }
        unreachable!("the loop ends by returning")
    }

    async fn settle_one_by_one(&self, session: &mut Session, jobs: &[Job], broken: &mut HashSet<u64>) -> Batch {
        let mut batch = Batch::of(Vec::new());
        for (job, others) in jobs.iter().zip((1..).map(|next| &jobs[next..])) {
            let one = Box::pin(self.settle_with_retries(session, std::slice::from_ref(job), broken)).await;
            let given_up = one.given_up.clone();
            batch.join(one);
            if let Some(error) = given_up {
                // The others would each be waited for as long.
                batch.join(Batch::of(fail(others, &error, broken)));
                break;
            }
        }
        batch
    }

    async fn commit(&self, session: &mut Session, jobs: &[Job], broken: &mut HashSet<u64>) -> Result<Batch, Fault> {
        let connection = match &mut session.connection {
            Some(connection) => connection,
            None => session.connection.insert(self.reach.connect(&self.options).await?),
        };
        if jobs.iter().all(|job| matches!(job.ask, Ask::Confirm)) {
            let mut lines = broken.clone();
            let settled = settle(jobs, &mut look(connection, jobs).await?, &mut lines);
            if !settled.iter().any(is_stale) {
                *broken = lines;
                return Ok(Batch::of(settled));
            }
        }
        if session.short
            && let Some(foreseen) = ordinary::foreseen(jobs, broken)
        {
            let appending = ordinary::append(connection, jobs, &foreseen, self.clock.now(), self.reach.origin());
            if let Some(head) = patiently(&self.options, HEAD, appending).await? {
                return Ok(Batch::of(ordinary::placed(foreseen, head)));
            }
        }
        let batch = self.commit_the_long_way(connection, jobs, broken).await?;
        // Where others write the same streams, the short way would be in vain each second time.
        session.short = !pooled() && !batch.settled.iter().any(is_stale);
        Ok(batch)
    }

    async fn commit_the_long_way(
        &self,
        connection: &mut PgConnection,
        jobs: &[Job],
        broken: &mut HashSet<u64>,
    ) -> Result<Batch, Fault> {
        let (head, last) = patiently(&self.options, HEAD, take_head(connection, &self.reach)).await?;
        let at = self.clock.now().max(last);
        let mut found = Found { head, ..look(connection, jobs).await? };
        let settled = settle(jobs, &mut found, broken);
        append(connection, &accepted(jobs.iter().zip(&settled)), head, at).await?;
        let mut batch = Batch::of(settled);
        let end = found.head;
        let decided_again = self.look_again(connection, jobs, &mut batch, &mut found).await?;
        append(connection, &accepted(decided_again.iter().map(|(job, settled)| (job, settled))), end, at).await?;
        match batch.answers.iter().any(|settled| matches!(settled, Settled::Accepted(_))) {
            true => move_head(connection, found.head, at).await?,
            false => connection.execute("rollback").await.map(drop)?,
        }
        Ok(batch)
    }

    /// Decides again what is stale, on what is recorded; answers the jobs that are accepted then.
    async fn look_again(
        &self,
        connection: &mut PgConnection,
        jobs: &[Job],
        batch: &mut Batch,
        found: &mut Found,
    ) -> Result<Vec<(Job, Settled)>, Fault> {
        let stale: Vec<(usize, &Arc<Given>)> = (0..)
            .zip(jobs)
            .zip(&batch.settled)
            .filter(|(_, settled)| is_stale(settled))
            .filter_map(|((place, job), _)| Some((place, job.given.as_ref()?)))
            .collect();
        let reads = stale.iter().flat_map(|(place, _)| jobs[*place].reads.iter().map(|read| read.stream));
        self.load(connection, reads.collect(), &mut batch.fresh).await?;
        let mut accepted = Vec::new();
        for (place, given) in stale {
            let settled = loop {
                match batch.fresh.look_again(given, found) {
                    Look::Needs(streams) => {
                        if !self.load(connection, streams.into_iter().collect(), &mut batch.fresh).await? {
                            break batch.settled[place].clone();
                        }
                    }
                    Look::Settled(settled, job) => {
                        accepted.extend(job.map(|job| (*job, settled.clone())));
                        break settled;
                    }
                }
            };
            batch.answers[place] = settled;
        }
        Ok(accepted)
    }

    /// Loads recorded states, on from what is known; answers whether all could be read.
    async fn load(
        &self,
        connection: &mut PgConnection,
        streams: BTreeSet<StreamId>,
        fresh: &mut Fresh,
    ) -> Result<bool, Fault> {
        if streams.is_empty() {
            return Ok(true);
        }
        let wanted = streams.len();
        let known = {
            let desk = self.desk.lock();
            let before = |stream: StreamId| (Arc::new(State::before(stream.kind)), 0);
            streams.into_iter().map(|stream| (stream, desk.known(stream).unwrap_or_else(|| before(stream)))).collect()
        };
        let loaded = catch_up(connection, known).await?;
        let all = loaded.len() == wanted;
        loaded.into_iter().for_each(|(stream, (state, version))| fresh.put(stream, state, version));
        Ok(all)
    }
}

/// A batch that was committed, or found to need no commit.
struct Batch {
    /// How each job was settled as it was decided: what the desk is to know.
    settled: Vec<Settled>,
    /// How each job was settled in the end: what its caller is to know.
    answers: Vec<Settled>,
    /// Recorded states that were loaded on the way.
    fresh: Fresh,
    /// Why it was given up, where none of the jobs is to blame.
    given_up: Option<Arc<sqlx::Error>>,
}

impl Batch {
    fn of(settled: Vec<Settled>) -> Self {
        Self { answers: settled.clone(), settled, fresh: Fresh::default(), given_up: None }
    }

    fn join(&mut self, other: Self) {
        self.settled.extend(other.settled);
        self.answers.extend(other.answers);
        // Of two, the later one is the newer.
        other.fresh.into_states().for_each(|(stream, state, version)| self.fresh.put(stream, state, version));
    }
}

fn is_stale(settled: &Settled) -> bool {
    matches!(settled, Settled::Stale(_))
}

fn accepted<'j>(jobs: impl Iterator<Item = (&'j Job, &'j Settled)>) -> Vec<(&'j Job, Position)> {
    let position = |settled: &Settled| match settled {
        Settled::Accepted(position) => Some(*position),
        _ => None,
    };
    jobs.filter_map(|(job, settled)| Some((job, position(settled)?))).collect()
}

async fn append(
    connection: &mut PgConnection,
    accepted: &[(&Job, Position)],
    head: Position,
    at: Timestamp,
) -> Result<(), Fault> {
    if accepted.is_empty() {
        return Ok(());
    }
    if accepted.iter().any(|(job, _)| !job.writes().is_empty()) {
        insert_events(connection, accepted, head, at).await?;
    }
    insert_outcomes(connection, accepted, at).await?;
    let kept = keep_people(connection, accepted).await;
    kept.map_err(|error| Fault { about_content: is_about_content(&error) || is_held(&error), error })
}
