//! Between opening and publication nobody learns a score, a mark or a count; whoever works on them is recorded.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use graphql::viewer::{Role, Viewer};
use serde_json::{Value, json};

use crate::evaluation::{ROUND, SECRETS, counted, evaluated, given, opened, published, told_with};
use crate::story::{ANA, BAO, EAST};
use crate::support::viewer;
use crate::twin::Twin;

const RESULT: &str = "version score grade explanation { score exact grade reason steps { text } groups { score
    dimensions { mean marks { mark } grades { count } } } } versions { version explanation { score } }
    leaderReviews { comment released withheldReason }";

/// Every way that leads to a result, and the pages about it.
fn questions() -> Vec<String> {
    let (round, ana) = (ROUND.0, ANA.0);
    let entry = format!(
        "member {{ of }} reviewsReceived leaderReviews {{ times comment released withheldReason }} result {{ {RESULT} }}"
    );
    vec![
        format!(r#"roundResult(round: "{round}", member: "{ana}") {{ {RESULT} }}"#),
        format!(r#"round(id: "{round}") {{ stage version voting {{ issued returned turnout }} bundle }}"#),
        format!(r#"round(id: "{round}") {{ results {{ totalCount nodes {{ {RESULT} }} }} }}"#),
        format!(
            r#"round(id: "{round}") {{ me {{ {entry} }} roster {{ nodes {{ {entry} }} }} appeals {{ nodes {{ id }} }} }}"#
        ),
        format!(r#"member(id: "{ana}") {{ roundResults {{ nodes {{ {RESULT} }} }} }}"#),
        format!(
            r#"auditTrail(filter: {{ subject: {{ kind: ROUND, id: "{round}" }} }}, first: 100) {{ nodes {{ type reason }} }}"#
        ),
        format!(
            r#"auditTrail(filter: {{ subject: {{ kind: MEMBER, id: "{ana}" }} }}, first: 100) {{ nodes {{ type reason }} }}"#
        ),
    ]
}

fn viewers() -> Vec<Viewer> {
    vec![
        viewer(Role::Member, Some(ANA), None),
        viewer(Role::Member, Some(BAO), None),
        viewer(Role::BranchSecretary, None, Some(EAST)),
        viewer(Role::Leader, None, None),
        viewer(Role::Office, None, None),
        viewer(Role::Auditor, None, None),
        viewer(Role::Integration, None, None),
    ]
}

/// What is asked of a path and answered to a viewer at a moment, errors included.
fn answered(viewer: &Viewer, question: &str, position: usize) -> String {
    let twin = evaluated();
    let at = format!("asOf: {{ position: {position} }}, ");
    let asked = question.replacen('(', &format!("({at}"), 1);
    let response = twin.by(Some(viewer.clone())).response(&format!("{{ {asked} }}"), Value::Null);
    serde_json::to_string(&response).unwrap()
}

#[test]
fn no_path_tells_anything_before_publication_whenever_it_is_asked() {
    let before = evaluated().facts.lock().unwrap().len() - published().len();
    for viewer in viewers() {
        for question in questions() {
            for position in [before - counted().len(), before - 2, before] {
                let answer = answered(&viewer, &question, position);
                for secret in SECRETS {
                    assert!(
                        !answer.contains(secret),
                        "{:?} {question} at {position}: {secret} in {answer}",
                        viewer.held
                    );
                }
            }
        }
    }
    let after = answered(&viewer(Role::Office, None, None), &questions()[0], before + published().len());
    assert!(SECRETS.iter().all(|secret| after.contains(secret)), "and afterwards it is all there: {after}");
}

const PROPOSAL: &str = "stage version results { pageInfo { endCursor hasNextPage } nodes { member { of } explanation { score grade proposed } } }";

fn proposal(arguments: &str) -> String {
    format!(r#"{{ it: roundProposal(round: "{}"{arguments}) {{ {PROPOSAL} }} }}"#, ROUND.0)
}

fn reads() -> String {
    let subject = format!(r#"subject: {{ kind: ROUND, id: "{}" }}"#, ROUND.0);
    format!("{{ recordedReads({subject}) {{ nodes {{ viewer what position subjects {{ of }} }} }} }}")
}

#[test]
fn the_committee_works_on_the_proposal_and_each_look_is_recorded() {
    let twin = told_with([opened(), given(), counted()]);
    let told = twin.office().ask(&proposal(", first: 2"));
    let nodes = told["it"]["results"]["nodes"].as_array().unwrap();
    assert_eq!((&told["it"]["stage"], nodes.len()), (&json!("DECIDED"), 2));
    let ana = json!({ "member": { "of": ANA.0 }, "explanation": { "score": "89.65", "grade": "qualified", "proposed": "qualified" } });
    assert_eq!(nodes[0], ana);
    let cursor = told["it"]["results"]["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = twin.office().ask(&proposal(&format!(r#", first: 2, after: "{cursor}""#)));
    assert_eq!(rest["it"]["results"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(rest["it"]["results"]["pageInfo"]["hasNextPage"], false);

    let position = twin.facts.lock().unwrap().len().to_string();
    let look = json!({ "viewer": "office", "what": "proposal", "position": position, "subjects": [{ "of": ROUND.0 }] });
    assert_eq!(twin.office().ask(&reads())["recordedReads"]["nodes"], json!([look, look]));
    let auditor = twin.by(Some(viewer(Role::Auditor, None, None)));
    let told = auditor.ask(&reads());
    let whats: Vec<_> = told["recordedReads"]["nodes"].as_array().unwrap().iter().map(|node| &node["what"]).collect();
    assert_eq!(whats, ["proposal", "proposal", "reads"], "who looked here is there too");
    let leader = twin.by(Some(viewer(Role::Leader, None, None)));
    assert_eq!(leader.code(&reads()), "policy.denied");
}

#[test]
fn a_look_that_cannot_be_recorded_is_not_answered() {
    let twin = told_with([opened(), given(), counted()]);
    twin.deaf.store(true, Ordering::Relaxed);
    let response = twin.office().response(&proposal(""), Value::Null);
    assert_eq!(response.data.clone().into_json().unwrap(), json!({ "it": null }));
    assert_eq!(response.errors.len(), 1);
}

#[test]
fn the_proposal_is_for_the_committee_and_only_until_publication() {
    let twin = told_with([opened(), given(), counted()]);
    for viewer in viewers().into_iter().filter(|viewer| viewer.roles().ne([Role::Office])) {
        assert_eq!(twin.by(Some(viewer)).code(&proposal("")), "policy.denied");
    }
    let of_east = twin.by(Some(viewer(Role::Office, None, Some(EAST))));
    assert_eq!(of_east.code(&proposal("")), "policy.denied", "the round covers another branch too");
    for parts in [vec![opened(), given()], vec![opened(), given(), counted(), published()]] {
        let twin = told_with(parts);
        assert_eq!(twin.office().ask(&proposal(""))["it"], Value::Null);
        assert!(twin.looks.lock().unwrap().is_empty(), "nothing was looked at");
    }
}

#[test]
fn comments_are_looked_at_before_they_are_shown_and_that_is_recorded() {
    let asked = format!(
        r#"{{ roundComments(round: "{}", first: 1) {{ nodes {{ reviewer {{ of }} comment released }} pageInfo {{ hasNextPage }} }} }}"#,
        ROUND.0
    );
    let twin = told_with([opened(), given()]);
    let told = twin.office().ask(&asked);
    let comments = &told["roundComments"];
    assert_eq!(
        (&comments["nodes"][0]["comment"], &comments["pageInfo"]["hasNextPage"]),
        (&json!("勤勉尽责"), &json!(true))
    );
    assert_eq!(twin.looks.lock().unwrap()[0].what, "comments");
    assert_eq!(told_with([opened()]).office().ask(&asked)["roundComments"], Value::Null, "not before the close");
    assert_eq!(twin.by(Some(viewer(Role::Leader, None, None))).code(&asked), "policy.denied");
}

#[test]
fn the_trail_keeps_back_what_became_of_a_comment_until_publication_and_at_earlier_moments_for_good() {
    let query = |at: &str| {
        format!(
            r#"{{ auditTrail(filter: {{ type: "round_comment_moderated" }}{at}) {{ nodes {{ position reason body }} }} }}"#
        )
    };
    let shown = |told: Value| {
        let nodes = told["auditTrail"]["nodes"].as_array().unwrap().clone();
        let said: Vec<_> = nodes.iter().map(|node| (node["reason"].clone(), node["body"].is_string())).collect();
        (said, nodes.last().unwrap()["position"].as_str().unwrap().to_owned())
    };
    for viewer in [viewer(Role::Office, None, None), viewer(Role::BranchSecretary, None, None)] {
        let before = told_with([opened(), given(), counted()]).by(Some(viewer.clone()));
        let (said, last) = shown(before.ask(&query("")));
        assert_eq!(said, [(Value::Null, false), (Value::Null, false)]);
        let after = evaluated().by(Some(viewer));
        assert_eq!(shown(after.ask(&query(""))).0, [(Value::Null, true), (Value::Null, true)]);
        let then = format!(r#", asOf: {{ position: "{last}" }}"#);
        assert_eq!(shown(after.ask(&query(&then))).0, [(Value::Null, false), (Value::Null, false)]);
    }
}

#[test]
fn the_events_behind_a_review_keep_back_what_became_of_its_comment_until_publication() {
    let types = |twin: &Arc<Twin>, viewer: &Viewer, at: &str| -> Vec<String> {
        let asked = format!(
            r#"{{ round(id: "{}"{at}) {{ roster {{ nodes {{ leaderReviews {{ events(first: 2) {{ nodes {{ type }}
                pageInfo {{ hasNextPage }} }} }} }} }} }} }}"#,
            ROUND.0
        );
        let told = twin.by(Some(viewer.clone())).ask(&asked);
        let people = told["round"]["roster"]["nodes"].as_array().unwrap().iter();
        let reviews = people.flat_map(|person| person["leaderReviews"].as_array().unwrap());
        let nodes = reviews.flat_map(|review| review["events"]["nodes"].as_array().unwrap());
        nodes.map(|node| node["type"].as_str().unwrap().to_owned()).collect()
    };
    let (given_once, moderated) = ("round_leader_review_given", "round_comment_moderated");
    for viewer in [viewer(Role::Office, None, None), viewer(Role::BranchSecretary, None, Some(EAST))] {
        let before = told_with([opened(), given(), counted()]);
        assert_eq!(types(&before, &viewer, ""), [given_once; 3], "of two leaders, one of whom gave it twice");
        let (after, then) = (evaluated(), before.facts.lock().unwrap().len());
        let shown = types(&after, &viewer, "");
        assert!(shown.iter().any(|name| name == moderated), "once it is published: {shown:?}");
        let then = format!(r#", asOf: {{ position: "{then}" }}"#);
        assert_eq!(types(&after, &viewer, &then), [given_once; 3], "and as of then for good");
    }
}
