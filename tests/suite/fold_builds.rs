//! Builds that stand still are begun again by themselves, and builds leave the connections to those who read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::period::Zone;
use harness::crowd::organisation;
use harness::ground::Ground;
use harness::own::{Served, serve};
use harness::program::data;
use harness::wait::until;
use harness::way::Way;
use harness::writer::address;
use infra::app::{App, Settings, guarded};
use infra::fold::build::Life;
use infra::fold::bulk::{self, MOST};
use infra::fold::engine::standings;
use infra::fold::rebuild::{Progress, Quiet};
use infra::fold::registry;
use infra::keys::MasterKey;
use infra::postgres::APP_ROLE;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

use crate::fold_kill::reading;
use crate::told::told;

/// How long nothing may move here.
const STILL: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(240);

/// Tells when a build is begun again, and cuts its connections off once it has come somewhere.
struct Watched {
    again: UnboundedSender<()>,
    cut: Option<(Way, AtomicBool)>,
}

impl Progress for Watched {
    fn at(&self, _done: u64, _of: u64) {
        if let Some((way, done)) = &self.cut
            && !done.swap(true, Ordering::Relaxed)
        {
            way.cut();
            // Whoever connects anew gets through; what was connected stays silent for ever.
            way.restore();
        }
    }

    fn again(&self, _after: Duration) {
        self.again.send(()).unwrap();
    }
}

fn watched(cut: Option<Way>) -> (Watched, UnboundedReceiver<()>) {
    let (again, heard) = unbounded_channel();
    (Watched { again, cut: cut.map(|way| (way, AtomicBool::new(false))) }, heard)
}

/// How many builds were made, once rows of this version serve everywhere.
async fn built(pool: &PgPool) -> Option<i64> {
    let standings = standings(pool).await.unwrap();
    let ours = |name: &str| registry::named(Some(name)).unwrap()[0].version().cast_signed();
    let all = standings.iter().all(|standing| standing.version == ours(&standing.name));
    all.then(|| standings.iter().map(|standing| standing.generation - 1).sum())
}

async fn all_agree(pool: &PgPool) {
    for projection in registry::all() {
        assert_eq!(projection.verify(pool, &Quiet).await.unwrap().difference, None, "{}", projection.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_held_up_by_a_lock_are_begun_again_and_go_on_once_it_is_gone() {
    let told = told(71, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    // No time-out of the database's ends the waiting here.
    let patient = told.ground.pool().await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("select from projections where name = 'totals' for update").execute(&mut *holder).await.unwrap();
    let (progress, mut again) = watched(None);
    let all = registry::all();
    let builds = bulk::patiently(&patient, &all, MOST, STILL, &progress);
    let released = async {
        for _ in 0..2 {
            tokio::time::timeout(PATIENCE, again.recv()).await.expect("it is begun again").unwrap();
        }
        holder.rollback().await.unwrap();
    };
    let (rebuilt, ()) = tokio::time::timeout(PATIENCE, async { tokio::join!(builds, released) }).await.unwrap();
    let rebuilt = rebuilt.unwrap();
    assert_eq!(rebuilt.len(), all.len());
    for (name, rebuilt) in rebuilt {
        assert_eq!(rebuilt.unwrap(), head, "{name}");
    }
    all_agree(&pool).await;
    told.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_whose_connections_never_answer_again_are_begun_anew_on_others() {
    let told = told(72, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    let (socket, database) = address(&told.ground.endpoints.app);
    let way = Way::to(&socket).await;
    let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(way.port).ssl_mode(PgSslMode::Disable);
    let options = guarded(&options.username(APP_ROLE).database(&database));
    let by_way = PgPoolOptions::new().connect_lazy_with(options);
    let (progress, mut again) = watched(Some(way));
    let all = registry::all();
    let builds = bulk::patiently(&by_way, &all, MOST, STILL, &progress);
    let rebuilt = tokio::time::timeout(PATIENCE, builds).await.expect("nobody helps").unwrap();
    assert!(again.try_recv().is_ok(), "its connections were cut off");
    assert_eq!(rebuilt.len(), all.len());
    for (name, rebuilt) in rebuilt {
        assert_eq!(rebuilt.unwrap(), head, "{name}");
    }
    assert!(
        standings(&pool).await.unwrap().iter().all(|standing| standing.generation >= 3),
        "of the first nothing is known"
    );
    all_agree(&pool).await;
    told.app.stop().await;
}

/// The rows are of an earlier version from now on.
async fn lower(pool: &PgPool) {
    sqlx::query("update projections set version = version - 1").execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_few_connections_serves_while_all_its_projections_are_built() {
    let mut told = told(73, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    told.app.stop().await;
    lower(&pool).await;
    let settings = Settings {
        database: told.ground.endpoints.app.clone(),
        key: told.ground.key.clone(),
        clock: Arc::clone(&told.clock),
        zone: Zone::default(),
        connections: 2,
    };
    told.app = App::start(settings).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let reader = reading(Arc::clone(&told.app.reads), Arc::clone(&done));
    until("the switch of all", PATIENCE, async || {
        let sessions = "select count(*) from pg_stat_activity where datname = current_database() and usename = $1";
        let sessions: i64 = sqlx::query_scalar(sessions).bind(APP_ROLE).fetch_one(&pool).await.unwrap();
        // Two for reads, two for the folds, the appender's, the one that listens, the test's four; and those of two builds.
        assert!(sessions <= 10 + 2 * 4, "{sessions} sessions");
        built(&pool).await
    })
    .await;
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0, "no read was refused");
    told.app.reads.pin(None, Some(head)).await.unwrap();
    told.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_build_of_a_raised_version_is_told_once_however_many_wait_for_it() {
    let folder = data();
    let key = folder.path().join("key");
    let ground = Ground { key: MasterKey::load_or_create(&key).unwrap(), ..Ground::fresh().await };
    let pool = ground.pool().await;
    let app = ground.app().await;
    organisation(&app, 3).await;
    app.stop().await;
    lower(&pool).await;
    let (socket, database) = address(&ground.endpoints.app);
    let url = format!("postgres://{APP_ROLE}@localhost/{database}?host={}", socket.display());
    let place = ["--database-url", &url, "--key-file", key.to_str().unwrap()];
    let served: Vec<Served> = (0..2).map(|_| serve(folder.path(), &place)).collect();
    let built = until("the switch of all", PATIENCE, async || built(&pool).await).await;
    let words: Vec<String> = served.iter().flat_map(|served| served.program.last_words()).collect();
    let told: Vec<&String> = words.iter().filter(|line| line.contains("building a raised version beside")).collect();
    assert_eq!(told.len() as u64, built.unsigned_abs(), "{told:#?}");
    assert!(told.len() >= registry::all().len());
}

/// Until when a builder's claim lasts, as text.
async fn claimed(pool: &PgPool, builder: Uuid) -> String {
    let sql = "select lease_until::text from projection_builds where builder = $1";
    sqlx::query_scalar(sql).bind(builder).fetch_one(pool).await.unwrap()
}

async fn goes_on(pool: &PgPool, builder: Uuid) {
    let before = claimed(pool, builder).await;
    let longer = async || (claimed(pool, builder).await != before).then_some(());
    until("a sign of life", Duration::from_secs(30), longer).await;
}

#[tokio::test]
async fn a_builder_whose_row_is_locked_does_not_keep_the_others_from_showing_life() {
    let told = told(74, 10).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    let mut connection = pool.acquire().await.unwrap();
    // The locked one is neither the first nor the last of those shown.
    let mut builders = Vec::new();
    for name in ["members", "branches", "outlets"] {
        let projection = registry::named(Some(name)).unwrap().swap_remove(0);
        builders.push(projection.part(&mut connection).await.unwrap().build().builder);
    }
    let mut holder = pool.begin().await.unwrap();
    let lock = "select from projection_builds where builder = $1 for update";
    sqlx::query(lock).bind(builders[1]).execute(&mut *holder).await.unwrap();
    let locked = claimed(&pool, builders[1]).await;
    let _life = Life::of(&told.ground.endpoints.app, builders.iter().copied());
    for other in [builders[0], builders[2]] {
        goes_on(&pool, other).await;
    }
    assert_eq!(claimed(&pool, builders[1]).await, locked, "nobody writes what is locked");
    holder.rollback().await.unwrap();
    goes_on(&pool, builders[1]).await;
    told.app.stop().await;
}
