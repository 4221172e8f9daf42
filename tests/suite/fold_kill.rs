//! Rebuilds as processes of their own, beside a program that serves: killed, and several at once.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::stream::Position;
use graphql::ports::Reads;
use harness::program::{Running, data, run};
use harness::wait::until;
use harness::writer::{Writer, address};
use infra::fold::compare::{self, Compared};
use infra::fold::engine::standings;
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use projections::audit_trail::AuditRow;
use projections::members::MemberRow;
use projections::select::Select;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::told::{Told, told};

const PATIENCE: Duration = Duration::from_secs(180);

/// A program that serves a log of five thousand events, and where that ends.
pub async fn long(seed: u64) -> (Told, Position) {
    let told = told(seed, 60).await;
    let short = told.caught_up().await;
    let times = u32::try_from(5_000 / short.0).unwrap();
    let head = Position(harness::long::lengthen(&told.ground.owner().await, times).await);
    until("the folds", PATIENCE, async || told.app.reads.pin(None, Some(head)).await.ok()).await;
    (told, head)
}

/// Reads for as long as it is not told to end; what it sees never goes back. Answers how often it read.
pub fn reading(reads: Arc<dyn Reads>, done: Arc<AtomicBool>) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let (mut last, mut answers) = (Position(0), 0);
        while !done.load(Ordering::Relaxed) {
            let now = reads.pin(None, None).await.unwrap().position;
            assert!(now >= last, "{now} after {last}");
            last = now;
            let rows = reads.rows(&Select::<AuditRow>::first(5), now).await.unwrap();
            let members = reads.rows(&Select::<MemberRow>::first(5), now).await.unwrap();
            assert!(rows.len() == 5 && members.len() == 5);
            answers += 1;
        }
        answers
    })
}

fn url(told: &Told) -> String {
    let (socket, database) = address(&told.ground.endpoints.app);
    format!("postgres://sanping_app@localhost/{database}?host={}&port=5432", socket.display())
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn generations(pool: &PgPool) -> Vec<(String, i64)> {
    standings(pool).await.unwrap().into_iter().map(|standing| (standing.name, standing.generation)).collect()
}

async fn all_agree(pool: &PgPool) {
    for projection in registry::all() {
        assert_eq!(projection.verify(pool, &Quiet).await.unwrap().difference, None, "{}", projection.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_killed_in_the_middle_leaves_the_old_rows_and_is_begun_anew() {
    let ((told, head), folder) = (long(51).await, data());
    let pool = told.ground.pool().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = reading(Arc::clone(&told.app.reads), Arc::clone(&done));
    let url = url(&told);
    let arguments = ["--database-url", &url, "projections", "rebuild", "--all"];
    // No build comes to a checkpoint, however late it is killed.
    let owner = told.ground.owner().await;
    let gate = [
        "create function held_up() returns trigger language plpgsql as \
         $$ begin perform pg_advisory_xact_lock(1); return new; end $$",
        "create trigger held_up before update on projection_builds for each row \
         when (new.checkpoint > old.checkpoint) execute function held_up()",
    ];
    for gate in gate {
        sqlx::query(gate).execute(&owner).await.unwrap();
    }
    let mut holder = owner.acquire().await.unwrap();
    sqlx::query("select pg_advisory_lock(1)").execute(&mut *holder).await.unwrap();
    let killed = Running::start(folder.path(), &arguments);
    killed.until_told("all projections: ");
    killed.kill();
    assert!(generations(&pool).await.iter().all(|(_, generation)| *generation == 1), "the old rows serve");
    let left: Vec<(i64, i64)> =
        sqlx::query_as("select distinct generation, checkpoint from projection_builds").fetch_all(&pool).await.unwrap();
    assert_eq!(left, [(2, 0)], "nothing is known of the rows that it wrote");
    sqlx::query("select pg_advisory_unlock(1)").execute(&mut *holder).await.unwrap();
    sqlx::query("drop function held_up cascade").execute(&owner).await.unwrap();

    // As if its claims had just been renewed, and then as if they had run out.
    let claims = async |ends: &str| {
        let sql = format!("update projection_builds set lease_until = now() + interval '{ends}'");
        sqlx::query(&sql).execute(&owner).await.unwrap();
    };
    claims("1 hour").await;
    let early = run(folder.path(), &arguments);
    let refused = said(&early).matches("its claim ends within seconds").count();
    assert_eq!((early.status.success(), refused), (false, registry::all().len()), "{}", said(&early));
    claims("-1 second").await;
    let output = run(folder.path(), &arguments);
    let again = said(&output);
    assert!(output.status.success(), "{again}");
    assert_eq!(again.matches("the rows it replaced were the same").count(), registry::all().len(), "{again}");
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    assert!(generations(&pool).await.iter().all(|(_, generation)| *generation == 3));
    let sql = "select count(*) from pg_tables where tablename like '%\\_g2'";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap(), 0, "what it wrote is gone");
    let sql = "select count(*) from projection_builds";
    assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap(), 0);
    all_agree(&pool).await;
    assert_eq!(told.caught_up().await, head);
    told.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_rebuilds_at_once_do_not_disturb_one_another() {
    let ((told, head), folder) = (long(52).await, data());
    let pool = told.ground.pool().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = reading(Arc::clone(&told.app.reads), Arc::clone(&done));
    let url = url(&told);
    let names = ["members", "audit_trail", "standings", "standings", "standings", "totals"];
    let outputs: Vec<Output> = std::thread::scope(|scope| {
        let start = |name| {
            let (folder, url) = (folder.path(), &url);
            scope.spawn(move || run(folder, &["--database-url", url, "projections", "rebuild", name]))
        };
        let started: Vec<_> = names.into_iter().map(start).collect();
        started.into_iter().map(|started| started.join().unwrap()).collect()
    });
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    let mut standings_rebuilt = 0;
    for (name, output) in names.iter().zip(&outputs) {
        let told = said(output);
        if *name == "standings" {
            assert!(output.status.success() || told.contains("another process builds"), "{told}");
            standings_rebuilt += i64::from(output.status.success());
        } else {
            assert!(output.status.success(), "{told}");
        }
    }
    assert!(standings_rebuilt > 0, "one of them built it");
    for (name, generation) in generations(&pool).await {
        let expected = match name.as_str() {
            "members" | "audit_trail" | "totals" => 2,
            "standings" => 1 + standings_rebuilt,
            _untouched => 1,
        };
        assert_eq!(generation, expected, "{name}");
        if generation > 1 {
            let same = Some(Compared { at: head, differing: 0, first: None });
            assert_eq!(compare::last(&pool, &name).await.unwrap(), same, "{name}");
        }
    }
    all_agree(&pool).await;
    told.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_process_after_process_dies_of_stops_its_projection_alone() {
    let mut told = told(28, 40).await;
    let begin = told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    // Somebody else has their leases while more is recorded.
    let sql = "update projections set holder = gen_random_uuid(), lease_until = now() + interval '1 hour' \
               where name in ('members', 'outlets')";
    sqlx::query(sql).execute(&pool).await.unwrap();
    told.app = told.ground.app_at(Arc::clone(&told.clock)).await;
    told.story.go_on(&*told.app.commands, 30).await;
    let head = told.app.reads.head().await.unwrap().position;
    told.app.stop().await;
    let deadly = Position(begin.0 + 3);
    assert!(deadly < head);
    let (socket, database) = address(&told.ground.endpoints.app);
    let arguments = ["deadly", socket.to_str().unwrap(), &database, &deadly.to_string()];
    let stopped = async || {
        let standings = standings(&pool).await.unwrap();
        let of = |name: &str| standings.iter().find(|standing| standing.name == name).unwrap().clone();
        (of("members").stopped, of("members").checkpoint, of("outlets").checkpoint)
    };
    let mut deaths = 0;
    loop {
        // As if the lease of the one that died had run out.
        sqlx::query("update projections set lease_until = now() - interval '1 second'").execute(&pool).await.unwrap();
        let mut writer = Writer::start(Path::new(env!("CARGO_BIN_EXE_writer")), &arguments);
        let ended = until("a death or a stop", Duration::from_secs(60), async || {
            (writer.has_ended() || stopped().await.0.is_some()).then_some(())
        });
        ended.await;
        if stopped().await.0.is_some() {
            break;
        }
        deaths += 1;
        assert!(deaths < 12, "it dies again and again");
    }
    // A whole program goes on with the others, and leaves that one where it is.
    told.app = told.ground.app_at(Arc::clone(&told.clock)).await;
    until("the others", Duration::from_secs(60), async || (stopped().await.2 == head).then_some(())).await;
    told.app.stop().await;
    let (stop, checkpoint, _) = stopped().await;
    let (at, cause) = stop.unwrap();
    assert_eq!((at, checkpoint.0), (deadly, deadly.0 - 1), "{cause}");
    assert!(cause.contains("process after process of this build ended"), "{cause}");
    assert!(deaths >= 4, "one death says nothing: {deaths}");
}
