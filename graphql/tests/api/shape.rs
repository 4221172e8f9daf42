//! What is answered has the shape the schema promises, also where parts of it are denied.

use std::collections::HashMap;

use graphql::viewer::{Role, Viewer};
use serde_json::{Value, json};

use crate::evaluation::{ROUND, evaluated};
use crate::story::{ANA, BAO, CONTEST, COUNTER, DRILL, EAST, WEST, told};
use crate::support::viewer;

const TYPES: &str = "{ __schema { queryType { name } types { name fields { name args { name type { kind } }
    type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

/// A field: how it is asked for, its name, its type.
type Field = (String, String, Value);

/// The fields of each type; those that must be told something are left out, and what weighs too much for a list.
struct Shapes(HashMap<String, Vec<Field>>);

impl Shapes {
    fn read() -> Self {
        let told = told().office().ask(TYPES);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = |of: &Value| {
            let of_none = |field: &Value| list(&field["args"]).iter().all(|arg| arg["type"]["kind"] != "NON_NULL");
            let asked = |field: &Value| match list(&field["args"]).iter().any(|arg| arg["name"] == "first") {
                true => format!("{}(first: 2)", text(&field["name"])),
                false => text(&field["name"]),
            };
            let fields = list(&of["fields"]).into_iter().filter(of_none).filter(|field| field["name"] != "bundle");
            fields.map(|field| (asked(&field), text(&field["name"]), field["type"].clone())).collect()
        };
        Self(list(&told["__schema"]["types"]).iter().map(|of| (text(&of["name"]), fields(of))).collect())
    }

    /// The fields of a type that are asked for so many levels above the ground: on it, only those without fields.
    fn fields(&self, name: &str, levels: usize) -> impl Iterator<Item = &Field> {
        let fields = self.0.get(name).into_iter().flatten();
        fields.filter(move |(_, _, shape)| levels > 0 || self.0.get(&named(shape)).is_none_or(Vec::is_empty))
    }

    fn selection(&self, name: &str, levels: usize) -> String {
        let of = |(asked, _, shape): &Field| {
            let inner = named(shape);
            match self.0.get(&inner).is_none_or(Vec::is_empty) {
                true => asked.clone(),
                false => format!("{asked} {}", self.selection(&inner, levels - 1)),
            }
        };
        let fields: Vec<String> = self.fields(name, levels).map(of).collect();
        format!("{{ __typename {} }}", fields.join(" "))
    }

    /// Where a value is not of its type.
    fn wrong(&self, value: &Value, shape: &Value, levels: usize, at: &str) -> Vec<String> {
        match (shape["kind"].as_str().unwrap_or_default(), value) {
            ("NON_NULL", Value::Null) => vec![format!("{at} is null")],
            ("NON_NULL", value) => self.wrong(value, &shape["ofType"], levels, at),
            ("LIST", Value::Array(list)) => {
                list.iter().flat_map(|item| self.wrong(item, &shape["ofType"], levels, at)).collect()
            }
            ("OBJECT", Value::Object(map)) => {
                let of = |(_, name, shape): &Field| match map.get(name) {
                    Some(value) => self.wrong(value, shape, levels.saturating_sub(1), &format!("{at}.{name}")),
                    None => vec![format!("{at}.{name} is missing")],
                };
                self.fields(&named(shape), levels).flat_map(of).collect()
            }
            _scalar_or_null => vec![],
        }
    }
}

/// The name of a type under its lists and exclamation marks.
fn named(shape: &Value) -> String {
    match shape["name"].as_str() {
        Some(name) => name.to_owned(),
        None => named(&shape["ofType"]),
    }
}

fn viewers() -> Vec<Viewer> {
    vec![
        viewer(Role::Member, Some(ANA), None),
        viewer(Role::BranchSecretary, None, Some(WEST)),
        viewer(Role::Leader, None, Some(EAST)),
        viewer(Role::Office, None, None),
        viewer(Role::Auditor, None, Some(EAST)),
        viewer(Role::Integration, None, None),
    ]
}

/// How many levels of fields are asked for: of a round fewer, since most of its fields are lists.
fn levels(answered: &str) -> usize {
    match answered {
        "Round" | "RoundConnection" | "RoundResult" => 2,
        _others => 3,
    }
}

fn questions() -> Vec<(String, &'static str)> {
    vec![
        (format!(r#"member(id: "{}")"#, ANA.0), "Member"),
        (format!(r#"member(id: "{}")"#, BAO.0), "Member"),
        (format!(r#"branch(id: "{}")"#, EAST.0), "Branch"),
        (format!(r#"outlet(id: "{}")"#, COUNTER.0), "Outlet"),
        (format!(r#"training(id: "{}")"#, DRILL.0), "Training"),
        (format!(r#"competition(id: "{}")"#, CONTEST.0), "Competition"),
        (format!(r#"round(id: "{}")"#, ROUND.0), "Round"),
        (format!(r#"roundResult(round: "{}", member: "{}")"#, ROUND.0, ANA.0), "RoundResult"),
        ("rounds(first: 1)".to_owned(), "RoundConnection"),
        ("ruleSets(first: 1)".to_owned(), "RuleSetConnection"),
        ("organisation".to_owned(), "Branch"),
        ("members(first: 2)".to_owned(), "MemberConnection"),
        ("trainings(first: 2)".to_owned(), "TrainingConnection"),
        ("auditTrail(first: 2)".to_owned(), "EventConnection"),
        ("report(year: 2022)".to_owned(), "Report"),
    ]
}

#[test]
fn what_is_denied_is_null_and_never_breaks_the_schema() {
    let (shapes, twin, mut denied) = (Shapes::read(), evaluated(), 0);
    let head = twin.facts.lock().unwrap().len().to_string();
    for viewer in viewers() {
        let role = viewer.held[0].role;
        let asking = twin.by(Some(viewer));
        for (question, answered) in questions() {
            let text =
                format!("{{ log {{ position }} it: {question} {} }}", shapes.selection(answered, levels(answered)));
            let response = asking.response(&text, Value::Null);
            let code = |error: &async_graphql::ServerError| error.extensions.as_ref()?.get("code").cloned();
            denied += response.errors.iter().filter(|error| code(error) == Some("policy.denied".into())).count();
            let data = response.data.into_json().expect("the data is JSON");
            assert_eq!(data["log"]["position"], head.as_str(), "{role:?} {question}");
            let shape = json!({ "kind": "OBJECT", "name": answered });
            let wrong = shapes.wrong(&data["it"], &shape, levels(answered), answered);
            assert!(wrong.is_empty(), "{role:?} {question}: {wrong:?}");
        }
    }
    assert!(denied > 50, "only {denied} fields were denied");
}

#[test]
fn a_denied_field_of_a_list_leaves_the_rest_of_the_list() {
    let system = told().by(Some(viewer(Role::Integration, None, None)));
    let response = system.response("{ members(first: 2) { nodes { id counts { services } } } }", Value::Null);
    let node = |member: domain::id::MemberId| json!({ "id": member.0, "counts": null });
    let data = response.data.into_json().expect("the data is JSON");
    assert_eq!(data, json!({ "members": { "nodes": [node(ANA), node(BAO)] } }));
    assert_eq!(response.errors.len(), 2, "and each says why");
}

#[test]
fn a_request_cannot_ask_for_hundreds_of_reports_or_changes_or_a_thousand_reads() {
    let many = |field: &str, times: usize| {
        let fields: String = (0..times).map(|n| format!("f{n}: {field} ")).collect();
        format!("{{ {fields} }}")
    };
    let office = told().office();
    let board = r#"board: { subject: MEMBER, measure: { metric: "premium" }, period: { year: 2022 } }"#;
    let moment = r#"{ position: "17" }"#;
    let fields = [
        "report(year: 2022) { year }".to_owned(),
        "log { position }".to_owned(),
        "viewer { id }".to_owned(),
        "organisation { id }".to_owned(),
        "members(first: 1) { position }".to_owned(),
        "auditTrail(first: 1) { position }".to_owned(),
        r#"metric(code: "premium") { code }"#.to_owned(),
        format!("leaderboard(first: 1, {board}) {{ position }}"),
        format!("leaderboardChange(first: 1, {board}, from: {moment}, to: {moment}) {{ from }}"),
        format!("rank(subject: \"{}\", {board}) {{ rank }}", ANA.0),
    ];
    for field in fields {
        office.ask(&many(&field, 3));
        for times in [21, 400] {
            assert_eq!(office.code(&many(&field, times)), "request.too_many_fields", "{times} times {field}");
        }
    }
}
