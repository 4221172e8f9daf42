//! From quarters and comparisons to the score of a year.

use std::collections::BTreeMap;

use domain::amount::Amount;
use domain::period::Period;
use domain::round::fraction::Fraction;
use domain::round::{Basis, Comparison, MemberResult, QuarterResult, YearRule};

use super::{Step, by_weight, rounded, weighed};

/// A line for each quarter and metric, one for each of the two parts, and the score.
pub fn steps(rule: &YearRule, result: &MemberResult) -> Vec<Step> {
    let Basis::Year { quarters, reviews, comparisons, performance } = &result.basis else { return vec![] };
    let mut steps = of_reviews(rule, quarters, reviews.as_ref());
    steps.extend(comparisons.iter().map(comparison));
    steps.push(of_comparisons(comparisons, performance.as_ref()));
    let parts = [(rule.reviews_percent, reviews.as_ref()), (rule.comparisons_percent, performance.as_ref())];
    let parts: Vec<(Amount, &Fraction)> =
        parts.into_iter().filter_map(|(weight, part)| Some((weight, part?))).collect();
    let score = rounded(&parts, result);
    let bound = result.score.is_some() && !result.exactness().is_exact();
    steps.push(if bound { at_least(score) } else { score });
    steps
}

/// A score that rests on a lower bound is never shown as exact.
fn at_least(score: Step) -> Step {
    let en = format!("{}; at least that, as a comparison is a lower bound", score.en);
    Step { zh: format!("{};为下限,因三比中有按不少于上报的业绩", score.zh), en, ..score }
}

fn of_reviews(rule: &YearRule, quarters: &[QuarterResult], reviews: Option<&Fraction>) -> Vec<Step> {
    let mut by_quarter: BTreeMap<Period, Vec<(Fraction, Fraction)>> = BTreeMap::new();
    for result in quarters {
        let weighed = (result.score.into(), Fraction::whole(result.days.into()));
        by_quarter.entry(result.quarter).or_default().push(weighed);
    }
    let mut steps: Vec<Step> = vec![];
    let mut means: Vec<Fraction> = vec![];
    for (quarter, results) in &by_quarter {
        let Some(mean) = Fraction::weighted_mean(results.iter().map(|(score, days)| (score, days))) else { continue };
        steps.push(quarter_step(*quarter, results, &mean));
        means.push(mean);
    }
    let parts: Vec<_> = means.iter().map(|mean| (Amount::ONE, mean)).collect();
    steps.push(match reviews {
        Some(reviews) => {
            let (sum, shown) = (weighed(&parts), reviews.by_hand());
            Step::line(Some(reviews), format!("reviews: {sum} = {shown}"), format!("评议:{sum} = {shown}"))
        }
        None => {
            let (found, least) = (means.len(), rule.least_quarters);
            let en = format!("reviews: incomplete, quarters with a score {found}, needed {least}");
            Step::line(None, en, format!("评议:不完整,有得分的季度 {found} 个,至少需要 {least} 个"))
        }
    });
    steps
}

fn quarter_step(quarter: Period, results: &[(Fraction, Fraction)], mean: &Fraction) -> Step {
    let shown = mean.by_hand();
    if let [_only] = results {
        return Step::line(Some(mean), format!("{quarter}: {shown}"), format!("{quarter}:{shown}"));
    }
    let days = results.iter().fold(Fraction::zero(), |sum, (_, days)| sum.plus(days));
    let terms = results.iter().map(|(score, days)| format!("{days} × {}", score.by_hand()));
    let sum = super::divided(terms, &days.by_hand());
    let en = format!("{quarter}: {sum} = {shown}, by days in each branch");
    Step::line(Some(mean), en, format!("{quarter}:{sum} = {shown}(按在各组织的天数加权)"))
}

/// Plan completion; where less is better, twice the plan less the actual, over the plan.
fn comparison(of: &Comparison) -> Step {
    let (plan, actual, completion) = (of.plan, of.actual.by_hand(), of.completion.by_hand());
    let hundred = Fraction::whole(100);
    let plainly = of.actual.times(&hundred).over(&plan.into());
    let sum = match plainly.as_ref() == Some(&of.completion) {
        true => format!("{actual} × 100 ÷ {plan}"),
        false => format!("(2 × {plan} − {actual}) × 100 ÷ {plan}"),
    };
    let (en, zh) = match (of.completion > hundred, of.completion == Fraction::zero(), of.is_bound()) {
        (true, ..) => (", which counts as 100", ",按 100 计"),
        (false, _, true) => (" at least, since that is what was reported", "(至少,业绩按不少于上报)"),
        (false, true, false) => (", never below 0", ",不低于 0"),
        (false, false, false) => ("", ""),
    };
    let counted = &of.counted();
    let metric = &of.metric;
    let (en, zh) = (format!("{metric}: {sum} = {completion}{en}"), format!("{metric}:{sum} = {completion}{zh}"));
    Step::line(Some(counted), en, zh)
}

fn of_comparisons(comparisons: &[Comparison], performance: Option<&Fraction>) -> Step {
    let capped: Vec<Fraction> = comparisons.iter().map(Comparison::counted).collect();
    let parts: Vec<_> = comparisons.iter().map(|of| of.weight).zip(&capped).collect();
    let equal = parts.iter().all(|(weight, _)| *weight == Amount::ONE);
    match performance {
        Some(performance) => {
            let (sum, shown) = (if equal { weighed(&parts) } else { by_weight(&parts) }, performance.by_hand());
            let (en, zh) = (format!("comparisons: {sum} = {shown}"), format!("三比:{sum} = {shown}"));
            Step::line(Some(performance), en, zh)
        }
        None => {
            let en = "comparisons: incomplete, no metric has a plan and a result".to_owned();
            Step::line(None, en, "三比:不完整,没有既有计划又有业绩的指标".to_owned())
        }
    }
}
