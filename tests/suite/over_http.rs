//! GraphQL over HTTP by its specification: what its working group's audit finds, and what it does not ask.

use harness::client::Api;
use harness::server::Server;
use infra::auth::SignIn;
use serde_json::{Value, json};

use crate::clients::told_by;

async fn server() -> (Server, String) {
    let mut server = Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await;
    let address = server.open(SignIn::Development).await;
    (server, address)
}

/// A finding, as a line.
fn line(finding: &Value) -> String {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    format!("{} {}: {} ({})", text("status"), text("id"), text("name"), text("reason"))
}

#[tokio::test]
async fn the_audit_of_the_working_group_finds_no_error_and_warns_of_nothing() {
    let (server, address) = server().await;
    let findings = told_by("audit.mjs", &[&format!("{address}/graphql")]).await;
    let of = |kinds: &[&str]| -> Vec<String> {
        findings.iter().filter(|finding| kinds.contains(&finding["status"].as_str().unwrap())).map(line).collect()
    };
    assert_eq!(of(&["error", "warn"]), Vec::<String>::new());
    assert_eq!(of(&["notice"]), Vec::<String>::new());
    assert_eq!((findings.len(), of(&["ok"]).len()), (61, 61), "an audit that asks nothing finds nothing");
    server.stop().await;
}

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const OLDER: &str = "application/json; charset=utf-8";
const JSON: (&str, &str) = ("content-type", "application/json");
const NEWER: (&str, &str) = ("accept", "application/graphql-response+json");

/// Status, media type and body of a POST.
async fn posted(address: &str, accept: &str, body: Value) -> (u16, String, Value) {
    let client = reqwest::Client::new();
    let asked = client.post(format!("{address}/graphql")).header("accept", accept).json(&body);
    let response = asked.send().await.unwrap();
    let media = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), media, response.json().await.unwrap())
}

/// What is refused before it is executed has no data; what is executed has, be it null.
#[tokio::test]
async fn the_status_says_whether_a_request_was_executed() {
    let (server, address) = server().await;
    for (query, status, code) in [
        ("{ log { position } }", 200, None),
        ("{ metric(code: \"nothing\") { code } }", 200, None),
        ("{ report(year: 1999) { year } }", 200, Some("time.not_a_period")),
        ("{", 400, Some("request.invalid")),
        ("{ nothing }", 400, Some("request.invalid")),
        ("query A { log { position } } query B { log { position } }", 400, Some("request.invalid")),
        ("query($id: ID!) { member(id: $id) { id } }", 400, Some("request.invalid")),
        ("{ metric(code: \"\\ud800\") { code } }", 400, Some("request.half_character")),
    ] {
        for (accept, media, expected) in [(NEWER.1, GRAPHQL, status), ("application/json", OLDER, 200)] {
            let (answered, named, body) = posted(&address, accept, json!({ "query": query })).await;
            assert_eq!((answered, named.as_str()), (expected, media), "{query}");
            assert_eq!(body.get("data").is_some(), status == 200, "{query}: {body}");
            assert_eq!(body["errors"][0]["extensions"]["code"].as_str(), code, "{query}: {body}");
        }
    }
    server.stop().await;
}

/// What is no request of GraphQL has a status of its own, whichever answer is wanted.
/// A position means something under its origin alone.
#[tokio::test]
async fn every_answer_tells_the_origin_of_the_log_and_where_it_was_read() {
    let (server, address) = server().await;
    let (_, _, log) = posted(&address, "*/*", json!({ "query": "{ log { origin } }" })).await;
    let (_, _, read) = posted(&address, "*/*", json!({ "query": "{ metrics { totalCount } }" })).await;
    assert_eq!(log["extensions"]["log"]["origin"], log["data"]["log"]["origin"]);
    assert_eq!(read["extensions"]["log"]["origin"], log["data"]["log"]["origin"]);
    assert!(read["extensions"]["log"]["position"].is_string(), "{read}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_before_it_is_looked_at() {
    let (server, address) = server().await;
    let api = Api::at(&address);
    let log = br#"{"query":"{ log { position } }"}"#.to_vec();
    for accept in [NEWER, ("accept", "application/json"), ("accept", "*/*")] {
        for (headers, body, status) in [
            (vec![JSON], b"{".to_vec(), 400),
            (vec![JSON], br#"[{"query":"{ log { position } }"}]"#.to_vec(), 400),
            (vec![JSON], br#"["{ log { position } }"]"#.to_vec(), 400),
            (vec![JSON], br#"{"query":"{ log { position } }","variables":"x"}"#.to_vec(), 400),
            (vec![("content-type", "application/json; charset=latin1")], log.clone(), 415),
            (vec![("content-type", "multipart/form-data; boundary=x")], log.clone(), 415),
            (vec![("content-type", "application/x-www-form-urlencoded")], b"query={log{position}}".to_vec(), 415),
            (vec![JSON, ("x-sanping-viewer", "roles=king")], log.clone(), 401),
            (vec![JSON, ("origin", "https://evil.example")], log.clone(), 403),
            (vec![JSON], vec![b' '; (1 << 20) + 1], 413),
        ] {
            let headers = [headers, vec![accept]].concat();
            let (answered, text) = api.post(&headers, body).await.unwrap();
            let body: Value = serde_json::from_str(&text).unwrap();
            assert_eq!((answered, body.get("data")), (status, None), "{headers:?}: {text}");
            assert!(body["errors"][0]["extensions"]["code"].is_string(), "{text}");
        }
    }
    let (status, text) = api.post(&[JSON, ("accept", "text/html")], log).await.unwrap();
    assert_eq!(status, 406, "{text}");
    let mutation = "/graphql?query=mutation%7BcloseBranch(input:%7B%7D)%7Bid%7D%7D";
    assert_eq!(api.get(mutation, &[NEWER]).await.unwrap().0, 405);
    let deleted = reqwest::Client::new().delete(format!("{address}/graphql")).send().await.unwrap();
    assert_eq!((deleted.status().as_u16(), &deleted.headers()["allow"]), (405, &"GET, POST".parse().unwrap()));
    server.stop().await;
}
