//! Connections lost, programs killed, servers killed: what was acknowledged is there once, and the rest can be sent again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{join, join_all};
use graphql::ports::{Accepted, SendError};
use harness::audit::{Acknowledged, audit, head, recorded};
use harness::crowd::{enrol, founding, organisation, reinstate, rename, send, suspend};
use harness::ground::Ground;
use harness::program;
use harness::wait::until;
use harness::writer::{AT_ONCE, BRANCHES, DATABASE, Writer, address, options};
use infra::keys::MasterKey;
use infra::postgres::{Binaries, Cluster, Search};
use sqlx::PgPool;
use tokio::sync::Notify;

const WRITER: &str = env!("CARGO_BIN_EXE_writer");

/// Sends again while it fails by accident.
async fn insist<T>(mut attempt: impl AsyncFnMut() -> Result<T, SendError>, failures: &AtomicUsize) -> T {
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(SendError::Failed(_)) => _ = failures.fetch_add(1, Ordering::Relaxed),
            Err(error) => panic!("not an accident: {error}"),
        }
    }
}

/// Ends every session of the serving role on this database but its own.
async fn terminate_all(pool: &PgPool) -> i64 {
    let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
               where datname = current_database() and usename = current_user and pid <> pg_backend_pid()";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_connection_lost_between_two_commands_is_nobodys_business() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "m", branch).await.unwrap();
    let pool = ground.pool().await;
    for round in 0..4 {
        assert!(terminate_all(&pool).await > 0);
        let command = if round % 2 == 0 { suspend(member) } else { reinstate(member) };
        let accepted = send(&app, &format!("after-{round}"), command).await.unwrap();
        assert!(!accepted.replayed);
    }
    app.stop().await;
}

/// Counts what is acknowledged and wakes who waits for it.
#[derive(Default)]
struct Progress {
    done: AtomicUsize,
    moved: Notify,
}

impl Progress {
    fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.moved.notify_one();
    }

    async fn reach(&self, wanted: usize) {
        while self.done.load(Ordering::Relaxed) < wanted {
            self.moved.notified().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_connection_is_lost_again_and_again_nothing_is_lost_or_doubled() {
    const WRITERS: usize = 24;
    const KILLS: usize = 6;
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (progress, failures) = (Progress::default(), AtomicUsize::new(0));
    let writers = (0..WRITERS).map(async |writer| {
        let mut acknowledged = Acknowledged::new();
        let id = |what: &str| format!("{writer}-{what}");
        let (member, enrolled) = insist(async || enrol(&app, &id("enrol"), branch).await, &failures).await;
        acknowledged.insert(id("enrol"), enrolled.position);
        progress.step();
        for round in 0..9 {
            let id = id(&round.to_string());
            let command = if round % 2 == 0 { suspend(member) } else { reinstate(member) };
            let accepted: Accepted = insist(async || send(&app, &id, command.clone()).await, &failures).await;
            acknowledged.insert(id, accepted.position);
            progress.step();
        }
        acknowledged
    });
    let pool = ground.pool().await;
    let killer = async {
        let mut ended = 0;
        for kill in 1..=KILLS {
            progress.reach(kill * WRITERS * 10 / (KILLS + 1)).await;
            ended += terminate_all(&pool).await;
        }
        ended
    };
    let (written, ended) = join(join_all(writers), killer).await;
    assert!(ended >= KILLS as i64, "sessions were ended: {ended}");
    let mut acknowledged: Acknowledged = written.into_iter().flatten().collect();
    assert_eq!(acknowledged.len(), WRITERS * 10);
    acknowledged.extend(recorded(&pool, &founding(1)).await);
    audit(&pool, &acknowledged).await;
    let end = acknowledged.values().max().copied();
    let folded = async || app.reads.pin(None, end).await.ok();
    let folded = until("the folds to go on", Duration::from_secs(60), folded).await;
    assert_eq!(Some(folded.position), end);
    pool.close().await;
    let owner = ground.owner().await;
    // A session that was told to end is there until it has.
    let most = i64::from(app.pool.options().get_max_connections() + BESIDE_THE_POOL);
    let few = async || (sessions(&owner).await <= most).then_some(());
    until("no session left behind by those that were lost", Duration::from_secs(20), few).await;
    app.stop().await;
    until("the end of every session", Duration::from_secs(20), async || (sessions(&owner).await == 0).then_some(()))
        .await;
}

/// The listener's connection, and the one with which whoever holds the head row is ended.
const BESIDE_THE_POOL: u32 = 2;

/// How many sessions the serving role has on this database.
async fn sessions(owner: &PgPool) -> i64 {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'sanping_app'";
    sqlx::query_scalar(sql).fetch_one(owner).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_stops_answers_everybody() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let begun = head(&app).await;
    let sends = join_all((0..40).map(async |number| {
        let id = format!("late-{number}");
        let answer = enrol(&app, &id, branch).await.map(|(_, accepted)| accepted);
        (id, answer)
    }));
    let (answers, ()) = tokio::time::timeout(Duration::from_secs(30), join(sends, app.executor.stop()))
        .await
        .expect("nobody is left waiting");
    let mut acknowledged = recorded(&app.pool, &founding(1)).await;
    for (id, answer) in answers {
        match answer {
            Ok(accepted) => _ = acknowledged.insert(id, accepted.position),
            Err(SendError::Failed(_)) => {}
            Err(error) => panic!("{id}: {error}"),
        }
    }
    let late = tokio::time::timeout(Duration::from_secs(5), enrol(&app, "too-late", branch)).await;
    assert!(matches!(late, Ok(Err(SendError::Failed(_)))), "{late:?}");
    assert!(head(&app).await >= begun);
    audit(&app.pool, &acknowledged).await;
    app.stop().await;
}

/// Everything acknowledged so far is recorded where it was said to be.
async fn nothing_is_missing(pool: &PgPool, acknowledged: &Acknowledged) {
    let ids: Vec<String> = acknowledged.keys().cloned().collect();
    assert_eq!(&recorded(pool, &ids).await, acknowledged);
}

/// More than a writer gets to before it is killed.
const NEVER_DONE: usize = 1_000_000;

/// How many numbers a writer must go through so that none is left that it has begun before.
fn all_begun(name: &str, acknowledged: &Acknowledged) -> usize {
    let number = |id: &String| id.strip_prefix(name)?.strip_prefix('-')?.split('-').next()?.parse::<usize>().ok();
    acknowledged.keys().filter_map(number).max().unwrap() + AT_ONCE + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_killed_in_the_middle_resume_with_the_same_ids() {
    let folder = program::data();
    let key = folder.path().join("key");
    let ground = Ground { key: MasterKey::load_or_create(&key).unwrap(), ..Ground::fresh().await };
    let (socket, database) = address(&ground.endpoints.app);
    let start = |name: &str, count: usize| {
        let (socket, key, count) = (socket.to_str().unwrap(), key.to_str().unwrap(), count.to_string());
        Writer::start(Path::new(WRITER), &["database", socket, &database, key, name, &count])
    };
    let pool = ground.pool().await;
    let mut acknowledged = Acknowledged::new();
    for _ in 0..3 {
        let mut writers = ["a", "b"].map(|name| start(name, NEVER_DONE));
        for writer in &mut writers {
            writer.listen(25, &mut acknowledged);
        }
        for writer in writers {
            assert!(!writer.ended, "it is killed in the middle");
            writer.kill(&mut acknowledged);
        }
        nothing_is_missing(&pool, &acknowledged).await;
    }
    let counts = ["a", "b"].map(|name| (name, all_begun(name, &acknowledged)));
    for mut writer in counts.map(|(name, count)| start(name, count)) {
        writer.listen(usize::MAX, &mut acknowledged);
        assert!(writer.ended, "it gets to its end");
    }
    assert_eq!(acknowledged.len(), counts.iter().map(|(_, count)| 2 * count).sum::<usize>());
    acknowledged.extend(recorded(&pool, &founding(BRANCHES)).await);
    audit(&pool, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_killed_with_its_postgresql_comes_back_with_all_it_acknowledged() {
    let folder = program::data();
    let key = folder.path().join("key");
    let start = |count: usize| {
        let (data, key, count) = (folder.path().to_str().unwrap(), key.to_str().unwrap(), count.to_string());
        Writer::start(Path::new(WRITER), &["data", data, key, "own", &count])
    };
    let mut acknowledged = Acknowledged::new();
    for _ in 0..2 {
        let mut writer = start(NEVER_DONE);
        writer.listen(40, &mut acknowledged);
        assert!(writer.server.is_some() && !writer.ended, "it is killed in the middle, its server too");
        writer.kill(&mut acknowledged);
    }
    let count = all_begun("own", &acknowledged);
    let mut writer = start(count);
    writer.listen(usize::MAX, &mut acknowledged);
    assert!(writer.ended, "it gets to its end");
    assert_eq!(acknowledged.len(), 2 * count);
    drop(writer);

    let binaries = Binaries::find(&Search::default(), folder.path()).unwrap();
    let cluster = Cluster::open(folder.path(), &binaries, options()).await.unwrap();
    let endpoints = cluster.ensure_database(DATABASE).await.unwrap();
    let pool = PgPool::connect_with(endpoints.app).await.unwrap();
    acknowledged.extend(recorded(&pool, &founding(BRANCHES)).await);
    audit(&pool, &acknowledged).await;
    pool.close().await;
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_key_file_is_made_once_and_whole() {
    let folder = program::data();
    let key = folder.path().join("new/key");
    let made: Vec<[u8; 32]> = std::thread::scope(|scope| {
        let make = || MasterKey::load_or_create(&key).unwrap().hash("test", &[]);
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(|hash| *hash == made[0]), "all that start at once have the same key");
    let kept: Vec<_> = std::fs::read_dir(key.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept, std::slice::from_ref(&key), "no draft is left");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&key).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(&key, "not a key").unwrap();
    assert!(MasterKey::load_or_create(&key).is_err(), "a spoilt key is not replaced");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_bad_command_an_outage_is_waited_out_once_and_not_for_each_of_the_others() {
    const GOOD: i64 = 4;
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = organisation(&app, 2 + GOOD as usize).await;
    // From now on nothing has to be asked for a name: commands are decided in the order in which they are sent.
    send(&app, "asked", rename(branches[0], "Before")).await.unwrap();
    let owner = ground.owner().await;
    // A sequence counts what is tried, for it is not rolled back.
    sqlx::raw_sql(
        "create sequence tries; \
         create function falter() returns trigger language plpgsql security definer as $$ begin \
         if new.payload::text like '%Bad%' then raise exception 'not this one' using errcode = '22000'; end if; \
         if new.payload::text like '%Good%' then perform nextval('tries'); \
         raise exception 'stops' using errcode = '57P01'; end if; return new; end $$; \
         create trigger falter before insert on events for each row execute function falter()",
    )
    .execute(&owner)
    .await
    .unwrap();
    let mut gate = owner.begin().await.unwrap();
    sqlx::query("update log_head set position = position").execute(&mut *gate).await.unwrap();
    let sends = branches.iter().enumerate().map(async |(number, branch)| {
        let name = ["First", "Bad"].get(number).unwrap_or(&"Good");
        send(&app, &format!("name-{number}"), rename(*branch, name)).await
    });
    let opened = async {
        // The first waits for the head row, so that all the others are one batch.
        tokio::time::sleep(Duration::from_millis(300)).await;
        gate.rollback().await.unwrap();
    };
    let (sent, ()) = join(join_all(sends), opened).await;
    assert!(sent[0].is_ok(), "{:?}", sent[0]);
    assert!(sent[1..].iter().all(|sent| matches!(sent, Err(SendError::Failed(_)))), "{sent:?}");
    let code = |sent: &Result<Accepted, SendError>| match sent {
        Err(SendError::Failed(cause)) => match cause.downcast_ref::<Arc<sqlx::Error>>().map(|error| &**error) {
            Some(sqlx::Error::Database(error)) => error.code().map(|code| code.into_owned()),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(code(&sent[1]).as_deref(), Some("22000"), "it failed by itself: {sent:?}");
    let tries: i64 = sqlx::query_scalar("select last_value from tries").fetch_one(&owner).await.unwrap();
    assert!((1..2 * GOOD * 2).contains(&tries), "tried eight times, not eight times each: {tries}");
    app.stop().await;
}
