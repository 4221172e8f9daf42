//! A data folder that is loaded already: a second start loads nothing, and others come beside the program that serves.

use std::time::Duration;

use harness::client::Api;
use harness::program::{Running, answer, data, run};
use harness::wait::until;

/// The last word of a load: where the log ends.
fn end(said: &str) -> String {
    said.trim().rsplit(' ').next().unwrap().to_owned()
}

fn figures(report: &str) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    report["figures"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_loads_nothing_and_others_come_beside_it() {
    let data = data();
    let path = data.path();
    let head = end(&answer(path, &["demo", "--load-only"]));
    let running = Running::start(path, &["demo", "--port", "0"]);
    assert_eq!(
        running.until_said("2022 is loaded"),
        "the year 2022 is loaded",
        "of no command it says that it was sent"
    );
    let opened = running.until_said("open http://");
    let address = opened.trim_start_matches("open ").split("/graphiql").next().unwrap();
    let api = Api::at(address);
    until("readiness", Duration::from_secs(30), async || match api.get("/readyz", &[]).await {
        Ok((200, _)) => Some(()),
        _ => None,
    })
    .await;
    let log = api.get("/graphql?query=%7Blog%7Bposition%7D%7D", &[]).await.unwrap().1;
    assert!(log.contains(&format!("\"position\":\"{head}\"")), "the log ends where the load left it, at {head}: {log}");

    let beside = figures(&answer(path, &["report", "2022", "--json"]));
    let status = answer(path, &["projections", "status"]);
    assert!(status.lines().skip(1).all(|line| line.ends_with("current")), "{status}");
    let verified = answer(path, &["projections", "verify", "totals"]);
    assert!(verified.contains("rows agree"), "{verified}");
    let second = run(path, &["serve", "--listen", "127.0.0.1:0"]);
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(1) && told.contains("is in use by process"), "{told}");
    assert_eq!(api.get("/livez", &[]).await.unwrap().0, 200, "the one that serves does not mind");
    running.stop();
    assert_eq!(figures(&answer(path, &["report", "2022", "--json"])), beside, "alone as beside");
}
