//! What concerns somebody in a round is placed by their branch at its opening, wherever they move later.

use std::sync::Arc;

use domain::event::Event;
use domain::id::{MemberId, RoundId};
use domain::member::MemberEvent;
use domain::round::{Basis, Group, MemberResult, QuarterResult, Rostered, RoundEvent};
use domain::stream::StreamId;
use graphql::viewer::{Role, Viewer};
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::evaluation::{
    LEADER, ROUND, appealed, counted, decided, given, of_round, opened, published, quarter, rules, told_with,
};
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
    let text = format!("{{ dues{arguments} {{ nodes {{ kind appeals {{ member {{ of }} }} }} }} }}");
    let told = twin.by(Some(viewer)).ask(&text);
    let whose =
        |node: &Value| node["appeals"].as_array().unwrap().iter().map(|of| of["member"]["of"].clone()).collect();
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
        "{{ auditTrail(filter: {{ {filter} }}, first: 100) {{ nodes {{ type concerns {{ of }} subject {{ kind }} }} }} }}"
    );
    let told = twin.by(Some(viewer)).ask(&text);
    let nodes = told["auditTrail"]["nodes"].as_array().unwrap().iter();
    let concerns = |node: &Value| node["concerns"].as_array().unwrap().contains(&json!({ "of": ANA.0 }));
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

const YEAR: RoundId = RoundId(Uuid::from_u128(0x78));

/// The year is evaluated where she is by now, and her quarter elsewhere is part of it.
fn year() -> Vec<(StreamId, Event)> {
    let (period, at) = ("2022".parse().unwrap(), "2023-01-10T10:00:00Z".parse().unwrap());
    let MemberResult { score, .. } = decided(true).results.remove(&ANA).unwrap();
    let quarters = vec![QuarterResult { quarter: quarter(), round: ROUND, score: score.unwrap(), days: 90 }];
    let basis = Basis::Year { quarters, reviews: None, comparisons: vec![], performance: None };
    let result = MemberResult { basis, ..decided(true).results.remove(&ANA).unwrap() };
    let people = vec![Rostered { member: ANA, branch: WEST, since: date(2022, 4, 25), on_probation: false }];
    let events = [
        RoundEvent::Drafted { branches: vec![WEST], period, rules_version: 1 },
        RoundEvent::Opened { rules: rules(), groups: vec![], closes_at: at, scrutineers: vec![] },
        RoundEvent::RosterFixed { people, leaders: vec![], peers: vec![], suspended: vec![] },
        RoundEvent::Published { version: 1, publicity_until: at, appeal_until: at },
        RoundEvent::ResultPublished { member: ANA, branch: WEST, period, version: 1, result, score_before: None },
    ];
    events.map(|event| (YEAR.into(), event.into())).to_vec()
}

/// Every event behind something of Ana's, by the pages of one; at `path` of what is answered.
fn behind(twin: &Arc<Twin>, viewer: Viewer, asked: &str, path: &str) -> Vec<String> {
    let (asking, mut types, mut after) = (twin.by(Some(viewer)), vec![], String::new());
    loop {
        let events = format!("events(first: 1{after}) {{ nodes {{ type }} pageInfo {{ hasNextPage endCursor }} }}");
        let told = asking.ask(&format!("{{ it: {} }}", asked.replace("EVENTS", &events)));
        let page = told.pointer(&format!("/it{path}/events")).unwrap();
        let nodes = page["nodes"].as_array().unwrap().iter();
        types.extend(nodes.map(|node| node["type"].as_str().unwrap().to_owned()));
        match page["pageInfo"]["hasNextPage"] == true {
            true => after = format!(", after: {}", page["pageInfo"]["endCursor"]),
            false => return types,
        }
    }
}

#[test]
fn what_moved_somebody_on_a_board_is_told_where_they_were_at_the_opening() {
    let twin = appealing();
    twin.then(year());
    let board = format!(
        r#"board: {{ subject: MEMBER, measure: {{ roundScore: true }}, period: {{ quarter: {{ year: 2022, quarter: 1 }} }},
            within: "{}" }}"#,
        WEST.0
    );
    let head = twin.facts.lock().unwrap().len();
    let change = format!(
        r#"leaderboardChange({board}, from: {{ position: "1" }}, to: {{ position: "{head}" }}) {{ nodes {{ subject {{ of }} EVENTS }} }}"#
    );
    let standing = format!(r#"rank({board}, subject: "{}") {{ subject {{ of }} EVENTS }}"#, ANA.0);
    let result = format!(r#"roundResult(round: "{}", member: "{}") {{ EVENTS }}"#, YEAR.0, ANA.0);
    let published = "round_result_published";
    for (asked, path, here) in [(&change, "/nodes/0", 0), (&standing, "", 0), (&result, "", 1)] {
        let times = |viewer| {
            let types = behind(&twin, viewer, asked, path);
            (types.iter().filter(|name| *name == published).count(), types)
        };
        let elsewhere = here + 1;
        assert_eq!(times(viewer(Role::Office, None, None)).0, elsewhere, "{asked}");
        assert_eq!(times(myself(ANA)).0, elsewhere, "one's own is one's own: {asked}");
        for viewer in [secretary(WEST), viewer(Role::Auditor, None, Some(WEST))] {
            let (times, types) = times(viewer);
            assert_eq!(times, here, "not where somebody is now: {asked}: {types:?}");
        }
    }
}
