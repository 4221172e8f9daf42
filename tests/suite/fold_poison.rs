//! Poison: an event that cannot be read or folded stops what meets it, loudly, and nothing is skipped.

use std::time::Duration;

use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use graphql::ports::{ReadError, SendError};
use harness::crowd::suspend;
use harness::speak::{office, person, register};
use harness::wait::until;
use infra::app::App;
use infra::fold::engine::{Standing, standings};
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::fold::skips::{self, Skip, SkipError};
use projections::branches::BranchRow;
use projections::members::MemberRow;
use projections::select::Select;

use crate::told::{ALL, Told, log, rows_equal, smuggle, smuggle_name, smuggle_unwritable, smuggle_version, told};

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
async fn an_event_of_a_type_that_nobody_registered_stops_every_projection_before_it() {
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
            assert!(cause.contains("no build has said"), "{}: {cause}", standing.name);
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
async fn an_event_of_a_known_type_that_does_not_decode_stops_every_projection_before_it() {
    let told = told(23, 40).await;
    let head = told.caught_up().await;
    registered(&told, "member_transferred", &[]).await;
    let stream = "0000a0a0-0000-4000-8000-000000000001";
    let poison = smuggle(&told.ground, "member", stream, r#"{"member_transferred":{"to":7}}"#).await;
    for standing in stopped(&told.app, registry::all().len()).await {
        let (at, cause) = standing.stopped.as_ref().unwrap();
        assert_eq!((*at, standing.checkpoint), (poison, head), "{}: {cause}", standing.name);
    }
    told.app.stop().await;
}

/// Registers a type as a later build would, with the projections that read it.
async fn registered(told: &Told, name: &str, readers: &[&str]) {
    let readers: Vec<&str> = readers.iter().copied().chain([""]).collect();
    let sql = "insert into event_types (kind, name, projection, build, seen_at) \
               select 'member', $1, reader, '9.1.0', now() from unnest($2::text[]) as r(reader) on conflict do nothing";
    sqlx::query(sql).bind(name).bind(readers).execute(&told.app.pool).await.unwrap();
}

#[tokio::test]
async fn a_type_that_came_with_a_later_build_stops_only_those_that_need_it_and_says_which_build_does() {
    of_a_later_build(24, "member_decorated", "1", r#"{"member_decorated":{"with":"a star"}}"#).await;
}

#[tokio::test]
async fn a_version_that_came_with_a_later_build_stops_only_those_that_need_it_though_it_would_decode() {
    // It decodes as the first version: what the second means by it is not known here.
    let appointed = r#"{"member_appointed":{"post":"cadre","on":"2022-03-01"}}"#;
    of_a_later_build(27, "member_appointed@2", "2", appointed).await;
}

/// An event of a type, or of a version of one, that a later build has registered.
async fn of_a_later_build(seed: u64, registered_as: &str, version: &str, event: &str) {
    let mut told = told(seed, 40).await;
    let head = told.caught_up().await;
    registered(&told, registered_as, &["audit_trail", "members"]).await;
    let member = known_member(&told).await;
    let poison = smuggle_version(&told.ground, "member", &member.0.to_string(), version, event).await;
    let after = registers(&told).await;

    for restarted in [false, true] {
        if restarted {
            told.app.stop().await;
            told.app = told.ground.app_at(std::sync::Arc::clone(&told.clock)).await;
        }
        let standings = stopped(&told.app, 2).await;
        for (standing, name) in standings.iter().zip(["audit_trail", "members"]) {
            let (at, cause) = standing.stopped.as_ref().unwrap();
            assert_eq!((standing.name.as_str(), *at, standing.checkpoint), (name, poison, head));
            assert!(cause.contains(registered_as) && cause.contains("run build 9.1.0 or later"), "{cause}");
        }
        assert!(told.app.reads.pin(None, Some(after)).await.unwrap().position >= after, "the others go on");
    }
    let pool = told.ground.pool().await;
    for name in ["outlets", "totals"] {
        for projection in registry::named(Some(name)).unwrap() {
            assert!(projection.verify(&pool, &Quiet).await.unwrap().difference.is_none(), "{name}");
            assert!(projection.rebuild(&pool, &Quiet).await.unwrap() >= after, "{name}");
        }
    }
    // Commands on that stream are refused in so many words; others are not.
    let asker = office("decorated");
    let refused = told.app.commands.send(&asker, suspend(member), None).await;
    let Err(SendError::NewerBuild { stream, event, build }) = refused else { panic!("{refused:?}") };
    assert_eq!((stream.id, event.as_str(), build.as_deref()), (member.0, registered_as, Some("9.1.0")));
    told.app.stop().await;
}

async fn known_member(told: &Told) -> MemberId {
    told.app.reads.rows(&Select::<MemberRow>::first(1), told.caught_up().await).await.unwrap()[0].member
}

#[tokio::test]
async fn what_a_projection_stopped_before_is_skipped_once_decided_live_rebuilt_and_verified() {
    let told = told(25, 40).await;
    let head = told.caught_up().await;
    let poison = smuggle_unwritable(&told.ground).await;
    let after = registers(&told).await;
    stopped(&told.app, 1).await;
    let pool = told.ground.pool().await;
    let skip = Skip { projection: "branches", position: poison, reason: "cannot be stored", by: "Zhang" };

    let elsewhere = skips::decide(&pool, &Skip { position: head, ..skip }).await;
    assert!(matches!(elsewhere, Err(SkipError::NotStopped { stopped: Some(at), .. }) if at == poison), "{elsewhere:?}");
    let goes_on = skips::decide(&pool, &Skip { projection: "members", ..skip }).await;
    assert!(matches!(goes_on, Err(SkipError::NotStopped { stopped: None, .. })), "{goes_on:?}");
    let unheard = skips::decide(&pool, &Skip { projection: "unheard_of", ..skip }).await;
    assert!(matches!(unheard, Err(SkipError::NotThere(_))), "{unheard:?}");

    let branches = registry::named(Some("branches")).unwrap().remove(0);
    skips::decide(&pool, &skip).await.unwrap();
    let again = skips::decide(&pool, &Skip { by: "Li", ..skip }).await;
    assert!(matches!(&again, Err(SkipError::Decided { by, .. }) if by == "Zhang"), "{again:?}");
    until("the end of the stop", Duration::from_secs(20), async || {
        let standing =
            standings(&pool).await.unwrap().into_iter().find(|standing| standing.name == "branches").unwrap();
        (standing.stopped.is_none() && standing.checkpoint >= after).then_some(())
    })
    .await;
    let live = branches.verify(&pool, &Quiet).await.unwrap();
    assert_eq!(live.difference, None);
    assert!(branches.rebuild(&pool, &Quiet).await.unwrap() >= after);
    let rebuilt = branches.verify(&pool, &Quiet).await.unwrap();
    assert_eq!((rebuilt.digest, rebuilt.difference), (live.digest, None));

    let recorded = told.app.reads.skips().await.unwrap();
    assert_eq!((recorded.len(), recorded[0].position, recorded[0].reason.as_str()), (1, poison, "cannot be stored"));
    told.app.stop().await;
}

#[tokio::test]
async fn an_undecodable_event_is_skipped_by_the_projections_told_to_and_by_no_other() {
    let told = told(26, 40).await;
    let head = told.caught_up().await;
    let stream = "0000a0a0-0000-4000-8000-000000000001";
    let poison = smuggle(&told.ground, "member", stream, r#"{"member_unheard_of":{}}"#).await;
    let after = registers(&told).await;
    let all = stopped(&told.app, registry::all().len()).await;
    for standing in all.iter().filter(|standing| standing.name != "outlets") {
        let skip = Skip { projection: &standing.name, position: poison, reason: "a mistake", by: "Zhang" };
        skips::decide(&told.app.pool, &skip).await.unwrap();
    }
    let stopped = until("the others", Duration::from_secs(20), async || {
        let standings = standings(&told.app.pool).await.unwrap();
        let (behind, on): (Vec<_>, Vec<_>) = standings.into_iter().partition(|standing| standing.checkpoint < after);
        (on.len() == registry::all().len() - 1).then_some(behind)
    })
    .await;
    assert_eq!((stopped[0].name.as_str(), stopped[0].checkpoint), ("outlets", head));
    for projection in registry::named(Some("members")).unwrap() {
        assert!(projection.rebuild(&told.app.pool, &Quiet).await.unwrap() >= after);
        assert_eq!(projection.verify(&told.app.pool, &Quiet).await.unwrap().difference, None);
    }
    told.app.stop().await;
}

#[tokio::test]
async fn an_event_whose_row_cannot_be_written_stops_only_the_projection_that_writes_it() {
    let told = told(14, 40).await;
    let head = told.caught_up().await;
    let poison = smuggle_unwritable(&told.ground).await;
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
    smuggle_name(&told.ground, "b").await;

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
    let renamed = smuggle_name(&told.ground, "b").await;
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
