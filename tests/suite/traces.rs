//! One trace from a request to the fold of the events it led to, as a collector hears it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use harness::own::{Own, SUPERUSER};
use harness::program::{Running, data, sanping};
use harness::wait::until;
use infra::postgres::APP_ROLE;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::clients::told_by_python;

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector of OTLP over HTTP.
#[derive(Clone, Default)]
struct Collector {
    heard: Arc<Mutex<Vec<Span>>>,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    async fn open(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    fn spans(&self) -> Vec<Span> {
        self.heard.lock().unwrap().clone()
    }

    /// The spans of a trace, once all of these are among them.
    async fn of(&self, trace: &str, names: &[&str]) -> BTreeMap<String, Span> {
        until("the trace", PATIENCE, async || {
            let of = self.spans().into_iter().filter(|span| hex(&span.trace_id) == trace);
            let of: BTreeMap<String, Span> = of.map(|span| (span.name.clone(), span)).collect();
            names.iter().all(|name| of.contains_key(*name)).then_some(of)
        })
        .await
    }
}

async fn take(State(collector): State<Collector>, body: Bytes) -> StatusCode {
    collector.bodies.lock().unwrap().push(body.clone());
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let spans = request.resource_spans.into_iter().flat_map(|of| of.scope_spans).flat_map(|of| of.spans);
    collector.heard.lock().unwrap().extend(spans);
    StatusCode::OK
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serving(own: &Own, endpoint: &str) -> (Running, String) {
    serving_with(own, endpoint, &[])
}

fn serving_with(own: &Own, endpoint: &str, variables: &[(&str, &str)]) -> (Running, String) {
    let url = own.url(APP_ROLE, "sanping");
    let told =
        ["--database-url", &url, "serve", "--dev-sign-in", "--listen", "127.0.0.1:0", "--otlp-endpoint", endpoint];
    let program = Running::start_with(own.data.path(), &told, variables);
    let address = program.until_said("serving on ").rsplit(' ').next().unwrap().to_owned();
    (program, address)
}

/// Founds the organisation, as part of a trace where one is named.
async fn found(address: &str, traceparent: Option<&str>) -> Value {
    let query = "mutation($input: EstablishBranchInput!) { establishBranch(input: $input) { position } }";
    let input = json!({ "kind": "COMMITTEE", "name": "机密党委", "on": "2020-01-01", "commandId": "founding" });
    let request = reqwest::Client::new().post(format!("{address}/graphql"));
    let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
    let request = traceparent.into_iter().fold(request, |request, value| request.header("traceparent", value));
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_request_through_the_append_to_the_fold() {
    let (own, collector) = (Own::with("sanping").await, Collector::default());
    let (program, address) = serving(&own, &collector.open().await);
    let done = found(&address, Some(&format!("00-{TRACE}-{PARENT}-01"))).await;
    assert_eq!(done["data"]["establishBranch"]["position"], "1", "{done}");
    let names = ["request", "command", "command.decide", "log.append", "projection.fold"];
    let spans = collector.of(TRACE, &names).await;
    let parent = |name: &str| hex(&spans[name].parent_span_id);
    let id = |name: &str| hex(&spans[name].span_id);
    assert_eq!(parent("request"), PARENT, "whoever asked");
    assert_eq!(parent("command"), id("request"));
    for part in ["command.decide", "log.append", "projection.fold"] {
        assert_eq!(parent(part), id("command"), "{part}");
    }
    let told = |name: &str, key: &str| {
        let found = spans[name].attributes.iter().find(|attribute| attribute.key == key);
        let value = found.and_then(|found| found.value.clone()).and_then(|value| value.value);
        format!("{value:?}")
    };
    assert!(told("request", "http.response.status_code").contains("200"));
    for part in ["log.append", "projection.fold"] {
        assert!(told(part, "sanping.position").contains('1'), "{part}");
    }

    // It is kept with the event, and another process that folds it goes on with it.
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let kept: Value = sqlx::query_scalar("select metadata from events").fetch_one(&superuser).await.unwrap();
    assert_eq!(kept["traceparent"], format!("00-{TRACE}-{}-01", id("command")));
    assert_eq!((&kept["actor"], &kept["command_id"]), (&json!("office"), &json!("founding")));

    // Nobody's name, no text, no id of a command or a viewer.
    program.stop();
    let bodies = collector.bodies.lock().unwrap().clone();
    let bytes = String::from_utf8_lossy(&bodies.concat()).into_owned();
    for word in ["机密", "office", "founding", "establishBranch", "mutation"] {
        assert!(!bytes.contains(word), "{word} is in what the collector hears");
    }

    // Another implementation reads the same.
    let bodies: Vec<String> = bodies.iter().map(|body| hex(body)).collect();
    let read = told_by_python("otlp.py", &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let read = read.iter().filter(|span| span["trace"] == TRACE).map(|span| {
        assert_eq!((&span["service"], &span["takes"]), (&json!("sanping"), &json!(true)), "{span}");
        ["name", "span", "parent"].map(|key| span[key].as_str().unwrap().to_owned())
    });
    let read: BTreeSet<[String; 3]> = read.collect();
    let known = spans.values().map(|span| [span.name.clone(), hex(&span.span_id), hex(&span.parent_span_id)]);
    assert!(known.clone().count() == names.len() && known.clone().all(|span| read.contains(&span)), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_sampled_is_not_and_is_not_kept() {
    let (own, collector) = (Own::with("sanping").await, Collector::default());
    let (program, address) = serving(&own, &collector.open().await);
    found(&address, Some(&format!("00-{TRACE}-{PARENT}-00"))).await;
    // One that begins here is.
    let query = json!({ "query": "{ log { position } }" });
    let asked = reqwest::Client::new().post(format!("{address}/graphql")).json(&query).send().await.unwrap();
    assert!(asked.status().is_success());
    program.stop();
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "request" && span.parent_span_id.is_empty()), "{spans:?}");
    assert!(spans.iter().all(|span| hex(&span.trace_id) != TRACE), "{spans:?}");
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let kept: Value = sqlx::query_scalar("select metadata from events").fetch_one(&superuser).await.unwrap();
    assert!(kept.get("traceparent").is_none(), "{kept}");
}

/// Whoever runs it says how much is sampled; what somebody who asks wants does not count then.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_runs_it_says_how_much_is_sampled() {
    let (own, collector) = (Own::with("sanping").await, Collector::default());
    let few = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let (program, address) = serving_with(&own, &collector.open().await, &few);
    let done = found(&address, Some(&format!("00-{TRACE}-{PARENT}-01"))).await;
    assert_eq!(done["data"]["establishBranch"]["position"], "1", "{done}");
    program.stop();
    assert!(collector.spans().is_empty(), "{:?}", collector.spans());
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let kept: Value = sqlx::query_scalar("select metadata from events").fetch_one(&superuser).await.unwrap();
    assert!(kept.get("traceparent").is_none(), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_silent_holds_nobody_up() {
    let own = Own::with("sanping").await;
    // It takes connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (program, address) = serving(&own, &format!("http://{}", silent.local_addr().unwrap()));
    let done = tokio::time::timeout(Duration::from_secs(20), found(&address, None)).await.expect("it is answered");
    assert_eq!(done["data"]["establishBranch"]["position"], "1", "{done}");
    for _ in 0..50 {
        let asked = reqwest::Client::new().get(format!("{address}/livez")).send().await.unwrap();
        assert!(asked.status().is_success());
    }
    let told = tokio::task::spawn_blocking(move || program.told_at_the_end());
    let told = tokio::time::timeout(Duration::from_secs(30), told).await.expect("it stops").unwrap();
    let said = told.iter().filter(|line| line.contains("traces cannot be sent")).count();
    assert!(said <= 1, "it is told once at the most: {told:?}");
}

#[test]
fn where_traces_go_and_how_much_is_sampled_is_said_properly_or_nobody_serves() {
    for (endpoint, sampler, exit, named) in
        [("nowhere", "always_on", 1, "--otlp-endpoint"), ("http://127.0.0.1:9", "half_of_them", 2, "--traces-sampler")]
    {
        let wrong = std::process::Command::new(sanping())
            .args(["serve", "--otlp-endpoint", endpoint, "--listen", "127.0.0.1:0"])
            .env("OTEL_TRACES_SAMPLER", sampler)
            .arg("--data")
            .arg(data().path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&wrong.stderr);
        assert!(wrong.status.code() == Some(exit) && told.contains(named), "{told}");
    }
}

/// Whichever process folds goes on with it, by what the event keeps.
#[tokio::test(flavor = "multi_thread")]
async fn another_process_that_folds_goes_on_with_it() {
    let (own, folds, asks) = (Own::with("sanping").await, Collector::default(), Collector::default());
    let (folding, there) = serving(&own, &folds.open().await);
    // It has the leases once it is ready, and keeps them while it lives.
    until("the first process is ready", PATIENCE, async || {
        let ready = reqwest::Client::new().get(format!("{there}/readyz")).send().await.unwrap();
        ready.status().is_success().then_some(())
    })
    .await;
    let (asking, address) = serving(&own, &asks.open().await);
    let done = found(&address, Some(&format!("00-{TRACE}-{PARENT}-01"))).await;
    assert_eq!(done["data"]["establishBranch"]["position"], "1", "{done}");
    let fold = folds.of(TRACE, &["projection.fold"]).await;
    let command = asks.of(TRACE, &["request", "command", "log.append"]).await;
    assert_eq!(hex(&fold["projection.fold"].parent_span_id), hex(&command["command"].span_id));
    assert!(!asks.spans().iter().any(|span| span.name == "projection.fold"), "one process folds");
    asking.stop();
    folding.stop();
}
