//! Standings 业绩排行: each subject's figure in a metric for a month, a quarter, a year, with plan completion, growth
//! and what is over plan. Leaderboards read these rows.
//!
//! # Rules
//! - A result moves every period around it: its month, its quarter, its year. A target moves its own period only.
//! - Sum: the exact sum. Daily mean: Σ value × days ÷ Σ days over the periods reported. Last: the latest reported one.
//! - No plan, or a plan or base of zero or less: no completion, no growth, never a division.
//! - Each derived number is made of the exact parts and rounded once, to two places, half away from zero.
//!
//! # Invariant
//! A corrected row equals one in which the right value had been reported at first.
//!
//! # Not here
//! Ranks ([`crate::leaderboard`]).

use domain::amount::{Amount, growth_percent, percent_of, round_two};
use domain::event::Fact;
use domain::ledger::Aggregation;
use domain::period::Period;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::ledger::{Reported, Said, entry};
use crate::projection::Projection;
use crate::row::row;

row! {
    /// A subject's standing in a metric for a period.
    pub struct StandingRow("standings") key StandingKey {
        /// Member or branch.
        subject_kind: StreamKind,
        /// In which metric.
        metric: MetricCode,
        /// For which period.
        period: Period,
        /// Which member or branch.
        subject: Uuid,
    } columns {
        /// The figure in the metric's unit; nothing before the first result.
        value: Option<Decimal>,
        /// How the metric adds up; nothing before the first result.
        aggregation: Option<Aggregation>,
        /// The exact sum of the results, each times its days for a daily mean; for "last" the latest result.
        weighted_sum: Decimal,
        /// The days of the periods reported.
        days: i64,
        /// The latest period reported.
        last_period: Option<Period>,
        /// How many results are in it.
        results: i64,
        /// How many of those that make the figure are lower bounds.
        at_least: i64,
        /// The plan set for exactly this period.
        plan: Option<Amount>,
        /// The base set for exactly this period.
        base: Option<Amount>,
        /// Plan completion 计划完成率 in percent, two places.
        completion: Option<Decimal>,
        /// Growth over the base 增幅 in percent, two places.
        growth: Option<Decimal>,
        /// The figure less the plan 超计划.
        over_plan: Option<Decimal>,
    } look_up [
        ["subject_kind", "metric", "period", "value"],
        ["subject_kind", "metric", "period", "completion"],
        ["subject_kind", "metric", "period", "growth"],
        ["subject"],
    ]
}

/// What happens to a standing.
#[derive(Debug, Clone)]
pub enum Change {
    /// A result of a period within was reported, or replaced the one before.
    Result {
        /// How the metric adds up.
        aggregation: Aggregation,
        /// The period reported.
        of: Period,
        /// What stood before.
        before: Option<Reported>,
        /// What stands now.
        after: Reported,
    },
    /// The plan and base were set.
    Target(Option<Amount>, Option<Amount>),
}

/// The projection.
pub struct Standings;

impl Projection for Standings {
    const NAME: &'static str = "standings";
    const VERSION: u32 = 1;
    type Row = StandingRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(StandingKey, Change)> {
        let Some(entry) = entry(fact) else { return vec![] };
        let (periods, change) = match entry.said {
            Said::Target { plan: [_, plan], base: [_, base] } => (vec![entry.period], Change::Target(plan, base)),
            Said::Result { result: _, aggregation, before, after } => {
                (entry.period.enclosing(), Change::Result { aggregation, of: entry.period, before, after })
            }
        };
        let (subject_kind, subject) = (fact.stream.kind, fact.stream.id);
        let key = |period| StandingKey { subject_kind, metric: entry.metric.clone(), period, subject };
        periods.into_iter().map(|period| (key(period), change.clone())).collect()
    }

    fn apply(row: Option<StandingRow>, key: &StandingKey, change: &Change) -> Option<StandingRow> {
        let mut row = row.unwrap_or_else(|| blank(key));
        match change {
            Change::Target(plan, base) => (row.plan, row.base) = (*plan, *base),
            Change::Result { aggregation, of, before, after } => {
                row.aggregation = Some(*aggregation);
                match aggregation {
                    Aggregation::Sum => add(&mut row, Decimal::ONE, *before, *after),
                    Aggregation::DailyMean => add(&mut row, Decimal::from(of.days()), *before, *after),
                    Aggregation::Last => replace(&mut row, *of, *after),
                }
                if before.is_none() {
                    row.results += 1;
                    row.days += i64::from(of.days());
                }
                row.last_period = row.last_period.max(Some(*of));
            }
        }
        derive(&mut row);
        Some(row)
    }
}

fn add(row: &mut StandingRow, weight: Decimal, before: Option<Reported>, after: Reported) {
    let value_before = before.map_or(Decimal::ZERO, |before| before.value.decimal());
    row.weighted_sum += (after.value.decimal() - value_before) * weight;
    row.at_least += after.at_least() - before.map_or(0, Reported::at_least);
}

fn replace(row: &mut StandingRow, of: Period, after: Reported) {
    if row.last_period.is_none_or(|last| of >= last) {
        row.weighted_sum = after.value.decimal();
        row.at_least = after.at_least();
    }
}

/// The figure is `weighted_sum` over this; nothing before the first result.
fn divisor(row: &StandingRow) -> Option<Decimal> {
    match row.aggregation? {
        Aggregation::Sum | Aggregation::Last => Some(Decimal::ONE),
        Aggregation::DailyMean => Some(Decimal::from(row.days)),
    }
}

fn derive(row: &mut StandingRow) {
    let Some(divisor) = divisor(row) else { return };
    let figure = |numerator: Decimal| match row.aggregation {
        Some(Aggregation::DailyMean) => numerator.checked_div(divisor).map(round_two),
        Some(Aggregation::Sum | Aggregation::Last) | None => Some(numerator),
    };
    let sum = row.weighted_sum;
    let times = |amount: Option<Amount>| {
        amount.filter(|amount| *amount > Amount::ZERO).map(|amount| amount.decimal() * divisor)
    };
    let (plan, base) = (times(row.plan), times(row.base));
    let value = figure(sum);
    let over_plan = plan.and_then(|plan| figure(sum - plan));
    let completion = plan.and_then(|plan| percent_of(sum, plan));
    let growth = base.and_then(|base| growth_percent(sum, base));
    (row.value, row.over_plan, row.completion, row.growth) = (value, over_plan, completion, growth);
}

fn blank(key: &StandingKey) -> StandingRow {
    StandingRow {
        subject_kind: key.subject_kind,
        metric: key.metric.clone(),
        period: key.period,
        subject: key.subject,
        value: None,
        aggregation: None,
        weighted_sum: Decimal::ZERO,
        days: 0,
        last_period: None,
        results: 0,
        at_least: 0,
        plan: None,
        base: None,
        completion: None,
        growth: None,
        over_plan: None,
    }
}
