//! The rules of a member, one test each.

mod accounts;
mod commitments;
mod contests;
mod displays;
mod memory;
mod merging;
mod readmission;
mod results;
mod roster;
mod talks;

use std::sync::Arc;

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::branch::{BranchEvent, BranchKind};
use crate::event::Event;
use crate::id::{ActorId, BranchId, MemberId};
use crate::period::{TimeRefusal, Zone};
use crate::stream::StreamId;
use crate::testing::{Given, given};
use crate::text::{Sealed, Title};
use crate::world::{Command, Context, Stop, World};

const ANA: MemberId = MemberId(Uuid::from_u128(0xA));
const BO: MemberId = MemberId(Uuid::from_u128(0xB));
const CHU: MemberId = MemberId(Uuid::from_u128(0xC));
const EAST: BranchId = BranchId(Uuid::from_u128(0xEA57));
const WEST: BranchId = BranchId(Uuid::from_u128(0x3E57));

const MARCH: Date = date(2022, 3, 1);
const APRIL: Date = date(2022, 4, 1);
const MAY: Date = date(2022, 5, 1);
const JUNE: Date = date(2022, 6, 1);
const JULY: Date = date(2022, 7, 1);
/// The day after the last on which the tests decide.
const TOMORROW: Date = date(2023, 1, 1);

type Happened = (StreamId, Event);

fn text(plain: &str) -> Sealed {
    Sealed(plain.to_owned())
}

fn of(member: MemberId, event: MemberEvent) -> Happened {
    (member.into(), event.into())
}

fn at(branch: BranchId, event: BranchEvent) -> Happened {
    (branch.into(), event.into())
}

fn ask(member: MemberId, command: MemberCommand) -> Command {
    Command::Member(member, command)
}

fn ana(command: MemberCommand) -> Command {
    ask(ANA, command)
}

fn established(branch: BranchId, parent: Option<BranchId>) -> Happened {
    let name = Title::new("name", "Branch").expect("a plain title");
    at(branch, BranchEvent::Established { kind: BranchKind::Branch, parent, name, on: date(2021, 1, 1) })
}

fn registered(member: MemberId, branch: BranchId) -> [Happened; 2] {
    let event = MemberEvent::Registered { branch, post: Post::Staff, on: MARCH, probation_until: None };
    [of(member, event), at(branch, BranchEvent::MemberJoined { member, on: MARCH })]
}

/// The top committee with two branches, and nobody in them.
fn empty_house() -> Given {
    let root = BranchId::root();
    given([established(root, None), established(EAST, Some(root)), established(WEST, Some(root))])
}

/// The house with Ana in the east since March.
fn house() -> Given {
    empty_house().and(registered(ANA, EAST))
}

fn suspended(on: Date) -> Happened {
    of(ANA, MemberEvent::Suspended { on, reason: text("inquiry") })
}

fn reinstated(on: Date) -> Happened {
    of(ANA, MemberEvent::Reinstated { on, reason: text("cleared") })
}

fn readmitted(on: Date) -> [Happened; 2] {
    let event = MemberEvent::Readmitted { branch: WEST, post: Post::Cadre, on, probation_until: None };
    [of(ANA, event), at(WEST, BranchEvent::MemberJoined { member: ANA, on })]
}

fn left(on: Date) -> [Happened; 2] {
    [
        of(ANA, MemberEvent::Left { branch: EAST, on, reason: text("moved away") }),
        at(EAST, BranchEvent::MemberDeparted { member: ANA, on }),
    ]
}

/// Noon UTC of the last day of 2022.
fn context() -> Context {
    Context {
        at: "2022-12-31T12:00:00Z".parse().expect("an instant"),
        actor: ActorId("office".to_owned()),
        zone: Zone::default(),
        vault: Arc::new(crate::testing::OpenVault),
    }
}

/// The code a command is refused with, where the facts are another noun's.
fn refused_code(given: &Given, command: &Command) -> &'static str {
    match command.decide(&World::new(given), &context()) {
        Err(Stop::Refused(refusal)) => refusal.code(),
        other => panic!("refused, but was {other:?}"),
    }
}
