//! An organisation whose members are reviewed.
//!
//! ```text
//! @root 市分公司党委
//! ├─ @team 第一支部: @m1 … @m7, @pro (on probation)
//! ├─ @trio 第二支部: @x1 @x2 @x3
//! ├─ @bare 第三支部: nobody
//! └─ @board 机关支部: @lead1 @lead2 (leaders), @scru1 @scru2 (scrutineers)
//! ```
//! Rules, version 1: the defaults. Who acts in a round: @m1 … as `id=m1; roles=member`, the office as `office` and `second`.

use domain::event::Event;
use domain::round::{MemberResult, RoundEvent};
use domain::stream::Position;
use infra::log::reader;
use serde_json::{Value, json};

use super::teller::{Ears, Teller};

/// The members of @team who are reviewed.
pub const TEAM: [&str; 7] = ["m1", "m2", "m3", "m4", "m5", "m6", "m7"];

/// The organisation, at an instant.
pub async fn panel(heard: Ears, at: &str) -> Teller {
    let t = Teller::begin(heard, at).await;
    t.make("root", "establishBranch", json!({ "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" })).await;
    for (name, title) in [("team", "第一支部"), ("trio", "第二支部"), ("bare", "第三支部"), ("board", "机关支部")]
    {
        let input = json!({ "kind": "BRANCH", "parent": "@root", "name": title, "on": "2020-02-01" });
        t.make(name, "establishBranch", input).await;
    }
    let team = TEAM.iter().map(|name| (*name, "@team"));
    let others = [("x1", "@trio"), ("x2", "@trio"), ("x3", "@trio"), ("pro", "@team")];
    let board = ["lead1", "lead2", "scru1", "scru2"].map(|name| (name, "@board"));
    for (name, branch) in team.chain(others).chain(board) {
        let until = (name == "pro").then_some("2023-06-30");
        let input = json!({
            "branch": branch, "staffNumber": format!("S-{name}"), "name": "试䶮", "post": "STAFF", "on": "2021-01-04",
            "probationUntil": until,
        });
        t.make(name, "registerMember", input).await;
    }
    t.yes("adoptRules", json!({ "preset": "DEFAULT" })).await;
    t
}

/// The same story as a member tells it.
pub fn member(t: &Teller, name: &str) -> Teller {
    t.viewer(&format!("id={name}; roles=member; member=@{name}"))
}

/// The same story as the second in the office tells it.
pub fn second(t: &Teller) -> Teller {
    t.viewer("id=second; roles=office")
}

/// A round is drafted for a quarter of 2022.
pub async fn draft(t: &Teller, name: &str, branches: &[&str], quarter: u8, rules_version: u32) {
    let period = json!({ "quarter": { "year": 2022, "quarter": quarter } });
    let input = json!({ "branches": branches, "period": period, "rulesVersion": rules_version });
    t.make(name, "draftRound", input).await;
}

/// Who opens a round of every group.
pub fn opening(round: &str, closes_at: &str) -> Value {
    json!({
        "round": round, "closesAt": closes_at, "leaders": ["@lead1", "@lead2"], "scrutineers": ["@scru1", "@scru2"],
    })
}

/// A count in one dimension: excellent, qualified, basically qualified, not qualified, unknown.
pub fn count(dimension: &str, [excellent, qualified, basically, not, unknown]: [i64; 5]) -> Value {
    let named = [
        ("excellent", excellent),
        ("qualified", qualified),
        ("basically_qualified", basically),
        ("not_qualified", not),
    ];
    let grades: Vec<Value> = named.iter().map(|(grade, count)| json!({ "grade": grade, "count": count })).collect();
    json!({ "dimension": dimension, "grades": grades, "unknown": unknown })
}

/// Marks of a leader.
pub fn marks(duty: &str, contests: &str) -> Value {
    json!([{ "dimension": "duty", "mark": duty }, { "dimension": "contests", "mark": contests }])
}

/// Everybody's result as it was published last, by the names of the story.
pub async fn result(t: &Teller, name: &str) -> (u32, MemberResult) {
    let member = t.id(name);
    let facts = reader::after(&t.server().app.pool, Position(0), 10_000).await.unwrap();
    let published = facts.into_iter().rev().find_map(|fact| match fact.event {
        Event::Round(RoundEvent::ResultPublished { member: whose, version, result, .. })
            if whose.to_string() == member =>
        {
            Some((version, result))
        }
        _other => None,
    });
    published.unwrap_or_else(|| panic!("{name} has no result"))
}

/// Score and grade of a person.
pub async fn scored(t: &Teller, name: &str) -> (u32, Option<String>, Option<String>) {
    let (version, result) = result(t, name).await;
    (version, result.score.map(|score| score.to_string()), result.grade.map(|grade| grade.to_string()))
}
