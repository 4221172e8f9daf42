//! Exactly once, by one worker at a time: two programs, stolen leases, programs that stop, vanish and are killed.

use std::sync::Arc;
use std::time::Duration;

use domain::event::Fact;
use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use graphql::ports::{Accepted, Commands};
use harness::ground::Ground;
use harness::speak::{found_root, office, person, register};
use harness::story::{Story, first_day};
use harness::wait::until;
use infra::clock::{Clock, random_id};
use infra::fold::batch::{Batch, Unwritten};
use infra::fold::engine::{BATCH, Folded, standings};
use infra::fold::lease::{self, Lease};
use infra::fold::registry;
use infra::fold::tail::Tail;
use infra::fold::together::Together;
use infra::fold::{FoldError, ranks};
use infra::log::reader;
use projections::members::Members;
use projections::projection::Projection;
use projections::spells::Spells;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::watch;

use crate::told::{log, rows_equal, told};

/// A command that changes some row.
async fn registers(commands: &dyn Commands, number: u32) -> Accepted {
    let asker = office(&format!("registration-{number}"));
    let member = MemberId(commands.mint(&asker, "member"));
    let staff_number = format!("R{number}");
    commands.send(&asker, register(member, BranchId::root()), Some(person(&staff_number))).await.unwrap()
}

/// Takes every lease for an hour, as a process that is elsewhere.
pub async fn hold_all(pool: &PgPool) -> Vec<(Arc<dyn Folded>, Lease)> {
    let mut held = Vec::new();
    for projection in registry::all() {
        projection.register(pool).await.unwrap();
        sqlx::query("update projections set holder = null where name = $1")
            .bind(projection.name())
            .execute(pool)
            .await
            .unwrap();
        let holder = random_id(Clock::System.now());
        let lease = lease::take(pool, projection.name(), projection.version(), holder).await.unwrap().unwrap();
        held.push((projection, lease));
    }
    sqlx::query("update projections set lease_until = now() + interval '1 hour'").execute(pool).await.unwrap();
    held
}

async fn rows_of(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar(&format!("select count(*) from {table}_g1")).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn two_programs_over_one_database_fold_each_event_once() {
    let ground = Ground::fresh().await;
    let clock = Arc::new(Clock::simulated(first_day()));
    let one = ground.app_at(Arc::clone(&clock)).await;
    let other = ground.app_at(Arc::clone(&clock)).await;
    let mut story = Story::of(5, clock);
    story.found(&*one.commands).await;
    for _ in 0..4 {
        story.go_on(&*one.commands, 20).await;
        story.go_on(&*other.commands, 20).await;
    }
    let head = one.reads.head().await.unwrap().position;
    for app in [&one, &other] {
        app.reads.pin(None, Some(head)).await.unwrap();
        rows_equal(&*app.reads, &log(&*app.reads).await, head).await;
    }
    assert!(standings(&one.pool).await.unwrap().iter().all(|standing| standing.worked_on));
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_worker_whose_lease_was_stolen_writes_nothing() {
    let ground = Ground::fresh().await;
    let pool = ground.pool().await;
    let held = hold_all(&pool).await;
    let told = ground.app_at(Arc::new(Clock::simulated(first_day()))).await;
    told.commands.send(&office("root"), found_root(), None).await.unwrap();
    let head = registers(&*told.commands, 1).await.position;

    for (projection, lease) in held {
        sqlx::query("update projections set epoch = epoch + 1 where name = $1")
            .bind(projection.name())
            .execute(&pool)
            .await
            .unwrap();
        let fenced = projection.catch_up(&pool, &Tail::default(), &lease, BATCH).await;
        assert!(matches!(fenced, Err(FoldError::Fenced { .. })), "{}: {fenced:?}", projection.name());
        assert_eq!(rows_of(&pool, projection.table()).await, 0, "{}", projection.name());
        let still = lease::look(&pool, projection.name()).await.unwrap();
        assert_eq!(still.checkpoint, Position(0), "{}", projection.name());

        let thief = Lease { epoch: still.epoch, ..lease };
        assert_eq!(
            projection.catch_up(&pool, &Tail::default(), &thief, BATCH).await.unwrap(),
            head,
            "{}",
            projection.name()
        );
        // The same events again, on the checkpoint before: the worker does not know that they are folded.
        let rows = rows_of(&pool, projection.table()).await;
        let fenced = projection.catch_up(&pool, &Tail::default(), &thief, BATCH).await;
        assert!(matches!(fenced, Err(FoldError::Fenced { .. })), "{}: {fenced:?}", projection.name());
        assert_eq!(rows_of(&pool, projection.table()).await, rows, "{}", projection.name());
    }
    assert!(rows_of(&pool, "members").await == 1 && rows_of(&pool, "audit_trail").await > 0);
    told.stop().await;
}

#[tokio::test]
async fn a_lease_that_has_run_out_is_not_taken_while_its_holder_writes() {
    let ground = Ground::fresh().await;
    let pool = ground.pool().await;
    let (projection, lease) = hold_all(&pool).await.swap_remove(0);
    sqlx::query("update projections set lease_until = now() - interval '1 hour'").execute(&pool).await.unwrap();
    let mut writing = pool.begin().await.unwrap();
    assert!(lease::advance(&mut writing, projection.name(), &lease, Position(0)).await.unwrap().is_some());
    let thief = {
        let (pool, name, version) = (pool.clone(), projection.name(), projection.version());
        tokio::spawn(async move { lease::take(&pool, name, version, random_id(Clock::System.now())).await.unwrap() })
    };
    until("the thief waits", Duration::from_secs(10), async || {
        let waiting = "select count(*) from pg_locks where not granted and locktype = 'transactionid'";
        (sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() > 0).then_some(())
    })
    .await;
    writing.commit().await.unwrap();
    assert_eq!(thief.await.unwrap(), None);
}

#[tokio::test]
async fn a_program_that_stops_hands_over_at_once() {
    let ground = Ground::fresh().await;
    let one = ground.app().await;
    one.commands.send(&office("root"), found_root(), None).await.unwrap();
    let first = registers(&*one.commands, 1).await;
    one.reads.pin(None, Some(first.position)).await.unwrap();
    let other = ground.app().await;
    one.stop().await;
    let second = registers(&*other.commands, 2).await;
    // A reader's patience is shorter than the term of a lease: nobody waited for one to run out.
    assert!(lease::TERM > Duration::from_secs(5));
    let now = other.reads.pin(None, Some(second.position)).await.unwrap();
    assert_eq!(now.position, second.position);
    other.stop().await;
}

#[tokio::test]
async fn a_program_that_vanishes_is_replaced_within_ten_seconds() {
    let ground = Ground::fresh().await;
    let one = ground.app().await;
    one.commands.send(&office("root"), found_root(), None).await.unwrap();
    let first = registers(&*one.commands, 1).await;
    one.reads.pin(None, Some(first.position)).await.unwrap();
    let other = ground.app().await;
    drop(one);
    let second = registers(&*other.commands, 2).await;
    until("the takeover", Duration::from_secs(10), async || {
        let standings = standings(&other.pool).await.unwrap();
        standings.iter().all(|standing| standing.checkpoint >= second.position).then_some(())
    })
    .await;
    rows_equal(&*other.reads, &log(&*other.reads).await, second.position).await;
    other.stop().await;
}

#[tokio::test]
async fn workers_killed_in_the_middle_of_their_batches_lose_and_double_nothing() {
    let mut told = told(9, 10).await;
    let pool = told.ground.pool().await;
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                where datname = current_database() and pid <> pg_backend_pid() and query like '%\\_g1%'";
    let mut killed = 0;
    for _ in 0..6 {
        told.story.go_on(&*told.app.commands, 12).await;
        killed += sqlx::query_scalar::<_, i64>(kill).fetch_one(&pool).await.unwrap();
    }
    assert!(killed > 0, "some worker was killed");
    let head = told.app.reads.head().await.unwrap().position;
    until("catching up", Duration::from_secs(30), async || {
        told.app.reads.pin(None, Some(head)).await.is_ok().then_some(())
    })
    .await;
    rows_equal(&*told.app.reads, &log(&*told.app.reads).await, head).await;
    told.app.stop().await;
}

#[tokio::test]
async fn together_each_is_fenced_by_itself_and_nobody_waits_for_one_that_is_locked() {
    let ground = Ground::fresh().await;
    let pool = ground.pool().await;
    let held = hold_all(&pool).await;
    let app = ground.app().await;
    app.commands.send(&office("root"), found_root(), None).await.unwrap();
    let head = registers(&*app.commands, 1).await.position;
    let stolen = "update projections set epoch = epoch + 1 where name = 'members'";
    sqlx::query(stolen).execute(&pool).await.unwrap();
    let mut elsewhere = pool.begin().await.unwrap();
    let lock = "select from projections where name = 'branches' for update";
    sqlx::query(lock).execute(&mut *elsewhere).await.unwrap();

    let (moved, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (_grown, grown) = watch::channel(head);
    let (reach, tail) = (Arc::default(), Arc::default());
    let together = Together { pool: pool.clone(), reach, tail, head: grown, moved };
    let (desk, work) = together.start();
    let work = tokio::spawn(work);
    let all = held.iter().map(|(projection, lease)| desk.fold(projection, *lease, false));
    let folded = futures_util::future::join_all(all).await;
    for ((projection, lease), folded) in held.iter().zip(folded) {
        let apart = ["members", "branches"].contains(&projection.name());
        assert_eq!(folded, (!apart).then_some(head), "{}", projection.name());
        let checkpoint = lease::look(&pool, projection.name()).await.unwrap().checkpoint;
        assert_eq!(checkpoint, if apart { lease.checkpoint } else { head }, "{}", projection.name());
    }
    assert_eq!(told.recv().await.unwrap().len(), held.len() - 2, "told once, with all that moved");
    assert!(rows_of(&pool, "members").await == 0 && rows_of(&pool, "branches").await == 0);
    assert!(rows_of(&pool, "audit_trail").await > 0);
    drop(desk);
    work.await.unwrap();
    elsewhere.rollback().await.unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_row_that_is_not_there_to_be_closed_is_told_and_nothing_begun_in_its_place() {
    let told = told(61, 200).await;
    let head = told.caught_up().await;
    let pool = told.ground.pool().await;
    told.app.stop().await;
    let facts = reader::after(&pool, Position(0), BATCH).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let members = "delete from members_g1 where until_position = 9223372036854775807";
    assert!(tells::<Members>(&mut connection, head, &facts, members).await.contains("members_g1"));
    let tallies = "delete from spells_tallies_g1 where until_position = 9223372036854775807";
    assert!(tells::<Spells>(&mut connection, head, &facts, tallies).await.contains("spells_tallies_g1"));
}

/// What is told where rows go after they were read: each fact as if it came once more, until one closes a row.
async fn tells<P: Projection>(connection: &mut PgConnection, head: Position, facts: &[Fact], gone: &str) -> String {
    for fact in facts {
        let next = Fact { position: Position(head.0 + 1), ..fact.clone() };
        let batch = Batch::<P>::of(connection, 1, head, &[&next], ranks::SIZE).await.unwrap();
        let Some(batch) = batch else { continue };
        let mut transaction = connection.begin().await.unwrap();
        sqlx::query(gone).execute(&mut *transaction).await.unwrap();
        let written = batch.write(&mut transaction).await;
        transaction.rollback().await.unwrap();
        if let Err(error) = written {
            assert!(matches!(error, FoldError::Changed { .. }) && error.is_about_an_event(), "{error:?}");
            return error.to_string();
        }
    }
    panic!("no fact closes a row of {}", P::NAME)
}
