//! The proposal of a round: every person's result with the grade that the score proposes, the cap minded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kind::{Code, Rostered};
use super::result::MemberResult;
use super::rules::{Cap, Rules};
use crate::amount::Amount;
use crate::id::{BranchId, MemberId};

/// Everybody's result before publication; in the log only sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Proposal {
    /// By person.
    pub results: BTreeMap<MemberId, MemberResult>,
}

/// Where the border of the cap runs in a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Border {
    /// The least score that has a place; none where there is no place at all.
    score: Option<Amount>,
    /// Whether more share it than there are places.
    tied: bool,
}

impl Proposal {
    /// Proposes grades by score; the cap holds in yearly rounds.
    #[must_use]
    pub fn graded(mut self, rules: &Rules, people: &[Rostered], yearly: bool) -> Self {
        for result in self.results.values_mut() {
            result.proposed = result.score.and_then(|score| rules.band(score)).cloned();
            result.border_tie = false;
        }
        if let (true, Some(cap)) = (yearly, &rules.cap) {
            for branch in branches(people) {
                self.cap_branch(rules, cap, people, branch);
            }
        }
        self
    }

    fn cap_branch(&mut self, rules: &Rules, cap: &Cap, people: &[Rostered], branch: BranchId) {
        let own = formal(people, branch);
        let Some(border) = self.border(cap, &own) else { return };
        for member in own {
            let Some(result) = self.results.get_mut(&member) else { continue };
            let (Some(score), true) = (result.score, result.proposed.as_ref() == Some(&cap.grade)) else { continue };
            if border.score.is_some_and(|least| score > least || (score == least && !border.tied)) {
                continue;
            }
            result.border_tie = border.tied && border.score == Some(score);
            result.proposed = if result.border_tie { None } else { next_band(rules, &cap.grade).cloned() };
        }
    }

    /// The border; nothing where all fit.
    fn border(&self, cap: &Cap, own: &[MemberId]) -> Option<Border> {
        let places = cap.places(own.len());
        let wanting = own.iter().filter_map(|member| self.results.get(member));
        let wanting = wanting.filter(|result| result.proposed.as_ref() == Some(&cap.grade));
        let mut scores: Vec<Amount> = wanting.filter_map(|result| result.score).collect();
        scores.sort_unstable_by(|one, other| other.cmp(one));
        let first_out = *scores.get(places)?;
        match places.checked_sub(1).and_then(|last| scores.get(last)) {
            Some(last_in) => Some(Border { score: Some(*last_in), tied: *last_in == first_out }),
            None => Some(Border { score: None, tied: false }),
        }
    }
}

/// The branches of these people, each once.
pub fn branches(people: &[Rostered]) -> Vec<BranchId> {
    let mut branches: Vec<BranchId> = people.iter().map(|person| person.branch).collect();
    branches.sort_unstable();
    branches.dedup();
    branches
}

/// The formal members of a branch: those who are graded.
pub fn formal(people: &[Rostered], branch: BranchId) -> Vec<MemberId> {
    let own = people.iter().filter(|person| person.branch == branch && !person.on_probation);
    own.map(|person| person.member).collect()
}

fn next_band<'r>(rules: &'r Rules, grade: &Code) -> Option<&'r Code> {
    rules.bands.iter().skip_while(|band| band.grade != *grade).nth(1).map(|band| &band.grade)
}
