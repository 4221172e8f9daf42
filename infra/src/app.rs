//! One organisation's program: executor, workers and reads over one database.

use std::sync::Arc;
use std::time::Duration;

use domain::period::Zone;
use domain::stream::Position;
use futures_util::FutureExt;
use graphql::ports::{Commands, Reads};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::auth::SignIn;
use crate::auth::door::Auth;
use crate::auth::issuer::Trusted;
use crate::clock::{self, Clock, random_id};
use crate::commands::LogCommands;
use crate::due::Worker;
use crate::fold::engine::Folded;
use crate::fold::live::{self, Floor};
use crate::fold::watch::Watch;
use crate::fold::{kinds, registry};
use crate::hints;
use crate::keys::{Keyring, MasterKey, bound};
use crate::log::executor::Executor;
use crate::log::{gate, origin, reader};
use crate::reach::{ROOM, Reach, is_alive};
use crate::reads::LogReads;
use crate::reads::serving::{Serving, Watcher};
use crate::reads::timely::TimelyReads;

/// How long a connection of the folds may have lain unused without being asked whether it still answers: they try again.
/// What somebody waits for is asked first each time, lest a session that was ended be that one's accident.
const FRESH: Duration = Duration::from_secs(1);
/// The connections of the folds alone, lest reads hold up what they wait for: one folds, one looks where they are.
const FOLDING: u32 = 2;

/// How long a request may take unless it is said otherwise: as long as a statement. Where it is less, the database gives up a
/// statement of the requests' pool by then too, so that what nobody waits for any more is not worked on.
pub const LATEST: Duration = Duration::from_secs(60);

/// What a program is started with.
pub struct Settings {
    /// The database, as the application's role.
    pub database: PgConnectOptions,
    /// The master key.
    pub key: MasterKey,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The organisation's zone.
    pub zone: Zone,
    /// The most connections besides the program's own: the folds', one that appends, one that listens, one that says that the
    /// program lives.
    pub connections: u32,
}

/// A running program.
pub struct App {
    /// The database.
    pub pool: PgPool,
    /// Decides and appends.
    pub executor: Arc<Executor>,
    /// The door for commands.
    pub commands: Arc<dyn Commands>,
    /// The door for reads.
    pub reads: Arc<dyn Reads>,
    /// The organisation's zone.
    pub zone: Zone,
    /// How long a request may take.
    pub latest: Duration,
    /// Where the log ended at the start: until reads are there, who has read elsewhere would go back.
    pub begun: Position,
    own: PgPool,
    reach: Arc<Reach>,
    database: PgConnectOptions,
    clock: Arc<Clock>,
    serving: watch::Receiver<Serving>,
    /// Told first: nothing more is sent by the program itself.
    closing: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Connections as every part of the program makes them: nothing waits or stays open without end, and plans are pinned.
#[must_use]
pub fn guarded(database: &PgConnectOptions) -> PgConnectOptions {
    database.clone().disable_statement_logging().options([
        ("enable_seqscan", "off"),
        // The pin gives the few scans that are left a huge cost, for which PostgreSQL would compile each of them.
        ("jit", "off"),
        // The server finds out within half a minute that this host has vanished, and lets go of what it held.
        ("tcp_keepalives_idle", "10"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "4"),
        // The same where it vanished, or was stopped, in the middle of an answer.
        ("tcp_user_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("lock_timeout", "10s"),
        ("statement_timeout", "60s"),
    ])
}

/// The same, whose statements end within a time.
fn ending_within(latest: Duration, guarded: &PgConnectOptions) -> PgConnectOptions {
    let within = latest.min(LATEST).as_millis().max(1).to_string();
    guarded.clone().options([("statement_timeout", within)])
}

/// A pool that keeps no connection to a host that has vanished, nor hands out one unasked that was unused for so long.
fn pool_options(connections: u32, fresh: Duration, reach: &Arc<Reach>) -> PgPoolOptions {
    let (reach, new) = (Arc::clone(reach), Arc::clone(reach));
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ROOM)
        // Its own test waits for a host that has vanished for as long as one waits for the pool.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let reach = Arc::clone(&new);
            Box::pin(async move { reach.same_log(connection).await })
        })
        .before_acquire(move |connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < fresh || is_alive(connection).await) })
        })
        .after_release(move |connection, _| Box::pin(Arc::clone(&reach).may_stay(connection).map(Ok)))
}

impl App {
    /// Holds the key against the database, registers the projections and starts everything.
    ///
    /// # Errors
    /// The database's, another key or time than the database's, or a projection's.
    pub async fn start(settings: Settings) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Self::start_within(settings, LATEST).await
    }

    /// The same, where a request may take so long, and with it each statement that reads for one: see [`LATEST`].
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_within(
        settings: Settings,
        latest: Duration,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let guarded = guarded(&settings.database);
        let reach = Arc::new(Reach::of(guarded.clone()));
        let pool = pool_options(settings.connections, Duration::ZERO, &reach);
        let pool = pool.connect_with(ending_within(latest, &guarded)).await?;
        let Entered { origin, projections, process, begun, places } = enter(&settings, &pool, &reach).await?;
        let keyring = Arc::new(Keyring::new(settings.key, pool.clone()));
        let executor = Arc::new(Executor::start(
            pool.clone(),
            guarded.clone(),
            Arc::clone(&reach),
            Arc::clone(&settings.clock),
            settings.zone.clone(),
        ));
        let (stopping, stop) = watch::channel(false);
        let closing = watch::Sender::new(false);
        let (grown, head) = watch::channel(Position(0));
        let (moved, moves) = mpsc::unbounded_channel();
        let own = pool_options(FOLDING, FRESH, &reach).connect_lazy_with(guarded.clone());
        let floor = Floor {
            pool: pool.clone(),
            own: own.clone(),
            reach: Arc::clone(&reach),
            tail: Arc::default(),
            head,
            moved,
            stopping: stop.clone(),
            holder: random_id(settings.clock.now()),
        };
        let mut tasks = live::start(projections.clone(), &floor);
        let (told, serving) = watch::channel(places);
        let watcher = Watcher::of(&floor, projections, moves, told);
        tasks.spawn(watcher.watch());
        let rung = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let grown = Arc::new(grown);
        tasks.spawn(hints::pass_on(executor.head(), Arc::clone(&grown), stop.clone()));
        tasks.spawn(hints::hear(pool.clone(), Arc::clone(&reach), grown, rung.clone(), stop.clone()));
        // Behind a pooler, what is listened on belongs to somebody else a moment later.
        if !crate::sql::pooled() {
            tasks.spawn(hints::listen(guarded.clone(), rung, stop.clone()));
        }
        let beat = pool_options(1, FRESH, &reach).connect_lazy_with(guarded.clone());
        tasks.spawn(gate::live(beat, process, Arc::clone(&settings.clock), stop.clone()));
        tasks.spawn(hints::tell(pool.clone(), Arc::clone(&reach), executor.head(), stop));
        let commands = Arc::new(LogCommands::new(Arc::clone(&executor), Arc::clone(&keyring)));
        let reads = Arc::new(TimelyReads::new(
            LogReads::new(pool.clone(), origin, keyring, serving.clone(), Arc::clone(&settings.clock)),
            Arc::clone(&reach),
        ));
        let (zone, clock) = (settings.zone, settings.clock);
        let database = guarded;
        Ok(Self {
            pool,
            executor,
            commands,
            reads,
            zone,
            latest,
            begun,
            own,
            reach,
            database,
            clock,
            serving,
            closing,
            stopping,
            tasks,
        })
    }

    /// From now on does what is due by itself, as a program that serves; one that loads a year, or looks at it, does not.
    pub fn keep_deadlines(&mut self) {
        let worker = Worker {
            reads: Arc::clone(&self.reads),
            commands: Arc::clone(&self.commands),
            clock: Arc::clone(&self.clock),
            zone: self.zone.clone(),
            stopping: self.closing.subscribe(),
        };
        self.tasks.spawn(worker.work());
    }

    /// From now on verifies each projection about once in this time, unless another process does.
    pub fn keep_verifying(&mut self, every: Duration) {
        let watch = Watch {
            database: self.database.clone(),
            pool: self.pool.clone(),
            reach: Arc::clone(&self.reach),
            projections: registry::all(),
            every,
            holder: random_id(self.clock.now()),
            stopping: self.stopping.subscribe(),
        };
        self.tasks.spawn(watch.work());
    }

    /// What a door of this program needs to know who asks.
    #[must_use]
    pub fn auth(&self, sign_in: SignIn, trusted: Option<Trusted>) -> Auth {
        Auth::new(sign_in, self.pool.clone(), Arc::clone(&self.clock), trusted)
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> Arc<Clock> {
        Arc::clone(&self.clock)
    }

    /// Where the projections are; it tells whenever one moves from now on.
    #[must_use]
    pub fn places(&self) -> watch::Receiver<Serving> {
        let mut places = self.serving.clone();
        places.mark_unchanged();
        places
    }

    /// Returns when a part of the program has ended by itself: it should not go on without it. Answers which.
    pub async fn broken(&mut self) -> &'static str {
        tokio::select! {
            // Some of the tasks end when the appender does: where both have, it is the cause.
            biased;
            () = self.reach.replaced() => "the log it began with: the database was restored, the program over it",
            () = self.executor.ended() => "the appender",
            Some(ended) = self.tasks.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(error = &error as &dyn std::error::Error, "a task ended by itself");
                }
                "a task in the background"
            }
        }
    }

    /// Finishes the commands that wait, gives the leases back and ends.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        self.executor.stop().await;
        self.stopping.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = &error as &dyn std::error::Error, "a task ended by itself");
            }
        }
        // Whatever still holds a connection, such as a request that is not answered, is not waited for without end.
        let closed = async { tokio::join!(self.pool.close(), self.own.close()) };
        if tokio::time::timeout(Duration::from_secs(10), closed).await.is_err() {
            tracing::warn!("some connections to the database were still in use at the end");
        }
    }
}

/// What a program finds in its database when it starts, and where it has told of itself.
struct Entered {
    origin: Uuid,
    projections: Vec<Arc<dyn Folded>>,
    process: Uuid,
    begun: Position,
    places: Serving,
}

/// Holds clock, origin and key against the database, registers the projections, the types of events and the process.
async fn enter(
    settings: &Settings,
    pool: &PgPool,
    reach: &Reach,
) -> Result<Entered, Box<dyn std::error::Error + Send + Sync>> {
    clock::hold(&settings.clock, pool).await?;
    let found = origin::settled(&mut *pool.acquire().await?).await?;
    let origin = found.id;
    reach.serve_under(found);
    bound::hold(&settings.key, &mut *pool.acquire().await?).await?;
    let projections = registry::all();
    for projection in &projections {
        projection.register(pool).await?;
    }
    kinds::register(&mut *pool.acquire().await?, &projections).await?;
    let process = random_id(settings.clock.now());
    gate::enter(pool, process).await?;
    let (begun, _) = reader::head(pool).await?;
    let places = Serving::read(pool, &projections).await?;
    Ok(Entered { origin, projections, process, begun, places })
}
