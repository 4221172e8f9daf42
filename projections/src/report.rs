//! The year's report 年度报告: its figures, what each is made of, and the rows it opens to.
//!
//! # Rules
//! - A count of what did not happen is 0; an amount nobody reported, a plan or base nobody set is missing, never 0.
//! - A figure made of a lower bound is a lower bound; what is divided by one, or takes one away, is missing: it would be
//!   bounded from above.
//! - Completion, growth and what is over plan are of the branches that have both a result and a plan, or a base, in the
//!   year: a district without a plan does not help another to complete its own.
//! - Members on duty, outlets and stations are those of the last day of the year by business date, as far as the position
//!   knows; in a year that is not over those of the moment.
//! - Money and percentages have two places; the one rounding is the last step, half away from zero.
//!
//! # How it is read
//! [`reads`] says what to read as of one position, [`report`] makes the figures of the answers. The events of a figure
//! are the positions at which versions of its source rows begin, and those at which the rows end ([`Trace`]).
//!
//! # Not here
//! 万 and 亿 (the printed report), the position and its date (whoever reads).

use std::collections::{BTreeMap, BTreeSet};

use domain::ledger::{Exactness, Unit};
use domain::period::Period;

mod formula;
mod input;
pub(crate) mod tallied;

pub use formula::Formula;
pub use input::{BALANCE_BAR, Input, Read, Source, Trace};

pub use crate::tally::Quantity;

use Formula::{Among, Amount, Count, Difference, Growth, Hours, Mean, MeanHours, Share};
use Input::{Actual, ActualWithBase, ActualWithPlan, BaseWithActual, Plan, PlanWithActual};

/// A figure of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Its code.
    pub code: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it is made of.
    pub formula: Formula,
}

const fn figure(code: &'static str, unit: Unit, formula: Formula) -> Figure {
    Figure { code, unit, formula }
}

/// The metric of new premium 新单保费.
const NEW: &str = "premium_new";
/// The metric of long-term regular premium 长期期交保费.
const LONG_TERM: &str = "premium_long_term";
/// The metric of insurance revenue 保险业务收入.
const INSURANCE: &str = "insurance_revenue";
/// The metric of delivery revenue 寄递业务收入.
const DELIVERY: &str = "delivery_revenue";

/// Every figure, in the order of the report.
pub const FIGURES: &[Figure] = &[
    figure("members_on_duty", Unit::Persons, Count(Input::OnDuty)),
    figure("volunteers", Unit::Persons, Count(Input::Volunteers)),
    figure("outlets_financial", Unit::Pieces, Count(Input::OutletsFinancial)),
    figure("stations_delivery", Unit::Pieces, Count(Input::StationsDelivery)),
    figure("training_sessions", Unit::Times, Count(Input::Sessions)),
    figure("training_hours", Unit::Hours, Hours(Input::Minutes)),
    figure("training_attendances", Unit::PersonTimes, Count(Input::Attendances)),
    figure("training_mean_attendance", Unit::PersonTimes, Mean(Input::Attendances, Input::Sessions)),
    figure("training_mean_hours", Unit::Hours, MeanHours(Input::Minutes, Input::Sessions)),
    figure("premium_new", Unit::Yuan, Amount(Actual(NEW))),
    figure("premium_long_term", Unit::Yuan, Amount(Actual(LONG_TERM))),
    figure("premium_long_term_share", Unit::Percent, Share(Actual(LONG_TERM), Actual(NEW))),
    figure("insurance_revenue", Unit::Yuan, Amount(Actual(INSURANCE))),
    figure("insurance_plan_completion", Unit::Percent, Share(ActualWithPlan(INSURANCE), PlanWithActual(INSURANCE))),
    figure("delivery_revenue", Unit::Yuan, Amount(Actual(DELIVERY))),
    figure("delivery_plan", Unit::Yuan, Amount(Plan(DELIVERY))),
    figure("delivery_over_plan", Unit::Yuan, Difference(ActualWithPlan(DELIVERY), PlanWithActual(DELIVERY))),
    figure("delivery_plan_completion", Unit::Percent, Share(ActualWithPlan(DELIVERY), PlanWithActual(DELIVERY))),
    figure("delivery_growth", Unit::Percent, Growth(ActualWithBase(DELIVERY), BaseWithActual(DELIVERY))),
    figure(
        "members_balance_over_7m",
        Unit::Persons,
        Among { counted: Input::BalanceOver, known: Input::BalanceKnown, bounds: Input::BalanceBounds },
    ),
    figure("honours", Unit::Pieces, Count(Input::Honours)),
    figure("talks", Unit::PersonTimes, Count(Input::Talks)),
];

/// A figure of one year, as of the position its inputs were read at.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its code.
    pub code: &'static str,
    /// The exact decimal; nothing where something it is made of is missing.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Unit,
    /// Counted or a lower bound.
    pub exactness: Exactness,
    /// Where its events are.
    pub sources: Vec<Trace>,
}

/// What to read for the report of the year that holds the period, each once.
#[must_use]
pub fn reads(year: Period) -> Vec<(Input, Read)> {
    let inputs: BTreeSet<Input> = FIGURES.iter().flat_map(|figure| figure.formula.inputs()).collect();
    inputs.into_iter().map(|input| (input, input.read(year))).collect()
}

/// The figures of the year that holds the period. An input that is missing from `read` counts as nothing.
#[must_use]
pub fn report(year: Period, read: &BTreeMap<Input, Quantity>) -> Vec<Answer> {
    let quantity = |input: Input| read.get(&input).copied().unwrap_or_default();
    let answer = |figure: &Figure| Answer {
        code: figure.code,
        value: figure.formula.text(&quantity),
        unit: figure.unit,
        exactness: figure.formula.exactness(&quantity),
        sources: figure.formula.opens_to().into_iter().map(|input| input.events(year)).collect(),
    };
    FIGURES.iter().map(answer).collect()
}
