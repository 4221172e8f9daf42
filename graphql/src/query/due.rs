//! What is due 到期事项: closes and ends of rounds, answers to appeals, follow-ups of talks.
//!
//! # Rules
//! - A round's close and end are seen by whoever sees the round, its leaders and scrutineers from elsewhere too; an
//!   appeal by whoever sees the member's results in the round, by the branch at its opening; a talk by whoever sees the
//!   results of the member or branch.

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::id::{AppealId, BranchId, MemberId, RoundId};
use domain::stream::StreamKind;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use projections::cell::{Column, ColumnType};
use projections::dues::{DueRow, OpenAppeal};
use projections::rounds::{RoundKey, RoundRow};
use projections::row::{Key, Row};
use projections::select::Select;
use projections::words::DueKind;

use super::lineage::Opened;
use super::round::covered;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{Date, DateTime, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words;

/// How many rows are read at a time.
const PORTION: usize = 1_000;

/// Something that is due, as of a moment, as far as its viewer may see it.
pub struct Due {
    row: DueRow,
    appeals: Vec<(AppealId, OpenAppeal)>,
    at: Moment,
    due: Timestamp,
    noted: bool,
}

/// An appeal that is not answered 申诉.
#[derive(SimpleObject)]
pub struct DueAppeal {
    /// The appeal.
    appeal: ID,
    /// Whose result it is against.
    member: Subject,
    /// The instant by which it is to be answered.
    due_at: DateTime,
    /// Whether it was noted that this has passed 逾期.
    overdue: bool,
}

/// What is due.
#[derive(Default)]
pub struct DueQuery;

#[Object]
impl DueQuery {
    /// What is due 到期事项, the earliest first: rounds to close or to make final, appeals to answer, talks to follow up. What
    /// was done is no longer here.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "the arguments that every list takes, and two of its own")]
    async fn dues(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in the subtree of this branch.")] within: Option<ID>,
        #[graphql(desc = "Only what is due at this instant or before.")] until: Option<DateTime>,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Due>>> {
        let session = Session::of(ctx);
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let within = input::some_id("within", within.as_ref())?;
        let until = until.map(|until| until.0.timestamp());
        dues(session, within, until, at, &page).await.map(Some)
    }
}

async fn dues(
    session: &Session,
    within: Option<BranchId>,
    until: Option<Timestamp>,
    at: Moment,
    page: &Page,
) -> Result<Connection<Due>> {
    // Whoever reaches nothing is told so, instead of being shown an empty list; who takes part in a round is shown that.
    match session.scope(Action::SeeRounds, within, at.position).await {
        Err(Fault::Denied(_)) if within.is_none() && session.myself().await?.is_some() => {}
        scope => _ = scope?,
    }
    let place = page.place(&ordered())?;
    let rows = session.every(Select::<DueRow>::first(PORTION), at.position).await?;
    let shown = try_join_all(rows.into_iter().map(|row| reached(session, row, within, at))).await?;
    let wanted = shown.into_iter().flatten().filter(|due| until.is_none_or(|until| due.due <= until));
    // By the instant that is shown: a cursor tells no other, be it of an appeal out of reach.
    let placed = wanted.map(|due| ([vec![due.due.to_cell()], due.row.key().cells()].concat(), due));
    let mut following: Vec<_> = placed.filter(|(own, _)| place.as_ref().is_none_or(|place| own > place)).collect();
    following.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Connection::of(session, page, at.position, following.into_iter().take(page.limit + 1)))
}

/// The columns the list is ordered by.
fn ordered() -> Vec<Column> {
    let by = DueRow::COLUMNS.iter().filter(|column| column.name == "due_at");
    by.chain(&DueRow::COLUMNS[..DueRow::KEY]).copied().collect()
}

/// The row as far as the viewer may see it, where it is within a branch.
async fn reached(session: &Session, row: DueRow, within: Option<BranchId>, at: Moment) -> Result<Option<Due>> {
    let round = RoundId(row.subject);
    let seen = match row.kind {
        DueKind::RoundClose | DueKind::RoundFinalisation => sees_round(session, round, within, at).await?,
        DueKind::AppealAnswer => {
            let of = |open: &OpenAppeal| sees_person(session, round, open.member, within, at);
            let seen = try_join_all(row.appeals.0.values().map(of)).await?;
            let all = row.appeals.0.iter().zip(seen).filter(|(_, seen)| *seen);
            let appeals: Vec<_> = all.map(|((appeal, open), _)| (*appeal, *open)).collect();
            return Ok((!appeals.is_empty()).then(|| shown(session, row, appeals, at)));
        }
        DueKind::TalkFollowUp => match row.subject_kind {
            StreamKind::Member => sees_member(session, MemberId(row.subject), within, at).await?,
            StreamKind::Branch | StreamKind::Round => {
                let branch = Resource::Branch(BranchId(row.subject));
                sees(session, Action::SeeResults, branch, within, at).await?
            }
        },
    };
    Ok(seen.then(|| shown(session, row, vec![], at)))
}

/// Nothing is told of appeals out of reach, not even when the first of them is due.
fn shown(session: &Session, row: DueRow, appeals: Vec<(AppealId, OpenAppeal)>, at: Moment) -> Due {
    let first = |wanted: fn(&OpenAppeal) -> bool| {
        appeals.iter().filter(|(_, open)| wanted(open)).map(|(_, open)| open.answer_until).min()
    };
    let unnoted = first(|open| !open.noted);
    let (appeal, noted) = (unnoted.or(first(|_| true)), if appeals.is_empty() { row.noted } else { unnoted.is_none() });
    let due = appeal.unwrap_or_else(|| row.due_on.map_or(row.due_at, |on| session.start_of(on)));
    Due { row, appeals, at, due, noted }
}

async fn sees_round(session: &Session, round: RoundId, within: Option<BranchId>, at: Moment) -> Result<bool> {
    let Some(row) = session.row::<RoundRow>(&RoundKey { round }, at.position).await? else { return Ok(false) };
    if within.is_none() {
        return covered::sees(session, &row, at).await;
    }
    for branch in row.branches.0 {
        if sees(session, Action::SeeRounds, Resource::Branch(branch), within, at).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Of somebody's result in a round.
async fn sees_person(
    session: &Session,
    round: RoundId,
    member: MemberId,
    within: Option<BranchId>,
    at: Moment,
) -> Result<bool> {
    match covered::person(session, round, member, at).await? {
        Some(person) => {
            let about = covered::resource_of(session, &person, at).await?;
            sees(session, Action::SeeResults, about, within, at).await
        }
        None => sees_member(session, member, within, at).await,
    }
}

async fn sees_member(session: &Session, member: MemberId, within: Option<BranchId>, at: Moment) -> Result<bool> {
    match session.member(member, at.position).await? {
        Some(row) => sees(session, Action::SeeResults, Resource::Member(member, row.branch), within, at).await,
        None => Ok(false),
    }
}

async fn sees(
    session: &Session,
    action: Action,
    what: Resource,
    within: Option<BranchId>,
    at: Moment,
) -> Result<bool, Fault> {
    let inside = match (what, within) {
        (Resource::Branch(branch) | Resource::Member(_, branch), Some(top)) => {
            session.tree(at.position).await?.is_within(branch, top)
        }
        (Resource::Organisation, Some(_)) => false,
        (_, None) => true,
    };
    Ok(inside && session.verdict(action, what).await? == Verdict::Allow)
}

/// Something that is due.
#[Object]
impl Due {
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

    /// What is to be done.
    async fn kind(&self) -> words::DueKind {
        self.row.kind.into()
    }

    /// The round or the talk.
    async fn item(&self) -> ID {
        self.row.item.into()
    }

    /// What it is about: the round, or with whom the talk is.
    async fn subject(&self) -> Subject {
        Subject::new(self.row.subject_kind, self.row.subject, self.at)
    }

    /// The instant; of a day its beginning in the organisation's zone. Of several appeals the first that has not passed.
    async fn due_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.due)
    }

    /// The day, where it is due on a day.
    async fn due_on(&self) -> Option<Date> {
        self.row.due_on.map(Into::into)
    }

    /// Whether it was noted that the time has come: for all appeals, for the talk. What is left is to do it.
    async fn noted(&self) -> bool {
        self.noted
    }

    /// The appeals to be answered, as far as they are in reach.
    #[graphql(complexity = "weight(Some(10), child_complexity)")]
    async fn appeals(&self, ctx: &Context<'_>) -> Vec<DueAppeal> {
        let shown = |(appeal, open): &(AppealId, OpenAppeal)| DueAppeal {
            appeal: appeal.0.into(),
            member: Subject::of_member(open.member, self.at),
            due_at: Session::of(ctx).shown(open.answer_until),
            overdue: open.noted,
        };
        self.appeals.iter().map(shown).collect()
    }
}
