//! Whether everything that one catalogue allowed is allowed by another: what was stored once is stored for ever, and whoever
//! reads it by the schema goes on.
//!
//! # Rules
//! - Gone is a type, a property or a value of an enumeration; narrowed is a limit, a pattern, a kind of value; newly required
//!   is a property. None of these is compatible. More of anything is: a new type, an optional property, another value.
//! - A type of a raised version is another shape, read by its steps: it is not compared.
//! - A keyword that is not known here must stay as it is.

use serde_json::{Map, Value};

/// What the new catalogue no longer allows, a sentence each; nothing where it allows all of the old one.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let compare = Compare { old, new };
    let names = old["oneOf"].as_array().into_iter().flatten();
    let names = names.filter_map(|one| one["$ref"].as_str()?.strip_prefix(DEFINITIONS));
    names.flat_map(|name| compare.event(name)).collect()
}

const DEFINITIONS: &str = "#/$defs/";
/// What says nothing of what is allowed; the version is looked at by itself.
const NOTES: [&str; 4] = ["description", "title", "$comment", "x-event-version"];

type Schema = Map<String, Value>;

struct Compare<'c> {
    old: &'c Value,
    new: &'c Value,
}

impl Compare<'_> {
    fn event(&self, name: &str) -> Vec<String> {
        let (old, new) = (&self.old["$defs"][name], &self.new["$defs"][name]);
        let version = |of: &Value| of["x-event-version"].as_u64();
        match (new.is_null(), version(new).cmp(&version(old))) {
            (true, _) => vec![format!("{name} is gone")],
            (false, std::cmp::Ordering::Less) => vec![format!("{name} is of an earlier version")],
            (false, std::cmp::Ordering::Greater) => vec![],
            (false, std::cmp::Ordering::Equal) => self.any(name, old, new),
        }
    }

    /// Each way to be valid by the old one must be within a way to be valid by the new one.
    fn any(&self, place: &str, old: &Value, new: &Value) -> Vec<String> {
        let new = ways(self.new, new);
        let nearest = |old: &Schema| new.iter().map(|new| self.one(place, old, new)).min_by_key(Vec::len);
        let gone = || vec![format!("{place}: nothing is allowed any more")];
        ways(self.old, old).iter().flat_map(|old| nearest(old).unwrap_or_else(gone)).collect()
    }

    fn one(&self, place: &str, old: &Schema, new: &Schema) -> Vec<String> {
        let mut words: Vec<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
        words.sort_unstable();
        words.dedup();
        let words = words.into_iter().filter(|word| !NOTES.contains(word));
        words.flat_map(|word| self.word(place, word, (old.get(word), new.get(word)))).collect()
    }

    fn word(&self, place: &str, word: &str, both: (Option<&Value>, Option<&Value>)) -> Vec<String> {
        let narrowed = |narrowed: bool| {
            let shown = |value: Option<&Value>| value.map_or("none".to_owned(), Value::to_string);
            let told = || format!("{place}: {word} was {}, is {}", shown(both.0), shown(both.1));
            if narrowed { vec![told()] } else { vec![] }
        };
        match (word, both) {
            ("properties", (old, new)) => self.properties(place, old, new),
            ("required", (old, new)) => newly_required(place, old, new),
            ("additionalProperties" | "items", (old, new)) => {
                self.any(&format!("{place}.*"), old.unwrap_or(&Value::Bool(true)), new.unwrap_or(&Value::Bool(true)))
            }
            // What is left out means something else, or what was without meaning gets one.
            ("default" | "x-aggregate", (old, new)) => narrowed(old.is_some() && old != new),
            (_, (_, None)) => vec![],
            ("const", (Some(old), Some(new))) if old != new => vec![format!("{place}: {old} is gone")],
            ("type", (Some(old), Some(new))) => {
                narrowed(old != new && (old, new) != (&"integer".into(), &"number".into()))
            }
            ("minimum" | "minLength" | "minItems", (old, Some(new))) => narrowed(!at_most(Some(new), old)),
            ("maximum" | "maxLength" | "maxItems", (old, Some(new))) => narrowed(!at_most(old, Some(new))),
            (_, (old, new)) => narrowed(old != new),
        }
    }

    fn properties(&self, place: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<String> {
        let properties = old.and_then(Value::as_object).into_iter().flatten();
        let compared = properties.flat_map(|(name, old)| {
            let place = if name == place { place.to_owned() } else { format!("{place}.{name}") };
            match new.and_then(|new| new.get(name)) {
                Some(new) => self.any(&place, old, new),
                None => vec![format!("{place} is gone")],
            }
        });
        compared.collect()
    }
}

fn newly_required(place: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<String> {
    let names = |of: Option<&'_ Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let old = names(old);
    let new = names(new).into_iter().filter(|name| !old.contains(name));
    new.map(|name| format!("{place}.{} is newly required", name.as_str().unwrap_or_default())).collect()
}

/// Whether both are whole numbers and the first is not the larger.
fn at_most(one: Option<&Value>, other: Option<&Value>) -> bool {
    let number = |of: Option<&Value>| of.and_then(Value::as_i64);
    number(one).zip(number(other)).is_some_and(|(one, other)| one <= other)
}

/// The ways to be valid by a schema, each with one type or value at most, references followed.
fn ways(root: &Value, schema: &Value) -> Vec<Schema> {
    let Some(schema) = schema.as_object() else {
        // `true` allows everything, `false` nothing.
        return if schema == &Value::Bool(false) { vec![] } else { vec![Schema::new()] };
    };
    let mut own = schema.clone();
    let parts: Vec<Value> = if let Some(Value::String(named)) = own.remove("$ref") {
        vec![root["$defs"][named.strip_prefix(DEFINITIONS).expect("a definition of the catalogue")].clone()]
    } else if let Some(Value::Array(parts)) = own.remove("oneOf").or_else(|| own.remove("anyOf")) {
        parts
    } else if let Some(Value::Array(values)) = own.remove("enum") {
        values.into_iter().map(|value| with("const", value)).collect()
    } else if let Some(Value::Array(types)) = own.get("type").cloned() {
        own.remove("type");
        types.into_iter().map(|kind| with("type", kind)).collect()
    } else {
        return vec![own];
    };
    let parts = parts.iter().flat_map(|part| ways(root, part));
    // Limits of other types say nothing of null.
    let is_null = |part: &Schema| part.get("type") == Some(&"null".into());
    parts.map(|part| if is_null(&part) { part } else { own.clone().into_iter().chain(part).collect() }).collect()
}

fn with(word: &str, value: Value) -> Value {
    Value::Object([(word.to_owned(), value)].into_iter().collect())
}
