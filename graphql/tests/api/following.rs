//! Subscriptions: what is sent as the projections move.

use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::evaluation::{ROUND, counted, given, opened, published, told_with};
use crate::story::{EAST, told};
use crate::support::{block_on, viewer};

fn positions(answers: &[Value]) -> Vec<String> {
    answers.iter().map(|answer| answer["auditTrail"]["position"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_position_is_sent_as_it_moves() {
    let answers = told().office().follow("subscription { position }");
    assert_eq!(answers.len(), 17);
    assert_eq!(answers[16], json!({ "position": "17" }));
}

#[test]
fn a_trail_resumed_after_a_position_misses_nothing_and_repeats_nothing() {
    let answers = told().office().follow(r#"subscription { auditTrail(after: "3") { position type } }"#);
    let expected: Vec<String> = (4..=17).map(|position: u32| position.to_string()).collect();
    assert_eq!(positions(&answers), expected);
    assert_eq!(answers[13]["auditTrail"]["type"], "member_suspended");
}

#[test]
fn a_trail_cannot_be_resumed_after_a_position_beyond_the_head() {
    let answers = told().office().follow(r#"subscription { auditTrail(after: "18") { position } }"#);
    assert_eq!(answers, [json!("\"position.beyond_head\"")]);
    let answers = told().office().follow(r#"subscription { auditTrail(after: "17") { position } }"#);
    assert_eq!(answers, [json!(null); 0]);
}

#[test]
fn a_trail_is_filtered_and_scoped() {
    let east = told().by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    let answers =
        east.follow(r#"subscription { auditTrail(after: "0", filter: { type: "member_registered" }) { position } }"#);
    assert_eq!(answers, [json!("\"policy.denied\"")], "the branch is not there yet at the first position");
    let office = told().office();
    let answers =
        office.follow(r#"subscription { auditTrail(after: "0", filter: { type: "member_registered" }) { position } }"#);
    assert_eq!(positions(&answers), ["4", "5", "6", "7"]);
}

#[test]
fn a_board_is_sent_again_only_when_it_changed() {
    let twin = told();
    twin.moves_from.store(9, Ordering::Relaxed);
    let text = r#"subscription { leaderboard(first: 2, board: { subject: MEMBER, measure: { metric: "premium" },
        period: { month: { year: 2022, month: 1 } } }) { position nodes { rank score } } }"#;
    let answers = twin.office().follow(text);
    let board = |answer: &Value| answer["leaderboard"].clone();
    let entry = |rank: u32, score: &str| json!({ "rank": rank, "score": score });
    assert_eq!(
        answers.iter().map(board).collect::<Vec<_>>(),
        [
            json!({ "position": "9", "nodes": [] }),
            json!({ "position": "12", "nodes": [entry(1, "300.00")] }),
            json!({ "position": "13", "nodes": [entry(1, "300.00"), entry(2, "200.50")] }),
        ]
    );
}

#[test]
fn a_board_that_has_no_sense_ends_with_its_error() {
    let text = r#"subscription { leaderboard(board: { subject: MEMBER, measure: { metric: "premium" },
        period: { year: 2022 } }) { position } }"#;
    assert_eq!(told().office().follow(text), [json!("\"metric.unknown\"")], "it is not defined at position 1");
}

#[test]
fn the_report_is_sent_again_only_when_a_figure_changed() {
    let answers = told().office().follow("subscription { report(year: 2022) { position figures { code value } } }");
    let positions: Vec<&str> = answers.iter().map(|answer| answer["report"]["position"].as_str().unwrap()).collect();
    assert_eq!(positions, ["1", "4", "5", "6", "7", "10", "11", "17"], "a board's results are no figure of the report");
}

/// What follows is sent to somebody, not to a proof that has run out.
#[test]
fn nothing_is_sent_once_the_proof_of_who_follows_has_run_out() {
    let twin = told();
    let until = "2022-12-31T13:00:00Z".parse().unwrap();
    let mut sent = twin.proved("o-me", Some(until)).stream("subscription { position }");
    assert_eq!(block_on(sent.next()), Some(json!({ "position": "1" })));
    assert_eq!(block_on(sent.next()), Some(json!({ "position": "2" })));
    twin.hours.store(1, Ordering::Relaxed);
    assert_eq!(block_on(sent.next()), Some(json!("\"unauthenticated\"")));
    assert_eq!(block_on(sent.next()), None);
}

const BOARD: &str =
    r#"board: { subject: MEMBER, measure: { metric: "premium" }, period: { month: { year: 2022, month: 1 } } }"#;

/// Cut off after any answer and resumed from it, what is sent comes to the same; cut off for long, only what there is then.
#[test]
fn what_is_sent_again_when_it_changes_is_resumed_without_loss_or_double() {
    let twin = told();
    let follow = |from: u64, after: &str| {
        twin.moves_from.store(from, Ordering::Relaxed);
        let text = format!("subscription {{ leaderboard({BOARD}{after}) {{ position nodes {{ rank score }} }} }}");
        twin.office().follow(&text)
    };
    let whole = follow(9, "");
    assert_eq!(whole.len(), 5, "{whole:?}");
    for (had, answer) in (1..).zip(&whole) {
        let position = answer["leaderboard"]["position"].as_str().unwrap();
        let after = format!(", after: \"{position}\"");
        assert_eq!(follow(position.parse().unwrap(), &after), whole[had..], "cut off after {position}");
    }
    let late = follow(17, r#", after: "12""#);
    assert_eq!(late.len(), 1);
    assert_eq!(late[0]["leaderboard"]["nodes"], whole[4]["leaderboard"]["nodes"]);
    assert_eq!(follow(17, r#", after: "15""#), [json!(null); 0], "nothing has changed since");
    assert_eq!(follow(17, r#", after: "18""#), [json!("\"position.beyond_head\"")]);
    let other = r#", after: "17@ffffffff-ffff-ffff-ffff-ffffffffffff""#;
    assert_eq!(follow(17, other), [json!("\"position.other_origin\"")]);
    // At 1 there was no such metric: nothing was had then.
    assert_eq!(follow(17, r#", after: "1""#).len(), 1);
    twin.moves_from.store(10, Ordering::Relaxed);
    let report = twin.office().follow(r#"subscription { report(year: 2022, after: "10") { position } }"#);
    assert_eq!(report, [json!({ "report": { "position": "11" } }), json!({ "report": { "position": "17" } })]);
}

/// Only what its page shows makes a turnout be sent: not a review, a mark or a count.
#[test]
fn a_turnout_is_sent_when_what_its_page_shows_of_it_changes() {
    let twin = told_with([opened(), given(), counted(), published()]);
    let groups = "voting { group attempt eligible issued returned blank tookPart turnout voidCause }";
    let text =
        |after: &str| format!("subscription {{ turnout(round: \"{}\"{after}) {{ position {groups} }} }}", ROUND.0);
    let whole = twin.office().follow(&text(""));
    let at = |answer: &Value| answer["turnout"]["position"].as_str().map(str::to_owned);
    let told: Vec<Option<String>> = whole.iter().map(at).collect();
    let types = twin
        .facts
        .lock()
        .unwrap()
        .iter()
        .map(|fact| (fact.position.to_string(), fact.event.name()))
        .collect::<Vec<_>>();
    let sent_at = |position: &Option<String>| {
        let found = position.as_ref().and_then(|position| types.iter().find(|(at, _)| at == position));
        found.map_or("none", |(_, name)| *name)
    };
    let expected = ["none", "round_drafted", "round_opened", "round_roster_fixed"].into_iter();
    let expected = expected.chain(["round_paper_issued"; 5]).chain(["round_paper_returned"; 2]);
    assert_eq!(told.iter().map(sent_at).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for answer in &whole[1..] {
        let as_of = format!("asOf: {{ position: \"{}\" }}", at(answer).unwrap());
        let page = twin.office().ask(&format!("{{ round(id: \"{}\", {as_of}) {{ {groups} }} }}", ROUND.0));
        assert_eq!(page["round"]["voting"], answer["turnout"]["voting"], "{as_of}");
    }
    for (had, answer) in (1..).zip(&whole).skip(1) {
        let position = at(answer).unwrap();
        twin.moves_from.store(position.parse().unwrap(), Ordering::Relaxed);
        assert_eq!(twin.office().follow(&text(&format!(", after: \"{position}\""))), whole[had..]);
    }
    twin.moves_from.store(40, Ordering::Relaxed);
    let nobody = twin.by(Some(viewer(Role::BranchSecretary, None, Some(domain::id::BranchId(uuid::Uuid::nil())))));
    assert_eq!(nobody.follow(&text("")), [json!("\"policy.denied\"")]);
}
