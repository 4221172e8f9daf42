//! The arithmetic of a result line by line 计算步骤, so that a person with a pocket calculator arrives at the same number.
//!
//! # Rules
//! - A number is written as a decimal where that ends, else as a fraction; nothing is rounded but the score, by name.
//! - Each line is read from left to right with multiplication and division first.
//!
//! # Invariant
//! The lines say what stands in the result; they compute nothing of their own but the sums they show.
//!
//! # Not here
//! The score itself (domain); who may read it (graphql).

mod answers;
mod year;

use domain::amount::Amount;
use domain::round::fraction::Fraction;
use domain::round::{Basis, Code, Gap, GapRule, Group, GroupResult, MemberResult, Rules};

/// A line of the arithmetic.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The group it is about, if one.
    pub group: Option<Group>,
    /// The dimension it is about, if one.
    pub dimension: Option<Code>,
    /// What comes out, exactly; nothing where that is no number.
    pub value: Option<Fraction>,
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Step {
    fn line(value: Option<&Fraction>, en: String, zh: String) -> Self {
        Self { group: None, dimension: None, value: value.cloned(), en, zh }
    }

    fn of(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }
}

/// The lines that lead to a result under the rules of its round.
#[must_use]
pub fn steps(rules: &Rules, result: &MemberResult) -> Vec<Step> {
    let mut steps = match &result.basis {
        Basis::Reviews { groups } => {
            let of_groups = groups.iter().flat_map(|group| answers::steps(rules, group));
            of_groups.chain([total(rules, groups, result)]).collect()
        }
        Basis::Year { .. } => year::steps(&rules.year, result),
    };
    steps.extend(grade(rules, result));
    steps
}

/// The groups, each by its weight, and the one rounding.
fn total(rules: &Rules, groups: &[GroupResult], result: &MemberResult) -> Step {
    let missing = groups.iter().find(|group| group.score.is_none());
    match (missing, rules.gap) {
        (Some(group), GapRule::Incomplete) => {
            let en = format!("score: incomplete, since the group {} has none", group.group);
            let zh = format!("总分:不完整,因{:#}评议无得分", group.group);
            Step::line(None, en, zh)
        }
        (Some(_), GapRule::Renormalise) | (None, _) => {
            let scored = groups.iter().filter_map(|group| Some((group.weight_percent, group.score.as_ref()?)));
            rounded(&scored.collect::<Vec<_>>(), result)
        }
    }
}

/// The weighted mean that makes the score, with its rounding.
fn rounded(parts: &[(Amount, &Fraction)], result: &MemberResult) -> Step {
    let (Some(exact), Some(score)) = (&result.exact, result.score) else {
        return Step::line(None, "score: incomplete".to_owned(), "总分:不完整".to_owned());
    };
    let sum = weighed(parts);
    match Fraction::from(score) == *exact {
        true => Step::line(Some(exact), format!("score: {sum} = {score}"), format!("总分:{sum} = {score}")),
        false => {
            let shown = exact.by_hand();
            let en = format!("score: {sum} = {shown}, rounded to two places, half away from zero: {score}");
            let zh = format!("总分:{sum} = {shown},保留两位小数(四舍五入):{score}");
            Step::line(Some(exact), en, zh)
        }
    }
}

/// The grade that the score proposes.
fn grade(rules: &Rules, result: &MemberResult) -> Option<Step> {
    let score = result.score?;
    let band = rules.bands.iter().find(|band| score >= band.from).or(rules.bands.last())?;
    let (from, proposed) = (band.from, &band.grade);
    let title = |grade: &Code| {
        let known = rules.scale.iter().find(|rule| rule.grade == *grade);
        known.map_or_else(|| grade.to_string(), |rule| rule.title.to_string())
    };
    let (en, zh) = match score >= from {
        true => (format!("{score} is at least {from}"), format!("{score} 不低于 {from}")),
        false => (format!("{score} is below {from}"), format!("{score} 低于 {from}")),
    };
    let (en, zh) = (format!("grade: {en}, which proposes {proposed}"), format!("等次:{zh},建议{}", title(proposed)));
    Some(match &result.proposed {
        Some(capped) if capped != proposed => {
            let en = format!("{en}; beyond the places for that grade, so {capped}");
            Step::line(None, en, format!("{zh};该等次名额已满,建议{}", title(capped)))
        }
        None if result.border_tie => {
            let en = format!("{en}; tied across the border of the places for that grade, which the committee decides");
            Step::line(None, en, format!("{zh};同分跨越名额界限,由评议领导小组审定"))
        }
        Some(_) | None => Step::line(None, en, zh),
    })
}

/// `(40 × 87.5 + 30 × 90) ÷ 70`; without the weights where they are equal: `(95 + 94) ÷ 2`.
fn weighed(parts: &[(Amount, &Fraction)]) -> String {
    let equal = parts.windows(2).all(|pair| pair[0].0 == pair[1].0);
    match equal {
        true => divided(parts.iter().map(|(_, value)| value.by_hand()), &parts.len().to_string()),
        false => by_weight(parts),
    }
}

/// The same with the weights in any case.
fn by_weight(parts: &[(Amount, &Fraction)]) -> String {
    let weights = parts.iter().fold(Fraction::zero(), |sum, (weight, _)| sum.plus(&(*weight).into()));
    divided(parts.iter().map(|(weight, value)| format!("{weight} × {}", value.by_hand())), &weights.by_hand())
}

/// A sum of terms over a divisor.
fn divided(terms: impl IntoIterator<Item = String>, divisor: &str) -> String {
    let terms: Vec<String> = terms.into_iter().collect();
    match terms.as_slice() {
        [term] => format!("{term} ÷ {divisor}"),
        terms => format!("({}) ÷ {divisor}", terms.join(" + ")),
    }
}

/// Why a group has no score, in English and in Chinese.
#[must_use]
pub fn why(gap: Gap) -> (&'static str, &'static str) {
    match gap {
        Gap::NoAnswer => ("nobody gave a valid answer to every question", "并非每个维度都有有效评价"),
        Gap::Turnout => ("too few took part", "参评人数不足"),
        Gap::Surplus => ("more ballots came back than were issued", "收回票数多于发出票数"),
        Gap::BelowThreshold => {
            ("a question has fewer valid answers than the anonymity threshold", "有维度的有效评价少于匿名门槛")
        }
    }
}
