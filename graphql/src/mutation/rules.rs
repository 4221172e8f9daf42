//! Rules of evaluation 评议规则: adopted for the whole organisation, in versions.

use std::collections::BTreeMap;

use async_graphql::{InputObject, MaybeUndefined};
use domain::amount::Amount;
use domain::branch::BranchCommand;
use domain::round::{
    Band, Calendar, Cap, Dimension, GradeRule, GroupRule, Rules as RuleSet, TalkRule, Turnout, YearRule,
};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt};
use crate::input;
use crate::policy::Action::ShapeOrganisation;
use crate::refusal::Refusal;
use crate::scalar::{Date, Decimal};
use crate::words::{GapRule, ReviewGroup, RulesPreset, TieRule};

mutations! {
    /// Rules of evaluation.
    RuleAdoption {
        /// Adopts rules of evaluation as the organisation's next version 发布评议规则. Rounds that are open keep theirs. A
        /// set that cannot make a score is refused with all its faults at once.
        adopt_rules(AdoptRulesInput);
    }
}

/// One group of reviewers.
#[derive(Debug, Clone, InputObject)]
pub struct GroupRuleInput {
    /// Which.
    pub group: ReviewGroup,
    /// Its weight in percent; all together make 100.
    pub weight_percent: Decimal,
    /// What it is asked, each code once.
    pub dimensions: Vec<DimensionInput>,
}

/// One question 维度.
#[derive(Debug, Clone, InputObject)]
pub struct DimensionInput {
    /// Its code: small letters, digits, underscores.
    pub code: String,
    /// How it is asked, at most 120 characters.
    pub title: String,
    /// Its weight among those of the group; 1 where it is left out.
    pub weight: Option<Decimal>,
}

/// A grade on a ballot 等次.
#[derive(Debug, Clone, InputObject)]
pub struct GradeRuleInput {
    /// Its code.
    pub grade: String,
    /// What stands on the ballot, at most 120 characters.
    pub title: String,
    /// What it is worth, 0 to 100.
    pub points: Decimal,
}

/// From which score on a grade is proposed.
#[derive(Debug, Clone, InputObject)]
pub struct BandInput {
    /// The grade, one of the scale's.
    pub grade: String,
    /// The least score, 0 to 100.
    pub from: Decimal,
}

/// When a group is valid: taken part ÷ eligible is more than the share.
#[derive(Debug, Clone, InputObject)]
pub struct TurnoutInput {
    /// The share's numerator.
    pub numerator: i64,
    /// Its denominator.
    pub denominator: i64,
    /// Whether the share itself is enough.
    pub or_equal: bool,
}

/// How many may have the best grade: ⌊formal members of the branch × share⌋.
#[derive(Debug, Clone, InputObject)]
pub struct CapInput {
    /// The grade: that of the best band.
    pub grade: String,
    /// The share's numerator.
    pub numerator: i64,
    /// Its denominator.
    pub denominator: i64,
}

/// When a reminder talk 提醒谈话 is proposed.
#[derive(Debug, Clone, InputObject)]
pub struct TalkRuleInput {
    /// For a score under this.
    pub below: Decimal,
    /// For the last part twice in a row, one in so many; not at all where it is left out.
    pub last_one_in: Option<i64>,
    /// How many must be ranked for that.
    pub least_ranked: i64,
    /// Days until a talk is followed up.
    pub follow_up_days: i64,
}

/// How quarters and comparisons make a year.
#[derive(Debug, Clone, InputObject)]
pub struct YearRuleInput {
    /// The weight of the reviews: the mean of the quarters.
    pub reviews_percent: Decimal,
    /// The weight of the comparisons: the mean of plan completions, each at most 100.
    pub comparisons_percent: Decimal,
    /// How many quarters must have a score, 1 to 4.
    pub least_quarters: i64,
    /// What metrics weigh among the comparisons; 1 where one is not named.
    #[graphql(default)]
    pub metric_weights: Vec<MetricWeightInput>,
}

/// What a metric weighs.
#[derive(Debug, Clone, InputObject)]
pub struct MetricWeightInput {
    /// The code of the metric.
    pub metric: String,
    /// Its weight, above 0.
    pub weight: Decimal,
}

/// Working days 工作日: Monday to Friday, but for these.
#[derive(Debug, Clone, InputObject)]
pub struct CalendarInput {
    /// Days off.
    #[graphql(default)]
    pub off: Vec<Date>,
    /// Weekend days that are worked 调休.
    #[graphql(default)]
    pub worked: Vec<Date>,
}

inputs! {
    /// Rules of evaluation: a preset, and each rule that is another than the preset's. The preset alone is the preset as it
    /// is, with Monday to Friday as working days.
    AdoptRulesInput {
        /// The rules to begin with.
        preset: RulesPreset,
        /// Who reviews, with what weight and about what.
        groups: Option<Vec<GroupRuleInput>>,
        /// The grades of a ballot and their points, best first.
        scale: Option<Vec<GradeRuleInput>>,
        /// From which score on a grade is proposed, best first; the last one from 0.
        bands: Option<Vec<BandInput>>,
        /// When a group is valid.
        turnout: Option<TurnoutInput>,
        /// Whether a ballot that holds nothing at all counts as having taken part; one that says "do not know" always does.
        blank_takes_part: Option<bool>,
        /// What becomes of a score that lacks a group.
        gap: Option<GapRule>,
        /// From how many valid answers on the highest and the lowest are left out; null: never.
        trim_from: MaybeUndefined<i64>,
        /// What parts those with one score, in this order; what is left shares a rank.
        ties: Option<Vec<TieRule>>,
        /// How many may have the best grade, in yearly rounds; null: any number.
        cap: MaybeUndefined<CapInput>,
        /// The anonymity threshold k: valid answers per question of a secret group, never under 3.
        threshold: Option<i64>,
        /// Whether everybody reviews themselves; it is shown and weighs nothing.
        self_review: Option<bool>,
        /// Working days of the publicity 公示.
        publicity_days: Option<i64>,
        /// Working days in which an appeal may be filed 申诉.
        appeal_days: Option<i64>,
        /// Working days in which it is to be answered.
        answer_days: Option<i64>,
        /// When a reminder talk is proposed.
        talks: Option<TalkRuleInput>,
        /// How quarters make a year.
        year: Option<YearRuleInput>,
        /// Which days are working days.
        calendar: Option<CalendarInput>,
    }
}

impl Ask for AdoptRulesInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let organisation = door.organisation(ShapeOrganisation).await?;
        Ok(organisation.asks(BranchCommand::AdoptRules(Box::new(self.read()?))))
    }
}

/// What was given, read; else what the preset has.
fn given<T, U>(given: Option<T>, read: impl FnOnce(T) -> Result<U, Refusal>, of_preset: U) -> Result<U, Refusal> {
    given.map_or(Ok(of_preset), read)
}

fn every<T, U>(read: impl Fn(T) -> Result<U, Refusal>) -> impl Fn(Vec<T>) -> Result<Vec<U>, Refusal> {
    move |given| given.into_iter().map(&read).collect()
}

/// What was given or taken away; else what the preset has.
fn given_or_none<T, U>(
    given: MaybeUndefined<T>,
    read: impl FnOnce(T) -> Result<U, Refusal>,
    of_preset: Option<U>,
) -> Result<Option<U>, Refusal> {
    match given {
        MaybeUndefined::Undefined => Ok(of_preset),
        MaybeUndefined::Null => Ok(None),
        MaybeUndefined::Value(given) => read(given).map(Some),
    }
}

fn days(field: &'static str) -> impl FnOnce(i64) -> Result<u32, Refusal> {
    move |given| input::count(field, given)
}

impl AdoptRulesInput {
    fn read(self) -> Result<RuleSet, Refusal> {
        let preset = domain::round::Preset::from(self.preset).rules();
        let ties = |given: Vec<TieRule>| Ok(given.into_iter().map(Into::into).collect());
        Ok(RuleSet {
            groups: given(self.groups, every(GroupRuleInput::read), preset.groups)?,
            scale: given(self.scale, every(GradeRuleInput::read), preset.scale)?,
            bands: given(self.bands, every(BandInput::read), preset.bands)?,
            turnout: given(self.turnout, |given| given.read(), preset.turnout)?,
            blank_takes_part: self.blank_takes_part.unwrap_or(preset.blank_takes_part),
            gap: self.gap.map_or(preset.gap, Into::into),
            trim_from: given_or_none(self.trim_from, days("trimFrom"), preset.trim_from)?,
            ties: given(self.ties, ties, preset.ties)?,
            cap: given_or_none(self.cap, CapInput::read, preset.cap)?,
            threshold: given(self.threshold, days("threshold"), preset.threshold)?,
            self_review: self.self_review.unwrap_or(preset.self_review),
            publicity_days: given(self.publicity_days, days("publicityDays"), preset.publicity_days)?,
            appeal_days: given(self.appeal_days, days("appealDays"), preset.appeal_days)?,
            answer_days: given(self.answer_days, days("answerDays"), preset.answer_days)?,
            talks: given(self.talks, |given| given.read(), preset.talks)?,
            year: given(self.year, YearRuleInput::read, preset.year)?,
            calendar: given(self.calendar, |given| given.read(), preset.calendar)?,
        })
    }
}

impl GroupRuleInput {
    fn read(self) -> Result<GroupRule, Refusal> {
        let dimensions = every(DimensionInput::read)(self.dimensions)?;
        Ok(GroupRule { group: self.group.into(), weight_percent: self.weight_percent.amount()?, dimensions })
    }
}

impl DimensionInput {
    fn read(self) -> Result<Dimension, Refusal> {
        let weight = self.weight.as_ref().map_or(Ok(Amount::ONE), Decimal::amount)?;
        Ok(Dimension { code: input::metric(&self.code)?, title: input::title("title", &self.title)?, weight })
    }
}

impl GradeRuleInput {
    fn read(self) -> Result<GradeRule, Refusal> {
        let (grade, title) = (input::metric(&self.grade)?, input::title("title", &self.title)?);
        Ok(GradeRule { grade, title, points: self.points.amount()? })
    }
}

impl BandInput {
    fn read(self) -> Result<Band, Refusal> {
        Ok(Band { grade: input::metric(&self.grade)?, from: self.from.amount()? })
    }
}

impl TurnoutInput {
    fn read(&self) -> Result<Turnout, Refusal> {
        Ok(Turnout {
            numerator: input::count("numerator", self.numerator)?,
            denominator: input::count("denominator", self.denominator)?,
            or_equal: self.or_equal,
        })
    }
}

impl CapInput {
    fn read(self) -> Result<Cap, Refusal> {
        Ok(Cap {
            grade: input::metric(&self.grade)?,
            numerator: input::count("numerator", self.numerator)?,
            denominator: input::count("denominator", self.denominator)?,
        })
    }
}

impl TalkRuleInput {
    fn read(&self) -> Result<TalkRule, Refusal> {
        Ok(TalkRule {
            below: self.below.amount()?,
            last_one_in: self.last_one_in.map(|given| input::count("lastOneIn", given)).transpose()?,
            least_ranked: input::count("leastRanked", self.least_ranked)?,
            follow_up_days: input::count("followUpDays", self.follow_up_days)?,
        })
    }
}

impl YearRuleInput {
    fn read(self) -> Result<YearRule, Refusal> {
        let weight = |of: MetricWeightInput| Ok((input::metric(&of.metric)?, of.weight.amount()?));
        let metric_weights: BTreeMap<_, _> =
            input::each_once("metricWeights", self.metric_weights.into_iter().map(weight))?;
        Ok(YearRule {
            reviews_percent: self.reviews_percent.amount()?,
            comparisons_percent: self.comparisons_percent.amount()?,
            least_quarters: input::count("leastQuarters", self.least_quarters)?,
            metric_weights,
        })
    }
}

impl CalendarInput {
    fn read(&self) -> Result<Calendar, Refusal> {
        let read = |field: &str, days: &[Date]| days.iter().map(|day| day.read(field)).collect::<Result<_, _>>();
        Ok(Calendar { off: read("off", &self.off)?, worked: read("worked", &self.worked)? })
    }
}
