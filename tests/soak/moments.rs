//! Answers as of moments, written down while all this goes on, and asked for again at the end.

use std::time::Duration;

use harness::chance::Chance;
use harness::client::Api;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::Failure;
use crate::place::Doors;
use crate::writers::{Shared, any};

const PATIENCE: Duration = Duration::from_secs(15);

/// How many kinds of questions there are.
pub const KINDS: u64 = 10;

/// A question with its answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What kind of question, less than [`KINDS`].
    pub kind: u64,
    question: String,
    /// What was answered then.
    pub answer: Value,
}

/// What was asked on the way.
#[derive(Debug, Default)]
pub struct Asked {
    /// What was answered.
    pub answered: Vec<Answered>,
    /// What was not: nothing came, or an error, which may be a refusal.
    pub unanswered: Vec<(String, Value)>,
}

/// Asks now and then as of a random moment until told to end.
pub async fn write_down(mut chance: Chance, doors: Doors, shared: Shared, done: watch::Receiver<bool>) -> Asked {
    let mut asked = Asked::default();
    while !*done.borrow() {
        tokio::time::sleep(Duration::from_millis(20 + chance.below(100))).await;
        let (head, member, branch) = {
            let known = shared.lock();
            let head = known.acknowledged.values().map(|acknowledged| acknowledged.position).max();
            let [member, branch] = [&known.members, &known.branches].map(|ids| chance.one(ids).unwrap_or_default());
            (head.unwrap_or(1), member, branch)
        };
        if member.is_empty() || branch.is_empty() {
            continue;
        }
        let kind = chance.below(KINDS);
        let question = question(kind, &mut chance, head, &member, &branch);
        match answer(&any(&doors, chance.any()), &question).await {
            Ok(answer) => asked.answered.push(Answered { kind, question, answer }),
            Err(errors) => asked.unanswered.push((question, errors)),
        }
    }
    asked
}

/// The report, a page of a board, also within a branch, who moved on it, a rank, a page of the trail, a member, rounds: each
/// with its lineage where it has one.
fn question(kind: u64, chance: &mut Chance, head: u64, member: &str, branch: &str) -> String {
    let moment = 1 + chance.below(head);
    let at = format!("asOf: {{ position: \"{moment}\" }}");
    let of = "subject: MEMBER, measure: { metric: \"premium\" }, period: { year: 2022 }";
    let board = format!("board: {{ {of} }}");
    let events = "events(first: 5) { nodes { position type } pageInfo { hasNextPage } }";
    match kind {
        0 => format!(
            "{{ report(year: 2022, {at}) {{ figures {{ code value exactness events(first: 5) {{ nodes {{ position }} }} }} }} }}"
        ),
        1 => format!(
            "{{ leaderboard({board}, {at}, first: 20) {{ totalCount nodes {{ rank score subject {{ of }} }} pageInfo {{ hasNextPage }} }} }}"
        ),
        2 => format!("{{ rank({board}, subject: \"{member}\", {at}) {{ rank score }} }}"),
        3 => {
            format!("{{ auditTrail({at}, first: 20, reverse: true) {{ nodes {{ position type actor recordedAt }} }} }}")
        }
        4 => format!("{{ member(id: \"{member}\", {at}) {{ id standing branch {{ id }} }} }}"),
        5 => format!("{{ member(id: \"{member}\", {at}) {{ id {events} }} }}"),
        6 => {
            let within = format!("board: {{ {of}, within: \"{branch}\" }}");
            format!(
                "{{ leaderboard({within}, {at}, first: 20) {{ totalCount nodes {{ rank score subject {{ of }} }} }} }}"
            )
        }
        7 => {
            let from = 1 + chance.below(moment);
            let between = format!("from: {{ position: \"{from}\" }}, to: {{ position: \"{moment}\" }}, first: 20");
            let moved = format!("subject {{ of }} ranksUp scoreChange {events}");
            format!("{{ leaderboardChange({board}, {between}) {{ movedCount edges {{ node {{ {moved} }} }} }} }}")
        }
        8 => format!(
            "{{ rounds({at}, first: 20) {{ totalCount nodes {{ id stage period {{ text }} branches {{ of }} {events} }} }} }}"
        ),
        _ => format!("{{ members({at}, first: 100) {{ totalCount nodes {{ id post }} }} }}"),
    }
}

/// The data, where they came without an error; else the errors, nothing where no answer came.
async fn answer(door: &Api, question: &str) -> Result<Value, Value> {
    let asked = tokio::time::timeout(PATIENCE, door.ask(question, json!({}))).await;
    let answered = asked.ok().and_then(Result::ok).ok_or(Value::Null)?;
    match answered.get("errors") {
        None => Ok(answered["data"].clone()),
        Some(errors) => Err(errors.clone()),
    }
}

/// Whether what was not answered on the way is answered now, or refused as then.
///
/// # Errors
/// The first that is neither.
pub async fn are_answered(door: &Api, unanswered: &[(String, Value)]) -> Result<(), Failure> {
    for (question, before) in unanswered {
        let now = door.ask(question, json!({})).await?;
        if now.get("errors").is_some_and(|errors| errors != before) {
            return Err(format!("{question} came to {before}, and though all is quiet to {now}").into());
        }
    }
    Ok(())
}

/// Whether each is answered as it was.
///
/// # Errors
/// The first that is not, with both answers.
pub async fn are_the_same(door: &Api, answers: &[Answered]) -> Result<(), Failure> {
    for Answered { question, answer: before, .. } in answers {
        let now = door.ask(question, json!({})).await?;
        if now["data"] != *before || now.get("errors").is_some() {
            return Err(format!("{question} was answered {before}, and now {now}").into());
        }
    }
    Ok(())
}
