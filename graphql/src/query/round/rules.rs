//! Rules of evaluation 评议规则, all of them, and the organisation's versions.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::BranchId;
use domain::round as model;
use projections::rule_sets::{RuleSetKey, RuleSetRow};

use super::super::filter::all_of;
use super::super::lineage::Opened;
use super::super::subject::Subject;
use super::super::trail::Event;
use super::preset::RulePreset;
use crate::fault::Result;
use crate::global::Global;
use crate::input::AsOf;
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::{Date, DateTime, Decimal, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::{GapRule, ReviewGroup, TieRule};

/// The rules of a round 评议规则.
#[derive(Debug, Clone, SimpleObject)]
pub struct Rules {
    /// Who reviews, with what weight and about what.
    groups: Vec<GroupRule>,
    /// The grades of a ballot and their points, best first.
    scale: Vec<GradeRule>,
    /// From which score on a grade is proposed, best first.
    bands: Vec<Band>,
    /// When a group is valid.
    turnout: TurnoutRule,
    /// Whether a ballot that holds nothing at all counts as having taken part; one that says "do not know" always does.
    blank_takes_part: bool,
    /// What becomes of a score that lacks a group.
    gap: GapRule,
    /// From how many valid answers on the highest and the lowest are left out; null where none are.
    trim_from: Option<u32>,
    /// What parts those with one score, in this order; what is left shares a rank.
    ties: Vec<TieRule>,
    /// How many of a branch may have the best grade, in yearly rounds; null where any may.
    cap: Option<CapRule>,
    /// The anonymity threshold k: valid answers per question of a secret group.
    threshold: u32,
    /// Whether everybody reviews themselves; it is shown and weighs nothing.
    self_review: bool,
    /// Working days of the publicity 公示.
    publicity_days: u32,
    /// Working days in which an appeal may be filed 申诉.
    appeal_days: u32,
    /// Working days in which it is to be answered.
    answer_days: u32,
    /// When a reminder talk is proposed.
    talks: TalkRule,
    /// How quarters make a year.
    year: YearRule,
    /// Which days are working days.
    calendar: Calendar,
}

/// One group of reviewers.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupRule {
    /// Which.
    group: ReviewGroup,
    /// Its weight in percent; all together make 100.
    weight_percent: Decimal,
    /// What it is asked.
    dimensions: Vec<Dimension>,
}

/// One question 评议维度.
#[derive(Debug, Clone, SimpleObject)]
pub struct Dimension {
    /// Its code, unique in the group.
    code: String,
    /// How it is asked.
    title: String,
    /// Its weight among those of the group.
    weight: Decimal,
}

/// A grade on a ballot 等次.
#[derive(Debug, Clone, SimpleObject)]
pub struct GradeRule {
    /// Its code.
    grade: String,
    /// What stands on the ballot.
    title: String,
    /// What it is worth, 0 to 100.
    points: Decimal,
}

/// From which score on a grade is proposed.
#[derive(Debug, Clone, SimpleObject)]
pub struct Band {
    /// The grade.
    grade: String,
    /// The least score.
    from: Decimal,
}

/// When a group is valid: taken part ÷ eligible is more than the share, or also when it is just that.
#[derive(Debug, Clone, SimpleObject)]
pub struct TurnoutRule {
    /// The share's numerator.
    numerator: u32,
    /// Its denominator.
    denominator: u32,
    /// Whether the share itself is enough.
    or_equal: bool,
}

/// How many may have a grade: ⌊formal members of the branch × share⌋.
#[derive(Debug, Clone, SimpleObject)]
pub struct CapRule {
    /// The grade.
    grade: String,
    /// The share's numerator.
    numerator: u32,
    /// Its denominator.
    denominator: u32,
}

/// When a reminder talk 提醒谈话 is proposed.
#[derive(Debug, Clone, SimpleObject)]
pub struct TalkRule {
    /// For a score under this.
    below: Decimal,
    /// For the last part, twice in a row: one in so many; null where that is no cause.
    last_one_in: Option<u32>,
    /// How many must be ranked for that.
    least_ranked: u32,
    /// Days until a talk is followed up.
    follow_up_days: u32,
}

/// How quarters and comparisons make a year.
#[derive(Debug, Clone, SimpleObject)]
pub struct YearRule {
    /// The weight of the reviews: the mean of the quarters.
    reviews_percent: Decimal,
    /// The weight of the comparisons: the mean of plan completions, each at most 100.
    comparisons_percent: Decimal,
    /// How many quarters must have a score.
    least_quarters: u32,
    /// What metrics weigh among the comparisons, where that is not 1.
    metric_weights: Vec<MetricWeight>,
}

/// What a metric weighs.
#[derive(Debug, Clone, SimpleObject)]
pub struct MetricWeight {
    /// The metric's code.
    metric: String,
    /// Its weight.
    weight: Decimal,
}

/// Working days 工作日: Monday to Friday, but for these.
#[derive(Debug, Clone, SimpleObject)]
pub struct Calendar {
    /// Days off 放假.
    off: Vec<Date>,
    /// Weekend days that are worked 调休上班.
    worked: Vec<Date>,
}

/// A number as it stands in the rules.
pub fn plain(amount: domain::amount::Amount) -> Decimal {
    Decimal::with_places(amount.decimal(), 0)
}

impl From<&model::Rules> for Rules {
    fn from(rules: &model::Rules) -> Self {
        let grade = |rule: &model::GradeRule| {
            let (grade, title, points) = (rule.grade.to_string(), rule.title.to_string(), plain(rule.points));
            GradeRule { grade, title, points }
        };
        let turnout = rules.turnout;
        let (numerator, denominator, or_equal) = (turnout.numerator, turnout.denominator, turnout.or_equal);
        Self {
            groups: rules.groups.iter().map(GroupRule::from).collect(),
            scale: rules.scale.iter().map(grade).collect(),
            bands: rules
                .bands
                .iter()
                .map(|band| Band { grade: band.grade.to_string(), from: plain(band.from) })
                .collect(),
            turnout: TurnoutRule { numerator, denominator, or_equal },
            blank_takes_part: rules.blank_takes_part,
            gap: rules.gap.into(),
            trim_from: rules.trim_from,
            ties: rules.ties.iter().copied().map(TieRule::from).collect(),
            cap: rules.cap.as_ref().map(CapRule::from),
            threshold: rules.threshold,
            self_review: rules.self_review,
            publicity_days: rules.publicity_days,
            appeal_days: rules.appeal_days,
            answer_days: rules.answer_days,
            talks: rules.talks.into(),
            year: (&rules.year).into(),
            calendar: (&rules.calendar).into(),
        }
    }
}

impl From<&model::GroupRule> for GroupRule {
    fn from(rule: &model::GroupRule) -> Self {
        let dimension = |of: &model::Dimension| {
            let (code, title, weight) = (of.code.to_string(), of.title.to_string(), plain(of.weight));
            Dimension { code, title, weight }
        };
        let dimensions = rule.dimensions.iter().map(dimension).collect();
        Self { group: rule.group.into(), weight_percent: plain(rule.weight_percent), dimensions }
    }
}

impl From<&model::Cap> for CapRule {
    fn from(cap: &model::Cap) -> Self {
        Self { grade: cap.grade.to_string(), numerator: cap.numerator, denominator: cap.denominator }
    }
}

impl From<model::TalkRule> for TalkRule {
    fn from(rule: model::TalkRule) -> Self {
        let model::TalkRule { below, last_one_in, least_ranked, follow_up_days } = rule;
        Self { below: plain(below), last_one_in, least_ranked, follow_up_days }
    }
}

impl From<&model::YearRule> for YearRule {
    fn from(rule: &model::YearRule) -> Self {
        let weight = |(metric, weight): (&model::Code, &domain::amount::Amount)| MetricWeight {
            metric: metric.to_string(),
            weight: plain(*weight),
        };
        Self {
            reviews_percent: plain(rule.reviews_percent),
            comparisons_percent: plain(rule.comparisons_percent),
            least_quarters: rule.least_quarters,
            metric_weights: rule.metric_weights.iter().map(weight).collect(),
        }
    }
}

impl From<&model::Calendar> for Calendar {
    fn from(calendar: &model::Calendar) -> Self {
        let dates = |days: &[jiff::civil::Date]| days.iter().copied().map(Date::from).collect();
        Self { off: dates(&calendar.off), worked: dates(&calendar.worked) }
    }
}

/// A version of the organisation's rules 评议规则版本.
#[derive(Debug, Clone)]
pub struct RuleSet {
    row: RuleSetRow,
    at: Moment,
}

impl RuleSet {
    /// A version as of a moment, where the viewer may see the rules.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, version: i64, at: Moment) -> Result<Option<Self>> {
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        Ok(rule_set(session, version, at).await?.map(|row| Self { row, at }))
    }
}

/// A version's row.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn rule_set(session: &Session, version: i64, at: Moment) -> Result<Option<RuleSetRow>> {
    session.row(&RuleSetKey { version }, at.position).await
}

/// A version's rules.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn rules_of(session: &Session, version: i64, at: Moment) -> Result<Option<Rules>> {
    Ok(rule_set(session, version, at).await?.map(|row| (&row.rules.0).into()))
}

/// The organisation's rules.
#[derive(Default)]
pub struct RulesQuery;

#[Object]
impl RulesQuery {
    /// A version of the organisation's rules 评议规则.
    #[graphql(complexity = "READ + child_complexity")]
    async fn rule_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version: 1, 2, 3 …")] version: i64,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<RuleSet>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        RuleSet::find(session, version, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// The versions of the organisation's rules 评议规则, the first one first.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn rule_sets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RuleSet>>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        Connection::select(session, &page, at.position, all_of([]), |row| RuleSet { row, at }).await.map(Some)
    }

    /// Rules to begin with 预设规则, each default with its basis.
    #[graphql(complexity = "READ + weight(Some(4), child_complexity)")]
    async fn rule_presets(&self, ctx: &Context<'_>) -> Result<Option<Vec<RulePreset>>> {
        Session::of(ctx).allow(Action::SeeMetrics, Resource::Organisation).await?;
        Ok(Some(RulePreset::all()))
    }
}

/// A version of the organisation's rules 评议规则版本.
#[Object]
impl RuleSet {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::of_branch(BranchId::root(), self.at), self.at).events(ctx, first, after).await
    }

    /// The id.
    pub(crate) async fn id(&self) -> ID {
        Global::RuleSet(self.row.version).id()
    }

    /// 1, 2, 3 …
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// The rules.
    async fn rules(&self) -> Rules {
        (&self.row.rules.0).into()
    }

    /// Who adopted them: an opaque id.
    async fn adopted_by(&self) -> &str {
        &self.row.adopted_by.0
    }

    /// When.
    async fn adopted_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.adopted_at)
    }

    /// The position at which they were adopted.
    async fn position(&self) -> Position {
        domain::stream::Position(u64::try_from(self.row.position).unwrap_or_default()).into()
    }
}
