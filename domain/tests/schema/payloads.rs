//! What is stored is valid, and what is not an event is not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use domain::catalogue::catalogue;
use domain::event::Event;
use domain::stream::StreamKind;
use jsonschema::Validator;
use serde_json::{Value, json};

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(schema).expect("the catalogue is a JSON Schema")
}

/// The examples that decode for ever: kind, stored name, payload.
fn golden() -> Vec<(StreamKind, String, Value)> {
    let of = |kind: StreamKind| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(kind.name());
        fs::read_dir(folder).expect("a folder").map(move |entry| {
            let text = fs::read_to_string(entry.expect("an entry").path()).expect("a text");
            let payload: Value = serde_json::from_str(&text).expect("JSON");
            let name = payload.as_object().expect("an object").keys().next().expect("a name").clone();
            (kind, name, payload)
        })
    };
    StreamKind::ALL.into_iter().flat_map(of).collect()
}

/// A validator for each type alone.
fn by_type() -> BTreeMap<String, Validator> {
    let whole = catalogue();
    let one = |name: &'static str| {
        let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": whole["$defs"] });
        (name.to_owned(), validator(&schema))
    };
    StreamKind::ALL.into_iter().flat_map(Event::names).map(|name| one(name)).collect()
}

#[test]
fn every_example_is_valid_as_its_own_type_and_as_no_other() {
    let (whole, by_type) = (validator(&catalogue()), by_type());
    for (_, name, payload) in golden() {
        let faults: Vec<String> = whole.iter_errors(&payload).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{payload}: {faults:?}");
        let valid = by_type.iter().filter(|(_, validator)| validator.is_valid(&payload)).map(|(of, _)| of.as_str());
        assert_eq!(valid.collect::<Vec<_>>(), [name.as_str()], "{payload}");
    }
}

#[test]
fn each_type_says_what_it_is_of_which_aggregate_and_in_which_version() {
    let whole = catalogue();
    let listed = whole["oneOf"].as_array().expect("a list").len();
    let names: Vec<_> =
        StreamKind::ALL.into_iter().flat_map(|kind| Event::names(kind).iter().map(move |name| (kind, *name))).collect();
    assert_eq!(listed, names.len());
    for (kind, name) in names {
        let of = &whole["$defs"][name];
        assert!(of["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert_eq!((&of["x-aggregate"], &of["x-event-version"]), (&json!(kind.name()), &json!(1)), "{name}");
    }
    let field =
        &whole["$defs"]["member_registered"]["properties"]["member_registered"]["properties"]["probation_until"];
    assert!(field["description"].as_str().is_some_and(|text| text.contains("预备期")), "{field}");
}

/// Every place in a payload, the payload itself aside.
fn places(value: &Value, place: &str) -> Vec<String> {
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, part)| (format!("{place}/{name}"), part)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, part)| (format!("{place}/{at}"), part)).collect(),
        _ => vec![],
    };
    parts.into_iter().flat_map(|(place, part)| [vec![place.clone()], places(part, &place)].concat()).collect()
}

/// A payload without what stands at a place of it.
fn without(payload: &Value, place: &str) -> Value {
    let mut changed = payload.clone();
    let (above, last) = place.rsplit_once('/').expect("a place has a slash");
    match changed.pointer_mut(above).expect("a place of it") {
        Value::Object(fields) => _ = fields.remove(last),
        Value::Array(items) => _ = items.pop(),
        _ => unreachable!("only these have parts"),
    }
    changed
}

fn with(payload: &Value, place: &str, other: Value) -> Value {
    let mut changed = payload.clone();
    *changed.pointer_mut(place).expect("a place of it") = other;
    changed
}

#[test]
fn what_lacks_a_part_or_has_one_of_another_type_is_valid_just_where_it_decodes() {
    let by_type = by_type();
    let (mut refused, mut valid) = (0, 0);
    for (kind, name, payload) in golden() {
        let decodes = |changed: &Value| Event::decode(kind, "1", &changed.to_string()).is_ok();
        for place in places(&payload, "") {
            let others = [json!(null), json!(true), json!(-7), json!("7 x"), json!([]), json!({})];
            let others = others.into_iter().map(|other| with(&payload, &place, other));
            for changed in others.chain([without(&payload, &place)]) {
                let is_valid = by_type[&name].is_valid(&changed);
                // Decoding trusts that a code looks like one, and takes a list for an object.
                let trusted = [Some(&json!("7 x")), Some(&json!([]))].contains(&changed.pointer(&place));
                assert!(
                    decodes(&changed) == is_valid || (trusted && !is_valid),
                    "{place}, valid: {is_valid}: {changed}"
                );
                *(if is_valid { &mut valid } else { &mut refused }) += 1;
            }
        }
    }
    assert!(refused > 1_000 && valid > 100, "{refused} refused, {valid} valid");
}

#[test]
fn words_days_ids_and_numbers_that_mean_nothing_are_refused() {
    let by_type = by_type();
    let is_valid = |name: &str, field: &str, value: Value| {
        let golden = golden();
        let (.., payload) = golden.iter().find(|(_, of, _)| of == name).expect("an example");
        by_type[name].is_valid(&with(payload, &format!("/{name}/{field}"), value))
    };
    for (name, field, good, bad) in [
        ("member_registered", "post", "cadre", "boss"),
        ("member_registered", "on", "2022-02-28", "2022-02-30"),
        ("member_registered", "branch", "00000000-0000-7000-8000-00000000ea57", "ea57"),
        ("member_result_reported", "value", "-12.3456", "12.34567"),
        ("member_result_reported", "value", "10000000000000", "1e5"),
        ("member_result_reported", "period", "2022-Q3", "2022-Q5"),
        ("member_result_reported", "period", "2022-12", "2022-13"),
        ("member_result_reported", "metric", "premium_new", "Premium"),
        ("round_closed", "closed_at", "2022-09-30T16:00:00Z", "2022-09-30"),
    ] {
        assert!(is_valid(name, field, good.into()), "{name} {field} {good}");
        assert!(!is_valid(name, field, bad.into()), "{name} {field} {bad}");
    }
    assert!(is_valid("member_service_recorded", "minutes", json!(90)));
    for bad in [json!(-1), json!("90"), json!(null)] {
        assert!(!is_valid("member_service_recorded", "minutes", bad));
    }
}
