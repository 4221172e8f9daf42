//! A result explains itself to the last digit, keeps its versions, and can be recounted.

use domain::id::MemberId;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::evaluation::{APPEAL, ROUND, appealed, counted, evaluated, given, opened, published, told_with};
use crate::story::{ANA, BAO, CAI, DAN, EAST, WEST};
use crate::support::viewer;

fn result(of: MemberId, asked: &str) -> String {
    format!(r#"{{ it: roundResult(round: "{}", member: "{}") {{ {asked} }} }}"#, ROUND.0, of.0)
}

const EXPLANATION: &str = "version score grade explanation { exact proposed rulesVersion groups { group score gap
    dimensions { code title valid unknown mean grades { grade points count } marks { mark leader { of } } } } steps { text value } }";

#[test]
fn the_worked_example_explains_itself_line_by_line() {
    let told = evaluated().office().ask(&result(ANA, EXPLANATION));
    let it = &told["it"];
    assert_eq!((&it["score"], &it["grade"], &it["version"]), (&json!("89.65"), &json!("qualified"), &json!(1)));
    let lines = it["explanation"]["steps"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    let expected = [
        "leader, duty: (90 + 85) ÷ 2 = 87.5",
        "leader, contests: (80 + 95) ÷ 2 = 87.5",
        "leader: (87.5 + 87.5) ÷ 2 = 87.5",
        "peer, politics: (4 × 100 + 2 × 85) ÷ 6 = 95",
        "peer, discipline: (3 × 100 + 2 × 85) ÷ 5 = 94",
        "peer, part: (2 × 100 + 3 × 85 + 1 × 70) ÷ 6 = 87.5",
        "peer: (95 + 94 + 87.5) ÷ 3 = 553/6",
        "public, service: (5 × 100 + 2 × 85 + 1 × 50) ÷ 8 = 90",
        "public: 90 ÷ 1 = 90",
        "score: (40 × 87.5 + 30 × 553/6 + 30 × 90) ÷ 100 = 89.65",
        "grade: 89.65 is at least 70, which proposes qualified",
    ];
    assert_eq!(lines, expected);
    let peer = &it["explanation"]["groups"][1];
    assert_eq!((&peer["group"], &peer["score"]), (&json!("PEER"), &json!("553/6")));
    let discipline = &peer["dimensions"][1];
    assert_eq!((&discipline["title"], &discipline["valid"]), (&json!("纪律作风"), &json!(5)));
    assert_eq!((&discipline["unknown"], &discipline["mean"]), (&json!(1), &json!("94")));
    let marks = &it["explanation"]["groups"][0]["dimensions"][0]["marks"];
    assert_eq!(marks[0], json!({ "mark": "90", "leader": { "of": DAN.0 } }));
}

#[test]
fn a_group_below_the_threshold_leaves_the_score_incomplete_and_shows_nothing() {
    let told = evaluated().office().ask(&result(CAI, EXPLANATION));
    let it = &told["it"];
    assert_eq!((&it["score"], &it["grade"], &it["explanation"]["exact"]), (&Value::Null, &Value::Null, &Value::Null));
    let public = &it["explanation"]["groups"][2];
    assert_eq!((&public["gap"], &public["dimensions"]), (&json!("BELOW_THRESHOLD"), &json!([])));
    let lines = it["explanation"]["steps"].as_array().unwrap();
    assert_eq!(lines.last().unwrap()["text"], "score: incomplete, since the group public has none");
}

#[test]
fn one_sees_ones_own_result_the_scope_its_people_and_nobody_else() {
    let twin = evaluated();
    let own = |role, member, scope| twin.by(Some(viewer(role, member, scope)));
    let ana = own(Role::Member, Some(ANA), None);
    assert_eq!(ana.ask(&result(ANA, "score"))["it"]["score"], "89.65");
    assert_eq!(ana.code(&result(BAO, "score")), "policy.denied");
    let east = own(Role::BranchSecretary, None, Some(EAST));
    assert_eq!(east.ask(&result(BAO, "score"))["it"]["score"], "88.65");
    assert_eq!(east.code(&result(CAI, "score")), "policy.denied", "of the other branch of the same round");
    assert_eq!(own(Role::Integration, None, None).code(&result(ANA, "score")), "policy.denied");

    let listed = format!(r#"{{ round(id: "{}") {{ results {{ nodes {{ member {{ of }} }} }} }} }}"#, ROUND.0);
    let ids = |told: Value| -> Vec<String> {
        let nodes = told["round"]["results"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["member"]["of"].as_str().unwrap().to_owned()).collect()
    };
    let text = |members: &[MemberId]| members.iter().map(|member| member.0.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(twin.office().ask(&listed)), text(&[ANA, BAO, CAI]));
    assert_eq!(ids(east.ask(&listed)), text(&[ANA, BAO]));
    assert_eq!(ids(own(Role::Auditor, None, Some(WEST)).ask(&listed)), text(&[CAI]));
    assert_eq!(ids(ana.ask(&listed)), text(&[ANA]));
    let of_ana =
        format!(r#"{{ member(id: "{}") {{ roundResults {{ nodes {{ score period {{ text }} }} }} }} }}"#, ANA.0);
    let score = json!([{ "score": "89.65", "period": { "text": "2022-Q1" } }]);
    assert_eq!(ana.ask(&of_ana)["member"]["roundResults"]["nodes"], score);
    let colleague = own(Role::Member, Some(BAO), None);
    assert_eq!(colleague.ask(&of_ana)["member"]["roundResults"]["nodes"], json!([]));
}

#[test]
fn a_correction_is_a_new_version_and_the_old_one_is_kept() {
    let twin = told_with([opened(), given(), counted(), published(), appealed()]);
    let asked = "version score versions { version scoreBefore explanation { score } correction { appeal reason by
        putRight { kind group reviewer { of } } } }
        appeals { id upheld text answer answeredBy correction overdue }";
    let told = twin.by(Some(viewer(Role::Member, Some(ANA), None))).ask(&result(ANA, asked));
    let it = &told["it"];
    assert_eq!((&it["version"], &it["score"]), (&json!(2), &json!("90.15")));
    let first = json!({ "version": 1, "scoreBefore": null, "explanation": { "score": "89.65" }, "correction": null });
    let put_right = json!([{ "kind": "MARKS", "group": null, "reviewer": { "of": DAN.0 } }]);
    let correction = json!({ "appeal": APPEAL.0, "reason": "属实", "by": "committee", "putRight": put_right });
    let second =
        json!({ "version": 2, "scoreBefore": "89.65", "explanation": { "score": "90.15" }, "correction": correction });
    assert_eq!(it["versions"], json!([first, second]));
    let appeal = json!({
        "id": APPEAL.0, "upheld": true, "text": "打分录入有误", "answer": "属实", "answeredBy": "committee",
        "correction": 2, "overdue": false,
    });
    assert_eq!(it["appeals"], json!([appeal]));
    let before = twin.facts.lock().unwrap().len() - appealed().len();
    let then = format!(
        r#"{{ it: roundResult(round: "{}", member: "{}", asOf: {{ position: {before} }}) {{ score versions {{ version }} }} }}"#,
        ROUND.0, ANA.0
    );
    assert_eq!(twin.office().ask(&then)["it"], json!({ "score": "89.65", "versions": [{ "version": 1 }] }));
}

#[test]
fn comments_are_shown_once_released_and_texts_to_whoever_sees_them() {
    let asked = "selfReview { text times } leaderReviews { times comment released withheldReason hasComment }";
    let twin = evaluated();
    let told = twin.by(Some(viewer(Role::Member, Some(ANA), None))).ask(&result(ANA, asked));
    assert_eq!(told["it"]["selfReview"], json!({ "text": "本季度自评", "times": 2 }));
    let shown =
        json!({ "times": 2, "comment": "勤勉尽责", "released": true, "withheldReason": null, "hasComment": true });
    let withheld =
        json!({ "times": 1, "comment": null, "released": false, "withheldReason": "涉及他人", "hasComment": true });
    assert_eq!(told["it"]["leaderReviews"], json!([shown, withheld]));
    let auditor = twin.by(Some(viewer(Role::Auditor, None, None))).ask(&result(ANA, asked));
    assert_eq!(auditor["it"]["selfReview"]["text"], Value::Null);
    assert_eq!(auditor["it"]["leaderReviews"][0]["comment"], Value::Null);
}

#[test]
fn a_result_opens_to_the_events_behind_it() {
    let asked = "events(first: 100) { nodes { type } }";
    let told = evaluated().office().ask(&result(ANA, asked));
    let nodes = told["it"]["events"]["nodes"].as_array().unwrap().clone();
    let types: Vec<&str> = nodes.iter().map(|node| node["type"].as_str().unwrap()).collect();
    let expected = [
        "round_drafted",
        "round_opened",
        "round_roster_fixed",
        "round_leader_review_given",
        "round_leader_review_given",
        "round_leader_review_given",
        "round_paper_returned",
        "round_paper_returned",
        "round_paper_counted",
        "round_paper_counted",
        "round_closed",
        "round_tallied",
        "round_comment_moderated",
        "round_comment_moderated",
        "round_grades_decided",
        "round_published",
        "round_result_published",
    ];
    assert_eq!(types, expected);
    assert_eq!(evaluated().by(Some(viewer(Role::Member, Some(ANA), None))).ask(&result(ANA, asked)), told);
}

#[test]
fn a_published_round_is_recounted_from_its_bundle() {
    let twin = evaluated();
    let asked = format!(r#"{{ round(id: "{}") {{ bundle }} }}"#, ROUND.0);
    let told = twin.office().ask(&asked);
    let bundle: Value = serde_json::from_str(told["round"]["bundle"].as_str().unwrap()).unwrap();
    assert_eq!((&bundle["yearly"], &bundle["rules"]["threshold"]), (&json!(false), &json!(5)));
    let peer = json!({ "group": "peer", "eligible": 6, "issued": 6, "returned": 5, "took_part": 5 });
    let public = json!({ "group": "public", "eligible": 9, "issued": 9, "returned": 8, "took_part": 8 });
    assert_eq!(bundle["groups"], json!([{ "group": "leader" }, peer, public]));
    let ana = &bundle["people"][0];
    assert_eq!((&ana["member"], &ana["branch"]), (&json!(ANA.0), &json!(EAST.0)));
    assert_eq!(ana["stated"], json!({ "score": "89.65", "grade": "qualified", "rank": 1 }));
    assert_eq!(ana["marks"][DAN.0.to_string()], json!({ "duty": "90", "contests": "80" }));
    let discipline = json!({ "grades": { "excellent": 3, "qualified": 2 }, "unknown": 1, "invalid": 0 });
    assert_eq!(ana["counts"]["peer"]["discipline"], discipline);
    let cai = &bundle["people"][2];
    assert_eq!((&cai["counts"]["public"], &cai["stated"]["rank"]), (&Value::Null, &Value::Null));
    let dan = &bundle["people"][3];
    assert_eq!((&dan["graded"], &dan["marks"]), (&json!(false), &json!({})));
    let east = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    assert_eq!(east.code(&asked), "policy.denied", "it holds the results of the other branch too");
}
