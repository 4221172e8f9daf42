//! Each kind of change of a catalogue, and its reverse.

use serde_json::{Value, json};

use super::compatible::breaks;

/// A catalogue of one type, `noted`, with these fields, the first `required` of them required.
fn catalogue(fields: &Value, required: &[&str]) -> Value {
    json!({
        "oneOf": [{ "$ref": "#/$defs/noted" }],
        "$defs": { "noted": {
            "type": "object", "required": ["noted"], "additionalProperties": false,
            "properties": { "noted": { "type": "object", "properties": fields, "required": required } },
            "x-aggregate": "member", "x-event-version": 1,
        } },
    })
}

fn field(schema: &Value) -> Value {
    catalogue(&json!({ "f": schema }), &["f"])
}

/// The change from one to the other is refused, in these words, and its reverse is compatible.
fn one_way(old: &Value, new: &Value, words: &str) {
    assert_eq!(breaks(old, new), [words], "{old} -> {new}");
    assert!(breaks(new, old).is_empty(), "{:?}: {new} -> {old}", breaks(new, old));
    assert!(breaks(old, old).is_empty() && breaks(new, new).is_empty());
}

/// Both the change and its reverse are refused.
fn no_way(old: &Value, new: &Value) {
    assert!(!breaks(old, new).is_empty(), "{old} -> {new}");
    assert!(!breaks(new, old).is_empty(), "{new} -> {old}");
}

/// Both the change and its reverse are compatible.
fn either_way(old: &Value, new: &Value) {
    assert!(
        breaks(old, new).is_empty() && breaks(new, old).is_empty(),
        "{:?} {:?}",
        breaks(old, new),
        breaks(new, old)
    );
}

#[test]
fn a_new_type_is_compatible_and_a_type_that_is_gone_is_not() {
    let one = field(&json!({ "type": "string" }));
    let mut two = one.clone();
    two["oneOf"] = json!([{ "$ref": "#/$defs/noted" }, { "$ref": "#/$defs/seen" }]);
    two["$defs"]["seen"] = json!({ "type": "object", "x-event-version": 1 });
    one_way(&two, &one, "seen is gone");
    // A definition nobody lists is no type.
    either_way(&one, &{
        let mut unlisted = one.clone();
        unlisted["$defs"]["Word"] = json!({ "type": "string" });
        unlisted
    });
}

#[test]
fn a_new_optional_property_is_compatible_and_one_that_is_gone_or_newly_required_is_not() {
    let text = json!({ "type": "string" });
    let one = catalogue(&json!({ "f": text }), &["f"]);
    let optional = catalogue(&json!({ "f": text, "g": text }), &["f"]);
    let required = catalogue(&json!({ "f": text, "g": text }), &["f", "g"]);
    one_way(&optional, &one, "noted.g is gone");
    one_way(&optional, &required, "noted.g is newly required");
    no_way(&one, &required);
    no_way(&one, &catalogue(&json!({ "g": text }), &["g"]));
}

#[test]
fn a_type_may_widen_and_not_change() {
    let of = |kind: Value| field(&json!({ "type": kind }));
    one_way(&of(json!(["string", "null"])), &of(json!("string")), r#"noted.f: type was "null", is "string""#);
    one_way(&of(json!("number")), &of(json!("integer")), r#"noted.f: type was "number", is "integer""#);
    one_way(&field(&json!({})), &of(json!("string")), r#"noted.f: type was none, is "string""#);
    no_way(&of(json!("string")), &of(json!("integer")));
    no_way(&of(json!("string")), &of(json!("null")));
}

#[test]
fn a_value_of_an_enumeration_may_come_and_not_go_however_it_is_written() {
    let three = field(&json!({ "type": "string", "enum": ["a", "b", "c"] }));
    let two = field(&json!({ "type": "string", "enum": ["b", "a"] }));
    one_way(&three, &two, r#"noted.f: "c" is gone"#);
    let described = json!([{ "const": "a", "description": "A" }, { "const": "b" }]);
    either_way(&two, &field(&json!({ "type": "string", "oneOf": described })));
    one_way(&field(&json!({ "type": "string" })), &two, r#"noted.f: const was none, is "b""#);
    no_way(&field(&json!({ "const": "a" })), &field(&json!({ "const": "b" })));
}

#[test]
fn limits_may_widen_and_not_narrow() {
    for (word, wide, narrow) in [
        ("minimum", json!(0), json!(1)),
        ("maximum", json!(9), json!(8)),
        ("minLength", json!(1), json!(2)),
        ("maxLength", json!(120), json!(64)),
        ("minItems", json!(0), json!(2)),
        ("maxItems", json!(3), json!(2)),
    ] {
        let of = |value: &Value| field(&json!({ word: value }));
        one_way(&of(&wide), &of(&narrow), &format!("noted.f: {word} was {wide}, is {narrow}"));
        one_way(&field(&json!({})), &of(&narrow), &format!("noted.f: {word} was none, is {narrow}"));
    }
    for word in ["pattern", "format"] {
        one_way(
            &field(&json!({})),
            &field(&json!({ word: "date" })),
            &format!("noted.f: {word} was none, is \"date\""),
        );
        no_way(&field(&json!({ word: "date" })), &field(&json!({ word: "uuid" })));
    }
}

#[test]
fn what_lists_and_maps_hold_is_compared_too() {
    let of = |word: &str, kind: Value| field(&json!({ word: kind }));
    for word in ["items", "additionalProperties"] {
        let (wide, narrow) = (json!({ "type": ["string", "null"] }), json!({ "type": "string" }));
        one_way(&of(word, wide), &of(word, narrow.clone()), r#"noted.f.*: type was "null", is "string""#);
        one_way(&field(&json!({})), &of(word, narrow), r#"noted.f.*: type was none, is "string""#);
        one_way(&of(word, json!(true)), &of(word, json!(false)), "noted.f.*: nothing is allowed any more");
    }
}

#[test]
fn references_are_followed_and_may_change_their_names() {
    let named = |name: &str, of: &Value, at: &Value| {
        let mut catalogue = field(at);
        catalogue["$defs"][name] = of.clone();
        catalogue
    };
    let word = json!({ "type": "string" });
    let reference = json!({ "$ref": "#/$defs/Word", "description": "a word" });
    either_way(&field(&word), &named("Word", &word, &reference));
    let optional = json!({ "anyOf": [{ "$ref": "#/$defs/Word" }, { "type": "null" }] });
    let plain = field(&json!({ "type": ["string", "null"] }));
    either_way(&plain, &named("Word", &word, &optional));
    let number = json!({ "type": "integer", "format": "uint32", "minimum": 0 });
    either_way(
        &field(&json!({ "type": ["integer", "null"], "format": "uint32", "minimum": 0 })),
        &named("Word", &number, &optional),
    );
    no_way(&named("Word", &word, &reference), &named("Word", &number, &reference));
}

#[test]
fn the_parts_of_alternatives_are_compared_with_those_nearest() {
    let of = |parts: Value| field(&json!({ "oneOf": parts }));
    let tagged = |name: &str, kind: &str| json!({ "type": "object", "required": [name], "additionalProperties": false, "properties": { name: { "type": kind } } });
    let both = of(json!([tagged("a", "string"), tagged("b", "string")]));
    one_way(
        &of(json!([tagged("a", "string"), tagged("b", "number")])),
        &of(json!([tagged("a", "string"), tagged("b", "integer")])),
        r#"noted.f.b: type was "number", is "integer""#,
    );
    assert!(breaks(&of(json!([tagged("a", "string")])), &both).is_empty());
    assert_eq!(
        breaks(&both, &of(json!([tagged("a", "string")]))),
        ["noted.f.b is gone", "noted.f.a is newly required"]
    );
}

#[test]
fn texts_may_change_and_what_a_missing_field_means_may_not() {
    either_way(&field(&json!({ "description": "a", "title": "b" })), &field(&json!({ "description": "c" })));
    one_way(&field(&json!({ "default": 1 })), &field(&json!({})), "noted.f: default was 1, is none");
    no_way(&field(&json!({ "default": 1 })), &field(&json!({ "default": 2 })));
    // What is not known here has to stay.
    no_way(&field(&json!({ "multipleOf": 2 })), &field(&json!({ "multipleOf": 3 })));
}

#[test]
fn a_raised_version_is_another_shape_and_none_goes_back() {
    let old = field(&json!({ "type": "string" }));
    let mut raised = field(&json!({ "type": "integer" }));
    raised["$defs"]["noted"]["x-event-version"] = json!(2);
    assert!(breaks(&old, &raised).is_empty());
    assert_eq!(breaks(&raised, &old), ["noted is of an earlier version"]);
    let mut elsewhere = old.clone();
    elsewhere["$defs"]["noted"]["x-aggregate"] = json!("branch");
    no_way(&old, &elsewhere);
}
