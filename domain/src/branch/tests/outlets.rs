//! Outlets, their standards and their inspections.

use super::*;

const STANDARD: StandardId = StandardId(Uuid::from_u128(0x51));
const INSPECTION: InspectionId = InspectionId(Uuid::from_u128(0x61));
const FIVE_MET: SixS = SixS {
    sort: Verdict::Met,
    set_in_order: Verdict::Met,
    shine: Verdict::Met,
    standardise: Verdict::Met,
    sustain: Verdict::Met,
    safety: Verdict::NotMet,
};

fn bank() -> Given {
    tree().and([opened(EAST, BANK, OutletKind::Financial)])
}

fn closed_bank() -> Given {
    bank().and([outlet_closed(EAST, BANK, OutletKind::Financial, MAY)])
}

fn open(outlet: OutletId, on: Date) -> BranchCommand {
    BranchCommand::OpenOutlet { outlet, kind: OutletKind::Delivery, name: title("Station"), on }
}

fn close(outlet: OutletId, on: Date) -> BranchCommand {
    BranchCommand::CloseOutlet { outlet, on, reason: reason() }
}

fn display(outlet: OutletId, on: Date) -> BranchCommand {
    let (standard, kind, title) = (STANDARD, StandardKind::ProcessChart, sealed("chart"));
    BranchCommand::DisplayStandard { standard, outlet, kind, title, on }
}

fn displayed(on: Date) -> Happened {
    let (standard, outlet, kind, title) = (STANDARD, BANK, StandardKind::ProcessChart, sealed("chart"));
    at(EAST, BranchEvent::StandardDisplayed { standard, outlet, kind, title, on })
}

fn inspect(outlet: OutletId, on: Date) -> BranchCommand {
    BranchCommand::InspectOutlet { inspection: INSPECTION, outlet, on, results: FIVE_MET, remarks: None }
}

fn inspected(on: Date) -> Happened {
    let (inspection, outlet, results) = (INSPECTION, BANK, FIVE_MET);
    at(EAST, BranchEvent::OutletInspected { inspection, outlet, on, results, remarks: None })
}

#[test]
fn an_outlet_opens_under_an_id_of_its_own() {
    let (outlet, kind, name) = (STATION, OutletKind::Delivery, title("Station"));
    bank().when(east(open(STATION, MAY))).then([at(EAST, BranchEvent::OutletOpened { outlet, kind, name, on: MAY })]);
    let in_use = BranchRefusal::IdInUse { branch: EAST, id: BANK.0 };
    bank().when(east(open(BANK, MAY))).then_refused(in_use.clone());
    closed_bank().when(east(open(BANK, JUNE))).then_refused(in_use);
}

#[test]
fn an_outlet_closes_once() {
    bank().when(east(close(BANK, MAY))).then([outlet_closed(EAST, BANK, OutletKind::Financial, MAY)]);
    closed_bank().when(east(close(BANK, JUNE))).then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: MAY });
    bank().when(east(close(STATION, MAY))).then_refused(BranchRefusal::UnknownOutlet { branch: EAST, outlet: STATION });
}

#[test]
fn an_outlet_of_a_standing_contact_point_stays_open() {
    let stays = |outlet| BranchRefusal::OutletLinked { outlet, contact_point: POINT };
    let linked = || with_outlets().and(assigned(None));
    linked().when(east(close(BANK, JUNE))).then_refused(stays(BANK));
    linked().when(ask(WEST, close(STATION, JUNE))).then_refused(stays(STATION));
    let ended = || linked().and(point_ended(JUNE));
    let closed = |branch, outlet, kind| [outlet_closed(branch, outlet, kind, JUNE)];
    ended().when(east(close(BANK, JUNE))).then(closed(EAST, BANK, OutletKind::Financial));
    ended().when(ask(WEST, close(STATION, JUNE))).then(closed(WEST, STATION, OutletKind::Delivery));
    ended().when(ask(WEST, close(STATION, MAY))).then_refused(BranchRefusal::OutletActiveLater {
        outlet: STATION,
        on: MAY,
        latest: JUNE,
    });
}

#[test]
fn a_link_nobody_was_told_of_keeps_the_own_outlet_open() {
    let linked = || with_outlets().and([assigned_alone(None)]);
    linked()
        .when(east(close(BANK, JUNE)))
        .then_refused(BranchRefusal::OutletLinked { outlet: BANK, contact_point: POINT });
    linked().and([ended(EAST, JUNE)]).when(east(close(BANK, JUNE))).then([outlet_closed(
        EAST,
        BANK,
        OutletKind::Financial,
        JUNE,
    )]);
}

#[test]
fn an_outlet_does_not_close_before_its_last_entry() {
    let later = BranchRefusal::OutletActiveLater { outlet: BANK, on: MAY, latest: JUNE };
    bank().and([inspected(JUNE)]).when(east(close(BANK, MAY))).then_refused(later.clone());
    bank().and([displayed(JUNE)]).when(east(close(BANK, MAY))).then_refused(later);
    bank().and([inspected(MAY)]).when(east(close(BANK, MAY))).then([outlet_closed(
        EAST,
        BANK,
        OutletKind::Financial,
        MAY,
    )]);
}

#[test]
fn a_standard_hangs_in_an_open_outlet() {
    bank().when(east(display(BANK, MAY))).then([displayed(MAY)]);
    closed_bank().when(east(display(BANK, MARCH))).then([displayed(MARCH)]);
    closed_bank().when(east(display(BANK, JUNE))).then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: MAY });
    bank()
        .when(east(display(STATION, MAY)))
        .then_refused(BranchRefusal::UnknownOutlet { branch: EAST, outlet: STATION });
    bank()
        .and([displayed(MAY)])
        .when(east(display(BANK, MAY)))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: STANDARD.0 });
}

#[test]
fn an_inspection_is_of_an_open_outlet() {
    bank().when(east(inspect(BANK, MAY))).then([inspected(MAY)]);
    closed_bank().when(east(inspect(BANK, MAY))).then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: MAY });
    closed_bank().when(east(inspect(BANK, JUNE))).then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: MAY });
    bank()
        .when(east(inspect(STATION, MAY)))
        .then_refused(BranchRefusal::UnknownOutlet { branch: EAST, outlet: STATION });
    bank()
        .and([inspected(MAY)])
        .when(east(inspect(BANK, JUNE)))
        .then_refused(BranchRefusal::IdInUse { branch: EAST, id: INSPECTION.0 });
}

#[test]
fn an_inspection_before_the_closing_may_be_recorded_after_it() {
    let april = jiff::civil::date(2022, 4, 30);
    closed_bank().when(east(inspect(BANK, april))).then([inspected(april)]);
    let early = jiff::civil::date(2022, 2, 28);
    closed_bank().when(east(inspect(BANK, early))).then_refused(BranchRefusal::OutletClosed { outlet: BANK, on: MAY });
}

#[test]
fn nothing_happens_in_an_outlet_before_it_opened() {
    let on = jiff::civil::date(2022, 2, 28);
    let early = BranchRefusal::OutletNotYetOpen { outlet: BANK, on, opened: MARCH };
    bank().when(east(display(BANK, on))).then_refused(early.clone());
    bank().when(east(inspect(BANK, on))).then_refused(early.clone());
    bank().when(east(close(BANK, on))).then_refused(early);
}
