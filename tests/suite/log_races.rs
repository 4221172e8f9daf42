//! Two programs that ask for what cannot both be.

use std::collections::HashSet;
use std::time::Duration;

use domain::aggregate::Aggregate;
use domain::branch::Branch;
use domain::event::Fact;
use domain::id::MemberId;
use domain::member::{Member, MemberCommand};
use domain::stream::StreamId;
use domain::world::Command;
use futures_util::future::{join, join_all};
use graphql::ports::{Accepted, SendError};
use harness::audit::Follower;
use harness::crowd::{close, enrol, organisation, send, transfer};
use harness::ground::Ground;
use harness::speak::{office, person, register};
use infra::app::App;

fn code(answer: &Result<Accepted, SendError>) -> &'static str {
    match answer {
        Ok(_) => "accepted",
        Err(SendError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("neither accepted nor refused: {error}"),
    }
}

async fn whole(app: &App) -> Vec<Fact> {
    let mut follower = Follower::default();
    while follower.step(&app.pool, 1_000).await > 0 {}
    follower.seen
}

/// An aggregate folded from the log alone.
fn folded<A: Aggregate>(log: &[Fact], stream: StreamId) -> A {
    let mut aggregate = A::default();
    for fact in log.iter().filter(|fact| fact.stream == stream) {
        aggregate.apply(&A::Event::try_from(fact.event.clone()).ok().unwrap());
    }
    aggregate
}

fn amend(member: MemberId) -> Command {
    Command::Member(member, MemberCommand::AmendPerson { reason: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_moved_into_a_branch_that_is_closed_at_the_same_moment() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branches = organisation(&apps[0], 32).await;
    let mut members = Vec::new();
    for round in 1..branches.len() {
        members.push(enrol(&apps[round % 2], &format!("member-{round}"), branches[0]).await.unwrap().0);
    }
    for (round, (member, branch)) in members.iter().zip(&branches[1..]).enumerate() {
        let (mover, closer) = (format!("move-{round}"), format!("close-{round}"));
        let (here, there) = (&apps[round % 2], &apps[(round + 1) % 2]);
        let moved = send(here, &mover, transfer(*member, *branch));
        let closed = send(there, &closer, close(*branch));
        let (moved, closed) = join(moved, closed).await;
        let answers = (code(&moved), code(&closed));
        let possible = [("accepted", "branch.has_members"), ("branch.closed", "accepted")];
        assert!(possible.contains(&answers), "round {round}: {answers:?}");
    }
    let log = whole(&apps[0]).await;
    let closed: HashSet<StreamId> =
        log.iter().filter(|fact| fact.event.name() == "branch_closed").map(|fact| fact.stream).collect();
    for member in members {
        let branch = folded::<Member>(&log, member.into()).branch().unwrap();
        assert!(!closed.contains(&branch.into()), "{member} is in the closed branch {branch}");
        assert!(folded::<Branch>(&log, branch.into()).members().contains(&member), "both streams say so");
    }
    for app in apps {
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_of_one_staff_number_one_is_accepted_and_the_other_leaves_nothing() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branch = organisation(&apps[0], 1).await[0];
    let mut registered = HashSet::new();
    for round in 0..20 {
        let number = format!("N{round}");
        let register = async |side: usize| {
            let id = format!("register-{round}-{side}");
            // Twice in one program, so that two stand in one batch, and once in the other.
            let app = &apps[side / 2];
            let member = MemberId(app.commands.mint(&office(&id), "member"));
            let answer = app.commands.send(&office(&id), register(member, branch), Some(person(&number))).await;
            (member, code(&answer))
        };
        let answers = join_all([0, 1, 2].map(register)).await;
        let accepted = answers.iter().filter(|(_, code)| *code == "accepted");
        let taken = answers.iter().filter(|(_, code)| *code == "person.staff_number_taken");
        assert_eq!((accepted.clone().count(), taken.count()), (1, 2), "round {round}: {answers:?}");
        registered.extend(accepted.map(|(member, _)| member.0));
    }
    let people: Vec<uuid::Uuid> =
        sqlx::query_scalar("select member from people").fetch_all(&apps[0].pool).await.unwrap();
    assert_eq!(people.into_iter().collect::<HashSet<_>>(), registered, "a record for each that was accepted");
    let streams: Vec<String> = sqlx::query_scalar("select aggregate_id from events where aggregate_type = 'member'")
        .fetch_all(&apps[0].pool)
        .await
        .unwrap();
    let streams: HashSet<uuid::Uuid> = streams.iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(streams, registered, "an event for each, and none of the others");
    let joined = folded::<Branch>(&whole(&apps[0]).await, branch.into());
    assert_eq!(joined.members().iter().map(|member| member.0).collect::<HashSet<_>>(), registered);
    for app in apps {
        app.stop().await;
    }
}

#[tokio::test]
async fn a_staff_number_given_up_is_free_and_one_kept_may_be_sent_again() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (first, _) = enrol(&app, "A1", branch).await.unwrap();
    let amended = async |id: &str, member: MemberId, number: &str| {
        code(&app.commands.send(&office(id), amend(member), Some(person(number))).await)
    };
    assert_eq!(amended("keep", first, "A1").await, "accepted");
    let (second, _) = enrol(&app, "A2", branch).await.unwrap();
    assert_eq!(amended("take", second, "A1").await, "person.staff_number_taken");
    assert_eq!(amended("take-small", second, "a1").await, "person.staff_number_taken");
    assert_eq!(amended("keep-small", first, "a1").await, "accepted");
    assert_eq!(amended("give-up", first, "A3").await, "accepted");
    assert_eq!(amended("take-now", second, "A1").await, "accepted");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_another_session_holds_fails_its_own_command_alone() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (held, _) = enrol(&app, "held", branch).await.unwrap();
    let pool = ground.pool().await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("update people set contact = '1' where member = $1").bind(held.0).execute(&mut *holder).await.unwrap();
    let asker = office("amend");
    let blocked = app.commands.send(&asker, amend(held), Some(person("other")));
    let others = join_all((0..8).map(async |number| enrol(&app, &format!("free-{number}"), branch).await));
    // Less than the ten seconds for which a session waits for the head row.
    let soon = tokio::time::timeout(Duration::from_secs(9), join(blocked, others)).await;
    let (blocked, others) = soon.expect("the head row is not held for a side row");
    assert!(matches!(blocked, Err(SendError::Failed(_))), "{blocked:?}");
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    holder.rollback().await.unwrap();
    let again = app.commands.send(&asker, amend(held), Some(person("other"))).await.unwrap();
    assert!(!again.replayed, "nothing of it was recorded the first time");
    app.stop().await;
}
