//! Contact points and their visits.

use super::*;
use crate::member::MemberRefusal;
use crate::period::TimeRefusal;

const VISIT: VisitId = VisitId(Uuid::from_u128(0x71));
const SECOND_BANK: OutletId = OutletId(Uuid::from_u128(0x03));
const THE_BANK: OutletAt = OutletAt { branch: EAST, outlet: BANK };
const THE_STATION: OutletAt = OutletAt { branch: WEST, outlet: STATION };

fn assign_for(cadres: &[MemberId], outlets: &[OutletAt], from: Date, until: Option<Date>) -> Command {
    let (contact_point, cadres, outlets) = (POINT, cadres.to_vec(), outlets.to_vec());
    east(BranchCommand::AssignContactPoint { contact_point, cadres, outlets, from, until })
}

fn assign(cadres: &[MemberId], outlets: &[OutletAt]) -> Command {
    assign_for(cadres, outlets, MAY, None)
}

fn visit(by: MemberId, outlet: OutletId, on: Date) -> Command {
    let note = sealed("note");
    east(BranchCommand::VisitContactPoint { visit: VISIT, contact_point: POINT, by, outlet, on, note })
}

fn visited(by: MemberId, outlet: OutletId, on: Date) -> [Happened; 2] {
    let (visit, contact_point, note) = (VISIT, POINT, sealed("note"));
    [
        at(EAST, BranchEvent::ContactPointVisited { visit, contact_point, by, outlet, on, note }),
        of(by, MemberEvent::ContactPointVisited { contact_point, visit, on }),
    ]
}

fn end(on: Date) -> Command {
    east(BranchCommand::EndContactPoint { contact_point: POINT, on, reason: reason() })
}

#[test]
fn two_cadres_look_after_one_outlet_and_one_station_whoever_holds_them() {
    with_outlets().when(assign(&[ANA, BO], &[THE_BANK, THE_STATION])).then(assigned(None));
    with_outlets().when(assign(&[ANA, BO], &[THE_STATION, THE_BANK])).then(assigned(None));
}

#[test]
fn one_cadre_or_three_or_the_same_twice_or_staff_are_no_pair() {
    let refused = |cadres: &[MemberId], given| {
        with_outlets()
            .when(assign(cadres, &[THE_BANK, THE_STATION]))
            .then_refused(BranchRefusal::ContactPointNeedsTwoCadres { given });
    };
    refused(&[], 0);
    refused(&[ANA], 1);
    refused(&[ANA, ANA], 1);
    refused(&[ANA, CY], 1);
    refused(&[ANA, BO, CY], 3);
    refused(&[ANA, BO, BO], 3);
}

#[test]
fn the_pair_is_on_duty() {
    let both = || assign(&[ANA, BO], &[THE_BANK, THE_STATION]);
    with_outlets()
        .when(assign(&[ANA, NOBODY], &[THE_BANK, THE_STATION]))
        .then_refused(MemberRefusal::Unknown { member: NOBODY });
    with_outlets().and(left(BO, EAST, MARCH)).when(both()).then_refused(MemberRefusal::Left { member: BO, on: MARCH });
    with_outlets()
        .and([of(BO, MemberEvent::Suspended { on: MARCH, reason: reason() })])
        .when(both())
        .then_refused(MemberRefusal::Suspended { member: BO, on: MAY, since: MARCH });
}

#[test]
fn the_post_on_the_first_day_counts_not_that_of_today() {
    let both = || assign(&[ANA, CY], &[THE_BANK, THE_STATION]);
    let appointed = |member, post, on| of(member, MemberEvent::Appointed { post, on });
    let pair = |member| with_outlets().and([appointed(CY, Post::Cadre, MARCH), member]);
    pair(appointed(ANA, Post::Staff, MAY))
        .when(both())
        .then_refused(BranchRefusal::ContactPointNeedsTwoCadres { given: 1 });
    with_outlets()
        .and([appointed(CY, Post::Cadre, JUNE)])
        .when(both())
        .then_refused(BranchRefusal::ContactPointNeedsTwoCadres { given: 1 });
    let (contact_point, cadres, outlet, station, from, until) = (POINT, [ANA, CY], BANK, STATION, MAY, None);
    let holders = Some([EAST, WEST]);
    pair(appointed(ANA, Post::Staff, JUNE)).when(both()).then([
        at(EAST, BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders }),
        linked(EAST, BANK, MAY),
        linked(WEST, STATION, MAY),
        of(ANA, MemberEvent::ContactPointTaken { contact_point, from }),
        of(CY, MemberEvent::ContactPointTaken { contact_point, from }),
    ]);
}

#[test]
fn who_is_off_duty_does_not_visit() {
    let suspended = of(ANA, MemberEvent::Suspended { on: JUNE, reason: reason() });
    let point = || with_outlets().and(assigned(None)).and([suspended.clone()]);
    point().when(visit(ANA, BANK, JUNE)).then_refused(MemberRefusal::Suspended { member: ANA, on: JUNE, since: JUNE });
    point().when(visit(ANA, BANK, MAY)).then(visited(ANA, BANK, MAY));
    let back = of(ANA, MemberEvent::Reinstated { on: TODAY, reason: reason() });
    point().and([back]).when(visit(ANA, BANK, JUNE)).then_refused(MemberRefusal::OffDuty {
        member: ANA,
        on: JUNE,
        back: TODAY,
    });
}

#[test]
fn one_financial_outlet_and_one_delivery_station_no_more_no_less() {
    let second_bank = OutletAt { branch: EAST, outlet: SECOND_BANK };
    let refused = |outlets: &[OutletAt], financial, delivery| {
        with_outlets()
            .and([opened(EAST, SECOND_BANK, OutletKind::Financial)])
            .when(assign(&[ANA, BO], outlets))
            .then_refused(BranchRefusal::ContactPointNeedsOneOfEach { financial, delivery });
    };
    refused(&[], 0, 0);
    refused(&[THE_BANK], 1, 0);
    refused(&[THE_STATION], 0, 1);
    refused(&[THE_BANK, THE_BANK], 2, 0);
    refused(&[THE_BANK, second_bank], 2, 0);
    refused(&[THE_BANK, second_bank, THE_STATION], 2, 1);
    refused(&[THE_BANK, THE_STATION, THE_STATION], 1, 2);
}

#[test]
fn the_outlets_are_open_at_the_branches_said_to_hold_them() {
    let misplaced = OutletAt { branch: EAST, outlet: STATION };
    with_outlets()
        .when(assign(&[ANA, BO], &[THE_BANK, misplaced]))
        .then_refused(BranchRefusal::UnknownOutlet { branch: EAST, outlet: STATION });
    with_outlets()
        .and([outlet_closed(WEST, STATION, OutletKind::Delivery, MARCH)])
        .when(assign(&[ANA, BO], &[THE_BANK, THE_STATION]))
        .then_refused(BranchRefusal::OutletClosed { outlet: STATION, on: MARCH });
    with_outlets()
        .and([at(WEST, BranchEvent::Closed { on: JUNE, reason: reason() })])
        .when(assign(&[ANA, BO], &[THE_BANK, THE_STATION]))
        .then_refused(BranchRefusal::Closed { branch: WEST, on: JUNE });
    let elsewhere = OutletAt { branch: NOWHERE, outlet: STATION };
    with_outlets()
        .when(assign(&[ANA, BO], &[THE_BANK, elsewhere]))
        .then_refused(BranchRefusal::Unknown { branch: NOWHERE });
}

#[test]
fn a_contact_point_begins_once_its_outlets_are_open_and_ends_after_it_began() {
    let on = jiff::civil::date(2022, 2, 28);
    let from = jiff::civil::date(2022, 4, 30);
    let late_bank =
        BranchEvent::OutletOpened { outlet: SECOND_BANK, kind: OutletKind::Financial, name: title("outlet"), on: MAY };
    let second_bank = OutletAt { branch: EAST, outlet: SECOND_BANK };
    with_outlets()
        .and([at(EAST, late_bank)])
        .when(assign_for(&[ANA, BO], &[second_bank, THE_STATION], from, None))
        .then_refused(BranchRefusal::OutletNotYetOpen { outlet: SECOND_BANK, on: from, opened: MAY });
    with_outlets()
        .when(assign_for(&[ANA, BO], &[THE_BANK, THE_STATION], MAY, Some(on)))
        .then_refused(TimeRefusal::Reversed { from: MAY, until: on });
    with_outlets()
        .when(assign_for(&[ANA, BO], &[THE_BANK, THE_STATION], TOMORROW, None))
        .then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today: TODAY });
    with_outlets()
        .when(assign_for(&[ANA, BO], &[THE_BANK, THE_STATION], MAY, Some(TOMORROW)))
        .then(assigned(Some(TOMORROW)));
    let never = jiff::civil::date(2200, 1, 1);
    with_outlets()
        .when(assign_for(&[ANA, BO], &[THE_BANK, THE_STATION], MAY, Some(never)))
        .then_refused(TimeRefusal::OutOfRange { date: never });
}

#[test]
fn a_contact_point_takes_an_id_of_its_own() {
    with_outlets()
        .and(assigned(None))
        .and(point_ended(JUNE))
        .when(assign(&[ANA, BO], &[THE_BANK, THE_STATION]))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: POINT.0 });
}

#[test]
fn either_of_the_pair_visits_either_place() {
    let point = || with_outlets().and(assigned(None));
    point().when(visit(ANA, BANK, MAY)).then(visited(ANA, BANK, MAY));
    point().when(visit(BO, STATION, JUNE)).then(visited(BO, STATION, JUNE));
    point().when(visit(CY, BANK, JUNE)).then_refused(BranchRefusal::NotOfThePair { contact_point: POINT, member: CY });
    point()
        .when(visit(ANA, SECOND_BANK, JUNE))
        .then_refused(BranchRefusal::NotItsOutlet { contact_point: POINT, outlet: SECOND_BANK });
}

#[test]
fn a_visit_happens_while_the_contact_point_stands() {
    let point = || with_outlets().and(assigned(Some(JUNE)));
    point().when(visit(ANA, BANK, JUNE)).then(visited(ANA, BANK, JUNE));
    point().when(visit(ANA, BANK, MARCH)).then_refused(BranchRefusal::ContactPointNotYetBegun {
        contact_point: POINT,
        on: MARCH,
        from: MAY,
    });
    point().when(visit(ANA, BANK, TODAY)).then_refused(BranchRefusal::ContactPointOver {
        contact_point: POINT,
        on: TODAY,
        until: JUNE,
    });
    point()
        .and(point_ended(JUNE))
        .when(visit(ANA, BANK, MAY))
        .then_refused(BranchRefusal::ContactPointEnded { contact_point: POINT, on: JUNE });
    with_outlets()
        .when(visit(ANA, BANK, MAY))
        .then_refused(BranchRefusal::UnknownContactPoint { branch: EAST, contact_point: POINT });
}

/// Who leaves ends the contact point first; a log from before that may tell otherwise.
#[test]
fn who_left_visits_no_more_but_what_was_visited_before_counts() {
    let point = || with_outlets().and([assigned_alone(None)]).and(left(ANA, EAST, JUNE));
    point().when(visit(ANA, BANK, JUNE)).then_refused(BranchRefusal::VisitorNotOnRoster { member: ANA, on: JUNE });
    point().when(visit(ANA, BANK, MAY)).then(visited(ANA, BANK, MAY));
}

#[test]
fn a_visit_is_recorded_once() {
    with_outlets()
        .and(assigned(None))
        .and(visited(ANA, BANK, MAY))
        .when(visit(BO, STATION, JUNE))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: VISIT.0 });
}

#[test]
fn a_contact_point_ends_once_and_not_before_its_last_visit() {
    let point = || with_outlets().and(assigned(None));
    point().when(end(JUNE)).then(point_ended(JUNE));
    point()
        .and(point_ended(JUNE))
        .when(end(TODAY))
        .then_refused(BranchRefusal::ContactPointEnded { contact_point: POINT, on: JUNE });
    point().when(end(MARCH)).then_refused(BranchRefusal::ContactPointNotYetBegun {
        contact_point: POINT,
        on: MARCH,
        from: MAY,
    });
    point().and(visited(ANA, BANK, JUNE)).when(end(MAY)).then_refused(BranchRefusal::ContactPointActiveLater {
        contact_point: POINT,
        on: MAY,
        latest: JUNE,
    });
}

#[test]
fn one_of_the_pair_leaves_after_the_end_and_not_before_it() {
    let leave = |on| Command::Member(ANA, crate::member::MemberCommand::Leave { on, reason: reason() });
    let point = || with_outlets().and(assigned(Some(JUNE)));
    point().when(leave(TODAY)).then_refused(MemberRefusal::InContactPoint { member: ANA, contact_point: POINT });
    let ended = || point().and(visited(ANA, STATION, MAY)).and(point_ended(JUNE));
    ended().when(leave(MAY)).then_refused(MemberRefusal::ActiveLater { member: ANA, on: MAY, latest: JUNE });
    ended().when(leave(JUNE)).then(left(ANA, EAST, JUNE));
}

#[test]
fn one_of_the_pair_may_be_transferred() {
    let transfer = crate::member::MemberCommand::Transfer { to: WEST, on: JUNE, reason: reason() };
    let transferred = [
        of(ANA, MemberEvent::Transferred { from: EAST, to: WEST, on: JUNE, reason: reason() }),
        at(EAST, BranchEvent::MemberDeparted { member: ANA, on: JUNE }),
        at(WEST, BranchEvent::MemberJoined { member: ANA, on: JUNE }),
    ];
    let point = || with_outlets().and(assigned(None));
    point().when(Command::Member(ANA, transfer)).then(transferred.clone());
    point().and(transferred.clone()).when(visit(ANA, BANK, TODAY)).then(visited(ANA, BANK, TODAY));
    point().and(transferred).when(end(TODAY)).then(point_ended(TODAY));
}

#[test]
fn nobody_is_suspended_before_the_first_day_of_the_pair_or_a_visit() {
    let suspend = |on| Command::Member(ANA, crate::member::MemberCommand::Suspend { on, reason: reason() });
    let april = jiff::civil::date(2022, 4, 1);
    let point = || with_outlets().and(assigned(None));
    let later = |on, latest| MemberRefusal::ActiveLater { member: ANA, on, latest };
    point().when(suspend(april)).then_refused(later(april, MAY));
    point().and(visited(ANA, BANK, JUNE)).when(suspend(MAY)).then_refused(later(MAY, JUNE));
    let suspended = of(ANA, MemberEvent::Suspended { on: JUNE, reason: reason() });
    point().when(suspend(JUNE)).then([suspended]);
}

#[test]
fn the_end_reaches_the_places_wherever_they_went_since() {
    let north = BranchId(Uuid::from_u128(0xD));
    let handed = |outlet, kind| HandedOutlet { outlet, kind, name: title("outlet"), opened_on: MARCH };
    let absorbed = |from, outlets, contact_points| BranchEvent::Absorbed {
        from,
        on: JUNE,
        members: vec![],
        outlets,
        contact_points,
    };
    let point = HandedContactPoint {
        contact_point: POINT,
        cadres: [ANA, BO],
        outlet: BANK,
        station: STATION,
        from: MAY,
        until: None,
        holders: Some([EAST, WEST]),
    };
    // West goes into North, then East with the contact point goes there too.
    let west = at(WEST, BranchEvent::Merged { into: north, on: JUNE, reason: reason() });
    let east = at(EAST, BranchEvent::Merged { into: north, on: JUNE, reason: reason() });
    let after = with_outlets()
        .and(established(north, Some(root()), "North"))
        .and(assigned(None))
        .and([west, at(north, absorbed(WEST, vec![handed(STATION, OutletKind::Delivery)], vec![]))])
        .and([linked(north, STATION, JUNE)])
        .and([east, at(north, absorbed(EAST, vec![handed(BANK, OutletKind::Financial)], vec![point]))])
        .and([linked(north, BANK, JUNE)]);
    let close = BranchCommand::CloseOutlet { outlet: STATION, on: TODAY, reason: reason() };
    let stays = BranchRefusal::OutletLinked { outlet: STATION, contact_point: POINT };
    after.clone().when(ask(north, close)).then_refused(stays);
    let end = BranchCommand::EndContactPoint { contact_point: POINT, on: TODAY, reason: reason() };
    after.when(ask(north, end)).then([
        ended(north, TODAY),
        released(north, BANK, TODAY),
        released(north, STATION, TODAY),
        given_up(ANA, TODAY),
        given_up(BO, TODAY),
    ]);
}

#[test]
fn what_was_assigned_before_the_others_learned_of_it_is_visited_and_ends_all_the_same() {
    let point = || with_outlets().and([assigned_alone(None)]);
    point().when(visit(ANA, STATION, JUNE)).then(visited(ANA, STATION, JUNE));
    point().when(end(JUNE)).then([ended(EAST, JUNE)]);
    let gone = outlet_closed(WEST, STATION, OutletKind::Delivery, MAY);
    point().and([gone]).and(left(BO, EAST, JUNE)).when(end(JUNE)).then([ended(EAST, JUNE)]);
    let shut = outlet_closed(EAST, BANK, OutletKind::Financial, JUNE);
    point()
        .and([shut])
        .when(visit(ANA, BANK, JUNE))
        .then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: JUNE });
}
