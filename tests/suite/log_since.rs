//! A command that counts on what was read: accepted only where nothing has happened to its subject since, decided where the
//! append is.

use std::collections::HashSet;

use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use domain::world::Command;
use futures_util::future::join_all;
use graphql::ports::{Accepted, SendError};
use harness::audit::head;
use harness::crowd::{accepted, enrol, organisation, reinstate, rename, send, suspend};
use harness::ground::Ground;
use harness::speak::office;
use infra::app::App;

async fn since(app: &App, id: &str, command: Command, position: Position) -> Result<Accepted, SendError> {
    app.commands.send_since(&office(id), command, None, Some(position)).await
}

/// Where the subject stands, as the refusal says.
fn moved(sent: &Result<Accepted, SendError>) -> Option<(Position, Position)> {
    match sent {
        Err(SendError::Moved { since, position, .. }) => Some((*since, *position)),
        _other => None,
    }
}

#[tokio::test]
async fn what_has_changed_since_is_refused_with_where_it_stands_and_what_has_not_is_accepted() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branches = organisation(&app, 2).await;
    let (member, first) = enrol(&app, "member", branches[0]).await.unwrap();
    let read = accepted(&app, "suspended", suspend(member)).await;
    // Something else happens: it is not hers.
    let elsewhere = accepted(&app, "elsewhere", rename(branches[1], "别处")).await;
    let late = since(&app, "late", reinstate(member), first.position).await;
    assert_eq!(moved(&late), Some((first.position, read)), "{late:?}");
    assert_eq!(head(&app).await, elsewhere, "nothing of it was recorded");
    // A rule that is broken beside is not what is told: what was read does not hold any more.
    let both = since(&app, "both", suspend(member), first.position).await;
    assert_eq!(moved(&both), Some((first.position, read)));
    let sent = since(&app, "late", reinstate(member), elsewhere).await.unwrap();
    assert!(!sent.replayed, "the id was not used up by the refusal");
    let rule = since(&app, "rule", reinstate(member), sent.position).await;
    assert!(matches!(&rule, Err(SendError::Refused(refusal)) if refusal.code() == "member.not_suspended"), "{rule:?}");
    app.stop().await;
}

/// What was accepted is answered so for ever, although the subject has changed since: by itself, to begin with.
#[tokio::test]
async fn a_repeated_command_is_answered_before_what_it_counts_on_is_looked_at() {
    let ground = Ground::fresh().await;
    let (app, other) = (ground.app().await, ground.app().await);
    let branch = organisation(&app, 1).await[0];
    let (member, first) = enrol(&app, "member", branch).await.unwrap();
    let sent = since(&app, "once", suspend(member), first.position).await.unwrap();
    accepted(&app, "later", reinstate(member)).await;
    let replayed = Accepted { position: sent.position, replayed: true };
    for program in [&app, &other] {
        assert_eq!(since(program, "once", suspend(member), first.position).await.unwrap(), replayed);
        assert_eq!(since(program, "once", suspend(member), Position(0)).await.unwrap(), replayed);
        assert_eq!(send(program, "once", suspend(member)).await.unwrap(), replayed);
        let another = since(program, "once", reinstate(member), first.position).await;
        assert!(matches!(another, Err(SendError::IdReused { .. })), "{another:?}");
    }
    app.stop().await;
    other.stop().await;
}

/// Of many who read the same and act at once, in two programs, one is accepted for each version.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_read_the_same_one_is_accepted() {
    const ROUNDS: usize = 8;
    let ground = Ground::fresh().await;
    let apps = [ground.app().await, ground.app().await];
    let branch = organisation(&apps[0], 1).await[0];
    let mut read = head(&apps[0]).await;
    for round in 0..ROUNDS {
        let sends = (0..16).map(|number| {
            let (app, name) = (&apps[number % 2], format!("第{round}回{number}"));
            async move { since(app, &format!("r{round}-{number}"), rename(branch, &name), read).await }
        });
        let answers = join_all(sends).await;
        let won: Vec<Position> = answers.iter().filter_map(|sent| Some(sent.as_ref().ok()?.position)).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let told: HashSet<_> = answers.iter().filter_map(moved).collect();
        assert_eq!(told, [(read, won[0])].into(), "all others are told of that one: {answers:?}");
        read = won[0];
    }
    let renamed: i64 = sqlx::query_scalar("select count(*) from events where event_type = 'branch_renamed'")
        .fetch_one(&apps[0].pool)
        .await
        .unwrap();
    assert_eq!(renamed, ROUNDS as i64);
    for app in apps {
        app.stop().await;
    }
}

/// What begins with the command, and a program that has never seen the subject.
#[tokio::test]
async fn what_is_new_has_not_changed_and_a_fresh_program_knows_what_has() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let branch = organisation(&app, 1).await[0];
    let unknown = MemberId(uuid::Uuid::max());
    let refused = since(&app, "unknown", suspend(unknown), Position(0)).await;
    assert!(matches!(&refused, Err(SendError::Refused(_))), "no such member, and none has changed: {refused:?}");
    let renamed = accepted(&app, "renamed", rename(branch, "新名")).await;
    app.stop().await;
    let app = ground.app().await;
    let late = since(&app, "late", rename(branch, "旧名"), Position(renamed.0 - 1)).await;
    assert_eq!(moved(&late), Some((Position(renamed.0 - 1), renamed)));
    let root = since(&app, "again", rename(BranchId::root(), "党委"), renamed).await.unwrap();
    assert_eq!(root.position, Position(renamed.0 + 1));
    app.stop().await;
}
