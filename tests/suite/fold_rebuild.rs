//! Rebuilding beside the serving generation: the same rows, answers throughout, builds that are cut off or overtaken.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use domain::stream::Position;
use harness::ground::Ground;
use harness::speak::{found_root, office};
use harness::wait::until;
use infra::fold::FoldError;
use infra::fold::bulk::{self, MOST};
use infra::fold::compare::{self, Compared};
use infra::fold::engine::{Engine, Folded, Standing, standings};
use infra::fold::lag;
use infra::fold::lease;
use infra::fold::rebuild::{Progress, Quiet};
use infra::fold::registry;
use projections::audit_trail::AuditTrail;
use projections::branches::Branches;
use projections::members::Members;
use projections::projection::Projection;
use projections::standings::Standings;
use sqlx::PgPool;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::fold_kill::{long, reading};
use crate::told::{ALL, Told, log, rows_equal, smuggle_unwritable, told};

/// Tells a test how far a build is.
struct Heard(UnboundedSender<u64>);

impl Progress for Heard {
    fn at(&self, done: u64, _of: u64) {
        // A test that heard enough hangs up.
        let _gone = self.0.send(done);
    }
}

fn heard() -> (Heard, UnboundedReceiver<u64>) {
    let (sender, receiver) = unbounded_channel();
    (Heard(sender), receiver)
}

/// Holds a build up after so many events: between two transactions, where it holds no row.
struct HeldUp {
    after: u64,
    arrived: UnboundedSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Progress for HeldUp {
    fn at(&self, done: u64, _of: u64) {
        if done == self.after {
            self.arrived.send(()).expect("the test waits for it");
            self.go_on.lock().unwrap().recv().expect("the build is cut off here");
        }
    }
}

/// Rebuilds one projection as programs do, with room for so many rows that stand.
async fn rebuilt<P: Projection>(pool: &PgPool, most: usize, told: &dyn Progress) -> Result<Position, FoldError> {
    let engine: [Arc<dyn Folded>; 1] = [Arc::new(Engine::<P>::default())];
    bulk::together(pool, &engine, most, told).await.unwrap().pop().unwrap().1
}

/// A build in a thread of its own, held up where its pass has read so many events. It goes on when it is told so, and is
/// cut off when the sender is dropped.
async fn held_up<P: Projection>(
    told: &Told,
    after: u64,
    most: usize,
) -> (JoinHandle<Result<Position, FoldError>>, mpsc::Sender<()>) {
    let ((arrived, mut arrival), (sender, go_on)) = (unbounded_channel(), mpsc::channel());
    let (progress, options) = (HeldUp { after, arrived, go_on: Mutex::new(go_on) }, told.ground.endpoints.app.clone());
    let build = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pool = PgPool::connect_with(options).await.unwrap();
            rebuilt::<P>(&pool, most, &progress).await
        })
    });
    arrival.recv().await.expect("the build comes so far");
    (build, sender)
}

async fn generation(pool: &PgPool, projection: &str) -> i64 {
    lease::look(pool, projection).await.unwrap().generation
}

async fn digests(pool: &PgPool) -> BTreeMap<&'static str, (Position, String)> {
    let mut digests = BTreeMap::new();
    for projection in registry::all() {
        let verified = projection.verify(pool, &Quiet).await.unwrap();
        assert_eq!(verified.difference, None, "{}", projection.name());
        digests.insert(projection.name(), (verified.position, verified.digest));
    }
    digests
}

#[tokio::test]
async fn a_rebuilt_projection_has_the_rows_and_the_digest_of_the_live_one() {
    let told = told(21, 120).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    let before = digests(&pool).await;
    for projection in registry::all() {
        let epoch = lease::look(&pool, projection.name()).await.unwrap().epoch;
        assert_eq!(projection.rebuild(&pool, &Quiet).await.unwrap(), head);
        let after = lease::look(&pool, projection.name()).await.unwrap();
        assert!(after.epoch > epoch, "the old worker is fenced");
        assert_eq!((after.generation, after.checkpoint), (2, head));
        let switched: (i32, i64) =
            sqlx::query_as("select version, position from projection_switches where name = $1 and generation = 2")
                .bind(projection.name())
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(switched, (projection.version().cast_signed(), head.0.cast_signed()));
    }
    assert_eq!(digests(&pool).await, before);
    told.app.reads.pin(None, Some(head)).await.unwrap();
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    told.app.stop().await;
}

#[tokio::test]
async fn a_busy_program_answers_throughout_a_rebuild_and_goes_on_with_the_new_rows() {
    let mut told = told(22, 60).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = reading(Arc::clone(&told.app.reads), Arc::clone(&done));
    let rebuilt = async {
        for projection in registry::all() {
            projection.rebuild(&pool, &Quiet).await.unwrap();
        }
    };
    tokio::join!(told.story.go_on(&*told.app.commands, 120), rebuilt);
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    told.story.go_on(&*told.app.commands, 12).await;
    let head = told.caught_up().await;
    assert!(standings(&pool).await.unwrap().iter().all(|standing| standing.generation == 2));
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    digests(&pool).await;
    told.app.stop().await;
}

#[tokio::test]
async fn a_build_that_was_cut_off_goes_on_where_it_stopped() {
    let mut told = told(23, 60).await;
    let written = told.caught_up().await;
    let pool = told.ground.pool().await;
    // Without room for its rows it is written out, and has a checkpoint.
    let (build, go_on) = held_up::<Members>(&told, written.0, 0).await;
    drop(go_on);
    assert!(build.await.unwrap_err().is_panic());
    let begun: (i64, i64) =
        sqlx::query_as("select generation, checkpoint from projection_builds").fetch_one(&pool).await.unwrap();
    assert_eq!(begun, (2, written.0.cast_signed()));
    assert_eq!(generation(&pool, "members").await, 1);

    // Its claim lasts a little longer.
    let claimed = rebuilt::<Members>(&pool, 0, &Quiet).await;
    assert!(matches!(claimed, Err(FoldError::BeingBuilt { generation: 2, .. })), "{claimed:?}");
    run_out(&pool).await;
    told.story.go_on(&*told.app.commands, 20).await;
    let head = told.caught_up().await;
    let (progress, mut parts) = heard();
    assert_eq!(rebuilt::<Members>(&pool, 0, &progress).await.unwrap(), head);
    assert!(parts.try_recv().is_err(), "no pass begins anew");
    assert_eq!(generation(&pool, "members").await, 2);
    digests(&pool).await;
    told.app.stop().await;
}

/// The builder's claim runs out.
async fn run_out(pool: &PgPool) {
    sqlx::query("update projection_builds set lease_until = now() - interval '1 second'").execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_builder_that_was_overtaken_writes_nothing_into_what_serves() {
    let mut told = told(24, 60).await;
    let begun = told.caught_up().await;
    let pool = told.ground.pool().await;
    // It is held up before the last step, where the one that overtakes it goes on; then in the pass, of whose rows nobody
    // knows: another begins anew.
    let mut head = begun;
    for (most, serving) in [(0, 2), (MOST, 4)] {
        let (overtaken, go_on) = held_up::<Standings>(&told, head.0, most).await;
        run_out(&pool).await;
        assert_eq!(rebuilt::<Standings>(&pool, MOST, &Quiet).await.unwrap(), head);
        told.story.go_on(&*told.app.commands, 30).await;
        head = told.caught_up().await;
        go_on.send(()).unwrap();
        let fenced = overtaken.await.unwrap();
        assert!(matches!(fenced, Err(FoldError::Fenced { .. })), "{fenced:?}");
        assert_eq!(generation(&pool, "standings").await, serving);
    }
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    told.app.stop().await;
}

#[tokio::test]
async fn a_builder_that_shows_life_at_the_last_moment_keeps_its_build() {
    let told = told(28, 60).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    let (build, go_on) = held_up::<Members>(&told, head.0, 0).await;
    run_out(&pool).await;
    let mut life = pool.begin().await.unwrap();
    let sign = "update projection_builds set lease_until = now() + interval '1 hour'";
    sqlx::query(sign).execute(&mut *life).await.unwrap();
    let claimant = {
        let pool = pool.clone();
        tokio::spawn(async move { rebuilt::<Members>(&pool, 0, &Quiet).await })
    };
    until("the claimant waits", Duration::from_secs(10), async || {
        let waiting = "select count(*) from pg_stat_activity where datname = current_database() and \
                       wait_event_type = 'Lock' and query like 'update projection_builds%'";
        (sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() > 0).then_some(())
    })
    .await;
    life.commit().await.unwrap();
    let claimed = claimant.await.unwrap();
    assert!(matches!(claimed, Err(FoldError::BeingBuilt { generation: 2, .. })), "{claimed:?}");
    go_on.send(()).unwrap();
    assert_eq!(build.await.unwrap().unwrap(), head);
    told.app.stop().await;
}

#[tokio::test]
async fn a_pass_whose_claim_is_gone_writes_no_row() {
    let told = told(33, 40).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    let (build, go_on) = held_up::<AuditTrail>(&told, head.0, MOST).await;
    let forgotten = sqlx::query("delete from projection_builds").execute(&pool).await.unwrap();
    assert_eq!(forgotten.rows_affected(), 1);
    go_on.send(()).unwrap();
    let fenced = build.await.unwrap();
    assert!(matches!(fenced, Err(FoldError::Fenced { .. })), "{fenced:?}");
    let written: i64 = sqlx::query_scalar("select count(*) from audit_trail_g2").fetch_one(&pool).await.unwrap();
    assert_eq!((written, generation(&pool, "audit_trail").await), (0, 1));
    told.app.stop().await;
}

#[tokio::test]
async fn an_empty_log_is_rebuilt_too() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    for projection in registry::all() {
        assert_eq!(projection.rebuild(&app.pool, &Quiet).await.unwrap(), Position(0));
        assert_eq!(generation(&app.pool, projection.name()).await, 2);
        let verified = projection.verify(&app.pool, &Quiet).await.unwrap();
        assert_eq!((verified.rows, verified.difference), (0, None));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_program_with_a_raised_version_builds_beside_and_switches_by_itself() {
    let mut told = told(25, 60).await;
    let head = told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    sqlx::query("update projections set version = version - 1").execute(&pool).await.unwrap();
    told.app = told.ground.app_at(Arc::clone(&told.clock)).await;
    until("the switch of all", Duration::from_secs(60), async || {
        let standings = standings(&pool).await.unwrap();
        let current = |standing: &Standing| {
            registry::named(Some(&standing.name)).unwrap()[0].version().cast_signed() == standing.version
        };
        standings.iter().all(|standing| current(standing) && standing.generation == 2).then_some(())
    })
    .await;
    told.app.reads.pin(None, Some(head)).await.unwrap();
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    digests(&pool).await;
    told.app.stop().await;
}

#[tokio::test]
async fn a_program_of_an_older_version_leaves_newer_rows_alone() {
    let mut told = told(26, 20).await;
    let head = told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    sqlx::query("update projections set version = version + 1").execute(&pool).await.unwrap();
    told.app = told.ground.app_at(Arc::clone(&told.clock)).await;
    told.story.go_on(&*told.app.commands, 12).await;
    assert_eq!(told.app.reads.pin(None, None).await.unwrap().position, head);
    let standings = standings(&pool).await.unwrap();
    assert!(standings.iter().all(|standing| (standing.generation, standing.checkpoint) == (1, head)), "{standings:?}");
    told.app.stop().await;
}

#[tokio::test]
async fn a_replaced_table_is_dropped_late() {
    let told = told(27, 20).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    let there = async |generation: i64| {
        let sql = format!("select to_regclass('standings_g{generation}') is not null");
        sqlx::query_scalar::<_, bool>(&sql).fetch_one(&pool).await.unwrap()
    };
    for expected in 2..=3 {
        bulk::alone::<Standings>(&pool, &Quiet).await.unwrap();
        assert_eq!(generation(&pool, "standings").await, expected);
        assert!(there(1).await && there(2).await, "readers may still look at them");
    }
    let owner = told.ground.owner().await;
    sqlx::query("update projection_switches set switched_at = switched_at - interval '1 hour' where generation = 2")
        .execute(&owner)
        .await
        .unwrap();
    bulk::alone::<Standings>(&pool, &Quiet).await.unwrap();
    assert!(!there(1).await, "nobody has looked at it for an hour");
    assert!(there(2).await && there(3).await && there(4).await);
    told.app.stop().await;
}

#[tokio::test]
async fn all_are_rebuilt_in_one_pass_however_little_room_there_is() {
    let mut told = told(29, 200).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    let before = digests(&pool).await;
    // Half of the log is written out and goes on in batches; then everything at once.
    for (most, generation) in [(40, 2), (MOST, 3)] {
        let (progress, mut parts) = heard();
        for (name, rebuilt) in bulk::together(&pool, &registry::all(), most, &progress).await.unwrap() {
            assert_eq!(rebuilt.unwrap(), before[name].0, "{name}");
            assert_eq!(self::generation(&pool, name).await, generation);
            let compared = compare::last(&pool, name).await.unwrap();
            assert_eq!(compared, Some(Compared { at: before[name].0, differing: 0, first: None }), "{name}");
        }
        assert_eq!(parts.recv().await, Some(before["members"].0.0), "the pass is told of");
        assert_eq!(digests(&pool).await, before);
    }
    told.story.go_on(&*told.app.commands, 20).await;
    let head = told.caught_up().await;
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    told.app.stop().await;
}

/// Tells up to which event each build was when it was written out.
struct WrittenOut(UnboundedSender<u64>);

impl Progress for WrittenOut {
    fn at(&self, _done: u64, _of: u64) {}

    fn step(&self, events: u64) {
        self.0.send(events).unwrap();
    }
}

#[tokio::test]
async fn who_holds_more_rows_than_there_is_room_for_is_written_out_before_the_end() {
    let (told, head) = long(34).await;
    let pool = told.ground.pool().await;
    let members = registry::named(Some("members")).unwrap();
    for (most, early) in [(40, true), (MOST, false)] {
        let (sender, mut steps) = unbounded_channel();
        for (name, rebuilt) in bulk::together(&pool, &members, most, &WrittenOut(sender)).await.unwrap() {
            assert_eq!(rebuilt.unwrap(), head, "{name}");
        }
        let mut written = Vec::new();
        steps.recv_many(&mut written, ALL).await;
        assert_eq!(written.iter().any(|at| (1..head.0).contains(at)), early, "{most}: {written:?}");
    }
    told.app.stop().await;
}

#[tokio::test]
async fn what_served_and_was_not_what_the_log_makes_is_recorded_with_the_switch() {
    let told = told(30, 60).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    for changed in [
        "update members_g1 set branch = '00000000-0000-4000-8000-000000000abc' where member = \
         (select member from members_g1 where until_position = 9223372036854775807 order by member limit 1) \
         and until_position = 9223372036854775807",
        "delete from outlets_g1 where outlet = (select outlet from outlets_g1 limit 1)",
        "update spells_tallies_g1 set parts = parts + 1 where from_position = (select min(from_position) from spells_tallies_g1)",
    ] {
        assert!(sqlx::query(changed).execute(&pool).await.unwrap().rows_affected() > 0);
    }
    let removed = sqlx::query_scalar::<_, i64>("select count(*) from outlets_g1").fetch_one(&pool).await.unwrap();
    for projection in registry::all() {
        assert_eq!(projection.rebuild(&pool, &Quiet).await.unwrap(), head);
    }
    let of = async |name| compare::last(&pool, name).await.unwrap().unwrap();
    let members = of("members").await;
    assert_eq!((members.at, members.differing), (head, 2), "the row that was, and the row that is");
    assert!(members.first.unwrap().contains("\"branch\""));
    let outlets = of("outlets").await;
    let made = sqlx::query_scalar::<_, i64>("select count(*) from outlets_g2").fetch_one(&pool).await.unwrap();
    assert_eq!(outlets.differing, (made - removed).unsigned_abs());
    assert!(outlets.differing > 0 && outlets.first.unwrap().starts_with("rebuilt {"));
    let spells = of("spells").await;
    assert!(spells.differing >= 2 && spells.first.unwrap().contains("\"parts\""), "a tally that was changed");
    assert_eq!(of("totals").await, Compared { at: head, differing: 0, first: None });
    let overview = lag::look(&pool).await.unwrap();
    let replaced = |name: &str| {
        let found = overview.projections.iter().find(|it| it.standing.name == name).unwrap();
        found.replaced
    };
    assert_eq!((replaced("members"), replaced("totals")), (2, 0));
    digests(&pool).await;
    told.app.stop().await;
}

#[tokio::test]
async fn a_reader_of_an_old_table_holds_no_rebuild_up() {
    let told = told(31, 20).await;
    told.caught_up().await;
    let pool = told.ground.pool().await;
    bulk::alone::<Standings>(&pool, &Quiet).await.unwrap();
    let owner = told.ground.owner().await;
    sqlx::query("update projection_switches set switched_at = switched_at - interval '1 hour'")
        .execute(&owner)
        .await
        .unwrap();
    let mut reading = pool.begin().await.unwrap();
    sqlx::query("select from standings_g1").fetch_all(&mut *reading).await.unwrap();
    let there = async || {
        let sql = "select to_regclass('standings_g1') is not null";
        sqlx::query_scalar::<_, bool>(sql).fetch_one(&pool).await.unwrap()
    };
    bulk::alone::<Standings>(&pool, &Quiet).await.unwrap();
    assert!(there().await, "somebody reads it");
    reading.rollback().await.unwrap();
    bulk::alone::<Standings>(&pool, &Quiet).await.unwrap();
    assert!(!there().await);
    told.app.stop().await;
}

#[tokio::test]
async fn a_rebuild_ends_before_a_row_that_cannot_be_written_where_the_live_one_stopped_too() {
    let told = told(32, 60).await;
    let head = told.caught_up().await;
    let poison = smuggle_unwritable(&told.ground).await;
    let pool = told.ground.pool().await;
    until("the stop", Duration::from_secs(20), async || {
        let standings = standings(&pool).await.unwrap();
        let branches = standings.into_iter().find(|standing| standing.name == "branches").unwrap();
        branches.stopped.map(|(at, _)| assert_eq!(at, poison))
    })
    .await;
    // Both ways: at the end of the pass, and where there is no room in it.
    for generation in [2, 3] {
        let built = match generation {
            2 => bulk::alone::<Branches>(&pool, &Quiet).await,
            _no_room => rebuilt::<Branches>(&pool, 0, &Quiet).await,
        };
        assert_eq!(built.unwrap(), head);
        assert_eq!(self::generation(&pool, "branches").await, generation);
    }
    // Where the live one got past it, a rebuild would go back: it fails, and the old rows serve on.
    told.app.stop().await;
    let past = "update projections set checkpoint = $1, stopped_at = null where name = 'branches'";
    sqlx::query(past).bind(poison.0.cast_signed()).execute(&pool).await.unwrap();
    let failed = bulk::alone::<Branches>(&pool, &Quiet).await;
    assert!(matches!(failed, Err(FoldError::Sql { .. })), "{failed:?}");
    assert_eq!(self::generation(&pool, "branches").await, 3);
}

#[tokio::test]
async fn a_log_of_the_root_alone_is_rebuilt_and_verified() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    app.commands.send(&office("root"), found_root(), None).await.unwrap();
    let head = app.reads.head().await.unwrap().position;
    for (name, rebuilt) in bulk::together(&app.pool, &registry::all(), MOST, &Quiet).await.unwrap() {
        assert_eq!(rebuilt.unwrap(), head, "{name}");
    }
    for (name, (at, _)) in digests(&app.pool).await {
        assert_eq!(at, head, "{name}");
    }
    app.stop().await;
}
