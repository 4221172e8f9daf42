//! The audit trail 审计轨迹: who, when, what, on whom, why, caused by what.
//!
//! # Rules
//! - An event is shown once, however many of those asked for it concerns.
//! - Without a subject, a viewer of the whole organisation sees every event, anybody else those that concern the
//!   branches in reach and the members in them today.
//! - What became of a leader's comment is not told before its round is published: not what was decided, nor why.
//! - What concerns a member in a round is placed by their branch at its opening: asked for by name, it is told there
//!   wherever they are now, and where they moved to it is not.

mod wanted;

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use domain::id::{MemberId, RoundId};
use domain::stream::StreamKind;
use futures_util::future::try_join_all;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, Column, ColumnType, Kind};
use projections::rounds::{RoundKey, RoundRow};
use projections::row::Row as _;
use projections::select::{Condition, Order, Select};
use projections::words::SubjectKind;

pub use self::wanted::{SubjectInput, TrailFilter};
use super::filter::{all_of, equals};
use super::round::covered;
use super::subject::Subject;
use crate::fault::{Fault, Result};
use crate::global::Global;
use crate::input::AsOf;
use crate::look::What;
use crate::page::{Connection, Page, When, bad_cursor, weight};
use crate::policy::{Action, Resource, Verdict};
use crate::ports::Moment;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// How many rows are read at a time where several may be of one event.
const PORTION: usize = 256;

/// An event of the log, its viewer checked.
#[derive(Debug, Clone)]
pub struct Event {
    row: AuditRow,
    at: Moment,
}

impl Event {
    /// An event of the log, where the viewer may see the trail of something that it concerns.
    ///
    /// # Errors
    /// [`Fault::Denied`], [`Fault::Read`].
    pub async fn find(session: &Session, position: domain::stream::Position, at: Moment) -> Result<Option<Self>> {
        let of_event = Select::<AuditRow>::first(PORTION).only(Condition::Equals("position", as_cell(position)));
        let rows = session.every(of_event, at.position).await?;
        if rows.is_empty() {
            return session.allow(Action::SeeTrail, Resource::Organisation).await.map(|()| None);
        }
        let seen = try_join_all(rows.iter().map(|row| may_see(session, row, at))).await?;
        match seen.contains(&true) {
            true => Ok(events_at(session, &[position], at).await?.pop()),
            false => Err(Fault::tried(Action::SeeTrail, (rows[0].subject_kind, rows[0].subject))),
        }
    }

    /// Its place in a trail.
    #[must_use]
    pub fn place(&self) -> Vec<Cell> {
        vec![Cell::Int(self.row.position)]
    }

    /// Its position.
    #[must_use]
    pub fn position(&self) -> domain::stream::Position {
        domain::stream::Position(u64::try_from(self.row.position).unwrap_or_default())
    }

    fn stream(&self) -> Subject {
        Subject::new(self.row.stream_kind, self.row.stream, self.at)
    }

    /// The round it is of, where it is of one.
    #[must_use]
    pub fn round(&self) -> Option<RoundId> {
        match self.row.stream_kind {
            StreamKind::Round => Some(RoundId(self.row.stream)),
            StreamKind::Member | StreamKind::Branch => None,
        }
    }

    /// Whether what it says waits for its round to be published: whether a comment was released, and why it was not.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Read`].
    pub async fn is_kept_back(&self, session: &Session) -> Result<bool> {
        if self.row.event_type != "round_comment_moderated" {
            return Ok(false);
        }
        let round = session.row::<RoundRow>(&RoundKey { round: RoundId(self.row.stream) }, self.at.position).await?;
        Ok(round.is_none_or(|round| round.published_at.is_none()))
    }
}

/// Whether the viewer may see the trail of what a row is about: of a member in a round, by the branch at the opening.
async fn may_see(session: &Session, row: &AuditRow, at: Moment) -> Result<bool> {
    let in_round = (row.subject_kind, row.stream_kind) == (projections::words::SubjectKind::Member, StreamKind::Round);
    let person = match in_round {
        true => covered::person(session, RoundId(row.stream), MemberId(row.subject), at).await?,
        false => None,
    };
    let about = match person {
        Some(person) => covered::resource_of(session, &person, at).await?,
        None => Subject::new(row.subject_kind, row.subject, at).resource(session).await?,
    };
    Ok(session.verdict(Action::SeeTrail, about).await? == Verdict::Allow)
}

/// What a cursor of a trail holds.
#[must_use]
pub fn position_column() -> Column {
    Column { name: "position", kind: Kind::Int, nullable: false }
}

/// The position after which a page of events goes on.
///
/// # Errors
/// `page.bad_cursor`.
pub fn events_after(page: &Page) -> Result<domain::stream::Position> {
    match page.place(&[position_column()])?.as_deref() {
        Some([Cell::Int(position)]) => u64::try_from(*position).map(domain::stream::Position).map_err(|_| bad_cursor()),
        Some(_) | None => Ok(domain::stream::Position(0)),
    }
}

/// The events at these positions, in this order.
///
/// # Errors
/// [`Fault::Read`].
pub async fn events_at(session: &Session, positions: &[domain::stream::Position], at: Moment) -> Result<Vec<Event>> {
    match positions.is_empty() {
        true => Ok(vec![]),
        false => Ok(in_order(positions, session.rows(&those_at(positions), at.position).await?, at)),
    }
}

/// The same of those behind a row, read together with those behind the other rows of a page.
///
/// # Errors
/// [`Fault::Read`].
pub async fn events_behind(
    session: &Session,
    positions: &[domain::stream::Position],
    at: Moment,
) -> Result<Vec<Event>> {
    match positions.is_empty() {
        true => Ok(vec![]),
        false => Ok(in_order(positions, session.rows_together(&those_at(positions), at.position).await?, at)),
    }
}

fn those_at(positions: &[domain::stream::Position]) -> Select<AuditRow> {
    let cells = positions.iter().map(|position| as_cell(*position)).collect();
    Select::<AuditRow>::first(positions.len())
        .only(Condition::Equals("is_primary", true.to_cell()))
        .only(Condition::OneOf("position", cells))
}

fn in_order(positions: &[domain::stream::Position], rows: Vec<AuditRow>, at: Moment) -> Vec<Event> {
    let mut found: HashMap<domain::stream::Position, Event> =
        rows.into_iter().map(|row| Event { row, at }).map(|event| (event.position(), event)).collect();
    positions.iter().filter_map(|position| found.remove(position)).collect()
}

fn as_cell(position: domain::stream::Position) -> Cell {
    Cell::Int(i64::try_from(position.0).unwrap_or(i64::MAX))
}

/// The events of a trail that follow a position, at most `limit`.
///
/// # Errors
/// [`Fault::Denied`], `input.*`, `trail.too_wide`, [`Fault::Read`].
pub async fn trail(
    session: &Session,
    filter: &TrailFilter,
    at: Moment,
    order: Order,
    after: Option<Cell>,
    limit: usize,
) -> Result<Vec<Event>> {
    let (conditions, reach) = filter.conditions(session, at).await?;
    let mut positions: Vec<domain::stream::Position> = Vec::new();
    let mut after = after;
    loop {
        let select = conditions.iter().cloned().fold(Select::<AuditRow>::first(PORTION), Select::only);
        let select = after.take().into_iter().fold(select, |select, place| select.only(beyond(order, place)));
        let rows = session.rows(&select.by("position", order), at.position).await?;
        let (read, last) = (rows.len(), rows.last().map(|row| Cell::Int(row.position)));
        let held = try_join_all(rows.iter().map(|row| reach.holds(session, row, at))).await?;
        let rows = rows.into_iter().zip(held).filter(|(_, held)| *held);
        positions.extend(rows.map(|(row, _)| Event { row, at }.position()));
        positions.dedup();
        if positions.len() >= limit || read < PORTION {
            positions.truncate(limit);
            return events_at(session, &positions, at).await;
        }
        after = last;
    }
}

fn beyond(order: Order, place: Cell) -> Condition {
    match order {
        Order::Ascending => Condition::Above("position", place),
        Order::Descending => Condition::Before("position", place),
    }
}

/// The audit trail.
#[derive(Default)]
pub struct TrailQuery;

#[Object]
impl TrailQuery {
    /// The audit trail 审计轨迹, the earliest first.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events; all in reach where it is left out.")] filter: Option<TrailFilter>,
        #[graphql(desc = "The latest first.", default)] reverse: bool,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let after = page.place(&[position_column()])?.and_then(|place| place.into_iter().next());
        let order = if reverse { Order::Descending } else { Order::Ascending };
        let events = trail(session, &filter.unwrap_or_default(), at, order, after, page.limit + 1).await?;
        Ok(Some(Connection::of_fold(
            session,
            &page,
            AuditRow::TABLE,
            at.position,
            events.into_iter().map(|event| (event.place(), event)),
        )))
    }
}

/// An event of the log 事件: who, when, what, on whom, why, caused by what.
#[Object]
impl Event {
    /// The id: another one under another origin of the log.
    pub(crate) async fn id(&self, ctx: &Context<'_>) -> ID {
        Global::Event(self.position(), Session::of(ctx).reads().origin()).id()
    }

    /// Where it stands in the log.
    #[graphql(name = "position")]
    async fn shown_position(&self) -> Position {
        self.position().into()
    }

    /// The origin of the log that the position is of 日志起源.
    async fn origin(&self, ctx: &Context<'_>) -> ID {
        Session::of(ctx).reads().origin().into()
    }

    /// What happened: the stored name, such as `member_transferred`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.row.event_type
    }

    /// When it was recorded.
    async fn recorded_at(&self, ctx: &Context<'_>) -> DateTime {
        Session::of(ctx).shown(self.row.at)
    }

    /// Who gave the command: an opaque id.
    async fn actor(&self) -> &str {
        &self.row.actor.0
    }

    /// Whose event it is: a member, a branch or a round.
    async fn subject(&self) -> Subject {
        self.stream()
    }

    /// Everyone and everything else it concerns, at most 100.
    #[graphql(complexity = "weight(Some(100), child_complexity)")]
    async fn concerns(&self, ctx: &Context<'_>) -> Result<Option<Vec<Subject>>> {
        let select =
            all_of::<AuditRow>([equals("is_primary", Some(false)), equals("position", Some(self.row.position))]);
        let rows = Session::of(ctx).rows_together(&with_limit(select, 100), self.at.position).await?;
        Ok(Some(rows.into_iter().map(|row| Subject::new(row.subject_kind, row.subject, self.at)).collect()))
    }

    /// The command that led to it.
    async fn command_id(&self) -> &str {
        &self.row.command
    }

    /// What it is part of: the id shared by everything that one request or import led to.
    async fn correlation_id(&self) -> &str {
        &self.row.correlation
    }

    /// Why: the reason or note of the event; free text, null where your roles do not reach.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        let Some(reason) = &self.row.reason else { return Ok(None) };
        session.text(Some(reason), self.stream().resource(session).await?).await
    }

    /// The version of the subject's stream after it: 1, 2, 3 …
    async fn sequence(&self, ctx: &Context<'_>) -> Result<Option<u64>> {
        Ok(Session::of(ctx).fact(self.position()).await?.map(|fact| fact.sequence))
    }

    /// What the log holds of it, as JSON; free texts stay sealed in it. Null of a roster that names people out of reach,
    /// and of a comment that was looked at until its round is published.
    async fn body(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        if self.is_kept_back(session).await? {
            return Ok(None);
        }
        // A roster names everybody of every branch covered.
        if self.row.event_type == "round_roster_fixed" {
            let covered = self.stream().resource(session).await?;
            if session.verdict(Action::SeeRoster, covered).await? != Verdict::Allow {
                return Ok(None);
            }
        }
        match self.row.stream_kind {
            StreamKind::Member => session.note(What::Events, Some((SubjectKind::Member, self.row.stream)), self.at),
            StreamKind::Round => session.note(What::Events, Some((SubjectKind::Round, self.row.stream)), self.at),
            StreamKind::Branch => {}
        }
        Ok(session.fact(self.position()).await?.map(|fact| fact.event.encode()))
    }
}

fn with_limit(mut select: Select<AuditRow>, limit: usize) -> Select<AuditRow> {
    select.plan.limit = limit;
    select
}
