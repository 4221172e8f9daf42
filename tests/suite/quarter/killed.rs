//! The server is killed after each kind of step of a quarter: nothing acknowledged is lost, nothing is doubled, what is due
//! happens by itself, and the results are those of a quarter without a kill.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use harness::client::Api;
use harness::ground::Ground;
use harness::wait::until;
use harness::writer::address;
use serde_json::{Value, json};

use super::{FOUNDED, Play, Secrets, script};

const SECRETS: Secrets = Secrets { duty: "88", excellent: 4 };

/// A server as a process.
struct Stage {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    api: Api,
}

impl Stage {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let open = lines.next().expect("it says where it is open").unwrap();
        let api = Api::at(open.strip_prefix("open ").unwrap());
        Self { child, lines, api }
    }

    fn move_to(&mut self, instant: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{instant}").unwrap();
        let said = self.lines.next().unwrap().unwrap();
        assert_eq!(said, format!("at {instant}"));
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Ended already in most cases; after a failed assertion it must not go on.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_stage"))
}

/// What a quarter leaves behind: its events without what depends on chance, and everybody's result.
async fn left(api: &Api, play: &Play) -> (Vec<Value>, Value) {
    let mut events = vec![];
    let mut after = Value::Null;
    loop {
        let query =
            "query($after: String) { auditTrail(first: 100, after: $after) { nodes { position type actor commandId
            subject { id } } pageInfo { hasNextPage endCursor } } }";
        let page = api.data(query, json!({ "after": after })).await.unwrap()["auditTrail"].take();
        events.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let query = "{ round(id: \"@round\") { stage results { nodes { score grade version } } } }";
    let round = api.data(&play.filled(query), json!({})).await.unwrap();
    (events, round)
}

/// Waits until the round gets there by itself.
async fn reached(api: &Api, play: &Play, stage: &str) {
    let query = play.filled("{ round(id: \"@round\") { stage } }");
    let there = async || (api.ask(&query, json!({})).await.unwrap()["data"]["round"]["stage"] == stage).then_some(());
    until(stage, Duration::from_secs(120), there).await;
}

/// Plays the quarter; where it kills, the last step of each kind is sent once more to the next server.
async fn played(ground: &Ground, key: &Path, kills: bool) -> (Vec<Value>, Value) {
    let (socket, database) = address(&ground.endpoints.app);
    let (socket, key) = (socket.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());
    let start = |at: &str| Stage::start(&[&socket, &database, &key, at]);
    let mut play = Play::default();
    let mut stage = start(FOUNDED);
    let steps = script(SECRETS);
    // Close and end come by themselves.
    let steps: Vec<_> =
        steps.into_iter().filter(|step| !["closeRound", "finaliseRound"].contains(&step.mutation)).collect();
    let mut at = FOUNDED;
    for (number, step) in steps.iter().enumerate() {
        if step.at != at {
            at = step.at;
            stage.move_to(at);
        }
        if step.mutation == "tallyRound" {
            reached(&stage.api, &play, "CLOSED").await;
        }
        let first = play.send(&stage.api, number, step).await;
        let next = steps.get(number + 1).map(|next| next.mutation);
        if kills && next != Some(step.mutation) {
            stage.kill();
            stage = start(at);
            let mut again = play.send(&stage.api, number, step).await;
            let outcomes = |answer: &mut Value| match answer["items"].as_array_mut() {
                Some(items) => items.iter_mut().for_each(|item| _ = item["outcome"]["replayed"].take()),
                None => _ = answer["replayed"].take(),
            };
            let mut before = first.clone();
            outcomes(&mut before);
            outcomes(&mut again);
            assert_eq!(again, before, "{} is answered as before", step.mutation);
        }
        assert!(!first.to_string().contains("\"code\""), "{}: {first}", step.mutation);
    }
    stage.move_to(super::OVER);
    reached(&stage.api, &play, "FINAL").await;
    let left = left(&stage.api, &play).await;
    stage.kill();
    left
}

#[tokio::test]
async fn a_server_killed_between_the_steps_of_a_quarter_loses_and_doubles_nothing() {
    let folder = harness::program::data();
    let key = folder.path().join("master.key");
    let (whole, broken) = (Ground::fresh().await, Ground::fresh().await);
    let expected = played(&whole, &key, false).await;
    let found = played(&broken, &key, true).await;
    assert_eq!(found.1, expected.1);
    assert_eq!(found.0.len(), expected.0.len(), "as many events");
    assert_eq!(found.0, expected.0);
}
