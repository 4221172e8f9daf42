//! The same log through the doors of cqrs-es.

use std::collections::HashMap;

use cqrs_es::{AggregateError, CqrsFramework, EventStore};
use std::sync::Arc;

use domain::id::{ActorId, BadgeCheckId, MemberId};
use domain::member::{Member, MemberCommand};
use domain::period::Zone;
use domain::refusal::Refusal;
use domain::stream::StreamId;
use domain::vault::NoVault;
use domain::world::{Command, Context};
use futures_util::future::join_all;
use graphql::ports::SendError;
use harness::audit::head;
use harness::crowd::{accepted, enrol, id, organisation, send, suspend, text, transfer};
use harness::ground::Ground;
use harness::speak::DAY;
use infra::app::App;
use infra::log::framework::LogStore;
use infra::log::hosted::{Hosted, HostedError, StoredEvent, Surroundings};
use infra::log::reader;

type Framework = CqrsFramework<Hosted<Member>, LogStore<Member>>;

fn surroundings(app: &App) -> Surroundings {
    let context = Context {
        at: app.executor.now(),
        actor: ActorId("cqrs".into()),
        zone: Zone::default(),
        vault: Arc::new(NoVault),
    };
    Surroundings { states: HashMap::new(), context }
}

fn store(app: &App) -> LogStore<Member> {
    LogStore::new(app.executor.clone())
}

fn framework(app: &App) -> Framework {
    CqrsFramework::new(store(app), Vec::new(), surroundings(app))
}

fn check(member: MemberId, name: &str) -> Command {
    let check = BadgeCheckId(id(name));
    Command::Member(member, MemberCommand::CheckBadge { check, on: DAY, place: text(), worn: true })
}

fn named(command_id: &str) -> HashMap<String, String> {
    HashMap::from([("actor".to_owned(), "cqrs".to_owned()), ("command_id".to_owned(), command_id.to_owned())])
}

fn refused(answer: Result<(), AggregateError<HostedError>>) -> &'static str {
    match answer {
        Err(AggregateError::UserError(HostedError::Refused(refusal))) => Refusal::code(&refusal),
        answer => panic!("not refused: {answer:?}"),
    }
}

#[tokio::test]
async fn a_command_through_the_framework_stands_in_the_same_log() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, enrolled) = enrol(&app, "m", branch).await.unwrap();
    let framework = framework(&app);
    let stream = member.to_string();
    framework.execute_with_metadata(&stream, suspend(member), named("by-cqrs")).await.unwrap();

    let log = reader::after(&app.pool, enrolled.position, 10).await.unwrap();
    assert_eq!(log.len(), 1);
    let fact = &log[0];
    assert_eq!((fact.stream, fact.sequence, fact.event.name()), (member.into(), 2, "member_suspended"));
    assert_eq!((fact.actor.0.as_str(), fact.command.as_str()), ("cqrs", "by-cqrs"));
    assert!(app.reads.pin(None, Some(fact.position)).await.is_ok(), "the folds take it in");

    let again = framework.execute_with_metadata(&stream, suspend(member), named("by-cqrs-again")).await;
    assert_eq!(refused(again), "member.already_suspended", "decided on what is recorded now");
    let ours = send(&app, "ours", suspend(member)).await;
    assert!(matches!(&ours, Err(SendError::Refused(r)) if r.code() == "member.already_suspended"), "{ours:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_commit_on_a_version_that_has_moved_is_a_conflict_and_leaves_nothing() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "m", branch).await.unwrap();
    let store = store(&app);
    let stream = member.to_string();
    for (round, mover) in [&app, &other].into_iter().enumerate() {
        let loaded = store.load_aggregate(&stream).await.unwrap();
        accepted(mover, &format!("between-{round}"), check(member, &format!("between-{round}"))).await;
        let end = head(&app).await;
        let events = vec![suspended()];
        let answer = store.commit(events, loaded, named(&format!("late-{round}"))).await;
        assert!(matches!(answer, Err(AggregateError::AggregateConflict)), "{:?}", answer.err());
        assert_eq!(head(&app).await, end);
    }
    let loaded = store.load_aggregate(&stream).await.unwrap();
    let committed = store.commit(vec![suspended()], loaded, named("in-time")).await.unwrap();
    assert_eq!(committed.iter().map(|envelope| envelope.sequence).collect::<Vec<_>>(), [4]);
    app.stop().await;
    other.stop().await;
}

fn suspended() -> StoredEvent<domain::member::MemberEvent> {
    StoredEvent(domain::member::MemberEvent::Suspended { on: DAY, reason: text() })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_conflict_does_not_fail_the_commits_queued_behind_it() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let mut members = Vec::new();
    for number in 0..12 {
        members.push(enrol(&app, &format!("m{number}"), branch).await.unwrap().0);
    }
    let store = store(&app);
    let mut loaded = Vec::new();
    for member in &members {
        loaded.push((*member, store.load_aggregate(&member.to_string()).await.unwrap()));
    }
    accepted(&app, "moved", check(members[0], "moved")).await;
    let commits = loaded.into_iter().map(|(_, loaded)| store.commit(vec![suspended()], loaded, HashMap::new()));
    let answers: Vec<bool> = join_all(commits).await.iter().map(Result::is_ok).collect();
    assert_eq!(answers, (0..12).map(|number| number > 0).collect::<Vec<_>>(), "the first alone is late");
    app.stop().await;
}

#[tokio::test]
async fn what_spans_streams_or_is_for_another_is_turned_away() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = organisation(&app, 2).await;
    let (member, _) = enrol(&app, "m", branches[0]).await.unwrap();
    let (neighbour, last) = enrol(&app, "n", branches[0]).await.unwrap();
    let mut around = surroundings(&app);
    for branch in branches.iter().copied().map(StreamId::from) {
        let (state, _) = app.executor.loader().load(branch, None).await.unwrap();
        around.states.insert(branch, (*state).clone());
    }
    let framework = Framework::new(store(&app), Vec::new(), around);
    let own = member.to_string();
    let answer = framework.execute(&own, transfer(member, branches[1])).await;
    assert!(matches!(answer, Err(AggregateError::UserError(HostedError::SpansStreams(_)))), "{answer:?}");
    let answer = framework.execute(&own, suspend(neighbour)).await;
    assert!(matches!(answer, Err(AggregateError::UserError(HostedError::Elsewhere(_)))), "{answer:?}");
    let answer = framework.execute("not-an-id", suspend(member)).await;
    assert!(matches!(answer, Err(AggregateError::UnexpectedError(_))), "{answer:?}");
    assert_eq!(head(&app).await, last.position);
    app.stop().await;
}
