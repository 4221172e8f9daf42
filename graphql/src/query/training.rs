//! Training 培训: sessions, and who attended.

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{BranchId, MemberId, TrainingId};
use projections::attendance::AttendanceRow;
use projections::select::Order;
use projections::trainings::{TrainingKey, TrainingRow};

use super::branch::Branch;
use super::filter::{all_of, before, equals, since};
use super::lineage::Opened;
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

/// A training session as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Training {
    row: TrainingRow,
    at: Moment,
}

impl Training {
    /// A session as of a moment, where the viewer may see its branch.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, training: TrainingId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<TrainingRow>(&TrainingKey { training }, at.position).await?;
        let resource = row.as_ref().map_or(Resource::Organisation, |row| Resource::Branch(row.branch));
        session.allow(Action::SeeBranches, resource).await?;
        Ok(row.map(|row| Self { row, at }))
    }
}

impl Parent for Training {
    fn key(&self) -> String {
        self.row.training.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.training, at).await
    }
}

/// Which training sessions; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TrainingFilter {
    /// Only those held in the subtree of this branch.
    within: Option<ID>,
    /// Only on or after this day.
    from: Option<Date>,
    /// Only before this day.
    until: Option<Date>,
}

impl TrainingFilter {
    /// The filter within a branch, unless it names one itself.
    #[must_use]
    pub fn within(self, branch: BranchId) -> Self {
        Self { within: Some(self.within.unwrap_or_else(|| branch.into())), ..self }
    }
}

/// Sessions in reach, the latest first.
///
/// # Errors
/// [`crate::fault::Fault`].
pub async fn trainings(
    session: &Session,
    filter: TrainingFilter,
    at: Moment,
    page: &Page,
) -> Result<Connection<Training>> {
    let within = input::some_id("within", filter.within.as_ref())?;
    let scope = session.scope(Action::SeeBranches, within, at.position).await?;
    let from = input::asked(input::date("from", filter.from.as_ref()))?;
    let until = input::asked(input::date("until", filter.until.as_ref()))?;
    let select = all_of([scope.condition("branch"), since("held_on", from), before("held_on", until)]);
    let select = select.by("held_on", Order::Descending);
    Connection::select(session, page, at.position, select, |row| Training { row, at }).await
}

/// The attendances of a member, the latest first. The policy was asked for the member.
///
/// # Errors
/// [`crate::fault::Fault::Read`], `page.*`.
pub async fn attendance_of_member(
    session: &Session,
    member: MemberId,
    at: Moment,
    page: &Page,
) -> Result<Connection<Attendance>> {
    let select = all_of([equals("member", Some(member))]).by("held_on", Order::Descending);
    Connection::select(session, page, at.position, select, |row| Attendance { row, at }).await
}

/// Training.
#[derive(Default)]
pub struct TrainingQuery;

#[Object]
impl TrainingQuery {
    /// A training session.
    #[graphql(complexity = "READ + child_complexity")]
    async fn training(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Training>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let training = input::asked(input::id("id", &id))?;
        Training::find(session, training, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Training sessions, the latest first.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn trainings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<TrainingFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Training>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        trainings(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// A training session 培训.
#[Object]
impl Training {
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
        self.row.training.into()
    }

    /// The branch that held it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// The day.
    async fn on(&self) -> Date {
        self.row.held_on.into()
    }

    /// What it was about; free text, null where your roles do not reach.
    async fn topic(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(Some(&self.row.topic), Resource::Branch(self.row.branch)).await
    }

    /// How long it was, in minutes.
    async fn minutes(&self) -> i64 {
        self.row.minutes
    }

    /// How many attended, in person-times 人次.
    async fn attendees(&self) -> i64 {
        self.row.attendees
    }

    /// Who attended.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn attendance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Attendance>>> {
        let session = Session::of(ctx);
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        session.allow(Action::SeeRoster, Resource::Branch(row.branch)).await?;
        let select = all_of([equals("training", Some(row.training))]);
        Connection::select(session, &page, at.position, select, |row| Attendance { row, at }).await.map(Some)
    }
}

/// That a member attended a session.
#[derive(Debug, Clone)]
pub struct Attendance {
    row: AttendanceRow,
    at: Moment,
}

/// That a member attended a session 出勤.
#[Object]
impl Attendance {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::of_member(self.row.member, self.at), self.at).events(ctx, first, after).await
    }

    /// Who attended.
    async fn member(&self) -> Subject {
        Subject::of_member(self.row.member, self.at)
    }

    /// The day of the session.
    async fn on(&self) -> Date {
        self.row.held_on.into()
    }

    /// How long it was, in minutes.
    async fn minutes(&self) -> i64 {
        self.row.minutes
    }

    /// The session.
    async fn training(&self, ctx: &Context<'_>) -> Result<Option<Training>> {
        Training::find(Session::of(ctx), self.row.training, self.at).await
    }

    /// The branch that held it.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }
}
