//! Leaderboards, competitions, the report and the trail.

use domain::amount::Amount;
use domain::ledger::{Aggregation, Exactness};
use domain::member::MemberEvent;
use domain::text::Sealed;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::story::{ANA, BAO, CAI, CONTEST, DAN, EAST, member, told};
use crate::support::Asking;

const BOARD: &str =
    r#"board: { subject: MEMBER, measure: { metric: "premium" }, period: { month: { year: 2022, month: 1 } } }"#;

/// Rank, score and subject of every entry, one page after the other.
fn entries(asking: &Asking, arguments: &str, first: usize) -> Vec<(u64, String, String)> {
    let (mut entries, mut after) = (Vec::new(), String::new());
    loop {
        let text = format!(
            "{{ leaderboard({arguments}, first: {first}{after}) {{ edges {{ cursor node {{ rank score subject {{ of }} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = asking.ask(&text)["leaderboard"].clone();
        entries.extend(page["edges"].as_array().unwrap().iter().map(|edge| {
            let node = &edge["node"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (node["rank"].as_u64().unwrap(), text(&node["score"]), text(&node["subject"]["of"]))
        }));
        match page["pageInfo"]["hasNextPage"] == true {
            true => after = format!(", after: {}", page["pageInfo"]["endCursor"]),
            false => return entries,
        }
    }
}

fn expected() -> Vec<(u64, String, String)> {
    let entry = |rank, score: &str, id: Uuid| (rank, score.to_owned(), id.to_string());
    vec![entry(1, "300.00", ANA.0), entry(2, "200.50", BAO.0), entry(2, "200.50", CAI.0), entry(4, "100.00", DAN.0)]
}

/// Ana's result of January was 300 and is 50 now.
fn corrected() -> (domain::stream::StreamId, domain::event::Event) {
    let amount = |text: &str| text.parse::<Amount>().unwrap();
    let event = MemberEvent::ResultCorrected {
        result: domain::id::ResultId(Uuid::from_u128(0x999)),
        corrects: domain::id::ResultId(Uuid::from_u128(0x111)),
        metric: "premium".parse().unwrap(),
        aggregation: Aggregation::Sum,
        direction: domain::ledger::Direction::HigherIsBetter,
        period: "2022-01".parse().unwrap(),
        value_before: amount("300"),
        exactness_before: Exactness::Exact,
        value: amount("50"),
        exactness: Exactness::Exact,
        reason: Sealed("sealed:录入错误".to_owned()),
    };
    member(ANA, event)
}

#[test]
fn equal_scores_share_a_rank_across_page_borders() {
    let office = told().office();
    for first in 1..=5 {
        assert_eq!(entries(&office, BOARD, first), expected(), "pages of {first}");
    }
}

#[test]
fn an_entry_shows_the_figure_behind_it_and_a_rank_is_found_alone() {
    let office = told().office();
    let answer = office.ask(&format!(
        r#"{{ rank({BOARD}, subject: "{}") {{ rank score value plan completion growth exactness period {{ text }} metric {{ name unit }}
            subject {{ kind name member {{ branch {{ name }} }} }} }} unranked: rank({BOARD}, subject: "{}") {{ rank }} }}"#,
        DAN.0, EAST.0
    ));
    assert_eq!(
        answer["rank"],
        json!({ "rank": 4, "score": "100.00", "value": "100.00", "plan": null, "completion": null, "growth": null,
            "exactness": "EXACT", "period": { "text": "2022-01" }, "metric": { "name": "保费", "unit": "YUAN" },
            "subject": { "kind": "MEMBER", "name": "丁", "member": { "branch": { "name": "西区支部" } } } })
    );
    assert_eq!(answer["unranked"], Value::Null);
}

#[test]
fn a_board_within_a_branch_ranks_its_members_only() {
    let within = BOARD.replace("period:", &format!("within: \"{}\", period:", EAST.0));
    let ranked = entries(&told().office(), &within, 20);
    assert_eq!(ranked, expected()[..2].to_vec());
}

#[test]
fn a_concluded_competition_keeps_its_board_after_a_correction() {
    let twin = told();
    twin.then(vec![corrected()]);
    let office = twin.office();
    let contest = format!(r#"board: {{ subject: MEMBER, measure: {{ competition: "{}" }} }}"#, CONTEST.0);
    assert_eq!(entries(&office, &contest, 3), expected());
    assert_eq!(entries(&office, BOARD, 3)[2], (3, "100.00".to_owned(), DAN.0.to_string()), "the metric's board moves");
    let page = office.ask(&format!(
        r#"{{ competition(id: "{}") {{ title announcedAt concludedAt board(first: 1) {{ position nodes {{ rank subject {{ of }} }} }} }} }}"#,
        CONTEST.0
    ));
    assert_eq!(
        page["competition"],
        json!({ "title": "开门红", "announcedAt": "9", "concludedAt": "16",
            "board": { "position": "16", "nodes": [{ "rank": 1, "subject": { "of": ANA.0 } }] } })
    );
}

#[test]
fn the_moments_of_a_change_come_in_order_and_a_concluded_competition_does_not_move() {
    let office = told().office();
    let change = |from: &str, to: &str| {
        format!(
            r#"{{ leaderboardChange(board: {{ subject: MEMBER, measure: {{ competition: "{}" }} }},
            from: {{ position: "{from}" }}, to: {{ position: "{to}" }}) {{ from to movedCount nodes {{ subject {{ of }} before {{ rank }} after {{ rank }} ranksUp }} }} }}"#,
            CONTEST.0
        )
    };
    assert_eq!(office.code(&change("17", "16")), "board.moments_reversed");
    let (own, other) = (Uuid::NAMESPACE_OID, Uuid::nil());
    for (from, to) in [(format!("16@{other}"), format!("17@{own}")), (format!("16@{own}"), format!("17@{other}"))] {
        assert_eq!(office.code(&change(&from, &to)), "position.other_origin", "of another log: {from} to {to}");
    }
    assert_eq!(office.ask(&change(&format!("16@{own}"), "17"))["leaderboardChange"]["movedCount"], 0);
    let after = office.ask(&change("16", "17"))["leaderboardChange"].clone();
    assert_eq!(after, json!({ "from": "16", "to": "16", "movedCount": 0, "nodes": [] }));
    let whole = office.ask(&change("0", "17"))["leaderboardChange"].clone();
    assert_eq!((&whole["from"], &whole["to"]), (&json!("0"), &json!("16")));
    assert_eq!(
        whole["nodes"][0],
        json!({ "subject": { "of": ANA.0 }, "before": null, "after": { "rank": 1 }, "ranksUp": null })
    );
}

#[test]
fn a_board_that_has_no_sense_says_why() {
    let office = told().office();
    let code = |board: &str| office.code(&format!("{{ leaderboard(board: {{ {board} }}) {{ position }} }}"));
    let contest = format!(r#"measure: {{ competition: "{}" }}"#, CONTEST.0);
    assert_eq!(code(r#"subject: MEMBER, measure: { metric: "premium" }"#), "board.no_period");
    assert_eq!(code(r#"subject: MEMBER, measure: { metric: "none" }, period: { year: 2022 }"#), "metric.unknown");
    assert_eq!(code(r#"subject: MEMBER, measure: { metric: "No" }, period: { year: 2022 }"#), "text.bad_code");
    assert_eq!(
        code(r#"subject: MEMBER, measure: { metric: "premium" }, period: { year: 99999999999 }"#),
        "time.not_a_period"
    );
    assert_eq!(code(&format!("subject: BRANCH, {contest}")), "board.wrong_subject");
    assert_eq!(code(&format!("subject: MEMBER, {contest}, period: {{ year: 2022 }}")), "board.period_outside");
    assert_eq!(code(&format!(r#"subject: MEMBER, measure: {{ competition: "{}" }}"#, EAST.0)), "competition.unknown");
}

#[test]
fn a_figure_opens_to_its_events_and_says_as_of_when() {
    let office = told().office();
    let report = office.ask(
        r#"{ report(year: 2022) { position asOf figures { code value unit exactness asOf events(first: 2) { nodes { position type recordedAt } pageInfo { hasNextPage endCursor } } } } }"#,
    );
    let figures = report["report"]["figures"].as_array().unwrap();
    let figure = |code: &str| figures.iter().find(|figure| figure["code"] == code).unwrap();
    let duty = figure("members_on_duty");
    assert_eq!((&duty["value"], &duty["unit"], &duty["exactness"]), (&json!("3"), &json!("PERSONS"), &json!("EXACT")));
    assert_eq!(duty["asOf"], "2022-01-01T16:00:00+08:00");
    assert_eq!(
        duty["events"]["nodes"][0],
        json!({ "position": "4", "type": "member_registered", "recordedAt": "2022-01-01T03:00:00+08:00" })
    );
    assert_eq!(duty["events"]["pageInfo"]["hasNextPage"], true);
    let training = figure("training_sessions");
    assert_eq!(
        training["events"]["nodes"],
        json!([{ "position": "11", "type": "branch_training_held", "recordedAt": "2022-01-01T10:00:00+08:00" }])
    );
    assert_eq!(figure("premium_long_term_share")["value"], Value::Null);
    let before = office.ask(r#"{ report(year: 2022, asOf: { position: "16" }) { figures { code value } } }"#);
    let on_duty =
        before["report"]["figures"].as_array().unwrap().iter().find(|figure| figure["code"] == "members_on_duty");
    assert_eq!(on_duty.unwrap()["value"], "4");
}

#[test]
fn the_events_of_a_figure_page_without_loss() {
    let office = told().office();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let text = format!(
            "{{ report(year: 2022) {{ figures {{ code events(first: 2{after}) {{ nodes {{ position }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
        );
        let report = office.ask(&text);
        let events = report["report"]["figures"][0]["events"].clone();
        seen.extend(
            events["nodes"].as_array().unwrap().iter().map(|node| node["position"].as_str().unwrap().to_owned()),
        );
        match events["pageInfo"]["hasNextPage"] == true {
            true => after = format!(", after: {}", events["pageInfo"]["endCursor"]),
            false => break,
        }
    }
    assert_eq!(seen, ["4", "5", "6", "7", "17"]);
}

#[test]
fn the_trail_says_who_when_what_on_whom_and_why() {
    let twin = told();
    twin.then(vec![corrected()]);
    let office = twin.office();
    let trail = office.ask(&format!(
        r#"{{ auditTrail(filter: {{ subject: {{ kind: MEMBER, id: "{}" }}, from: "2022-01-01T05:00:00+08:00" }}) {{ nodes {{
            position type recordedAt actor reason commandId correlationId sequence subject {{ kind name }} }} }} }}"#,
        ANA.0
    ));
    let nodes = trail["auditTrail"]["nodes"].as_array().unwrap();
    let positions: Vec<&str> = nodes.iter().map(|node| node["position"].as_str().unwrap()).collect();
    assert_eq!(positions, ["11", "12", "17", "18"], "the session attended is part of a member's trail");
    assert_eq!(
        nodes[3],
        json!({ "position": "18", "type": "member_result_corrected", "recordedAt": "2022-01-01T17:00:00+08:00",
            "actor": "office", "reason": "录入错误", "commandId": "command-18", "correlationId": "import-1", "sequence": 1,
            "subject": { "kind": "MEMBER", "name": "阿依古丽·买买提" } })
    );
    let filtered = office.ask(
        r#"{ auditTrail(filter: { type: "member_registered", actor: "office", until: "2022-01-01T05:00:00+08:00" }) { nodes { position concerns { kind of } body } } }"#,
    );
    let nodes = filtered["auditTrail"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().map(|node| node["position"].as_str().unwrap()).collect::<Vec<_>>(), ["4", "5"]);
    assert!(nodes[0]["body"].as_str().unwrap().starts_with(r#"{"member_registered":"#));
}
