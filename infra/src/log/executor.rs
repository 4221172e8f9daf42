//! The executor: decides a command on what is known, queues it, and answers once it is settled.
//!
//! # Invariants
//! - A command is decided again, a bounded number of times, when what it was decided on has moved.
//! - A refusal is answered only after its reads were confirmed; so nobody is refused for a state that never held.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_es::persist::PersistenceError;
use domain::id::ActorId;
use domain::period::Zone;
use domain::person::PersonRefusal;
use domain::refusal::Refusal;
use domain::stream::{Position, StreamId};
use domain::world::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use graphql::ports::{Accepted, Failure, SendError};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

use super::append::Appender;
use super::desk::{Desk, SharedDesk, Step};
use super::gate::Gate;
use super::hosted::{Known, Loader, Portion};
use super::job::{Ask, CommandKey, Expected, Given, Job, No, Order, Read, Settled};
use super::since::{position_of, version_at};
use crate::clock::Clock;
use crate::reach::Reach;
use crate::trace::{self, Span};
use crate::turn;

/// How often a command is decided before the answer is contention.
const ATTEMPTS: u32 = 24;
/// How often states are loaded for one decision; a rule that walks up the tree needs one load a level.
const LOADS: u32 = 1_000;
/// How many streams are loaded at once for one decision.
const LOADS_AT_ONCE: usize = 8;
/// How long one portion of a stream may take to load.
const LOAD: Duration = Duration::from_secs(30);
/// How many streams' states a process keeps.
const STATES: usize = 200_000;

/// Decides and appends commands.
pub struct Executor {
    desk: SharedDesk,
    bell: Arc<Notify>,
    head: watch::Receiver<Position>,
    loader: Loader,
    pool: PgPool,
    gate: Arc<Gate>,
    reach: Arc<Reach>,
    clock: Arc<Clock>,
    zone: Zone,
    in_bulk: Arc<AtomicBool>,
    appender: Mutex<Option<JoinHandle<()>>>,
}

impl Executor {
    /// Starts the appender of this process. `options` pin plans and bound waiting: [`crate::app::guarded`].
    #[must_use]
    pub fn start(pool: PgPool, options: PgConnectOptions, reach: Arc<Reach>, clock: Arc<Clock>, zone: Zone) -> Self {
        let states = NonZeroUsize::new(STATES).expect("the number of states is not zero");
        let desk = SharedDesk::new(Desk::new(states));
        let bell = Arc::new(Notify::new());
        let (sender, head) = watch::channel(Position(0));
        let in_bulk = Arc::default();
        let appender = Appender {
            options,
            reach: Arc::clone(&reach),
            desk: desk.clone(),
            bell: Arc::clone(&bell),
            head: sender,
            clock: Arc::clone(&clock),
            in_bulk: Arc::clone(&in_bulk),
        };
        let appender = Mutex::new(Some(tokio::spawn(appender.run())));
        let (loader, gate) = (Loader::new(pool.clone()), Arc::default());
        Self { desk, bell, head, loader, pool, gate, reach, clock, zone, in_bulk, appender }
    }

    /// From now on commands wait for one another, so that a thousand are appended in a transaction: for an import, which has
    /// thousands under way.
    pub fn append_in_bulk(&self) {
        self.in_bulk.store(true, Ordering::Relaxed);
    }

    /// The last position this process has committed, now and whenever it moves.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<Position> {
        self.head.clone()
    }

    /// Returns when the appender has ended: asked to, or by an accident.
    pub async fn ended(&self) {
        let mut head = self.head();
        while head.changed().await.is_ok() {}
    }

    /// Reads states and events.
    #[must_use]
    pub fn loader(&self) -> &Loader {
        &self.loader
    }

    /// The present instant of this process.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Whether the clock is set by hand.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.clock.is_simulated()
    }

    /// Appends what was decided elsewhere, on the versions it was decided on.
    ///
    /// # Errors
    /// [`SendError::NewerType`] where a living process of an earlier build does not know a type of these events; the
    /// database's.
    pub async fn append(
        &self,
        key: CommandKey,
        body: [u8; 32],
        metadata: Arc<str>,
        reads: Vec<Read>,
        ask: Ask,
    ) -> Result<Settled, SendError> {
        if let Ask::Record { writes, .. } = &ask {
            let unknown = self.gate.closed(writes.iter().map(|write| &write.event));
            if !unknown.is_empty() {
                self.ask(unknown).await?;
            }
        }
        ask.writes().iter().for_each(|write| _ = write.payload());
        let (answer, waiting) = oneshot::channel();
        self.desk.lock().push(Job { key, body, metadata, reads, ask, given: None, link: None }, answer);
        self.bell.notify_one();
        Ok(waiting.await.unwrap_or_else(|_| Settled::Failed(Arc::new(sqlx::Error::WorkerCrashed))))
    }

    /// Loads what a command will be decided on: whoever has to wait for a turn loads before it comes.
    ///
    /// # Errors
    /// The database's.
    pub async fn prepare(&self, order: Order) -> Result<(), SendError> {
        let given = self.given(order);
        for _ in 0..LOADS {
            let missing = self.desk.lock().missing(&given);
            match missing.is_empty() {
                true => break,
                false => self.load(missing).await?,
            }
        }
        Ok(())
    }

    fn given(&self, order: Order) -> Arc<Given> {
        let (at, actor) = (self.clock.now(), ActorId(order.key.principal.clone()));
        let context = Context { at, actor, zone: self.zone.clone(), vault: Arc::clone(&order.vault) };
        Arc::new(Given { order, context, gate: Arc::clone(&self.gate), turn: turn::mine() })
    }

    /// Decides a command and appends what it leads to.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn execute(&self, order: Order) -> Result<Accepted, SendError> {
        let given = self.given(order);
        let mut lost = 0;
        while lost < ATTEMPTS {
            // A line of a file loses with those before it, again and again while it waits: that is none of its attempts.
            lost += u32::from(given.turn.as_ref().is_none_or(|turn| turn.is_first()));
            let deciding = Span::within("command.decide", trace::current().as_ref());
            let (waiting, refusal) = self.decide(&given).await?;
            drop(deciding);
            let settled = waiting.await.map_err(|gone| SendError::Failed(Box::new(gone)))?;
            match settled {
                Settled::Accepted(position) => return Ok(Accepted { position, replayed: false }),
                Settled::Replayed(position) => return Ok(Accepted { position, replayed: true }),
                Settled::IdReused => {
                    return Err(SendError::IdReused { command_id: given.order.key.command_id.clone() });
                }
                Settled::Refused(no) => return Err(self.refused(no, &given.order).await),
                Settled::StaffNumberTaken => return Err(SendError::Refused(staff_number_taken(&given.order))),
                Settled::Failed(error) => return Err(SendError::Failed(Box::new(error))),
                Settled::Confirmed => match refusal {
                    Some(no) => return Err(self.refused(no, &given.order).await),
                    None => continue,
                },
                Settled::Stale(_) => tokio::task::yield_now().await,
            }
        }
        Err(SendError::Contended { attempts: ATTEMPTS })
    }

    /// The refusal, once what it was decided on is confirmed.
    async fn refused(&self, no: No, order: &Order) -> SendError {
        match no {
            No::Rule(refusal) => SendError::Refused(refusal),
            No::Moved(since, version) => {
                let stream = order.command.stream();
                match self.in_time(position_of(&self.pool, stream, version)).await {
                    Ok(position) => SendError::Moved { stream, since, position },
                    Err(failed) => failed,
                }
            }
        }
    }

    /// What a command that was made up as of a position counts on.
    ///
    /// # Errors
    /// The database's.
    pub async fn expected(&self, stream: StreamId, since: Position) -> Result<Expected, SendError> {
        let version = self.in_time(version_at(&self.pool, stream, since)).await?;
        Ok(Expected { since, version })
    }

    async fn in_time<T>(&self, asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, SendError> {
        let asked = async { asked.await.map_err(|error| SendError::Failed(Box::new(error))) };
        self.reach.within(LOAD, asked, |late| SendError::Failed(Box::new(late))).await
    }

    async fn decide(&self, given: &Arc<Given>) -> Result<(oneshot::Receiver<Settled>, Option<No>), SendError> {
        for _ in 0..LOADS {
            let step = self.desk.lock().decide(given);
            match step {
                Step::Load(streams) => self.load(streams).await?,
                Step::Turn(turn) => {
                    turn.to_decide().await.map_err(|failed| SendError::Failed(Box::new(failed)))?;
                }
                Step::Ask(types) => self.ask(types).await?,
                Step::Queued(waiting, refusal) => {
                    turn::decided(&given.order.key.command_id);
                    self.bell.notify_one();
                    return Ok((waiting, refusal));
                }
                Step::Closed => return Err(SendError::Failed("the program is stopping".into())),
            }
        }
        Err(SendError::Contended { attempts: LOADS })
    }

    async fn ask(&self, types: Vec<Cow<'static, str>>) -> Result<(), SendError> {
        let late = |late| SendError::Failed(Box::new(late));
        self.reach.within(LOAD, self.gate.ask(&self.pool, types), late).await
    }

    /// Loads streams: several together first, so that a command over a hundred of them takes one statement; then each by
    /// itself that is longer, or cannot be read.
    async fn load(&self, streams: Vec<StreamId>) -> Result<(), SendError> {
        let streams = match streams.len() {
            0 | 1 => streams,
            _several => self.load_together(streams).await?,
        };
        let load = |stream| async move {
            let mut known = self.desk.lock().known(stream);
            loop {
                let version = known.as_ref().map_or(0, |(_, version)| *version);
                let loaded = async {
                    match self.loader.portion(stream, known.take()).await {
                        Ok(portion) => Ok(portion),
                        Err(error) => Err(self.why(stream, version, error).await),
                    }
                };
                let late = |late| SendError::Failed(Box::new(late));
                let Portion { state, version, whole } = self.reach.within(LOAD, loaded, late).await?;
                if whole {
                    self.desk.lock().loaded(stream, state, version);
                    return Ok(());
                }
                known = Some((state, version));
            }
        };
        stream::iter(streams).map(load).buffer_unordered(LOADS_AT_ONCE).try_collect().await
    }

    /// Loads what can be loaded of these streams in one statement; answers which need more.
    async fn load_together(&self, streams: Vec<StreamId>) -> Result<Vec<StreamId>, SendError> {
        let known = |stream: &StreamId| (*stream, self.desk.lock().known(*stream));
        let known: Vec<(StreamId, Known)> = streams.iter().map(known).collect();
        let loaded = async {
            match self.loader.portions(known).await {
                // Which one it is, and why, is told where each is read by itself.
                Err(PersistenceError::DeserializationError(_)) => Ok(vec![]),
                loaded => loaded.map_err(|error| SendError::Failed(cause_of(error))),
            }
        };
        let late = |late| SendError::Failed(Box::new(late));
        let loaded = self.reach.within(LOAD, loaded, late).await?;
        let whole = |(stream, portion): (&StreamId, Portion)| {
            if portion.whole {
                self.desk.lock().loaded(*stream, portion.state, portion.version);
            }
            (*stream, portion.whole)
        };
        let done: Vec<(StreamId, bool)> = streams.iter().zip(loaded).map(whole).collect();
        Ok(streams.into_iter().filter(|stream| !done.contains(&(*stream, true))).collect())
    }

    /// Why a stream cannot be loaded: an event of a type that came with a later build is no accident.
    async fn why(&self, stream: StreamId, version: u64, error: PersistenceError) -> SendError {
        if !matches!(error, PersistenceError::DeserializationError(_)) {
            return SendError::Failed(cause_of(error));
        }
        match self.loader.unknown_type(stream, version).await {
            Ok(Some((event, build))) => SendError::NewerBuild { stream, event, build },
            Ok(None) => SendError::Failed(cause_of(error)),
            Err(error) => SendError::Failed(Box::new(error)),
        }
    }

    /// Lets the appender finish what waits, then ends it.
    pub async fn stop(&self) {
        self.desk.lock().close();
        self.bell.notify_one();
        let appender = self.appender.lock().expect("no holder of the handle panics").take();
        if let Some(appender) = appender
            && let Err(error) = appender.await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the appender ended by itself");
        }
    }
}

/// The library's error without its wrapping, which hides the database's own.
fn cause_of(error: PersistenceError) -> Failure {
    match error {
        PersistenceError::ConnectionError(cause) | PersistenceError::UnknownError(cause) => cause,
        error => Box::new(error),
    }
}

fn staff_number_taken(order: &Order) -> Refusal {
    let staff_number = order.person.as_ref().map(|person| person.staff_number.as_str().to_owned());
    PersonRefusal::StaffNumberTaken { staff_number: staff_number.unwrap_or_default() }.into()
}
