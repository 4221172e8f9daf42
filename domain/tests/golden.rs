//! What was stored once decodes for ever: one file or more for each stored name and version of it,
//! `golden/<kind>/<name>[@<version>][__<case>].json`, the first version without a number.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use domain::event::{Event, typed};
use domain::stream::StreamKind;

struct Golden {
    path: PathBuf,
    /// The stored name in the file's name.
    name: String,
    /// The version it was stored in.
    version: String,
    payload: String,
}

fn golden(kind: StreamKind) -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(kind.name());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII");
            let stored = stem.split("__").next().unwrap_or(stem);
            let (name, version) = stored.split_once('@').unwrap_or((stored, "1"));
            let (name, version) = (name.to_owned(), version.to_owned());
            let text = fs::read_to_string(&path).expect("a text");
            let payload = text.strip_suffix('\n').unwrap_or(&text).to_owned();
            Golden { path, name, version, payload }
        })
        .collect()
}

fn every_file_is_read_and_written_back(kind: StreamKind) {
    for Golden { path, name, version, payload } in golden(kind) {
        let event =
            Event::decode(kind, &version, &payload).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(event.name(), name, "{}", path.display());
        // What was stored in an earlier version is read as today's, and would be written so.
        let (own, of) = (event.version(), version.parse::<u32>().expect("a number"));
        assert!(of <= own && (of < own || event.encode() == payload), "{}", path.display());
    }
}

fn every_stored_name_has_a_file(kind: StreamKind) {
    let held: BTreeSet<String> = golden(kind).into_iter().map(|golden| typed(&golden.name, &golden.version)).collect();
    let missing: Vec<String> = Event::types(kind).into_iter().filter(|stored| !held.contains(stored)).collect();
    assert!(missing.is_empty(), "no golden file in golden/{} for {missing:?}", kind.name());
}

/// Of each optional part of an event, not those inside lists or objects.
fn every_part_that_can_be_missing_is_there_once_and_missing_once(kind: StreamKind) {
    let (mut missing, mut there) = (BTreeSet::new(), BTreeSet::new());
    let examples: Vec<(String, serde_json::Value)> = golden(kind)
        .into_iter()
        .map(|Golden { name, payload, .. }| {
            let mut parts: serde_json::Value = serde_json::from_str(&payload).expect("JSON");
            (name.clone(), parts[&name].take())
        })
        .collect();
    for (name, parts) in &examples {
        // A part that came later is left out of what was stored before, and means the same as null.
        let of_this = examples.iter().filter(|(other, _)| other == name);
        let all = of_this.flat_map(|(_, parts)| parts.as_object().expect("an object of parts").keys().cloned());
        for part in all {
            let seen = if parts[&part].is_null() { &mut missing } else { &mut there };
            seen.insert((name.clone(), part));
        }
    }
    // A part that was added later is left out, not empty, where it is missing.
    let left_out = |(name, part): &(String, String)| {
        let parts = |golden: &Golden| serde_json::from_str::<serde_json::Value>(&golden.payload).expect("JSON");
        golden(kind).iter().any(|golden| golden.name == *name && parts(golden)[name].get(part).is_none())
    };
    missing.extend(there.iter().filter(|part| left_out(part)).cloned());
    let never_there: Vec<_> = missing.difference(&there).collect();
    assert!(never_there.is_empty(), "missing in every golden file: {never_there:?}");
    for (name, part) in &there {
        let optional = golden(kind).iter().filter(|golden| golden.name == *name).any(|golden| {
            let mut value: serde_json::Value = serde_json::from_str(&golden.payload).expect("JSON");
            value[name][part] = serde_json::Value::Null;
            Event::decode(kind, "1", &value.to_string()).is_ok()
        });
        let shown = missing.contains(&(name.clone(), part.clone()));
        assert!(!optional || shown, "{name}: {part} can be missing, and no golden file shows it");
    }
}

#[test]
fn every_members_event_decodes_for_ever() {
    every_file_is_read_and_written_back(StreamKind::Member);
    every_stored_name_has_a_file(StreamKind::Member);
    every_part_that_can_be_missing_is_there_once_and_missing_once(StreamKind::Member);
}

#[test]
fn every_branchs_event_decodes_for_ever() {
    every_file_is_read_and_written_back(StreamKind::Branch);
    every_stored_name_has_a_file(StreamKind::Branch);
    every_part_that_can_be_missing_is_there_once_and_missing_once(StreamKind::Branch);
}

#[test]
fn every_rounds_event_decodes_for_ever() {
    every_file_is_read_and_written_back(StreamKind::Round);
    every_stored_name_has_a_file(StreamKind::Round);
    every_part_that_can_be_missing_is_there_once_and_missing_once(StreamKind::Round);
}

#[test]
fn every_kind_of_stream_has_its_golden_test() {
    // A new kind gets a test of its own above.
    assert_eq!(StreamKind::ALL, [StreamKind::Member, StreamKind::Branch, StreamKind::Round]);
}

#[test]
fn what_this_build_does_not_know_is_not_an_event() {
    for payload in ["{}", "null", "{\"member_forgotten\":{}}", "{\"member_probation_ended\":{}}", "{\"member_left\""] {
        assert!(Event::decode(StreamKind::Member, "1", payload).is_err(), "{payload}");
    }
    assert!(Event::decode(StreamKind::Branch, "1", "{\"member_person_amended\":{}}").is_err());
}
