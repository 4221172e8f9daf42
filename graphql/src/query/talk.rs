//! Reminder talks 提醒谈话 with members and branches.
//!
//! # Rules
//! - A talk is seen by whoever may see its subject's results; its texts by whoever may read those of the subject.
//! - A list is of the talks with the members and branches in reach, placed by the branch they had then.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use domain::id::{BranchId, MemberId, TalkId};
use domain::period::Period;
use domain::stream::{StreamId, StreamKind};
use projections::cell::Cell;
use projections::members::MemberRow;
use projections::select::{Condition, Order, Select};
use projections::talks::{TalkKey, TalkRow};
use uuid::Uuid;

use super::filter::{all_of, before, equals, since};
use super::lineage::Opened;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::look::What;
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource, Scope, Verdict};
use crate::ports::Moment;
use crate::refusal::Refusal;
use crate::scalar::{Date, DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// How far a talk has come 谈话进度.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::talk::Step")]
pub enum TalkStep {
    /// 已提请
    Proposed,
    /// 已批准
    Approved,
    /// 已否决
    Declined,
    /// 已谈话
    Held,
    /// 已回访
    FollowedUp,
    /// 已办结
    Closed,
}

/// Why a talk is proposed 谈话缘由.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::talk::Cause")]
pub enum TalkCause {
    /// A score under the limit of the rules; of a branch, the mean of its members.
    ScoreBelow,
    /// In the last part twice in a row.
    LastTwice,
    /// Somebody asked for it.
    Asked,
}

/// A talk as of a moment, its viewer checked.
#[derive(Debug, Clone)]
pub struct Talk {
    row: TalkRow,
    at: Moment,
}

impl Talk {
    /// A talk as of a moment, where the viewer may see its subject's results.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn find(session: &Session, talk: TalkId, at: Moment) -> Result<Option<Self>> {
        let row = session.row::<TalkRow>(&TalkKey { talk }, at.position).await?;
        let found = row.map(|row| Self { row, at });
        let resource = match &found {
            Some(found) => found.subject_then().resource(session).await?,
            None => Resource::Organisation,
        };
        session.allow(Action::SeeResults, resource).await?;
        Ok(found.inspect(|found| found.about_to_show(session)))
    }

    /// Notes that it is about to be shown, where it is with a member.
    fn about_to_show(&self, session: &Session) {
        if self.row.subject_kind == StreamKind::Member {
            session.note_member(What::Talks, MemberId(self.row.subject), self.at);
        }
    }

    fn subject_then(&self) -> Subject {
        Subject::new(self.row.subject_kind, self.row.subject, self.at)
    }

    async fn text(&self, ctx: &Context<'_>, sealed: Option<&domain::text::Sealed>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        session.text(sealed, self.subject_then().resource(session).await?).await
    }
}

/// Which talks; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TalkFilter {
    /// Only with the branches of the subtree of this one, and with their members.
    within: Option<ID>,
    /// Only at this step.
    step: Option<TalkStep>,
    /// Only those held in this calendar year.
    year: Option<i32>,
}

/// The conditions but for the subject.
fn conditions(filter: &TalkFilter) -> Result<[Option<Condition>; 3]> {
    let refused = |refusal| Refusal::from(domain::refusal::Refusal::from(refusal));
    let year = input::asked(filter.year.map(Period::year_of).transpose().map_err(refused))?;
    Ok([
        equals("step", filter.step.map(domain::talk::Step::from)),
        since("held_on", year.map(Period::first_day)),
        before("held_on", year.map(Period::end_day)),
    ])
}

async fn page_of(session: &Session, select: Select<TalkRow>, at: Moment, page: &Page) -> Result<Connection<Talk>> {
    let select = select.by("proposed_at", Order::Descending);
    let talks = Connection::select(session, page, at.position, select, |row| Talk { row, at }).await?;
    talks.rows().for_each(|talk: &Talk| talk.about_to_show(session));
    Ok(talks)
}

/// The talks with a subject, the latest proposed first, where the viewer may see its results.
///
/// # Errors
/// [`Fault`].
pub async fn talks_with(
    session: &Session,
    subject: StreamId,
    about: Resource,
    at: Moment,
    filter: Option<TalkFilter>,
    page: &Page,
) -> Result<Connection<Talk>> {
    session.allow(Action::SeeResults, about).await?;
    let [step, from, until] = conditions(&filter.unwrap_or_default())?;
    let (kind, id) = (equals("subject_kind", Some(subject.kind)), equals("subject", Some(subject.id)));
    page_of(session, all_of([kind, id, step, from, until]), at, page).await
}

/// Talks with whoever is in reach.
async fn talks(session: &Session, filter: TalkFilter, at: Moment, page: &Page) -> Result<Connection<Talk>> {
    let within: Option<BranchId> = input::some_id("within", filter.within.as_ref())?;
    let [step, from, until] = conditions(&filter)?;
    let own = if within.is_none() { own(session, at).await? } else { None };
    let subjects = match session.scope(Action::SeeResults, within, at.position).await {
        Ok(scope) => subjects_of(session, &scope, own, at).await?,
        // Whose roles reach no branch has talks of their own.
        Err(Fault::Denied(_)) if own.is_some() => equals("subject", own),
        Err(fault) => return Err(fault),
    };
    page_of(session, all_of([subjects, step, from, until]), at, page).await
}

/// The viewer, where talks with the viewer are the viewer's to see.
async fn own(session: &Session, at: Moment) -> Result<Option<Uuid>> {
    let Some(member) = session.myself().await? else { return Ok(None) };
    let resource = Subject::of_member(member, at).resource(session).await?;
    let allowed = session.verdict(Action::SeeResults, resource).await? == Verdict::Allow;
    Ok(allowed.then_some(member.0))
}

/// The branches of a scope, their members, and the viewer; nothing for the whole organisation.
async fn subjects_of(session: &Session, scope: &Scope, own: Option<Uuid>, at: Moment) -> Result<Option<Condition>> {
    let (Some(branches), Some(of_members)) = (scope.branches(), scope.condition("branch")) else { return Ok(None) };
    let members = session.every(Select::<MemberRow>::first(1_000).only(of_members), at.position).await?;
    let members = members.into_iter().map(|row| row.member.0);
    let subjects = branches.iter().map(|branch| branch.0).chain(members).chain(own).map(Cell::Uuid);
    Ok(Some(Condition::OneOf("subject", subjects.collect())))
}

/// Talks.
#[derive(Default)]
pub struct TalkQuery;

#[Object]
impl TalkQuery {
    /// A reminder talk 提醒谈话.
    #[graphql(complexity = "READ + child_complexity")]
    async fn talk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Talk>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let talk = input::asked(input::id("id", &id))?;
        Talk::find(session, talk, session.pin_for(When::read(as_of, at_least)).await?).await
    }

    /// Reminder talks, the latest proposed first.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn talks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; all in reach where it is left out.")] filter: Option<TalkFilter>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Talk>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        talks(session, filter.unwrap_or_default(), at, &page).await.map(Some)
    }
}

/// A reminder talk 提醒谈话.
#[Object]
impl Talk {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, self.subject_then(), self.at).events(ctx, first, after).await
    }

    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.row.talk.into()
    }

    /// The member or branch it is with.
    async fn subject(&self) -> Subject {
        self.subject_then()
    }

    /// Why it was proposed.
    async fn cause(&self) -> TalkCause {
        self.row.cause.into()
    }

    /// The id of the round it follows from; null where somebody asked for it.
    async fn round_id(&self) -> Option<ID> {
        self.row.round.map(Into::into)
    }

    /// How far it has come.
    async fn step(&self) -> TalkStep {
        self.row.step.into()
    }

    /// When it was proposed.
    async fn proposed_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.proposed_at)
    }

    /// The actor who proposed it; null where a rule did.
    async fn proposed_by(&self) -> Option<String> {
        self.row.proposed_by.as_ref().map(ToString::to_string)
    }

    /// Why, in the words of whoever proposed it; free text, null where your roles do not reach.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.row.reason.as_ref()).await
    }

    /// The actor who approved it.
    async fn approved_by(&self) -> Option<String> {
        self.row.approved_by.as_ref().map(ToString::to_string)
    }

    /// The actor who declined it.
    async fn declined_by(&self) -> Option<String> {
        self.row.declined_by.as_ref().map(ToString::to_string)
    }

    /// Why it was declined; free text.
    async fn declined_for(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.row.declined_for.as_ref()).await
    }

    /// The day it was held.
    async fn held_on(&self) -> Option<Date> {
        self.row.held_on.map(Into::into)
    }

    /// Who held it.
    async fn held_by(&self) -> Option<Subject> {
        self.row.held_by.map(|member| Subject::of_member(member, self.at))
    }

    /// Of a talk with a branch: who came for it.
    #[graphql(complexity = "5 * child_complexity")]
    async fn attendees(&self) -> Vec<Subject> {
        self.row.attendees.0.iter().map(|member| Subject::of_member(*member, self.at)).collect()
    }

    /// How many person-times 人次 it is: 1 with a member, as many as came with a branch; 0 until it is held.
    async fn person_times(&self) -> i64 {
        self.row.persons
    }

    /// What was said and agreed; free text.
    async fn record(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.row.record.as_ref()).await
    }

    /// The day of the follow-up 回访.
    async fn follow_up_on(&self) -> Option<Date> {
        self.row.follow_up_on.map(Into::into)
    }

    /// Whether that day has come and the follow-up was called for.
    async fn follow_up_called(&self) -> bool {
        self.row.called
    }

    /// The day it was followed up.
    async fn followed_up_on(&self) -> Option<Date> {
        self.row.followed_up_on.map(Into::into)
    }

    /// What was found then; free text.
    async fn note(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.text(ctx, self.row.note.as_ref()).await
    }

    /// The day it was closed 办结.
    async fn closed_on(&self) -> Option<Date> {
        self.row.closed_on.map(Into::into)
    }
}
