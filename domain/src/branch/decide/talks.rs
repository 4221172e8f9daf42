//! Reminder talks with a branch; one that ended is still followed up.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Scene;
use crate::branch::BranchEvent;
use crate::id::{MemberId, TalkId};
use crate::member::Member;
use crate::talk::{self, Cause, Step, TalkRefusal};
use crate::text::Sealed;
use crate::world::{Decision, Stop};

/// The most who come to one talk.
const ATTENDEES_MAX: usize = 100;

pub fn propose(at: Scene<'_, '_>, talk: TalkId, reason: Sealed) -> Result<Decision, Stop> {
    at.standing()?.talks.fresh(talk)?;
    let by = Some(at.context.actor.clone());
    at.happened(BranchEvent::TalkProposed { talk, cause: Cause::Asked, round: None, reason: Some(reason), by })
}

pub fn approve(at: Scene<'_, '_>, talk: TalkId) -> Result<Decision, Stop> {
    at.ever_established()?.talks.judged_by(talk, &at.context.actor)?;
    at.happened(BranchEvent::TalkApproved { talk, by: at.context.actor.clone() })
}

pub fn decline(at: Scene<'_, '_>, talk: TalkId, reason: Sealed) -> Result<Decision, Stop> {
    at.ever_established()?.talks.declined_by(talk, &at.context.actor)?;
    at.happened(BranchEvent::TalkDeclined { talk, reason, by: at.context.actor.clone() })
}

pub fn hold(
    at: Scene<'_, '_>,
    talk: TalkId,
    on: Date,
    by: MemberId,
    attendees: Vec<MemberId>,
    record: Sealed,
) -> Result<Decision, Stop> {
    let found = at.standing_on(on)?.talks.on(talk, Step::Approved, on)?;
    let distinct: BTreeSet<&MemberId> = attendees.iter().collect();
    if distinct.len() != attendees.len() || !(1..=ATTENDEES_MAX).contains(&attendees.len()) {
        return Err(TalkRefusal::Attendees { talk, given: attendees.len() }.into());
    }
    if attendees.contains(&by) {
        return Err(TalkRefusal::WithThemselves { member: by }.into());
    }
    for member in attendees.iter().chain([&by]) {
        Member::require_on_duty_then(at.world, *member, on)?;
    }
    let follow_up_on = talk::follow_up(at.world, found, on)?;
    at.happened(BranchEvent::TalkHeld { talk, on, by, attendees, record, follow_up_on })
}

pub fn call_follow_up(at: Scene<'_, '_>, talk: TalkId) -> Result<Decision, Stop> {
    let due = at.ever_established()?.talks.follow_up_due(talk, at.context.today())?;
    at.happened(BranchEvent::TalkFollowUpCalled { talk, due })
}

pub fn follow_up(at: Scene<'_, '_>, talk: TalkId, on: Date, note: Sealed) -> Result<Decision, Stop> {
    at.context.past(on)?;
    at.ever_established()?.talks.followed_up_on(talk, on)?;
    at.happened(BranchEvent::TalkFollowedUp { talk, on, note })
}

pub fn close(at: Scene<'_, '_>, talk: TalkId, on: Date) -> Result<Decision, Stop> {
    at.context.past(on)?;
    at.ever_established()?.talks.on(talk, Step::FollowedUp, on)?;
    at.happened(BranchEvent::TalkClosed { talk, on })
}
