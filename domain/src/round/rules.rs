//! The rules of a round as data: fixed when it opens, shown to everybody concerned.
//!
//! # Rules
//! - Every default names its basis ([`super::preset`]).
//! - A set that cannot make a score is refused with all its faults at once ([`super::faults`]).

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::{Code, Group};
use crate::amount::Amount;
use crate::text::Title;

/// The rules of a round 评议规则.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rules {
    /// Who reviews, with what weight and about what.
    pub groups: Vec<GroupRule>,
    /// The grades of a ballot and their points, best first.
    pub scale: Vec<GradeRule>,
    /// From which score on a grade is proposed, best first; the last one from 0.
    pub bands: Vec<Band>,
    /// When a group is valid.
    pub turnout: Turnout,
    /// Whether a ballot that holds nothing at all counts as having taken part; one that says "do not know" always does.
    pub blank_takes_part: bool,
    /// What becomes of a score that lacks a group.
    pub gap: GapRule,
    /// From how many valid answers on the highest and the lowest are left out; off where there is none.
    pub trim_from: Option<u32>,
    /// What parts those with one score, in this order; what is left shares a rank.
    pub ties: Vec<TieRule>,
    /// How many may be excellent, in yearly rounds.
    pub cap: Option<Cap>,
    /// The anonymity threshold k: valid answers per question of a secret group.
    pub threshold: u32,
    /// Whether everybody reviews themselves; it is shown and weighs nothing.
    pub self_review: bool,
    /// Working days of the publicity 公示.
    pub publicity_days: u32,
    /// Working days in which an appeal may be filed 申诉.
    pub appeal_days: u32,
    /// Working days in which it is to be answered.
    pub answer_days: u32,
    /// When a reminder talk is proposed.
    pub talks: TalkRule,
    /// How quarters make a year.
    pub year: YearRule,
    /// Which days are working days.
    pub calendar: Calendar,
}

/// One group of reviewers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRule {
    /// Which.
    pub group: Group,
    /// Its weight in percent; all together make 100.
    pub weight_percent: Amount,
    /// What it is asked.
    pub dimensions: Vec<Dimension>,
}

/// One question 维度.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dimension {
    /// Its code, unique in the group.
    pub code: Code,
    /// How it is asked.
    pub title: Title,
    /// Its weight among those of the group.
    pub weight: Amount,
}

/// A grade on a ballot 等次.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GradeRule {
    /// Its code.
    pub grade: Code,
    /// What stands on the ballot.
    pub title: Title,
    /// What it is worth, 0 to 100.
    pub points: Amount,
}

/// From which score on a grade is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Band {
    /// The grade, one of the scale's.
    pub grade: Code,
    /// The least score, 0 to 100.
    pub from: Amount,
}

/// When a group is valid: taken part ÷ eligible is more than the share, or also when it is just that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turnout {
    /// The share's numerator.
    pub numerator: u32,
    /// Its denominator.
    pub denominator: u32,
    /// Whether the share itself is enough.
    pub or_equal: bool,
}

impl Turnout {
    /// Whether so many are enough of so many.
    #[must_use]
    pub fn reached(self, taken_part: u32, eligible: u32) -> bool {
        let (left, right) =
            (u64::from(taken_part) * u64::from(self.denominator), u64::from(eligible) * u64::from(self.numerator));
        left > right || self.or_equal && left == right && taken_part > 0
    }
}

/// What becomes of a score that lacks a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapRule {
    /// It is incomplete and unranked, never 0.
    Incomplete,
    /// The weights of the others make the whole.
    Renormalise,
}

/// What parts those with one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TieRule {
    /// The score of the leaders' group.
    LeaderScore,
    /// The comparisons of the year.
    Performance,
}

/// How many may have a grade: ⌊formal members of the branch × share⌋.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cap {
    /// The grade: the best of the bands.
    pub grade: Code,
    /// The share's numerator.
    pub numerator: u32,
    /// Its denominator.
    pub denominator: u32,
}

impl Cap {
    /// How many may have it among so many formal members.
    #[must_use]
    pub fn places(&self, formal: usize) -> usize {
        let share = formal as u128 * u128::from(self.numerator) / u128::from(self.denominator.max(1));
        usize::try_from(share).unwrap_or(usize::MAX)
    }
}

/// When a reminder talk 提醒谈话 is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TalkRule {
    /// For a score under this.
    pub below: Amount,
    /// For the last part, twice in a row: one in so many; off where there is none.
    pub last_one_in: Option<u32>,
    /// How many must be ranked for that.
    pub least_ranked: u32,
    /// Days until a talk is followed up.
    pub follow_up_days: u32,
}

/// How quarters and comparisons make a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct YearRule {
    /// The weight of the reviews: the mean of the quarters.
    pub reviews_percent: Amount,
    /// The weight of the comparisons: the mean of plan completions, each at most 100.
    pub comparisons_percent: Amount,
    /// How many quarters must have a score.
    pub least_quarters: u32,
    /// What each metric weighs among the comparisons; 1 where it is not named.
    pub metric_weights: BTreeMap<Code, Amount>,
}

/// Working days: Monday to Friday, but for these 工作日.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Calendar {
    /// Days off.
    pub off: Vec<Date>,
    /// Weekend days that are worked 调休.
    pub worked: Vec<Date>,
}

impl Calendar {
    /// Whether it is a working day.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
        match weekend {
            true => self.worked.contains(&day),
            false => !self.off.contains(&day),
        }
    }

    /// The `days`th working day after a day; that day itself for none. Nothing beyond the years of the calendar.
    #[must_use]
    pub fn after(&self, day: Date, days: u32) -> Option<Date> {
        let mut last = day;
        for _ in 0..days {
            last = last.tomorrow().ok()?;
            while !self.is_working(last) {
                last = last.tomorrow().ok()?;
            }
        }
        Some(last)
    }
}

impl YearRule {
    /// What a metric weighs among the comparisons.
    #[must_use]
    pub fn weight(&self, metric: &Code) -> Amount {
        self.metric_weights.get(metric).copied().unwrap_or(Amount::ONE)
    }
}

impl Rules {
    /// The rule of a group.
    #[must_use]
    pub fn group(&self, group: Group) -> Option<&GroupRule> {
        self.groups.iter().find(|rule| rule.group == group)
    }

    /// The points of a grade.
    #[must_use]
    pub fn points(&self, grade: &Code) -> Option<Amount> {
        self.scale.iter().find(|rule| rule.grade == *grade).map(|rule| rule.points)
    }

    /// The grade that a score proposes; the last one where a year's score fell below 0.
    #[must_use]
    pub fn band(&self, score: Amount) -> Option<&Code> {
        self.bands.iter().find(|band| score >= band.from).or(self.bands.last()).map(|band| &band.grade)
    }
}
