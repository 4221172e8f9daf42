//! What every event says about its origin, as a flat JSON object of texts (the shape postgres-es reads).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::CommandKey;

/// `actor`, `command_id`, `correlation`, and `clock: simulated` where the instant was set by hand.
#[must_use]
pub fn metadata(key: &CommandKey, correlation: &str, simulated: bool) -> Arc<str> {
    let mut parts = BTreeMap::from([
        ("actor", key.principal.as_str()),
        ("command_id", key.command_id.as_str()),
        ("correlation", correlation),
    ]);
    if simulated {
        parts.insert("clock", "simulated");
    }
    serde_json::to_string(&parts).expect("a map of texts is JSON").into()
}
