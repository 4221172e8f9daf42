//! What if: a published round under other rules, computed only from what is published, touching nothing.
//!
//! # Rules
//! - The rules under test must be able to make a score ([`RoundRefusal::RulesUnfit`]) and must know whatever was answered
//!   of the groups they ask ([`RoundRefusal::AnswerUnknown`]); a group they do not ask is left out whole.
//! - A group whose answers are not shown stays missing, whatever the rules under test would allow; one that was left out
//!   of the round stays out.
//! - Grades are what the score would propose, the cap minded: nobody decides in a what-if.
//!
//! # Not here
//! Turnout: how many took part is the round's own affair, and whether a group counted with it.

use std::collections::BTreeMap;

use super::RoundRefusal;
use super::faults::check;
use super::kind::{Answers, Code, Rostered};
use super::proposal::Proposal;
use super::result::{Basis, Comparison, GroupResult, MemberResult, ranks};
use super::rules::Rules;
use super::score::{Playing, score};
use super::year::year;
use crate::amount::Amount;
use crate::id::MemberId;

/// Somebody reviewed, with the published result.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// As of the opening.
    pub person: Rostered,
    /// The result as it stands.
    pub result: MemberResult,
}

/// Where somebody stands under a set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// The score; nothing where it is incomplete.
    pub score: Option<Amount>,
    /// The grade: as decided, or as it would be proposed.
    pub grade: Option<Code>,
    /// The rank among those of the round who have a score.
    pub rank: Option<u64>,
}

/// What other rules would make of somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Who.
    pub member: MemberId,
    /// As published.
    pub before: Stand,
    /// Under the rules under test.
    pub after: Stand,
    /// The result under the rules under test, every step.
    pub result: MemberResult,
}

/// What other rules would make of a published round, whose own rules are `own`.
///
/// # Errors
/// [`RoundRefusal::RulesUnfit`], [`RoundRefusal::AnswerUnknown`], [`RoundRefusal::UnknownDimension`].
pub fn what_if(rules: &Rules, own: &Rules, reviewed: &[Reviewed]) -> Result<Vec<Outcome>, RoundRefusal> {
    check(rules).map_err(|faults| RoundRefusal::RulesUnfit { faults })?;
    reviewed.iter().try_for_each(|one| check_known(rules, &one.result.basis))?;
    let anew = reviewed.iter().map(|one| (one.person.member, recomputed(rules, &one.result.basis)));
    let people: Vec<Rostered> = reviewed.iter().map(|one| one.person).collect();
    let yearly = reviewed.iter().any(|one| matches!(one.result.basis, Basis::Year { .. }));
    let anew = Proposal { results: anew.collect() }.graded(rules, &people, yearly).results;
    let published: BTreeMap<MemberId, &MemberResult> =
        reviewed.iter().map(|one| (one.person.member, &one.result)).collect();
    let before = ranks(&own.ties, published.iter().map(|(member, result)| (*member, *result)));
    let after = ranks(&rules.ties, anew.iter().map(|(member, result)| (*member, result)));
    let outcome = |(member, result): (MemberId, MemberResult)| {
        let was = published.get(&member)?;
        let stand = |result: &MemberResult, grade: &Option<Code>, ranks: &BTreeMap<MemberId, u64>| Stand {
            score: result.score,
            grade: grade.clone(),
            rank: ranks.get(&member).copied(),
        };
        let (before, after) = (stand(was, &was.grade, &before), stand(&result, &result.proposed, &after));
        Some(Outcome { member, before, after, result })
    };
    Ok(anew.into_iter().filter_map(outcome).collect())
}

/// Refuses rules that would leave out what was answered, or ask what nobody was asked.
fn check_known(rules: &Rules, basis: &Basis) -> Result<(), RoundRefusal> {
    let Basis::Reviews { groups } = basis else { return Ok(()) };
    let kept = |shown: &&GroupResult| shown.gap.is_none();
    for (shown, rule) in groups.iter().filter(kept).filter_map(|shown| Some((shown, rules.group(shown.group)?))) {
        let group = shown.group;
        for dimension in &shown.dimensions {
            if !rule.dimensions.iter().any(|asked| asked.code == dimension.dimension) {
                return Err(RoundRefusal::AnswerUnknown { group, answer: dimension.dimension.clone() });
            }
            let grades = dimension.count.iter().flat_map(|count| count.grades.keys());
            if let Some(grade) = grades.into_iter().find(|grade| rules.points(grade).is_none()) {
                return Err(RoundRefusal::AnswerUnknown { group, answer: grade.clone() });
            }
        }
        let answered = |code: &Code| shown.dimensions.iter().any(|dimension| dimension.dimension == *code);
        if let Some(asked) = rule.dimensions.iter().find(|asked| !answered(&asked.code)) {
            return Err(RoundRefusal::UnknownDimension { group, dimension: asked.code.clone() });
        }
    }
    Ok(())
}

fn recomputed(rules: &Rules, basis: &Basis) -> MemberResult {
    match basis {
        Basis::Reviews { groups } => score(rules, &playing(groups), &Answers::of(groups)),
        Basis::Year { quarters, comparisons, .. } => {
            let weighed = |of: &Comparison| Comparison { weight: rules.year.weight(&of.metric), ..of.clone() };
            year(&rules.year, quarters.clone(), comparisons.iter().map(weighed).collect())
        }
    }
}

/// The groups of the published result; one that did not count, does not.
fn playing(groups: &[GroupResult]) -> Playing {
    groups.iter().map(|shown| (shown.group, shown.gap)).collect()
}
