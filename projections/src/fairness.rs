//! Fairness of published rounds 公平性分析: how leaders mark beside each other, whether groups agree, who got what grade.
//!
//! # Definitions
//! - *Severity* of a leader: over everybody and every dimension marked by the leader and by another one too, the mean of
//!   the leader's marks less the mean of the others' (each time the mean of those of the same person and dimension). Below
//!   0 is severe, above 0 lenient. It is the deviation of a rater from the others on the same ratees, the usual measure of
//!   leniency and severity: F. E. Saal, R. G. Downey, M. A. Lahey, "Rating the ratings", Psychological Bulletin 88 (1980).
//!   The *spread* is the greatest less the least.
//! - *Agreement* of two groups: Kendall's τ-b over the pairs of persons of one round, M. G. Kendall, "The treatment of ties
//!   in ranking problems", Biometrika 33 (1945): (C − D) / √((n − t₁)(n − t₂)), with C pairs that both put in the same
//!   order, D in opposite ones, n pairs in all, t those tied in a group. Beside it the mean absolute difference of scores.
//! - *Distribution*: how many of a branch were given each grade, and the mean of each group's scores.
//!
//! # Invariants
//! - Only published results go in: leaders are named in them by design, the answers of secret groups stand there only as
//!   counts of at least k per question. Nothing of a single voter is known here.
//! - What is said of secret groups over persons is said over at least k of them, or not at all; leaders have a name.
//! - Exact fractions; the one rounding is the last step. The root of τ-b is rounded by whole numbers.

use std::collections::{BTreeMap, BTreeSet};

use domain::amount::Amount;
use domain::id::{BranchId, MemberId, RoundId};
use domain::round::fraction::Fraction;
use domain::round::{Basis, Code, DimensionResult, Group, GroupResult, MemberResult};

/// A published result, as it goes in.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The round.
    pub round: RoundId,
    /// The person.
    pub member: MemberId,
    /// The branch at the opening.
    pub branch: BranchId,
    /// The result as it stands.
    pub result: MemberResult,
}

/// How a leader marks beside the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Severity {
    /// The leader.
    pub leader: MemberId,
    /// How many marks are compared.
    pub marks: usize,
    /// On how many persons.
    pub persons: usize,
    /// The mean of the leader's marks.
    pub own: Fraction,
    /// The mean of the others'.
    pub others: Fraction,
}

impl Severity {
    /// Below 0 is severe, above 0 lenient.
    #[must_use]
    pub fn difference(&self) -> Fraction {
        self.own.less(&self.others)
    }
}

/// Every leader who marked somebody whom another one marked too.
#[must_use]
pub fn severities(reviewed: &[Reviewed]) -> Vec<Severity> {
    let mut by_leader: BTreeMap<MemberId, Vec<(MemberId, Fraction, Fraction)>> = BTreeMap::new();
    for one in reviewed {
        for dimension in groups(&one.result).iter().flat_map(|group| &group.dimensions) {
            for (leader, mark) in &dimension.marks {
                if let Some(others) = others(dimension, *leader) {
                    by_leader.entry(*leader).or_default().push((one.member, (*mark).into(), others));
                }
            }
        }
    }
    by_leader.into_iter().filter_map(|(leader, compared)| severity(leader, &compared)).collect()
}

fn severity(leader: MemberId, compared: &[(MemberId, Fraction, Fraction)]) -> Option<Severity> {
    let own = mean(compared.iter().map(|(_, own, _)| own))?;
    let others = mean(compared.iter().map(|(.., others)| others))?;
    let persons: BTreeSet<MemberId> = compared.iter().map(|(member, ..)| *member).collect();
    Some(Severity { leader, marks: compared.len(), persons: persons.len(), own, others })
}

/// The mean of what the other leaders gave in a dimension; nothing where there is none.
fn others(dimension: &DimensionResult, leader: MemberId) -> Option<Fraction> {
    let marks = dimension.marks.iter().filter(|(other, _)| **other != leader);
    let marks: Vec<Fraction> = marks.map(|(_, mark)| (*mark).into()).collect();
    mean(&marks)
}

/// The greatest difference less the least; nothing of fewer than two leaders.
#[must_use]
pub fn spread(severities: &[Severity]) -> Option<Fraction> {
    let differences: Vec<Fraction> = severities.iter().map(Severity::difference).collect();
    let (least, most) = (differences.iter().min()?, differences.iter().max()?);
    (differences.len() > 1).then(|| most.less(least))
}

/// Whether two groups agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// One group and the other.
    pub groups: [Group; 2],
    /// How many persons have a score of both.
    pub persons: usize,
    /// Over the pairs of persons; nothing where fewer than k have both.
    pub pairs: Option<Pairs>,
    /// The mean absolute difference of the two scores; nothing where fewer than k have both.
    pub difference: Option<Fraction>,
}

/// Pairs of persons of one round, as two groups put them in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pairs {
    /// In the same order.
    pub concordant: i128,
    /// In opposite orders.
    pub discordant: i128,
    /// Tied by the first group.
    pub tied_first: i128,
    /// Tied by the second group.
    pub tied_second: i128,
    /// In all.
    pub all: i128,
}

impl Pairs {
    /// τ-b to two places, half away from zero; nothing where a group ties everybody.
    #[must_use]
    pub fn tau_b(&self) -> Option<Amount> {
        let difference = self.concordant - self.discordant;
        let square = (self.all - self.tied_first) * (self.all - self.tied_second);
        // The greatest h with h − ½ ≤ 100 |C − D| / √square, that is (2h − 1)² square ≤ (200 |C − D|)².
        let reached = |h: &i128| (2 * h - 1).pow(2) * square <= (200 * difference).pow(2);
        let hundredths = (1..=100_i128).take_while(reached).last().unwrap_or_default();
        let value = rust_decimal::Decimal::try_from_i128_with_scale(hundredths * difference.signum(), 2).ok()?;
        Amount::new(value).ok().filter(|_| square > 0)
    }
}

/// The agreement of each two groups that reviewed the same persons.
#[must_use]
pub fn agreements(reviewed: &[Reviewed], threshold: usize) -> Vec<Agreement> {
    let pairs = [[Group::Leader, Group::Peer], [Group::Leader, Group::Public], [Group::Peer, Group::Public]];
    pairs.into_iter().filter_map(|groups| agreement(reviewed, groups, threshold)).collect()
}

fn agreement(reviewed: &[Reviewed], groups: [Group; 2], threshold: usize) -> Option<Agreement> {
    let mut by_round: BTreeMap<RoundId, Vec<[&Fraction; 2]>> = BTreeMap::new();
    for one in reviewed {
        let [first, second] = groups.map(|group| score_of(&one.result, group));
        if let (Some(first), Some(second)) = (first, second) {
            by_round.entry(one.round).or_default().push([first, second]);
        }
    }
    let scores: Vec<[&Fraction; 2]> = by_round.values().flatten().copied().collect();
    let enough = scores.len() >= threshold.max(1);
    let apart: Vec<Fraction> =
        scores.iter().map(|[first, second]| (*first).max(*second).less((*first).min(*second))).collect();
    let difference = if enough { mean(&apart) } else { None };
    let pairs = by_round.values().flat_map(|of_round| compared(of_round));
    let pairs = enough.then(|| pairs.fold(Pairs::default(), count));
    (!scores.is_empty()).then_some(Agreement { groups, persons: scores.len(), pairs, difference })
}

/// How the two groups put each two persons of a round in order.
fn compared<'r>(of_round: &'r [[&'r Fraction; 2]]) -> impl Iterator<Item = [std::cmp::Ordering; 2]> + 'r {
    let later = |at: usize| of_round.iter().skip(at + 1);
    let order = |one: &[&Fraction; 2], other: &[&Fraction; 2]| [one[0].cmp(other[0]), one[1].cmp(other[1])];
    of_round.iter().enumerate().flat_map(move |(at, one)| later(at).map(move |other| order(one, other)))
}

fn count(pairs: Pairs, [first, second]: [std::cmp::Ordering; 2]) -> Pairs {
    let tied = i128::from(first.is_eq() || second.is_eq());
    Pairs {
        concordant: pairs.concordant + if first == second { 1 - tied } else { 0 },
        discordant: pairs.discordant + if first == second.reverse() { 1 - tied } else { 0 },
        tied_first: pairs.tied_first + i128::from(first.is_eq()),
        tied_second: pairs.tied_second + i128::from(second.is_eq()),
        all: pairs.all + 1,
    }
}

/// What became of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The branch.
    pub branch: BranchId,
    /// How many were reviewed.
    pub persons: usize,
    /// How many were given each grade; nothing where fewer than k have one.
    pub grades: Option<BTreeMap<Code, usize>>,
    /// The mean of each group's scores, where at least k persons have one.
    pub means: BTreeMap<Group, Fraction>,
}

/// The grades and group means of each branch.
#[must_use]
pub fn distributions(reviewed: &[Reviewed], threshold: usize) -> Vec<Distribution> {
    let mut by_branch: BTreeMap<BranchId, Vec<&MemberResult>> = BTreeMap::new();
    reviewed.iter().for_each(|one| by_branch.entry(one.branch).or_default().push(&one.result));
    by_branch.into_iter().map(|(branch, results)| distribution(branch, &results, threshold)).collect()
}

fn distribution(branch: BranchId, results: &[&MemberResult], threshold: usize) -> Distribution {
    let mut grades: BTreeMap<Code, usize> = BTreeMap::new();
    results.iter().filter_map(|result| result.grade.clone()).for_each(|grade| *grades.entry(grade).or_default() += 1);
    let graded: usize = grades.values().sum();
    let mean_of = |group: Group| {
        let scores: Vec<&Fraction> = results.iter().filter_map(|result| score_of(result, group)).collect();
        let enough = scores.len() >= threshold.max(1);
        mean(scores).filter(|_| enough).map(|mean| (group, mean))
    };
    let means = Group::ALL.into_iter().filter_map(mean_of).collect();
    let grades = (graded >= threshold.max(1)).then_some(grades);
    Distribution { branch, persons: results.len(), grades, means }
}

fn groups(result: &MemberResult) -> &[GroupResult] {
    match &result.basis {
        Basis::Reviews { groups } => groups,
        Basis::Year { .. } => &[],
    }
}

fn score_of(result: &MemberResult, group: Group) -> Option<&Fraction> {
    groups(result).iter().find(|of| of.group == group)?.score.as_ref()
}

fn mean<'f>(values: impl IntoIterator<Item = &'f Fraction>) -> Option<Fraction> {
    let one = Fraction::whole(1);
    Fraction::weighted_mean(values.into_iter().map(|value| (value, &one)))
}
