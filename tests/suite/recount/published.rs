//! A bundle of what was published: results, rules, roster and turnout, read from the events alone, as a stranger would.

use std::collections::BTreeMap;

use domain::id::{BranchId, MemberId, RoundId};
use domain::period::{Grain, Period};
use domain::round::{Basis, Group, GroupResult, MemberResult, Rostered, RoundEvent, Rules};
use serde_json::{Map, Value, json};

/// The ballots of a group's latest attempt.
#[derive(Debug, Clone, Copy, Default)]
struct Ballots {
    issued: u32,
    returned: u32,
    blank: u32,
}

/// What a stranger knows of a round.
#[derive(Debug, Default)]
pub struct Published {
    period: Option<Period>,
    rules: Option<Rules>,
    ballots: BTreeMap<Group, Ballots>,
    people: Vec<Rostered>,
    peers: usize,
    results: BTreeMap<MemberId, MemberResult>,
}

impl Published {
    pub fn of<'e>(events: impl Iterator<Item = &'e RoundEvent>) -> Self {
        let mut known = Self::default();
        events.for_each(|event| known.learn(event));
        known
    }

    fn learn(&mut self, event: &RoundEvent) {
        use RoundEvent as E;
        match event {
            E::Drafted { period, .. } => self.period = Some(*period),
            E::Opened { rules, groups, .. } => {
                self.rules = Some(rules.clone());
                self.ballots = groups.iter().map(|group| (*group, Ballots::default())).collect();
            }
            E::RosterFixed { people, peers, .. } => (self.people, self.peers) = (people.clone(), peers.len()),
            E::PaperIssued { group, count, .. } => self.ballots.get_mut(group).unwrap().issued += count,
            E::PaperReturned { group, returned, blank, .. } => {
                let ballots = self.ballots.get_mut(group).unwrap();
                (ballots.returned, ballots.blank) = (*returned, *blank);
            }
            E::GroupRepeated { group, .. } => _ = self.ballots.insert(*group, Ballots::default()),
            E::Reopened { .. } => self.ballots.values_mut().for_each(|ballots| *ballots = Ballots::default()),
            E::ResultPublished { member, result, .. } => _ = self.results.insert(*member, result.clone()),
            _ => {}
        }
    }

    pub fn bundle(&self) -> Value {
        let rules = self.rules.as_ref().unwrap();
        let yearly = self.period.unwrap().grain() == Grain::Year;
        let in_play = rules.groups.iter().map(|rule| rule.group).filter(|group| self.ballots.contains_key(group));
        let groups: Vec<Value> = in_play.map(|group| self.ballots_of(group, rules)).collect();
        let people: Vec<Value> = self.people.iter().map(|person| self.answers(person)).collect();
        json!({ "rules": rules, "yearly": yearly, "groups": groups, "people": people })
    }

    fn ballots_of(&self, group: Group, rules: &Rules) -> Value {
        let Ballots { issued, returned, blank } = self.ballots[&group];
        let took_part = if rules.blank_takes_part { returned } else { returned - blank };
        match group {
            Group::Leader => json!({ "group": group }),
            Group::Peer | Group::Public => {
                let eligible = if group == Group::Peer { self.peers } else { issued as usize };
                json!({ "group": group, "eligible": eligible, "issued": issued, "returned": returned, "took_part": took_part })
            }
        }
    }

    fn answers(&self, person: &Rostered) -> Value {
        let (member, branch): (MemberId, BranchId) = (person.member, person.branch);
        let told = json!({ "member": member, "branch": branch, "graded": !person.on_probation });
        let Value::Object(mut told) = told else { unreachable!("it is an object") };
        match self.results.get(&member).map(|result| &result.basis) {
            Some(Basis::Reviews { groups }) => groups.iter().for_each(|group| of_group(&mut told, group)),
            Some(Basis::Year { quarters, comparisons, .. }) => {
                told.insert("quarters".into(), json!(quarters));
                told.insert("comparisons".into(), json!(comparisons));
            }
            None => {}
        }
        Value::Object(told)
    }
}

/// A group that does not count shows no answers.
fn of_group(told: &mut Map<String, Value>, group: &GroupResult) {
    let key = if group.group == Group::Leader { "marks" } else { "counts" };
    let of_kind = told.entry(key).or_insert_with(|| json!({}));
    for dimension in &group.dimensions {
        let code = dimension.dimension.to_string();
        for (leader, mark) in &dimension.marks {
            of_kind[leader.to_string()][&code] = json!(mark);
        }
        if let Some(count) = &dimension.count {
            of_kind[group.group.to_string()][&code] = json!(count);
        }
    }
}

/// The events until publication, and the first versions of the results.
pub fn first_version(events: &[RoundEvent]) -> impl Iterator<Item = &RoundEvent> {
    events.iter().filter(|event| !matches!(event, RoundEvent::ResultPublished { version: 2.., .. }))
}

/// The id that tells rounds apart in a failure.
pub fn label(seed: u64, round: RoundId, what: &str) -> String {
    format!("seed {seed}, round {round}, {what}")
}
