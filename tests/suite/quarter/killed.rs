//! The server is killed between any two steps of a quarter: nothing acknowledged is lost, nothing is doubled, what is due
//! happens by itself, and the results are those of a quarter without a kill.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use harness::client::Api;
use harness::ground::Ground;
use harness::wait::until;
use harness::writer::address;
use serde_json::{Value, json};

use super::{FOUNDED, PLAIN, Play, script};

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
            subject { of } } pageInfo { hasNextPage endCursor } } }";
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

/// A new server waits until what a killed one had leased is free; quarters that wait at the same time take no longer.
const AT_ONCE: usize = 8;

/// Plays the quarter; where it kills, the step before is sent once more to the next server. Answers how often it killed,
/// and what is left.
async fn played(ground: Ground, key: PathBuf, kills: impl Fn(usize) -> bool) -> (usize, Vec<Value>, Value) {
    let (socket, database) = address(&ground.endpoints.app);
    let (socket, key) = (socket.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned());
    let start = |at: &str| Stage::start(&[&socket, &database, &key, at]);
    let mut play = Play::default();
    let mut stage = start(FOUNDED);
    let steps = script(PLAIN);
    // Close and end come by themselves.
    let steps: Vec<_> =
        steps.into_iter().filter(|step| !["closeRound", "finaliseRound"].contains(&step.mutation)).collect();
    let (mut at, mut killed) = (FOUNDED, 0);
    for (number, step) in steps.iter().enumerate() {
        if step.at != at {
            at = step.at;
            stage.move_to(at);
        }
        if step.mutation == "tallyRound" {
            reached(&stage.api, &play, "CLOSED").await;
        }
        let first = play.send(&stage.api, number, step).await;
        if kills(number) {
            killed += 1;
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
    let (events, round) = left(&stage.api, &play).await;
    stage.kill();
    (killed, events, round)
}

/// Plays on a thread of its own.
fn playing(key: &Path, kills: impl Fn(usize) -> bool + Send + 'static) -> JoinHandle<(usize, Vec<Value>, Value)> {
    let key = key.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { played(Ground::fresh().await, key, kills).await })
    })
}

#[test]
fn a_server_killed_between_any_two_steps_of_a_quarter_loses_and_doubles_nothing() {
    let folder = harness::program::data();
    let key = folder.path().join("master.key");
    let (_, expected, round) = playing(&key, |_| false).join().unwrap();
    let turn = |turn: usize| playing(&key, move |number| number % AT_ONCE == turn);
    let quarters: Vec<_> = (0..AT_ONCE).map(turn).collect();
    let mut kills = 0;
    for quarter in quarters {
        let (killed, events, found) = quarter.join().unwrap();
        assert_eq!(found, round);
        assert_eq!(events.len(), expected.len(), "as many events");
        assert_eq!(events, expected);
        kills += killed;
    }
    let by_themselves = ["closeRound", "finaliseRound"];
    let steps = script(PLAIN).into_iter().filter(|step| !by_themselves.contains(&step.mutation)).count();
    assert_eq!(kills, steps, "after each step once");
}
