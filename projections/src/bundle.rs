//! The bundle of a published round 复核数据包: what somebody needs to recount it without trusting this program.
//!
//! # Format
//! `{ "rules", "yearly", "groups": [{ "group", "eligible", "issued", "returned", "took_part" }], "people": [{ "member",
//! "branch", "graded", "marks": { leader: { dimension: mark } }, "counts": { group: { dimension: { "grades": { grade:
//! n }, "unknown", "invalid" } } }, "quarters": [{ "quarter", "score", "days" }], "comparisons": [{ "metric", "weight",
//! "completion" }], "stated": { "score", "grade", "rank" } }] }`. The leaders' group has a name only; a group that does
//! not count for a person has no counts there; the stated grade is the one that the score proposes. A year in which
//! somebody's result was corrected states no grades: they were proposed at the tally, the cap over everybody, and a
//! correction moves nobody else's. The bundle as of the publication states them.
//!
//! # Invariant
//! Ids only; nothing that the results do not say.

use std::collections::BTreeMap;

use domain::amount::Amount;
use domain::id::MemberId;
use domain::period::Grain;
use domain::round::{Basis, Code, Count, Group, GroupResult, MemberResult, Rules, ranks};
use serde_json::{Map, Value, json};

use crate::round_people::RoundPersonRow;
use crate::rounds::{RoundRow, Voting};

/// The bundle of a round and its people; nothing before the opening.
#[must_use]
pub fn bundle(round: &RoundRow, people: &[RoundPersonRow]) -> Option<String> {
    let rules = &round.rules.as_ref()?.0;
    let groups: Vec<Value> =
        round.voting.0.iter().map(|(group, voting)| group_of(round, rules, *group, voting)).collect();
    let people: Vec<&RoundPersonRow> = people.iter().filter(|person| person.branch.is_some()).collect();
    let ranks =
        ranks(&rules.ties, people.iter().filter_map(|person| Some((person.member, &person.result.as_ref()?.0))));
    let yearly = round.period.grain() == Grain::Year;
    let with_grades = !yearly || people.iter().all(|person| person.version <= Some(1));
    let shown = people.iter().map(|person| person_of(person, ranks.get(&person.member), with_grades));
    let shown: Vec<Value> = shown.collect();
    Some(json!({ "rules": rules, "yearly": yearly, "groups": groups, "people": shown }).to_string())
}

fn group_of(round: &RoundRow, rules: &Rules, group: Group, voting: &Voting) -> Value {
    if group == Group::Leader {
        return json!({ "group": group });
    }
    let (eligible, issued, took_part) = (round.eligible(group), voting.issued, voting.took_part(rules));
    json!({
        "group": group,
        "eligible": eligible,
        "issued": issued,
        "returned": voting.returned.unwrap_or_default(),
        "took_part": took_part.unwrap_or_default(),
    })
}

fn person_of(person: &RoundPersonRow, rank: Option<&u64>, with_grade: bool) -> Value {
    let result = person.result.as_ref().map(|result| &result.0);
    let groups = match result.map(|result| &result.basis) {
        Some(Basis::Reviews { groups }) => groups.as_slice(),
        Some(Basis::Year { .. }) | None => &[],
    };
    let (quarters, comparisons) = result.map(year_of).unwrap_or_default();
    let mut stated = json!({ "score": person.score, "rank": rank });
    if with_grade {
        stated["grade"] = json!(person.proposed);
    }
    json!({
        "member": person.member,
        "branch": person.branch,
        "graded": person.is_reviewed,
        "marks": marks_of(groups),
        "counts": counts_of(groups),
        "quarters": quarters,
        "comparisons": comparisons,
        "stated": stated,
    })
}

/// The leaders' marks, by leader.
fn marks_of(groups: &[GroupResult]) -> BTreeMap<MemberId, BTreeMap<&Code, Amount>> {
    let mut by_leader: BTreeMap<MemberId, BTreeMap<&Code, Amount>> = BTreeMap::new();
    for dimension in groups.iter().flat_map(|group| &group.dimensions) {
        for (leader, mark) in &dimension.marks {
            by_leader.entry(*leader).or_default().insert(&dimension.dimension, *mark);
        }
    }
    by_leader
}

/// The counts of the secret groups that count for the person.
fn counts_of(groups: &[GroupResult]) -> Map<String, Value> {
    let counted = groups.iter().filter(|group| group.group.is_secret() && group.score.is_some());
    let of = |group: &GroupResult| {
        let shown =
            |count: &Count| json!({ "grades": count.grades, "unknown": count.unknown, "invalid": count.invalid });
        let dimensions =
            group.dimensions.iter().filter_map(|of| Some((of.dimension.to_string(), shown(of.count.as_ref()?))));
        (group.group.to_string(), Value::Object(dimensions.collect()))
    };
    counted.map(of).collect()
}

fn year_of(result: &MemberResult) -> (Vec<Value>, Vec<Value>) {
    let Basis::Year { quarters, comparisons, .. } = &result.basis else { return (vec![], vec![]) };
    let quarters = quarters.iter().map(|of| json!({ "quarter": of.quarter, "score": of.score, "days": of.days }));
    let comparisons =
        comparisons.iter().map(|of| json!({ "metric": of.metric, "weight": of.weight, "completion": of.completion }));
    (quarters.collect(), comparisons.collect())
}
