//! The schema as a contract: described, linted by others' rules, and never broken by accident.
//!
//! `graphql/released.graphql` is the schema of the last release. It is written anew with a release (`sanping schema graphql`), and
//! `graphql/accepted.txt` emptied. A change that breaks clients of it fails, unless that file names it with a date and a reason.

use std::fs;
use std::path::Path;

use async_graphql::parser::types::TypeKind;
use harness::client::Api;
use harness::server::Server;
use infra::auth::SignIn;
use serde_json::{Value, json};

use crate::clients::told_by;
use crate::derived::root;
use crate::sdl::{Sdl, deprecated};

/// What is not described in a schema, and deprecations that do not say until when and what instead.
fn lacking(sdl: &Sdl) -> Vec<String> {
    let mut lacking = Vec::new();
    let mut look = |name: String, described: bool, reason: Option<String>| {
        if !described {
            lacking.push(format!("{name} is not described"));
        }
        if reason.is_some_and(|reason| !says_when_and_what(&reason)) {
            lacking.push(format!("{name} is deprecated without a date and what to use"));
        }
    };
    for (name, of) in &sdl.0 {
        look(name.clone(), says(of.description.as_ref().map(|text| text.node.as_str())), None);
        for field in sdl.fields(name) {
            let path = format!("{name}.{}", field.name.node);
            for argument in field.arguments.iter().map(|argument| &argument.node) {
                let said = says(argument.description.as_ref().map(|text| text.node.as_str()));
                look(format!("{path}({})", argument.name.node), said, deprecated(&argument.directives));
            }
            look(path, says(field.description.as_ref().map(|text| text.node.as_str())), deprecated(&field.directives));
        }
        for input in sdl.inputs(name) {
            let said = says(input.description.as_ref().map(|text| text.node.as_str()));
            look(format!("{name}.{}", input.name.node), said, deprecated(&input.directives));
        }
        if let TypeKind::Enum(of) = &of.kind {
            for value in of.values.iter().map(|value| &value.node) {
                let said = says(value.description.as_ref().map(|text| text.node.as_str()));
                look(format!("{name}.{}", value.value.node), said, deprecated(&value.directives));
            }
        }
    }
    lacking
}

fn says(description: Option<&str>) -> bool {
    description.is_some_and(|text| !text.trim().is_empty())
}

/// `YYYY-MM-DD: use …`: the day it was deprecated, and what takes its place.
fn says_when_and_what(reason: &str) -> bool {
    let Some((day, instead)) = reason.split_once(": use ") else { return false };
    day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok() && !instead.trim().is_empty()
}

#[test]
fn everything_in_the_schema_is_described_and_deprecations_are_dated() {
    assert_eq!(lacking(&Sdl::read(&graphql::schema::sdl())), Vec::<String>::new());
    let made_up = "\"A\" type A { \"b\" b(\"c\" c: Int, d: Int): Int @deprecated(reason: \"2026-11-30: use e\")
                   \"e\" e: Int @deprecated(reason: \"no longer\") \"\" f: Int \"g\" g: Int @deprecated }
                   enum E { V \"w\" W } \"I\" input I { x: Int }";
    let found = lacking(&Sdl::read(made_up));
    for named in ["A.b(d) is", "A.e is deprecated", "A.f is", "A.g is deprecated", "E is", "E.V is", "I.x is"] {
        assert!(found.iter().any(|told| told.starts_with(named)), "{named}: {found:?}");
    }
    assert_eq!(found.len(), 7, "{found:?}");
}

fn text(of: &Value, name: &str) -> String {
    of[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_schema_passes_the_rules_of_graphql_eslint() {
    let linted = |file: String| async move {
        let findings = told_by("lint.mjs", &[&file]).await;
        findings.iter().map(|found| format!("{} {}: {}", found["line"], found["rule"], found["message"])).collect()
    };
    let ours: Vec<String> = linted(root().join("graphql/schema.graphql").display().to_string()).await;
    assert!(ours.is_empty(), "{} findings:\n{}", ours.len(), ours.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.graphql");
    let bad = "type Query { thing_one: Thing things: ThingConnection } type Thing { id: ID! } \
               type ThingConnection { nodes: [Thing!]! } type Lost { id: ID! } enum State { on off }";
    fs::write(&file, bad).unwrap();
    let theirs: Vec<String> = linted(file.display().to_string()).await;
    for rule in ["require-description", "naming-convention", "no-unreachable-types", "relay-connection-types"] {
        assert!(theirs.iter().any(|found| found.contains(rule)), "{rule} finds nothing: {theirs:#?}");
    }
}

/// What breaks between an earlier and a later schema: `TYPE description`.
async fn broken(pairs: &[(&Path, &Path)]) -> Vec<Vec<String>> {
    let files: Vec<String> =
        pairs.iter().flat_map(|(earlier, later)| [earlier, later]).map(|file| file.display().to_string()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut broken = vec![Vec::new(); pairs.len()];
    for change in told_by("changes.mjs", &files).await {
        let pair = usize::try_from(change["pair"].as_u64().unwrap()).unwrap();
        broken[pair].push(format!("{} {}", text(&change, "type"), text(&change, "description")));
    }
    broken
}

/// The changes that were accepted: `YYYY-MM-DD reason | TYPE description`.
fn accepted() -> Vec<String> {
    let kept = fs::read_to_string(root().join("graphql/accepted.txt")).unwrap();
    let lines = kept.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (why, change) = line.split_once(" | ").unwrap_or_else(|| panic!("not `date reason | change`: {line}"));
            let (day, reason) = why.split_once(' ').unwrap_or_else(|| panic!("no reason: {line}"));
            assert!(day.parse::<jiff::civil::Date>().is_ok() && reason.len() > 20, "a date and a reason: {line}");
            change.to_owned()
        })
        .collect()
}

#[tokio::test]
async fn no_change_of_the_schema_breaks_clients_unless_it_was_accepted() {
    let (released, ours) = (root().join("graphql/released.graphql"), root().join("graphql/schema.graphql"));
    let found = broken(&[(&released, &ours)]).await.remove(0);
    let accepted = accepted();
    let new: Vec<_> = found.iter().filter(|change| !accepted.contains(change)).collect();
    assert!(new.is_empty(), "these break clients; take them back, or accept them in graphql/accepted.txt:\n{new:#?}");
    let gone: Vec<_> = accepted.iter().filter(|change| !found.contains(change)).collect();
    assert!(gone.is_empty(), "accepted, but there is no such change: {gone:#?}");
}

/// The comparison finds what breaks, and lets pass what does not.
#[tokio::test]
async fn what_breaks_clients_is_found_and_what_does_not_is_not() {
    let earlier = "type Query { a(x: Int): A b: [B!] } type A { name: String! old: Int } enum B { ONE TWO } \
                   input I { x: Int y: Int } type Mutation { do(input: I): Int } type Lost { x: Int }";
    let changes = [
        ("old: Int }", "}", Some("FIELD_REMOVED")),
        ("name: String!", "name: String", Some("FIELD_CHANGED_KIND")),
        ("name: String!", "name: Int!", Some("FIELD_CHANGED_KIND")),
        ("a(x: Int)", "a(x: Int, y: Int!)", Some("REQUIRED_ARG_ADDED")),
        ("a(x: Int)", "a(x: Int!)", Some("ARG_CHANGED_KIND")),
        ("a(x: Int)", "a", Some("ARG_REMOVED")),
        ("ONE TWO", "ONE", Some("VALUE_REMOVED_FROM_ENUM")),
        ("y: Int }", "y: Int z: Int! }", Some("REQUIRED_INPUT_FIELD_ADDED")),
        ("y: Int }", "}", Some("FIELD_REMOVED")),
        ("input I {", "input I @oneOf {", Some("INPUT_NOW_ONE_OF")),
        ("b: [B!]", "b: B", Some("FIELD_CHANGED_KIND")),
        ("type Lost { x: Int }", "", Some("TYPE_REMOVED")),
        ("old: Int }", "old: Int new: Int }", None),
        ("a(x: Int)", "a(x: Int, y: Int)", None),
        ("ONE TWO", "ONE TWO THREE", None),
        ("old: Int }", "old: Int! }", None),
        ("old: Int }", "old: Int @deprecated(reason: \"2026-11-30: use name\") }", None),
        ("type A {", "\"An A.\" type A {", None),
        ("b: [B!]", "b: [B!]!", None),
    ];
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let before = write("before", earlier);
    let later: Vec<_> = changes
        .iter()
        .enumerate()
        .map(|(number, (from, to, _))| {
            assert_eq!(earlier.matches(from).count(), 1, "{from}");
            write(&number.to_string(), &earlier.replace(from, to))
        })
        .collect();
    let pairs: Vec<(&Path, &Path)> = later.iter().map(|file| (before.as_path(), file.as_path())).collect();
    for ((from, to, breaks), found) in changes.iter().zip(broken(&pairs).await) {
        match breaks {
            Some(kind) => assert!(found.iter().any(|change| change.starts_with(kind)), "{from} -> {to}: {found:?}"),
            None => assert_eq!(found, Vec::<String>::new(), "{from} -> {to}"),
        }
    }
}

#[tokio::test]
async fn what_the_bench_asks_goes_with_the_schema() {
    let mut server = Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await;
    let api = Api::at(&server.open(SignIn::Development).await);
    for (document, code) in [
        (include_str!("../bench/layer/board.graphql"), json!("metric.unknown")),
        (include_str!("../bench/layer/trail.graphql"), Value::Null),
    ] {
        let answer = api.ask(document, json!({ "metric": "bench_premium" })).await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    server.stop().await;
}
