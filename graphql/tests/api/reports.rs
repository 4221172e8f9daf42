//! Kinds of faults that were reported of other evaluation and survey systems and of GraphQL libraries, tried on the API.
//! A comment names the reports as `repository#number`; where a rule has a test of its own elsewhere, it is not repeated.

use domain::id::{MemberId, RoundId};
use domain::round::{Group, RoundEvent};
use graphql::viewer::Role;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::evaluation::{ROUND, SECRETS, evaluated, of_round, opened, told_with};
use crate::story::{ANA, BAO, CAI, NOBODY};
use crate::support::{Asking, viewer};

fn member(of: MemberId) -> Asking {
    evaluated().by(Some(viewer(Role::Member, Some(of), None)))
}

fn result(round: RoundId, of: MemberId) -> String {
    format!(r#"{{ it: roundResult(round: "{}", member: "{}") {{ score }} }}"#, round.0, of.0)
}

// neo4j#1079
#[test]
fn what_is_out_of_reach_and_what_is_not_there_answer_alike() {
    let told = |question: &str| serde_json::to_string(&member(BAO).response(question, Value::Null)).unwrap();
    let out_of_reach = told(&result(ROUND, ANA));
    assert!(out_of_reach.contains("policy.denied"), "{out_of_reach}");
    for (round, of) in [(ROUND, CAI), (ROUND, NOBODY), (RoundId(ANA.0), ANA), (RoundId(ANA.0), NOBODY)] {
        assert_eq!(told(&result(round, of)), out_of_reach, "{round} {of}");
    }
}

// envelop#892
#[test]
fn asking_for_the_schema_beside_something_skips_no_check() {
    let beside = |question: String| question.replacen('{', "{ __typename __schema { queryType { name } } ", 1);
    let response = member(BAO).response(&beside(result(ROUND, ANA)), Value::Null);
    let code = response.errors[0].extensions.as_ref().and_then(|facts| facts.get("code")).cloned();
    assert_eq!((response.errors.len(), code), (1, Some("policy.denied".into())));
    let data = response.data.into_json().unwrap();
    assert_eq!((&data["it"], &data["__schema"]["queryType"]["name"]), (&Value::Null, &json!("Query")));
    let nobody = evaluated().by(None).response(&beside(result(ROUND, ANA)), Value::Null);
    assert_eq!(nobody.data.into_json().unwrap()["it"], Value::Null);
}

// neo4j/graphql#4617, graphcool#503, Dolibarr PR36328
#[test]
fn no_way_around_leads_to_anothers_result() {
    let fields = "score explanation { score exact }";
    let round = ROUND.0;
    for around in [
        format!(
            "member(id: \"{}\") {{ branch {{ members(first: 3) {{ nodes {{ id roundResults(first: 3) {{ nodes {{ {fields} }} }} }} }} }} }}",
            BAO.0
        ),
        format!("members(first: 3) {{ nodes {{ id roundResults(first: 3) {{ nodes {{ {fields} }} }} }} }}"),
        format!(
            "round(id: \"{round}\") {{ roster(first: 3) {{ nodes {{ member {{ of }} result {{ {fields} }} }} }} }}"
        ),
        format!(
            "round(id: \"{round}\") {{ results(first: 3) {{ nodes {{ member {{ member {{ roundResults(first: 3) {{ nodes {{ {fields} }} }} }} }} }} }} }}"
        ),
        format!(
            "rounds(first: 3) {{ nodes {{ roster(first: 3) {{ nodes {{ member {{ member {{ roundResults(first: 3) {{ nodes {{ {fields} }} }} }} }} }} }} }} }}"
        ),
    ] {
        let asked = format!("{{ {around} }}");
        let all = serde_json::to_string(&evaluated().office().response(&asked, Value::Null)).unwrap();
        assert!(all.contains(SECRETS[0]), "the office gets there: {all}");
        let response = member(BAO).response(&asked, Value::Null);
        let code = |error: &async_graphql::ServerError| error.extensions.as_ref()?.get("code").cloned();
        assert!(response.errors.iter().all(|error| code(error) == Some("policy.denied".into())), "{response:?}");
        let told = serde_json::to_string(&response).unwrap();
        for secret in &SECRETS[..2] {
            assert!(!told.contains(secret), "{around}: {secret} in {told}");
        }
    }
}

// opendatasurvey#840
#[test]
fn a_turnout_of_nobody_is_none_and_no_number() {
    let closed = RoundEvent::Closed { closed_at: "2022-04-10T10:00:00Z".parse::<Timestamp>().unwrap() };
    let (group, attempt, returned, blank) = (Group::Public, 1, 0, 0);
    let nothing = RoundEvent::PaperReturned { group, attempt, returned, blank };
    let twin = told_with([opened(), vec![of_round(nothing), of_round(closed)]]);
    let asked = "voting { group eligible returned tookPart turnout }";
    let told = twin.office().ask(&format!(r#"{{ it: round(id: "{}") {{ {asked} }} }}"#, ROUND.0));
    let public = json!({ "group": "PUBLIC", "eligible": 0, "returned": 0, "tookPart": 0, "turnout": null });
    assert_eq!(told["it"]["voting"][2], public);
    assert_eq!(told["it"]["voting"][1]["turnout"], Value::Null, "the box was never opened");
}
