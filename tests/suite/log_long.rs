//! Streams of many events, loaded in portions.

use domain::aggregate::Aggregate;
use domain::branch::Branch;
use domain::event::Event;
use domain::id::BranchId;
use domain::stream::{Position, StreamId};
use domain::world::State;
use graphql::ports::SendError;
use harness::audit::Follower;
use harness::crowd::{accepted, enrol, organisation, rename, send};
use harness::ground::Ground;
use infra::log::hosted::PORTION;
use sqlx::PgPool;

/// Adds events of one name to a branch past every program: numbers stand for `%s` in their JSON.
async fn add(owner: &PgPool, branch: BranchId, times: u64, name: &str, event: &str) {
    let sql = "with h as (update log_head set position = position + $2 returning position - $2 as position, recorded_at) \
               insert into events select 'branch', $1, (select max(sequence) from events where aggregate_id = $1) + n, \
               $3, '1', format('{\"%s\":%s}', $3, format($4, n))::json, '{}', h.position + n, gen_random_uuid(), \
               h.recorded_at, decode(repeat('01', 32), 'hex') from h, generate_series(1, $2) n";
    let query = sqlx::query(sql).bind(branch.to_string()).bind(times.cast_signed()).bind(name).bind(event);
    query.execute(owner).await.unwrap();
}

async fn renamed(owner: &PgPool, branch: BranchId, times: u64) {
    add(owner, branch, times, "branch_renamed", r#"{"name_before":"N","name":"N%s","on":"2022-03-01"}"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_loaded_in_portions_to_the_state_that_the_whole_gives() {
    const TIMES: u64 = 4 * PORTION + 7;
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    enrol(&app, "m", branch).await.unwrap();
    app.stop().await;
    renamed(&ground.owner().await, branch, TIMES).await;

    let app = ground.app().await;
    let (mut whole, mut follower) = (Branch::default(), Follower::default());
    while follower.step(&app.pool, 5_000).await > 0 {}
    let stream = StreamId::from(branch);
    let own: Vec<_> = follower.seen.iter().filter(|fact| fact.stream == stream).collect();
    for fact in &own {
        match &fact.event {
            Event::Branch(event) => whole.apply(event),
            event => panic!("{event:?} on a branch"),
        }
    }
    let (mut known, mut portions) = (None, Vec::new());
    let loaded = loop {
        let portion = app.executor.loader().portion(stream, known).await.unwrap();
        portions.push(portion.version);
        if portion.whole {
            break portion.state;
        }
        known = Some((portion.state, portion.version));
    };
    let end = own.len() as u64;
    assert_eq!(portions, [PORTION, 2 * PORTION, 3 * PORTION, 4 * PORTION, end]);
    assert_eq!(*loaded, State::from(whole));
    assert_eq!(app.executor.loader().load(stream, None).await.unwrap(), (loaded, end));

    // A program that knows nothing of it loads it for a command, and goes on from there.
    let position = accepted(&app, "renamed", rename(branch, "新名")).await;
    assert_eq!(position, Position(follower.position.0 + 1));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_far_behind_another_program_loads_and_is_accepted() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let branch = organisation(&app, 1).await[0];
    accepted(&other, "known", rename(branch, "旧名")).await;
    renamed(&ground.owner().await, branch, PORTION + 1).await;
    // It still has the state of before: stale, and too far behind to catch up under the head lock.
    accepted(&other, "renamed", rename(branch, "新名")).await;
    let position = accepted(&app, "named", rename(branch, "又名")).await;
    assert!(position.0 > PORTION);
    app.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_event_in_a_later_portion_is_named() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    app.stop().await;
    let owner = ground.owner().await;
    renamed(&owner, branch, PORTION + 1).await;
    add(&owner, branch, 1, "branch_of_tomorrow", "{}").await;
    let app = ground.app().await;
    match send(&app, "renamed", rename(branch, "新名")).await {
        Err(SendError::NewerBuild { event, .. }) => assert_eq!(event, "branch_of_tomorrow"),
        answer => panic!("{answer:?}"),
    }
    app.stop().await;
}
