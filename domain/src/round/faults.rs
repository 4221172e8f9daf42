//! What keeps a set of rules from making a score: all of it at once.

use std::collections::BTreeSet;
use std::fmt;

use super::kind::{Code, Group};
use super::rules::{GroupRule, Rules};
use crate::amount::Amount;

/// The least anonymity threshold: below it, answers give their authors away.
pub const LEAST_THRESHOLD: u32 = 3;
/// The most dimensions in a group, grades, bands and other entries of one list.
pub const LIST_MAX: usize = 20;
/// The most days of a time limit.
pub const DAYS_MAX: u32 = 366;
/// The most days in a calendar's lists.
pub const CALENDAR_MAX: usize = 2_000;

/// The most metrics with a weight.
pub const METRICS_MAX: usize = 1_000;

/// A fault of a set of rules. In English; in the alternate form (`{:#}`) in Chinese.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what the fault's sentence names")]
pub enum Fault {
    /// No group, or one twice.
    Groups,
    /// The weights of the groups do not make 100, or one is not above 0.
    Weights { sum: Amount },
    /// A group has no dimension, one twice, too many, or one without weight.
    Dimensions { group: Group },
    /// Fewer than two grades, too many, one twice, or points outside 0 to 100 or not falling.
    Scale,
    /// A band names no grade of the scale.
    BandGrade { grade: Code },
    /// Bands are not falling from at most 100 to 0, or there is none.
    Bands,
    /// A turnout share that is not between 0 and 1.
    Turnout,
    /// The anonymity threshold is too low.
    Threshold { threshold: u32 },
    /// Trimming would leave nothing.
    Trimming { from: u32 },
    /// A tie rule is named twice.
    Ties,
    /// The cap is for another grade than the best band's, or there is no band below it.
    CapGrade { grade: Code },
    /// The cap's share is not above 0 and at most 1.
    CapShare,
    /// A time limit of no day, or beyond a year.
    Days,
    /// The talk rule has a limit outside 0 to 100, or a part of fewer than two.
    Talks,
    /// The year's weights do not make 100, one is below 0, or fewer than one or more than four quarters are asked for.
    Year,
    /// A metric's weight is not above 0.
    MetricWeight { metric: Code },
    /// Too many metrics have a weight.
    MetricWeights { given: usize },
    /// A calendar names a day twice, or has too many.
    Calendar,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.alternate() {
            false => self.english(f),
            true => self.chinese(f),
        }
    }
}

impl Fault {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Groups => f.write_str("there must be one group at least, and each only once"),
            Self::Weights { sum } => write!(f, "the weights of the groups make {sum}, not 100, or one is not above 0"),
            Self::Dimensions { group } => {
                write!(f, "the group {group} needs 1 to {LIST_MAX} dimensions, each once and with a weight above 0")
            }
            Self::Scale => write!(
                f,
                "the scale needs 2 to {LIST_MAX} grades, each once, with points falling from at most 100 to at least 0"
            ),
            Self::BandGrade { grade } => write!(f, "the band {grade} is no grade of the scale"),
            Self::Bands => f.write_str("the bands must fall from at most 100 to 0, each grade once"),
            Self::Turnout => {
                f.write_str("the turnout must be a share of at least 0 and below 1, or 1 itself if that is enough")
            }
            Self::Threshold { threshold } => {
                write!(f, "the anonymity threshold {threshold} is under {LEAST_THRESHOLD}")
            }
            Self::Trimming { from } => write!(f, "trimming from {from} answers leaves none; 3 at least"),
            Self::Ties => f.write_str("each tie rule may be named once"),
            Self::CapGrade { grade } => write!(f, "the cap is for {grade}, which is not the best of two bands or more"),
            Self::CapShare => f.write_str("the cap must be a share above 0 and at most 1"),
            Self::Days => write!(f, "time limits are of 1 to {DAYS_MAX} days"),
            Self::Talks => {
                f.write_str("talks are proposed under a score of 0 to 100, and for the last of at least two")
            }
            Self::Year => f.write_str("the year's two weights must make 100, none below 0, over 1 to 4 quarters"),
            Self::MetricWeight { metric } => write!(f, "the weight of the metric {metric} is not above 0"),
            Self::MetricWeights { given } => write!(f, "{given} metrics have a weight, more than {METRICS_MAX}"),
            Self::Calendar => write!(f, "the calendar names a day twice, or more than {CALENDAR_MAX}"),
        }
    }

    fn chinese(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Groups => f.write_str("至少要有一个评议主体,且不得重复"),
            Self::Weights { sum } => write!(f, "各评议主体权重合计为 {sum},不是 100,或有权重不大于 0"),
            Self::Dimensions { group } => {
                write!(f, "{group:#}评议须有 1 至 {LIST_MAX} 个维度,不得重复,权重须大于 0")
            }
            Self::Scale => write!(f, "等次须有 2 至 {LIST_MAX} 个,不得重复,分值由不超过 100 递减至不低于 0"),
            Self::BandGrade { grade } => write!(f, "分数段 {grade} 不在等次之中"),
            Self::Bands => f.write_str("分数段须由不超过 100 递减至 0,每个等次一次"),
            Self::Turnout => f.write_str("参评率须不小于 0 且小于 1,或允许等于时可为 1"),
            Self::Threshold { threshold } => write!(f, "匿名阈值 {threshold} 低于 {LEAST_THRESHOLD}"),
            Self::Trimming { from } => write!(f, "自 {from} 票起去高去低后无剩余,至少为 3"),
            Self::Ties => f.write_str("同一并列规则只能出现一次"),
            Self::CapGrade { grade } => write!(f, "名额限制针对 {grade},但它不是最高分数段,或其下没有分数段"),
            Self::CapShare => f.write_str("名额比例须大于 0 且不超过 1"),
            Self::Days => write!(f, "期限须为 1 至 {DAYS_MAX} 天"),
            Self::Talks => f.write_str("提醒谈话分数线须在 0 至 100 之间,末位比例分母至少为二"),
            Self::Year => f.write_str("年度两项权重须合计 100 且不小于 0,季度数 1 至 4"),
            Self::MetricWeight { metric } => write!(f, "指标 {metric} 的权重不大于 0"),
            Self::MetricWeights { given } => write!(f, "{given} 个指标设有权重,超过 {METRICS_MAX} 个"),
            Self::Calendar => write!(f, "日历中有重复日期,或超过 {CALENDAR_MAX} 天"),
        }
    }
}

/// All the faults of a set of rules, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if f.alternate() { ";" } else { "; " };
        for (at, fault) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { separator })?;
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// Checks a set of rules as a whole.
///
/// # Errors
/// [`Faults`]: everything that is wrong with it.
pub fn check(rules: &Rules) -> Result<(), Faults> {
    let found: Vec<Fault> = [groups(rules), grades(rules), counting(rules), times(rules)].concat();
    match found.is_empty() {
        true => Ok(()),
        false => Err(Faults(found)),
    }
}

fn groups(rules: &Rules) -> Vec<Fault> {
    let mut faults = vec![];
    let named = rules.groups.iter().map(|rule| rule.group);
    if rules.groups.is_empty() || repeats(named) {
        faults.push(Fault::Groups);
    }
    let weights = || rules.groups.iter().map(|rule| rule.weight_percent);
    let sum = sum(weights());
    if sum != hundred() || weights().any(|weight| weight <= Amount::ZERO) {
        faults.push(Fault::Weights { sum });
    }
    let wrong = rules.groups.iter().filter(|rule| !sound_dimensions(rule));
    faults.extend(wrong.map(|rule| Fault::Dimensions { group: rule.group }));
    faults
}

fn sound_dimensions(rule: &GroupRule) -> bool {
    (1..=LIST_MAX).contains(&rule.dimensions.len())
        && !repeats(rule.dimensions.iter().map(|dimension| &dimension.code))
        && rule.dimensions.iter().all(|dimension| dimension.weight > Amount::ZERO && dimension.weight <= hundred())
}

fn grades(rules: &Rules) -> Vec<Fault> {
    let mut faults = vec![];
    let points: Vec<Amount> = rules.scale.iter().map(|rule| rule.points).collect();
    let sound = (2..=LIST_MAX).contains(&points.len())
        && !repeats(rules.scale.iter().map(|rule| &rule.grade))
        && falling(&points)
        && points.last().is_some_and(|last| *last >= Amount::ZERO);
    if !sound {
        faults.push(Fault::Scale);
    }
    let foreign = rules.bands.iter().filter(|band| rules.points(&band.grade).is_none());
    faults.extend(foreign.map(|band| Fault::BandGrade { grade: band.grade.clone() }));
    let from: Vec<Amount> = rules.bands.iter().map(|band| band.from).collect();
    if !falling(&from) || from.last() != Some(&Amount::ZERO) || repeats(rules.bands.iter().map(|band| &band.grade)) {
        faults.push(Fault::Bands);
    }
    if let Some(cap) = &rules.cap {
        if rules.bands.len() < 2 || rules.bands[0].grade != cap.grade {
            faults.push(Fault::CapGrade { grade: cap.grade.clone() });
        }
        if cap.numerator == 0 || cap.numerator > cap.denominator {
            faults.push(Fault::CapShare);
        }
    }
    faults
}

fn counting(rules: &Rules) -> Vec<Fault> {
    let turnout = rules.turnout;
    let sound = match turnout.or_equal {
        true => turnout.denominator > 0 && turnout.numerator <= turnout.denominator,
        false => turnout.numerator < turnout.denominator,
    };
    let mut faults = if sound { vec![] } else { vec![Fault::Turnout] };
    if rules.threshold < LEAST_THRESHOLD {
        faults.push(Fault::Threshold { threshold: rules.threshold });
    }
    if let Some(from) = rules.trim_from.filter(|from| *from < 3) {
        faults.push(Fault::Trimming { from });
    }
    if repeats(rules.ties.iter()) {
        faults.push(Fault::Ties);
    }
    faults
}

fn times(rules: &Rules) -> Vec<Fault> {
    let mut faults = vec![];
    let days = [rules.publicity_days, rules.appeal_days, rules.answer_days, rules.talks.follow_up_days];
    if days.iter().any(|days| !(1..=DAYS_MAX).contains(days)) {
        faults.push(Fault::Days);
    }
    let last = rules.talks.last_one_in;
    if !within_hundred(rules.talks.below) || last.is_some_and(|one_in| one_in < 2) {
        faults.push(Fault::Talks);
    }
    let weights = [rules.year.reviews_percent, rules.year.comparisons_percent];
    let sound = sum(weights) == hundred() && weights.iter().all(|weight| *weight >= Amount::ZERO);
    if !sound || !(1..=4).contains(&rules.year.least_quarters) {
        faults.push(Fault::Year);
    }
    let weights = rules.year.metric_weights.iter().filter(|(_, weight)| **weight <= Amount::ZERO);
    faults.extend(weights.map(|(metric, _)| Fault::MetricWeight { metric: metric.clone() }));
    let given = rules.year.metric_weights.len();
    if given > METRICS_MAX {
        faults.push(Fault::MetricWeights { given });
    }
    let calendar = || rules.calendar.off.iter().chain(&rules.calendar.worked);
    if repeats(calendar()) || calendar().count() > CALENDAR_MAX {
        faults.push(Fault::Calendar);
    }
    faults
}

fn hundred() -> Amount {
    Amount::new(rust_decimal::Decimal::ONE_HUNDRED).expect("100 is an amount")
}

fn within_hundred(amount: Amount) -> bool {
    (Amount::ZERO..=hundred()).contains(&amount)
}

/// The sum; nothing that is an amount stands for one beyond its range, which is no 100 either.
fn sum(amounts: impl IntoIterator<Item = Amount>) -> Amount {
    let sum: rust_decimal::Decimal = amounts.into_iter().map(Amount::decimal).sum();
    Amount::new(sum).unwrap_or(Amount::ZERO)
}

/// From at most 100 down, no two alike.
fn falling(values: &[Amount]) -> bool {
    values.first().is_some_and(|first| *first <= hundred()) && values.is_sorted_by(|one, next| one > next)
}

fn repeats<T: Ord>(values: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    values.into_iter().any(|value| !seen.insert(value))
}
