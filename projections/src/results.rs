//! Results and targets 业绩与目标: one row per subject, metric and period, as it stands after corrections.
//!
//! # Rules
//! - A correction replaces the result's id, value and exactness; the row counts how often that happened.
//! - A withdrawal leaves the row, without a result; the next one counts corrections anew. Likewise a target taken back.
//! - A target of a longer period is a row of its own, without a result.
//!
//! # Not here
//! Quarters and years made of months ([`crate::standings`]).

use domain::amount::Amount;
use domain::event::Fact;
use domain::id::ResultId;
use domain::ledger::Exactness;
use domain::period::Period;
use domain::stream::StreamKind;
use domain::text::MetricCode;
use uuid::Uuid;

use crate::ledger::{Reported, Said, entry};
use crate::projection::Projection;
use crate::row::row;

row! {
    /// What a subject reported and planned in a metric for a period.
    pub struct ResultRow("results") key ResultKey {
        /// Member or branch.
        subject_kind: StreamKind,
        /// Which one.
        subject: Uuid,
        /// In which metric.
        metric: MetricCode,
        /// For which period.
        period: Period,
    } columns {
        /// The standing result: the one a correction names.
        result: Option<ResultId>,
        /// Its value in the metric's unit.
        value: Option<Amount>,
        /// Counted or a lower bound.
        exactness: Option<Exactness>,
        /// The plan.
        plan: Option<Amount>,
        /// The base of growth.
        base: Option<Amount>,
        /// How often the result was corrected.
        corrections: i64,
    } look_up [["metric", "period"], ["result"]]
}

/// What happens to a row of results.
#[derive(Debug, Clone)]
pub enum Change {
    /// A result was reported.
    Reported(ResultId, Reported),
    /// The result was replaced.
    Corrected(ResultId, Reported),
    /// The result was taken back.
    Withdrawn,
    /// The plan and base were set.
    Target(Option<Amount>, Option<Amount>),
}

/// The projection.
pub struct Results;

impl Projection for Results {
    const NAME: &'static str = "results";
    const VERSION: u32 = 2;
    type Row = ResultRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(ResultKey, Change)> {
        let Some(entry) = entry(fact) else { return vec![] };
        let change = match entry.said {
            Said::Target { plan: [_, plan], base: [_, base] } => Change::Target(plan, base),
            Said::Withdrawn { .. } => Change::Withdrawn,
            Said::Result { result, before: None, after, .. } => Change::Reported(result, after),
            Said::Result { result, before: Some(_), after, .. } => Change::Corrected(result, after),
        };
        let (subject_kind, subject) = (fact.stream.kind, fact.stream.id);
        vec![(ResultKey { subject_kind, subject, metric: entry.metric, period: entry.period }, change)]
    }

    fn apply(row: Option<ResultRow>, key: &ResultKey, change: &Change) -> Option<ResultRow> {
        let mut row = row.unwrap_or_else(|| blank(key));
        match change {
            Change::Reported(result, reported) => stands(&mut row, *result, *reported),
            Change::Corrected(result, reported) => {
                stands(&mut row, *result, *reported);
                row.corrections += 1;
            }
            Change::Withdrawn => {
                (row.result, row.value, row.exactness, row.corrections) = (None, None, None, 0);
            }
            Change::Target(plan, base) => (row.plan, row.base) = (*plan, *base),
        }
        Some(row)
    }
}

fn stands(row: &mut ResultRow, result: ResultId, reported: Reported) {
    (row.result, row.value, row.exactness) = (Some(result), Some(reported.value), Some(reported.exactness));
}

fn blank(key: &ResultKey) -> ResultRow {
    ResultRow {
        subject_kind: key.subject_kind,
        subject: key.subject,
        metric: key.metric.clone(),
        period: key.period,
        result: None,
        value: None,
        exactness: None,
        plan: None,
        base: None,
        corrections: 0,
    }
}
