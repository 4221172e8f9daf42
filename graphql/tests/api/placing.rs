//! What concerns somebody in a round is placed by their branch at its opening, wherever they move later.

use std::sync::Arc;

use domain::event::Event;
use domain::id::MemberId;
use domain::member::MemberEvent;
use domain::round::{Group, RoundEvent};
use domain::stream::StreamId;
use graphql::viewer::{Role, Viewer};
use jiff::civil::date;
use serde_json::{Value, json};

use crate::evaluation::{LEADER, appealed, counted, given, of_round, opened, published, rules, told_with};
use crate::story::{ANA, CAI, EAST, NOBODY, WEST, member, sealed};
use crate::support::viewer;
use crate::twin::Twin;

/// Ana moves from the east to the west.
fn moved() -> Vec<(StreamId, Event)> {
    let moved =
        MemberEvent::Transferred { from: EAST, to: WEST, on: date(2022, 4, 25), reason: sealed("工作需要") };
    vec![member(ANA, moved)]
}

/// Ana appeals after she has moved, and nobody has answered yet.
fn appealing() -> Arc<Twin> {
    let filed = appealed().into_iter().take(1).collect();
    told_with([opened(), given(), counted(), published(), moved(), filed])
}

fn secretary(of: domain::id::BranchId) -> Viewer {
    viewer(Role::BranchSecretary, None, Some(of))
}

fn myself(who: MemberId) -> Viewer {
    viewer(Role::Member, Some(who), None)
}

fn due(twin: &Arc<Twin>, viewer: Viewer, arguments: &str) -> Vec<(String, Vec<Value>)> {
    let text = format!("{{ dues{arguments} {{ nodes {{ kind appeals {{ member {{ id }} }} }} }} }}");
    let told = twin.by(Some(viewer)).ask(&text);
    let whose =
        |node: &Value| node["appeals"].as_array().unwrap().iter().map(|of| of["member"]["id"].clone()).collect();
    let nodes = told["dues"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| (node["kind"].as_str().unwrap().to_owned(), whose(node))).collect()
}

#[test]
fn an_appeal_is_due_where_the_appellant_was_at_the_opening() {
    let twin = appealing();
    let appeal = ("APPEAL_ANSWER".to_owned(), vec![json!(ANA.0)]);
    assert!(due(&twin, secretary(EAST), "").contains(&appeal));
    assert!(due(&twin, myself(ANA), "").contains(&appeal), "and to herself, wherever she is");
    assert!(!due(&twin, secretary(WEST), "").contains(&appeal));
    let office = || viewer(Role::Office, None, None);
    assert!(due(&twin, office(), &format!("(within: \"{}\")", EAST.0)).contains(&appeal));
    assert!(!due(&twin, office(), &format!("(within: \"{}\")", WEST.0)).contains(&appeal));
}

#[test]
fn whoever_is_named_from_elsewhere_is_told_when_a_round_closes() {
    let scrutineers = vec![NOBODY];
    let (closes_at, groups) = ("2022-04-10T10:00:00Z".parse().unwrap(), Group::ALL.to_vec());
    let named = of_round(RoundEvent::Opened { rules: rules(), groups, closes_at, scrutineers });
    let twin = told_with([opened(), vec![named]]);
    let close = vec![("ROUND_CLOSE".to_owned(), vec![])];
    assert_eq!(due(&twin, myself(LEADER), ""), close, "a leader");
    assert_eq!(due(&twin, myself(NOBODY), ""), close, "a scrutineer");
    assert_eq!(due(&twin, myself(MemberId(uuid::Uuid::from_u128(0x1D))), ""), [], "nobody else");
    let within = format!("{{ dues(within: \"{}\") {{ position }} }}", EAST.0);
    assert_eq!(twin.by(Some(myself(LEADER))).code(&within), "policy.denied", "the branch itself is out of reach");
}

/// The events of rounds in a trail: their types and whether they concern Ana.
fn of_rounds(twin: &Arc<Twin>, viewer: Viewer, filter: &str) -> Vec<(String, bool)> {
    let text = format!(
        "{{ auditTrail(filter: {{ {filter} }}, first: 100) {{ nodes {{ type concerns {{ id }} subject {{ kind }} }} }} }}"
    );
    let told = twin.by(Some(viewer)).ask(&text);
    let nodes = told["auditTrail"]["nodes"].as_array().unwrap().iter();
    let concerns = |node: &Value| node["concerns"].as_array().unwrap().contains(&json!({ "id": ANA.0 }));
    let of_rounds = nodes.filter(|node| node["subject"]["kind"] == "ROUND");
    of_rounds.map(|node| (node["type"].as_str().unwrap().to_owned(), concerns(node))).collect()
}

#[test]
fn a_trail_tells_of_somebody_in_a_round_where_they_were_at_the_opening() {
    let twin = appealing();
    let ana = format!("subject: {{ kind: MEMBER, id: \"{}\" }}", ANA.0);
    let published = ("round_result_published".to_owned(), true);
    let whole = of_rounds(&twin, viewer(Role::Office, None, None), &ana);
    assert!(whole.contains(&published));
    assert_eq!(of_rounds(&twin, myself(ANA), &ana), whole, "one's own is one's own");
    assert_eq!(of_rounds(&twin, secretary(WEST), &ana), [], "not where somebody is now");
    assert_eq!(of_rounds(&twin, secretary(EAST), &ana), whole, "but where somebody was");
    let cai = format!("{{ auditTrail(filter: {{ subject: {{ kind: MEMBER, id: \"{}\" }} }}) {{ position }} }}", CAI.0);
    assert_eq!(twin.by(Some(secretary(EAST))).code(&cai), "policy.denied", "and nobody who never was here");
    for viewer in [secretary(WEST), viewer(Role::Auditor, None, Some(WEST))] {
        let told = of_rounds(&twin, viewer, "");
        let personal = told.iter().filter(|(name, ana)| *ana && name != "round_roster_fixed");
        // What a leader of this branch gave is told here: it concerns the leader as well.
        let others: Vec<_> = personal.filter(|(name, _)| !name.contains("review") && !name.contains("count")).collect();
        assert_eq!(others, [&("round_comment_moderated".to_owned(), true)], "{told:?}");
        assert!(told.iter().any(|(name, ana)| name == "round_result_published" && !ana), "that of {CAI} is told");
    }
    assert!(of_rounds(&twin, secretary(EAST), "").contains(&published));
}
