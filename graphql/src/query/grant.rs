//! Roles granted 授权: who may come as what, where, since when, by whom.
//!
//! # Rules
//! - A list is of the grants at the branches in reach; one that ended keeps its grants in the list, though nothing is left of
//!   them.
//! - Who has a role today is told by `from`, `until` and `isWithdrawn`; what somebody holds themselves by `viewer`.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{ActorId, BranchId, GrantId};
use projections::grants::{GrantKey, GrantRow};
use projections::select::Order;

use super::branch::Branch;
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::Result;
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::{Date, DateTime, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::GrantedRole;

/// A role granted, its viewer checked.
#[derive(Debug, Clone)]
pub struct Grant {
    row: GrantRow,
    at: Moment,
}

impl Grant {
    /// A grant as of a moment, where the viewer may see it.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, grant: GrantId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<GrantRow>(&GrantKey { grant_id: grant }, at.position).await?;
        let resource = row.as_ref().map_or(Resource::Organisation, |row| Resource::Branch(row.branch));
        session.allow(Action::SeeGrants, resource).await?;
        Ok(row.map(|row| Self { row, at }))
    }
}

/// Which grants; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct GrantFilter {
    /// Only at the branches of the subtree of this one.
    within: Option<ID>,
    /// Only to this principal.
    to: Option<String>,
    /// Only of this role.
    role: Option<GrantedRole>,
    /// Only those that were withdrawn, or that were not.
    is_withdrawn: Option<bool>,
}

/// Grants.
#[derive(Default)]
pub struct GrantQuery;

#[Object]
impl GrantQuery {
    /// Roles granted 授权, the latest first.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<GrantFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Grant>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let filter = filter.unwrap_or_default();
        let within: Option<BranchId> = input::some_id("within", filter.within.as_ref())?;
        let scope = session.scope(Action::SeeGrants, within, at.position).await?;
        let select = all_of([
            scope.condition("branch"),
            equals("principal", filter.to.map(ActorId)),
            equals("role", filter.role.map(domain::grant::Role::from)),
            equals("standing", filter.is_withdrawn.map(|is_withdrawn| !is_withdrawn)),
        ]);
        let select = select.by("granted_at", Order::Descending);
        Connection::select(session, &page, at.position, select, |row| Grant { row, at }).await.map(Some)
    }
}

/// A role granted to somebody who signs in, for the subtree of a branch 授权.
#[Object]
impl Grant {
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
        self.row.grant_id.into()
    }

    /// The branch for whose subtree it is; null before the top committee was founded.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// To whom: the opaque id under which they sign in.
    async fn to(&self) -> &str {
        &self.row.principal.0
    }

    /// The role.
    async fn role(&self) -> GrantedRole {
        self.row.role.into()
    }

    /// The first day it counts.
    async fn from(&self) -> Date {
        self.row.from_date.into()
    }

    /// The last day it counts; null without end.
    async fn until(&self) -> Option<Date> {
        self.row.until_date.map(Into::into)
    }

    /// The actor who granted it.
    async fn granted_by(&self) -> &str {
        &self.row.granted_by.0
    }

    /// When it was granted.
    async fn granted_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.granted_at)
    }

    /// Whether it was withdrawn.
    async fn is_withdrawn(&self) -> bool {
        !self.row.standing
    }

    /// The actor who withdrew it.
    async fn withdrawn_by(&self) -> Option<String> {
        self.row.withdrawn_by.as_ref().map(ToString::to_string)
    }

    /// When it was withdrawn.
    async fn withdrawn_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.row.withdrawn_at.map(|at| Session::of(ctx).shown(at))
    }

    /// Why it was withdrawn; free text, null where your roles do not reach.
    async fn withdrawn_for(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.withdrawn_for.as_ref(), Resource::Branch(self.row.branch)).await
    }
}
