//! Standings 业绩排行: each subject's figure in a metric for a month, a quarter, a year, with plan completion, growth
//! and what is over plan. Leaderboards read these rows.
//!
//! # Rules
//! - A result moves every period around it: its month, its quarter, its year. A target moves its own period only.
//! - Sum: the exact sum. Daily mean: Σ value × days ÷ Σ days over the periods reported. Last: the latest reported one.
//! - Completion of a metric where less is better is (2 − actual / plan) × 100 %, at least 0; there is none of a lower
//!   bound. An event that says no direction is from before they were said, and counts as "higher is better".
//! - No plan, or a plan or base of zero or less: no completion, no growth, never a division.
//! - Each derived number is made of the exact parts and rounded once, to two places, half away from zero.
//! - Scores of published rounds stand under a code of their own ([`crate::scores`]); a row lasts while one is published.
//!
//! # Invariant
//! A corrected row equals one in which the right value had been reported at first; a row whose result was withdrawn, one
//! of which only the target was ever said. So a row keeps the results it is made of ([`Parts`], at most twelve).
//!
//! # Not here
//! Ranks ([`crate::leaderboard`]).

use domain::amount::{Amount, growth_percent, percent_of, round_two};
use domain::event::Fact;
use domain::id::RoundId;
use domain::ledger::{Aggregation, Direction};
use domain::period::Period;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::cell::Json;
use crate::leaderboard::{self, Place};
use crate::ledger::{Reported, Said, entry};
pub use crate::parts::{NotParts, Parts};
use crate::projection::{Projection, Ranked};
use crate::report::tallied;
use crate::row::row;
use crate::scores::{self, Scored};
use crate::tally::{Quantity, Tally};

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
        /// Which way is better.
        direction: Direction,
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
        /// The results in it, one per period.
        parts: Parts,
        /// Of a round score: what parts it from an equal one, where the rules do.
        tie_key: Option<Amount>,
        /// Of a round score: what each round published.
        scores: Json<Vec<Scored>>,
    } look_up [
        ["subject_kind", "metric", "period", "value"],
        ["subject_kind", "metric", "period", "completion"],
        ["subject_kind", "metric", "period", "growth"],
        ["subject"],
    ]
}

/// What happens to a standing: which way is better, where the event says it, and what is said.
#[derive(Debug, Clone)]
pub struct Change(Option<Direction>, What);

#[derive(Debug, Clone)]
enum What {
    /// A result of a period within was reported, replaced or taken back.
    Result {
        /// How the metric adds up.
        aggregation: Aggregation,
        /// The period reported.
        of: Period,
        /// What stands now; nothing where it was taken back.
        after: Option<Reported>,
    },
    /// The plan and base were set.
    Target(Option<Amount>, Option<Amount>),
    /// A round published a score.
    Scored(Scored),
    /// A round's score is taken back.
    Unscored(RoundId),
}

/// The projection.
pub struct Standings;

impl Projection for Standings {
    const NAME: &'static str = "standings";
    const VERSION: u32 = 5;
    type Row = StandingRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(StandingKey, Change)> {
        let Some(entry) = entry(fact) else { return scores::said(fact).into_iter().map(of_score).collect() };
        let of = entry.period;
        let (periods, what) = match entry.said {
            Said::Target { plan: [_, plan], base: [_, base] } => (vec![of], What::Target(plan, base)),
            Said::Result { result: _, aggregation, before: _, after } => {
                (of.enclosing(), What::Result { aggregation, of, after: Some(after) })
            }
            Said::Withdrawn { result: _, aggregation, before: _ } => {
                (of.enclosing(), What::Result { aggregation, of, after: None })
            }
        };
        let (subject_kind, subject) = (fact.stream.kind, fact.stream.id);
        let key = |period| StandingKey { subject_kind, metric: entry.metric.clone(), period, subject };
        let change = Change(entry.direction, what);
        periods.into_iter().map(|period| (key(period), change.clone())).collect()
    }

    fn apply(row: Option<StandingRow>, key: &StandingKey, change: &Change) -> Option<StandingRow> {
        let mut row = row.unwrap_or_else(|| blank(key));
        let Change(direction, what) = change;
        row.direction = direction.unwrap_or(row.direction);
        match what {
            What::Target(plan, base) => (row.plan, row.base) = (*plan, *base),
            What::Result { aggregation, of, after } => {
                row.parts.set(*of, *after);
                add_up(&mut row, *aggregation);
            }
            What::Scored(scored) => return publish(row, scored.round, Some(scored)),
            What::Unscored(round) => return publish(row, *round, None),
        }
        derive(&mut row);
        Some(row)
    }

    const RANKED: bool = true;

    fn places(row: &StandingRow) -> Ranked {
        let group = leaderboard::group(row.subject_kind, &row.metric, row.period);
        let tie = row.tie_key.map(Amount::decimal);
        let parted = row.value.filter(|_| row.metric == scores::round_score());
        let numbers = [(row.value, None), (row.completion, None), (row.growth, None), (parted, tie)];
        let place = |(number, tie): (Option<Decimal>, _)| Some(Place { number: number?, tie, subject: row.subject });
        let places = (0..).zip(numbers).filter_map(|(board, said)| Some((board, place(said)?))).collect();
        Ranked { group, places }
    }

    const TALLIED: bool = true;

    fn tallies(row: &StandingRow) -> Vec<(Tally, Quantity)> {
        tallied::of_standing(row)
    }
}

fn of_score(said: scores::Said) -> (StandingKey, Change) {
    let (subject_kind, period, subject) = (said.kind, said.period, said.subject);
    let what = said.scored.map_or(What::Unscored(said.round), What::Scored);
    (StandingKey { subject_kind, metric: scores::round_score(), period, subject }, Change(None, what))
}

/// What a round says now of a subject; a correction keeps its place among the others. Nothing where no round is left.
fn publish(mut row: StandingRow, round: RoundId, scored: Option<&Scored>) -> Option<StandingRow> {
    let all = &mut row.scores.0;
    let before = all.iter().position(|known| known.round == round).map(|at| all.remove(at));
    let position = before.map(|known| known.position);
    all.extend(scored.map(|new| Scored { position: position.unwrap_or(new.position), ..new.clone() }));
    all.sort_unstable_by_key(|known| known.position);
    let standing = scores::standing(all);
    let (value, tie_key) = (standing.and_then(|known| known.score), standing.and_then(|known| known.tie));
    let results = all.len() as i64;
    (row.value, row.tie_key, row.results) = (value.map(Amount::decimal), tie_key, results);
    (results > 0).then_some(row)
}

/// Makes the sum, the days and the counts of the parts anew.
fn add_up(row: &mut StandingRow, aggregation: Aggregation) {
    let last = row.parts.last();
    let counted = row.parts.iter().map(|(_, part)| part.at_least());
    (row.weighted_sum, row.at_least) = match aggregation {
        Aggregation::Sum => (row.parts.sum_of(|_| Decimal::ONE), counted.sum()),
        Aggregation::DailyMean => (row.parts.sum_of(|of| Decimal::from(of.days())), counted.sum()),
        Aggregation::Last => last.map_or((Decimal::ZERO, 0), |(_, part)| (part.value.decimal(), part.at_least())),
    };
    row.aggregation = last.map(|_| aggregation);
    row.last_period = last.map(|(of, _)| of);
    row.results = row.parts.iter().count() as i64;
    row.days = row.parts.iter().map(|(of, _)| i64::from(of.days())).sum();
}

/// The figure is `weighted_sum` over this; nothing before the first result.
fn divisor(row: &StandingRow) -> Option<Decimal> {
    match row.aggregation? {
        Aggregation::Sum | Aggregation::Last => Some(Decimal::ONE),
        Aggregation::DailyMean => Some(Decimal::from(row.days)),
    }
}

fn derive(row: &mut StandingRow) {
    let Some(divisor) = divisor(row) else {
        (row.value, row.over_plan, row.completion, row.growth) = (None, None, None, None);
        return;
    };
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
    let completion = plan.and_then(|plan| row.completion_of(sum, plan));
    let growth = base.and_then(|base| growth_percent(sum, base));
    (row.value, row.over_plan, row.completion, row.growth) = (value, over_plan, completion, growth);
}

impl StandingRow {
    /// Completion 完成率 in percent. Where less is better 逆向指标 what is saved counts like what is gained: twice the plan
    /// less the actual, over the plan, never below zero. That formula is ours; it is the usual one for reverse
    /// indicators. Of a lower bound of what was used up there is none: it would bound the completion from above.
    fn completion_of(&self, actual: Decimal, plan: Decimal) -> Option<Decimal> {
        match self.direction {
            Direction::HigherIsBetter => percent_of(actual, plan),
            Direction::LowerIsBetter if self.at_least > 0 => None,
            Direction::LowerIsBetter => {
                let left = plan.checked_mul(Decimal::TWO)?.checked_sub(actual)?;
                percent_of(left.max(Decimal::ZERO), plan)
            }
        }
    }

    /// Schedule completion 进度完成率 in percent, two places: the figure against the plan to date, which is the share of
    /// the plan that falls, by days, on the time up to the end of the latest period reported. Of metrics that add up
    /// only: the plan of a mean or of a last value is the same on every day. Nothing without a plan or a result, nor of
    /// a lower bound where less is better.
    #[must_use]
    pub fn schedule_completion(&self) -> Option<Decimal> {
        match self.aggregation? {
            Aggregation::Sum => {
                let plan = self.plan.filter(|plan| *plan > Amount::ZERO)?.decimal();
                let gone = self.last_period?.end_day() - self.period.first_day();
                let (gone, days) = (Decimal::from(gone.get_days()), Decimal::from(self.period.days()));
                self.completion_of(self.weighted_sum.checked_mul(days)?, plan.checked_mul(gone)?)
            }
            Aggregation::DailyMean | Aggregation::Last => None,
        }
    }
}

fn blank(key: &StandingKey) -> StandingRow {
    StandingRow {
        subject_kind: key.subject_kind,
        metric: key.metric.clone(),
        period: key.period,
        subject: key.subject,
        value: None,
        direction: Direction::default(),
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
        parts: Parts::default(),
        tie_key: None,
        scores: Json::default(),
    }
}
