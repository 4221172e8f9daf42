//! The same command once: answered again, never appended again, and told from another under its id.

use std::collections::HashSet;

use domain::id::{ActorId, BranchId};
use domain::stream::Position;
use futures_util::future::join_all;
use graphql::ports::{Accepted, Asker, SendError};
use harness::audit::head;
use harness::crowd::{accepted, close, enrol, organisation, reinstate, rename, send, suspend, transfer};
use harness::ground::Ground;
use harness::speak::{office, person, register};
use infra::app::App;

async fn recorded(app: &App, id: &str) -> i64 {
    sqlx::query_scalar("select count(*) from events where metadata->>'command_id' = $1")
        .bind(id)
        .fetch_one(&app.pool)
        .await
        .unwrap()
}

fn replay(position: Position) -> Accepted {
    Accepted { position, replayed: true }
}

#[tokio::test]
async fn the_same_id_and_body_answer_with_the_first_position_in_every_program_and_after_a_restart() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let branch = organisation(&app, 1).await[0];
    let (member, first) = enrol(&app, "once", branch).await.unwrap();
    assert!(!first.replayed);
    accepted(&app, "later", suspend(member)).await;
    let again = |person_name| (office("once"), register(member, branch), Some(person(person_name)));
    for program in [&app, &other] {
        let (asker, command, person) = again("once");
        assert_eq!(program.commands.send(&asker, command, person).await.unwrap(), replay(first.position));
    }
    app.stop().await;
    other.stop().await;
    let app = ground.app().await;
    let (asker, command, person) = again("once");
    assert_eq!(app.commands.send(&asker, command, person).await.unwrap(), replay(first.position));
    assert_eq!(recorded(&app, "once").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused_even_for_a_letter_of_the_record() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let branch = organisation(&app, 2).await[0];
    let (member, first) = enrol(&app, "once", branch).await.unwrap();
    let bodies = [
        (suspend(member), None),
        (register(member, BranchId::root()), Some(person("once"))),
        (register(member, branch), Some(person("Once"))),
        (register(member, branch), None),
    ];
    for (body, record) in bodies {
        for program in [&app, &other] {
            let answer = program.commands.send(&office("once"), body.clone(), record.clone()).await;
            assert!(matches!(&answer, Err(SendError::IdReused { command_id }) if command_id == "once"), "{answer:?}");
        }
    }
    assert_eq!(head(&app).await, first.position, "nothing was appended");
    let somebody = Asker { actor: ActorId("somebody".into()), ..office("once") };
    assert!(!app.commands.send(&somebody, suspend(member), None).await.unwrap().replayed, "ids are per principal");
    app.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sends_of_one_command_at_once_append_it_once() {
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branches = organisation(&apps[0], 2).await;
    let (member, _) = enrol(&apps[0], "once", branches[0]).await.unwrap();
    let before = head(&apps[0]).await;
    // A toggle, so that the second decision differs from the first; a rename, so that it is empty.
    for (id, command, events) in [
        ("suspended", suspend(member), 1),
        ("moved", transfer(member, branches[1]), 3),
        ("renamed", rename(branches[1], "改名"), 1),
    ] {
        let sends = (0..50).map(|number: usize| send(&apps[number % 2], id, command.clone()));
        let answers = join_all(sends).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        let positions: HashSet<Position> = answers.iter().map(|accepted| accepted.position).collect();
        assert_eq!(positions.len(), 1, "{id}: every sender learns the same position");
        assert_eq!(answers.iter().filter(|accepted| !accepted.replayed).count(), 1, "{id}: one of them appended");
        assert_eq!(recorded(&apps[0], id).await, events);
    }
    assert_eq!(head(&apps[0]).await.0, before.0 + 5);
    for app in apps {
        app.stop().await;
    }
}

#[tokio::test]
async fn the_id_of_a_refused_command_may_be_used_again() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let (member, _) = enrol(&app, "member", branch).await.unwrap();
    let refused = send(&app, "again", reinstate(member)).await;
    assert!(matches!(&refused, Err(SendError::Refused(r)) if r.code() == "member.not_suspended"), "{refused:?}");
    let kept: i64 = sqlx::query_scalar("select count(*) from commands where command_id = 'again'")
        .fetch_one(&app.pool)
        .await
        .unwrap();
    assert_eq!(kept, 0, "a refusal is not kept");
    accepted(&app, "between", suspend(member)).await;
    assert!(!send(&app, "again", reinstate(member)).await.unwrap().replayed, "decided anew, it is accepted");
    assert!(send(&app, "again", reinstate(member)).await.unwrap().replayed);
    app.stop().await;
}

#[tokio::test]
async fn an_empty_decision_is_kept_and_answered_again() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let end = head(&app).await;
    let nothing = send(&app, "nothing", rename(branch, "第0支部")).await.unwrap();
    assert_eq!(nothing, Accepted { position: end, replayed: false }, "it already holds, at the head of then");
    accepted(&app, "renamed", rename(branch, "另一个名字")).await;
    app.stop().await;
    let app = ground.app().await;
    let again = send(&app, "nothing", rename(branch, "第0支部")).await.unwrap();
    assert_eq!(again, replay(end), "it is not decided anew, though it would rename now");
    assert_eq!(recorded(&app, "nothing").await, 0);
    let other = send(&app, "nothing", close(branch)).await;
    assert!(matches!(other, Err(SendError::IdReused { .. })), "{other:?}");
    app.stop().await;
}
