//! Who is on the roster, where, as what, and whether on duty.

use jiff::civil::Date;

use super::displays::plaque_down;
use super::{Case, in_order, refuse_if};
use crate::branch::{Branch, BranchEvent};
use crate::id::BranchId;
use crate::member::entry::{Duty, Membership};
use crate::member::{MemberEvent, MemberRefusal, Post};
use crate::text::Sealed;
use crate::world::{Decision, Stop, in_range};

impl Case<'_> {
    /// [`MemberRefusal::AlreadyRegistered`]; the branch stands; probation ends no earlier than it begins.
    pub(super) fn register(
        &self,
        branch: BranchId,
        post: Post,
        on: Date,
        probation_until: Option<Date>,
    ) -> Result<Decision, Stop> {
        let member = self.id;
        let known = self.world.member(member)?.registered_on().is_some();
        refuse_if(known, MemberRefusal::AlreadyRegistered { member })?;
        Branch::require_joinable(self.world, branch, self.context.past(on)?)?;
        if let Some(until) = probation_until {
            in_order(on, in_range(until)?)?;
        }
        Ok(Decision::nothing()
            .member(member, MemberEvent::Registered { branch, post, on, probation_until })
            .branch(branch, BranchEvent::MemberJoined { member, on }))
    }

    /// [`MemberRefusal::NotLeft`]; not before the first day outside; the branch stands, and probation as of
    /// [`Case::register`].
    pub(super) fn readmit(
        &self,
        branch: BranchId,
        post: Post,
        on: Date,
        probation_until: Option<Date>,
    ) -> Result<Decision, Stop> {
        let (member, state) = (self.id, self.world.member(self.id)?);
        let Some(left) = state.left_on() else {
            let branch = state.entry(member)?.branch;
            return Err(MemberRefusal::NotLeft { member, branch }.into());
        };
        Branch::require_joinable(self.world, branch, self.context.past(on)?)?;
        self.not_before(left, on)?;
        self.not_active_after(on, state.latest)?;
        if let Some(until) = probation_until {
            in_order(on, in_range(until)?)?;
        }
        Ok(Decision::nothing()
            .member(member, MemberEvent::Readmitted { branch, post, on, probation_until })
            .branch(branch, BranchEvent::MemberJoined { member, on }))
    }

    /// Whoever was registered may have the record amended, also after leaving.
    pub(super) fn amend_person(&self, reason: Option<Sealed>) -> Result<Decision, Stop> {
        let known = self.world.member(self.id)?.registered_on().is_some();
        refuse_if(!known, MemberRefusal::Unknown { member: self.id })?;
        self.happened(MemberEvent::PersonAmended { reason })
    }

    /// The post held already is no news.
    pub(super) fn appoint(&self, post: Post, on: Date) -> Result<Decision, Stop> {
        let (_, entry) = self.on_roster_on(on)?;
        if entry.post == post {
            return Ok(Decision::nothing());
        }
        self.not_before(entry.in_post_since, on)?;
        self.happened(MemberEvent::Appointed { post, on })
    }

    /// [`MemberRefusal::SameBranch`]; the new branch stands.
    pub(super) fn transfer(&self, to: BranchId, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (member, (_, entry)) = (self.id, self.on_roster_on(on)?);
        let from = entry.branch;
        refuse_if(from == to, MemberRefusal::SameBranch { member, branch: to })?;
        Branch::require_joinable(self.world, to, on)?;
        self.not_before(entry.in_branch_since, on)?;
        // Its stream is written, so the version it is decided on is named.
        self.world.branch(from)?;
        Ok(Decision::nothing()
            .member(member, MemberEvent::Transferred { from, to, on, reason })
            .branch(from, BranchEvent::MemberDeparted { member, on })
            .branch(to, BranchEvent::MemberJoined { member, on }))
    }

    /// [`MemberRefusal::NotOnProbation`].
    pub(super) fn end_probation(&self, on: Date) -> Result<Decision, Stop> {
        let (_, entry) = self.on_roster_on(on)?;
        let formal = entry.membership != Membership::Probation;
        refuse_if(formal, MemberRefusal::NotOnProbation { member: self.id })?;
        self.happened(MemberEvent::ProbationEnded { on })
    }

    /// [`MemberRefusal::AlreadySuspended`]; nothing that needs duty is recorded of a later day.
    pub(super) fn suspend(&self, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (member, entry) = self.on_roster_on(on)?;
        match entry.duty {
            Duty::Suspended { since } => Err(MemberRefusal::AlreadySuspended { member: self.id, since }.into()),
            Duty::OnDuty { since } => {
                self.not_before(since, on)?;
                self.not_active_after(on, member.latest_on_duty)?;
                self.happened(MemberEvent::Suspended { on, reason })
            }
        }
    }

    /// [`MemberRefusal::NotSuspended`].
    pub(super) fn reinstate(&self, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (_, entry) = self.on_roster_on(on)?;
        match entry.duty {
            Duty::OnDuty { .. } => Err(MemberRefusal::NotSuspended { member: self.id }.into()),
            Duty::Suspended { since } => {
                self.not_before(since, on)?;
                self.happened(MemberEvent::Reinstated { on, reason })
            }
        }
    }

    /// [`MemberRefusal::InContactPoint`]; nothing about the entry changes after the last day, and nothing is recorded
    /// of a later one; a plaque comes down.
    pub(super) fn leave(&self, on: Date, reason: Sealed) -> Result<Decision, Stop> {
        let (member, (state, entry)) = (self.id, self.on_roster_on(on)?);
        if let Some(contact_point) = state.contact_points.first() {
            return Err(MemberRefusal::InContactPoint { member, contact_point: *contact_point }.into());
        }
        self.not_before(entry.last_change(), on)?;
        self.not_active_after(on, state.latest)?;
        let branch = entry.branch;
        self.not_active_after(on, self.latest_attendance(branch)?)?;
        let taken_down = plaque_down(state, on, &reason);
        let decision =
            taken_down.into_iter().fold(Decision::nothing(), |decision, event| decision.member(member, event));
        Ok(decision
            .member(member, MemberEvent::Left { branch, on, reason })
            .branch(branch, BranchEvent::MemberDeparted { member, on }))
    }

    /// The latest day on which the member attended what the branch, or one above it, held.
    fn latest_attendance(&self, branch: BranchId) -> Result<Option<Date>, Stop> {
        let (mut latest, mut next) = (None, Some(branch));
        while let Some(holder) = next {
            let state = self.world.branch(holder)?;
            latest = latest.max(state.latest_attendance(self.id));
            next = state.parent();
        }
        Ok(latest)
    }
}
