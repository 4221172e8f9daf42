//! Mergers and closings: who stays, who goes, and where.

use super::*;

const NORTH: BranchId = BranchId(Uuid::from_u128(0xD));

fn merge(into: BranchId, on: Date) -> BranchCommand {
    BranchCommand::Merge { into, on, reason: reason() }
}

fn close(on: Date) -> BranchCommand {
    BranchCommand::Close { on, reason: reason() }
}

fn departed() -> Happened {
    at(root(), BranchEvent::SubordinateDeparted { branch: EAST, on: Some(JUNE) })
}

fn transferred(member: MemberId) -> Happened {
    of(member, MemberEvent::Transferred { from: EAST, to: WEST, on: JUNE, reason: reason() })
}

#[test]
fn a_merger_takes_members_outlets_and_contact_points_along() {
    let handed_outlet =
        HandedOutlet { outlet: BANK, kind: OutletKind::Financial, name: title("outlet"), opened_on: MARCH };
    let handed_point = HandedContactPoint {
        contact_point: POINT,
        cadres: [ANA, BO],
        outlet: BANK,
        station: STATION,
        from: MAY,
        until: Some(TODAY),
        holders: Some([EAST, WEST]),
    };
    let absorbed = BranchEvent::Absorbed {
        from: EAST,
        on: JUNE,
        members: vec![ANA, BO],
        outlets: vec![handed_outlet],
        contact_points: vec![handed_point],
    };
    with_outlets().and(assigned(Some(TODAY))).when(east(merge(WEST, JUNE))).then([
        east_merged(),
        departed(),
        at(WEST, absorbed),
        linked(WEST, BANK, JUNE),
        transferred(ANA),
        transferred(BO),
    ]);
}

#[test]
fn what_was_closed_or_ended_before_a_merger_stays_behind() {
    let bank_closed = outlet_closed(EAST, BANK, OutletKind::Financial, JUNE);
    let absorbed =
        BranchEvent::Absorbed { from: EAST, on: JUNE, members: vec![ANA, BO], outlets: vec![], contact_points: vec![] };
    with_outlets().and(assigned(None)).and(point_ended(MAY)).and([bank_closed]).when(east(merge(WEST, JUNE))).then([
        east_merged(),
        departed(),
        at(WEST, absorbed),
        transferred(ANA),
        transferred(BO),
    ]);
}

#[test]
fn what_was_absorbed_is_the_branchs_own() {
    let outlet = HandedOutlet { outlet: BANK, kind: OutletKind::Financial, name: title("outlet"), opened_on: MARCH };
    let absorbed = BranchEvent::Absorbed {
        from: EAST,
        on: JUNE,
        members: vec![ANA],
        outlets: vec![outlet],
        contact_points: vec![],
    };
    let after = || with_outlets().and([east_merged(), departed(), at(WEST, absorbed.clone())]);
    let closing = |on| BranchCommand::CloseOutlet { outlet: BANK, on, reason: reason() };
    after().when(ask(WEST, closing(JUNE))).then([outlet_closed(WEST, BANK, OutletKind::Financial, JUNE)]);
    after().when(ask(WEST, closing(MAY))).then_refused(BranchRefusal::OutletActiveLater {
        outlet: BANK,
        on: MAY,
        latest: JUNE,
    });
    after().when(ask(WEST, close(JUNE))).then_refused(BranchRefusal::HasMembers { branch: WEST, count: 2 });
}

#[test]
fn a_merger_into_the_branch_above_is_a_merger_like_any() {
    let absorbed =
        BranchEvent::Absorbed { from: EAST, on: JUNE, members: vec![], outlets: vec![], contact_points: vec![] };
    tree().when(east(merge(root(), JUNE))).then([
        at(EAST, BranchEvent::Merged { into: root(), on: JUNE, reason: reason() }),
        departed(),
        at(root(), absorbed),
    ]);
}

#[test]
fn the_top_committee_is_neither_merged_nor_closed() {
    let stays = BranchRefusal::RootStays { branch: root() };
    tree().when(ask(root(), merge(EAST, JUNE))).then_refused(stays.clone());
    tree().when(ask(root(), close(JUNE))).then_refused(stays);
}

#[test]
fn nobody_is_merged_into_themselves_or_into_what_does_not_stand() {
    tree().when(east(merge(EAST, JUNE))).then_refused(BranchRefusal::IntoItself { branch: EAST });
    tree().when(east(merge(NOWHERE, JUNE))).then_refused(BranchRefusal::Unknown { branch: NOWHERE });
    tree()
        .and([at(WEST, BranchEvent::Merged { into: root(), on: MAY, reason: reason() })])
        .when(east(merge(WEST, JUNE)))
        .then_refused(BranchRefusal::Merged { branch: WEST, into: root() });
}

#[test]
fn a_branch_with_others_under_it_neither_merges_nor_closes() {
    let parent = || tree().and(established(NORTH, Some(EAST), "North"));
    let has = BranchRefusal::HasSubordinates { branch: EAST, count: 1, first: NORTH };
    parent().when(east(merge(WEST, JUNE))).then_refused(has.clone());
    parent().when(east(close(JUNE))).then_refused(has);
    let closed = BranchEvent::Closed { on: JUNE, reason: reason() };
    parent()
        .and([at(EAST, BranchEvent::SubordinateDeparted { branch: NORTH, on: None })])
        .when(east(close(JUNE)))
        .then([at(EAST, closed), departed()]);
}

#[test]
fn a_merger_does_not_hand_over_an_id_the_other_branch_uses() {
    with_outlets()
        .and([opened(WEST, BANK, OutletKind::Financial)])
        .when(east(merge(WEST, JUNE)))
        .then_refused(BranchRefusal::HandedIdInUse { into: WEST, id: BANK.0 });
    let (contact_point, cadres, outlet, station) = (POINT, [ANA, BO], BANK, STATION);
    let (from, until, holders) = (MAY, None, None);
    let same = BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders };
    with_outlets()
        .and(assigned(None))
        .and([at(WEST, same)])
        .when(east(merge(WEST, JUNE)))
        .then_refused(BranchRefusal::HandedIdInUse { into: WEST, id: POINT.0 });
}

#[test]
fn a_branch_does_not_end_before_its_last_entry() {
    let later = BranchRefusal::ActiveLater { branch: EAST, on: FOUNDED, latest: MARCH };
    staffed().when(east(merge(WEST, FOUNDED))).then_refused(later.clone());
    staffed().and(left(ANA, EAST, MARCH)).and(left(BO, EAST, MARCH)).when(east(close(FOUNDED))).then_refused(later);
}

#[test]
fn a_branch_does_not_end_before_those_under_it_came_or_went() {
    let later = |latest| BranchRefusal::ActiveLater { branch: EAST, on: MARCH, latest };
    let came = at(EAST, BranchEvent::SubordinateJoined { branch: NORTH, on: Some(MAY) });
    let went = |on| at(EAST, BranchEvent::SubordinateDeparted { branch: NORTH, on });
    let after = |on| tree().and([came.clone(), went(on)]);
    after(Some(JUNE)).when(east(close(MARCH))).then_refused(later(JUNE));
    after(Some(JUNE)).when(east(merge(WEST, MARCH))).then_refused(later(JUNE));
    after(None).when(east(close(MARCH))).then_refused(later(MAY));
    after(Some(JUNE)).when(east(close(JUNE))).then([east_closed(), departed()]);
}

#[test]
fn an_empty_branch_closes_and_the_branch_above_learns_of_it() {
    tree().when(east(close(JUNE))).then([east_closed(), departed()]);
}

#[test]
fn a_branch_with_members_does_not_close() {
    staffed().when(east(close(JUNE))).then_refused(BranchRefusal::HasMembers { branch: EAST, count: 2 });
    staffed()
        .and(left(ANA, EAST, MAY))
        .when(east(close(JUNE)))
        .then_refused(BranchRefusal::HasMembers { branch: EAST, count: 1 });
}

#[test]
fn a_branch_with_standing_outlets_does_not_close() {
    let with_bank = || tree().and([opened(EAST, BANK, OutletKind::Financial)]);
    with_bank().when(east(close(JUNE))).then_refused(BranchRefusal::HasOutlets { branch: EAST, count: 1 });
    with_bank()
        .and([outlet_closed(EAST, BANK, OutletKind::Financial, JUNE)])
        .when(east(close(JUNE)))
        .then([east_closed(), departed()]);
}

#[test]
fn a_branch_with_standing_contact_points_does_not_close() {
    let linked = || tree().and([opened(EAST, BANK, OutletKind::Financial)]).and(assigned(None));
    linked().when(east(close(JUNE))).then_refused(BranchRefusal::HasContactPoints { branch: EAST, count: 1 });
    linked()
        .and(point_ended(JUNE))
        .and([outlet_closed(EAST, BANK, OutletKind::Financial, JUNE)])
        .when(east(close(JUNE)))
        .then([east_closed(), departed()]);
}
