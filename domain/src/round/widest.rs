//! How long what a freeze hides can get: the widest of its kind, made of rules, roster and ballots alone.
//!
//! # Invariant
//! A length that everybody may see follows from what everybody may see: no answer, mean, score or grade changes it.
//!
//! # Not here
//! Sealing ([`super::decide`]). Of a year, what is computed stays as it is: its quarters are published, its comparisons
//! were never hidden.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::Round;
use super::fraction::Fraction;
use super::kind::{Code, Count, Counts, Gap, Group, Marks};
use super::proposal::Proposal;
use super::result::{Basis, DimensionResult, GroupResult, MemberResult};
use super::rules::{GroupRule, Rules};
use crate::amount::Amount;
use crate::id::MemberId;

/// The digits of 10,000: with four decimals, points and weights are whole numbers of ten-thousandths.
const FOUR_DECIMALS: usize = 5;
/// The digits of the weights of a group's dimensions together, in ten-thousandths: twenty, of at most 100.
const WEIGHTS: usize = 8;
/// What the committee's reasons of a decision may take, sealed, before they make it longer: so much in all …
const REASONS: usize = 4_096;
/// … and so much more for each person.
const REASON: usize = 512;

/// How long a value is when it is written.
pub fn length<T: Serialize>(value: &T) -> usize {
    serde_json::to_string(value).expect("a plain tree of strings and numbers").len()
}

/// A leader's marks, of every dimension.
pub fn marks(rules: &Rules) -> Marks {
    let asked = rules.group(Group::Leader).map(|rule| rule.dimensions.as_slice()).unwrap_or_default();
    asked.iter().map(|dimension| (dimension.code.clone(), hundredths())).collect()
}

/// A count of every grade in every dimension; no number in it is above that of the ballots handed out.
pub fn counts(rules: &Rules, group: Group, issued: u32) -> Counts {
    let asked = rules.group(group).map(|rule| rule.dimensions.as_slice()).unwrap_or_default();
    asked.iter().map(|dimension| (dimension.code.clone(), count(rules, issued))).collect()
}

/// How long a proposal can get.
pub fn proposal(round: &Round, rules: &Rules, proposal: &Proposal) -> usize {
    let mut by_leaders = BTreeMap::new();
    let mut of_reviews = |member: &MemberId| {
        let leaders = round.sheets.get(member).map_or(0, |sheet| sheet.marks.len());
        *by_leaders.entry(leaders).or_insert_with(|| length(&reviewed(round, rules, leaders)))
    };
    let each = proposal.results.iter().map(|(member, result)| {
        let result = match &result.basis {
            Basis::Reviews { .. } => of_reviews(member),
            Basis::Year { .. } => length(&graded(rules, MemberResult { reason: None, ..result.clone() })),
        };
        // With the colon and the comma beside it.
        length(member) + result + 2
    });
    each.sum::<usize>() + 2
}

/// How long a decision can get, as long as its reasons keep within what is kept for them.
pub fn decision(round: &Round, rules: &Rules, decided: &Proposal) -> usize {
    proposal(round, rules, decided) + REASONS + REASON * decided.results.len()
}

/// The result of somebody whom so many leaders marked: every answer given, everything shown.
fn reviewed(round: &Round, rules: &Rules, leaders: usize) -> MemberResult {
    let playing = rules.groups.iter().filter_map(|rule| Some((rule, round.ballots.get(&rule.group)?)));
    let (groups, digits): (Vec<_>, Vec<_>) =
        playing.map(|(rule, ballot)| group(rules, rule, leaders, ballot.issued)).unzip();
    let exact = fraction(digits.iter().sum::<usize>() + WEIGHTS);
    let result = MemberResult::of(Basis::Reviews { groups }, None);
    graded(rules, MemberResult { exact: Some(exact), score: Some(hundredths()), ..result })
}

fn graded(rules: &Rules, result: MemberResult) -> MemberResult {
    let longest = rules.bands.iter().map(|band| &band.grade).max_by_key(|grade| grade.to_string().len()).cloned();
    MemberResult { proposed: longest.clone(), border_tie: true, grade: longest, ..result }
}

/// A group, and the digits of its score's denominator.
fn group(rules: &Rules, rule: &GroupRule, leaders: usize, issued: u32) -> (GroupResult, usize) {
    let (group, weight_percent) = (rule.group, rule.weight_percent);
    let marks: BTreeMap<MemberId, Amount> = match group {
        Group::Leader => {
            (0_u128..).take(leaders).map(|leader| (MemberId(Uuid::from_u128(leader)), hundredths())).collect()
        }
        Group::Peer | Group::Public => BTreeMap::new(),
    };
    // A mean divides by how many answered; marks have two decimals, points four.
    let digits = leaders.max(issued as usize).to_string().len() + FOUR_DECIMALS;
    let dimensions = rule.dimensions.iter().map(|dimension| DimensionResult {
        dimension: dimension.code.clone(),
        weight: dimension.weight,
        marks: marks.clone(),
        count: group.is_secret().then(|| count(rules, issued)),
        trimmed: true,
        mean: fraction(digits),
    });
    let dimensions: Vec<DimensionResult> = dimensions.collect();
    let digits = digits * dimensions.len() + WEIGHTS;
    let (score, gap) = (Some(fraction(digits)), Some(Gap::BelowThreshold));
    (GroupResult { group, weight_percent, dimensions, score, gap }, digits)
}

fn count(rules: &Rules, issued: u32) -> Count {
    let most = issued.max(1);
    let grades: BTreeMap<Code, u32> = rules.scale.iter().map(|rule| (rule.grade.clone(), most)).collect();
    Count { grades, unknown: most, invalid: most }
}

/// No mark and no score is longer.
fn hundredths() -> Amount {
    Amount::new(rust_decimal::Decimal::new(99_99, 2)).expect("99.99 is an amount")
}

/// Between 0 and 100, none with a denominator of so many digits is longer.
fn fraction(digits: usize) -> Fraction {
    format!("1{}/{}", "0".repeat(digits + 1), "9".repeat(digits)).parse().expect("in lowest terms already")
}
