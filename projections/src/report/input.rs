//! What the report is made of, and where it is read.

use domain::period::{Grain, Period};
use domain::stream::StreamKind;
use domain::text::MetricCode;
use rust_decimal::Decimal;

use crate::audit_trail::AuditRow;
use crate::cell::{Cell, ColumnType};
use crate::member_years::MemberYearRow;
use crate::members::MemberRow;
use crate::records::RecordRow;
use crate::row::Row;
use crate::select::Condition;
use crate::standings::StandingRow;
use crate::totals::{Item, NOW, TotalKey, TotalRow};
use crate::words::{MemberStanding, RecordKind};

/// The average daily balance above which a member is counted 日均余额, in yuan.
pub const BALANCE_BAR: i64 = 7_000_000;
/// The metric of a member's balance.
const BALANCE: &str = "balance_daily";
/// The events that put members on duty and off it.
const DUTY: [&str; 4] = ["member_registered", "member_suspended", "member_reinstated", "member_left"];

/// Something a figure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// Members on duty.
    OnDuty,
    /// Members with a volunteer service in the year.
    Volunteers,
    /// Open financial outlets.
    OutletsFinancial,
    /// Open delivery stations.
    StationsDelivery,
    /// Training sessions of the year.
    Sessions,
    /// Their minutes.
    Minutes,
    /// Attendances in person-times.
    Attendances,
    /// Honours of the year.
    Honours,
    /// The results of all branches in a metric, in the year.
    Actual(&'static str),
    /// Their plans for the year.
    Plan(&'static str),
    /// Their bases for the year.
    Base(&'static str),
    /// Members whose average daily balance of the year is above [`BALANCE_BAR`].
    BalanceOver,
    /// Members whose balance is reported at all.
    BalanceKnown,
    /// Members whose balance is a lower bound.
    BalanceBounds,
}

/// Rows of a table under conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The table.
    pub table: &'static str,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

/// How an input is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// By counting rows: [`Quantity::counted`].
    Count(Source),
    /// From a total, which may not be there: [`Quantity::of`].
    Total(TotalKey),
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    /// How much, in its unit.
    pub value: Decimal,
    /// Of how many parts.
    pub parts: i64,
    /// How many of the parts are lower bounds.
    pub at_least: i64,
}

impl Quantity {
    /// So many rows.
    #[must_use]
    pub fn counted(rows: u64) -> Self {
        Self { value: Decimal::from(rows), parts: i64::try_from(rows).unwrap_or(i64::MAX), at_least: 0 }
    }

    /// What a total says.
    #[must_use]
    pub fn of(total: &TotalRow) -> Self {
        Self { value: total.value, parts: total.count, at_least: total.at_least }
    }
}

impl Input {
    /// How it is read for the year that holds the period.
    #[must_use]
    pub fn read(self, year: Period) -> Read {
        match self {
            Self::OnDuty => Read::Count(rows_of::<MemberRow>(vec![equals("standing", MemberStanding::OnDuty)])),
            Self::Volunteers => Read::Count(rows_of::<MemberYearRow>(vec![
                equals("year", i64::from(year.year())),
                Condition::Above("services", Cell::Int(0)),
            ])),
            Self::BalanceOver => balances(year, Condition::Above("value", Cell::Decimal(Decimal::from(BALANCE_BAR)))),
            Self::BalanceKnown => balances(year, Condition::Known("value")),
            Self::BalanceBounds => balances(year, Condition::Above("at_least", Cell::Int(0))),
            Self::OutletsFinancial => total(NOW, Item::OutletsFinancial),
            Self::StationsDelivery => total(NOW, Item::StationsDelivery),
            Self::Sessions => of_year(year, Item::TrainingSessions),
            Self::Minutes => of_year(year, Item::TrainingMinutes),
            Self::Attendances => of_year(year, Item::TrainingAttendances),
            Self::Honours => of_year(year, Item::Honours),
            Self::Actual(metric) => of_year(year, Item::Actual(code(metric))),
            Self::Plan(metric) => of_year(year, Item::Plan(code(metric))),
            Self::Base(metric) => of_year(year, Item::Base(code(metric))),
        }
    }

    /// The rows whose versions begin and end at its events. Where the counted rows change for other reasons too, these
    /// are rows that do not.
    #[must_use]
    pub fn events(self, year: Period) -> Source {
        match self {
            Self::OnDuty => rows_of::<AuditRow>(vec![
                Condition::OneOf("event_type", DUTY.map(|name| Cell::Text(name.to_owned())).to_vec()),
                equals("is_primary", true),
            ]),
            Self::Volunteers => rows_of::<RecordRow>(vec![
                equals("kind", RecordKind::Service),
                Condition::From("on_date", whole(year).first_day().to_cell()),
                Condition::Before("on_date", whole(year).end_day().to_cell()),
            ]),
            Self::OutletsFinancial
            | Self::StationsDelivery
            | Self::Sessions
            | Self::Minutes
            | Self::Attendances
            | Self::Honours
            | Self::Actual(_)
            | Self::Plan(_)
            | Self::Base(_)
            | Self::BalanceOver
            | Self::BalanceKnown
            | Self::BalanceBounds => match self.read(year) {
                Read::Count(rows) => rows,
                Read::Total(key) => rows_of::<TotalRow>(vec![equals("year", key.year), equals("item", key.item)]),
            },
        }
    }
}

fn balances(year: Period, condition: Condition) -> Read {
    Read::Count(rows_of::<StandingRow>(vec![
        equals("subject_kind", StreamKind::Member),
        equals("metric", code(BALANCE)),
        equals("period", whole(year)),
        condition,
    ]))
}

fn rows_of<R: Row>(conditions: Vec<Condition>) -> Source {
    Source { table: R::TABLE, conditions }
}

fn equals(column: &'static str, value: impl ColumnType) -> Condition {
    Condition::Equals(column, value.to_cell())
}

fn total(year: i64, item: Item) -> Read {
    Read::Total(TotalKey { year, item })
}

fn of_year(year: Period, item: Item) -> Read {
    total(i64::from(year.year()), item)
}

fn whole(year: Period) -> Period {
    Period::holding(year.first_day(), Grain::Year)
}

fn code(metric: &str) -> MetricCode {
    metric.parse().expect("the report names its metrics by legal codes")
}
