//! Subscriptions: what is sent as the projections move.

use std::sync::atomic::Ordering;

use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::story::{EAST, told};
use crate::support::viewer;

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
