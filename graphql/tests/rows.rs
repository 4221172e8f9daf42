//! Whatever is shown of a row opens to the events behind it.

use std::collections::BTreeMap;
use std::path::Path;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeKind, TypeSystemDefinition};

/// Types with a row that do not open to events, and why.
const CLOSED: &[(&str, &str)] = &[
    ("Event", "is one itself"),
    (
        "CommentUnderReview",
        "is looked at during the freeze; what became of it is told by the review once it is published",
    ),
];

/// What a root field answers without `events` of its own, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("Log", "is of the log itself"),
    ("Viewer", "is of who asks"),
    ("Node", "is one of the other types, each of which opens or says why not"),
    ("Report", "each of its figures opens"),
    ("LeaderboardChange", "each of its moves opens"),
    ("Event", "is one itself"),
    ("RulePreset", "is of this build"),
    ("RoundPlan", "nothing has happened yet: it is what a draft would be"),
    ("RoundProposal", "is looked at during the freeze; once it is published, each result opens"),
    ("CommentUnderReview", "is looked at during the freeze; once it is published, the review opens"),
    ("RecordedRead", "is in no event: a look changes nothing"),
    ("WhatIf", "is of what did not happen, of the round it names, which opens"),
    ("Fairness", "its sources are rounds, each of which opens"),
];

#[test]
fn whatever_a_root_field_answers_opens_to_its_events_or_says_why_not() {
    let schema = parse_schema(graphql::schema::sdl()).expect("the schema is one");
    let objects: BTreeMap<String, Vec<(String, String)>> = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of) => match of.node.kind {
                TypeKind::Object(object) => Some((of.node.name.node.to_string(), object.fields)),
                TypeKind::Interface(interface) => Some((of.node.name.node.to_string(), interface.fields)),
                _other => None,
            },
            _other => None,
        })
        .map(|(name, fields)| {
            let named = |field: &Positioned<FieldDefinition>| {
                let of = field.node.ty.node.to_string();
                (field.node.name.node.to_string(), of.replace(['!', '[', ']'], ""))
            };
            (name, fields.iter().map(named).collect())
        })
        .collect();
    let mut asked = 0;
    for (field, of) in &objects["Query"] {
        let of = of.strip_suffix("Connection").unwrap_or(of);
        let opens = objects[of].iter().any(|(name, of)| name == "events" && of == "EventConnection");
        let otherwise = OTHERWISE.iter().any(|(otherwise, _)| *otherwise == of);
        assert!(opens != otherwise, "{field} answers {of}: it has `events`, or a reason why not in this test");
        asked += 1;
    }
    assert!(asked > 30, "{asked} fields");
}

/// The structs declared in a source with a field that holds a row.
fn with_a_row(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for declared in source.split("\npub struct ").skip(1) {
        let name: String = declared.chars().take_while(char::is_ascii_alphanumeric).collect();
        let body = declared.split("\n}").next().expect("a struct ends");
        let fields = body.lines().skip(1).filter(|line| !line.trim_start().starts_with("//"));
        let of_row = |line: &str| {
            let held = line.split(": ").nth(1).unwrap_or_default();
            let held = held.trim_end_matches(',').trim_start_matches("Arc<").trim_end_matches('>');
            held.ends_with("Row")
        };
        if fields.into_iter().any(of_row) {
            found.push(name);
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.extend(with_a_row(&std::fs::read_to_string(&path).expect("a source is text"))),
        }
    }
}

#[test]
fn every_type_that_shows_a_row_opens_to_its_events() {
    let mut shown = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/query"), &mut shown);
    let sdl = graphql::schema::sdl();
    let mut opened = Vec::new();
    for name in shown {
        // What is no type of the API shows nothing by itself.
        let plain = sdl.split(&format!("\ntype {name} {{")).nth(1);
        let Some(body) = plain.or_else(|| sdl.split(&format!("\ntype {name} implements ")).nth(1)) else { continue };
        let body = body.split("\n}").next().expect("a type ends");
        let opens = body.lines().any(|line| line.starts_with("\tevents("));
        let closed = CLOSED.iter().any(|(closed, _)| *closed == name);
        assert!(opens != closed, "{name} shows a row: it has `events`, or a reason why not in this test");
        opened.extend(opens.then_some(name));
    }
    for name in
        ["Member", "MemberYear", "Branch", "Outlet", "Record", "Round", "RosterEntry", "Standing", "Talk", "Due"]
    {
        assert!(opened.iter().any(|opened| opened == name), "{name} is found to show a row: {opened:?}");
    }
    assert!(
        sdl.split("\ntype LeaderboardEntry {")
            .nth(1)
            .is_some_and(|body| { body.split("\n}").next().is_some_and(|body| body.contains("\tevents(")) })
    );
}
