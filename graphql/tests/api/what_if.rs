//! A published round under other rules.

use domain::branch::BranchEvent;
use domain::id::BranchId;
use domain::round::RoundEvent;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::aftermath::*;
use crate::story::{ANA, BAO, CAI, DAN, EAST, branch};
use crate::support::{Asking, viewer};

const FIELDS: &str = "isWhatIf notice { en zh } entries { subject { of } before { score grade rank } \
                      after { score grade rank } exact borderTie missing }";

fn asked(rules: &str, fields: &str) -> String {
    format!("{{ whatIf(round: \"{}\", rules: {{ {rules} }}) {{ {fields} }} }}", SPRING.0)
}

fn what_if(asking: &Asking, rules: &str, fields: &str) -> Value {
    asking.ask(&asked(rules, fields))["whatIf"].take()
}

#[test]
fn other_bands_show_other_grades_beside_those_that_stand_and_say_they_are_no_result() {
    let twin = with_a_round(leaders_only());
    let bands = r#"bands: [{ grade: "excellent", from: "93" }, { grade: "qualified", from: "0" }]"#;
    let found = what_if(&twin.office(), bands, FIELDS);
    assert_eq!(found["isWhatIf"], true);
    assert!(found["notice"]["zh"].as_str().unwrap().contains("试算"));
    let stand = |score: &str, grade: &str, rank: u64| json!({ "score": score, "grade": grade, "rank": rank });
    let entry = |of: domain::id::MemberId, before: Value, after: Value, exact: &str| json!({ "subject": { "of": of.0 }, "before": before, "after": after, "exact": exact, "borderTie": false, "missing": [] });
    let nothing = json!({ "score": null, "grade": null, "rank": null });
    let expected = json!([
        entry(BAO, stand("95.00", "excellent", 1), stand("95.00", "excellent", 1), "95"),
        entry(ANA, stand("90.00", "excellent", 2), stand("90.00", "qualified", 2), "90"),
        entry(CAI, stand("90.00", "excellent", 2), stand("90.00", "qualified", 2), "90"),
        { "subject": { "of": DAN.0 }, "before": nothing, "after": nothing, "exact": null, "borderTie": false,
          "missing": ["LEADER"] },
    ]);
    assert_eq!(found["entries"], expected);
    let board = "{ leaderboard(board: { subject: MEMBER, measure: { roundScore: true }, period: { quarter: { year: 2022, quarter: 1 } } }) { nodes { score } } }";
    let scores = twin.office().ask(board);
    assert_eq!(
        scores["leaderboard"]["nodes"],
        json!([{ "score": "95.00" }, { "score": "90.00" }, { "score": "90.00" }])
    );
}

#[test]
fn rules_under_test_begin_with_the_rounds_own_a_preset_or_a_version() {
    let twin = with_a_round(leaders_only());
    let adopted = BranchEvent::RulesAdopted { version: 7, rules: leaders_only() };
    twin.then(vec![branch(BranchId::root(), adopted)]);
    let office = twin.office();
    let scores = |rules: &str| what_if(&office, rules, "entries { after { score } }")["entries"].take();
    let expected = json!([{ "after": { "score": "95.00" } }, { "after": { "score": "90.00" } }, { "after": { "score": "90.00" } },
        { "after": { "score": null } }]);
    assert_eq!(scores("gap: RENORMALISE"), expected);
    assert_eq!(scores("version: 7, trimFrom: null"), expected);
    assert_eq!(office.code(&asked("version: 8", "isWhatIf")), "round.unknown_rules");
    assert_eq!(office.code(&asked("version: 7, preset: DEFAULT", "isWhatIf")), "input.one_of");
    assert_eq!(office.code(&asked("preset: DEFAULT", "isWhatIf")), "round.unknown_dimension", "nobody was asked that");
    let weight = r#"weights: [{ group: PUBLIC, weightPercent: "30" }]"#;
    assert_eq!(office.code(&asked(weight, "isWhatIf")), "round.no_such_group");
}

#[test]
fn rules_that_make_no_score_are_refused_with_all_their_faults() {
    let office = with_a_round(leaders_only()).office();
    let rules = r#"threshold: 2, weights: [{ group: LEADER, weightPercent: "90" }]"#;
    let response = office.response(&asked(rules, "isWhatIf"), Value::Null);
    let error = &response.errors[0];
    assert!(
        error.message.contains("make 90, not 100") && error.message.contains("threshold 2 is under 3"),
        "{error:?}"
    );
    assert_eq!(office.code(&asked(rules, "isWhatIf")), "round.rules_unfit");
}

#[test]
fn a_round_that_is_not_published_or_not_in_reach_is_not_tried() {
    let twin = with_a_round(leaders_only());
    let branches = vec![EAST];
    let drafted = RoundEvent::Drafted { branches, period: "2022-Q2".parse().unwrap(), rules_version: 1 };
    twin.then(vec![of_round(AGAIN, drafted)]);
    let office = twin.office();
    let of = |round: domain::id::RoundId| format!("{{ whatIf(round: \"{}\", rules: {{}}) {{ isWhatIf }} }}", round.0);
    assert_eq!(office.code(&of(AGAIN)), "round.wrong_stage");
    let unknown = domain::id::RoundId(EAST.0);
    assert_eq!(office.ask(&of(unknown)), json!({ "whatIf": null }));
    let secretary = twin.by(Some(viewer(Role::BranchSecretary, None, Some(EAST))));
    assert_eq!(secretary.code(&of(SPRING)), "policy.denied", "it covers the west too");
    assert_eq!(secretary.code(&of(AGAIN)), "round.wrong_stage");
    let member = twin.by(Some(viewer(Role::Member, Some(ANA), None)));
    for round in [SPRING, AGAIN, unknown] {
        assert_eq!(member.code(&of(round)), "policy.denied");
    }
}
