//! A person's result: the answers it is made of, every step exact, and the one rounding.
//!
//! # Invariant
//! What stands here is enough to arrive at the score with a pocket calculator; a group that does not count shows none
//! of its answers.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fraction::Fraction;
use super::kind::{Answers, Code, Count, Gap, Group};
use super::rules::TieRule;
use crate::amount::Amount;
use crate::id::{MemberId, RoundId};
use crate::ledger::Exactness;
use crate::period::Period;
use crate::text::Sealed;

/// A person's result in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberResult {
    /// What it is made of.
    pub basis: Basis,
    /// Before the rounding; nothing where it is incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact: Option<Fraction>,
    /// The score: two places, half away from zero; nothing where it is incomplete, never 0 for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Amount>,
    /// The grade that the score proposes, the cap minded; nothing where incomplete, or tied across the cap's border.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Code>,
    /// Whether a tie across the border of the cap is left to the committee.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub border_tie: bool,
    /// The grade that the committee decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Code>,
    /// Why it differs from the proposal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed>,
}

/// What a result is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The reviews of one round.
    Reviews {
        /// By group, in the order of the rules.
        groups: Vec<GroupResult>,
    },
    /// The quarters and the comparisons of a year.
    Year {
        /// The quarters, in order.
        quarters: Vec<QuarterResult>,
        /// Their mean; nothing where too few have a score.
        reviews: Option<Fraction>,
        /// The metrics with a plan.
        comparisons: Vec<Comparison>,
        /// Their mean; nothing where there is none.
        performance: Option<Fraction>,
    },
}

/// What one group makes of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupResult {
    /// Which.
    pub group: Group,
    /// Its weight in percent, as the rules have it.
    pub weight_percent: Amount,
    /// The dimensions; none where the group does not count.
    pub dimensions: Vec<DimensionResult>,
    /// The group's score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Fraction>,
    /// Why it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// What one group makes of a person in one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DimensionResult {
    /// Which.
    pub dimension: Code,
    /// Its weight among those of the group.
    pub weight: Amount,
    /// The leaders' marks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<MemberId, Amount>,
    /// The ballots' answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
    /// Whether one highest and one lowest were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trimmed: bool,
    /// The mean.
    pub mean: Fraction,
}

/// A quarter of a year's result; of who was moved within it, one for each branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuarterResult {
    /// The quarter.
    pub quarter: Period,
    /// The round whose score it is.
    pub round: RoundId,
    /// The published score.
    pub score: Amount,
    /// The days of the quarter in the branch of that round.
    pub days: u32,
}

/// A metric with a plan for the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Which.
    pub metric: Code,
    /// The plan.
    pub plan: Amount,
    /// The actual, exactly.
    pub actual: Fraction,
    /// What it weighs among the others.
    pub weight: Amount,
    /// Plan completion in percent, before the cap of 100.
    pub completion: Fraction,
    /// Whether actual and completion are what they are, or at least that.
    #[serde(default, skip_serializing_if = "Exactness::is_exact")]
    pub exactness: Exactness,
}

impl Comparison {
    /// The completion as it counts: 100 at most.
    #[must_use]
    pub fn counted(&self) -> Fraction {
        (&self.completion).min(&Fraction::whole(100)).clone()
    }

    /// Whether what counts of it is a lower bound: what is at least 100 counts as 100.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        !self.exactness.is_exact() && self.completion < Fraction::whole(100)
    }
}

impl MemberResult {
    /// A result of this, rounded once, with no grade yet.
    #[must_use]
    pub fn of(basis: Basis, exact: Option<Fraction>) -> Self {
        let score = exact.as_ref().and_then(Fraction::rounded);
        Self { basis, exact, score, proposed: None, border_tie: false, grade: None, reason: None }
    }

    /// Whether the score is what it is, or at least that, as a comparison that it is made of was reported so.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        match &self.basis {
            Basis::Year { comparisons, .. } if comparisons.iter().any(Comparison::is_bound) => Exactness::AtLeast,
            Basis::Year { .. } | Basis::Reviews { .. } => Exactness::Exact,
        }
    }

    /// The score of the leaders' group, or the year's comparisons, as ties are parted by: two places.
    #[must_use]
    pub fn tie_key(&self, rule: TieRule) -> Option<Amount> {
        match (&self.basis, rule) {
            (Basis::Reviews { groups }, TieRule::LeaderScore) => {
                let leader = groups.iter().find(|result| result.group == Group::Leader)?;
                leader.score.as_ref()?.rounded()
            }
            (Basis::Year { performance, .. }, TieRule::Performance) => performance.as_ref()?.rounded(),
            (Basis::Reviews { .. }, TieRule::Performance) | (Basis::Year { .. }, TieRule::LeaderScore) => None,
        }
    }
}

impl Answers {
    /// The answers that a published result shows; a group that does not count shows none.
    #[must_use]
    pub fn of(groups: &[GroupResult]) -> Self {
        let mut answers = Self::default();
        for (group, dimension) in groups.iter().flat_map(|of| of.dimensions.iter().map(move |shown| (of.group, shown)))
        {
            for (leader, mark) in &dimension.marks {
                answers.marks.entry(*leader).or_default().insert(dimension.dimension.clone(), *mark);
            }
            if let Some(count) = &dimension.count {
                answers.counts.entry(group).or_default().insert(dimension.dimension.clone(), count.clone());
            }
        }
        answers
    }
}

/// Ranks 1, 2, 2, 4 of those who have a score; equal ones are parted by the chain, who has no key coming last.
#[must_use]
pub fn ranks<'r>(
    ties: &[TieRule],
    results: impl IntoIterator<Item = (MemberId, &'r MemberResult)>,
) -> BTreeMap<MemberId, u64> {
    let place = |result: &MemberResult| {
        let parted: Vec<Option<Amount>> = ties.iter().map(|rule| result.tie_key(*rule)).collect();
        result.score.map(|score| Reverse((score, parted)))
    };
    let mut placed: Vec<_> =
        results.into_iter().filter_map(|(member, result)| Some((place(result)?, member))).collect();
    placed.sort();
    let mut ranks = BTreeMap::new();
    let (mut rank, mut last) = (0, None);
    for (at, (place, member)) in (1_u64..).zip(&placed) {
        if last != Some(place) {
            (rank, last) = (at, Some(place));
        }
        ranks.insert(*member, rank);
    }
    ranks
}
