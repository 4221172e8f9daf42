//! A leader reads back the own marks, a scrutineer the own counts, before publication: nobody else's, and nobody else.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::event::Event;
use domain::id::{ActorId, MemberId};
use domain::round::{Group, RoundEvent, Void};
use domain::stream::StreamId;
use graphql::viewer::{Role, Viewer};
use serde_json::{Value, json};

use crate::evaluation::{LEADER, ROUND, counted, given, of_round, opened, published, told_with};
use crate::story::{ANA, BAO, CAI, DAN, EAST, sealed};
use crate::support::viewer;
use crate::twin::Twin;

const OWN: &str = "ownReview { marks { dimension title mark } comment times } ownCounts { group attempt times
    dimensions { dimension unknown invalid grades { grade count } } }";

fn asked(arguments: &str) -> String {
    format!(r#"{{ it: round(id: "{}"{arguments}) {{ roster {{ nodes {{ member {{ of }} {OWN} }} }} }} }}"#, ROUND.0)
}

fn member(who: MemberId) -> Viewer {
    viewer(Role::Member, Some(who), None)
}

fn closed() -> Arc<Twin> {
    told_with([opened(), given()])
}

/// What is told of Ana.
fn of_ana(told: &Value, field: &str) -> Value {
    let nodes = told["it"]["roster"]["nodes"].as_array().unwrap();
    nodes.iter().find(|node| node["member"]["of"] == json!(ANA.0)).unwrap()[field].clone()
}

/// What all of them are told, apart from who they are told of.
fn anything(told: &Value) -> Vec<Value> {
    let nodes = told["it"]["roster"]["nodes"].as_array().unwrap();
    nodes.iter().flat_map(|node| [node["ownReview"].clone(), node["ownCounts"].clone()]).collect()
}

fn looks(twin: &Twin) -> Vec<(String, &'static str)> {
    twin.looks.lock().unwrap().iter().map(|look| (look.viewer.0.clone(), look.what)).collect()
}

#[test]
fn a_leader_reads_back_the_own_marks_and_nobody_elses() {
    let twin = closed();
    let of_dan = of_ana(&twin.by(Some(member(DAN))).ask(&asked("")), "ownReview");
    let mark =
        |dimension: &str, title: &str, mark: &str| json!({ "dimension": dimension, "title": title, "mark": mark });
    let marks = &of_dan["marks"];
    assert_eq!((&of_dan["comment"], &of_dan["times"]), (&json!("勤勉尽责"), &json!(2)));
    assert_eq!(marks[0], mark("duty", marks[0]["title"].as_str().unwrap(), "90"));
    let of_other = of_ana(&twin.by(Some(member(LEADER))).ask(&asked("")), "ownReview");
    assert_eq!((&of_other["comment"], &of_other["marks"][1]["mark"]), (&json!("不宜公开"), &json!("95")));
    // One look for a page, however many there are on it.
    assert_eq!(looks(&twin), [("member".to_owned(), "own_review"), ("member".to_owned(), "own_review")]);
    let cai = of_ana(&twin.by(Some(member(DAN))).ask(&asked("")), "ownCounts");
    assert_eq!(cai, Value::Null, "who marks does not count");
}

#[test]
fn a_scrutineer_reads_back_the_own_counts() {
    let twin = closed();
    let of_bao = of_ana(&twin.by(Some(member(BAO))).ask(&asked("")), "ownCounts");
    let count = &of_bao[0];
    assert_eq!((of_bao.as_array().unwrap().len(), &count["group"], &count["times"]), (1, &json!("PEER"), &json!(1)));
    let discipline = count["dimensions"].as_array().unwrap().iter().find(|of| of["dimension"] == "discipline").unwrap();
    assert_eq!(
        (&discipline["unknown"], &discipline["grades"][0]),
        (&json!(1), &json!({ "grade": "excellent", "count": 3 }))
    );
    assert_eq!(looks(&twin), [("member".to_owned(), "own_counts")]);
    let void = RoundEvent::GroupVoided {
        group: Group::Peer,
        attempt: 1,
        cause: Void::Turnout,
        eligible: 6,
        issued: 6,
        returned: 3,
    };
    let twin = told_with([opened(), given(), vec![of_round(void)]]);
    let of_cai = of_ana(&twin.by(Some(member(CAI))).ask(&asked("")), "ownCounts");
    assert_eq!((of_cai, looks(&twin)), (json!([]), vec![]), "the ballots of a void group stay closed");
}

#[test]
fn nobody_else_is_told_what_somebody_gave() {
    let others = [
        member(ANA),
        viewer(Role::BranchSecretary, None, Some(EAST)),
        viewer(Role::Leader, None, None),
        viewer(Role::Office, None, None),
        viewer(Role::Auditor, Some(DAN), None),
        viewer(Role::Integration, None, None),
    ];
    for viewer in others {
        let twin = closed();
        let told = twin.by(Some(viewer.clone())).ask(&asked(""));
        assert!(anything(&told).iter().all(Value::is_null), "{viewer:?}: {told}");
        assert!(looks(&twin).is_empty());
    }
}

#[test]
fn what_was_given_is_read_back_from_the_opening_to_publication_as_it_counts_now() {
    let reopened = || {
        let by = |actor: &str| ActorId(actor.to_owned());
        let reason = sealed("计票场所不保密");
        vec![of_round(RoundEvent::Reopened {
            version: 2,
            reason,
            proposed_by: by("office"),
            by: by("other"),
            closes_at: "2022-05-01T10:00:00Z".parse().unwrap(),
        })]
    };
    let nothing = |parts: Vec<Vec<(StreamId, Event)>>, who: MemberId| {
        let twin = told_with(parts);
        let told = anything(&twin.by(Some(member(who))).ask(&asked("")));
        assert!(told.iter().all(|told| told.is_null() || *told == json!([])), "{told:?}");
        assert!(looks(&twin).is_empty());
    };
    for who in [DAN, BAO] {
        nothing(vec![opened()], who);
        nothing(vec![opened(), given(), reopened()], who);
        nothing(vec![opened(), given(), counted(), published()], who);
    }
    let twin = told_with([opened(), given(), counted()]);
    let before = twin.facts.lock().unwrap().len() - counted().len() - given().len();
    let then = twin.by(Some(member(DAN))).ask(&asked(&format!(", asOf: {{ position: {before} }}")));
    assert_eq!(of_ana(&then, "ownReview")["comment"], "勤勉尽责", "as of now, whatever moment is asked for");
}

#[test]
fn what_cannot_be_recorded_as_looked_at_is_not_read_back() {
    let twin = closed();
    twin.deaf.store(true, Ordering::Relaxed);
    for who in [DAN, BAO] {
        let response = twin.by(Some(member(who))).response(&asked(""), Value::Null);
        assert!(!response.errors.is_empty());
        assert!(anything(&response.data.into_json().unwrap()).iter().all(|told| told.is_null() || *told == json!([])));
    }
}
