//! Pins: one's own writes, moments that are not there yet, instants, projections that do not get there.

use std::time::Duration;

use domain::id::{BranchId, MemberId};
use domain::stream::Position;
use futures_util::StreamExt;
use graphql::ports::{AsOf, Moment, ReadError, Reads};
use harness::ground::Ground;
use harness::speak::{found_root, office, person, register};
use infra::app::App;
use infra::fold::registry;
use jiff::{Timestamp, ToSpan};
use projections::members::MemberRow;
use projections::select::Select;

use crate::fold_once::hold_all;
use crate::told::{ALL, log, told};

async fn registers(app: &App, number: u32) -> (MemberId, Position) {
    let asker = office(&format!("registration-{number}"));
    let member = MemberId(app.commands.mint(&asker, "member"));
    let staff_number = format!("R{number}");
    let sent = app.commands.send(&asker, register(member, BranchId::root()), Some(person(&staff_number)));
    (member, sent.await.unwrap().position)
}

async fn started() -> (Ground, App) {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    app.commands.send(&office("root"), found_root(), None).await.unwrap();
    (ground, app)
}

async fn roster(reads: &dyn Reads, at: Position) -> Vec<MemberId> {
    let rows = reads.rows(&Select::<MemberRow>::first(ALL), at).await.unwrap();
    rows.into_iter().map(|row| row.member).collect()
}

#[tokio::test]
async fn who_asks_for_at_least_an_answers_position_reads_what_was_written() {
    let (_ground, app) = started().await;
    for number in 1..=25 {
        let (member, position) = registers(&app, number).await;
        let now = app.reads.pin(None, Some(position)).await.unwrap();
        assert!(now.position >= position);
        assert!(roster(&*app.reads, now.position).await.contains(&member), "registration {number}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_moment_that_has_not_come_is_refused_with_the_head() {
    let (_ground, app) = started().await;
    let head = app.reads.head().await.unwrap().position;
    for asked in [Position(head.0 + 1), Position(u64::MAX)] {
        for (as_of, at_least) in [(Some(AsOf::Position(asked)), None), (None, Some(asked))] {
            match app.reads.pin(as_of, at_least).await {
                Err(ReadError::BeyondHead { asked: said, head: end }) => assert_eq!((said, end), (asked, head)),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(app.reads.facts_after(Position(u64::MAX), 10).await.unwrap(), []);
    app.stop().await;
}

#[tokio::test]
async fn before_the_first_event_there_is_nothing() {
    let (_ground, app) = started().await;
    let (_, position) = registers(&app, 1).await;
    app.reads.pin(None, Some(position)).await.unwrap();
    let first = log(&*app.reads).await[0].at;
    for instant in [first - 1.microsecond(), Timestamp::UNIX_EPOCH, Timestamp::MIN] {
        let moment = app.reads.pin(Some(AsOf::Instant(instant)), None).await.unwrap();
        assert_eq!(moment, Moment { position: Position(0), recorded_at: None }, "{instant}");
        assert_eq!(roster(&*app.reads, moment.position).await, []);
    }
    app.stop().await;
}

#[tokio::test]
async fn an_instant_is_the_last_position_recorded_at_or_before_it() {
    let told = told(11, 60).await;
    let head = told.caught_up().await;
    let log = log(&*told.app.reads).await;
    for fact in log.iter() {
        for instant in [fact.at, fact.at - 1.microsecond(), fact.at + 1.nanosecond()] {
            let last = log.iter().filter(|other| other.at <= instant).map(|other| other.position).max();
            let moment = told.app.reads.pin(Some(AsOf::Instant(instant)), None).await.unwrap();
            assert_eq!(moment.position, last.unwrap_or_default(), "as of {instant}");
            assert!(moment.recorded_at.is_none_or(|at| at <= instant));
        }
    }
    let last = told.app.reads.pin(Some(AsOf::Instant(Timestamp::MAX)), None).await.unwrap();
    assert_eq!(last.position, head);
    told.app.stop().await;
}

#[tokio::test]
async fn a_projection_that_does_not_get_there_is_waited_for_and_then_told() {
    let (ground, app) = started().await;
    let before = registers(&app, 1).await.1;
    app.reads.pin(None, Some(before)).await.unwrap();
    hold_all(&ground.pool().await).await;
    let (_, asked) = registers(&app, 2).await;
    let pinned = tokio::time::timeout(Duration::from_secs(9), app.reads.pin(None, Some(asked))).await;
    match pinned.expect("the wait is bounded") {
        Err(ReadError::Behind { asked: said, reached }) => assert_eq!((said, reached), (asked, before)),
        other => panic!("{other:?}"),
    }
    let rows = app.reads.rows(&Select::<MemberRow>::first(ALL), asked).await;
    assert!(matches!(rows, Err(ReadError::Behind { .. })), "{rows:?}");
    // What was reached is answered all the same.
    let now = app.reads.pin(None, None).await.unwrap();
    assert_eq!(now.position, before);
    assert_eq!(roster(&*app.reads, now.position).await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_program_that_has_just_started_answers_as_of_what_was_folded_before() {
    let (ground, app) = started().await;
    let (member, position) = registers(&app, 1).await;
    app.reads.pin(None, Some(position)).await.unwrap();
    app.stop().await;
    let app = ground.app().await;
    let now = app.reads.pin(None, None).await.unwrap();
    assert_eq!(now.position, position);
    assert_eq!(roster(&*app.reads, now.position).await, [member]);
    app.stop().await;
}

#[tokio::test]
async fn an_empty_log_answers_position_0() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    let nothing = Moment { position: Position(0), recorded_at: None };
    assert_eq!(app.reads.pin(None, None).await.unwrap(), nothing);
    assert_eq!(app.reads.head().await.unwrap(), nothing);
    assert_eq!(app.reads.pin(Some(AsOf::Instant(Timestamp::MAX)), None).await.unwrap(), nothing);
    assert_eq!(roster(&*app.reads, Position(0)).await, []);
    assert_eq!(registry::all().len(), infra::fold::engine::standings(&app.pool).await.unwrap().len());
    app.stop().await;
}

#[tokio::test]
async fn the_common_position_is_told_whenever_it_moves_and_never_goes_back() {
    let (_ground, app) = started().await;
    let mut positions = app.reads.positions();
    let mut last = positions.next().await.unwrap();
    for number in 1..=5 {
        let (_, position) = registers(&app, number).await;
        while last < position {
            let next = tokio::time::timeout(Duration::from_secs(10), positions.next()).await.unwrap().unwrap();
            assert!(next > last);
            last = next;
        }
    }
    app.stop().await;
    assert_eq!(positions.next().await, None, "the stream ends with the program");
}
