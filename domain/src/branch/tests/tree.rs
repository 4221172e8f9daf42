//! Founding, names and places in the tree.

use super::*;
use crate::period::TimeRefusal;

const NORTH: BranchId = BranchId(Uuid::from_u128(0xD));

fn establish(parent: Option<BranchId>, on: Date) -> BranchCommand {
    BranchCommand::Establish { kind: BranchKind::Branch, parent, name: title("North"), on }
}

fn rename(name: &str, on: Date) -> BranchCommand {
    BranchCommand::Rename { name: title(name), on }
}

fn go_under(to: BranchId, on: Date) -> BranchCommand {
    BranchCommand::Move { to, on, reason: reason() }
}

fn founded(parent: Option<BranchId>, on: Date) -> BranchEvent {
    BranchEvent::Established { kind: BranchKind::Branch, parent, name: title("North"), on }
}

fn joined(on: Date) -> Happened {
    at(EAST, BranchEvent::SubordinateJoined { branch: NORTH, on: Some(on) })
}

fn moved(branch: BranchId, from: BranchId, to: BranchId, on: Date) -> [Happened; 3] {
    [
        at(branch, BranchEvent::Moved { from, to, on, reason: reason() }),
        at(from, BranchEvent::SubordinateDeparted { branch, on: Some(on) }),
        at(to, BranchEvent::SubordinateJoined { branch, on: Some(on) }),
    ]
}

#[test]
fn the_top_committee_is_founded_under_nobody() {
    given([]).when(ask(root(), establish(None, MARCH))).then([at(root(), founded(None, MARCH))]);
    given([])
        .when(ask(root(), establish(Some(EAST), MARCH)))
        .then_refused(BranchRefusal::RootUnderAnother { parent: EAST });
}

#[test]
fn every_other_branch_is_founded_under_a_standing_one_which_learns_of_it() {
    tree().when(ask(NORTH, establish(Some(EAST), MARCH))).then([at(NORTH, founded(Some(EAST), MARCH)), joined(MARCH)]);
    tree().when(ask(NORTH, establish(None, MARCH))).then_refused(BranchRefusal::NeedsParent { branch: NORTH });
    tree().when(ask(NORTH, establish(Some(NOWHERE), MARCH))).then_refused(BranchRefusal::Unknown { branch: NOWHERE });
    tree()
        .and([east_closed()])
        .when(ask(NORTH, establish(Some(EAST), JUNE)))
        .then_refused(BranchRefusal::Closed { branch: EAST, on: JUNE });
}

#[test]
fn nobody_is_founded_under_themselves() {
    tree().when(ask(NORTH, establish(Some(NORTH), MARCH))).then_refused(BranchRefusal::Unknown { branch: NORTH });
}

#[test]
fn a_branch_is_founded_once_even_if_it_ended_since() {
    let twice = BranchRefusal::AlreadyEstablished { branch: EAST };
    tree().when(east(establish(Some(root()), MARCH))).then_refused(twice.clone());
    tree().and([east_closed()]).when(east(establish(Some(root()), JUNE))).then_refused(twice);
}

#[test]
fn the_day_of_founding_has_come_and_is_not_before_the_branch_above() {
    tree()
        .when(ask(NORTH, establish(Some(EAST), TOMORROW)))
        .then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today: TODAY });
    given([])
        .when(ask(root(), establish(None, TOMORROW)))
        .then_refused(TimeRefusal::InTheFuture { date: TOMORROW, today: TODAY });
    let early = jiff::civil::date(2022, 1, 3);
    tree().when(ask(NORTH, establish(Some(EAST), early))).then_refused(BranchRefusal::BeforeEstablished {
        branch: EAST,
        on: early,
        established: FOUNDED,
    });
    tree()
        .when(ask(NORTH, establish(Some(EAST), FOUNDED)))
        .then([at(NORTH, founded(Some(EAST), FOUNDED)), joined(FOUNDED)]);
}

#[test]
fn today_is_the_day_in_the_organisations_zone() {
    let new_year = "2022-12-31T16:00:00Z";
    given([]).at(new_year).when(ask(root(), establish(None, TOMORROW))).then([at(root(), founded(None, TOMORROW))]);
}

#[test]
fn a_branch_that_ended_or_never_was_does_nothing() {
    tree().when(ask(NOWHERE, rename("Here", MARCH))).then_refused(BranchRefusal::Unknown { branch: NOWHERE });
    tree()
        .and([east_closed()])
        .when(east(rename("Here", JUNE)))
        .then_refused(BranchRefusal::Closed { branch: EAST, on: JUNE });
    tree()
        .and([east_merged()])
        .when(east(rename("Here", JUNE)))
        .then_refused(BranchRefusal::Merged { branch: EAST, into: WEST });
}

#[test]
fn a_new_name_keeps_the_one_before() {
    let event = BranchEvent::Renamed { name_before: title("East"), name: title("Sunrise"), on: MARCH };
    tree().when(east(rename("Sunrise", MARCH))).then([at(EAST, event)]);
    let event = BranchEvent::Renamed { name_before: title("Committee"), name: title("Top"), on: MARCH };
    tree().when(ask(root(), rename("Top", MARCH))).then([at(root(), event)]);
}

#[test]
fn the_same_name_again_is_nothing() {
    tree().when(east(rename("East", MARCH))).then_nothing();
}

#[test]
fn names_follow_each_other_in_time() {
    let renamed = BranchEvent::Renamed { name_before: title("East"), name: title("Sunrise"), on: MAY };
    tree().and([at(EAST, renamed)]).when(east(rename("Dawn", MARCH))).then_refused(BranchRefusal::ActiveLater {
        branch: EAST,
        on: MARCH,
        latest: MAY,
    });
}

#[test]
fn nothing_happens_to_a_branch_before_its_founding() {
    let on = jiff::civil::date(2022, 1, 3);
    let early = BranchRefusal::BeforeEstablished { branch: EAST, on, established: FOUNDED };
    tree().when(east(rename("Sunrise", on))).then_refused(early.clone());
    tree().when(east(go_under(WEST, on))).then_refused(early);
    let open = BranchCommand::OpenOutlet { outlet: BANK, kind: OutletKind::Financial, name: title("Bank"), on };
    tree().when(east(open)).then_refused(BranchRefusal::BeforeEstablished { branch: EAST, on, established: FOUNDED });
}

#[test]
fn a_move_is_known_to_the_branch_left_and_the_branch_joined() {
    tree().when(east(go_under(WEST, MARCH))).then(moved(EAST, root(), WEST, MARCH));
}

#[test]
fn a_move_to_where_it_stands_is_nothing() {
    tree().when(east(go_under(root(), MARCH))).then_nothing();
}

#[test]
fn the_top_committee_is_not_moved() {
    tree().when(ask(root(), go_under(EAST, MARCH))).then_refused(BranchRefusal::RootStays { branch: root() });
}

#[test]
fn nobody_stands_under_themselves_however_deep() {
    let ring = |to| BranchRefusal::UnderItself { branch: EAST, to };
    tree().when(east(go_under(EAST, MARCH))).then_refused(ring(EAST));
    let deep = || tree().and(established(NORTH, Some(EAST), "North")).and(moved(WEST, root(), NORTH, MARCH));
    deep().when(east(go_under(NORTH, MAY))).then_refused(ring(NORTH));
    deep().when(east(go_under(WEST, MAY))).then_refused(ring(WEST));
    deep().when(ask(WEST, go_under(EAST, MAY))).then(moved(WEST, NORTH, EAST, MAY));
}

#[test]
fn a_branch_goes_under_a_standing_one_only() {
    tree().when(east(go_under(NOWHERE, MARCH))).then_refused(BranchRefusal::Unknown { branch: NOWHERE });
    tree()
        .and([east_closed()])
        .when(ask(WEST, go_under(EAST, JUNE)))
        .then_refused(BranchRefusal::Closed { branch: EAST, on: JUNE });
    let late = BranchEvent::Established { kind: BranchKind::Branch, parent: Some(root()), name: title("N"), on: MAY };
    tree().and([at(NORTH, late)]).when(east(go_under(NORTH, MARCH))).then_refused(BranchRefusal::BeforeEstablished {
        branch: NORTH,
        on: MARCH,
        established: MAY,
    });
}

#[test]
fn moves_follow_each_other_in_time() {
    tree()
        .and(moved(EAST, root(), WEST, MAY))
        .when(east(go_under(root(), MARCH)))
        .then_refused(BranchRefusal::ActiveLater { branch: EAST, on: MARCH, latest: MAY });
}
