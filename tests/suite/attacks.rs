//! Attacks by hand, each on the real server, each with what becomes of it. What is only no proper request is in the journeys
//! (garbling), what forges a sign-in in `tokens` and `sign_in`, what breaks a limit in `limits` and garbling.

mod differencing;
mod documents;
mod forging;
mod waiting;
mod wire;

use serde_json::{Value, json};

use crate::journey::teller::{Ears, Teller};
use crate::journey::town::town;

const JSON: (&str, &str) = ("content-type", "application/json");

/// A server with the town of the journeys.
async fn peopled() -> Teller {
    let t = town(Ears::default(), "2022-07-15").await;
    t.ask("{ organisation(NOW) { id } }").await;
    t
}

/// Status and code of what a request is answered with; 200 and nothing where it is answered with data.
async fn sent(t: &Teller, body: &Value) -> (u16, Value) {
    let (status, text) = t.api().post(&[JSON], body.to_string().into_bytes()).await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    (status, body)
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

/// The server goes on as before: it answers, and nothing was recorded.
async fn unharmed(t: &Teller) {
    t.nothing_recorded().await;
    let (status, body) = sent(t, &json!({ "query": "{ organisation { id } }" })).await;
    assert!(status == 200 && body["data"]["organisation"]["id"].is_string(), "{body}");
}
