//! Reminder talks 提醒谈话; what was held before somebody left is still followed up.

use jiff::civil::Date;

use super::Case;
use crate::id::{MemberId, TalkId};
use crate::member::{Member, MemberEvent};
use crate::talk::{self, Cause, Step, TalkRefusal};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

impl Case<'_> {
    fn known(&self) -> Result<&Member, Stop> {
        self.world.member(self.id)
    }

    pub(super) fn propose_talk(&self, talk: TalkId, reason: Sealed) -> Result<Decision, Stop> {
        self.on_roster()?.0.talks.fresh(talk)?;
        let by = Some(self.context.actor.clone());
        self.happened(MemberEvent::TalkProposed { talk, cause: Cause::Asked, round: None, reason: Some(reason), by })
    }

    /// By somebody other than who proposed it.
    pub(super) fn approve_talk(&self, talk: TalkId) -> Result<Decision, Stop> {
        self.known()?.talks.judged_by(talk, &self.context.actor)?;
        self.happened(MemberEvent::TalkApproved { talk, by: self.context.actor.clone() })
    }

    /// By somebody other than who proposed it; after the approval by anybody who may, the proposer too.
    pub(super) fn decline_talk(&self, talk: TalkId, reason: Sealed) -> Result<Decision, Stop> {
        self.known()?.talks.declined_by(talk, &self.context.actor)?;
        self.happened(MemberEvent::TalkDeclined { talk, reason, by: self.context.actor.clone() })
    }

    pub(super) fn hold_talk(&self, talk: TalkId, on: Date, by: MemberId, record: Sealed) -> Result<Decision, Stop> {
        let found = self.on_roster_then(on)?.talks.on(talk, Step::Approved, on)?;
        if by == self.id {
            return Err(TalkRefusal::WithThemselves { member: by }.into());
        }
        Member::require_on_duty_then(self.world, by, on)?;
        let follow_up_on = talk::follow_up(self.world, found, on)?;
        self.happened(MemberEvent::TalkHeld { talk, on, by, record, follow_up_on })
    }

    pub(super) fn call_follow_up(&self, talk: TalkId) -> Result<Decision, Stop> {
        let due = self.known()?.talks.follow_up_due(talk, self.context.today())?;
        self.happened(MemberEvent::TalkFollowUpCalled { talk, due })
    }

    pub(super) fn follow_up_talk(&self, talk: TalkId, on: Date, note: Sealed) -> Result<Decision, Stop> {
        self.context.past(on)?;
        self.known()?.talks.followed_up_on(talk, on)?;
        self.happened(MemberEvent::TalkFollowedUp { talk, on, note })
    }

    pub(super) fn close_talk(&self, talk: TalkId, on: Date) -> Result<Decision, Stop> {
        self.context.past(on)?;
        self.known()?.talks.on(talk, Step::FollowedUp, on)?;
        self.happened(MemberEvent::TalkClosed { talk, on })
    }
}
