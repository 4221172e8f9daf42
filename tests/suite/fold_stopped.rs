//! A process that is stopped in the middle of a fold, not ended: another takes over within seconds, and what the stopped
//! one still wants to write is refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use harness::crowd::{enrol, organisation, send, suspend};
use harness::ground::Ground;
use harness::program;
use harness::wait::until;
use harness::writer::{Writer, address};
use infra::app::App;
use infra::fold::engine::standings;
use infra::fold::{lease, live, registry};
use infra::keys::MasterKey;
use sqlx::PgPool;
use uuid::Uuid;

use crate::told::{log, rows_equal};

const WRITER: &str = env!("CARGO_BIN_EXE_writer");
/// Patience on a machine with other things to do.
const SOON: Duration = Duration::from_secs(20);

/// The session that waits for the members' table.
const WAITS: &str = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' \
                     and query like '%members\\_g1%'";

/// Each projection's lease as another has taken it since: by the database's clock, how many seconds after an instant.
async fn taken_over(pool: &PgPool, stopped: Uuid, since: f64) -> BTreeMap<String, f64> {
    let mut taken: BTreeMap<String, f64> = BTreeMap::new();
    until("the takeover", SOON, async || {
        let leases =
            "select name, extract(epoch from lease_until)::float8 - $2 - $3 from projections where holder <> $1";
        let leases = sqlx::query_as(leases).bind(stopped).bind(since).bind(lease::TERM.as_secs_f64());
        let leases: Vec<(String, f64)> = leases.fetch_all(pool).await.unwrap();
        // What it was when it was first seen: it is prolonged from then on.
        for (name, after) in leases {
            taken.entry(name).or_insert(after);
        }
        (taken.len() == registry::all().len()).then_some(())
    })
    .await;
    taken
}

async fn caught_up(app: &App) {
    let head = app.reads.head().await.unwrap().position;
    until("folding", SOON, async || {
        let standings = standings(&app.pool).await.unwrap();
        standings.iter().all(|standing| standing.checkpoint >= head).then_some(())
    })
    .await;
}

/// One process folds and is stopped where this lock on the members' rows catches it; another goes on.
async fn stopped(lock: &str, meanwhile: impl AsyncFnOnce(&PgPool, i32)) {
    let folder = program::data();
    let key = folder.path().join("key");
    let ground = Ground { key: MasterKey::load_or_create(&key).unwrap(), ..Ground::fresh().await };
    let (socket, database) = address(&ground.endpoints.app);
    let arguments = ["idle", socket.to_str().unwrap(), &database, key.to_str().unwrap()];
    let folding = Writer::start(Path::new(WRITER), &arguments);
    let pool = ground.pool().await;
    until("its leases", SOON, async || {
        let held = "select coalesce(bool_and(holder is not null), false) from projections";
        sqlx::query_scalar::<_, bool>(held).fetch_one(&pool).await.unwrap().then_some(())
    })
    .await;
    let other = ground.app().await;
    let branch = organisation(&other, 1).await[0];
    let (member, _) = enrol(&other, "m", branch).await.unwrap();
    // Each of its connections comes to know the statement that it is to be stopped in.
    for number in 0..6 {
        caught_up(&other).await;
        enrol(&other, &format!("m-{number}"), branch).await.unwrap();
    }
    caught_up(&other).await;
    let fat = "update members_g1 set plaque_duty = repeat('x', 4000000)";
    sqlx::query(fat).execute(&pool).await.unwrap();

    let mut gate = pool.begin().await.unwrap();
    sqlx::query(&format!("lock table members_g1 in {lock} mode")).execute(&mut *gate).await.unwrap();
    send(&other, "suspended", suspend(member)).await.unwrap();
    let session = until("the fold at the gate", SOON, async || {
        sqlx::query_scalar::<_, i32>(WAITS).fetch_optional(&pool).await.unwrap()
    })
    .await;
    let sql = "select holder, extract(epoch from clock_timestamp())::float8 from projections where name = 'members'";
    let (holder, since): (Uuid, f64) = sqlx::query_as(sql).fetch_one(&pool).await.unwrap();
    folding.signal("STOP");
    gate.rollback().await.unwrap();
    let (taken, ()) = tokio::join!(taken_over(&pool, holder, since), meanwhile(&pool, session));
    assert!(taken.values().all(|after| *after <= live::TAKEN_OVER.as_secs_f64()), "{taken:?}");
    caught_up(&other).await;
    let slim = "update members_g1 set plaque_duty = null";
    sqlx::query(slim).execute(&pool).await.unwrap();

    folding.signal("CONT");
    until("the late write", SOON, async || {
        let still = "select pid from pg_stat_activity where pid = $1 and query like '%members\\_g1%'";
        let still: Option<i32> = sqlx::query_scalar(still).bind(session).fetch_optional(&pool).await.unwrap();
        still.is_none().then_some(())
    })
    .await;
    enrol(&other, "n", branch).await.unwrap();
    caught_up(&other).await;
    let late = "select count(*) from members_g1 where plaque_duty is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(late).fetch_one(&pool).await.unwrap(), 0, "written by the stopped one");
    let log = log(&*other.reads).await;
    let head = other.reads.head().await.unwrap().position;
    other.reads.pin(None, Some(head)).await.unwrap();
    rows_equal(&*other.reads, &log, head).await;
    drop(folding);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_stopped_while_it_reads_rows_holds_nothing_and_writes_nothing_late() {
    stopped("access exclusive", async |pool, session| {
        until("an answer nobody takes", SOON, async || {
            // One that was only preparing the statement waits to be asked.
            let stuck =
                "select pid from pg_stat_activity where pid = $1 and wait_event in ('ClientWrite', 'ClientRead')";
            sqlx::query_scalar::<_, i32>(stuck).bind(session).fetch_optional(pool).await.unwrap()
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_stopped_while_it_writes_loses_its_transaction() {
    stopped("share", async |pool, session| {
        until("the end of its session", SOON, async || {
            let there = "select pid from pg_stat_activity where pid = $1";
            let there: Option<i32> = sqlx::query_scalar(there).bind(session).fetch_optional(pool).await.unwrap();
            there.is_none().then_some(())
        })
        .await;
    })
    .await;
}
