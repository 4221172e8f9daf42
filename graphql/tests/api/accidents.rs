//! Accidents: opaque to the caller, with their cause for the log.

use std::sync::atomic::Ordering;

use graphql::fault::cause;
use serde_json::Value;

use crate::story::{ANA, told};
use crate::twin::accident;

#[test]
fn a_failed_read_says_internal_and_keeps_its_cause() {
    let twin = told();
    twin.broken.store(true, Ordering::Relaxed);
    let office = twin.office();
    for text in ["{ log { position } }", "{ organisation { id } }", "{ report(year: 2022) { year } }"] {
        let response = office.response(text, Value::Null);
        let shown = serde_json::to_string(&response).unwrap();
        assert!(shown.contains(r#""code":"internal""#) && !shown.contains("secret"), "{shown}");
        let cause = cause(&response.errors[0]).expect("the cause is there for the log");
        assert!(cause.to_string().contains("secret"), "{cause}");
    }
}

#[test]
fn a_failed_command_says_internal_and_keeps_its_cause() {
    let twin = told();
    *twin.refuses.lock().unwrap() = Some(accident());
    let text =
        format!(r#"mutation {{ endProbation(input: {{ member: "{}", on: "2022-06-30" }}) {{ commandId }} }}"#, ANA.0);
    let response = twin.office().response(&text, Value::Null);
    let shown = serde_json::to_string(&response).unwrap();
    assert!(shown.contains(r#""code":"internal""#) && !shown.contains("secret"), "{shown}");
    assert!(cause(&response.errors[0]).is_some());
}
