//! How a result came about 结果说明: down to counts, weights and every line of the arithmetic.
//!
//! # Invariant
//! What is shown is what stands in the result; a group that does not count for a person shows none of its answers.

use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use domain::round as model;
use projections::explanation::{self, why};

use super::super::figure::Period;
use super::super::subject::Subject;
use super::rules::{Rules, plain};
use crate::fault::Result;
use crate::page::weight;
use crate::policy::Resource;
use crate::ports::Moment;
use crate::scalar::Decimal;
use crate::session::Session;
use crate::words::{Exactness, ReviewGap, ReviewGroup};

/// How a result came about 结果说明, its viewer checked.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The rules it was made under.
    pub rules: Arc<model::Rules>,
    /// Their version.
    pub rules_version: i64,
    /// The result.
    pub result: Arc<model::MemberResult>,
    /// Whose it is.
    pub about: Resource,
    /// The moment it is as of.
    pub at: Moment,
}

/// A score as it is stated: two places.
#[must_use]
pub fn score(score: domain::amount::Amount) -> Decimal {
    Decimal::with_places(score.decimal(), 2)
}

/// A line of the arithmetic 计算步骤.
#[derive(Debug, Clone, SimpleObject)]
pub struct Step {
    /// The group it is about; null where it is about none.
    group: Option<ReviewGroup>,
    /// The code of the dimension it is about; null where it is about none.
    dimension: Option<String>,
    /// What comes out, as an exact fraction such as `553/6`; null where that is no number.
    value: Option<String>,
    /// The line in English.
    text: String,
    /// The line in Chinese.
    text_zh: String,
}

impl From<explanation::Step> for Step {
    fn from(step: explanation::Step) -> Self {
        Self {
            group: step.group.map(Into::into),
            dimension: step.dimension.map(|code| code.to_string()),
            value: step.value.map(|value| value.to_string()),
            text: step.en,
            text_zh: step.zh,
        }
    }
}

/// What one group makes of a person.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupExplanation {
    /// Which.
    group: ReviewGroup,
    /// Its weight in percent.
    weight_percent: Decimal,
    /// The group's score as an exact fraction; null where it has none.
    score: Option<String>,
    /// Why it has none; null where it has one.
    gap: Option<ReviewGap>,
    /// The same in words.
    gap_text: Option<&'static str>,
    /// The same in Chinese.
    gap_text_zh: Option<&'static str>,
    /// The dimensions; none where the group does not count.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    dimensions: Vec<DimensionExplanation>,
}

/// What one group makes of a person in one dimension.
#[derive(Debug, Clone, SimpleObject)]
pub struct DimensionExplanation {
    /// Its code.
    code: String,
    /// How it is asked.
    title: String,
    /// Its weight among those of the group.
    weight: Decimal,
    /// How many valid answers.
    valid: u64,
    /// How many ballots gave each grade, best first; none of the leaders, who mark.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    grades: Vec<GradeCount>,
    /// How many ballots said they do not know 不了解.
    unknown: u32,
    /// How many ballots are over-marked or unreadable 废票.
    invalid: u32,
    /// The leaders' marks; none of the secret groups.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    marks: Vec<LeaderMark>,
    /// Whether one highest and one lowest were left out.
    trimmed: bool,
    /// The mean as an exact fraction.
    mean: String,
}

/// How many ballots gave a grade.
#[derive(Debug, Clone, SimpleObject)]
pub struct GradeCount {
    /// The grade's code.
    grade: String,
    /// What stands on the ballot.
    title: String,
    /// What it is worth.
    points: Decimal,
    /// How many gave it.
    count: u32,
}

/// How many ballots gave each grade of the scale, best first.
#[must_use]
pub fn grade_counts(rules: &model::Rules, count: &model::Count) -> Vec<GradeCount> {
    let grade = |rule: &model::GradeRule| {
        let (grade, title, points) = (rule.grade.to_string(), rule.title.to_string(), plain(rule.points));
        GradeCount { grade, title, points, count: count.grades.get(&rule.grade).copied().unwrap_or_default() }
    };
    rules.scale.iter().map(grade).collect()
}

/// A leader's mark.
#[derive(Debug, Clone, SimpleObject)]
pub struct LeaderMark {
    /// The leader.
    leader: Subject,
    /// The mark, 0 to 100.
    mark: Decimal,
}

/// What makes a year's score.
#[derive(Debug, Clone, SimpleObject)]
pub struct YearExplanation {
    /// The quarters, in order.
    #[graphql(complexity = "weight(Some(5), child_complexity)")]
    quarters: Vec<QuarterScore>,
    /// Their mean as an exact fraction; null where too few have a score.
    reviews: Option<String>,
    /// The metrics with a plan.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    comparisons: Vec<MetricComparison>,
    /// Their mean as an exact fraction; null where there is none.
    performance: Option<String>,
}

/// A quarter of a year's result; of who was moved within it, one for each branch.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuarterScore {
    /// The quarter.
    quarter: Period,
    /// The round whose score it is.
    round: Subject,
    /// The published score.
    score: Decimal,
    /// The days of the quarter in the branch of that round.
    days: u32,
}

/// A metric with a plan for the year.
#[derive(Debug, Clone, SimpleObject)]
pub struct MetricComparison {
    /// The metric's code.
    metric: String,
    /// The plan.
    plan: Decimal,
    /// The actual as an exact fraction.
    actual: String,
    /// What it weighs among the others.
    weight: Decimal,
    /// Plan completion in percent as an exact fraction, before the cap of 100.
    completion: String,
    /// Whether actual and completion are exact, or at least that.
    exactness: Exactness,
}

/// How a result came about 结果说明.
#[Object]
impl Explanation {
    /// The score: two places, rounded once, half away from zero; null where it is incomplete, never 0 for that.
    async fn score(&self) -> Option<Decimal> {
        self.result.score.map(score)
    }

    /// Whether the score is exact, or at least that, as a comparison of the year was reported as a lower bound.
    async fn exactness(&self) -> Exactness {
        self.result.exactness().into()
    }

    /// The score before the rounding, as an exact fraction such as `1793/20`.
    async fn exact(&self) -> Option<String> {
        self.result.exact.as_ref().map(ToString::to_string)
    }

    /// The code of the grade that the score proposes; null where incomplete, or tied across the border of the cap.
    async fn proposed(&self) -> Option<String> {
        self.result.proposed.as_ref().map(ToString::to_string)
    }

    /// Whether a tie across the border of the cap was left to the committee.
    async fn border_tie(&self) -> bool {
        self.result.border_tie
    }

    /// The code of the grade that the committee decided.
    async fn grade(&self) -> Option<String> {
        self.result.grade.as_ref().map(ToString::to_string)
    }

    /// What the decided grade is called.
    async fn grade_title(&self) -> Option<String> {
        let grade = self.result.grade.as_ref()?;
        self.rules.scale.iter().find(|rule| rule.grade == *grade).map(|rule| rule.title.to_string())
    }

    /// Why the decided grade differs from the proposed one; free text, null where your roles do not reach.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.result.reason.as_ref(), self.about).await
    }

    /// The groups, in the order of the rules; none in a yearly round.
    #[graphql(complexity = "weight(Some(3), child_complexity)")]
    async fn groups(&self) -> Vec<GroupExplanation> {
        match &self.result.basis {
            model::Basis::Reviews { groups } => groups.iter().map(|group| self.group(group)).collect(),
            model::Basis::Year { .. } => vec![],
        }
    }

    /// The quarters and comparisons; null in a quarterly round.
    async fn year(&self) -> Option<YearExplanation> {
        let model::Basis::Year { quarters, reviews, comparisons, performance } = &self.result.basis else {
            return None;
        };
        let shown = |fraction: &Option<model::fraction::Fraction>| fraction.as_ref().map(ToString::to_string);
        Some(YearExplanation {
            quarters: quarters.iter().map(|quarter| self.quarter(quarter)).collect(),
            reviews: shown(reviews),
            comparisons: comparisons.iter().map(MetricComparison::from).collect(),
            performance: shown(performance),
        })
    }

    /// The arithmetic line by line, so that a pocket calculator arrives at the same number 计算步骤.
    #[graphql(complexity = "weight(Some(20), child_complexity)")]
    async fn steps(&self) -> Vec<Step> {
        explanation::steps(&self.rules, &self.result).into_iter().map(Step::from).collect()
    }

    /// The version of the organisation's rules it was made under.
    async fn rules_version(&self) -> i64 {
        self.rules_version
    }

    /// Those rules, all of them.
    async fn rules(&self) -> Rules {
        (&*self.rules).into()
    }
}

impl Explanation {
    fn group(&self, result: &model::GroupResult) -> GroupExplanation {
        let why = result.gap.map(why);
        GroupExplanation {
            group: result.group.into(),
            weight_percent: plain(result.weight_percent),
            score: result.score.as_ref().map(ToString::to_string),
            gap: result.gap.map(Into::into),
            gap_text: why.map(|(text, _)| text),
            gap_text_zh: why.map(|(_, text)| text),
            dimensions: result.dimensions.iter().map(|dimension| self.dimension(result.group, dimension)).collect(),
        }
    }

    fn dimension(&self, group: model::Group, result: &model::DimensionResult) -> DimensionExplanation {
        let asked = self.rules.group(group).into_iter().flat_map(|rule| &rule.dimensions);
        let asked = asked.into_iter().find(|asked| asked.code == result.dimension);
        let count = result.count.clone().unwrap_or_default();
        let mark = |(leader, mark): (&domain::id::MemberId, &domain::amount::Amount)| LeaderMark {
            leader: Subject::of_member(*leader, self.at),
            mark: plain(*mark),
        };
        DimensionExplanation {
            code: result.dimension.to_string(),
            title: asked.map_or_else(|| result.dimension.to_string(), |asked| asked.title.to_string()),
            weight: plain(result.weight),
            valid: count.valid() + result.marks.len() as u64,
            grades: result.count.iter().flat_map(|count| grade_counts(&self.rules, count)).collect(),
            unknown: count.unknown,
            invalid: count.invalid,
            marks: result.marks.iter().map(mark).collect(),
            trimmed: result.trimmed,
            mean: result.mean.to_string(),
        }
    }

    fn quarter(&self, result: &model::QuarterResult) -> QuarterScore {
        let (round, score) = (Subject::of_round(result.round, self.at), score(result.score));
        QuarterScore { quarter: result.quarter.into(), round, score, days: result.days }
    }
}

impl From<&model::Comparison> for MetricComparison {
    fn from(of: &model::Comparison) -> Self {
        let (actual, completion) = (of.actual.to_string(), of.completion.to_string());
        let (plan, weight, exactness) = (plain(of.plan), plain(of.weight), of.exactness.into());
        Self { metric: of.metric.to_string(), plan, actual, weight, completion, exactness }
    }
}
