//! A year's result: the mean of the quarters and the comparisons, weighed.

use std::collections::BTreeMap;

use super::fraction::Fraction;
use super::result::{Basis, Comparison, MemberResult, QuarterResult};
use super::rules::YearRule;
use crate::amount::Amount;
use crate::ledger::{Ledger, Metric, completion};
use crate::period::Period;

/// What quarters and comparisons make of a person. `quarters` hold published scores; `comparisons` metrics with a plan.
#[must_use]
pub fn year(rule: &YearRule, mut quarters: Vec<QuarterResult>, comparisons: Vec<Comparison>) -> MemberResult {
    quarters.sort_by_key(|result| (result.quarter, result.round));
    let reviews = reviews(rule, &quarters);
    let performance = performance(&comparisons);
    let exact = reviews.as_ref().zip(performance.as_ref()).and_then(|(reviews, performance)| {
        let weights = [rule.reviews_percent.into(), rule.comparisons_percent.into()];
        Fraction::weighted_mean([(reviews, &weights[0]), (performance, &weights[1])])
    });
    MemberResult::of(Basis::Year { quarters, reviews, comparisons, performance }, exact)
}

/// A plan for the year beside what was reported; nothing without a result, or where that completes no plan.
#[must_use]
pub fn compare(rule: &YearRule, metric: &Metric, plan: Amount, ledger: &Ledger, year: Period) -> Option<Comparison> {
    let (actual, exactness) = ledger.actual(metric, year)?;
    let completion = completion(metric, plan, &actual)?;
    let weight = rule.weight(&metric.code);
    Some(Comparison { metric: metric.code.clone(), plan, actual, weight, completion, exactness })
}

/// The mean of the quarters, each of them the mean of its results weighed by days.
fn reviews(rule: &YearRule, quarters: &[QuarterResult]) -> Option<Fraction> {
    let mut by_quarter: BTreeMap<Period, Vec<(Fraction, Fraction)>> = BTreeMap::new();
    for result in quarters {
        let weighed = (result.score.into(), Fraction::whole(result.days.into()));
        by_quarter.entry(result.quarter).or_default().push(weighed);
    }
    let mean = |results: &Vec<(Fraction, Fraction)>| Fraction::weighted_mean(results.iter().map(|(a, b)| (a, b)));
    let means: Vec<Fraction> = by_quarter.values().filter_map(mean).collect();
    let enough = u32::try_from(means.len()).is_ok_and(|count| count >= rule.least_quarters);
    let one = Fraction::whole(1);
    if enough { Fraction::weighted_mean(means.iter().map(|mean| (mean, &one))) } else { None }
}

/// The weighted mean over metrics with a plan of plan completion, each at most 100.
fn performance(comparisons: &[Comparison]) -> Option<Fraction> {
    let counted: Vec<(Fraction, Fraction)> =
        comparisons.iter().map(|metric| (metric.counted(), metric.weight.into())).collect();
    Fraction::weighted_mean(counted.iter().map(|(value, weight)| (value, weight)))
}
