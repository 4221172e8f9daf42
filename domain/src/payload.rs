//! Payloads: what is stored of an event, and how what was stored in an older version is read.
//!
//! # Versions
//! A shape never changes: a new fact is an optional field or a new type. Where a type must be told otherwise all the same, it
//! names what makes today's fields of the old ones, one step a version: `= "stored_name" after [first_to_second] { … }`.
//! Its version is one more than it has steps, so no number can be forgotten. No type has any today.
//!
//! # Invariant
//! It goes by the version that was stored, not by what happens to decode.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Makes the fields of a version out of those of the version before. It is pure, and leaves alone what it does not find: what
/// is wrong then does not decode.
pub type Upcast = fn(Value) -> Value;

/// What every event type of an aggregate offers.
pub trait Payload: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Every stored name.
    const NAMES: &'static [&'static str];

    /// The stored name of this one.
    fn name(&self) -> &'static str;

    /// The steps from the first version of a type to today's.
    fn upcasts(name: &str) -> &'static [Upcast];

    /// The version in which a type is stored today.
    #[must_use]
    fn version(name: &str) -> u32 {
        1 + Self::upcasts(name).len() as u32
    }

    /// The stored JSON.
    #[must_use]
    fn encode(&self) -> String {
        serde_json::to_string(self).expect("an event is a plain tree of strings and numbers")
    }

    /// Reads what was stored in a version.
    ///
    /// # Errors
    /// [`DecodeError`].
    fn decode(version: &str, payload: &str) -> Result<Self, DecodeError> {
        let stored = serde_json::from_str::<Self>(payload);
        match &stored {
            // Nearly all there is: stored as it would be today.
            Ok(event) if is(version, Self::version(event.name())) => stored.map_err(DecodeError::Malformed),
            Ok(_) | Err(_) => older(version, payload, stored),
        }
    }
}

/// What is not of today's version, or of no type known here.
fn older<E: Payload>(version: &str, payload: &str, stored: serde_json::Result<E>) -> Result<E, DecodeError> {
    let Some((name, mut fields)) = stored_fields(payload) else { return stored.map_err(DecodeError::Malformed) };
    let today = E::version(&name);
    let Some(of) = (1..=today).find(|of| E::NAMES.contains(&name.as_str()) && is(version, *of)) else {
        return Err(DecodeError::UnknownType(typed(&name, version)));
    };
    if of == today {
        return stored.map_err(DecodeError::Malformed);
    }
    for upcast in E::upcasts(&name).iter().skip(of as usize - 1) {
        fields = upcast(fields);
    }
    serde_json::from_value(Value::Object([(name, fields)].into_iter().collect())).map_err(DecodeError::Malformed)
}

/// The stored name and the fields of a payload: the one key of its object, and what it names.
fn stored_fields(payload: &str) -> Option<(String, Value)> {
    let named: serde_json::Map<String, Value> = serde_json::from_str(payload).ok()?;
    let mut named = named.into_iter();
    named.next().filter(|_| named.next().is_none())
}

fn is(version: &str, number: u32) -> bool {
    version.parse() == Ok(number)
}

/// A type as builds name it to one another: the stored name, and from the second version on that too.
#[must_use]
pub fn typed(name: &str, version: &str) -> String {
    if is(version, 1) { name.to_owned() } else { format!("{name}@{version}") }
}

/// The type of a payload stored in a version, as builds name it to one another; nothing where it names none.
#[must_use]
pub fn stored_type(version: &str, payload: &str) -> Option<String> {
    stored_fields(payload).map(|(name, _)| typed(&name, version))
}

/// Why a payload is no event of this build's.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It has a name, or a version, that this build does not know.
    #[error("{0} is of a type this build does not know")]
    UnknownType(String),
    /// It is not what its type has.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{Event, events};
    use crate::stream::StreamKind;

    events! {
        /// A type that was told otherwise twice, and one that never was.
        pub enum Noted {
            /// First `{hours}`, then `{minutes}`, now with who noted it.
            Service = "noted_service" after [in_minutes, by_nobody] {
                /// For how long.
                minutes: u32,
                /// By whom.
                by: Option<String>,
            },
            /// Always as it is.
            Visit = "noted_visit" {},
        }
    }

    fn in_minutes(mut fields: Value) -> Value {
        if let Some(hours) = fields["hours"].as_u64() {
            fields = json!({ "minutes": hours * 60 });
        }
        fields
    }

    fn by_nobody(mut fields: Value) -> Value {
        // Whoever stood there before the third version was never to be believed.
        fields["by"] = Value::Null;
        fields
    }

    fn noted(version: &str, payload: &Value) -> Result<Noted, String> {
        Noted::decode(version, &payload.to_string()).map_err(|error| match error {
            DecodeError::UnknownType(name) => name,
            DecodeError::Malformed(_) => "malformed".to_owned(),
        })
    }

    fn service(fields: Value) -> Value {
        json!({ "noted_service": fields })
    }

    #[test]
    fn what_was_stored_in_an_older_version_is_read_as_todays() {
        let read = |minutes, by: Option<&str>| Ok(Noted::Service { minutes, by: by.map(str::to_owned) });
        assert_eq!(noted("1", &service(json!({ "hours": 2 }))), read(120, None));
        assert_eq!(noted("2", &service(json!({ "minutes": 90 }))), read(90, None));
        assert_eq!(noted("3", &service(json!({ "minutes": 90, "by": "ana" }))), read(90, Some("ana")));
        // It goes by the version that was stored, not by what happens to decode.
        assert_eq!(noted("2", &service(json!({ "minutes": 90, "by": "ana" }))), read(90, None));
        assert_eq!(noted("1", &json!({ "noted_visit": {} })), Ok(Noted::Visit {}));
    }

    #[test]
    fn what_is_written_is_of_todays_version_and_is_read_back() {
        for event in [Noted::Service { minutes: 5, by: None }, Noted::Visit {}] {
            let version = Noted::version(event.name()).to_string();
            assert_eq!(Noted::decode(&version, &event.encode()).unwrap(), event);
        }
        assert_eq!((Noted::version("noted_service"), Noted::version("noted_visit")), (3, 1));
    }

    #[test]
    fn a_version_or_a_name_of_a_later_build_is_an_unknown_type() {
        let unknown = |name: &str| Err(name.to_owned());
        assert_eq!(noted("4", &service(json!({ "minutes": 90, "by": null }))), unknown("noted_service@4"));
        assert_eq!(noted("2", &json!({ "noted_visit": {} })), unknown("noted_visit@2"));
        assert_eq!(noted("0", &json!({ "noted_visit": {} })), unknown("noted_visit@0"));
        assert_eq!(noted("", &json!({ "noted_visit": {} })), unknown("noted_visit@"));
        assert_eq!(noted("1", &json!({ "noted_later": {} })), unknown("noted_later"));
        assert_eq!(noted("2", &json!({ "noted_later": {} })), unknown("noted_later@2"));
    }

    #[test]
    fn what_a_type_does_not_have_is_malformed_in_each_version() {
        for version in ["1", "2", "3"] {
            assert_eq!(noted(version, &service(json!({ "minutes": "many" }))), Err("malformed".to_owned()));
        }
        for payload in [json!({}), json!(null), json!({ "noted_visit": {}, "noted_service": {} })] {
            assert_eq!(noted("1", &payload), Err("malformed".to_owned()));
        }
    }

    #[test]
    fn builds_name_a_type_with_each_version_after_the_first() {
        let types = Event::types(StreamKind::Member);
        assert!(types.contains(&"member_left".to_owned()), "{types:?}");
        assert_eq!((typed("a", "1"), typed("a", "2")), ("a".to_owned(), "a@2".to_owned()));
        // No stored shape ever changed. Whoever changes one adds its golden files and takes it out of this.
        assert_eq!(types.len(), Event::names(StreamKind::Member).len());
    }
}
