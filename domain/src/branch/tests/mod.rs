//! One test per rule of a branch; here the people and places they happen to.

mod contact_points;
mod end;
mod grants;
mod improvements;
mod meetings;
mod memory;
mod metrics;
mod outlets;
mod talks;
mod tree;

use jiff::civil::Date;
use uuid::Uuid;

use super::*;
use crate::event::Event;
use crate::id::*;
use crate::ledger::{Aggregation, Direction, Exactness, Metric, Subjects, Unit};
use crate::member::{MemberEvent, Post};
use crate::period::{Grain, Period};
use crate::stream::StreamId;
use crate::testing::{Given, given};
use crate::text::{MetricCode, Sealed, Title};
use crate::world::Command;

type Happened = (StreamId, Event);

const EAST: BranchId = BranchId(Uuid::from_u128(0xE));
const WEST: BranchId = BranchId(Uuid::from_u128(0xF));
const NOWHERE: BranchId = BranchId(Uuid::from_u128(0x9));
/// A cadre of East.
const ANA: MemberId = MemberId(Uuid::from_u128(0xA1));
/// A cadre of East.
const BO: MemberId = MemberId(Uuid::from_u128(0xA2));
/// Staff of West.
const CY: MemberId = MemberId(Uuid::from_u128(0xA3));
const NOBODY: MemberId = MemberId(Uuid::from_u128(0xA9));
const BANK: OutletId = OutletId(Uuid::from_u128(0x01));
const STATION: OutletId = OutletId(Uuid::from_u128(0x02));
const POINT: ContactPointId = ContactPointId(Uuid::from_u128(0xC1));

/// The organisation stands from here on.
const FOUNDED: Date = jiff::civil::date(2022, 1, 4);
const MARCH: Date = jiff::civil::date(2022, 3, 1);
const MAY: Date = jiff::civil::date(2022, 5, 1);
const JUNE: Date = jiff::civil::date(2022, 6, 1);
const TODAY: Date = jiff::civil::date(2022, 12, 31);
const TOMORROW: Date = jiff::civil::date(2023, 1, 1);

fn root() -> BranchId {
    BranchId::root()
}

fn title(text: &str) -> Title {
    Title::new("title", text).expect("a legal title")
}

fn sealed(text: &str) -> Sealed {
    Sealed(text.to_owned())
}

fn reason() -> Sealed {
    sealed("reason")
}

fn at(branch: BranchId, event: BranchEvent) -> Happened {
    (branch.into(), event.into())
}

fn of(member: MemberId, event: MemberEvent) -> Happened {
    (member.into(), event.into())
}

fn ask(branch: BranchId, command: BranchCommand) -> Command {
    Command::Branch(branch, command)
}

fn east(command: BranchCommand) -> Command {
    ask(EAST, command)
}

fn established(branch: BranchId, parent: Option<BranchId>, name: &str) -> Vec<Happened> {
    let founded = BranchEvent::Established { kind: BranchKind::Branch, parent, name: title(name), on: FOUNDED };
    let joined = parent.map(|parent| at(parent, BranchEvent::SubordinateJoined { branch, on: Some(FOUNDED) }));
    [at(branch, founded)].into_iter().chain(joined).collect()
}

fn registered(member: MemberId, branch: BranchId, post: Post) -> [Happened; 2] {
    [
        of(member, MemberEvent::Registered { branch, post, on: MARCH, probation_until: None }),
        at(branch, BranchEvent::MemberJoined { member, on: MARCH }),
    ]
}

fn left(member: MemberId, branch: BranchId, on: Date) -> [Happened; 2] {
    [
        of(member, MemberEvent::Left { branch, on, reason: reason() }),
        at(branch, BranchEvent::MemberDeparted { member, on }),
    ]
}

/// The top committee with East and West under it; nobody in them yet.
fn tree() -> Given {
    given(established(root(), None, "Committee")).and(established(EAST, Some(root()), "East")).and(established(
        WEST,
        Some(root()),
        "West",
    ))
}

/// Two cadres in East, one of the staff in West, all from March on.
fn staffed() -> Given {
    tree().and(registered(ANA, EAST, Post::Cadre)).and(registered(BO, EAST, Post::Cadre)).and(registered(
        CY,
        WEST,
        Post::Staff,
    ))
}

fn opened(branch: BranchId, outlet: OutletId, kind: OutletKind) -> Happened {
    at(branch, BranchEvent::OutletOpened { outlet, kind, name: title("outlet"), on: MARCH })
}

fn outlet_closed(branch: BranchId, outlet: OutletId, kind: OutletKind, on: Date) -> Happened {
    at(branch, BranchEvent::OutletClosed { outlet, kind, on, reason: reason() })
}

/// [`staffed`], with a financial outlet in East and a delivery station in West.
fn with_outlets() -> Given {
    staffed().and([opened(EAST, BANK, OutletKind::Financial), opened(WEST, STATION, OutletKind::Delivery)])
}

/// As it was recorded before those who hold the places and the pair learned of it.
fn assigned_alone(until: Option<Date>) -> Happened {
    let (contact_point, cadres, outlet, station) = (POINT, [ANA, BO], BANK, STATION);
    let (from, holders) = (MAY, None);
    at(EAST, BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders })
}

fn linked(branch: BranchId, outlet: OutletId, from: Date) -> Happened {
    at(branch, BranchEvent::OutletLinked { outlet, contact_point: POINT, from })
}

/// East keeps the contact point, with its own bank and the station of West.
fn assigned(until: Option<Date>) -> [Happened; 5] {
    let (contact_point, cadres, outlet, station) = (POINT, [ANA, BO], BANK, STATION);
    let (from, holders) = (MAY, Some([EAST, WEST]));
    [
        at(EAST, BranchEvent::ContactPointAssigned { contact_point, cadres, outlet, station, from, until, holders }),
        linked(EAST, BANK, MAY),
        linked(WEST, STATION, MAY),
        of(ANA, MemberEvent::ContactPointTaken { contact_point, from }),
        of(BO, MemberEvent::ContactPointTaken { contact_point, from }),
    ]
}

/// The end, as the branch that keeps the contact point records it.
fn ended(branch: BranchId, on: Date) -> Happened {
    let (cadres, outlet, station) = (Some([ANA, BO]), Some(BANK), Some(STATION));
    at(branch, BranchEvent::ContactPointEnded { contact_point: POINT, on, reason: reason(), cadres, outlet, station })
}

fn released(branch: BranchId, outlet: OutletId, on: Date) -> Happened {
    at(branch, BranchEvent::OutletReleased { outlet, contact_point: POINT, on })
}

fn given_up(member: MemberId, on: Date) -> Happened {
    of(member, MemberEvent::ContactPointGivenUp { contact_point: POINT, on })
}

fn point_ended(on: Date) -> [Happened; 5] {
    [ended(EAST, on), released(EAST, BANK, on), released(WEST, STATION, on), given_up(ANA, on), given_up(BO, on)]
}

fn east_closed() -> Happened {
    at(EAST, BranchEvent::Closed { on: JUNE, reason: reason() })
}

fn east_merged() -> Happened {
    at(EAST, BranchEvent::Merged { into: WEST, on: JUNE, reason: reason() })
}
