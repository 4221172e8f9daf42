//! Results 业绩 and the figures made of them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::ledger::ROUND_SCORE;
use domain::stream::StreamId;
use domain::text::MetricCode;
use projections::results::ResultRow;
use projections::select::Condition;
use projections::standings::StandingRow;
use rust_decimal::Decimal as Number;

use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::metric::Metric;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::Result;
use crate::input::{self, PeriodInput};
use crate::page::{Connection, Page, weight};
use crate::ports::Moment;
use crate::scalar::{Date, Decimal};
use crate::session::Session;
use crate::words::{Exactness, Grain};

/// A year, a quarter or a month 期间, half-open in the organisation's zone.
#[derive(Debug, Clone, SimpleObject)]
pub struct Period {
    /// Written `2022`, `2022-Q3`, `2022-08`.
    text: String,
    /// Which kind of period.
    grain: Grain,
    /// The first day in it.
    first_day: Date,
    /// The first day after it.
    end_day: Date,
}

impl From<domain::period::Period> for Period {
    fn from(period: domain::period::Period) -> Self {
        let (first_day, end_day) = (period.first_day().into(), period.end_day().into());
        Self { text: period.to_string(), grain: period.grain().into(), first_day, end_day }
    }
}

/// Which results or figures; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ResultFilter {
    /// Only in the metric of this code.
    metric: Option<String>,
    /// Only for this period.
    period: Option<PeriodInput>,
}

fn conditions(subject: StreamId, filter: Option<ResultFilter>) -> Result<[Option<Condition>; 4]> {
    let filter = filter.unwrap_or_default();
    let metric = input::asked(filter.metric.as_deref().map(input::metric).transpose())?;
    let period = input::asked(filter.period.as_ref().map(PeriodInput::read).transpose())?;
    let (kind, id) = (equals("subject_kind", Some(subject.kind)), equals("subject", Some(subject.id)));
    Ok([kind, id, equals("metric", metric), equals("period", period)])
}

/// The results and plans of a subject, by metric and period. The policy was asked for the subject.
///
/// # Errors
/// `text.bad_code`, `time.not_a_period`, `page.*`, [`Fault::Read`].
pub async fn results_of(
    session: &Session,
    subject: StreamId,
    at: Moment,
    filter: Option<ResultFilter>,
    page: &Page,
) -> Result<Connection<MetricResult>> {
    let select = all_of(conditions(subject, filter)?);
    Connection::select(session, page, at.position, select, |row| MetricResult { row, at }).await
}

/// The figures of a subject, by metric and period. The policy was asked for the subject.
///
/// # Errors
/// `text.bad_code`, `time.not_a_period`, `page.*`, [`Fault::Read`].
pub async fn standings_of(
    session: &Session,
    subject: StreamId,
    at: Moment,
    filter: Option<ResultFilter>,
    page: &Page,
) -> Result<Connection<Standing>> {
    let select = all_of(conditions(subject, filter)?);
    Connection::select(session, page, at.position, select, |row| Standing { row, metric: None, at }).await
}

/// What a subject reported and planned in a metric for a period.
#[derive(Debug, Clone)]
pub struct MetricResult {
    row: ResultRow,
    at: Moment,
}

impl MetricResult {
    async fn shown(&self, ctx: &Context<'_>, amount: Option<domain::amount::Amount>) -> Result<Option<Decimal>> {
        shown(Session::of(ctx), &self.row.metric, amount.map(domain::amount::Amount::decimal), self.at).await
    }
}

async fn shown(session: &Session, metric: &MetricCode, number: Option<Number>, at: Moment) -> Result<Option<Decimal>> {
    let Some(number) = number else { return Ok(None) };
    if metric.as_str() == ROUND_SCORE {
        return Ok(Some(Decimal::with_places(number, 2)));
    }
    let metric = Metric::find(session, metric, at).await?;
    Ok(Some(metric.map_or_else(|| Decimal::with_places(number, 0), |metric| metric.number(number))))
}

/// What a subject reported and planned in a metric for a period, as it stands after corrections 业绩与目标.
#[Object]
impl MetricResult {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::new(self.row.subject_kind, self.row.subject, self.at), self.at)
            .events(ctx, first, after)
            .await
    }

    /// In which metric.
    async fn metric(&self, ctx: &Context<'_>) -> Result<Option<Metric>> {
        Metric::find(Session::of(ctx), &self.row.metric, self.at).await
    }

    /// For which period.
    async fn period(&self) -> Period {
        self.row.period.into()
    }

    /// The id of the standing result: the one that a correction names. Null where only a target was set, and
    /// after a withdrawal.
    async fn result(&self) -> Option<ID> {
        self.row.result.map(Into::into)
    }

    /// Its value in the metric's unit.
    async fn value(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.value).await
    }

    /// Counted or a lower bound.
    async fn exactness(&self) -> Option<Exactness> {
        self.row.exactness.map(Into::into)
    }

    /// The plan for exactly this period 计划, in the metric's unit.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.plan).await
    }

    /// The base of growth for exactly this period 基数, in the metric's unit.
    async fn base(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.base).await
    }

    /// How often the result was corrected 更正次数.
    async fn corrections(&self) -> i64 {
        self.row.corrections
    }
}

/// A subject's figure in a metric for a period.
#[derive(Debug, Clone)]
pub struct Standing {
    row: StandingRow,
    metric: Option<Metric>,
    at: Moment,
}

impl Standing {
    /// A figure in a metric, as of a moment; a round score is in none.
    #[must_use]
    pub fn of(row: StandingRow, metric: Option<Metric>, at: Moment) -> Self {
        Self { row, metric, at }
    }

    /// The row behind it.
    #[must_use]
    pub fn row(&self) -> &StandingRow {
        &self.row
    }

    /// The moment it is as of.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The metric it was read with.
    #[must_use]
    pub fn known_metric(&self) -> Option<&Metric> {
        self.metric.as_ref()
    }

    async fn shown(&self, ctx: &Context<'_>, number: Option<Number>) -> Result<Option<Decimal>> {
        match (&self.metric, number) {
            (Some(metric), Some(number)) => Ok(Some(metric.number(number))),
            _unknown => shown(Session::of(ctx), &self.row.metric, number, self.at).await,
        }
    }
}

/// A subject's figure in a metric for a month, a quarter or a year 业绩; or its score in the published rounds of a quarter
/// or a year.
#[Object]
impl Standing {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::new(self.row.subject_kind, self.row.subject, self.at), self.at)
            .events(ctx, first, after)
            .await
    }

    /// In which metric; null for a round score.
    async fn metric(&self, ctx: &Context<'_>) -> Result<Option<Metric>> {
        Metric::find(Session::of(ctx), &self.row.metric, self.at).await
    }

    /// For which period.
    async fn period(&self) -> Period {
        self.row.period.into()
    }

    /// The figure in the metric's unit; null before the first result.
    async fn value(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.value).await
    }

    /// A lower bound where one of its results is one.
    async fn exactness(&self) -> Exactness {
        match self.row.at_least {
            0 => Exactness::Exact,
            _some => Exactness::AtLeast,
        }
    }

    /// How many results are in it; of a round score, how many rounds published one.
    async fn results(&self) -> i64 {
        self.row.results
    }

    /// The plan for exactly this period 计划, in the metric's unit; null where none is set.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.plan.map(domain::amount::Amount::decimal)).await
    }

    /// The base of growth for exactly this period 基数, in the metric's unit; null where none is set.
    async fn base(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.base.map(domain::amount::Amount::decimal)).await
    }

    /// Plan completion 计划完成率 in percent, two places; null without a plan. Where less is better 逆向指标 it is twice the
    /// plan less the figure, over the plan, and at least 0; null there while a result in the figure is a lower bound.
    async fn completion(&self) -> Option<Decimal> {
        self.row.completion.map(|percent| Decimal::with_places(percent, 2))
    }

    /// Schedule completion 进度完成率 in percent, two places: the figure against the share of the plan that falls, by days,
    /// on the time up to the end of the latest period reported; null without a plan, for metrics that do not add
    /// up, and where less is better while a result in the figure is a lower bound.
    async fn schedule_completion(&self) -> Option<Decimal> {
        self.row.schedule_completion().map(|percent| Decimal::with_places(percent, 2))
    }

    /// Growth over the base 增幅 in percent, two places; null without a base.
    async fn growth(&self) -> Option<Decimal> {
        self.row.growth.map(|percent| Decimal::with_places(percent, 2))
    }

    /// The figure less the plan 超计划, in the metric's unit; null without a plan.
    async fn over_plan(&self, ctx: &Context<'_>) -> Result<Option<Decimal>> {
        self.shown(ctx, self.row.over_plan).await
    }
}
