//! Appeals 申诉 against published results.

use async_graphql::{Context, ID, Object};
use domain::id::AppealId;
use futures_util::future::try_join_all;
use projections::appeals::{AppealKey, AppealRow};
use projections::cell::{Cell, Column, ColumnType};
use projections::rounds::RoundRow;
use projections::row::Row;
use projections::words::SubjectKind;

use super::super::filter::all_of;
use super::super::lineage::Opened;
use super::super::subject::Subject;
use super::super::trail::Event;
use super::covered::{every, of_round, person, resource_of};
use crate::fault::{Fault, Result};
use crate::look::What;
use crate::page::{Connection, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::DateTime;
use crate::session::Session;

/// An appeal 申诉, its viewer checked.
#[derive(Debug, Clone)]
pub struct Appeal {
    row: AppealRow,
    about: Resource,
    at: Moment,
}

/// What a cursor of appeals holds.
pub fn columns() -> [Column; 1] {
    [AppealRow::COLUMNS[0]]
}

/// The appeals of a round that the viewer may see, by id.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn appeals_of(session: &Session, round: &RoundRow, at: Moment) -> Result<Vec<Appeal>> {
    let rows: Vec<AppealRow> = every(session, all_of([of_round(round)]), at).await?;
    let seen = try_join_all(rows.into_iter().map(|row| seen(session, row, at))).await?;
    Ok(seen.into_iter().flatten().collect())
}

async fn seen(session: &Session, row: AppealRow, at: Moment) -> Result<Option<Appeal>> {
    let about = match person(session, row.round, row.member, at).await? {
        Some(person) => resource_of(session, &person, at).await?,
        None => Resource::Organisation,
    };
    let allowed = session.verdict(Action::SeeResults, about).await? == Verdict::Allow;
    Ok(allowed.then_some(Appeal { row, about, at }))
}

/// The appeals of one person in a round. The policy was asked for the person's results.
///
/// # Errors
/// [`crate::fault::Fault::Read`].
pub async fn appeals_of_person(
    session: &Session,
    round: &RoundRow,
    member: domain::id::MemberId,
    about: Resource,
    at: Moment,
) -> Result<Vec<Appeal>> {
    let (common, one) = ([("round", round.round.to_cell())], ("member", member.to_cell()));
    let rows: Vec<AppealRow> = session.among(&common, one, at.position).await?;
    let appeals: Vec<Appeal> = rows.into_iter().map(|row| Appeal { row, about, at }).collect();
    appeals.iter().for_each(|appeal| appeal.note(session));
    Ok(appeals)
}

impl Appeal {
    /// Notes that it is about to be shown.
    pub fn note(&self, session: &Session) {
        session.note_member(What::Appeals, self.row.member, self.at);
    }

    /// An appeal as of a moment, where the viewer may see it.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Denied`], [`crate::fault::Fault::Read`].
    pub async fn find(session: &Session, appeal: AppealId, at: Moment) -> Result<Option<Self>> {
        match session.row::<AppealRow>(&AppealKey { appeal }, at.position).await? {
            Some(row) => {
                let about = (SubjectKind::Member, row.member.0);
                let found = seen(session, row, at).await?.ok_or_else(|| Fault::tried(Action::SeeResults, about))?;
                found.note(session);
                Ok(Some(found))
            }
            None => session.allow(Action::SeeResults, Resource::Organisation).await.map(|()| None),
        }
    }

    /// Its place in the list.
    #[must_use]
    pub fn place(&self) -> Vec<Cell> {
        vec![self.row.appeal.to_cell()]
    }
}

/// An appeal 申诉.
#[Object]
impl Appeal {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, (self.row.round, self.row.member), self.at).events(ctx, first, after).await
    }

    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        self.row.appeal.into()
    }

    /// Whose result it is against.
    async fn member(&self) -> Subject {
        Subject::of_member(self.row.member, self.at)
    }

    /// When it was filed.
    async fn filed_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.filed_at)
    }

    /// Why; free text, null where your roles do not reach.
    async fn text(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(Some(&self.row.text), self.about).await
    }

    /// The instant by which it is to be answered 答复期限.
    async fn answer_until(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.answer_until)
    }

    /// Whether that passed without an answer 逾期.
    async fn overdue(&self) -> bool {
        self.row.overdue
    }

    /// Whether it was right; null before the answer.
    async fn upheld(&self) -> Option<bool> {
        self.row.upheld
    }

    /// What was answered; free text, null before, and where your roles do not reach.
    async fn answer(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Session::of(ctx).text(self.row.answer.as_ref(), self.about).await
    }

    /// Who answered: an opaque id, not of whoever decided.
    async fn answered_by(&self) -> Option<&str> {
        self.row.answered_by.as_ref().map(|actor| actor.0.as_str())
    }

    /// When it was answered.
    async fn answered_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        self.row.answered_at.map(|at| Session::of(ctx).shown(at))
    }

    /// The version of the result that it led to; null where it led to none.
    async fn correction(&self) -> Option<i64> {
        self.row.correction
    }
}
