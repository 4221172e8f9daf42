//! Rounds at the door: over which branches one is, who takes part as oneself, whose an appeal is.

use async_graphql::ID;
use domain::event::{Event, Fact};
use domain::id::{AppealId, BranchId, MemberId, RoundId};
use domain::round::{RoundCommand, RoundEvent, RoundRefusal};
use domain::stream::Position;
use domain::world::Command;
use projections::audit_trail::AuditRow;
use projections::cell::{Cell, ColumnType};
use projections::rounds::{RoundKey, RoundRow};
use projections::select::{Condition, Select};
use projections::words::SubjectKind;
use uuid::Uuid;

use super::sight::Sight;
use super::{Asked, BranchSubject, Door, Halt, MemberSubject, denied};
use crate::fault::Result;
use crate::input;
use crate::look::{What, record};
use crate::policy::{Action, Resource};
use crate::ports::Moment;
use crate::query::round::covered;

/// A round that the asker may act on.
#[derive(Debug, Clone, Copy)]
pub struct RoundSubject(RoundId);

impl RoundSubject {
    /// Which round.
    #[must_use]
    pub fn id(self) -> RoundId {
        self.0
    }

    /// A command to it.
    #[must_use]
    pub fn asks(self, command: RoundCommand) -> Asked {
        Asked { command: Command::Round(self.0, command), person: None, id: self.0.0 }
    }
}

impl Door<'_> {
    /// The round an input names, where the asker may do this to every branch it covers.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`.
    pub async fn round(&self, field: &str, given: &ID, action: Action) -> Result<RoundSubject, Halt> {
        let round: RoundId = input::id(field, given)?;
        if self.reaches_all(action).await? {
            return Ok(RoundSubject(round));
        }
        for sight in Sight::BOTH {
            let at = self.at(sight).await?.position;
            // An unknown round covers nothing, hence is out of reach of whoever does not reach everywhere.
            let Some(row) = self.session.row::<RoundRow>(&RoundKey { round }, at).await? else { continue };
            if self.allows_all(action, &row.branches.0).await? {
                return Ok(RoundSubject(round));
            }
        }
        Err(denied(action))
    }

    async fn allows_all(&self, action: Action, branches: &[BranchId]) -> Result<bool> {
        for branch in branches {
            if !self.allows(action, Resource::Branch(*branch)).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A round that does not exist yet, over branches the asker reaches.
    #[must_use]
    pub fn new_round(&self, _over: &[BranchSubject]) -> RoundSubject {
        RoundSubject(RoundId(self.commands.mint(&self.asker, "round")))
    }

    /// The asker's own member.
    ///
    /// # Errors
    /// `policy.denied`, also where the asker is no member.
    pub async fn oneself(&self, action: Action) -> Result<MemberSubject, Halt> {
        let member = self.session.myself().await?.ok_or_else(|| denied(action))?;
        self.reaches_each(&[member], action).await?;
        Ok(MemberSubject(member))
    }

    /// Records that the asker looks at what a round hides: a decision is answered by what was proposed.
    ///
    /// # Errors
    /// Those of the record; without it nothing is decided.
    pub async fn looks_at_proposal(&self, round: RoundSubject) -> Result<(), Halt> {
        let now = self.session.pin(None, None).await?;
        Ok(record(self.session, round.id(), What::Decision, now).await?)
    }

    /// Refuses whoever would decide in their own case: the asker's own member is the one concerned.
    ///
    /// # Errors
    /// `round.same_person`.
    pub async fn not_ones_own(&self, concerned: MemberId) -> Result<(), Halt> {
        let viewer = self.session.viewer().await?;
        match viewer.member == Some(concerned) {
            true => Err(domain::refusal::Refusal::from(RoundRefusal::SamePerson { actor: viewer.id.clone() }).into()),
            false => Ok(()),
        }
    }

    /// Refuses whoever is reviewed in the round: who decides on everybody decides on themselves too, named or not.
    ///
    /// # Errors
    /// `round.same_person`.
    pub async fn not_reviewed_in(&self, round: RoundSubject) -> Result<(), Halt> {
        let Some(member) = self.session.myself().await? else { return Ok(()) };
        let now = self.session.pin(None, None).await?;
        match covered::person(self.session, round.id(), member, now).await? {
            Some(person) if person.is_reviewed => self.not_ones_own(member).await,
            Some(_) | None => Ok(()),
        }
    }

    /// The round an input names, and the asker's own member: the round's roster says what they may do there. A round that
    /// the asker neither sees nor takes part in is answered like one that is not there: a refusal would tell its stage.
    ///
    /// # Errors
    /// `input.bad_id`, `policy.denied`, and as [`Door::oneself`].
    pub async fn part(&self, field: &str, given: &ID, action: Action) -> Result<(RoundSubject, MemberId), Halt> {
        let oneself = self.oneself(action).await?;
        let round: RoundId = input::id(field, given)?;
        if self.reaches_all(Action::SeeRounds).await? {
            return Ok((RoundSubject(round), oneself.id()));
        }
        for sight in Sight::BOTH {
            let at = self.at(sight).await?;
            if self.sees(round, at).await? {
                return Ok((RoundSubject(round), oneself.id()));
            }
        }
        Err(denied(action))
    }

    async fn sees(&self, round: RoundId, at: Moment) -> Result<bool> {
        match self.session.row::<RoundRow>(&RoundKey { round }, at.position).await? {
            Some(row) => covered::sees(self.session, &row, at).await,
            None => Ok(false),
        }
    }

    /// Whose an appeal in a round is: under their key its answer is sealed.
    ///
    /// # Errors
    /// `round.unknown_appeal`.
    pub async fn appellant(&self, round: RoundSubject, appeal: AppealId) -> Result<MemberId, Halt> {
        let of_this = |fact: &Fact| match &fact.event {
            Event::Round(RoundEvent::AppealFiled { appeal: filed, member, .. }) if *filed == appeal => Some(*member),
            Event::Round(_) | Event::Member(_) | Event::Branch(_) => None,
        };
        let found = self.told((SubjectKind::Round, round.0.0), "round_appeal_filed", of_this).await?;
        found.ok_or_else(|| domain::refusal::Refusal::from(RoundRefusal::UnknownAppeal { appeal }).into())
    }

    /// What the latest event of a type on a subject tells; where none does, the projections are waited for once.
    async fn told<T>(
        &self,
        (kind, subject): (SubjectKind, Uuid),
        event_type: &str,
        tells: impl Fn(&Fact) -> Option<T>,
    ) -> Result<Option<T>> {
        let select = Select::<AuditRow>::first(1_000)
            .only(Condition::Equals("subject_kind", kind.to_cell()))
            .only(Condition::Equals("subject", Cell::Uuid(subject)))
            .only(Condition::Equals("event_type", Cell::Text(event_type.to_owned())));
        for sight in Sight::BOTH {
            let at = self.at(sight).await?.position;
            if let Some(told) = self.told_at(&select, at, &tells).await? {
                return Ok(Some(told));
            }
        }
        Ok(None)
    }

    async fn told_at<T>(
        &self,
        select: &Select<AuditRow>,
        at: Position,
        tells: impl Fn(&Fact) -> Option<T>,
    ) -> Result<Option<T>> {
        let rows = self.session.every(select.clone(), at).await?;
        let positions: Vec<Position> = rows.iter().map(|row| Position(row.position.unsigned_abs())).collect();
        let facts = self.session.reads().facts(&positions).await?;
        Ok(facts.iter().rev().find_map(tells))
    }
}
