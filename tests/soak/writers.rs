//! Whoever writes: random commands over HTTP, each sent again until it is answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use harness::chance::Chance;
use harness::client::Api;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Failure;
use crate::place::Doors;

/// How many write at the same time.
pub const WRITERS: u64 = 16;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
const MEMBERS: u64 = 50;
const BRANCHES: u64 = 5;

/// A command that was answered as accepted.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// Which mutation, with which input.
    pub mutation: &'static str,
    /// Its input.
    pub input: Value,
    /// The position answered.
    pub position: u64,
}

/// What all writers know.
#[derive(Default)]
pub struct Known {
    /// What was acknowledged, by command id.
    pub acknowledged: BTreeMap<String, Acknowledged>,
    /// Members there are.
    pub members: Vec<String>,
    /// Branches there are.
    pub branches: Vec<String>,
    /// How many commands were refused: a rule, not an accident.
    pub refused: u64,
    /// How many answers did not come, or were errors.
    pub unanswered: u64,
}

/// The same, shared.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Known>>);

impl Shared {
    /// What is known now.
    pub fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("no writer panics")
    }
}

/// How a command was answered.
enum Answer {
    Accepted(String),
    Refused,
    Nothing,
}

/// The organisation everybody writes in: a root, branches, members, a metric, rules.
pub async fn found(doors: &Doors, shared: &Shared) -> Result<(), Failure> {
    let send = |id: String, mutation, input| async move {
        match send(&any(doors, 0), shared, id, mutation, input).await {
            Answer::Accepted(id) => Ok(id),
            Answer::Refused | Answer::Nothing => Err(Failure::from(format!("{mutation} was not accepted"))),
        }
    };
    let branch = |parent: Option<&str>, name: String| {
        let kind = if parent.is_some() { "BRANCH" } else { "COMMITTEE" };
        json!({ "kind": kind, "parent": parent, "name": name, "on": "2020-01-01" })
    };
    let root = send("root".into(), "establishBranch", branch(None, "市分公司党委".into())).await?;
    for number in 0..BRANCHES {
        let named = branch(Some(&root), format!("第{number}支部"));
        let id = send(format!("branch-{number}"), "establishBranch", named).await?;
        shared.lock().branches.push(id);
    }
    let metric = json!({
        "code": "premium", "name": "新单保费", "unit": "YUAN", "direction": "HIGHER_IS_BETTER", "aggregation": "SUM",
        "grain": "MONTH", "subjects": "MEMBERS",
    });
    send("metric".into(), "defineMetric", metric).await?;
    send("rules".into(), "adoptRules", json!({ "preset": "DEFAULT" })).await?;
    for number in 0..MEMBERS {
        let branch = shared.lock().branches[usize::try_from(number % BRANCHES)?].clone();
        let id =
            send(format!("member-{number}"), "registerMember", registration(&branch, &format!("S{number}"))).await?;
        shared.lock().members.push(id);
    }
    Ok(())
}

fn registration(branch: &str, staff_number: &str) -> Value {
    json!({ "branch": branch, "staffNumber": staff_number, "name": "试一", "post": "STAFF", "on": "2022-01-04" })
}

/// Starts them; they end when told.
pub fn start(doors: &Doors, shared: &Shared, done: &watch::Receiver<bool>, seed: u64) -> JoinSet<()> {
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let chance = Chance::of(seed ^ (number + 1).wrapping_mul(0x9E37_79B9));
        writers.spawn(write(number, chance, doors.clone(), shared.clone(), done.clone()));
    }
    writers
}

async fn write(writer: u64, mut chance: Chance, doors: Doors, shared: Shared, done: watch::Receiver<bool>) {
    // The latest results of members, as this writer reported them: what it may correct.
    let mut results: Vec<(String, String)> = vec![];
    for number in 0.. {
        let id = format!("w{writer}-{number}");
        let (mutation, input) = command(&mut chance, &shared, &id, &mut results);
        loop {
            if *done.borrow() {
                return;
            }
            let door = any(&doors, chance.any());
            match send(&door, &shared, id.clone(), mutation, input.clone()).await {
                Answer::Accepted(made) => {
                    match (mutation, input["member"].as_str()) {
                        ("registerMember", _) => shared.lock().members.push(made),
                        ("reportMemberResult" | "correctMemberResult", Some(member)) => {
                            results.push((member.to_owned(), made));
                        }
                        _ => {}
                    }
                    break;
                }
                Answer::Refused => break,
                Answer::Nothing => {
                    shared.lock().unanswered += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// Half of it small and frequent, a tenth on one member; the rest moves rosters, boards and the report.
fn command(
    chance: &mut Chance,
    shared: &Shared,
    id: &str,
    results: &mut Vec<(String, String)>,
) -> (&'static str, Value) {
    let (member, branch) = {
        let known = shared.lock();
        let member = if chance.percent(10) { known.members.first().cloned() } else { chance.one(&known.members) };
        (member.unwrap_or_default(), chance.one(&known.branches).unwrap_or_default())
    };
    let value = format!("{}.{:02}", chance.below(100_000), chance.below(100));
    match chance.below(100) {
        0 => {
            let period = json!({ "quarter": { "year": 2022, "quarter": 1 + chance.below(4) } });
            ("draftRound", json!({ "branches": [branch], "period": period, "rulesVersion": 1 }))
        }
        1..50 => ("checkBadge", json!({ "member": member, "on": "2022-03-01", "place": "营业大厅", "worn": true })),
        50..60 => {
            ("transferMember", json!({ "member": member, "to": branch, "on": "2022-03-02", "reason": "工作需要" }))
        }
        60..65 => ("registerMember", registration(&branch, &format!("N{id}"))),
        65..75 => (
            "grantHonour",
            json!({ "member": member, "on": "2022-04-01", "title": "先进个人", "level": "CITY", "body": "市分公司" }),
        ),
        kind => match results.pop().filter(|_| kind >= 85) {
            Some((member, corrected)) => (
                "correctMemberResult",
                json!({ "member": member, "corrects": corrected, "value": value, "reason": "漏记一单" }),
            ),
            None => {
                let period = json!({ "month": { "year": 2022, "month": 1 + chance.below(12) } });
                let input = json!({ "member": member, "metric": "premium", "period": period, "value": value });
                ("reportMemberResult", input)
            }
        },
    }
}

/// One of the programs.
pub fn any(doors: &Doors, chance: u64) -> Api {
    let doors = doors.borrow();
    doors[usize::try_from(chance % doors.len() as u64).unwrap_or_default()].clone()
}

/// Sends a command once; what is accepted is kept with its position.
async fn send(door: &Api, shared: &Shared, id: String, mutation: &'static str, mut input: Value) -> Answer {
    input["commandId"] = json!(id);
    let Some(done) = asked(door, mutation, &input).await else { return Answer::Nothing };
    if !done["refusal"].is_null() {
        shared.lock().refused += 1;
        return Answer::Refused;
    }
    let Some(position) = done["position"].as_str().and_then(|text| text.parse().ok()) else { return Answer::Nothing };
    let made = done["of"].as_str().unwrap_or_default().to_owned();
    shared.lock().acknowledged.insert(id, Acknowledged { mutation, input, position });
    Answer::Accepted(made)
}

/// The outcome of a mutation, where one came.
pub async fn asked(door: &Api, mutation: &str, input: &Value) -> Option<Value> {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ done: {mutation}(input: $input) {{ position of replayed refusal {{ code }} }} }}"
    );
    let answer = tokio::time::timeout(PATIENCE, door.ask(&query, json!({ "input": input }))).await.ok()?.ok()?;
    Some(answer["data"]["done"].clone()).filter(Value::is_object)
}
