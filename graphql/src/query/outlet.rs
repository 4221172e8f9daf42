//! Outlets 网点: financial outlets and delivery stations with their displays.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{BranchId, OutletId};
use projections::outlets::{OutletKey, OutletRow};

use super::branch::Branch;
use super::contact_point::{ContactPoint, contact_points_of_outlet};
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::record::{Record, RecordFilter, SixS, records_of};
use super::subject::Subject;
use super::trail::Event;
use crate::fault::Result;
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::{Date, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::{OutletKind, OutletStanding};

/// An outlet as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Outlet {
    row: OutletRow,
    at: Moment,
}

impl Outlet {
    /// An outlet as of a moment, where the viewer may see its branch.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, outlet: OutletId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<OutletRow>(&OutletKey { outlet }, at.position).await?;
        let resource = row.as_ref().map_or(Resource::Organisation, |row| Resource::Branch(row.branch));
        session.allow(Action::SeeBranches, resource).await?;
        Ok(row.map(|row| Self { row, at }))
    }
}

impl Parent for Outlet {
    fn key(&self) -> String {
        self.row.outlet.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.outlet, at).await
    }
}

/// Which outlets; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OutletFilter {
    /// Only in the subtree of this branch.
    within: Option<ID>,
    /// Only financial outlets or delivery stations.
    kind: Option<OutletKind>,
    /// Only open or closed ones.
    standing: Option<OutletStanding>,
}

impl OutletFilter {
    /// The filter within a branch, unless it names one itself.
    #[must_use]
    pub fn within(self, branch: BranchId) -> Self {
        Self { within: Some(self.within.unwrap_or_else(|| branch.into())), ..self }
    }
}

/// Outlets in reach, by id.
///
/// # Errors
/// [`crate::fault::Fault`].
pub async fn outlets(session: &Session, filter: OutletFilter, at: Moment, page: &Page) -> Result<Connection<Outlet>> {
    let within = input::some_id("within", filter.within.as_ref())?;
    let scope = session.scope(Action::SeeBranches, within, at.position).await?;
    let select = all_of([
        scope.condition("branch"),
        equals("kind", filter.kind.map(domain::branch::OutletKind::from)),
        equals("standing", filter.standing.map(projections::words::OutletStanding::from)),
    ]);
    Connection::select(session, page, at.position, select, |row| Outlet { row, at }).await
}

/// Outlets.
#[derive(Default)]
pub struct OutletQuery;

#[Object]
impl OutletQuery {
    /// An outlet.
    #[graphql(complexity = "READ + child_complexity")]
    async fn outlet(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Outlet>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let outlet = input::asked(input::id("id", &id))?;
        Outlet::find(session, outlet, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Outlets, by id.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn outlets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<OutletFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Outlet>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        outlets(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// A financial outlet 金融网点 or a delivery station 揽投部.
#[Object]
impl Outlet {
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

    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.row.outlet.into()
    }

    /// The branch that holds it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// Financial outlet or delivery station.
    async fn kind(&self) -> OutletKind {
        self.row.kind.into()
    }

    /// Its name.
    async fn name(&self) -> String {
        self.row.name.to_string()
    }

    /// Open or closed.
    async fn standing(&self) -> OutletStanding {
        self.row.standing.into()
    }

    /// Its first day.
    async fn opened_on(&self) -> Date {
        self.row.opened_on.into()
    }

    /// The first day without it.
    async fn closed_on(&self) -> Option<Date> {
        self.row.closed_on.map(Into::into)
    }

    /// Standards put up on its wall 上墙标准.
    async fn standards_displayed(&self) -> i64 {
        self.row.standards_displayed
    }

    /// How often it was inspected.
    async fn inspections(&self) -> i64 {
        self.row.inspections
    }

    /// The day of the latest 6S inspection.
    async fn inspected_on(&self) -> Option<Date> {
        self.row.inspected_on.map(Into::into)
    }

    /// The results of the latest 6S inspection.
    async fn six_s(&self) -> Option<SixS> {
        let row = &self.row;
        Some(SixS {
            sort: row.sort?.into(),
            set_in_order: row.set_in_order?.into(),
            shine: row.shine?.into(),
            standardise: row.standardise?.into(),
            sustain: row.sustain?.into(),
            safety: row.safety?.into(),
        })
    }

    /// Its standards, inspections and visits, the latest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RecordFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Record>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let about = Resource::Branch(row.branch);
        records_of(Session::of(ctx), row.outlet.0, about, at, filter, &page).await.map(Some)
    }

    /// The contact points that link it, as far as your roles reach.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn contact_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<ContactPoint>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        contact_points_of_outlet(Session::of(ctx), row.outlet, at, &page).await.map(Some)
    }
}
