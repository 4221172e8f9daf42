//! A subject's plans and results, one cell per metric and period.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Exactness, LedgerRefusal, Metric};
use crate::amount::Amount;
use crate::id::ResultId;
use crate::period::Period;
use crate::text::MetricCode;

/// What is known of one metric in one period: the standing result, the plan and the base.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The standing result and its id.
    pub result: Option<(ResultId, Amount, Exactness)>,
    /// The plan 计划.
    pub plan: Option<Amount>,
    /// The base of growth, usually the same period a year before 基数.
    pub base: Option<Amount>,
}

/// A subject's metrics 业绩台账: one cell per metric and period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    cells: BTreeMap<MetricCode, BTreeMap<Period, Cell>>,
    results: BTreeMap<ResultId, (MetricCode, Period)>,
}

/// A result to be reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The id of the result.
    pub result: ResultId,
    /// In which metric.
    pub metric: MetricCode,
    /// For which period.
    pub period: Period,
    /// The value in the metric's unit.
    pub value: Amount,
    /// Counted or a lower bound.
    pub exactness: Exactness,
}

/// A correction of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The id of the corrected result.
    pub result: ResultId,
    /// The result it corrects.
    pub corrects: ResultId,
    /// The right value.
    pub value: Amount,
    /// Counted or a lower bound.
    pub exactness: Exactness,
}

/// A plan and a base to be set; both missing take back what stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// In which metric.
    pub metric: MetricCode,
    /// For which period.
    pub period: Period,
    /// The plan, above zero.
    pub plan: Option<Amount>,
    /// The base of growth.
    pub base: Option<Amount>,
}

impl Target {
    /// Whether it takes back what stands, and sets nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.plan.is_none() && self.base.is_none()
    }
}

impl Ledger {
    /// The cell of a metric and period.
    #[must_use]
    pub fn cell(&self, metric: &MetricCode, period: Period) -> Cell {
        self.cells.get(metric).and_then(|periods| periods.get(&period)).cloned().unwrap_or_default()
    }

    /// Whether a result may be reported: known metric, right grain, right unit, not yet reported.
    ///
    /// # Errors
    /// [`LedgerRefusal`] with the first broken rule.
    pub fn check_report(&self, metric: &Metric, report: &Report) -> Result<(), LedgerRefusal> {
        if report.period.grain() != metric.grain {
            let (metric, grain) = (metric.code.clone(), metric.grain);
            return Err(LedgerRefusal::WrongGrain { metric, grain, period: report.period });
        }
        metric.check_value(report.value)?;
        if let Some((result, ..)) = self.cell(&metric.code, report.period).result {
            let metric = metric.code.clone();
            return Err(LedgerRefusal::AlreadyReported { metric, period: report.period, result });
        }
        self.check_fresh(report.result)
    }

    /// Finds what a correction corrects: metric, period, and the value and exactness before.
    ///
    /// # Errors
    /// [`LedgerRefusal::UnknownResult`], [`LedgerRefusal::AlreadyCorrected`], [`LedgerRefusal::NothingCorrected`],
    /// [`LedgerRefusal::ResultIdInUse`].
    pub fn check_correction(
        &self,
        correction: &Correction,
    ) -> Result<(MetricCode, Period, Amount, Exactness), LedgerRefusal> {
        let standing = self.standing(correction.corrects)?;
        if (standing.2, standing.3) == (correction.value, correction.exactness) {
            return Err(LedgerRefusal::NothingCorrected { result: correction.corrects });
        }
        self.check_fresh(correction.result)?;
        Ok(standing)
    }

    /// Finds a result to be withdrawn: metric, period, and what it says. Its period is free for another one afterwards.
    ///
    /// # Errors
    /// [`LedgerRefusal::UnknownResult`], [`LedgerRefusal::AlreadyCorrected`].
    pub fn check_withdrawal(&self, result: ResultId) -> Result<(MetricCode, Period, Amount, Exactness), LedgerRefusal> {
        self.standing(result)
    }

    /// Whether a plan or base may be set, or both taken back where something stands; answers the plan and base before.
    ///
    /// # Errors
    /// [`LedgerRefusal::EmptyTarget`], [`LedgerRefusal::PlanTooFine`], [`LedgerRefusal::PlanNotPositive`],
    /// [`LedgerRefusal::DoesNotFitUnit`].
    pub fn check_target(
        &self,
        metric: &Metric,
        target: &Target,
    ) -> Result<(Option<Amount>, Option<Amount>), LedgerRefusal> {
        let Cell { plan: plan_before, base: base_before, .. } = self.cell(&metric.code, target.period);
        if [target.plan, target.base, plan_before, base_before].iter().all(Option::is_none) {
            return Err(LedgerRefusal::EmptyTarget { metric: metric.code.clone() });
        }
        if target.period.grain() < metric.grain {
            let (metric, grain) = (metric.code.clone(), metric.grain);
            return Err(LedgerRefusal::PlanTooFine { metric, grain, period: target.period });
        }
        if let Some(plan) = target.plan.filter(|plan| *plan <= Amount::ZERO) {
            return Err(LedgerRefusal::PlanNotPositive { metric: metric.code.clone(), plan });
        }
        target.plan.into_iter().chain(target.base).try_for_each(|value| metric.check_value(value))?;
        Ok((plan_before, base_before))
    }

    /// Every cell, by metric and period.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&MetricCode, &BTreeMap<Period, Cell>)> {
        self.cells.iter()
    }

    fn standing(&self, result: ResultId) -> Result<(MetricCode, Period, Amount, Exactness), LedgerRefusal> {
        let (metric, period) = self.results.get(&result).cloned().ok_or(LedgerRefusal::UnknownResult { result })?;
        match self.cell(&metric, period).result {
            Some((latest, ..)) if latest != result => Err(LedgerRefusal::AlreadyCorrected { result, latest }),
            Some((_, value, exactness)) => Ok((metric, period, value, exactness)),
            None => Err(LedgerRefusal::UnknownResult { result }),
        }
    }

    fn check_fresh(&self, result: ResultId) -> Result<(), LedgerRefusal> {
        match self.results.contains_key(&result) {
            true => Err(LedgerRefusal::ResultIdInUse { result }),
            false => Ok(()),
        }
    }

    /// Remembers a result, reported or corrected.
    pub fn remember_result(
        &mut self,
        result: ResultId,
        metric: &MetricCode,
        period: Period,
        value: Amount,
        exactness: Exactness,
    ) {
        self.results.insert(result, (metric.clone(), period));
        self.cell_mut(metric, period).result = Some((result, value, exactness));
    }

    /// Forgets the standing result of a period; its id stays in use.
    pub fn forget_result(&mut self, metric: &MetricCode, period: Period) {
        self.cell_mut(metric, period).result = None;
    }

    /// Remembers a plan and base.
    pub fn remember_target(&mut self, metric: &MetricCode, period: Period, plan: Option<Amount>, base: Option<Amount>) {
        let cell = self.cell_mut(metric, period);
        (cell.plan, cell.base) = (plan, base);
    }

    fn cell_mut(&mut self, metric: &MetricCode, period: Period) -> &mut Cell {
        self.cells.entry(metric.clone()).or_default().entry(period).or_default()
    }
}
