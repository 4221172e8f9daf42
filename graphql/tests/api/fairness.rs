//! The fairness view: of published results, for whoever runs rounds.

use domain::round::Rules;
use graphql::viewer::Role;
use serde_json::{Value, json};

use crate::aftermath::*;
use crate::story::{ANA, DAN, EAST, NOBODY, WEST};
use crate::support::{Asking, viewer};

fn fairness(asking: &Asking, arguments: &str, fields: &str) -> Value {
    let quarter = "period: { quarter: { year: 2022, quarter: 1 } }";
    asking.ask(&format!("{{ fairness({quarter}{arguments}) {{ {fields} }} }}"))["fairness"].take()
}

const SEVERITIES: &str = "rounds threshold severities { leader { of } marks persons own { rounded } others { exact } \
                          severity { rounded exact } } spread { rounded }";

#[test]
fn leaders_are_set_beside_each_other_on_the_same_persons() {
    let twin = with_a_round(leaders_only());
    let found = fairness(&twin.office(), "", SEVERITIES);
    // The second was marked 95 by both, the third 88 and 92; what one leader alone marked says nothing.
    let leader = |of: domain::id::MemberId, own: &str, others: &str, severity: &str, exact: &str| {
        json!({ "leader": { "of": of.0 }, "marks": 2, "persons": 2, "own": { "rounded": own },
            "others": { "exact": others }, "severity": { "rounded": severity, "exact": exact } })
    };
    let severities = [leader(ANA, "91.50", "187/2", "-2.00", "-2"), leader(DAN, "93.50", "183/2", "2.00", "2")];
    let expected = json!({ "rounds": 1, "threshold": 5, "severities": severities, "spread": { "rounded": "4.00" } });
    assert_eq!(found, expected);
    let sources = fairness(&twin.office(), "", "sources { id events(first: 1) { nodes { type } } }");
    let opened = json!([{ "id": SPRING.0, "events": { "nodes": [{ "type": "round_drafted" }] } }]);
    assert_eq!(sources["sources"], opened, "it opens to the events of the rounds that go in");
    let of_the_west = fairness(&twin.office(), &format!(", within: \"{}\"", WEST.0), "severities { marks }");
    assert_eq!(of_the_west, json!({ "severities": [{ "marks": 1 }, { "marks": 1 }] }));
}

#[test]
fn what_is_said_over_persons_is_said_over_enough_of_them() {
    let rules = Rules { threshold: 3, ..leaders_only() };
    let twin = with_a_round(rules.clone());
    twin.then(vec![published(SPRING, NOBODY, EAST, result_of(&rules, &[(DAN, "70")]))]);
    // Somebody who is on no roster has no page: the row of a person begins with the roster.
    let fields = "branches { branch { of } persons grades { grade persons } means { group mean { rounded } } }";
    let found = fairness(&twin.office(), "", fields);
    let few = |branch: domain::id::BranchId| json!({ "branch": { "of": branch.0 }, "persons": 2, "grades": null, "means": [] });
    assert_eq!(found, json!({ "branches": [few(EAST), few(WEST)] }));
}

#[test]
fn before_publication_there_is_nothing_to_be_seen() {
    let twin = with_a_round(leaders_only());
    let before =
        fairness(&twin.office(), r#", asOf: { position: "20" }"#, "rounds severities { marks } branches { persons }");
    assert_eq!(before, json!({ "rounds": 0, "severities": [], "branches": [] }));
}

#[test]
fn only_who_runs_rounds_asks_for_it() {
    let twin = with_a_round(leaders_only());
    let query = "{ fairness(period: { year: 2022 }) { rounds } }";
    for role in [Role::Member, Role::BranchSecretary, Role::Leader, Role::Auditor, Role::Integration] {
        assert_eq!(twin.by(Some(viewer(role, Some(ANA), None))).code(query), "policy.denied", "{role:?}");
    }
    assert_eq!(twin.by(None).code(query), "unauthenticated");
    let of_the_west = twin.by(Some(viewer(Role::Office, None, Some(WEST))));
    assert_eq!(
        fairness(&of_the_west, "", "branches { branch { of } }"),
        json!({ "branches": [{ "branch": { "of": WEST.0 } }] })
    );
}
