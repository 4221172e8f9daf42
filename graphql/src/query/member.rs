//! Members 成员: the roster and the pages of its people.

mod roster;

use async_graphql::{Context, ID, Object};
use domain::id::MemberId;
use projections::accounts::{AccountKey, AccountRow};
use projections::cell::Cell;
use projections::member_years::{MemberYearKey, MemberYearRow};
use projections::members::MemberRow;
use projections::select::{Condition, Select};
use projections::words::SubjectKind;

pub use self::roster::{MemberFilter, members};
use super::branch::Branch;
use super::contact_point::{ContactPoint, contact_points_of_cadre};
use super::counts::{MemberCounts, MemberYear};
use super::figure::{MetricResult, ResultFilter, Standing, results_of, standings_of};
use super::lineage::Opened;
use super::record::{Record, RecordFilter, records_of};
use super::round::result::{RoundResult, results_of_member};
use super::subject::Subject;
use super::talk::{Talk, TalkFilter, talks_with};
use super::trail::Event;
use super::training::{Attendance, attendance_of_member};
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::look::What;
use crate::page::{Connection, Page, Parent, When, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{Date, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words::{MemberStanding, Post};

/// A member as of a moment; the viewer may see the roster the member is on.
#[derive(Debug, Clone)]
pub struct Member {
    row: MemberRow,
    at: Moment,
}

impl Member {
    /// A member as of a moment, where the viewer may see the roster.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn find(session: &Session, member: MemberId, at: Moment) -> Result<Option<Self>> {
        let row = session.member(member, at.position).await?;
        let Some(row) = row else {
            return session
                .allow_asked(Action::SeeRoster, Resource::Organisation, (SubjectKind::Member, member.0))
                .await
                .map(|()| None);
        };
        session.allow(Action::SeeRoster, Resource::Member(member, row.branch)).await?;
        Ok(Some(Self { row, at }))
    }

    fn resource(&self) -> Resource {
        Resource::Member(self.row.member, self.row.branch)
    }

    /// The session, where the viewer may see what is the member's own.
    async fn own<'a>(&self, ctx: &Context<'a>) -> Result<&'a Session> {
        let session = Session::of(ctx);
        session.allow(Action::SeeMember, self.resource()).await?;
        session.note_member(What::Page, self.row.member, self.at);
        Ok(session)
    }

    /// A page of what is the member's own, and the member as of the page's moment.
    async fn page(&self, ctx: &Context<'_>, first: Option<i64>, after: Option<String>) -> Result<(Self, Page)> {
        self.own(ctx).await?;
        let (member, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        member.own(ctx).await?;
        Ok((member, page))
    }
}

impl Parent for Member {
    fn key(&self) -> String {
        self.row.member.to_string()
    }

    fn at(&self) -> Moment {
        self.at
    }

    async fn as_of(&self, session: &Session, at: Moment) -> Result<Option<Self>> {
        Self::find(session, self.row.member, at).await
    }
}

/// Members.
#[derive(Default)]
pub struct MemberQuery;

#[Object]
impl MemberQuery {
    /// A member, by id or by staff number.
    #[graphql(complexity = "READ + child_complexity")]
    async fn member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id; either this or the staff number.")] id: Option<ID>,
        #[graphql(desc = "The staff number 工号; either this or the id.")] staff_number: Option<String>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Member>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        let member = match (id, staff_number) {
            (Some(id), None) => Some(input::asked(input::id("id", &id))?),
            (None, Some(number)) => session.reads().by_staff_number(&input::search("staffNumber", &number)?).await?,
            (None, None) | (Some(_), Some(_)) => {
                let message = "give either id or staffNumber";
                return Err(Fault::bad("input.one_of", &[], message, "请在 id 与 staffNumber 中任选其一"));
            }
        };
        match member {
            Some(member) => Member::find(session, member, at).await,
            None => session.allow(Action::SeeRoster, Resource::Organisation).await.map(|()| None),
        }
    }

    /// Members, by id.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<MemberFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Member>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        members(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// A member 成员.
#[Object]
impl Member {
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

    /// The id.
    pub(crate) async fn id(&self) -> ID {
        self.row.member.into()
    }

    /// The name 姓名; null for a person who was erased, and where your roles do not reach.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let person = Session::of(ctx).person(Action::SeeName, self.row.member, self.at.position).await?;
        Ok(person.map(|person| person.name))
    }

    /// The staff number 工号; null as the name is.
    async fn staff_number(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let person = Session::of(ctx).person(Action::SeeName, self.row.member, self.at.position).await?;
        Ok(person.map(|person| person.staff_number))
    }

    /// The contact 联系方式; null where none is known, for a person who was erased, and where your roles do not reach.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let person = Session::of(ctx).person(Action::SeeContact, self.row.member, self.at.position).await?;
        Ok(person.and_then(|person| person.contact))
    }

    /// The account 账号 that acts as this member; null where none does, and where your roles do not reach.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        if session.verdict(Action::SeeGrants, self.resource()).await? != Verdict::Allow {
            return Ok(None);
        }
        let row = session.row::<AccountRow>(&AccountKey { member: self.row.member }, self.at.position).await?;
        Ok(row.map(|row| row.account.0))
    }

    /// The branch; the last one of a member who left.
    async fn branch(&self, ctx: &Context<'_>) -> Result<Option<Branch>> {
        Branch::find(Session::of(ctx), self.row.branch, self.at).await
    }

    /// Cadre or staff.
    async fn post(&self) -> Post {
        self.row.post.into()
    }

    /// On duty, suspended, left or merged.
    async fn standing(&self) -> MemberStanding {
        self.row.standing.into()
    }

    /// Under which registration the person goes on 合并至; null but for one that was merged.
    async fn merged_into(&self) -> Option<ID> {
        self.row.merged_into.map(Into::into)
    }

    /// The last day of probation 预备期; null for a formal member.
    async fn probation_until(&self) -> Option<Date> {
        self.row.probation_until.map(Into::into)
    }

    /// The first day on the roster.
    async fn joined_on(&self) -> Date {
        self.row.joined_on.into()
    }

    /// The first day outside.
    async fn left_on(&self) -> Option<Date> {
        self.row.left_on.map(Into::into)
    }

    /// What the member did, in counts over all time.
    async fn counts(&self, ctx: &Context<'_>) -> Result<Option<MemberCounts>> {
        self.own(ctx).await?;
        Ok(Some(MemberCounts::of(&self.row)))
    }

    /// What the member did in a calendar year; null where that is nothing.
    async fn year(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The calendar year.")] year: i32,
    ) -> Result<Option<MemberYear>> {
        let session = self.own(ctx).await?;
        let key = MemberYearKey { year: i64::from(year), member: self.row.member };
        let select = Select::<MemberYearRow>::first(1)
            .only(Condition::Equals("year", Cell::Int(key.year)))
            .only(Condition::Equals("member", Cell::Uuid(key.member.0)));
        let rows = session.rows_together(&select, self.at.position).await?;
        Ok(rows.into_iter().next().map(|row| MemberYear::of(&row, self.at)))
    }

    /// The duty on the service plaque that is up 公示牌; null where none is, and where your roles do not reach.
    async fn plaque_duty(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.own(ctx).await?.text(self.row.plaque_duty.as_ref(), self.resource()).await
    }

    /// The member's records, the latest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RecordFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Record>>> {
        let (member, page) = self.page(ctx, first, after).await?;
        let (Self { row, at }, about) = (&member, member.resource());
        records_of(Session::of(ctx), row.member.0, about, *at, filter, &page).await.map(Some)
    }

    /// The member's results and plans as they stand, by metric and period.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ResultFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<MetricResult>>> {
        let (Self { row, at }, page) = self.page(ctx, first, after).await?;
        results_of(Session::of(ctx), row.member.into(), at, filter, &page).await.map(Some)
    }

    /// The member's figures by metric and period, with plan completion and growth.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn standings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ResultFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Standing>>> {
        let (Self { row, at }, page) = self.page(ctx, first, after).await?;
        standings_of(Session::of(ctx), row.member.into(), at, filter, &page).await.map(Some)
    }

    /// The reminder talks with the member 提醒谈话, the latest proposed first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn talks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; `within` says nothing here.")] filter: Option<TalkFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Talk>>> {
        let (member, page) = self.page(ctx, first, after).await?;
        let (Self { row, at }, about) = (&member, member.resource());
        talks_with(Session::of(ctx), row.member.into(), about, *at, filter, &page).await.map(Some)
    }

    /// The training sessions the member attended, the latest first.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn trainings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Attendance>>> {
        let (Self { row, at }, page) = self.page(ctx, first, after).await?;
        attendance_of_member(Session::of(ctx), row.member, at, &page).await.map(Some)
    }

    /// The contact points the member is or was paired for.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn contact_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<ContactPoint>>> {
        let (Self { row, at }, page) = self.page(ctx, first, after).await?;
        contact_points_of_cadre(Session::of(ctx), row.member, at, &page).await.map(Some)
    }

    /// The member's published results in rounds of evaluation 评议结果, the latest period first, as far as your roles reach.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn round_results(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<RoundResult>>> {
        let (Self { row, at }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        results_of_member(Session::of(ctx), row.member, at, &page).await.map(Some)
    }
}
