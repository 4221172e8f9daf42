//! The second implementation, for tests only: every row recomputed from the list of all facts, by looking at each one.
//! It shares the types of rows and facts with the projections, and no code that folds.

pub mod audit;
pub mod boards;
pub mod dues;
pub mod grants;
pub mod ledger;
pub mod organisation;
pub mod outlets;
pub mod people;
pub mod records;
pub mod round_people;
pub mod rounds;
pub mod scores;
pub mod spells;
pub mod talks;
pub mod totals;
pub mod trainings;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId};
use domain::member::MemberEvent;
use domain::stream::{Position, StreamId, StreamKind};

/// All facts in order, and where each stream's are: a year is looked at fact by fact many thousand times.
pub struct Log {
    facts: Vec<Fact>,
    streams: BTreeMap<StreamId, Vec<usize>>,
    branches: Vec<usize>,
}

impl Log {
    /// The log of these facts.
    pub fn of(facts: Vec<Fact>) -> Self {
        let mut streams: BTreeMap<StreamId, Vec<usize>> = BTreeMap::new();
        for (at, fact) in facts.iter().enumerate() {
            streams.entry(fact.stream).or_default().push(at);
        }
        let of_branch = |(at, fact): (usize, &Fact)| (fact.stream.kind == StreamKind::Branch).then_some(at);
        let branches = facts.iter().enumerate().filter_map(of_branch).collect();
        Self { facts, streams, branches }
    }
}

impl Deref for Log {
    type Target = [Fact];
    fn deref(&self) -> &[Fact] {
        &self.facts
    }
}

/// What had happened up to some position.
#[derive(Clone, Copy)]
pub struct Naive<'a> {
    log: &'a Log,
    facts: &'a [Fact],
}

impl<'a> Naive<'a> {
    /// Stopped at a position of the log.
    pub fn upto(log: &'a Log, position: Position) -> Self {
        let count = log.iter().filter(|fact| fact.position <= position).count();
        Self { log, facts: &log[..count] }
    }

    /// The facts of one stream.
    fn facts_on(self, stream: StreamId) -> impl Iterator<Item = &'a Fact> {
        let places = self.log.streams.get(&stream).into_iter().flatten();
        places.take_while(move |at| **at < self.facts.len()).map(move |at| &self.facts[*at])
    }

    /// What happened on one stream.
    fn on(self, stream: StreamId) -> impl Iterator<Item = &'a Event> {
        self.facts_on(stream).map(|fact| &fact.event)
    }

    /// The facts themselves.
    pub fn facts(self) -> &'a [Fact] {
        self.facts
    }

    /// What happened to members.
    pub fn of_members(self) -> impl Iterator<Item = (MemberId, &'a MemberEvent)> {
        self.facts.iter().filter_map(|fact| match &fact.event {
            Event::Member(event) => Some((MemberId(fact.stream.id), event)),
            Event::Branch(_) | Event::Round(_) => None,
        })
    }

    /// What happened to branches.
    pub fn of_branches(self) -> impl Iterator<Item = (BranchId, &'a BranchEvent)> {
        let before = self.log.branches.iter().take_while(move |at| **at < self.facts.len());
        before.filter_map(move |at| match &self.facts[*at] {
            Fact { event: Event::Branch(event), stream, .. } => Some((BranchId(stream.id), event)),
            _ => None,
        })
    }

    /// What happened to one member.
    pub fn of(self, member: MemberId) -> Vec<&'a MemberEvent> {
        let own = |event: &'a Event| if let Event::Member(event) = event { Some(event) } else { None };
        self.on(member.into()).filter_map(own).collect()
    }

    /// What happened to one branch.
    pub fn at(self, branch: BranchId) -> Vec<&'a BranchEvent> {
        let own = |event: &'a Event| if let Event::Branch(event) = event { Some(event) } else { None };
        self.on(branch.into()).filter_map(own).collect()
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
