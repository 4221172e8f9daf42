//! The score of a person, exactly: answers to means, means to groups, groups to one rounded number.

use std::collections::BTreeMap;

use super::fraction::Fraction;
use super::kind::{Answers, Code, Count, Gap, Group, Marks};
use super::result::{Basis, DimensionResult, GroupResult, MemberResult};
use super::rules::{Dimension, GapRule, GroupRule, Rules};
use crate::amount::Amount;
use crate::id::MemberId;

/// The groups in play, each with why it does not count for anybody.
pub type Playing = BTreeMap<Group, Option<Gap>>;

/// What the answers make of a person under these rules. A group that is not in play is as if it were not in the rules.
#[must_use]
pub fn score(rules: &Rules, playing: &Playing, answers: &Answers) -> MemberResult {
    let groups: Vec<GroupResult> = rules
        .groups
        .iter()
        .filter_map(|rule| playing.get(&rule.group).map(|void| group_result(rules, rule, *void, answers)))
        .collect();
    let exact = total(&groups, rules.gap);
    MemberResult::of(Basis::Reviews { groups }, exact)
}

/// Σ weight × group ÷ Σ weight; nothing where a group is missing, unless the others make the whole.
fn total(groups: &[GroupResult], gap: GapRule) -> Option<Fraction> {
    let incomplete = groups.iter().any(|result| result.score.is_none());
    if incomplete && gap == GapRule::Incomplete {
        return None;
    }
    let weighed: Vec<(&Fraction, Fraction)> = groups
        .iter()
        .filter_map(|result| result.score.as_ref().map(|score| (score, result.weight_percent.into())))
        .collect();
    Fraction::weighted_mean(weighed.iter().map(|(score, weight)| (*score, weight)))
}

fn group_result(rules: &Rules, rule: &GroupRule, void: Option<Gap>, answers: &Answers) -> GroupResult {
    let counted = match void {
        Some(gap) => Err(gap),
        None => dimensions(rules, rule, answers),
    };
    let group = GroupResult {
        group: rule.group,
        weight_percent: rule.weight_percent,
        dimensions: vec![],
        score: None,
        gap: None,
    };
    match counted {
        Err(gap) => GroupResult { gap: Some(gap), ..group },
        Ok(dimensions) => {
            let weights: Vec<Fraction> = dimensions.iter().map(|result| result.weight.into()).collect();
            let score = Fraction::weighted_mean(dimensions.iter().map(|result| &result.mean).zip(&weights));
            GroupResult { dimensions, score, ..group }
        }
    }
}

/// All the dimensions of a group, or why it does not count: all or nothing.
fn dimensions(rules: &Rules, rule: &GroupRule, answers: &Answers) -> Result<Vec<DimensionResult>, Gap> {
    if rule.group == Group::Leader {
        return rule.dimensions.iter().map(|dimension| marked(rules, dimension, &answers.marks)).collect();
    }
    let counts = answers.counts.get(&rule.group).ok_or(Gap::NoAnswer)?;
    rule.dimensions.iter().map(|dimension| counted(rules, dimension, counts.get(&dimension.code))).collect()
}

fn marked(rules: &Rules, dimension: &Dimension, by: &BTreeMap<MemberId, Marks>) -> Result<DimensionResult, Gap> {
    let given = by.iter().filter_map(|(leader, marks)| marks.get(&dimension.code).map(|mark| (*leader, *mark)));
    let marks: BTreeMap<MemberId, Amount> = given.collect();
    let values = marks.values().map(|mark| (*mark, 1)).collect();
    let (mean, trimmed) = mean(rules, values).ok_or(Gap::NoAnswer)?;
    let (code, weight) = (dimension.code.clone(), dimension.weight);
    Ok(DimensionResult { dimension: code, weight, marks, count: None, trimmed, mean })
}

fn counted(rules: &Rules, dimension: &Dimension, count: Option<&Count>) -> Result<DimensionResult, Gap> {
    let count = count.cloned().unwrap_or_default().tidy();
    if count.valid() < u64::from(rules.threshold) {
        return Err(Gap::BelowThreshold);
    }
    let points = |(grade, count): (&Code, &u32)| rules.points(grade).map(|points| (points, u64::from(*count)));
    let values = count.grades.iter().filter_map(points).collect();
    let (mean, trimmed) = mean(rules, values).ok_or(Gap::NoAnswer)?;
    let (code, weight) = (dimension.code.clone(), dimension.weight);
    Ok(DimensionResult { dimension: code, weight, marks: BTreeMap::new(), count: Some(count), trimmed, mean })
}

/// The mean of values given so often, and whether one highest and one lowest were left out of it.
fn mean(rules: &Rules, mut values: Vec<(Amount, u64)>) -> Option<(Fraction, bool)> {
    values.sort_unstable();
    let valid: u64 = values.iter().map(|(_, times)| times).sum();
    let trimmed = rules.trim_from.is_some_and(|from| valid >= u64::from(from) && valid > 2);
    if trimmed {
        values.first_mut()?.1 -= 1;
        values.last_mut()?.1 -= 1;
    }
    let weighed: Vec<(Fraction, Fraction)> =
        values.into_iter().map(|(value, times)| (value.into(), Fraction::whole(times))).collect();
    let mean = Fraction::weighted_mean(weighed.iter().map(|(value, times)| (value, times)))?;
    Some((mean, trimmed))
}
