//! Programs that are stopped in the middle, and sessions that wait for clients that do not read: others go on.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use harness::audit::{Acknowledged, audit, recorded};
use harness::crowd::{accepted, enrol, founding, organisation, rename, suspend};
use harness::ground::Ground;
use harness::program;
use harness::wait::until;
use harness::writer::{BRANCHES, Writer, address};
use infra::fold::live::TAKEN_OVER;
use infra::keys::MasterKey;
use sqlx::{ConnectOptions, PgPool};

const WRITER: &str = env!("CARGO_BIN_EXE_writer");

/// The session that waits for a lock on the events.
async fn at_the_gate(owner: &PgPool) -> Option<i32> {
    let sql = "select pid from pg_locks where relation = 'events'::regclass and not granted";
    sqlx::query_scalar(sql).fetch_optional(owner).await.unwrap()
}

async fn is_there(owner: &PgPool, session: i32) -> bool {
    let sql = "select exists (select from pg_stat_activity where pid = $1)";
    sqlx::query_scalar(sql).bind(session).fetch_one(owner).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_stopped_inside_its_append_holds_nobody_up_and_its_late_write_is_refused() {
    const COUNT: usize = 20;
    let folder = program::data();
    let key = folder.path().join("key");
    let ground = Ground { key: MasterKey::load_or_create(&key).unwrap(), ..Ground::fresh().await };
    let apps = [ground.app().await, ground.app().await];
    // The writer finds these there; so the first it appends are registrations, and they go the long way.
    let branch = organisation(&apps[0], BRANCHES).await[0];
    let mut acknowledged = recorded(&apps[0].pool, &founding(BRANCHES)).await;

    let owner = ground.owner().await;
    let mut gate = owner.begin().await.unwrap();
    sqlx::raw_sql("lock table events in share mode").execute(&mut *gate).await.unwrap();
    let (socket, database) = address(&ground.endpoints.app);
    let arguments = ["database", socket.to_str().unwrap(), &database, key.to_str().unwrap(), "own", &COUNT.to_string()];
    let mut writer = Writer::start(Path::new(WRITER), &arguments);
    let session = until("an append", Duration::from_secs(60), async || at_the_gate(&owner).await).await;
    let now = "select extract(epoch from clock_timestamp())::float8";
    let since: f64 = sqlx::query_scalar(now).fetch_one(&owner).await.unwrap();
    writer.pause();
    gate.rollback().await.unwrap();

    let others = join_all((0..6).map(async |number: usize| {
        let id = format!("other-{number}");
        let (member, enrolled) = enrol(&apps[number % 2], &id, branch).await.unwrap();
        let at: f64 = sqlx::query_scalar(now).fetch_one(&owner).await.unwrap();
        assert!(at - since <= TAKEN_OVER.as_secs_f64(), "the {number}. was held up for {} s", at - since);
        let after = format!("after-{number}");
        let suspended = accepted(&apps[number % 2], &after, suspend(member)).await;
        [(id, enrolled.position), (after, suspended)]
    }));
    acknowledged.extend(others.await.into_iter().flatten());
    assert!(!is_there(&owner, session).await, "the session of the stopped program was ended");
    let own = "select count(*) from commands where command_id like 'own-%'";
    let kept: i64 = sqlx::query_scalar(own).fetch_one(&owner).await.unwrap();
    assert_eq!(kept, 0, "what it had not committed is undone");

    writer.resume();
    let mut late = Acknowledged::new();
    writer.listen(usize::MAX, &mut late);
    assert!(writer.ended && late.len() == 2 * COUNT, "it goes on to its end: {}", late.len());
    assert!(late.values().min() > acknowledged.values().max(), "what it had under way comes after the others'");
    acknowledged.extend(late);
    audit(&owner, &acknowledged).await;
    for app in apps {
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_holds_the_head_row_and_is_not_read_from_is_ended() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branch = organisation(&apps[0], 1).await[0];
    let owner = ground.owner().await;
    let mut held = ground.endpoints.app.connect().await.unwrap();
    let much = "begin; update log_head set position = position; \
                select repeat('much', 1000) from generate_series(1, 100000)";
    let mut unread = sqlx::raw_sql(much).fetch(&mut held);
    unread.try_next().await.unwrap().expect("the first of many rows");
    let waits = "select pid from pg_stat_activity where datname = current_database() and wait_event = 'ClientWrite'";
    let session: i32 = until("a session that waits for its client", Duration::from_secs(30), async || {
        sqlx::query_scalar(waits).fetch_optional(&apps[0].pool).await.unwrap()
    })
    .await;

    // The first goes the long way, the second the short one.
    let registered = enrol(&apps[0], "m", branch);
    let renamed = accepted(&apps[1], "renamed", rename(branch, "新名"));
    let (registered, renamed) = futures_util::future::join(registered, renamed).await;
    assert!(registered.unwrap().1.position != renamed);
    assert!(!is_there(&owner, session).await, "it was ended");
    assert!(unread.try_for_each(async |_| Ok(())).await.is_err(), "and its client finds that out");
    let ids = [founding(1), ["m", "renamed"].map(str::to_owned).to_vec()].concat();
    audit(&owner, &recorded(&owner, &ids).await).await;
    for app in apps {
        app.stop().await;
    }
}
