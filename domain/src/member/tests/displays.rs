//! Badge, volunteer service and plaque.

use super::*;
use crate::id::{BadgeCheckId, PlaqueId, ServiceId};

const CHECK: BadgeCheckId = BadgeCheckId(Uuid::from_u128(1));
const SERVICE: ServiceId = ServiceId(Uuid::from_u128(2));
const PLAQUE: PlaqueId = PlaqueId(Uuid::from_u128(3));
const OTHER_PLAQUE: PlaqueId = PlaqueId(Uuid::from_u128(4));

fn check_badge(on: Date) -> Command {
    ana(MemberCommand::CheckBadge { check: CHECK, on, place: text("counter"), worn: true })
}

fn checked(on: Date) -> Happened {
    of(ANA, MemberEvent::BadgeChecked { check: CHECK, on, place: text("counter"), worn: true })
}

fn serve(on: Date, minutes: u32) -> Command {
    ana(MemberCommand::RecordService { service: SERVICE, on, activity: text("testing site"), minutes })
}

fn served(on: Date, minutes: u32) -> Happened {
    of(ANA, MemberEvent::ServiceRecorded { service: SERVICE, on, activity: text("testing site"), minutes })
}

fn publish(plaque: PlaqueId, on: Date) -> Command {
    ana(MemberCommand::PublishPlaque { plaque, on, duty: text("counter") })
}

fn published(plaque: PlaqueId, on: Date) -> Happened {
    of(ANA, MemberEvent::PlaquePublished { plaque, on, duty: text("counter") })
}

fn withdraw(plaque: PlaqueId, on: Date) -> Command {
    ana(MemberCommand::WithdrawPlaque { plaque, on, reason: text("worn out") })
}

fn withdrawn(plaque: PlaqueId, on: Date) -> Happened {
    of(ANA, MemberEvent::PlaqueWithdrawn { plaque, on, reason: text("worn out") })
}

#[test]
fn a_badge_check_is_recorded_once() {
    house().when(check_badge(APRIL)).then([checked(APRIL)]);
    house()
        .and([checked(APRIL)])
        .when(check_badge(MAY))
        .then_refused(MemberRefusal::BadgeCheckIdInUse { check: CHECK });
}

#[test]
fn a_service_is_recorded_once() {
    house().when(serve(APRIL, 90)).then([served(APRIL, 90)]);
    house()
        .and([served(APRIL, 90)])
        .when(serve(MAY, 90))
        .then_refused(MemberRefusal::ServiceIdInUse { service: SERVICE });
}

#[test]
fn a_service_lasts_a_minute_to_a_day() {
    for minutes in [1, 1_440] {
        house().when(serve(APRIL, minutes)).then([served(APRIL, minutes)]);
    }
    for minutes in [0, 1_441, u32::MAX] {
        house().when(serve(APRIL, minutes)).then_refused(MemberRefusal::ServiceMinutes { minutes });
    }
}

#[test]
fn one_plaque_is_shown_at_a_time() {
    house().when(publish(PLAQUE, APRIL)).then([published(PLAQUE, APRIL)]);
    house()
        .and([published(PLAQUE, APRIL)])
        .when(publish(OTHER_PLAQUE, MAY))
        .then_refused(MemberRefusal::PlaqueStanding { plaque: PLAQUE });
    house()
        .and([published(PLAQUE, APRIL), withdrawn(PLAQUE, MAY)])
        .when(publish(OTHER_PLAQUE, MAY))
        .then([published(OTHER_PLAQUE, MAY)]);
}

#[test]
fn a_plaque_that_was_withdrawn_is_not_published_again() {
    house()
        .and([published(PLAQUE, APRIL), withdrawn(PLAQUE, MAY)])
        .when(publish(PLAQUE, JUNE))
        .then_refused(MemberRefusal::PlaqueIdInUse { plaque: PLAQUE });
}

#[test]
fn only_the_plaque_that_is_shown_is_withdrawn() {
    house().and([published(PLAQUE, APRIL)]).when(withdraw(PLAQUE, MAY)).then([withdrawn(PLAQUE, MAY)]);
    house()
        .and([published(PLAQUE, APRIL)])
        .when(withdraw(OTHER_PLAQUE, MAY))
        .then_refused(MemberRefusal::PlaqueUnknown { plaque: OTHER_PLAQUE });
    house()
        .and([published(PLAQUE, APRIL), withdrawn(PLAQUE, MAY), published(OTHER_PLAQUE, MAY)])
        .when(withdraw(PLAQUE, JUNE))
        .then_refused(MemberRefusal::PlaqueWithdrawn { plaque: PLAQUE });
}

#[test]
fn a_plaque_is_not_withdrawn_before_it_was_shown() {
    house()
        .and([published(PLAQUE, MAY)])
        .when(withdraw(PLAQUE, APRIL))
        .then_refused(TimeRefusal::Reversed { from: MAY, until: APRIL });
}

#[test]
fn who_is_off_duty_on_a_day_shows_nothing_that_day() {
    let suspension = MemberRefusal::Suspended { member: ANA, on: APRIL, since: APRIL };
    let past = MemberRefusal::OffDuty { member: ANA, on: MAY, back: JUNE };
    for command in [check_badge, |on| serve(on, 90), |on| publish(PLAQUE, on)] as [fn(Date) -> Command; 3] {
        house().and([suspended(APRIL)]).when(command(APRIL)).then_refused(suspension.clone());
        house().and([suspended(APRIL), reinstated(JUNE)]).when(command(MAY)).then_refused(past.clone());
    }
}

#[test]
fn days_around_a_suspension_are_days_on_duty() {
    house().and([suspended(APRIL)]).when(check_badge(MARCH)).then([checked(MARCH)]);
    house().and([suspended(APRIL), reinstated(MAY)]).when(check_badge(MAY)).then([checked(MAY)]);
}

#[test]
fn a_suspended_members_plaque_is_withdrawn() {
    house()
        .and([published(PLAQUE, MARCH), suspended(APRIL)])
        .when(withdraw(PLAQUE, APRIL))
        .then([withdrawn(PLAQUE, APRIL)]);
}

#[test]
fn what_was_shown_before_leaving_is_recorded_afterwards() {
    house().and(left(MAY)).when(check_badge(APRIL)).then([checked(APRIL)]);
    house().and(left(MAY)).when(serve(APRIL, 90)).then([served(APRIL, 90)]);
    house().and(left(MAY)).when(publish(PLAQUE, APRIL)).then_refused(MemberRefusal::Left { member: ANA, on: MAY });
}

#[test]
fn leaving_takes_the_plaque_down() {
    let leave = ana(MemberCommand::Leave { on: MAY, reason: text("moved away") });
    let down = of(ANA, MemberEvent::PlaqueWithdrawn { plaque: PLAQUE, on: MAY, reason: text("moved away") });
    house().and([published(PLAQUE, APRIL)]).when(leave).then([down].into_iter().chain(left(MAY)).collect::<Vec<_>>());
}

#[test]
fn nobody_leaves_or_is_suspended_before_what_was_done_on_duty() {
    let refusal = MemberRefusal::ActiveLater { member: ANA, on: APRIL, latest: MAY };
    let leave = |on| ana(MemberCommand::Leave { on, reason: text("moved away") });
    let suspend = |on| ana(MemberCommand::Suspend { on, reason: text("inquiry") });
    for done in [checked(MAY), served(MAY, 90), published(PLAQUE, MAY)] {
        house().and([done.clone()]).when(leave(APRIL)).then_refused(refusal.clone());
        house().and([done]).when(suspend(APRIL)).then_refused(refusal.clone());
    }
    house().and([checked(MAY), checked(APRIL)]).when(leave(APRIL)).then_refused(refusal.clone());
    let down = || house().and([published(PLAQUE, MARCH), withdrawn(PLAQUE, MAY)]);
    down().when(suspend(APRIL)).then([suspended(APRIL)]);
    down().when(leave(APRIL)).then_refused(refusal);
}

#[test]
fn who_left_or_never_came_shows_nothing() {
    for command in [check_badge(JUNE), serve(JUNE, 90), publish(PLAQUE, JUNE), withdraw(PLAQUE, JUNE)] {
        house().and(left(MAY)).when(command.clone()).then_refused(MemberRefusal::Left { member: ANA, on: MAY });
        empty_house().when(command).then_refused(MemberRefusal::Unknown { member: ANA });
    }
}

#[test]
fn what_is_shown_is_shown_on_a_day_that_has_come() {
    let today = date(2022, 12, 31);
    for command in [check_badge(TOMORROW), serve(TOMORROW, 90), publish(PLAQUE, TOMORROW)] {
        house().when(command).then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today });
    }
    let on = date(2022, 2, 28);
    house().when(check_badge(on)).then_refused(MemberRefusal::BeforeRegistration {
        member: ANA,
        on,
        registered: MARCH,
    });
}
