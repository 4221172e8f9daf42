//! Commands as tests say them.

use domain::branch::{BranchCommand, BranchKind};
use domain::id::{ActorId, BranchId, MemberId};
use domain::member::{MemberCommand, Post};
use domain::person::Person;
use domain::text::Title;
use domain::world::Command;
use graphql::ports::Asker;
use jiff::civil::{Date, date};

/// A day on which things happen.
pub const DAY: Date = date(2022, 3, 1);

/// The office asks, under a command id.
#[must_use]
pub fn office(command_id: &str) -> Asker {
    said_by("office", command_id)
}

/// Somebody asks, under a command id.
#[must_use]
pub fn said_by(actor: &str, command_id: &str) -> Asker {
    Asker { actor: ActorId(actor.into()), command_id: command_id.into(), correlation: command_id.into() }
}

/// Founds the top committee.
#[must_use]
pub fn found_root() -> Command {
    establish(BranchId::root(), None, "市分公司党委")
}

/// Founds a branch.
#[must_use]
pub fn establish(branch: BranchId, parent: Option<BranchId>, name: &str) -> Command {
    let kind = if parent.is_none() { BranchKind::Committee } else { BranchKind::Branch };
    let name = Title::new("name", name).expect("a title");
    Command::Branch(branch, BranchCommand::Establish { kind, parent, name, on: date(2020, 1, 1) })
}

/// Registers a member in a branch.
#[must_use]
pub fn register(member: MemberId, branch: BranchId) -> Command {
    Command::Member(member, MemberCommand::Register { branch, post: Post::Cadre, on: DAY, probation_until: None })
}

/// An invented person.
#[must_use]
pub fn person(staff_number: &str) -> Person {
    Person::new(staff_number, "试䶮·𠮷", None).expect("a record")
}
