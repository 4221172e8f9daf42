//! Reminder talks: each with everything that was ever said of it.

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::TalkId;
use domain::member::MemberEvent;
use domain::talk::Step;
use jiff::civil::Date;
use projections::cell::Json;
use projections::talks::TalkRow;

use super::Naive;

/// A step of a talk, whoever it is with.
fn step(event: &Event) -> Option<(TalkId, Step)> {
    match event {
        Event::Member(MemberEvent::TalkProposed { talk, .. })
        | Event::Branch(BranchEvent::TalkProposed { talk, .. }) => Some((*talk, Step::Proposed)),
        Event::Member(MemberEvent::TalkApproved { talk, .. })
        | Event::Branch(BranchEvent::TalkApproved { talk, .. }) => Some((*talk, Step::Approved)),
        Event::Member(MemberEvent::TalkDeclined { talk, .. })
        | Event::Branch(BranchEvent::TalkDeclined { talk, .. }) => Some((*talk, Step::Declined)),
        Event::Member(MemberEvent::TalkHeld { talk, .. }) | Event::Branch(BranchEvent::TalkHeld { talk, .. }) => {
            Some((*talk, Step::Held))
        }
        Event::Member(MemberEvent::TalkFollowedUp { talk, .. })
        | Event::Branch(BranchEvent::TalkFollowedUp { talk, .. }) => Some((*talk, Step::FollowedUp)),
        Event::Member(MemberEvent::TalkClosed { talk, .. }) | Event::Branch(BranchEvent::TalkClosed { talk, .. }) => {
            Some((*talk, Step::Closed))
        }
        _ => None,
    }
}

/// Whether it calls for the follow-up of that talk.
pub fn is_called(event: &Event, of: TalkId) -> bool {
    matches!(event,
        Event::Member(MemberEvent::TalkFollowUpCalled { talk, .. })
        | Event::Branch(BranchEvent::TalkFollowUpCalled { talk, .. }) if *talk == of)
}

/// The day and the person-times of a talk that was held.
pub fn held(event: &Event) -> Option<(Date, i64)> {
    match event {
        Event::Member(MemberEvent::TalkHeld { on, .. }) => Some((*on, 1)),
        Event::Branch(BranchEvent::TalkHeld { on, attendees, .. }) => Some((*on, attendees.len() as i64)),
        _ => None,
    }
}

impl Naive<'_> {
    /// Every talk.
    pub fn talk_rows(self) -> Vec<TalkRow> {
        let proposed = self.facts().iter().filter(|fact| matches!(step(&fact.event), Some((_, Step::Proposed))));
        proposed.filter_map(|fact| self.talk_row(fact)).collect()
    }

    fn talk_row(self, proposed: &Fact) -> Option<TalkRow> {
        let (talk, _) = step(&proposed.event)?;
        let own = || {
            self.facts()
                .iter()
                .map(|fact| &fact.event)
                .filter(move |event| step(event).is_some_and(|(of, _)| of == talk))
        };
        let at = |wanted: Step| own().find(move |event| step(event).is_some_and(|(_, step)| step == wanted));
        let (cause, round, reason, proposed_by) = match &proposed.event {
            Event::Member(MemberEvent::TalkProposed { cause, round, reason, by, .. })
            | Event::Branch(BranchEvent::TalkProposed { cause, round, reason, by, .. }) => {
                (*cause, *round, reason.clone(), by.clone())
            }
            _ => return None,
        };
        let approved_by = at(Step::Approved).and_then(|event| match event {
            Event::Member(MemberEvent::TalkApproved { by, .. })
            | Event::Branch(BranchEvent::TalkApproved { by, .. }) => Some(by.clone()),
            _ => None,
        });
        let (declined_by, declined_for) = at(Step::Declined).map_or((None, None), |event| match event {
            Event::Member(MemberEvent::TalkDeclined { by, reason, .. })
            | Event::Branch(BranchEvent::TalkDeclined { by, reason, .. }) => (Some(by.clone()), Some(reason.clone())),
            _ => (None, None),
        });
        let (held_by, record, follow_up_on, attendees) = match at(Step::Held) {
            Some(Event::Member(MemberEvent::TalkHeld { by, record, follow_up_on, .. })) => {
                (Some(*by), Some(record.clone()), Some(*follow_up_on), vec![])
            }
            Some(Event::Branch(BranchEvent::TalkHeld { by, record, follow_up_on, attendees, .. })) => {
                (Some(*by), Some(record.clone()), Some(*follow_up_on), attendees.clone())
            }
            _ => (None, None, None, vec![]),
        };
        let (followed_up_on, note) = at(Step::FollowedUp).map_or((None, None), |event| match event {
            Event::Member(MemberEvent::TalkFollowedUp { on, note, .. })
            | Event::Branch(BranchEvent::TalkFollowedUp { on, note, .. }) => (Some(*on), Some(note.clone())),
            _ => (None, None),
        });
        let closed_on = at(Step::Closed).and_then(|event| match event {
            Event::Member(MemberEvent::TalkClosed { on, .. }) | Event::Branch(BranchEvent::TalkClosed { on, .. }) => {
                Some(*on)
            }
            _ => None,
        });
        let when = at(Step::Held).and_then(held);
        Some(TalkRow {
            talk,
            subject_kind: proposed.stream.kind,
            subject: proposed.stream.id,
            cause,
            round,
            step: own().next_back().and_then(step)?.1,
            proposed_at: proposed.at,
            proposed_by,
            reason,
            approved_by,
            declined_by,
            declined_for,
            held_on: when.map(|(on, _)| on),
            held_by,
            attendees: Json(attendees),
            persons: when.map_or(0, |(_, persons)| persons),
            record,
            follow_up_on,
            called: self.facts().iter().any(|fact| is_called(&fact.event, talk)),
            followed_up_on,
            note,
            closed_on,
        })
    }
}
