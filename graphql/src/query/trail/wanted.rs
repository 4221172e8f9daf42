//! Which events a trail is asked for, and how far it reaches.

use async_graphql::{ID, InputObject};
use domain::id::{MemberId, RoundId};
use domain::stream::StreamKind;
use futures_util::future::try_join_all;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, ColumnType};
use projections::members::MemberRow;
use projections::round_people::RoundPersonRow;
use projections::select::Condition;
use uuid::Uuid;

use super::super::filter::{all_of, before, equals, since};
use super::super::round::covered;
use super::super::subject::{Subject, SubjectKind};
use crate::fault::{Fault, Result};
use crate::input;
use crate::policy::{Action, Resource, Scope, Verdict};
use crate::ports::Moment;
use crate::scalar::DateTime;
use crate::session::Session;

/// The most members a trail without a subject looks for.
const MEMBERS: usize = 10_000;

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
pub(super) enum Reach {
    /// As far as the viewer's roles.
    Roles,
    /// To these branches.
    Branches(Scope),
}

impl Reach {
    /// Whether it reaches what a row says: of a member in a round, by the branch at the opening.
    pub(super) async fn holds(&self, session: &Session, row: &AuditRow, at: Moment) -> Result<bool> {
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
                Ok(scope.holds(branch) || session.myself().await? == Some(member))
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
    pub(super) async fn conditions(&self, session: &Session, at: Moment) -> Result<(Vec<Condition>, Reach)> {
        let text =
            |field: &str, given: &Option<String>| given.as_deref().map(|text| input::search(field, text)).transpose();
        let verbatim = |field: &str, given: &Option<String>| {
            let given = given.as_deref().map(|id| input::command_id(field, id).map(str::to_owned));
            input::asked(given.transpose())
        };
        // By positions, which the trail is ordered by, so that it is read from there and not from its start.
        let next = async |given: &Option<DateTime>| match given {
            Some(given) => {
                let before = session.reads().before(given.0.timestamp()).await?;
                Ok::<_, Fault>(Some(i64::try_from(before.0).unwrap_or(i64::MAX).saturating_add(1)))
            }
            None => Ok(None),
        };
        let wanted = [
            equals("actor", text("actor", &self.actor)?),
            equals("event_type", text("type", &self.event_type)?),
            equals("command", verbatim("commandId", &self.command_id)?),
            equals("correlation", verbatim("correlationId", &self.correlation_id)?),
            since("position", next(&self.from).await?),
            before("position", next(&self.until).await?),
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
                (_, _) => {
                    return Err(Fault::tried(Action::SeeTrail, (kind.into(), id)));
                }
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
        true => Err(Fault::tried(Action::SeeTrail, (projections::words::SubjectKind::Member, member.0))),
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
