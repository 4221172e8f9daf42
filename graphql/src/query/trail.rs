//! The audit trail 审计轨迹: who, when, what, on whom, why, caused by what.
//!
//! # Rules
//! - An event is shown once, however many of those asked for it concerns.
//! - Without a subject, a viewer of the whole organisation sees every event, anybody else those that concern the
//!   branches in reach and the members in them today.
//! - What concerns a member in a round is placed by their branch at its opening: asked for by name, it is told there
//!   wherever they are now, and where they moved to it is not.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use domain::id::{MemberId, RoundId};
use domain::stream::StreamKind;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, Column, ColumnType, Kind};
use projections::members::MemberRow;
use projections::round_people::RoundPersonRow;
use projections::select::{Condition, Order, Select};
use uuid::Uuid;

use super::filter::{all_of, before, equals, since};
use super::round::covered;
use super::subject::{Subject, SubjectKind};
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf};
use crate::page::{Connection, Page, When, weight};
use crate::policy::{Action, Resource, Scope, Verdict};
use crate::ports::Moment;
use crate::scalar::{DateTime, Position};
use crate::schema::READ;
use crate::session::Session;

/// The most members a trail without a subject looks for.
const MEMBERS: usize = 10_000;
/// How many rows are read at a time where several may be of one event.
const PORTION: usize = 256;

/// An event of the log, its viewer checked.
#[derive(Debug, Clone)]
pub struct Event {
    row: AuditRow,
    at: Moment,
}

impl Event {
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
}

/// What a cursor of a trail holds.
#[must_use]
pub fn position_column() -> Column {
    Column { name: "position", kind: Kind::Int, nullable: false }
}

/// The events at these positions, in this order.
///
/// # Errors
/// [`Fault::Read`].
pub async fn events_at(session: &Session, positions: &[domain::stream::Position], at: Moment) -> Result<Vec<Event>> {
    if positions.is_empty() {
        return Ok(vec![]);
    }
    let cells = positions.iter().map(|position| as_cell(*position)).collect();
    let select = Select::<AuditRow>::first(positions.len())
        .only(Condition::Equals("is_primary", true.to_cell()))
        .only(Condition::OneOf("position", cells));
    let rows = session.rows(&select, at.position).await?;
    let mut found: HashMap<domain::stream::Position, Event> =
        rows.into_iter().map(|row| Event { row, at }).map(|event| (event.position(), event)).collect();
    Ok(positions.iter().filter_map(|position| found.remove(position)).collect())
}

fn as_cell(position: domain::stream::Position) -> Cell {
    Cell::Int(i64::try_from(position.0).unwrap_or(i64::MAX))
}

/// A subject of a trail.
#[derive(Debug, Clone, InputObject)]
pub struct SubjectInput {
    /// What it is.
    kind: SubjectKind,
    /// Which one.
    id: ID,
}

/// Which events; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TrailFilter {
    /// Only those that concern this member, branch, outlet, contact point or round.
    subject: Option<SubjectInput>,
    /// Only those that concern the branches in this branch's subtree or the members in them.
    within: Option<ID>,
    /// Only of commands that this actor gave.
    actor: Option<String>,
    /// Only of this type: the stored name of the event, such as `member_transferred`.
    #[graphql(name = "type")]
    event_type: Option<String>,
    /// Only recorded at or after this instant.
    from: Option<DateTime>,
    /// Only recorded before this instant.
    until: Option<DateTime>,
    /// Only those that the command of this id led to; the id exactly as it was given.
    command_id: Option<String>,
    /// Only those that are part of this; the id exactly as it was given.
    correlation_id: Option<String>,
}

impl SubjectInput {
    /// The subject that was meant.
    ///
    /// # Errors
    /// `input.bad_id`.
    pub fn read(&self, at: Moment) -> Result<(SubjectKind, Uuid, Subject)> {
        let id: Uuid = input::asked(input::id("subject.id", &self.id))?;
        Ok((self.kind, id, Subject::new(self.kind, id, at)))
    }
}

/// How far a trail reaches.
enum Reach {
    /// As far as the viewer's roles.
    Roles,
    /// To these branches.
    Branches(Scope),
}

impl Reach {
    /// Whether it reaches what a row says: of a member in a round, by the branch at the opening.
    async fn holds(&self, session: &Session, row: &AuditRow, at: Moment) -> Result<bool> {
        let of = (row.subject_kind, row.stream_kind);
        if of != (projections::words::SubjectKind::Member, StreamKind::Round) {
            return Ok(true);
        }
        if session.verdict(Action::SeeTrail, Resource::Organisation).await? == Verdict::Allow
            && matches!(self, Self::Roles)
        {
            return Ok(true);
        }
        let Some(person) = covered::person(session, RoundId(row.stream), MemberId(row.subject), at).await? else {
            return Ok(true);
        };
        match (self, covered::resource_of(session, &person, at).await?) {
            (Self::Branches(scope), Resource::Member(member, branch)) => {
                Ok(scope.holds(branch) || session.viewer()?.member == Some(member))
            }
            (_, about) => Ok(session.verdict(Action::SeeTrail, about).await? == Verdict::Allow),
        }
    }
}

impl TrailFilter {
    /// The conditions on the trail's rows, after the policy was asked.
    ///
    /// # Errors
    /// [`Fault::Denied`], `input.*`, `trail.too_wide`, [`Fault::Read`].
    async fn conditions(&self, session: &Session, at: Moment) -> Result<(Vec<Condition>, Reach)> {
        let text =
            |field: &str, given: &Option<String>| given.as_deref().map(|text| input::search(field, text)).transpose();
        let verbatim = |field: &str, given: &Option<String>| {
            let given = given.as_deref().map(|id| input::command_id(field, id).map(str::to_owned));
            input::asked(given.transpose())
        };
        // Nothing is recorded before 1970, and not every instant before it can be compared with what is.
        let instant =
            |given: &Option<DateTime>| given.as_ref().map(|given| given.0.timestamp().max(Timestamp::UNIX_EPOCH));
        let wanted = [
            equals("actor", text("actor", &self.actor)?),
            equals("event_type", text("type", &self.event_type)?),
            equals("command", verbatim("commandId", &self.command_id)?),
            equals("correlation", verbatim("correlationId", &self.correlation_id)?),
            since("at", instant(&self.from)),
            before("at", instant(&self.until)),
        ];
        let (mut conditions, reach) = self.concerning(session, at).await?;
        conditions.extend(wanted.into_iter().flatten());
        Ok((conditions, reach))
    }

    async fn concerning(&self, session: &Session, at: Moment) -> Result<(Vec<Condition>, Reach)> {
        let within = input::some_id("within", self.within.as_ref())?;
        if let Some(given) = &self.subject {
            let (kind, id, subject) = given.read(at)?;
            let about = subject.resource(session).await?;
            let rounds = match (session.verdict(Action::SeeTrail, about).await?, kind) {
                (Verdict::Allow, _) => None,
                (_, SubjectKind::Member) => Some(placed(session, MemberId(id), at).await?),
                (_, _) => return Err(Fault::Denied),
            };
            let kind = projections::words::SubjectKind::from(kind);
            let of_subject = [equals("subject_kind", Some(kind)), equals("subject", Some(id)), rounds];
            return Ok((of_subject.into_iter().flatten().collect(), Reach::Roles));
        }
        let scope = session.scope(Action::SeeTrail, within, at.position).await?;
        match scope.branches() {
            None => Ok((vec![Condition::Equals("is_primary", true.to_cell())], Reach::Roles)),
            Some(_) => {
                let subjects = Condition::OneOf("subject", subjects(session, &scope, at).await?);
                Ok((vec![subjects], Reach::Branches(scope)))
            }
        }
    }
}

/// The condition to be of the rounds in which the viewer reaches somebody by the branch at the opening, wherever they are
/// now.
async fn placed(session: &Session, member: MemberId, at: Moment) -> Result<Condition> {
    let places: Vec<RoundPersonRow> = covered::every(session, all_of([equals("member", Some(member))]), at).await?;
    let seen = places.iter().map(async |place| {
        let about = covered::resource_of(session, place, at).await?;
        let allowed = session.verdict(Action::SeeTrail, about).await? == Verdict::Allow;
        Ok::<_, Fault>(allowed.then_some(Cell::Uuid(place.round.0)))
    });
    let rounds: Vec<Cell> = try_join_all(seen).await?.into_iter().flatten().collect();
    match rounds.is_empty() {
        true => Err(Fault::Denied),
        false => Ok(Condition::OneOf("stream", rounds)),
    }
}

/// The branches of a scope and the members in them.
async fn subjects(session: &Session, scope: &Scope, at: Moment) -> Result<Vec<Cell>> {
    let mut select = all_of::<MemberRow>([scope.condition("branch")]);
    select.plan.limit = MEMBERS + 1;
    let members = session.rows(&select, at.position).await?;
    if members.len() > MEMBERS {
        let message = format!("more than {MEMBERS} members are within; name a smaller branch or a subject");
        let zh = format!("范围内超过 {MEMBERS} 人;请指定更小的组织或某一对象");
        return Err(Fault::bad("trail.too_wide", &[("most", MEMBERS.to_string())], &message, &zh));
    }
    let branches = scope.branches().unwrap_or_default().iter().map(|branch| Cell::Uuid(branch.0));
    Ok(branches.chain(members.into_iter().map(|row| Cell::Uuid(row.member.0))).collect())
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
        session.viewer()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        let after = page.place(&[position_column()])?.and_then(|place| place.into_iter().next());
        let order = if reverse { Order::Descending } else { Order::Ascending };
        let events = trail(session, &filter.unwrap_or_default(), at, order, after, page.limit + 1).await?;
        Ok(Some(Connection::of(&page, at.position, events.into_iter().map(|event| (event.place(), event)))))
    }
}

/// An event of the log 事件: who, when, what, on whom, why, caused by what.
#[Object]
impl Event {
    /// Where it stands in the log.
    #[graphql(name = "position")]
    async fn shown_position(&self) -> Position {
        self.position().into()
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
        let rows = Session::of(ctx).rows(&with_limit(select, 100), self.at.position).await?;
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

    /// What the log holds of it, as JSON; free texts stay sealed in it. Null of a roster that names people out of reach.
    async fn body(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let session = Session::of(ctx);
        // A roster names everybody of every branch covered.
        if self.row.event_type == "round_roster_fixed" {
            let covered = self.stream().resource(session).await?;
            if session.verdict(Action::SeeRoster, covered).await? != Verdict::Allow {
                return Ok(None);
            }
        }
        Ok(Session::of(ctx).fact(self.position()).await?.map(|fact| fact.event.encode()))
    }
}

fn with_limit(mut select: Select<AuditRow>, limit: usize) -> Select<AuditRow> {
    select.plan.limit = limit;
    select
}
