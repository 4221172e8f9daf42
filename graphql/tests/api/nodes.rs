//! Things by their ids: found under the one they were shown under, as whoever asks may see them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{BadgeCheckId, GrantId, RoundId};
use domain::member::MemberEvent;
use graphql::viewer::Role;
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::aftermath::{TALK, talks};
use crate::evaluation::{ROUND, appealed, counted, given, opened, published, told_with};
use crate::story::{ANA, BAO, CAI, CONTEST, COUNTER, DRILL, EAST, NOBODY, WEST, branch, member, sealed};
use crate::support::{Asking, viewer};
use crate::twin::Twin;

const GRANT: GrantId = GrantId(Uuid::from_u128(0x6001));

/// The story with a round to its end, talks, a record and a grant.
fn everything() -> Arc<Twin> {
    let check = BadgeCheckId(Uuid::from_u128(0x99));
    let checked = MemberEvent::BadgeChecked { check, on: date(2022, 1, 5), place: sealed("大厅"), worn: true };
    let (to, role) = (domain::id::ActorId("o-clerk".to_owned()), domain::grant::Role::Leader);
    let from = date(2022, 1, 1);
    let granted = domain::branch::BranchEvent::RoleGranted { grant: GRANT, to, role, from, until: None };
    let more = vec![member(ANA, checked), branch(EAST, granted)];
    told_with([opened(), given(), counted(), published(), appealed(), talks(), more])
}

/// A thing of every kind, by what shows it: `__typename id`.
fn shown(asking: &Asking) -> Vec<(String, String)> {
    let is = "__typename id";
    let one = |field: &str, id: &dyn ToString| format!("{field}(id: \"{}\") {{ {is} }}", id.to_string());
    let fields = [
        one("member", &ANA),
        one("branch", &EAST),
        one("outlet", &COUNTER),
        one("training", &DRILL),
        one("competition", &CONTEST),
        one("talk", &TALK),
        one("round", &ROUND),
        format!("metrics(first: 1) {{ nodes {{ {is} }} }}"),
        format!("ruleSets(first: 1) {{ nodes {{ {is} }} }}"),
        format!("grants(first: 1) {{ nodes {{ {is} }} }}"),
        format!("auditTrail(first: 1, reverse: true) {{ nodes {{ {is} }} }}"),
        format!("member(id: \"{}\") {{ records(first: 1) {{ nodes {{ {is} }} }} }}", ANA.0),
        format!("round(id: \"{}\") {{ appeals(first: 1) {{ nodes {{ {is} }} }} }}", ROUND.0),
        format!("round(id: \"{}\") {{ roster(first: 1) {{ nodes {{ {is} }} }} }}", ROUND.0),
        format!("round(id: \"{}\") {{ results(first: 1) {{ nodes {{ {is} }} }} }}", ROUND.0),
    ];
    fields.iter().map(|field| only(&asking.ask(&format!("{{ {field} }}")))).collect()
}

/// The one thing in an answer.
fn only(of: &Value) -> (String, String) {
    match of {
        Value::Object(fields) if fields.contains_key("__typename") => {
            let text = |name: &str| fields[name].as_str().unwrap().to_owned();
            (text("__typename"), text("id"))
        }
        Value::Object(fields) => only(fields.values().next().unwrap()),
        Value::Array(items) => only(&items[0]),
        other => panic!("nothing is shown: {other}"),
    }
}

fn node(id: &str) -> String {
    format!("{{ node(id: {}) {{ __typename id }} }}", Value::from(id))
}

/// The same as of another moment.
fn at(id: &str, moment: &str) -> String {
    format!("{{ nodes(ids: [{}], {moment}) {{ __typename id }} }}", Value::from(id))
}

#[test]
fn whatever_is_shown_with_an_id_is_found_by_it() {
    let twin = everything();
    let office = twin.office();
    let shown = shown(&office);
    for (kind, id) in &shown {
        assert_eq!(office.ask(&node(id))["node"], json!({ "__typename": kind, "id": id }), "{kind}");
    }
    // But for contact points, of which the story has none.
    let found: BTreeSet<&str> = shown.iter().map(|(kind, _)| kind.as_str()).chain(["ContactPoint"]).collect();
    let sdl = graphql::schema::sdl();
    let types = sdl.lines().filter_map(|line| line.strip_prefix("type "));
    let nodes: BTreeSet<&str> = types.filter_map(|line| line.strip_suffix(" implements Node {")).collect();
    assert_eq!(found, nodes);
    let ids: Vec<&str> = shown.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "no two things have one id");
    let asked = json!({ "ids": ([&ids[..], &["nothing"]].concat()) });
    let all = office.with("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", asked);
    let expected = shown.iter().map(|(kind, id)| json!({ "__typename": kind, "id": id })).chain([Value::Null]);
    assert_eq!(all["nodes"], expected.collect::<Value>(), "in the order they were asked for");
}

/// Every type with a field `id` is a node, so that a store that keeps things by it never takes one for another.
#[test]
fn nothing_has_an_id_but_nodes() {
    let sdl = graphql::schema::sdl();
    let mut of = "";
    let mut with_id = BTreeSet::new();
    for line in sdl.lines() {
        of = line.strip_prefix("type ").unwrap_or(of);
        if line.starts_with("\tid: ") && line != "\tid: String!" {
            with_id.insert(of);
        }
        of = if line == "}" { "" } else { of };
    }
    assert!(with_id.remove(""), "inputs and the interface");
    assert!(with_id.len() > 15 && with_id.iter().all(|of| of.ends_with(" implements Node {")), "{with_id:?}");
}

/// A list that is paged is a connection as Relay has it.
#[test]
fn whatever_is_paged_is_a_connection() {
    let sdl = graphql::schema::sdl();
    let types: Vec<(&str, &str)> = sdl
        .split("\ntype ")
        .skip(1)
        .filter_map(|of| of.split_once(" {"))
        .map(|(name, body)| (name, body.split("\n}").next().unwrap()))
        .collect();
    let mut paged = 0;
    for (name, body) in &types {
        let fields: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix('\t')).collect();
        if name.ends_with("Edge") {
            assert!(fields.contains(&"cursor: String!"), "{name}");
            assert!(fields.iter().any(|field| field.starts_with("node: ")), "{name}");
        }
        if name.ends_with("Connection") || fields.iter().any(|field| field.starts_with("pageInfo: ")) {
            paged += 1;
            assert!(fields.contains(&"pageInfo: PageInfo!"), "{name}");
            assert!(fields.iter().any(|field| field.starts_with("edges: [") && field.ends_with("Edge!]!")), "{name}");
        }
    }
    let info = types.iter().find(|(name, _)| *name == "PageInfo").unwrap().1;
    for field in ["hasNextPage: Boolean!", "hasPreviousPage: Boolean!", "startCursor: String", "endCursor: String"] {
        assert!(info.lines().any(|line| line.trim() == field), "{field}");
    }
    assert!(paged > 20, "{paged}");
}

#[test]
fn what_is_out_of_reach_and_what_is_no_id_are_null_alike() {
    let twin = everything();
    let of_east = shown(&twin.office());
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    let leaver = twin.by(Some(viewer(Role::Member, Some(CAI), None)));
    let both = ["Metric", "RuleSet", "Round", "RosterEntry", "RoundResult", "Competition", "Appeal", "Event"];
    for (kind, id) in of_east.iter().filter(|(kind, _)| !both.contains(&kind.as_str())) {
        for asking in [&west, &leaver] {
            let response = asking.response(&node(id), Value::Null);
            assert_eq!(
                (response.data.into_json().unwrap(), &response.errors),
                (json!({ "node": null }), &vec![]),
                "{kind}"
            );
        }
    }
    let forged = |text: String| URL_SAFE_NO_PAD.encode(text);
    for id in [
        NOBODY.to_string(),
        Uuid::max().to_string(),
        String::new(),
        "no id".to_owned(),
        "\u{0}".to_owned(),
        "x".repeat(10_000),
        forged(format!("Member:{}", ANA.0)),
        forged(format!("Record:{}:{}", NOBODY.0, ANA.0)),
        forged(format!("RosterEntry:{}:{}", NOBODY.0, ANA.0)),
        forged(format!("RoundResult:{}:{}", ROUND.0, NOBODY.0)),
        forged(format!("Event:1:{}", Uuid::max())),
        forged(format!("Event:{}:{}", i64::MAX, Uuid::NAMESPACE_OID)),
        forged("RuleSet:9223372036854775807".to_owned()),
        forged("Metric:none".to_owned()),
    ] {
        for asking in [&twin.office(), &west, &leaver] {
            let response = asking.response(&node(&id), Value::Null);
            assert_eq!(
                (response.data.into_json().unwrap(), &response.errors),
                (json!({ "node": null }), &vec![]),
                "{id:?}"
            );
        }
    }
    assert_eq!(twin.by(None).code(&node(&ANA.to_string())), "unauthenticated");
    let many = vec![ANA.to_string(); 101];
    let response = twin.office().response("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": many }));
    assert!(format!("{:?}", response.errors).contains("input.too_many"), "{:?}", response.errors);
}

/// An event is shown to whoever may see the trail of something that it concerns, a result to whom it is of.
#[test]
fn what_is_seen_in_part_is_found_in_part() {
    let twin = everything();
    let found = |asking: &Asking, id: &str| asking.ask(&node(id))["node"].is_object();
    let trail = twin.office().ask("{ auditTrail(first: 100) { nodes { id position } } }");
    let events: Vec<&str> =
        trail["auditTrail"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    let own = west.ask("{ auditTrail(first: 100) { nodes { id } } }");
    let own: Vec<&Value> = own["auditTrail"]["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    for id in events.iter().take(17) {
        assert_eq!(found(&west, id), own.contains(&&json!(id)), "as the trail tells it");
    }
    let results = twin
        .office()
        .ask(&format!("{{ round(id: \"{}\") {{ results {{ nodes {{ id member {{ of }} }} }} }} }}", ROUND.0));
    for result in results["round"]["results"]["nodes"].as_array().unwrap() {
        let bao = twin.by(Some(viewer(Role::Member, Some(BAO), None)));
        assert_eq!(found(&bao, result["id"].as_str().unwrap()), result["member"]["of"] == json!(BAO.0), "{result}");
    }
}

/// From the opening to publication no result is found, whoever asks.
#[test]
fn no_result_is_found_before_it_is_published() {
    let id = URL_SAFE_NO_PAD.encode(format!("RoundResult:{}:{}", ROUND.0, ANA.0));
    assert_eq!(told_with([opened(), given(), counted()]).office().ask(&node(&id))["node"], Value::Null);
    assert_eq!(everything().office().ask(&node(&id))["node"]["__typename"], "RoundResult");
    assert_eq!(everything().office().ask(&at(&id, "asOf: { position: \"18\" }"))["nodes"][0], Value::Null);
}

#[test]
fn a_node_is_as_of_the_moment_that_is_asked_for() {
    let twin = everything();
    let office = twin.office();
    let asked = |as_of: &str| {
        let text = format!("{{ nodes(ids: [\"{}\"], {as_of}) {{ ... on Member {{ standing }} }} }}", ANA.0);
        office.ask(&text)["nodes"][0].clone()
    };
    assert_eq!(asked("asOf: { position: \"3\" }"), Value::Null, "she was not there yet");
    assert_eq!(asked("asOf: { position: \"4\" }"), json!({ "standing": "ON_DUTY" }));
    assert_eq!(asked("atLeast: \"17\""), json!({ "standing": "SUSPENDED" }));
    assert_eq!(office.code(&at(&ANA.to_string(), "atLeast: \"9999\"")), "position.beyond_head");
    let round = RoundId(ROUND.0).to_string();
    assert_eq!(office.ask(&at(&round, "asOf: { position: \"17\" }"))["nodes"][0], Value::Null);
}

/// As many statements whatever there is, and no more for a hundred than for one.
#[test]
fn how_often_a_node_reads_does_not_tell_what_is_there() {
    let twin = everything();
    let west = twin.by(Some(viewer(Role::BranchSecretary, None, Some(WEST))));
    let reads = |text: &str| {
        twin.reads.store(0, Ordering::Relaxed);
        west.ask(text);
        twin.reads.load(Ordering::Relaxed)
    };
    assert_eq!(reads(&node(&ANA.to_string())), reads(&node(&NOBODY.to_string())));
    assert_eq!(reads(&node(&COUNTER.to_string())), reads(&node(&NOBODY.to_string())));
    let one = reads(&format!("{{ nodes(ids: [\"{}\"]) {{ id }} }}", CAI.0));
    let ids = vec![format!("\"{}\"", CAI.0); 100].join(" ");
    // What comes late on a busy machine is a batch of its own; one for each would be there every time.
    let hundred = (0..5).map(|_| reads(&format!("{{ nodes(ids: [{ids}]) {{ id }} }}"))).min().unwrap();
    assert!(hundred <= 3 * one, "{hundred} for a hundred, {one} for one");
}

/// What stands on several pages has an id on each, and one that commands take.
#[test]
fn a_record_is_known_by_its_page_and_taken_for_itself() {
    let twin = everything();
    let office = twin.office();
    let text = format!("{{ member(id: \"{}\") {{ records {{ nodes {{ id record }} }} }} }}", ANA.0);
    let record = office.ask(&text)["member"]["records"]["nodes"][0].take();
    assert_eq!(record["record"], json!(Uuid::from_u128(0x99)));
    let settle = |commitment: &Value| {
        let input = json!({ "member": ANA.0, "commitment": commitment, "on": "2022-06-30", "outcome": "FULFILLED" });
        crate::mutations::send(&office, "settleCommitment", &input)["refusal"].clone()
    };
    assert_eq!((settle(&record["id"]), settle(&record["record"])), (Value::Null, Value::Null));
    let sent: Vec<_> = twin.sent.lock().unwrap().iter().map(|(_, command, _)| command.clone()).collect();
    assert_eq!(sent[0], sent[1]);
}
