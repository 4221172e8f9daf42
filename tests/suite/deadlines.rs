//! What is due happens by itself: once, however many programs see to it, and also after a standstill.

use std::sync::Arc;
use std::time::Duration;

use domain::event::{Event, Fact};
use domain::id::{AppealId, TalkId};
use domain::member::{MemberCommand, MemberEvent};
use domain::round::{Group, RoundCommand, RoundEvent};
use domain::stream::Position;
use domain::world::Command;
use harness::assembly::Assembly;
use harness::crowd::{accepted, id, text};
use harness::ground::Ground;
use harness::speak::said_by;
use harness::wait::until;
use infra::app::App;
use infra::clock::Clock;
use infra::fold::rebuild::Quiet;
use infra::fold::registry;
use infra::log::reader;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

const SOON: Duration = Duration::from_secs(20);

fn clock() -> Arc<Clock> {
    Arc::new(Clock::simulated(at("2022-03-10T04:00:00Z")))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A program that serves.
async fn serving(ground: &Ground, clock: &Arc<Clock>) -> App {
    let mut app = ground.app_at(Arc::clone(clock)).await;
    app.keep_deadlines();
    app
}

async fn facts(app: &App) -> Vec<Fact> {
    reader::after(&app.pool, Position(0), 1_000).await.unwrap()
}

/// Whatever deadlines led to, by the stored name.
async fn by_deadlines(app: &App) -> Vec<&'static str> {
    facts(app).await.iter().filter(|fact| fact.actor.0 == infra::due::ACTOR).map(|fact| fact.event.name()).collect()
}

async fn happened(app: &App, name: &'static str) -> Fact {
    let of_name = async || facts(app).await.into_iter().find(|fact| fact.event.name() == name);
    until(name, SOON, of_name).await
}

/// Nothing happens by itself, in a time that is long enough for every program to do it twice.
async fn quiet(app: &App) {
    let before = facts(app).await.len();
    let more = async {
        while facts(app).await.len() == before {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(2), more).await.is_err(), "{:?}", facts(app).await.last());
}

async fn decided(app: &App, round: &Assembly) {
    for (name, command) in [
        ("tally", RoundCommand::Tally { rounds: vec![] }),
        ("decide", RoundCommand::DecideGrades { given: vec![] }),
        ("publish", RoundCommand::Publish),
    ] {
        accepted(app, name, round.asks(command)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_runs_to_its_end_by_itself_and_two_programs_do_everything_once() {
    let (ground, clock) = (Ground::fresh().await, clock());
    let (app, other) = (serving(&ground, &clock).await, serving(&ground, &clock).await);
    let round = Assembly::drafted(&app).await;
    accepted(&app, "open", round.open_to_leaders(at("2022-03-11T04:00:00Z"))).await;
    for (number, member) in round.people.iter().enumerate() {
        accepted(&app, &format!("mark-{number}"), round.mark(*member, if number == 0 { "50" } else { "90" })).await;
    }
    clock.advance_to(at("2022-03-11T03:59:59.999999Z"));
    quiet(&app).await;
    clock.advance_to(at("2022-03-11T04:00:00Z"));
    let closed = happened(&app, "round_closed").await;
    assert_eq!((closed.actor.0.as_str(), closed.at), ("deadline", at("2022-03-11T04:00:00Z")));
    decided(&app, &round).await;

    let (appeal, who) = (AppealId(id("appeal")), round.people[0]);
    accepted(&app, "appeal", round.asks(RoundCommand::FileAppeal { appeal, member: who, text: text() })).await;
    clock.advance_to(at("2022-05-01T00:00:00Z"));
    happened(&app, "round_appeal_overdue").await;
    quiet(&app).await;
    assert_eq!(by_deadlines(&app).await, ["round_closed", "round_appeal_overdue"], "an appeal is open");
    let answer = RoundCommand::AnswerAppeal { appeal, upheld: false, answer: text(), fixes: vec![] };
    app.commands.send(&said_by("another", "answer"), round.asks(answer), None).await.unwrap();
    happened(&app, "round_finalised").await;

    let talk = TalkId::of_round(round.round, who.0);
    let says = |command: MemberCommand| Command::Member(who, command);
    accepted(&app, "approve", says(MemberCommand::ApproveTalk { talk })).await;
    let hold = MemberCommand::HoldTalk { talk, on: date(2022, 5, 1), by: round.leader, record: text() };
    accepted(&app, "hold", says(hold)).await;
    // The day begins at midnight in Shanghai.
    clock.advance_to(at("2022-05-30T15:59:59Z"));
    quiet(&app).await;
    clock.advance_to(at("2022-05-30T16:00:00Z"));
    let called = happened(&app, "member_talk_follow_up_called").await;
    let due = date(2022, 5, 31);
    assert_eq!(called.event, Event::Member(MemberEvent::TalkFollowUpCalled { talk, due }));
    quiet(&app).await;
    let all = by_deadlines(&app).await;
    let once = [
        "round_closed",
        "round_appeal_overdue",
        "round_finalised",
        "member_talk_proposed",
        "member_talk_follow_up_called",
    ];
    assert_eq!(all, once);
    app.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_due_in_a_week_of_standstill_is_done_at_the_start_and_counts_by_its_time() {
    let (ground, clock) = (Ground::fresh().await, clock());
    let app = serving(&ground, &clock).await;
    let round = Assembly::drafted(&app).await;
    let closes_at = at("2022-03-11T04:00:00Z");
    accepted(&app, "open", round.open_to_leaders(closes_at)).await;
    app.stop().await;
    clock.advance_to(closes_at + SignedDuration::from_hours(24 * 7));
    let app = serving(&ground, &clock).await;
    let closed = happened(&app, "round_closed").await;
    assert_eq!(closed.event, Event::Round(RoundEvent::Closed { closed_at: closes_at }));
    assert_eq!(closed.at, clock.now());
    let late = app.commands.send(&said_by("l-0", "late"), round.mark(round.people[0], "90"), None).await;
    assert!(late.unwrap_err().to_string().contains("closed"), "nothing more is given");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilding_what_is_due_does_none_of_it_again() {
    let (ground, clock) = (Ground::fresh().await, clock());
    let app = serving(&ground, &clock).await;
    let round = Assembly::drafted(&app).await;
    accepted(&app, "open", round.open_to_leaders(at("2022-03-11T04:00:00Z"))).await;
    for (number, member) in round.people.iter().enumerate() {
        accepted(&app, &format!("mark-{number}"), round.mark(*member, "90")).await;
    }
    clock.advance_to(at("2022-03-11T04:00:00Z"));
    happened(&app, "round_closed").await;
    decided(&app, &round).await;
    quiet(&app).await;

    // While it is built anew the close is due again in its rows, and done a moment later.
    let (before, pool) = (facts(&app).await, ground.pool().await);
    let dues = registry::named(Some("dues")).unwrap().remove(0);
    assert_eq!(dues.rebuild(&pool, &Quiet).await.unwrap().0, before.len() as u64);
    let generation: i64 =
        sqlx::query_scalar("select generation from projections where name = 'dues'").fetch_one(&pool).await.unwrap();
    assert_eq!(generation, 2, "the rebuilt rows serve");
    quiet(&app).await;
    assert_eq!(facts(&app).await, before, "nothing is appended");
    // What is still due is done, once, by the rebuilt rows.
    clock.advance_to(at("2022-05-01T00:00:00Z"));
    happened(&app, "round_finalised").await;
    quiet(&app).await;
    assert_eq!(by_deadlines(&app).await, ["round_closed", "round_finalised"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_is_refused_passes_once_the_counts_agree() {
    let (ground, clock) = (Ground::fresh().await, clock());
    let app = serving(&ground, &clock).await;
    let round = Assembly::drafted(&app).await;
    let closes_at = at("2022-03-11T04:00:00Z");
    accepted(&app, "open", round.open(closes_at)).await;
    for (number, member) in round.people.iter().enumerate() {
        let issue = RoundCommand::IssuePaper { group: Group::Peer, to: Some(*member), count: 1 };
        accepted(&app, &format!("paper-{number}"), round.asks(issue)).await;
    }
    accepted(&app, "papers", round.asks(RoundCommand::IssuePaper { group: Group::Public, to: None, count: 8 })).await;
    clock.advance_to(closes_at);
    for (group, returned) in [(Group::Peer, 6), (Group::Public, 8)] {
        let back = RoundCommand::ReturnPaper { group, returned, blank: 0 };
        accepted(&app, &format!("back-{group}"), round.asks(back)).await;
    }
    let [one, other] = round.scrutineers;
    for (who, excellent) in [(one, 3), (other, 2)] {
        for (number, member) in round.people.iter().enumerate() {
            for (group, all) in [(Group::Peer, 5), (Group::Public, 8)] {
                let count = round.count(group, *member, who, excellent, all);
                accepted(&app, &format!("count-{who}-{group}-{number}"), count).await;
            }
        }
    }
    quiet(&app).await;
    assert_eq!(by_deadlines(&app).await, [] as [&str; 0], "the counts differ");
    for (number, member) in round.people.iter().enumerate() {
        for (group, all) in [(Group::Peer, 5), (Group::Public, 8)] {
            let count = round.count(group, *member, other, 3, all);
            accepted(&app, &format!("again-{group}-{number}"), count).await;
        }
    }
    let closed = happened(&app, "round_closed").await;
    assert_eq!(closed.command, format!("close-{}-{closes_at}", round.round));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_done_is_not_done_again() {
    let (ground, clock) = (Ground::fresh().await, clock());
    let app = ground.app_at(Arc::clone(&clock)).await;
    let round = Assembly::drafted(&app).await;
    accepted(&app, "open", round.open_to_leaders(at("2022-03-11T04:00:00Z"))).await;
    clock.advance_to(at("2022-03-12T04:00:00Z"));
    accepted(&app, "close", round.asks(RoundCommand::Close)).await;
    let other = serving(&ground, &clock).await;
    quiet(&other).await;
    assert_eq!(by_deadlines(&other).await, [] as [&str; 0]);
    app.stop().await;
    tokio::time::timeout(SOON, other.stop()).await.expect("it stops at once");
}
