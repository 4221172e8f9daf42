//! Training sessions and theme days.

use super::*;
use crate::member::MemberRefusal;
use crate::period::TimeRefusal;

const TRAINING: TrainingId = TrainingId(Uuid::from_u128(0x81));
const THEME_DAY: ThemeDayId = ThemeDayId(Uuid::from_u128(0x91));

fn training(minutes: u32, attendees: &[MemberId], on: Date) -> Command {
    let (topic, attendees) = (sealed("topic"), attendees.to_vec());
    east(BranchCommand::HoldTraining { training: TRAINING, on, topic, minutes, attendees })
}

fn trained(minutes: u32, attendees: &[MemberId]) -> Happened {
    let (topic, attendees) = (sealed("topic"), attendees.to_vec());
    at(EAST, BranchEvent::TrainingHeld { training: TRAINING, on: JUNE, topic, minutes, attendees })
}

fn theme_day(attendees: &[MemberId], on: Date) -> Command {
    let (topic, attendees) = (sealed("topic"), attendees.to_vec());
    east(BranchCommand::HoldThemeDay { theme_day: THEME_DAY, on, topic, attendees })
}

fn theme_day_held(attendees: &[MemberId]) -> Happened {
    let (topic, attendees) = (sealed("topic"), attendees.to_vec());
    at(EAST, BranchEvent::ThemeDayHeld { theme_day: THEME_DAY, on: JUNE, topic, attendees })
}

fn correct(added: &[MemberId], removed: &[MemberId]) -> Command {
    let (added, removed) = (added.to_vec(), removed.to_vec());
    east(BranchCommand::CorrectAttendance { training: TRAINING, added, removed, reason: reason() })
}

fn corrected(added: &[MemberId], removed: &[MemberId]) -> Happened {
    let (added, removed) = (added.to_vec(), removed.to_vec());
    let (training, held_on, minutes) = (TRAINING, JUNE, 90);
    at(EAST, BranchEvent::AttendanceCorrected { training, held_on, minutes, added, removed, reason: reason() })
}

fn crowd(size: usize) -> Vec<MemberId> {
    (1..=size).map(|n| MemberId(Uuid::from_u128(0x1_0000 + n as u128))).collect()
}

#[test]
fn members_of_any_branch_attend_a_training() {
    staffed().when(training(90, &[ANA, CY], JUNE)).then([trained(90, &[ANA, CY])]);
}

#[test]
fn a_training_takes_a_minute_to_a_day() {
    staffed().when(training(1, &[ANA], JUNE)).then([trained(1, &[ANA])]);
    staffed().when(training(1_440, &[ANA], JUNE)).then([trained(1_440, &[ANA])]);
    for given in [0, 1_441, u32::MAX] {
        staffed()
            .when(training(given, &[ANA], JUNE))
            .then_refused(BranchRefusal::TrainingMinutes { given, most: 1_440 });
    }
}

#[test]
fn somebody_attends_and_not_more_than_five_thousand() {
    staffed().when(training(90, &[], JUNE)).then_refused(BranchRefusal::NoAttendees {});
    staffed().when(theme_day(&[], JUNE)).then_refused(BranchRefusal::NoAttendees {});
    let too_many = BranchRefusal::TooManyAttendees { given: 5_001, most: 5_000 };
    staffed().when(training(90, &crowd(5_001), JUNE)).then_refused(too_many.clone());
    staffed().when(theme_day(&crowd(5_001), JUNE)).then_refused(too_many.clone());
    staffed().and([trained(90, &[ANA])]).when(correct(&[], &[ANA])).then_refused(BranchRefusal::NoAttendees {});
    staffed().and([trained(90, &crowd(5_000))]).when(correct(&[ANA], &[])).then_refused(too_many);
}

#[test]
fn nobody_attends_twice() {
    let twice = BranchRefusal::AttendeeTwice { member: ANA };
    staffed().when(training(90, &[ANA, BO, ANA], JUNE)).then_refused(twice.clone());
    staffed().when(theme_day(&[ANA, ANA], JUNE)).then_refused(twice.clone());
    staffed().and([trained(90, &[BO])]).when(correct(&[ANA, ANA], &[])).then_refused(twice.clone());
    staffed().and([trained(90, &[ANA])]).when(correct(&[BO], &[ANA, ANA])).then_refused(twice);
}

#[test]
fn who_attends_is_on_the_roster_that_day() {
    let early = jiff::civil::date(2022, 2, 28);
    let absent = |member, on| BranchRefusal::AttendeeNotOnRoster { member, on };
    staffed().when(training(90, &[ANA], early)).then_refused(absent(ANA, early));
    staffed().when(theme_day(&[ANA], early)).then_refused(absent(ANA, early));
    staffed().and(left(ANA, EAST, JUNE)).when(training(90, &[ANA], JUNE)).then_refused(absent(ANA, JUNE));
    staffed()
        .and([trained(90, &[BO])])
        .and(left(ANA, EAST, MAY))
        .when(correct(&[ANA], &[]))
        .then_refused(absent(ANA, JUNE));
    staffed().and(left(ANA, EAST, TODAY)).when(training(90, &[ANA], JUNE)).then([trained(90, &[ANA])]);
}

#[test]
fn nobody_unknown_attends() {
    let unknown = MemberRefusal::Unknown { member: NOBODY };
    staffed().when(training(90, &[ANA, NOBODY], JUNE)).then_refused(unknown.clone());
    staffed().when(theme_day(&[NOBODY], JUNE)).then_refused(unknown.clone());
    staffed().and([trained(90, &[ANA])]).when(correct(&[NOBODY], &[])).then_refused(unknown);
}

#[test]
fn a_meeting_has_been_held_and_is_recorded_once() {
    let future = TimeRefusal::InTheFuture { date: TOMORROW, today: TODAY };
    staffed().when(training(90, &[ANA], TOMORROW)).then_refused(future.clone());
    staffed().when(theme_day(&[ANA], TOMORROW)).then_refused(future);
    staffed()
        .and([trained(90, &[ANA])])
        .when(training(90, &[ANA], JUNE))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: TRAINING.0 });
    staffed()
        .and([theme_day_held(&[ANA])])
        .when(theme_day(&[ANA], JUNE))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: THEME_DAY.0 });
}

#[test]
fn a_theme_day_records_who_took_part() {
    staffed().when(theme_day(&[CY, ANA], JUNE)).then([theme_day_held(&[CY, ANA])]);
}

#[test]
fn a_correction_adds_who_was_missing_and_removes_who_was_not_there() {
    staffed().and([trained(90, &[ANA])]).when(correct(&[BO], &[ANA])).then([corrected(&[BO], &[ANA])]);
}

#[test]
fn corrections_build_on_each_other() {
    let after = || staffed().and([trained(90, &[ANA]), corrected(&[BO], &[ANA])]);
    after().when(correct(&[ANA], &[BO])).then([corrected(&[ANA], &[BO])]);
    after()
        .when(correct(&[BO], &[]))
        .then_refused(BranchRefusal::AttendeeAlreadyThere { training: TRAINING, member: BO });
    after()
        .when(correct(&[], &[ANA]))
        .then_refused(BranchRefusal::AttendeeNotThere { training: TRAINING, member: ANA });
}

#[test]
fn a_correction_changes_something_in_a_known_session() {
    staffed()
        .and([trained(90, &[ANA])])
        .when(correct(&[], &[]))
        .then_refused(BranchRefusal::NothingCorrected { training: TRAINING });
    staffed()
        .when(correct(&[ANA], &[]))
        .then_refused(BranchRefusal::UnknownTraining { branch: EAST, training: TRAINING });
    given([]).when(correct(&[ANA], &[])).then_refused(BranchRefusal::Unknown { branch: EAST });
}

#[test]
fn attendance_is_corrected_after_the_branch_ended_but_nothing_new_is_held() {
    let merged = || staffed().and([trained(90, &[ANA]), east_merged()]);
    merged().when(correct(&[BO], &[])).then([corrected(&[BO], &[])]);
    merged().when(training(90, &[ANA], JUNE)).then_refused(BranchRefusal::Merged { branch: EAST, into: WEST });
    merged().when(theme_day(&[ANA], JUNE)).then_refused(BranchRefusal::Merged { branch: EAST, into: WEST });
}
