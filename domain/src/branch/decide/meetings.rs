//! Training sessions and theme days: who was there, each once.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Scene;
use crate::branch::{BranchEvent, BranchRefusal};
use crate::id::{MemberId, ThemeDayId, TrainingId};
use crate::member::MemberRefusal;
use crate::period::DAY_MINUTES;
use crate::text::Sealed;
use crate::world::{Decision, Stop};

/// The longest session, in minutes: a day.
pub const TRAINING_MINUTES_MAX: u32 = DAY_MINUTES;
/// The most members that one session or theme day records.
pub const ATTENDEES_MAX: usize = 5_000;

pub fn hold_training(
    at: Scene<'_, '_>,
    training: TrainingId,
    on: Date,
    topic: Sealed,
    minutes: u32,
    attendees: Vec<MemberId>,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    at.fresh(branch.trainings.contains_key(&training), training.0)?;
    if !(1..=TRAINING_MINUTES_MAX).contains(&minutes) {
        return Err(BranchRefusal::TrainingMinutes { given: minutes, most: TRAINING_MINUTES_MAX }.into());
    }
    check_attendees(at, &attendees, on)?;
    at.happened(BranchEvent::TrainingHeld { training, on, topic, minutes, attendees })
}

pub fn hold_theme_day(
    at: Scene<'_, '_>,
    theme_day: ThemeDayId,
    on: Date,
    topic: Sealed,
    attendees: Vec<MemberId>,
) -> Result<Decision, Stop> {
    let branch = at.standing_on(on)?;
    at.fresh(branch.theme_days.contains(&theme_day), theme_day.0)?;
    check_attendees(at, &attendees, on)?;
    at.happened(BranchEvent::ThemeDayHeld { theme_day, on, topic, attendees })
}

pub fn correct_attendance(
    at: Scene<'_, '_>,
    training: TrainingId,
    added: Vec<MemberId>,
    removed: Vec<MemberId>,
    reason: Sealed,
) -> Result<Decision, Stop> {
    let branch = at.ever_established()?;
    let unknown = BranchRefusal::UnknownTraining { branch: at.id, training };
    let session = branch.trainings.get(&training).ok_or(unknown)?;
    if added.is_empty() && removed.is_empty() {
        return Err(BranchRefusal::NothingCorrected { training }.into());
    }
    refuse_doubles(&added)?;
    refuse_doubles(&removed)?;
    if let Some(member) = added.iter().find(|member| session.attendees.contains(member)) {
        return Err(BranchRefusal::AttendeeAlreadyThere { training, member: *member }.into());
    }
    if let Some(member) = removed.iter().find(|member| !session.attendees.contains(member)) {
        return Err(BranchRefusal::AttendeeNotThere { training, member: *member }.into());
    }
    refuse_crowd(session.attendees.len() + added.len() - removed.len())?;
    refuse_absent(at, &added, session.on)?;
    let (held_on, minutes) = (session.on, session.minutes);
    at.happened(BranchEvent::AttendanceCorrected { training, held_on, minutes, added, removed, reason })
}

fn check_attendees(at: Scene<'_, '_>, attendees: &[MemberId], on: Date) -> Result<(), Stop> {
    if attendees.is_empty() {
        return Err(BranchRefusal::NoAttendees {}.into());
    }
    refuse_crowd(attendees.len())?;
    refuse_doubles(attendees)?;
    refuse_absent(at, attendees, on)
}

fn refuse_crowd(given: usize) -> Result<(), BranchRefusal> {
    match given > ATTENDEES_MAX {
        true => Err(BranchRefusal::TooManyAttendees { given, most: ATTENDEES_MAX }),
        false => Ok(()),
    }
}

fn refuse_doubles(named: &[MemberId]) -> Result<(), BranchRefusal> {
    let mut seen = BTreeSet::new();
    match named.iter().find(|member| !seen.insert(**member)) {
        Some(member) => Err(BranchRefusal::AttendeeTwice { member: *member }),
        None => Ok(()),
    }
}

/// Who has left since may have been there: the roster of that day counts.
fn refuse_absent(at: Scene<'_, '_>, named: &[MemberId], on: Date) -> Result<(), Stop> {
    // All are asked for before the first missing one stops the decision, so that one load can bring them all.
    let read: Vec<_> = named.iter().map(|member| (*member, at.world.member(*member))).collect();
    for (member, state) in read {
        let state = state?;
        if state.registered_on().is_none() {
            return Err(MemberRefusal::Unknown { member }.into());
        }
        if !state.was_on_roster_on(on) {
            return Err(BranchRefusal::AttendeeNotOnRoster { member, on }.into());
        }
    }
    Ok(())
}
