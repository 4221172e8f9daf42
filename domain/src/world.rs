//! The world a command is decided in: the states it may read, the context it comes in, the decision it leads to.
//!
//! # Invariant
//! Every state that a decision looked at is recorded in [`World::reads`], so that the append can name the versions
//! it was decided on: a rule over several aggregates holds without one owning the other.
//!
//! # Not here
//! Loading, versions, retries (infra).

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::aggregate::Aggregate;
use crate::branch::{Branch, BranchCommand, BranchEvent};
use crate::event::Event;
use crate::id::{ActorId, BranchId, MemberId, RoundId};
use crate::member::{Member, MemberCommand, MemberEvent};
use crate::period::{Period, TimeRefusal, Zone};
use crate::refusal::Refusal;
use crate::round::{Round, RoundCommand, RoundEvent};
use crate::stream::{StreamId, StreamKind};
use crate::vault::Vault;

/// The state of one stream.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// A member's.
    Member(Member),
    /// A branch's.
    Branch(Branch),
    /// A round's.
    Round(Round),
}

impl From<Member> for State {
    fn from(member: Member) -> Self {
        Self::Member(member)
    }
}

impl From<Branch> for State {
    fn from(branch: Branch) -> Self {
        Self::Branch(branch)
    }
}

impl From<Round> for State {
    fn from(round: Round) -> Self {
        Self::Round(round)
    }
}

impl State {
    /// The state before the first event.
    #[must_use]
    pub fn before(kind: StreamKind) -> Self {
        match kind {
            StreamKind::Member => Self::Member(Member::default()),
            StreamKind::Branch => Self::Branch(Branch::default()),
            StreamKind::Round => Self::Round(Round::default()),
        }
    }

    /// Takes an event in. An event of another kind changes nothing: streams hold one kind.
    pub fn apply(&mut self, event: &Event) {
        match (self, event) {
            (Self::Member(member), Event::Member(event)) => member.apply(event),
            (Self::Branch(branch), Event::Branch(event)) => branch.apply(event),
            (Self::Round(round), Event::Round(event)) => round.apply(event),
            (Self::Member(_), Event::Branch(_) | Event::Round(_))
            | (Self::Branch(_), Event::Member(_) | Event::Round(_))
            | (Self::Round(_), Event::Member(_) | Event::Branch(_)) => {}
        }
    }
}

/// Where loaded states come from.
pub trait States {
    /// The state of a stream, if it is loaded. A stream without events has its state before the first event.
    fn state(&self, stream: StreamId) -> Option<&State>;
}

/// Why a decision stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A state was read that is not loaded: load it and decide again.
    Needs(StreamId),
    /// A rule was broken.
    Refused(Refusal),
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// The states a decision can read, and the record of what it read.
pub struct World<'a> {
    states: &'a dyn States,
    read: RefCell<BTreeSet<StreamId>>,
}

impl<'a> World<'a> {
    /// A world over loaded states.
    #[must_use]
    pub fn new(states: &'a dyn States) -> Self {
        Self { states, read: RefCell::default() }
    }

    fn read(&self, stream: StreamId) -> Result<&'a State, Stop> {
        self.read.borrow_mut().insert(stream);
        self.states.state(stream).ok_or(Stop::Needs(stream))
    }

    /// A member's state; the state before the first event where there is no such member.
    ///
    /// # Errors
    /// [`Stop::Needs`].
    pub fn member(&self, id: MemberId) -> Result<&'a Member, Stop> {
        match self.read(id.into())? {
            State::Member(member) => Ok(member),
            State::Branch(_) | State::Round(_) => Err(Stop::Needs(id.into())),
        }
    }

    /// A branch's state; the state before the first event where there is no such branch.
    ///
    /// # Errors
    /// [`Stop::Needs`].
    pub fn branch(&self, id: BranchId) -> Result<&'a Branch, Stop> {
        match self.read(id.into())? {
            State::Branch(branch) => Ok(branch),
            State::Member(_) | State::Round(_) => Err(Stop::Needs(id.into())),
        }
    }

    /// A round's state; the state before the first event where there is no such round.
    ///
    /// # Errors
    /// [`Stop::Needs`].
    pub fn round(&self, id: RoundId) -> Result<&'a Round, Stop> {
        match self.read(id.into())? {
            State::Round(round) => Ok(round),
            State::Member(_) | State::Branch(_) => Err(Stop::Needs(id.into())),
        }
    }

    /// Says what a decision goes on to read one after the other, so that what is not loaded is loaded together.
    pub fn announce(&self, streams: impl IntoIterator<Item = StreamId>) {
        self.read.borrow_mut().extend(streams);
    }

    /// The streams looked at so far, and those announced.
    #[must_use]
    pub fn reads(&self) -> BTreeSet<StreamId> {
        self.read.borrow().clone()
    }
}

/// What comes in by the door with a command.
#[derive(Debug, Clone)]
pub struct Context {
    /// The instant of the decision.
    pub at: Timestamp,
    /// Who asks.
    pub actor: ActorId,
    /// The organisation's zone.
    pub zone: Zone,
    /// Seals and opens what a freeze hides.
    pub vault: Arc<dyn Vault>,
}

impl Context {
    /// The business date of the decision.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zone.date_at(self.at)
    }

    /// A business date on which something is said to have happened: in range and not in the future.
    ///
    /// # Errors
    /// [`TimeRefusal::OutOfRange`], [`TimeRefusal::InTheFuture`].
    pub fn past(&self, date: Date) -> Result<Date, TimeRefusal> {
        let date = in_range(date)?;
        match date > self.today() {
            true => Err(TimeRefusal::InTheFuture { date, today: self.today() }),
            false => Ok(date),
        }
    }
}

impl Context {
    /// Refuses a period that is not over.
    ///
    /// # Errors
    /// [`TimeRefusal::PeriodNotOver`].
    pub fn over(&self, period: Period) -> Result<(), TimeRefusal> {
        match period.is_over(self.at, &self.zone) {
            true => Ok(()),
            false => Err(TimeRefusal::PeriodNotOver { period, ends: period.end_day() }),
        }
    }
}

/// A business date within the years 2000 to 2199.
///
/// # Errors
/// [`TimeRefusal::OutOfRange`].
pub fn in_range(date: Date) -> Result<Date, TimeRefusal> {
    match (2000..2200).contains(&date.year()) {
        true => Ok(date),
        false => Err(TimeRefusal::OutOfRange { date }),
    }
}

/// Any command, with the aggregate it is for.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Command {
    /// Of a member.
    Member(MemberId, MemberCommand),
    /// Of a branch.
    Branch(BranchId, BranchCommand),
    /// Of a round.
    Round(RoundId, RoundCommand),
}

impl Command {
    /// The stream of the aggregate it is for.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        match self {
            Self::Member(id, _) => (*id).into(),
            Self::Branch(id, _) => (*id).into(),
            Self::Round(id, _) => (*id).into(),
        }
    }

    /// Decides it, see [`Aggregate::decide`].
    ///
    /// # Errors
    /// As [`Aggregate::decide`].
    pub fn decide(&self, world: &World<'_>, context: &Context) -> Result<Decision, Stop> {
        match self {
            Self::Member(id, command) => Member::decide(*id, command.clone(), world, context),
            Self::Branch(id, command) => Branch::decide(*id, command.clone(), world, context),
            Self::Round(id, command) => Round::decide(*id, command.clone(), world, context),
        }
    }
}

/// What a command leads to: events in order, each on its stream. All happen or none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    events: Vec<(StreamId, Event)>,
}

impl Decision {
    /// What was asked for already holds.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// And this happened to a member.
    #[must_use]
    pub fn member(mut self, id: MemberId, event: MemberEvent) -> Self {
        self.events.push((id.into(), event.into()));
        self
    }

    /// And this happened to a branch.
    #[must_use]
    pub fn branch(mut self, id: BranchId, event: BranchEvent) -> Self {
        self.events.push((id.into(), event.into()));
        self
    }

    /// And this happened to a round.
    #[must_use]
    pub fn round(mut self, id: RoundId, event: RoundEvent) -> Self {
        self.events.push((id.into(), event.into()));
        self
    }

    /// The events in order.
    #[must_use]
    pub fn events(&self) -> &[(StreamId, Event)] {
        &self.events
    }

    /// The events in order, taken.
    #[must_use]
    pub fn into_events(self) -> Vec<(StreamId, Event)> {
        self.events
    }
}
