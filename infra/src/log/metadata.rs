//! What every event says about its origin, as a flat JSON object of texts (the shape postgres-es reads).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::CommandKey;
use crate::trace::HEADER;

/// `actor`, `command_id`, `correlation`, `clock: simulated` where the instant was set by hand, and `traceparent` where the command is
/// part of a trace that is sampled.
#[must_use]
pub fn metadata(key: &CommandKey, correlation: &str, simulated: bool, traceparent: Option<&str>) -> Arc<str> {
    let mut parts = BTreeMap::from([
        ("actor", key.principal.as_str()),
        ("command_id", key.command_id.as_str()),
        ("correlation", correlation),
    ]);
    if simulated {
        parts.insert("clock", "simulated");
    }
    if let Some(traceparent) = traceparent {
        parts.insert(HEADER, traceparent);
    }
    serde_json::to_string(&parts).expect("a map of texts is JSON").into()
}
