//! What a metric is: code, unit, direction, aggregation.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LedgerRefusal;
use crate::amount::Amount;
use crate::period::Grain;
use crate::text::{MetricCode, Title};

/// The code under which boards rank the scores of evaluation rounds: nobody defines or reports it.
pub const ROUND_SCORE: &str = "round_score";

/// The unit of a metric 单位.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 元, two decimals.
    Yuan,
    /// 人: persons, each counted once.
    Persons,
    /// 人次: person-times.
    PersonTimes,
    /// 件
    Pieces,
    /// 次 / 场
    Times,
    /// 小时, two decimals.
    Hours,
    /// 分, two decimals.
    Points,
    /// %, two decimals.
    Percent,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 8] = [
        Self::Yuan,
        Self::Persons,
        Self::PersonTimes,
        Self::Pieces,
        Self::Times,
        Self::Hours,
        Self::Points,
        Self::Percent,
    ];

    /// The most decimals a value in this unit has.
    #[must_use]
    pub fn decimals(self) -> u32 {
        match self {
            Self::Yuan | Self::Hours | Self::Points | Self::Percent => 2,
            Self::Persons | Self::PersonTimes | Self::Pieces | Self::Times => 0,
        }
    }

    /// The code, as stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Yuan => "yuan",
            Self::Persons => "persons",
            Self::PersonTimes => "person_times",
            Self::Pieces => "pieces",
            Self::Times => "times",
            Self::Hours => "hours",
            Self::Points => "points",
            Self::Percent => "percent",
        }
    }

    /// Whether a value has a meaning in this unit.
    #[must_use]
    pub fn fits(self, value: Amount) -> bool {
        let counted = matches!(self, Self::Persons | Self::PersonTimes | Self::Pieces | Self::Times | Self::Hours);
        value.decimal().scale() <= self.decimals() && !(counted && value < Amount::ZERO)
    }
}

/// The code; in the alternate form (`{:#}`) the word in Chinese.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (unit, false) => unit.code(),
            (Self::Yuan, true) => "元",
            (Self::Persons, true) => "人",
            (Self::PersonTimes, true) => "人次",
            (Self::Pieces, true) => "件",
            (Self::Times, true) => "次",
            (Self::Hours, true) => "小时",
            (Self::Points, true) => "分",
            (Self::Percent, true) => "%",
        })
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better 正向指标.
    #[default]
    HigherIsBetter,
    /// Less is better 逆向指标.
    LowerIsBetter,
}

impl Direction {
    /// Whether more is better, as of most metrics: what events say of a direction by saying nothing.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// How the results of shorter periods make the figure of a longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// 累计: their sum.
    Sum,
    /// 日均: their mean, weighted by days.
    DailyMean,
    /// 期末: the latest one.
    Last,
}

/// For whom a metric is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subjects {
    /// Members only.
    Members,
    /// Branches only.
    Branches,
    /// Both, each on its own board.
    Both,
}

/// One of them, in English; in the alternate form (`{:#}`) in Chinese.
impl fmt::Display for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self, f.alternate()) {
            (Self::Members, false) => "member",
            (Self::Branches, false) => "branch",
            (Self::Both, false) => "member or branch",
            (Self::Members, true) => "成员",
            (Self::Branches, true) => "组织",
            (Self::Both, true) => "成员或组织",
        })
    }
}

/// Whether a figure was counted or is a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exactness {
    /// Counted.
    #[default]
    Exact,
    /// "800 余": at least this many; never printed as exact.
    AtLeast,
}

impl Exactness {
    /// Whether it was counted.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

/// A metric 指标.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Its code.
    pub code: MetricCode,
    /// What people call it.
    pub name: Title,
    /// Its unit.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// How it adds up.
    pub aggregation: Aggregation,
    /// The period one result is for.
    pub grain: Grain,
    /// For whom it is kept.
    pub subjects: Subjects,
}

impl Metric {
    /// Whether a value fits the unit.
    ///
    /// # Errors
    /// [`LedgerRefusal::DoesNotFitUnit`].
    pub fn check_value(&self, value: Amount) -> Result<(), LedgerRefusal> {
        match self.unit.fits(value) {
            true => Ok(()),
            false => Err(LedgerRefusal::DoesNotFitUnit { metric: self.code.clone(), unit: self.unit, value }),
        }
    }

    /// Whether the metric is kept for members, or for branches.
    ///
    /// # Errors
    /// [`LedgerRefusal::WrongSubject`].
    pub fn check_subject(&self, subjects: Subjects) -> Result<(), LedgerRefusal> {
        match self.subjects == Subjects::Both || self.subjects == subjects {
            true => Ok(()),
            false => Err(LedgerRefusal::WrongSubject { metric: self.code.clone(), subject: subjects }),
        }
    }
}
