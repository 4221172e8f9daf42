//! What was really given in a round, written down by whoever gave it: nothing here is read from an event.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{BranchId, MemberId, RoundId};
use domain::period::Period;
use domain::round::{Counts, Group, Marks, Rules};
use serde_json::{Map, Value, json};

/// Somebody on the roster.
#[derive(Debug, Clone)]
pub struct Listed {
    pub member: MemberId,
    pub branch: BranchId,
    pub graded: bool,
}

/// The ballots of a group, in its latest attempt.
#[derive(Debug, Clone, Default)]
pub struct Paper {
    pub eligible: usize,
    pub issued: u64,
    pub issued_to: BTreeSet<MemberId>,
    pub returned: u64,
    pub blank: u64,
}

/// Somebody's year, as a recount takes it in.
#[derive(Debug, Clone, Default)]
pub struct Year {
    pub quarters: Vec<Value>,
    pub comparisons: Vec<Value>,
}

/// Everything that was given in a round.
#[derive(Debug, Clone)]
pub struct Given {
    pub round: RoundId,
    pub period: Period,
    pub rules: Rules,
    pub groups: Vec<Group>,
    pub people: Vec<Listed>,
    pub leaders: Vec<MemberId>,
    pub peers: Vec<MemberId>,
    pub scrutineers: Vec<MemberId>,
    pub papers: BTreeMap<Group, Paper>,
    /// Of whom, by which leader.
    pub marks: BTreeMap<MemberId, BTreeMap<MemberId, Marks>>,
    pub counts: BTreeMap<MemberId, BTreeMap<Group, Counts>>,
    /// In a yearly round.
    pub years: Option<BTreeMap<MemberId, Year>>,
}

impl Given {
    pub fn reviewed(&self) -> Vec<MemberId> {
        self.people.iter().filter(|person| person.graded).map(|person| person.member).collect()
    }

    /// The most answers there can be on a person in a group.
    pub fn most(&self, group: Group, member: MemberId) -> u64 {
        let paper = &self.papers[&group];
        let own = u64::from(paper.issued_to.contains(&member));
        (paper.returned - paper.blank).min(paper.issued.saturating_sub(own))
    }

    /// As a recount reads it.
    pub fn bundle(&self) -> Value {
        let groups: Vec<Value> = self.groups.iter().map(|group| self.ballots(*group)).collect();
        let people: Vec<Value> = self.people.iter().map(|person| self.answers(person)).collect();
        json!({ "rules": self.rules, "yearly": self.years.is_some(), "groups": groups, "people": people })
    }

    fn ballots(&self, group: Group) -> Value {
        let Some(paper) = self.papers.get(&group) else { return json!({ "group": group }) };
        let Paper { eligible, issued, returned, blank, .. } = paper;
        let took_part = if self.rules.blank_takes_part { *returned } else { returned - blank };
        json!({ "group": group, "eligible": eligible, "issued": issued, "returned": returned, "took_part": took_part })
    }

    fn answers(&self, person: &Listed) -> Value {
        let mut told = Map::new();
        told.insert("member".into(), json!(person.member));
        told.insert("branch".into(), json!(person.branch));
        told.insert("graded".into(), json!(person.graded));
        told.extend(self.marks.get(&person.member).map(|marks| ("marks".into(), json!(marks))));
        told.extend(self.counts.get(&person.member).map(|counts| ("counts".into(), json!(counts))));
        if let Some(year) = self.years.as_ref().and_then(|years| years.get(&person.member)) {
            told.insert("quarters".into(), json!(year.quarters));
            told.insert("comparisons".into(), json!(year.comparisons));
        }
        Value::Object(told)
    }
}
