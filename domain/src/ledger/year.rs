//! A subject's year, exactly: what its results make against its plans.

use super::{Aggregation, Direction, Exactness, Ledger, Metric};
use crate::amount::Amount;
use crate::period::Period;
use crate::round::fraction::Fraction;
use crate::text::MetricCode;

impl Ledger {
    /// The metrics with a plan for just that period.
    pub fn plans(&self, period: Period) -> impl Iterator<Item = (&MetricCode, Amount)> {
        self.cells().filter_map(move |(metric, periods)| Some((metric, periods.get(&period)?.plan?)))
    }

    /// What the results within a period make by the metric's aggregation; nothing without a result, nor of a lower bound
    /// where less is better: it would bound the completion from above.
    #[must_use]
    pub fn actual(&self, metric: &Metric, period: Period) -> Option<(Fraction, Exactness)> {
        let cells = self.cells().find(|(code, _)| **code == metric.code).map(|(_, periods)| periods)?;
        let within = cells.iter().filter(|(of, _)| of.grain() == metric.grain && of.enclosing().contains(&period));
        let results: Vec<(Fraction, Fraction, Exactness)> = within
            .filter_map(|(of, cell)| {
                let (_, value, exactness) = cell.result?;
                Some((value.into(), Fraction::whole(u64::from(of.days().unsigned_abs())), exactness))
            })
            .collect();
        let last = results.last().map(std::slice::from_ref)?;
        let counted = match metric.aggregation {
            Aggregation::Sum | Aggregation::DailyMean => &results,
            Aggregation::Last => last,
        };
        let is_bound = counted.iter().any(|(.., exactness)| *exactness == Exactness::AtLeast);
        let exactness = if is_bound { Exactness::AtLeast } else { Exactness::Exact };
        let actual = match (metric.direction, metric.aggregation) {
            (Direction::LowerIsBetter, _) if is_bound => None,
            (_, Aggregation::Sum | Aggregation::Last) => {
                Some(counted.iter().fold(Fraction::zero(), |sum, (value, ..)| sum.plus(value)))
            }
            (_, Aggregation::DailyMean) => {
                Fraction::weighted_mean(counted.iter().map(|(value, days, _)| (value, days)))
            }
        };
        actual.map(|actual| (actual, exactness))
    }
}

/// Plan completion in percent, exactly; where less is better, twice the plan less the actual, over the plan, never
/// below 0. Nothing without a plan above 0.
#[must_use]
pub fn completion(metric: &Metric, plan: Amount, actual: &Fraction) -> Option<Fraction> {
    let plan: Fraction = Some(plan).filter(|plan| *plan > Amount::ZERO)?.into();
    let reached = match metric.direction {
        Direction::HigherIsBetter => actual.clone(),
        Direction::LowerIsBetter => plan.times(&Fraction::whole(2)).less(actual).max(Fraction::zero()),
    };
    reached.times(&Fraction::whole(100)).over(&plan)
}
