//! What the report is made of, and where it is read.

use domain::ledger::Aggregation;
use domain::period::{Grain, Period};
use domain::stream::StreamKind;
use domain::text::MetricCode;
use jiff::ToSpan;
use rust_decimal::Decimal;

use crate::cell::{Cell, ColumnType};
use crate::member_years::MemberYearRow;
use crate::records::RecordRow;
use crate::row::Row;
use crate::select::Condition;
use crate::spells::SpellsRow;
use crate::standings::StandingRow;
use crate::tally::Tally;
use crate::totals::{Item, TotalKey, TotalRow};
use crate::words::{RecordKind, SpellKind};

/// The average daily balance above which a member is counted 日均余额, in yuan.
pub const BALANCE_BAR: i64 = 7_000_000;
/// The metric of a member's balance.
pub(super) const BALANCE: &str = "balance_daily";

/// Something a figure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// Members on duty on the last day of the year.
    OnDuty,
    /// Members with a volunteer service in the year.
    Volunteers,
    /// Financial outlets open on the last day of the year.
    OutletsFinancial,
    /// Delivery stations open on the last day of the year.
    StationsDelivery,
    /// Training sessions of the year.
    Sessions,
    /// Their minutes.
    Minutes,
    /// Attendances in person-times.
    Attendances,
    /// Honours of the year.
    Honours,
    /// Reminder talks held in the year, in person-times.
    Talks,
    /// The results of all branches in a metric, in the year.
    Actual(&'static str),
    /// Their plans for the year.
    Plan(&'static str),
    /// Of the branches with both a result and a plan in the year: their results.
    ActualWithPlan(&'static str),
    /// Of the same branches: their plans.
    PlanWithActual(&'static str),
    /// Of the branches with both a result and a base in the year: their results.
    ActualWithBase(&'static str),
    /// Of the same branches: their bases.
    BaseWithActual(&'static str),
    /// Members whose average daily balance of the year is above [`BALANCE_BAR`].
    BalanceOver,
    /// Members whose balance is reported at all.
    BalanceKnown,
    /// Members whose balance is a lower bound.
    BalanceBounds,
}

/// Rows of a table under conditions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The table.
    pub table: &'static str,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

/// Which events a figure opens to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trace {
    /// Those at which a version of a row that fulfils the conditions begins, or ends the row.
    Versions(Source),
    /// Those at which any version of a row begins or ends that has fulfilled the conditions at some time.
    Rows(Source),
}

/// How an input is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// By counting rows: [`Quantity::counted`].
    Count(Source),
    /// By adding up a column of rows: [`Quantity::summed`].
    Sum {
        /// The rows.
        source: Source,
        /// The column added up, which each of them has.
        column: &'static str,
        /// Those of them that are lower bounds; nothing where none can be.
        bounds: Option<Source>,
    },
    /// From a total, which may not be there: [`Quantity::of`].
    Total(TotalKey),
    /// From what was tallied as rows changed; where nothing is, by the rows.
    Tallied {
        /// The table of the rows.
        table: &'static str,
        /// The tally.
        tally: Tally,
        /// Whether it runs on over the years.
        runs_on: bool,
        /// What it equals.
        rows: Box<Read>,
    },
}

impl Input {
    /// How it is read for the year that holds the period.
    #[must_use]
    pub fn read(self, year: Period) -> Read {
        let rows = self.rows(year);
        let (table, runs_on) = match &rows {
            Read::Count(source) | Read::Sum { source, .. } => (source.table, source.table == SpellsRow::TABLE),
            Read::Total(_) | Read::Tallied { .. } => return rows,
        };
        let tally = Tally::of(self.tallied_as(), i64::from(year.year()));
        Read::Tallied { table, tally, runs_on, rows: Box::new(rows) }
    }

    /// The rows it is made of, for the year that holds the period.
    pub(super) fn rows(self, year: Period) -> Read {
        match self {
            Self::OnDuty => Read::Count(lasting(SpellKind::Duty, year)),
            Self::Volunteers => Read::Count(rows_of::<MemberYearRow>(vec![
                equals("year", i64::from(year.year())),
                Condition::Above("services", Cell::Int(0)),
            ])),
            Self::BalanceOver => {
                let bar = Cell::Decimal(Decimal::from(BALANCE_BAR));
                balances(year, Condition::AboveTimes("weighted_sum", bar, "days"))
            }
            Self::BalanceKnown => balances(year, Condition::Known("value")),
            Self::BalanceBounds => balances(year, Condition::Above("at_least", Cell::Int(0))),
            Self::OutletsFinancial => Read::Count(lasting(SpellKind::FinancialOutlet, year)),
            Self::StationsDelivery => Read::Count(lasting(SpellKind::DeliveryStation, year)),
            Self::Sessions => of_year(year, Item::TrainingSessions),
            Self::Minutes => of_year(year, Item::TrainingMinutes),
            Self::Attendances => of_year(year, Item::TrainingAttendances),
            Self::Honours => of_year(year, Item::Honours),
            Self::Talks => of_year(year, Item::Talks),
            Self::Actual(metric) => of_year(year, Item::Actual(code(metric))),
            Self::Plan(metric) => of_year(year, Item::Plan(code(metric))),
            Self::ActualWithPlan(metric) => actual(both(year, metric, "plan")),
            Self::PlanWithActual(metric) => set(both(year, metric, "plan"), "plan"),
            Self::ActualWithBase(metric) => actual(both(year, metric, "base")),
            Self::BaseWithActual(metric) => set(both(year, metric, "base"), "base"),
        }
    }

    /// Its events. Where the counted rows change for other reasons too, these are of rows that do not.
    #[must_use]
    pub fn events(self, year: Period) -> Trace {
        let changed = |kind| {
            let until_then = Condition::Before("changed_on", whole(year).end_day().to_cell());
            Trace::Versions(rows_of::<SpellsRow>(vec![equals("kind", kind), until_then]))
        };
        match self {
            Self::OnDuty => changed(SpellKind::Duty),
            Self::OutletsFinancial => changed(SpellKind::FinancialOutlet),
            Self::StationsDelivery => changed(SpellKind::DeliveryStation),
            Self::Volunteers => Trace::Versions(rows_of::<RecordRow>(vec![
                equals("kind", RecordKind::Service),
                Condition::From("on_date", whole(year).first_day().to_cell()),
                Condition::Before("on_date", whole(year).end_day().to_cell()),
            ])),
            Self::Sessions
            | Self::Minutes
            | Self::Attendances
            | Self::Honours
            | Self::Talks
            | Self::Actual(_)
            | Self::Plan(_)
            | Self::ActualWithPlan(_)
            | Self::PlanWithActual(_)
            | Self::ActualWithBase(_)
            | Self::BaseWithActual(_)
            | Self::BalanceOver
            | Self::BalanceKnown
            | Self::BalanceBounds => match self.rows(year) {
                Read::Count(rows) | Read::Sum { source: rows, .. } => Trace::Rows(rows),
                Read::Tallied { rows, .. } => unreachable!("rows are not tallied: {rows:?}"),
                Read::Total(key) => {
                    Trace::Versions(rows_of::<TotalRow>(vec![equals("year", key.year), equals("item", key.item)]))
                }
            },
        }
    }
}

/// The spells of a kind that hold the last day of the year.
fn lasting(kind: SpellKind, year: Period) -> Source {
    let last = whole(year).end_day().saturating_sub(1.day());
    rows_of::<SpellsRow>(vec![equals("kind", kind), Condition::Cover("spells", last.to_cell())])
}

/// The years of the branches with a result, and a plan or base above zero, in a metric that adds up.
fn both(year: Period, metric: &'static str, aim: &'static str) -> Source {
    rows_of::<StandingRow>(vec![
        equals("subject_kind", StreamKind::Branch),
        equals("metric", code(metric)),
        equals("period", whole(year)),
        equals("aggregation", Aggregation::Sum),
        Condition::Known("value"),
        Condition::Above(aim, Cell::Decimal(Decimal::ZERO)),
    ])
}

fn actual(source: Source) -> Read {
    let mut bounds = source.clone();
    bounds.conditions.push(Condition::Above("at_least", Cell::Int(0)));
    Read::Sum { source, column: "value", bounds: Some(bounds) }
}

fn set(source: Source, column: &'static str) -> Read {
    Read::Sum { source, column, bounds: None }
}

fn balances(year: Period, condition: Condition) -> Read {
    Read::Count(rows_of::<StandingRow>(vec![
        equals("subject_kind", StreamKind::Member),
        equals("metric", code(BALANCE)),
        equals("period", whole(year)),
        equals("aggregation", Aggregation::DailyMean),
        condition,
    ]))
}

fn rows_of<R: Row>(conditions: Vec<Condition>) -> Source {
    Source { table: R::TABLE, conditions }
}

fn equals(column: &'static str, value: impl ColumnType) -> Condition {
    Condition::Equals(column, value.to_cell())
}

fn of_year(year: Period, item: Item) -> Read {
    Read::Total(TotalKey { year: i64::from(year.year()), item })
}

fn whole(year: Period) -> Period {
    Period::holding(year.first_day(), Grain::Year)
}

fn code(metric: &str) -> MetricCode {
    metric.parse().expect("the report names its metrics by legal codes")
}
