//! Metrics, plans, results and competitions.

use super::Scene;
use crate::branch::part::Competition;
use crate::branch::{Branch, BranchEvent, BranchRefusal, Competitors, RankedBy};
use crate::id::{BranchId, CompetitionId, ResultId};
use crate::ledger::{Correction, LedgerRefusal, Metric, ROUND_SCORE, Report, Subjects, Target};
use crate::period::Period;
use crate::text::{MetricCode, Sealed, Title};
use crate::world::{Decision, Stop, World};

/// A metric of the organisation, as the top committee defined it.
///
/// # Errors
/// [`LedgerRefusal::UnknownMetric`], or [`Stop::Needs`] of the top committee.
pub fn metric<'a>(world: &World<'a>, metric: &MetricCode) -> Result<&'a Metric, Stop> {
    let root = world.branch(BranchId::root())?;
    root.metric(metric).ok_or_else(|| LedgerRefusal::UnknownMetric { metric: metric.clone() }.into())
}

pub fn define(at: Scene<'_, '_>, metric: Metric) -> Result<Decision, Stop> {
    let branch = at.standing()?;
    if at.id != BranchId::root() {
        return Err(BranchRefusal::MetricsAtRoot { branch: at.id }.into());
    }
    if metric.code.as_str() == ROUND_SCORE {
        return Err(LedgerRefusal::MetricReserved { metric: metric.code }.into());
    }
    match branch.metric(&metric.code) {
        Some(_) => Err(LedgerRefusal::MetricDefined { metric: metric.code }.into()),
        None => at.happened(BranchEvent::MetricDefined { metric }),
    }
}

pub fn set_target(at: Scene<'_, '_>, target: Target) -> Result<Decision, Stop> {
    // What stands can be taken back of a branch that ended too; a new one needs a standing branch.
    let branch = if target.is_nothing() { at.ever_established()? } else { at.standing()? };
    let defined = metric(at.world, &target.metric)?;
    defined.check_subject(Subjects::Branches)?;
    let (plan_before, base_before) = branch.ledger.check_target(defined, &target)?;
    let direction = defined.direction;
    let Target { metric, period, plan, base } = target;
    match (plan, base) == (plan_before, base_before) {
        true => Ok(Decision::nothing()),
        false => {
            at.happened(BranchEvent::TargetSet { metric, direction, period, plan, base, plan_before, base_before })
        }
    }
}

/// The branch, there for at least a day of the period: its last results come in after its end.
fn there_in<'a>(at: Scene<'_, 'a>, period: Period) -> Result<&'a Branch, Stop> {
    let branch = at.ever_established()?;
    match &branch.charter {
        Some(charter) if charter.ended_on().is_some_and(|ended| ended <= period.first_day()) => at.standing(),
        Some(charter) if period.end_day() <= charter.established => {
            charter.refuse_before(at.id, period.first_day())?;
            Ok(branch)
        }
        Some(_) | None => Ok(branch),
    }
}

pub fn report(at: Scene<'_, '_>, report: Report) -> Result<Decision, Stop> {
    let branch = there_in(at, report.period)?;
    let defined = metric(at.world, &report.metric)?;
    defined.check_subject(Subjects::Branches)?;
    branch.ledger.check_report(defined, &report)?;
    at.context.over(report.period)?;
    let Report { result, metric, period, value, exactness } = report;
    let (aggregation, direction) = (defined.aggregation, defined.direction);
    at.happened(BranchEvent::ResultReported { result, metric, aggregation, direction, period, value, exactness })
}

pub fn correct(at: Scene<'_, '_>, correction: Correction, reason: Sealed) -> Result<Decision, Stop> {
    let branch = at.ever_established()?;
    let (code, period, value_before, exactness_before) = branch.ledger.check_correction(&correction)?;
    let defined = metric(at.world, &code)?;
    defined.check_value(correction.value)?;
    let Correction { result, corrects, value, exactness } = correction;
    at.happened(BranchEvent::ResultCorrected {
        result,
        corrects,
        metric: code,
        aggregation: defined.aggregation,
        direction: defined.direction,
        period,
        value_before,
        exactness_before,
        value,
        exactness,
        reason,
    })
}

pub fn withdraw(at: Scene<'_, '_>, result: ResultId, reason: Sealed) -> Result<Decision, Stop> {
    let branch = at.ever_established()?;
    let (code, period, value_before, exactness_before) = branch.ledger.check_withdrawal(result)?;
    let aggregation = metric(at.world, &code)?.aggregation;
    at.happened(BranchEvent::ResultWithdrawn {
        result,
        metric: code,
        aggregation,
        period,
        value_before,
        exactness_before,
        reason,
    })
}

pub fn announce(
    at: Scene<'_, '_>,
    competition: CompetitionId,
    title: Title,
    code: MetricCode,
    period: Period,
    competitors: Competitors,
    ranked_by: RankedBy,
) -> Result<Decision, Stop> {
    let branch = at.standing()?;
    at.fresh(branch.competitions.contains_key(&competition), competition.0)?;
    let defined = metric(at.world, &code)?;
    defined.check_subject(match competitors {
        Competitors::Members => Subjects::Members,
        Competitors::Branches => Subjects::Branches,
    })?;
    if period.grain() < defined.grain {
        return Err(BranchRefusal::CompetitionTooShort { metric: code, grain: defined.grain, period }.into());
    }
    at.happened(BranchEvent::CompetitionAnnounced { competition, title, metric: code, period, competitors, ranked_by })
}

pub fn conclude(at: Scene<'_, '_>, competition: CompetitionId) -> Result<Decision, Stop> {
    // Its boards are settled after its period, also where the branch ended in between.
    let branch = at.ever_established()?;
    let unknown = BranchRefusal::UnknownCompetition { branch: at.id, competition };
    let Competition { period, concluded } = branch.competitions.get(&competition).ok_or(unknown)?;
    if *concluded {
        return Err(BranchRefusal::CompetitionConcluded { competition }.into());
    }
    at.context.over(*period)?;
    at.happened(BranchEvent::CompetitionConcluded { competition })
}
