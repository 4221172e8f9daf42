//! The body of a command, as its hash sees it, is the same for ever: `golden/commands/<kind>/<command>[__case].json`.
//!
//! A command that is sent again is known by the hash of its body. Were a field renamed, moved, or written where it was
//! not given, every command sent before would be answered as another one under the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use domain::world::Command;
use serde_json::Value;

const KINDS: [(&str, &str, &str, &str); 3] = [
    ("member", "Member", "MemberCommand", include_str!("../src/member/command.rs")),
    ("branch", "Branch", "BranchCommand", include_str!("../src/branch/command.rs")),
    ("round", "Round", "RoundCommand", include_str!("../src/round/command.rs")),
];

/// The bodies of a kind, by the file's name without its ending.
fn bodies(kind: &str) -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/commands").join(kind);
    let files = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    let body = |path: PathBuf| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII").to_owned();
        let text = fs::read_to_string(&path).expect("a text");
        (name, text.strip_suffix('\n').expect("a line").to_owned())
    };
    files.map(body).collect()
}

/// The commands that the source declares.
fn declared(source: &str, of: &str) -> BTreeSet<String> {
    let body = source.split(&format!("pub enum {of} {{")).nth(1).expect("the enum is declared");
    let lines = body.split("\n}").next().expect("the enum ends").lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

/// The command's name in a body, and its fields where it has some with names.
fn parts(body: &str, kind: &str) -> (String, BTreeMap<String, Value>) {
    let mut body: Value = serde_json::from_str(body).expect("JSON");
    match body[kind][1].take() {
        Value::String(name) => (name, BTreeMap::new()),
        Value::Object(command) => {
            let (name, fields) = command.into_iter().next().expect("a command has a name");
            let fields = fields.as_object().cloned().unwrap_or_default();
            (name, fields.into_iter().collect())
        }
        other => panic!("{other} is no command"),
    }
}

#[test]
fn every_body_is_the_same_byte_for_byte() {
    for (kind, ..) in KINDS {
        for (name, body) in bodies(kind) {
            let command: Command = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{kind}/{name}: {error}"));
            let now = serde_json::to_string(&command).expect("a command is a plain tree");
            assert_eq!(now, body, "{kind}/{name}: who sent this before would be refused as if it were another command");
        }
    }
}

#[test]
fn every_command_has_a_body_here() {
    for (kind, wrapped, of, source) in KINDS {
        let held: BTreeSet<String> = bodies(kind).values().map(|body| parts(body, wrapped).0).collect();
        assert_eq!(declared(source, of), held, "in golden/commands/{kind}");
    }
}

#[test]
fn every_part_that_can_be_missing_is_there_once_and_missing_once() {
    for (kind, wrapped, ..) in KINDS {
        let mut seen: BTreeMap<(String, String), BTreeSet<bool>> = BTreeMap::new();
        let commands: Vec<_> = bodies(kind).values().map(|body| (parts(body, wrapped), body.clone())).collect();
        for ((name, fields), body) in &commands {
            for field in fields.keys() {
                let mut without: Value = serde_json::from_str(body).expect("JSON");
                without[wrapped][1][name][field] = Value::Null;
                if serde_json::from_value::<Command>(without).is_ok() {
                    for ((_, fields), _) in commands.iter().filter(|((other, _), _)| other == name) {
                        let there = fields.get(field).is_some_and(|value| !value.is_null());
                        seen.entry((name.clone(), field.clone())).or_default().insert(there);
                    }
                }
            }
        }
        assert!(!seen.is_empty());
        let one_way: Vec<_> = seen.iter().filter(|(_, ways)| ways.len() < 2).collect();
        assert!(one_way.is_empty(), "golden/commands/{kind} shows only one way of {one_way:?}");
    }
}
