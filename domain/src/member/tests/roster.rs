//! Who is on the roster, where, as what, and whether on duty.

use super::*;

fn register(branch: BranchId, on: Date, probation_until: Option<Date>) -> Command {
    ana(MemberCommand::Register { branch, post: Post::Cadre, on, probation_until })
}

fn transfer(to: BranchId, on: Date) -> Command {
    ana(MemberCommand::Transfer { to, on, reason: text("nearer home") })
}

fn suspend(on: Date) -> Command {
    ana(MemberCommand::Suspend { on, reason: text("inquiry") })
}

fn reinstate(on: Date) -> Command {
    ana(MemberCommand::Reinstate { on, reason: text("cleared") })
}

fn leave(on: Date) -> Command {
    ana(MemberCommand::Leave { on, reason: text("moved away") })
}

fn on_probation() -> Given {
    let event = MemberEvent::Registered { branch: EAST, post: Post::Staff, on: MARCH, probation_until: Some(JUNE) };
    empty_house().and([of(ANA, event)])
}

#[test]
fn a_registration_puts_the_member_on_the_branchs_roster() {
    empty_house().when(register(EAST, MARCH, Some(JUNE))).then([
        of(ANA, MemberEvent::Registered { branch: EAST, post: Post::Cadre, on: MARCH, probation_until: Some(JUNE) }),
        at(EAST, BranchEvent::MemberJoined { member: ANA, on: MARCH }),
    ]);
}

#[test]
fn nobody_is_registered_twice() {
    let refusal = MemberRefusal::AlreadyRegistered { member: ANA };
    house().when(register(WEST, APRIL, None)).then_refused(refusal.clone());
    house().and(left(MAY)).when(register(WEST, JUNE, None)).then_refused(refusal);
}

#[test]
fn nobody_is_registered_where_no_branch_stands() {
    let reason = text("too small");
    assert_eq!(refused_code(&given([]).and(states_of(ANA, EAST)), &register(EAST, MARCH, None)), "branch.unknown");
    let closed = empty_house().and([at(EAST, BranchEvent::Closed { on: MARCH, reason: reason.clone() })]);
    assert_eq!(refused_code(&closed.and(states_of(ANA, WEST)), &register(EAST, APRIL, None)), "branch.closed");
    let merged = empty_house().and([at(EAST, BranchEvent::Merged { into: WEST, on: MARCH, reason })]);
    assert_eq!(refused_code(&merged.and(states_of(ANA, WEST)), &register(EAST, APRIL, None)), "branch.merged");
}

#[test]
fn nobody_joins_a_branch_before_it_was_established() {
    let early = date(2020, 12, 31);
    let loaded = empty_house().and(states_of(ANA, EAST));
    assert_eq!(refused_code(&loaded, &register(EAST, early, None)), "branch.before_established");
    let name = Title::new("name", "Young").expect("a plain title");
    let (young, parent) = (BranchId(Uuid::from_u128(0x704)), Some(BranchId::root()));
    let founded = BranchEvent::Established { kind: BranchKind::Branch, parent, name, on: MAY };
    let world = || house().and([at(young, founded.clone())]);
    assert_eq!(refused_code(&world(), &transfer(young, APRIL)), "branch.before_established");
    assert!(transfer(young, MAY).decide(&World::new(&world()), &context()).is_ok());
}

/// Events that change nothing, so that the streams are loaded.
fn states_of(member: MemberId, branch: BranchId) -> [Happened; 2] {
    [
        of(member, MemberEvent::PersonAmended { reason: None }),
        at(branch, BranchEvent::MemberDeparted { member: CHU, on: MARCH }),
    ]
}

#[test]
fn a_first_day_has_come_and_is_not_before_the_year_2000() {
    let today = date(2022, 12, 31);
    empty_house().when(register(EAST, TOMORROW, None)).then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today });
    let date = date(1999, 12, 31);
    empty_house().when(register(EAST, date, None)).then_refused(TimeRefusal::OutOfRange { date });
}

#[test]
fn the_first_day_is_a_day_of_the_organisations_zone() {
    // 16:00 UTC is midnight in Shanghai.
    empty_house().at("2022-12-31T16:00:00Z").when(register(EAST, TOMORROW, None)).then([
        of(ANA, MemberEvent::Registered { branch: EAST, post: Post::Cadre, on: TOMORROW, probation_until: None }),
        at(EAST, BranchEvent::MemberJoined { member: ANA, on: TOMORROW }),
    ]);
}

#[test]
fn probation_does_not_end_before_it_begins() {
    empty_house()
        .when(register(EAST, APRIL, Some(MARCH)))
        .then_refused(TimeRefusal::Reversed { from: APRIL, until: MARCH });
}

#[test]
fn who_is_not_registered_is_unknown_to_every_command() {
    let refusal = MemberRefusal::Unknown { member: ANA };
    let reason = || text("why");
    for command in [
        MemberCommand::AmendPerson { reason: None },
        MemberCommand::Appoint { post: Post::Cadre, on: APRIL },
        MemberCommand::Transfer { to: WEST, on: APRIL, reason: reason() },
        MemberCommand::EndProbation { on: APRIL },
        MemberCommand::Suspend { on: APRIL, reason: reason() },
        MemberCommand::Reinstate { on: APRIL, reason: reason() },
        MemberCommand::Leave { on: APRIL, reason: reason() },
    ] {
        empty_house().when(ana(command)).then_refused(refusal.clone());
    }
}

#[test]
fn a_record_is_amended_also_after_leaving() {
    for reason in [None, Some(text("married"))] {
        let amended = [of(ANA, MemberEvent::PersonAmended { reason: reason.clone() })];
        let amend = || ana(MemberCommand::AmendPerson { reason: reason.clone() });
        house().when(amend()).then(amended.clone());
        house().and(left(MAY)).when(amend()).then(amended);
    }
}

#[test]
fn who_left_is_not_on_the_roster_any_more() {
    let gone = || house().and(left(MAY));
    let refusal = MemberRefusal::Left { member: ANA, on: MAY };
    for command in [transfer(WEST, JUNE), suspend(JUNE), reinstate(JUNE), leave(JUNE)] {
        gone().when(command).then_refused(refusal.clone());
    }
    gone().when(ana(MemberCommand::EndProbation { on: JUNE })).then_refused(refusal.clone());
    gone().when(ana(MemberCommand::Appoint { post: Post::Cadre, on: JUNE })).then_refused(refusal);
}

#[test]
fn a_change_of_the_roster_has_come() {
    let refusal = || TimeRefusal::InTheFuture { date: TOMORROW, today: date(2022, 12, 31) };
    for command in [transfer(WEST, TOMORROW), suspend(TOMORROW), leave(TOMORROW)] {
        house().when(command).then_refused(refusal());
    }
}

#[test]
fn nothing_happens_to_a_member_before_the_first_day() {
    let on = date(2022, 2, 28);
    let refusal = MemberRefusal::BeforeRegistration { member: ANA, on, registered: MARCH };
    for command in [transfer(WEST, on), suspend(on), leave(on)] {
        house().when(command).then_refused(refusal.clone());
    }
}

#[test]
fn an_appointment_changes_the_post() {
    house()
        .when(ana(MemberCommand::Appoint { post: Post::Cadre, on: APRIL }))
        .then([of(ANA, MemberEvent::Appointed { post: Post::Cadre, on: APRIL })]);
}

#[test]
fn an_appointment_to_the_post_held_is_no_news() {
    house().when(ana(MemberCommand::Appoint { post: Post::Staff, on: APRIL })).then_nothing();
}

#[test]
fn appointments_come_in_order() {
    house()
        .and([of(ANA, MemberEvent::Appointed { post: Post::Cadre, on: MAY })])
        .when(ana(MemberCommand::Appoint { post: Post::Staff, on: APRIL }))
        .then_refused(MemberRefusal::BeforeLastChange { member: ANA, on: APRIL, last: MAY });
}

#[test]
fn a_transfer_changes_both_rosters() {
    house().when(transfer(WEST, APRIL)).then([
        of(ANA, MemberEvent::Transferred { from: EAST, to: WEST, on: APRIL, reason: text("nearer home") }),
        at(EAST, BranchEvent::MemberDeparted { member: ANA, on: APRIL }),
        at(WEST, BranchEvent::MemberJoined { member: ANA, on: APRIL }),
    ]);
}

#[test]
fn a_transfer_leads_elsewhere() {
    house().when(transfer(EAST, APRIL)).then_refused(MemberRefusal::SameBranch { member: ANA, branch: EAST });
}

#[test]
fn a_transfer_leads_to_a_branch_that_stands() {
    let closed = house().and([at(WEST, BranchEvent::Closed { on: MARCH, reason: text("too small") })]);
    assert_eq!(refused_code(&closed, &transfer(WEST, APRIL)), "branch.closed");
    let loaded = BranchId(Uuid::from_u128(0xF00));
    let nowhere = house().and([at(loaded, BranchEvent::MemberDeparted { member: CHU, on: MARCH })]);
    assert_eq!(refused_code(&nowhere, &transfer(loaded, APRIL)), "branch.unknown");
}

#[test]
fn transfers_come_in_order() {
    house()
        .and([of(ANA, MemberEvent::Transferred { from: EAST, to: WEST, on: MAY, reason: text("nearer home") })])
        .when(transfer(EAST, APRIL))
        .then_refused(MemberRefusal::BeforeLastChange { member: ANA, on: APRIL, last: MAY });
}

#[test]
fn after_a_merge_a_member_leaves_the_branch_that_took_over() {
    let merged = [
        at(EAST, BranchEvent::Merged { into: WEST, on: APRIL, reason: text("too small") }),
        of(ANA, MemberEvent::Transferred { from: EAST, to: WEST, on: APRIL, reason: text("too small") }),
    ];
    house().and(merged).when(leave(MAY)).then([
        of(ANA, MemberEvent::Left { branch: WEST, on: MAY, reason: text("moved away") }),
        at(WEST, BranchEvent::MemberDeparted { member: ANA, on: MAY }),
    ]);
}

#[test]
fn probation_ends_once() {
    let ended = MemberEvent::ProbationEnded { on: JUNE };
    on_probation().when(ana(MemberCommand::EndProbation { on: JUNE })).then([of(ANA, ended.clone())]);
    let refusal = MemberRefusal::NotOnProbation { member: ANA };
    on_probation()
        .and([of(ANA, ended)])
        .when(ana(MemberCommand::EndProbation { on: JULY }))
        .then_refused(refusal.clone());
    house().when(ana(MemberCommand::EndProbation { on: JUNE })).then_refused(refusal);
}

#[test]
fn a_suspension_ends_with_a_reinstatement() {
    house().when(suspend(APRIL)).then([suspended(APRIL)]);
    house().and([suspended(APRIL)]).when(reinstate(MAY)).then([reinstated(MAY)]);
    house().and([suspended(APRIL), reinstated(MAY)]).when(suspend(JUNE)).then([suspended(JUNE)]);
}

#[test]
fn nobody_is_suspended_twice_at_a_time() {
    house()
        .and([suspended(APRIL)])
        .when(suspend(MAY))
        .then_refused(MemberRefusal::AlreadySuspended { member: ANA, since: APRIL });
}

#[test]
fn only_the_suspended_are_reinstated() {
    house().when(reinstate(MAY)).then_refused(MemberRefusal::NotSuspended { member: ANA });
}

#[test]
fn suspensions_come_in_order() {
    let refusal = |on, last| MemberRefusal::BeforeLastChange { member: ANA, on, last };
    house().and([suspended(MAY)]).when(reinstate(APRIL)).then_refused(refusal(APRIL, MAY));
    house().and([suspended(APRIL), reinstated(JUNE)]).when(suspend(MAY)).then_refused(refusal(MAY, JUNE));
}

#[test]
fn leaving_takes_the_member_off_the_roster() {
    house().when(leave(MAY)).then(left(MAY));
    house().and([suspended(APRIL)]).when(leave(MAY)).then(left(MAY));
}

#[test]
fn nobody_leaves_before_a_session_or_theme_day_they_attended() {
    use crate::id::{ThemeDayId, TrainingId};
    let (topic, training, attendees) = (text("study"), TrainingId(Uuid::from_u128(1)), vec![ANA]);
    let trained = |holder| {
        let (topic, attendees) = (topic.clone(), attendees.clone());
        at(holder, BranchEvent::TrainingHeld { training, on: JUNE, topic, minutes: 60, attendees })
    };
    let celebrated = |holder| {
        let (theme_day, topic, attendees) = (ThemeDayId(Uuid::from_u128(2)), topic.clone(), attendees.clone());
        at(holder, BranchEvent::ThemeDayHeld { theme_day, on: JUNE, topic, attendees })
    };
    let refusal = MemberRefusal::ActiveLater { member: ANA, on: MAY, latest: JUNE };
    for holder in [EAST, BranchId::root()] {
        for attended in [trained(holder), celebrated(holder)] {
            house().and([attended.clone()]).when(leave(MAY)).then_refused(refusal.clone());
            house().and([attended]).when(leave(JUNE)).then(left(JUNE));
        }
    }
    let (added, removed, reason) = (vec![], vec![ANA], text("not there"));
    let struck = BranchEvent::AttendanceCorrected { training, held_on: JUNE, minutes: 60, added, removed, reason };
    house().and([trained(EAST), at(EAST, struck)]).when(leave(MAY)).then(left(MAY));
}

#[test]
fn nothing_changes_after_the_last_day() {
    let refusal = MemberRefusal::BeforeLastChange { member: ANA, on: APRIL, last: MAY };
    house().and([suspended(MAY)]).when(leave(APRIL)).then_refused(refusal.clone());
    house()
        .and([of(ANA, MemberEvent::Appointed { post: Post::Cadre, on: MAY })])
        .when(leave(APRIL))
        .then_refused(refusal.clone());
    on_probation().and([of(ANA, MemberEvent::ProbationEnded { on: MAY })]).when(leave(APRIL)).then_refused(refusal);
}
