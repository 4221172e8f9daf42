//! Contact points 联系点: two cadres, one financial outlet, one delivery station, and the visits.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{BranchId, ContactPointId, MemberId, OutletId};
use projections::cell::Cell;
use projections::contact_points::{ContactPointKey, ContactPointRow};
use projections::select::{Condition, Select};
use uuid::Uuid;

use super::branch::Branch;
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::outlet::Outlet;
use super::record::{Record, RecordFilter, records_of};
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
use crate::words::ContactPointStanding;

/// The columns a cadre is looked up by.
const CADRES: [&str; 2] = ["cadre_a", "cadre_b"];
/// The columns an outlet is looked up by.
const OUTLETS: [&str; 2] = ["outlet", "station"];

/// A contact point as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct ContactPoint {
    row: ContactPointRow,
    at: Moment,
}

impl ContactPoint {
    /// A contact point as of a moment, where the viewer may see its branch.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, contact_point: ContactPointId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<ContactPointRow>(&ContactPointKey { contact_point }, at.position).await?;
        let resource = row.as_ref().map_or(Resource::Organisation, |row| Resource::Branch(row.branch));
        session.allow(Action::SeeBranches, resource).await?;
        Ok(row.map(|row| Self { row, at }))
    }
}

impl Parent for ContactPoint {
    fn key(&self) -> String {
        self.row.contact_point.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.contact_point, at).await
    }
}

/// Which contact points; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ContactPointFilter {
    /// Only those kept in the subtree of this branch.
    within: Option<ID>,
    /// Only standing or ended ones.
    standing: Option<ContactPointStanding>,
    /// Only those of this cadre.
    cadre: Option<ID>,
    /// Only those of this outlet or station.
    outlet: Option<ID>,
}

impl ContactPointFilter {
    /// The filter within a branch, unless it names one itself.
    #[must_use]
    pub fn within(self, branch: BranchId) -> Self {
        Self { within: Some(self.within.unwrap_or_else(|| branch.into())), ..self }
    }
}

/// Contact points in reach, by id.
///
/// # Errors
/// [`crate::fault::Fault`].
pub async fn contact_points(
    session: &Session,
    filter: ContactPointFilter,
    at: Moment,
    page: &Page,
) -> Result<Connection<ContactPoint>> {
    let within = input::some_id("within", filter.within.as_ref())?;
    let scope = session.scope(Action::SeeBranches, within, at.position).await?;
    let cadre: Option<MemberId> = input::some_id("cadre", filter.cadre.as_ref())?;
    let outlet: Option<OutletId> = input::some_id("outlet", filter.outlet.as_ref())?;
    let cadre = match cadre {
        Some(cadre) => Some(any_of(session, CADRES, cadre.0, at).await?),
        None => None,
    };
    let outlet = match outlet {
        Some(outlet) => Some(any_of(session, OUTLETS, outlet.0, at).await?),
        None => None,
    };
    let standing = filter.standing.map(projections::words::ContactPointStanding::from);
    let select = all_of([scope.condition("branch"), cadre, outlet, equals("standing", standing)]);
    Connection::select(session, page, at.position, select, |row| ContactPoint { row, at }).await
}

/// The contact points of a cadre, by id. The policy was asked for the cadre.
///
/// # Errors
/// [`crate::fault::Fault::Read`], `page.*`.
pub async fn contact_points_of_cadre(
    session: &Session,
    cadre: MemberId,
    at: Moment,
    page: &Page,
) -> Result<Connection<ContactPoint>> {
    let select = all_of([Some(any_of(session, CADRES, cadre.0, at).await?)]);
    Connection::select(session, page, at.position, select, |row| ContactPoint { row, at }).await
}

/// The contact points of an outlet, by id, as far as the viewer reaches: other branches keep some of them. The policy was
/// asked for the outlet.
///
/// # Errors
/// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`], `page.*`.
pub async fn contact_points_of_outlet(
    session: &Session,
    outlet: OutletId,
    at: Moment,
    page: &Page,
) -> Result<Connection<ContactPoint>> {
    let scope = session.scope(Action::SeeBranches, None, at.position).await?;
    let select = all_of([scope.condition("branch"), Some(any_of(session, OUTLETS, outlet.0, at).await?)]);
    Connection::select(session, page, at.position, select, |row| ContactPoint { row, at }).await
}

/// The condition that one of two columns holds an id: one is looked up after the other, since each has its own index.
async fn any_of(session: &Session, columns: [&'static str; 2], id: Uuid, at: Moment) -> Result<Condition> {
    let mut found = Vec::new();
    for column in columns {
        let select = Select::<ContactPointRow>::first(1_000).only(Condition::Equals(column, Cell::Uuid(id)));
        let rows = session.every_together(select, at.position).await?;
        found.extend(rows.into_iter().map(|row| Cell::Uuid(row.contact_point.0)));
    }
    Ok(Condition::OneOf("contact_point", found))
}

/// Contact points.
#[derive(Default)]
pub struct ContactPointQuery;

#[Object]
impl ContactPointQuery {
    /// A contact point.
    #[graphql(complexity = "READ + child_complexity")]
    async fn contact_point(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<ContactPoint>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let contact_point = input::asked(input::id("id", &id))?;
        ContactPoint::find(session, contact_point, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Contact points, by id.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn contact_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<ContactPointFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<ContactPoint>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        contact_points(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// Two cadres linked with one financial outlet and one delivery station 联系点.
#[Object]
impl ContactPoint {
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
        self.row.contact_point.into()
    }

    /// The branch that keeps it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// The pair of cadres.
    async fn cadres(&self) -> [Subject; 2] {
        [self.row.cadre_a, self.row.cadre_b].map(|cadre| Subject::of_member(cadre, self.at))
    }

    /// The financial outlet 金融网点.
    async fn outlet(&self, ctx: &Context<'_>) -> Result<Option<Outlet>> {
        Outlet::find(Session::of(ctx), self.row.outlet, self.at).await
    }

    /// The delivery station 揽投部.
    async fn station(&self, ctx: &Context<'_>) -> Result<Option<Outlet>> {
        Outlet::find(Session::of(ctx), self.row.station, self.at).await
    }

    /// Standing or ended.
    async fn standing(&self) -> ContactPointStanding {
        self.row.standing.into()
    }

    /// The first day.
    async fn from(&self) -> Date {
        self.row.assigned_from.into()
    }

    /// The last day agreed on.
    async fn until(&self) -> Option<Date> {
        self.row.assigned_until.map(Into::into)
    }

    /// The first day without it.
    async fn ended_on(&self) -> Option<Date> {
        self.row.ended_on.map(Into::into)
    }

    /// How often it was visited 走访次数.
    async fn visits(&self) -> i64 {
        self.row.visits
    }

    /// The day of the latest visit.
    async fn visited_on(&self) -> Option<Date> {
        self.row.visited_on.map(Into::into)
    }

    /// Its visits, the latest first.
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
        records_of(Session::of(ctx), row.contact_point.0, about, at, filter, &page).await.map(Some)
    }
}
