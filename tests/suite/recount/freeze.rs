//! Between opening and publication no event tells a score, a mark or a count, whatever its form.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::stream::StreamId;
use serde_json::Value;

use super::given::Given;

/// Numbers that are no secret: how many ballots went out and came back, and which attempt or version it is.
const OPEN: [&str; 8] = ["attempt", "version", "count", "returned", "blank", "eligible", "issued", "rules_version"];

/// Every event of a freeze, each leaf and each key of it.
pub fn check(events: &[(StreamId, Event)], given: &Given) {
    let words = words(given);
    for (_, event) in events {
        let told = event.encode();
        let payload: Value = serde_json::from_str(&told).unwrap();
        assert!(!tells(&payload, "", &words), "told before publication: {told}");
        let marks = given.marks.values().flat_map(|by| by.values()).flat_map(|marks| marks.values());
        let marks = marks.map(ToString::to_string).filter(|mark| mark.contains('.'));
        assert!(marks.into_iter().all(|mark| !told.contains(&mark)), "a mark is told before publication: {told}");
    }
}

/// The words that marks and counts are told in: dimensions and grades.
fn words(given: &Given) -> BTreeSet<String> {
    let dimensions = given.rules.groups.iter().flat_map(|rule| &rule.dimensions);
    let dimensions = dimensions.map(|dimension| dimension.code.to_string());
    dimensions.chain(given.rules.scale.iter().map(|rule| rule.grade.to_string())).collect()
}

fn tells(value: &Value, key: &str, words: &BTreeSet<String>) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => !OPEN.contains(&key),
        Value::String(text) => is_number(text) || words.iter().any(|word| text.contains(word)),
        Value::Array(values) => values.iter().any(|value| tells(value, key, words)),
        Value::Object(fields) => fields.iter().any(|(key, value)| words.contains(key) || tells(value, key, words)),
    }
}

/// A decimal or a fraction.
fn is_number(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_digit() || ".-/".contains(letter);
    !text.is_empty() && text.len() < 60 && text.chars().all(plain) && !is_date(text)
}

fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok() || text.parse::<domain::period::Period>().is_ok()
}

#[test]
fn a_score_a_mark_and_a_count_are_seen_in_any_form() {
    let words = BTreeSet::from(["excellent".to_owned(), "duty".to_owned()]);
    for told in [
        r#"{"a":{"mark":"73.91"}}"#,
        r#"{"a":{"duty":"x"}}"#,
        r#"{"a":[{"grade":"excellent"}]}"#,
        r#"{"a":{"yes":3}}"#,
        r#"{"a":"553/6"}"#,
        r#"{"a":"{\"excellent\":4}"}"#,
        r#"{"a":"90"}"#,
    ] {
        assert!(tells(&serde_json::from_str(told).unwrap(), "", &words), "{told}");
    }
    let nothing = r#"{"round_paper_returned":{"returned":7,"on":"2022-03-01","sealed":"0af-37"}}"#;
    assert!(!tells(&serde_json::from_str(nothing).unwrap(), "", &words));
}
