//! Poison: an event that cannot be read or folded stops what meets it, loudly, and nothing is skipped.

use std::time::Duration;

use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use graphql::ports::ReadError;
use harness::speak::{office, person, register};
use harness::wait::until;
use infra::app::App;
use infra::fold::engine::{Standing, standings};
use infra::fold::registry;
use projections::branches::BranchRow;
use projections::members::MemberRow;
use projections::select::Select;

use crate::told::{ALL, Told, log, rows_equal, smuggle, told};

async fn stopped(app: &App, count: usize) -> Vec<Standing> {
    until("the stop", Duration::from_secs(20), async || {
        let standings = standings(&app.pool).await.unwrap();
        let stopped: Vec<_> = standings.into_iter().filter(|standing| standing.stopped.is_some()).collect();
        (stopped.len() == count).then_some(stopped)
    })
    .await
}

async fn registers(told: &Told) -> Position {
    let asker = office("late");
    let member = MemberId(told.app.commands.mint(&asker, "member"));
    let command = register(member, BranchId::root());
    told.app.commands.send(&asker, command, Some(person("LATE"))).await.unwrap().position
}

#[tokio::test]
async fn an_event_that_does_not_decode_stops_every_projection_before_it() {
    let mut told = told(13, 40).await;
    let head = told.caught_up().await;
    let before = log(&*told.app.reads).await;
    let stream = "0000a0a0-0000-4000-8000-000000000001";
    let poison = smuggle(&told.ground, "member", stream, r#"{"member_unheard_of":{}}"#).await;
    assert_eq!(poison.0, head.0 + 1);
    let after = registers(&told).await;

    for restarted in [false, true] {
        if restarted {
            told.app.stop().await;
            told.app = told.ground.app_at(std::sync::Arc::clone(&told.clock)).await;
        }
        let standings = stopped(&told.app, registry::all().len()).await;
        for standing in &standings {
            let (at, cause) = standing.stopped.as_ref().unwrap();
            assert_eq!((*at, standing.checkpoint), (poison, head), "{}", standing.name);
            assert!(cause.contains("member_unheard_of"), "{}: {cause}", standing.name);
        }
        // What was folded before is answered, at the moment before the poison, not at none.
        let now = told.app.reads.pin(None, None).await.unwrap();
        assert_eq!(now.position, head);
        rows_equal(&*told.app.reads, &before, head).await;
    }
    let behind = told.app.reads.pin(None, Some(after)).await;
    assert!(matches!(behind, Err(ReadError::Behind { reached, .. }) if reached == head), "{behind:?}");
    told.app.stop().await;
}

#[tokio::test]
async fn an_event_whose_row_cannot_be_written_stops_only_the_projection_that_writes_it() {
    let told = told(14, 40).await;
    let head = told.caught_up().await;
    let payload = r#"{"branch_renamed":{"name_before":"a","name":"x\u0000y","on":"2022-03-01"}}"#;
    let poison = smuggle(&told.ground, "branch", &BranchId::root().to_string(), payload).await;
    let after = registers(&told).await;

    let standings = stopped(&told.app, 1).await;
    assert_eq!((standings[0].name.as_str(), standings[0].checkpoint), ("branches", head));
    let (at, cause) = standings[0].stopped.as_ref().unwrap();
    assert_eq!(*at, poison);
    assert!(cause.contains("0x00"), "{cause}");

    let now = told.app.reads.pin(None, Some(after)).await.unwrap();
    let members = told.app.reads.rows(&Select::<MemberRow>::first(ALL), now.position).await.unwrap();
    assert!(!members.is_empty());
    let branches = told.app.reads.rows(&Select::<BranchRow>::first(ALL), now.position).await;
    assert!(matches!(branches, Err(ReadError::Behind { reached, .. }) if reached == head), "{branches:?}");
    assert!(!told.app.reads.rows(&Select::<BranchRow>::first(ALL), head).await.unwrap().is_empty());
    told.app.stop().await;
}

#[tokio::test]
async fn a_log_with_an_event_missing_is_not_read_past_it() {
    let told = told(15, 40).await;
    let head = told.caught_up().await;
    let owner = told.ground.owner().await;
    sqlx::query("update log_head set position = position + 1").execute(&owner).await.unwrap();
    let payload = r#"{"branch_renamed":{"name_before":"a","name":"b","on":"2022-03-01"}}"#;
    smuggle(&told.ground, "branch", &BranchId::root().to_string(), payload).await;

    for standing in stopped(&told.app, registry::all().len()).await {
        let (at, cause) = standing.stopped.as_ref().unwrap();
        assert_eq!((at.0, standing.checkpoint), (head.0 + 1, head), "{}", standing.name);
        assert!(cause.contains(&format!("no event at {}, but one at {}", head.0 + 1, head.0 + 2)), "{cause}");
    }
    told.app.stop().await;
}

#[tokio::test]
async fn a_projection_that_fails_again_and_again_holds_nobody_back_and_goes_on_once_it_can() {
    let told = told(16, 40).await;
    let head = told.caught_up().await;
    sqlx::query("alter table branches_g1 rename column name to called").execute(&told.app.pool).await.unwrap();
    let payload = r#"{"branch_renamed":{"name_before":"a","name":"b","on":"2022-03-01"}}"#;
    let renamed = smuggle(&told.ground, "branch", &BranchId::root().to_string(), payload).await;
    let after = registers(&told).await;

    let stop = stopped(&told.app, 1).await;
    assert_eq!((stop[0].name.as_str(), stop[0].checkpoint), ("branches", head));
    let (at, cause) = stop[0].stopped.as_ref().unwrap();
    assert_eq!(*at, renamed);
    assert!(cause.contains("name"), "{cause}");
    let now = told.app.reads.pin(None, Some(after)).await.unwrap();
    assert!(now.position >= after, "the others go on");

    sqlx::query("alter table branches_g1 rename column called to name").execute(&told.app.pool).await.unwrap();
    until("the end of the stop", Duration::from_secs(20), async || {
        let standings = standings(&told.app.pool).await.unwrap();
        let branches = standings.into_iter().find(|standing| standing.name == "branches").unwrap();
        (branches.stopped.is_none() && branches.checkpoint >= after).then_some(())
    })
    .await;
    told.app.stop().await;
}
