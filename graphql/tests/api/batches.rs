//! How often a request reads does not grow with how much it lists.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::amount::Amount;
use domain::event::Event;
use domain::id::{AppealId, BranchId, MemberId, RoundId};
use domain::member::MemberEvent;
use domain::period::Period;
use domain::round::proposal::Proposal;
use domain::round::{Group, Rostered, RoundEvent};
use domain::stream::StreamId;
use graphql::viewer::{Role, Viewer};
use jiff::civil::date;
use serde_json::Value;
use uuid::Uuid;

use crate::evaluation::{LEADER, ROUND, decided, of_round, opened, rules, told_with};
use crate::story::{ANA, EAST, WEST, branch, member, registered, sealed};
use crate::support::viewer;
use crate::twin::Twin;

/// What a request may read at most, however long its list is.
const MOST: u32 = 25;

fn person(number: u16) -> MemberId {
    MemberId(Uuid::from_u128(0x1000 + u128::from(number)))
}

/// Everybody of a round, and what each gave and got: a round of so many people, tallied or published.
fn crowd(people: u16, is_published: bool) -> Arc<Twin> {
    let everybody: Vec<MemberId> = (0..people).map(person).collect();
    let registered = everybody.iter().map(|who| registered(*who, EAST)).collect();
    let rostered =
        |who: &MemberId| Rostered { member: *who, branch: EAST, since: date(2022, 1, 1), on_probation: false };
    let roster = RoundEvent::RosterFixed {
        people: everybody.iter().map(rostered).collect(),
        leaders: vec![LEADER],
        peers: everybody.clone(),
        suspended: vec![],
    };
    let marks = || sealed(r#"{"duty":"90","contests":"80"}"#);
    let reviewed = |who: &MemberId| RoundEvent::LeaderReviewGiven {
        reviewer: LEADER,
        member: *who,
        marks: marks(),
        comment: Some(sealed(&format!("评 {who}"))),
    };
    let result = decided(true).results.remove(&ANA).unwrap();
    let proposal = Proposal { results: everybody.iter().map(|who| (*who, result.clone())).collect() };
    let proposal = sealed(&serde_json::to_string(&proposal).unwrap());
    let mut events = vec![of_round(roster)];
    events.extend(everybody.iter().map(|who| of_round(reviewed(who))));
    events.push(of_round(RoundEvent::Closed { closed_at: "2022-04-10T10:00:00Z".parse().unwrap() }));
    events.push(of_round(RoundEvent::Tallied { version: 1, proposal, rounds: vec![] }));
    if is_published {
        let until = "2022-04-20T10:00:00Z".parse().unwrap();
        events.push(of_round(RoundEvent::Published { version: 1, publicity_until: until, appeal_until: until }));
        for who in &everybody {
            let (result, period) = (result.clone(), "2022-Q1".parse::<Period>().unwrap());
            let score_before: Option<Amount> = None;
            let told =
                RoundEvent::ResultPublished { member: *who, branch: EAST, period, version: 1, result, score_before };
            events.push(of_round(told));
            let (appeal, answer_until) = (AppealId(who.0), until);
            events.push(of_round(RoundEvent::AppealFiled {
                appeal,
                member: *who,
                text: sealed("不服"),
                answer_until,
                by: None,
            }));
        }
    }
    told_with([opened(), registered, events])
}

fn reads(twin: &Arc<Twin>, viewer: Viewer, text: &str) -> u32 {
    twin.reads.store(0, Ordering::Relaxed);
    let response = twin.by(Some(viewer)).response(text, Value::Null);
    assert!(response.errors.is_empty(), "{text}: {:?}", response.errors);
    twin.reads.load(Ordering::Relaxed)
}

fn office() -> Viewer {
    viewer(Role::Office, None, None)
}

fn secretary() -> Viewer {
    viewer(Role::BranchSecretary, None, Some(EAST))
}

fn of_the_round(asked: &str) -> String {
    format!(r#"{{ round(id: "{}") {{ {asked} }} }}"#, ROUND.0)
}

#[test]
fn a_long_list_of_a_round_is_read_at_once() {
    let open = crowd(60, false);
    let own =
        "roster(first: 100) { nodes { member { of } ownReview { marks { mark } comment } leaderReviews { times } } }";
    let asked = [
        (viewer(Role::Member, Some(LEADER), None), of_the_round(&own.replace(" leaderReviews { times }", ""))),
        (
            office(),
            of_the_round(
                "roster(first: 100) { nodes { reviewsReceived leaderReviews { times } selfReview { text } } }",
            ),
        ),
        (
            office(),
            format!(
                r#"{{ roundProposal(round: "{}", first: 100) {{ results {{ nodes {{ member {{ of }} explanation {{ score }} }} }} }} }}"#,
                ROUND.0
            ),
        ),
        (office(), format!(r#"{{ roundComments(round: "{}", first: 100) {{ nodes {{ comment }} }} }}"#, ROUND.0)),
    ];
    for (viewer, text) in asked {
        let reads = reads(&open, viewer, &text);
        assert!(reads <= MOST, "{reads} reads for {text}");
    }
    let looks = open.looks.lock().unwrap();
    let own = looks.iter().filter(|look| look.what == "own_review").count();
    assert_eq!(own, 1, "and recorded as one look, however many are on the page");
}

#[test]
fn appeals_and_results_are_read_at_once() {
    let published = crowd(60, true);
    for (viewer, text) in [
        (office(), of_the_round("appeals(first: 100) { nodes { id text } }")),
        (secretary(), of_the_round("appeals(first: 100) { nodes { id text } }")),
        (
            secretary(),
            of_the_round(
                "results(first: 100) { nodes { score versions { version } appeals { id } leaderReviews { comment } } }",
            ),
        ),
        (secretary(), "{ dues(first: 100) { nodes { dueAt appeals { member { of } } } } }".to_owned()),
        (
            secretary(),
            format!(
                r#"{{ auditTrail(filter: {{ within: "{}" }}, first: 100, reverse: true) {{ nodes {{ type }} }} }}"#,
                EAST.0
            ),
        ),
    ] {
        let reads = reads(&published, viewer, &text);
        assert!(reads <= MOST, "{reads} reads for {text}");
    }
}

/// So many rounds of one branch each that are open, and as many talks to follow up.
fn many_rounds(rounds: u16) -> Vec<(StreamId, Event)> {
    let closes_at = "2022-04-10T10:00:00Z".parse().unwrap();
    let of = |number: u16| RoundId(Uuid::from_u128(0x2000 + u128::from(number)));
    let each = |number: u16| {
        let stream: StreamId = of(number).into();
        let covered = vec![if number.is_multiple_of(2) { EAST } else { WEST }];
        let drafted = RoundEvent::Drafted { branches: covered, period: "2022-Q1".parse().unwrap(), rules_version: 1 };
        let groups = Group::ALL.to_vec();
        let open = RoundEvent::Opened { rules: rules(), groups, closes_at, scrutineers: vec![] };
        let held = MemberEvent::TalkHeld {
            talk: domain::id::TalkId(Uuid::from_u128(0x3000 + u128::from(number))),
            on: date(2022, 4, 1),
            by: ANA,
            record: sealed("谈过"),
            follow_up_on: date(2022, 5, 1),
        };
        let who = person(number);
        vec![(stream, drafted.into()), (stream, open.into()), registered(who, EAST), member(who, held)]
    };
    (0..rounds).flat_map(each).collect()
}

#[test]
fn what_is_due_is_read_at_once() {
    let root = BranchId::root();
    let moved = branch(root, domain::branch::BranchEvent::RulesAdopted { version: 2, rules: rules() });
    let twin = told_with([opened(), many_rounds(40), vec![moved]]);
    let asked = "{ dues(first: 100) { nodes { kind dueAt appeals { dueAt } } } }";
    for viewer in
        [office(), secretary(), viewer(Role::Member, Some(ANA), None), viewer(Role::Member, Some(LEADER), None)]
    {
        let reads = reads(&twin, viewer.clone(), asked);
        assert!(reads <= MOST, "{reads} reads for {:?}", viewer.held);
    }
}

#[test]
fn lists_in_a_list_of_what_is_due_weigh_what_they_may_hold() {
    let twin = told_with([opened()]);
    let within = |first: u32, inner: &str| {
        format!("{{ dues(first: {first}) {{ nodes {{ appeals {{ member {{ member {{ {inner} }} }} }} }} }} }}")
    };
    let heavy = "talks(first: 100) { nodes { id } }";
    let response = twin.office().response(&within(1, heavy), Value::Null);
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let response = twin.office().response(&within(100, heavy), Value::Null);
    assert_eq!(response.errors.len(), 1, "a hundred times ten times a hundred rows are too many");
}
