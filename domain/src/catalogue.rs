//! The catalogue of stored events: a JSON Schema of each type, derived from what decodes it.
//!
//! # Format
//! Draft 2020-12. `$defs` has each type of event under its stored name, with its aggregate (`x-aggregate`) and the version it
//! is stored in today (`x-event-version`), and what the fields are made of under names that begin with a capital. The whole
//! validates any payload. What is required is what decodes need: a part that came later is optional for ever. Fields that a
//! schema does not name are allowed, as a later build of the same version may write them.
//!
//! # Not here
//! Which change of it is compatible (`tests/schema`), examples (`golden/`).

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::branch::BranchEvent;
use crate::event::Payload;
use crate::member::MemberEvent;
use crate::round::RoundEvent;
use crate::stream::StreamKind;

/// The catalogue.
#[must_use]
pub fn catalogue() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut types = Vec::new();
    for kind in StreamKind::ALL {
        types.extend(match kind {
            StreamKind::Member => of::<MemberEvent>(kind, &mut generator),
            StreamKind::Branch => of::<BranchEvent>(kind, &mut generator),
            StreamKind::Round => of::<RoundEvent>(kind, &mut generator),
        });
    }
    let names: Vec<Value> = types.iter().map(|(name, _)| json!({ "$ref": format!("#/$defs/{name}") })).collect();
    let mut definitions = generator.take_definitions(true);
    definitions.extend(types);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sanping 三评: stored events",
        "description": "The payload of an event: an object with its stored name as the one key. Amounts are decimal strings, \
                        dates YYYY-MM-DD, periods 2022, 2022-Q3, 2022-08, ids UUIDs, free texts sealed.",
        "oneOf": names,
        "$defs": definitions,
    })
}

/// The types of an aggregate in order: of each its stored name and its schema.
fn of<E: Payload + JsonSchema>(kind: StreamKind, generator: &mut SchemaGenerator) -> Vec<(String, Value)> {
    let whole = E::json_schema(generator);
    let variants = whole.get("oneOf").and_then(Value::as_array).expect("an enum of several events");
    let named = E::NAMES.iter().zip(variants);
    named.map(|(name, variant)| ((*name).to_owned(), definition::<E>(kind, name, variant))).collect()
}

fn definition<E: Payload>(kind: StreamKind, name: &str, variant: &Value) -> Value {
    let mut definition: Map<String, Value> = variant.as_object().expect("an object with the name as its key").clone();
    assert!(definition["properties"].get(name).is_some(), "variants and names have one order");
    definition.insert("x-aggregate".to_owned(), kind.name().into());
    definition.insert("x-event-version".to_owned(), E::version(name).into());
    definition.into()
}
