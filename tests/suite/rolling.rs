//! A new build beside an old one: what the old one does not know is not appended while it lives.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cqrs_es::{AggregateError, EventStore};
use domain::event::Event;
use domain::member::{Member, MemberEvent};
use domain::stream::StreamKind;
use graphql::ports::SendError;
use harness::audit::head;
use harness::crowd::{accepted, enrol, organisation, rename, suspend, text};
use harness::ground::Ground;
use harness::speak::{DAY, office};
use harness::wait::until;
use infra::app::App;
use infra::log::framework::LogStore;
use infra::log::hosted::StoredEvent;

/// Puts a process of an earlier build beside the program: it knows every type but one.
async fn earlier(app: &App, unknown: &str, alive: &str) {
    let types: Vec<String> = StreamKind::ALL.into_iter().flat_map(Event::types).collect();
    let sql = "insert into processes select gen_random_uuid(), '0.0.9', array_remove($1, $2), now() + $3::interval";
    sqlx::query(sql).bind(types).bind(unknown).bind(alive).execute(&app.pool).await.unwrap();
}

#[tokio::test]
async fn a_type_of_event_waits_until_the_last_process_that_does_not_know_it_has_ended() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "member", branch).await.unwrap();
    // One that died said nothing for longer than a process may; it holds up nobody.
    earlier(&app, "branch_renamed", "-1 second").await;
    accepted(&app, "name", rename(branch, "Name")).await;
    earlier(&app, "member_suspended", "1 hour").await;
    let before = head(&app).await;
    let refused = app.commands.send(&office("suspended"), suspend(member), None).await;
    let Err(SendError::NewerType { event, build }) = refused else { panic!("{refused:?}") };
    assert_eq!((event.as_str(), build.as_str()), ("member_suspended", "0.0.9"));
    assert_eq!(head(&app).await, before, "nothing of it is recorded");
    accepted(&app, "another name", rename(branch, "Another")).await;

    let ended = sqlx::query("delete from processes where build = '0.0.9'").execute(&app.pool).await.unwrap();
    assert_eq!(ended.rows_affected(), 2);
    accepted(&app, "suspended", suspend(member)).await;
    app.stop().await;
}

#[tokio::test]
async fn what_comes_through_cqrs_es_waits_for_old_builds_too() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "member", branch).await.unwrap();
    earlier(&app, "member_suspended", "1 hour").await;
    let before = head(&app).await;
    let store = LogStore::<Member>::new(Arc::clone(&app.executor));
    let suspended = async || {
        let loaded = store.load_aggregate(&member.to_string()).await.unwrap();
        let event = MemberEvent::Suspended { on: DAY, reason: text() };
        store.commit(vec![StoredEvent(event)], loaded, HashMap::new()).await
    };
    let Err(AggregateError::UnexpectedError(refused)) = suspended().await else { panic!("it is appended") };
    let refused = refused.downcast::<SendError>().unwrap();
    assert!(matches!(&*refused, SendError::NewerType { event, .. } if event == "member_suspended"), "{refused:?}");
    assert_eq!(head(&app).await, before, "nothing of it is recorded");
    sqlx::query("delete from processes where build = '0.0.9'").execute(&app.pool).await.unwrap();
    assert_eq!(suspended().await.unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_process_says_that_it_lives_from_its_start_to_its_end() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let sql = "select count(*) from processes where alive_until > now() and 'member_registered' = any (types)";
    let living = async |app: &App| sqlx::query_scalar::<_, i64>(sql).fetch_one(&app.pool).await.unwrap();
    assert_eq!(living(&app).await, 2);
    other.stop().await;
    assert_eq!(living(&app).await, 1, "who ends says so");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_connections_are_all_in_use_lives_all_the_same() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let mut held = Vec::new();
    for _ in 0..app.pool.options().get_max_connections() {
        held.push(app.pool.acquire().await.unwrap());
    }
    let owner = ground.owner().await;
    let said = "select alive_until::text from processes";
    let said = async || sqlx::query_scalar::<_, String>(said).fetch_one(&owner).await.unwrap();
    let before = said().await;
    until("its word", Duration::from_secs(30), async || (said().await != before).then_some(())).await;
    drop(held);
    app.stop().await;
}
