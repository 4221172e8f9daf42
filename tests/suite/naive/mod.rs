//! The second implementation, for tests only: every row recomputed from the list of all facts, by looking at each one.
//! It shares the types of rows and facts with the projections, and no code that folds.

pub mod audit;
pub mod boards;
pub mod ledger;
pub mod organisation;
pub mod outlets;
pub mod people;
pub mod records;
pub mod spells;
pub mod totals;
pub mod trainings;

use std::collections::BTreeSet;

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId};
use domain::member::MemberEvent;
use domain::stream::Position;

/// What had happened up to some position.
#[derive(Clone, Copy)]
pub struct Naive<'a> {
    facts: &'a [Fact],
}

impl<'a> Naive<'a> {
    /// Stopped at a position of the log.
    pub fn upto(log: &'a [Fact], position: Position) -> Self {
        let count = log.iter().filter(|fact| fact.position <= position).count();
        Self { facts: &log[..count] }
    }

    /// The facts themselves.
    pub fn facts(self) -> &'a [Fact] {
        self.facts
    }

    /// What happened to members.
    pub fn of_members(self) -> impl Iterator<Item = (MemberId, &'a MemberEvent)> {
        self.facts.iter().filter_map(|fact| match &fact.event {
            Event::Member(event) => Some((MemberId(fact.stream.id), event)),
            Event::Branch(_) => None,
        })
    }

    /// What happened to branches.
    pub fn of_branches(self) -> impl Iterator<Item = (BranchId, &'a BranchEvent)> {
        self.facts.iter().filter_map(|fact| match &fact.event {
            Event::Branch(event) => Some((BranchId(fact.stream.id), event)),
            Event::Member(_) => None,
        })
    }

    /// What happened to one member.
    pub fn of(self, member: MemberId) -> Vec<&'a MemberEvent> {
        self.of_members().filter(|(whose, _)| *whose == member).map(|(_, event)| event).collect()
    }

    /// What happened to one branch.
    pub fn at(self, branch: BranchId) -> Vec<&'a BranchEvent> {
        self.of_branches().filter(|(whose, _)| *whose == branch).map(|(_, event)| event).collect()
    }

    /// Everybody ever registered.
    pub fn members(self) -> BTreeSet<MemberId> {
        let registered = |event: &MemberEvent| matches!(event, MemberEvent::Registered { .. });
        self.of_members().filter(|(_, event)| registered(event)).map(|(member, _)| member).collect()
    }

    /// Every branch ever established.
    pub fn branches(self) -> BTreeSet<BranchId> {
        let established = |event: &BranchEvent| matches!(event, BranchEvent::Established { .. });
        self.of_branches().filter(|(_, event)| established(event)).map(|(branch, _)| branch).collect()
    }
}

/// How many fulfil it.
pub fn count<T>(things: impl IntoIterator<Item = T>, fulfil: impl Fn(&T) -> bool) -> i64 {
    things.into_iter().filter(|thing| fulfil(thing)).count() as i64
}
