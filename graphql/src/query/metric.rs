//! Metrics 指标: the catalogue.

use async_graphql::{Context, ID, Object};
use domain::text::MetricCode;
use projections::metrics::{MetricKey, MetricRow};
use rust_decimal::Decimal as Number;

use super::branch::Branch;
use super::filter::all_of;
use super::lineage::Opened;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::global::Global;
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::{Decimal, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::{Aggregation, Direction, Grain, MetricSubjects, Unit};

/// A metric as of a moment.
#[derive(Debug, Clone)]
pub struct Metric {
    row: MetricRow,
    at: Moment,
}

impl Metric {
    /// A metric as of a moment.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn find(session: &Session, code: &MetricCode, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<MetricRow>(&MetricKey { code: code.clone() }, at.position).await?;
        Ok(row.map(|row| Self { row, at }))
    }

    /// A metric as of a moment, where the viewer may see the catalogue.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn seen(session: &Session, code: &MetricCode, at: Moment) -> Result<Option<Self>> {
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        Self::find(session, code, at).await
    }

    /// A metric that a board is for.
    ///
    /// # Errors
    /// `metric.unknown`, [`Fault::Read`].
    pub async fn known(session: &Session, code: &MetricCode, at: Moment) -> Result<Self> {
        let unknown = || {
            let (message, zh) = (format!("no metric {code} is defined"), format!("未定义指标 {code}"));
            Fault::bad("metric.unknown", &[("metric", code.to_string())], &message, &zh)
        };
        Self::find(session, code, at).await?.ok_or_else(unknown)
    }

    /// Which way is better.
    #[must_use]
    pub fn better(&self) -> domain::ledger::Direction {
        self.row.direction
    }

    /// A number in the metric's unit.
    #[must_use]
    pub fn number(&self, number: Number) -> Decimal {
        Decimal::in_unit(number, self.row.unit)
    }
}

/// Metrics.
#[derive(Default)]
pub struct MetricQuery;

#[Object]
impl MetricQuery {
    /// A metric.
    #[graphql(complexity = "READ + child_complexity")]
    async fn metric(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code.")] code: String,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Metric>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        let code = input::asked(input::metric(&code))?;
        Metric::find(session, &code, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// The metrics, by code.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn metrics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Metric>>> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMetrics, Resource::Organisation).await?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        Connection::select(session, &page, at.position, all_of([]), |row| Metric { row, at }).await.map(Some)
    }
}

/// A metric 指标.
#[Object]
impl Metric {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::of_branch(self.row.branch, self.at), self.at).events(ctx, first, after).await
    }

    /// The id.
    pub(crate) async fn id(&self) -> ID {
        Global::Metric(self.row.code.clone()).id()
    }

    /// Its code.
    async fn code(&self) -> String {
        self.row.code.to_string()
    }

    /// What people call it.
    async fn name(&self) -> String {
        self.row.name.to_string()
    }

    /// Its unit.
    async fn unit(&self) -> Unit {
        self.row.unit.into()
    }

    /// Which way is better.
    async fn direction(&self) -> Direction {
        self.row.direction.into()
    }

    /// How the results of shorter periods make the figure of a longer one.
    async fn aggregation(&self) -> Aggregation {
        self.row.aggregation.into()
    }

    /// The period one result is for.
    async fn grain(&self) -> Grain {
        self.row.grain.into()
    }

    /// For whom it is kept.
    async fn subjects(&self) -> MetricSubjects {
        self.row.subjects.into()
    }

    /// The branch that defined it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }
}
