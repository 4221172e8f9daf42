//! Our executor with real commands: salts, metadata, sealed places, live projections.

use std::sync::Arc;

use domain::id::{BadgeCheckId, BranchId, MemberId};
use domain::member::MemberCommand;
use domain::period::Zone;
use domain::world::Command;
use graphql::ports::{Commands, ReadError};
use harness::speak::{DAY, establish, found_root, office, person, register};
use infra::app::{App, Settings, guarded};
use infra::clock::Clock;
use infra::commands::LogCommands;
use infra::keys::{Keyring, MasterKey};
use infra::log::executor::Executor;
use infra::log::reader;
use infra::migrate;
use infra::postgres::{APP_ROLE, Cluster};
use infra::reach::Reach;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::Failure;
use crate::rate::Rate;

/// How many members take commands.
pub const MEMBERS: u64 = 2_000;
const BRANCHES: u64 = 40;

/// A program under load. Clones of the inner parts are cheap.
pub struct Ours {
    /// The program.
    pub app: App,
    key: MasterKey,
    members: Arc<Vec<MemberId>>,
    run: std::sync::atomic::AtomicU64,
}

impl Ours {
    /// A fresh database with members.
    pub async fn start(cluster: &Cluster, database: &str) -> Result<Self, Failure> {
        let endpoints = cluster.ensure_database(database).await?;
        migrate::run(&endpoints.owner, APP_ROLE).await?;
        let key = MasterKey::generate();
        let app = program(cluster, database, key.clone()).await?;
        let members = Arc::new(populate(&app).await?);
        Ok(Self { app, key, members, run: 0.into() })
    }

    /// A second program over the same database.
    pub async fn twin(&self, cluster: &Cluster, database: &str) -> Result<Self, Failure> {
        let app = program(cluster, database, self.key.clone()).await?;
        Ok(Self { app, key: self.key.clone(), members: Arc::clone(&self.members), run: 1_000.into() })
    }

    /// The members that take commands.
    pub fn members(&self) -> Arc<Vec<MemberId>> {
        Arc::clone(&self.members)
    }

    /// Commands on members in turn.
    pub async fn spread(&self, in_flight: usize) -> Result<Rate, Failure> {
        self.run(in_flight, |number| number).await
    }

    /// A tenth of the commands on the first member.
    pub async fn hot(&self, in_flight: usize) -> Result<Rate, Failure> {
        self.run(in_flight, |number| if number % 10 == 0 { 0 } else { number }).await
    }

    async fn run(&self, in_flight: usize, whose: fn(u64) -> u64) -> Result<Rate, Failure> {
        let run = self.run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        checks(&self.app.commands, &self.members, run, in_flight, whose).await
    }

    /// Waits until every projection has folded what was appended, so that the field is measured on idle cores.
    pub async fn caught_up(&self) -> Result<(), Failure> {
        let (head, _) = reader::head(&self.app.pool).await?;
        loop {
            match self.app.reads.pin(None, Some(head)).await {
                Err(ReadError::Behind { .. }) => {}
                pinned => return Ok(pinned.map(drop)?),
            }
        }
    }

    /// Ends the program.
    pub async fn stop(self) {
        self.app.stop().await;
    }
}

/// The way of a command alone, without projections: what the log itself takes, as in a process beside those that fold.
pub struct Alone {
    executor: Arc<Executor>,
    commands: Arc<dyn Commands>,
    members: Arc<Vec<MemberId>>,
    run: std::sync::atomic::AtomicU64,
}

impl Alone {
    /// Over the database of a program that has stopped.
    pub async fn after(ours: Ours, cluster: &Cluster, database: &str) -> Result<Self, Failure> {
        let (key, members) = (ours.key.clone(), ours.members());
        ours.stop().await;
        let options = guarded(&cluster.ensure_database(database).await?.app);
        let pool = PgPoolOptions::new().max_connections(4).connect_with(options.clone()).await?;
        let keyring = Arc::new(Keyring::new(key, pool.clone()));
        let (reach, clock) = (Arc::new(Reach::default()), Arc::new(Clock::System));
        let executor = Arc::new(Executor::start(pool, options, reach, clock, Zone::default()));
        let commands = Arc::new(LogCommands::new(Arc::clone(&executor), keyring));
        Ok(Self { executor, commands, members, run: 10_000.into() })
    }

    /// Commands on members in turn.
    pub async fn spread(&self, in_flight: usize) -> Result<Rate, Failure> {
        let run = self.run.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        checks(&self.commands, &self.members, run, in_flight, |number| number).await
    }

    /// Ends it.
    pub async fn stop(self) {
        self.executor.stop().await;
    }
}

/// Checks of badges, of the members that the numbers of the commands say.
async fn checks(
    commands: &Arc<dyn Commands>,
    members: &Arc<Vec<MemberId>>,
    run: u64,
    in_flight: usize,
    whose: fn(u64) -> u64,
) -> Result<Rate, Failure> {
    let (commands, members) = (Arc::clone(commands), Arc::clone(members));
    let length = members.len() as u64;
    Rate::of(in_flight, move |number| {
        let (commands, members) = (Arc::clone(&commands), Arc::clone(&members));
        async move {
            let member = members[usize::try_from(whose(number) % length)?];
            let asker = office(&format!("bench-{run}-{number}"));
            let place = commands.seal(&asker, member.0, "place", "营业大厅").await?;
            let check = BadgeCheckId(commands.mint(&asker, "check"));
            let command = Command::Member(member, MemberCommand::CheckBadge { check, on: DAY, place, worn: true });
            commands.send(&asker, command, None).await?;
            Ok(())
        }
    })
    .await
}

async fn program(cluster: &Cluster, database: &str, key: MasterKey) -> Result<App, Failure> {
    let database = cluster.ensure_database(database).await?.app;
    let clock = Arc::new(Clock::System);
    App::start(Settings { database, key, clock, zone: Zone::default(), connections: 32 }).await
}

async fn populate(app: &App) -> Result<Vec<MemberId>, Failure> {
    app.commands.send(&office("root"), found_root(), None).await?;
    let mut branches = Vec::new();
    for number in 0..BRANCHES {
        let asker = office(&format!("branch-{number}"));
        let branch = BranchId(app.commands.mint(&asker, "branch"));
        app.commands.send(&asker, establish(branch, Some(BranchId::root()), &format!("第{number}支部")), None).await?;
        branches.push(branch);
    }
    let mut tasks = JoinSet::new();
    for number in 0..MEMBERS {
        let commands = Arc::clone(&app.commands);
        let branch = branches[usize::try_from(number % BRANCHES)?];
        tasks.spawn(async move {
            let asker = office(&format!("member-{number}"));
            let member = MemberId(commands.mint(&asker, "member"));
            commands.send(&asker, register(member, branch), Some(person(&format!("B{number}")))).await?;
            Ok::<_, Failure>(member)
        });
    }
    let mut members = Vec::new();
    while let Some(member) = tasks.join_next().await {
        members.push(member??);
    }
    members.sort_unstable();
    Ok(members)
}
