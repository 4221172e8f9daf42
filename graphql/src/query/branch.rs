//! Branches 组织: the tree and the pages of its nodes.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::id::BranchId;
use projections::branches::{BranchKey, BranchRow};

use super::contact_point::{ContactPoint, ContactPointFilter, contact_points};
use super::figure::{MetricResult, ResultFilter, Standing, results_of, standings_of};
use super::filter::{all_of, equals};
use super::lineage::Opened;
use super::member::{Member, MemberFilter, members};
use super::outlet::{Outlet, OutletFilter, outlets};
use super::record::{Record, RecordFilter, records_of};
use super::subject::Subject;
use super::talk::{Talk, TalkFilter, talks_with};
use super::trail::Event;
use super::training::{Training, TrainingFilter, trainings};
use crate::fault::Result;
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::scalar::{Date, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::{BranchKind, BranchStanding};

/// A branch as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Branch {
    row: BranchRow,
    at: Moment,
}

impl Branch {
    /// A branch as of a moment, where the viewer may see it.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, branch: BranchId, at: Moment) -> Result<Option<Self>> {
        session.allow(Action::SeeBranches, Resource::Branch(branch)).await?;
        let row = session.row::<BranchRow>(&BranchKey { branch }, at.position).await?;
        Ok(row.map(|row| Self { row, at }))
    }

    /// The branch that something names, if it names one.
    ///
    /// # Errors
    /// As [`Branch::find`].
    pub async fn linked(session: &Session, branch: Option<BranchId>, at: Moment) -> Result<Option<Self>> {
        match branch {
            Some(branch) => Self::find(session, branch, at).await,
            None => Ok(None),
        }
    }

    fn resource(&self) -> Resource {
        Resource::Branch(self.row.branch)
    }
}

impl Parent for Branch {
    fn key(&self) -> String {
        self.row.branch.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.branch, at).await
    }
}

/// What a branch has and did, in counts.
#[derive(Debug, SimpleObject)]
pub struct BranchCounts {
    /// Members on its roster, the suspended ones included, in persons 人.
    members: i64,
    /// Open financial outlets 金融网点.
    outlets_financial: i64,
    /// Open delivery stations 揽投部.
    stations_delivery: i64,
    /// Standing contact points 联系点.
    contact_points: i64,
    /// Standards put up on walls 上墙标准.
    standards_displayed: i64,
    /// 6S inspections 6S 检查.
    inspections: i64,
    /// Training sessions 培训场次.
    trainings: i64,
    /// Minutes of training 培训分钟.
    training_minutes: i64,
    /// Attendances of training, in person-times 人次.
    attendances: i64,
    /// Theme days 主题党日.
    theme_days: i64,
    /// Improvements reported 作风改进.
    improvements_reported: i64,
    /// Improvements confirmed 已确认改进.
    improvements_confirmed: i64,
    /// Branches directly under it 下级组织.
    subordinates: i64,
}

/// Which branches; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct BranchFilter {
    /// Only in the subtree of this branch, itself included.
    within: Option<ID>,
    /// Only directly under this branch.
    parent: Option<ID>,
    /// Only of this kind.
    kind: Option<BranchKind>,
    /// Only those that stand, were merged or closed.
    standing: Option<BranchStanding>,
}

async fn branches(session: &Session, filter: BranchFilter, at: Moment, page: &Page) -> Result<Connection<Branch>> {
    let within = input::some_id("within", filter.within.as_ref())?;
    let parent: Option<BranchId> = input::some_id("parent", filter.parent.as_ref())?;
    let scope = session.scope(Action::SeeBranches, within, at.position).await?;
    let select = all_of([
        scope.condition("branch"),
        equals("parent", parent),
        equals("kind", filter.kind.map(domain::branch::BranchKind::from)),
        equals("standing", filter.standing.map(projections::words::BranchStanding::from)),
    ]);
    Connection::select(session, page, at.position, select, |row| Branch { row, at }).await
}

/// Branches.
#[derive(Default)]
pub struct BranchQuery;

#[Object]
impl BranchQuery {
    /// The top committee: the root of the organisation tree 组织树.
    #[graphql(complexity = "READ + child_complexity")]
    async fn organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Branch>> {
        let session = Session::of(ctx);
        Branch::find(session, BranchId::root(), session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// A branch.
    #[graphql(complexity = "READ + child_complexity")]
    async fn branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Branch>> {
        let session = Session::of(ctx);
        let branch = input::asked(input::id("id", &id))?;
        Branch::find(session, branch, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Branches, by id.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn branches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<BranchFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Branch>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        branches(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// A node of the organisation tree 组织.
#[Object]
impl Branch {
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
        self.row.branch.into()
    }

    /// Its kind.
    async fn kind(&self) -> BranchKind {
        self.row.kind.into()
    }

    /// Its name.
    async fn name(&self) -> String {
        self.row.name.to_string()
    }

    /// Whether it is still there.
    async fn standing(&self) -> BranchStanding {
        self.row.standing.into()
    }

    /// The branch above; null for the top committee.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        Self::linked(Session::of(ctx), self.row.parent, self.at).await
    }

    /// The branch that took it over.
    async fn merged_into(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        Self::linked(Session::of(ctx), self.row.merged_into, self.at).await
    }

    /// Its first day.
    async fn established_on(&self) -> Date {
        self.row.established_on.into()
    }

    /// The first day without it.
    async fn ended_on(&self) -> Option<Date> {
        self.row.ended_on.map(Into::into)
    }

    /// What it has and did, in counts, without what is under it.
    async fn counts(&self) -> BranchCounts {
        let row = &self.row;
        BranchCounts {
            members: row.members,
            outlets_financial: row.outlets_financial,
            stations_delivery: row.stations_delivery,
            contact_points: row.contact_points,
            standards_displayed: row.standards_displayed,
            inspections: row.inspections,
            trainings: row.trainings,
            training_minutes: row.training_minutes,
            attendances: row.attendances,
            theme_days: row.theme_days,
            improvements_reported: row.improvements_reported,
            improvements_confirmed: row.improvements_confirmed,
            subordinates: row.subordinates,
        }
    }

    /// The branches directly under it.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn subordinates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Self>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let filter = BranchFilter { parent: Some(row.branch.into()), ..BranchFilter::default() };
        branches(Session::of(ctx), filter, at, &page).await.map(Some)
    }

    /// The members in its subtree.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` is this branch where it is left out.")] filter: Option<MemberFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Member>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        members(Session::of(ctx), filter.unwrap_or_default().within(row.branch), at, &page).await.map(Some)
    }

    /// The outlets in its subtree.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn outlets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` is this branch where it is left out.")] filter: Option<OutletFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Outlet>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        outlets(Session::of(ctx), filter.unwrap_or_default().within(row.branch), at, &page).await.map(Some)
    }

    /// The contact points kept in its subtree.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn contact_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` is this branch where it is left out.")] filter: Option<
            ContactPointFilter,
        >,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<ContactPoint>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        contact_points(Session::of(ctx), filter.unwrap_or_default().within(row.branch), at, &page).await.map(Some)
    }

    /// The training sessions held in its subtree.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn trainings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` is this branch where it is left out.")] filter: Option<TrainingFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Training>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        trainings(Session::of(ctx), filter.unwrap_or_default().within(row.branch), at, &page).await.map(Some)
    }

    /// Its own records: improvements and theme days, the latest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RecordFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Record>>> {
        let (branch, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let (id, about) = (branch.row.branch.0, branch.resource());
        records_of(Session::of(ctx), id, about, branch.at, filter, &page).await.map(Some)
    }

    /// The reminder talks with it 提醒谈话, not those with its members, the latest proposed first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn talks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` says nothing here.")] filter: Option<TalkFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Talk>>> {
        let (branch, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        let (id, about) = (branch.row.branch.into(), branch.resource());
        talks_with(Session::of(ctx), id, about, branch.at, filter, &page).await.map(Some)
    }

    /// Its results and plans as they stand, by metric and period.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ResultFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<MetricResult>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        results_of(Session::of(ctx), row.branch.into(), at, filter, &page).await.map(Some)
    }

    /// Its figures by metric and period, with plan completion and growth.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn standings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ResultFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Standing>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        standings_of(Session::of(ctx), row.branch.into(), at, filter, &page).await.map(Some)
    }
}
