//! A projection that is new to a long log, and rows of another version: left aside until they can be read, and nobody
//! is taken back for them.

use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use graphql::ports::{ReadError, Reads};
use harness::client::Api;
use harness::ground::Ground;
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use infra::clock::{Clock, random_id};
use infra::fold::{lease, registry};
use projections::branches::BranchRow;
use projections::members::MemberRow;
use projections::select::Select;
use sqlx::PgPool;

use crate::fold_once::hold_all;
use crate::told::{ALL, Told, log, rows_equal, told};

/// A story whose program has stopped, with the head of its log.
async fn told_and_stopped(seed: u64) -> (Ground, Arc<Clock>, Position) {
    let told = told(seed, 60).await;
    let head = told.caught_up().await;
    let Told { ground, app, clock, .. } = told;
    app.stop().await;
    (ground, clock, head)
}

async fn members(reads: &dyn Reads, at: Position) -> Result<usize, ReadError> {
    reads.rows(&Select::<MemberRow>::first(ALL), at).await.map(|rows| rows.len())
}

async fn branches(reads: &dyn Reads, at: Position) -> Result<usize, ReadError> {
    reads.rows(&Select::<BranchRow>::first(ALL), at).await.map(|rows| rows.len())
}

/// Whoever holds leases gives them back.
async fn let_go(pool: &PgPool) {
    sqlx::query("update projections set holder = null, lease_until = null").execute(pool).await.unwrap();
}

/// Makes these projections such as were never folded, `members` among them, and holds the lease of that one.
async fn forget(ground: &Ground, names: &[&str]) {
    let (pool, owner) = (ground.pool().await, ground.owner().await);
    sqlx::query("delete from projections where name = any($1)").bind(names).execute(&owner).await.unwrap();
    for projection in registry::all().iter().filter(|projection| names.contains(&projection.name())) {
        let table = projection.table();
        sqlx::query(&format!("drop table {table}_g1")).execute(&pool).await.unwrap();
        for beside in ["tallies", "groups", "leaves", "places", "steps"] {
            sqlx::query(&format!("drop table if exists {table}_{beside}_g1")).execute(&pool).await.unwrap();
        }
    }
    let members = registry::named(Some("members")).unwrap().remove(0);
    members.register(&pool).await.unwrap();
    let holder = random_id(Clock::System.now());
    lease::take(&pool, "members", members.version(), holder).await.unwrap().unwrap();
    let long = "update projections set lease_until = now() + interval '1 hour' where name = 'members'";
    sqlx::query(long).execute(&pool).await.unwrap();
}

#[tokio::test]
async fn a_projection_that_is_new_takes_nobody_back_and_answers_for_itself() {
    let (ground, clock, head) = told_and_stopped(31).await;
    forget(&ground, &["members"]).await;
    let app = ground.app_at(clock).await;
    assert_eq!(app.reads.pin(None, None).await.unwrap().position, head, "the others are not taken back");
    assert!(branches(&*app.reads, head).await.unwrap() > 0);
    match members(&*app.reads, head).await {
        Err(ReadError::Behind { asked, reached }) => assert_eq!((asked, reached), (head, Position(0))),
        answered => panic!("{answered:?}"),
    }
    let_go(&ground.pool().await).await;
    until("the first fold", Duration::from_secs(20), async || members(&*app.reads, head).await.ok()).await;
    assert_eq!(app.reads.pin(None, None).await.unwrap().position, head);
    rows_equal(&*app.reads, &log(&*app.reads).await, head).await;
    app.stop().await;
}

#[tokio::test]
async fn where_all_are_new_reads_go_by_the_slowest() {
    let (ground, clock, head) = told_and_stopped(34).await;
    let all: Vec<&str> = registry::all().iter().map(|projection| projection.name()).collect();
    forget(&ground, &all).await;
    let app = ground.app_at(clock).await;
    until("the fold of branches", Duration::from_secs(20), async || branches(&*app.reads, head).await.ok()).await;
    assert_eq!(app.reads.pin(None, None).await.unwrap().position, Position(0), "members are not there yet");
    let_go(&ground.pool().await).await;
    let read = app.reads.pin(None, Some(head));
    assert_eq!(tokio::time::timeout(Duration::from_secs(9), read).await.unwrap().unwrap().position, head);
    rows_equal(&*app.reads, &log(&*app.reads).await, head).await;
    app.stop().await;
}

#[tokio::test]
async fn a_program_is_ready_once_reads_are_where_the_log_ended_at_its_start() {
    let mut told = told(32, 40).await;
    let early = told.caught_up().await;
    let pool = told.ground.pool().await;
    hold_all(&pool).await;
    told.story.go_on(&*told.app.commands, 20).await;
    let late = told.app.reads.head().await.unwrap().position;
    let Told { ground, app, clock, .. } = told;
    app.stop().await;
    let mut server = Server::over(ground, clock).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    let (status, said) = api.get("/readyz", &[]).await.unwrap();
    assert_eq!((status, said), (503, format!("not ready: at {early} on the way to {late}\n")));
    assert_eq!(api.get("/livez", &[]).await.unwrap().0, 200);
    let_go(&pool).await;
    until("readiness", Duration::from_secs(20), async || {
        (api.get("/readyz", &[]).await.unwrap() == (200, format!("ready at {late}\n"))).then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn rows_of_another_version_are_read_while_their_columns_are_ours_and_behind_otherwise() {
    let (ground, clock, head) = told_and_stopped(33).await;
    let pool = ground.pool().await;
    // Rows of a newer program: this one leaves them alone.
    sqlx::query("update projections set version = version + 1 where name in ('members', 'branches')")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("alter table members_g1 rename column joined_on to entered_on").execute(&pool).await.unwrap();
    let app = ground.app_at(clock).await;
    assert!(branches(&*app.reads, head).await.unwrap() > 0, "with the same columns they can be read");
    let read = members(&*app.reads, head).await;
    assert!(matches!(read, Err(ReadError::Behind { asked, .. }) if asked == head), "{read:?}");
    assert_eq!(app.reads.pin(None, None).await.unwrap().position, head, "the others go on");
    app.stop().await;
}
