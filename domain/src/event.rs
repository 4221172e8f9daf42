//! Events: what has happened, under names written by hand that never change.
//!
//! # Format
//! A payload is the JSON object `{ "<stored name>": { fields } }`; amounts are decimal strings, dates `YYYY-MM-DD`,
//! periods `2022`, `2022-Q3`, `2022-08`, ids UUIDs, free texts sealed.
//!
//! # Invariant
//! What was stored once decodes for ever (`golden/`).

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::branch::BranchEvent;
use crate::id::ActorId;
use crate::member::MemberEvent;
use crate::round::RoundEvent;
use crate::stream::{Position, StreamId, StreamKind};

/// What every event type of an aggregate offers.
pub trait Payload: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Every stored name.
    const NAMES: &'static [&'static str];

    /// The stored name of this one.
    fn name(&self) -> &'static str;
}

/// Declares an aggregate's events: variant, stored name, fields, in one place.
macro_rules! events {
    ($(#[$meta:meta])* pub enum $name:ident { $(
        $(#[$vmeta:meta])* $variant:ident = $stored:literal $body:tt
    ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(
            $(#[$vmeta])*
            #[serde(rename = $stored)]
            $variant $body,
        )* }

        impl crate::event::Payload for $name {
            const NAMES: &'static [&'static str] = &[$($stored),*];

            fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $stored),* }
            }
        }
    };
}
pub(crate) use events;

/// Any event.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of a member.
    Member(MemberEvent),
    /// Of a branch.
    Branch(BranchEvent),
    /// Of a round.
    Round(RoundEvent),
}

impl From<MemberEvent> for Event {
    fn from(event: MemberEvent) -> Self {
        Self::Member(event)
    }
}

impl From<BranchEvent> for Event {
    fn from(event: BranchEvent) -> Self {
        Self::Branch(event)
    }
}

impl From<RoundEvent> for Event {
    fn from(event: RoundEvent) -> Self {
        Self::Round(event)
    }
}

impl TryFrom<Event> for MemberEvent {
    type Error = Event;
    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Member(event) => Ok(event),
            Event::Branch(_) | Event::Round(_) => Err(event),
        }
    }
}

impl TryFrom<Event> for BranchEvent {
    type Error = Event;
    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Branch(event) => Ok(event),
            Event::Member(_) | Event::Round(_) => Err(event),
        }
    }
}

impl TryFrom<Event> for RoundEvent {
    type Error = Event;
    fn try_from(event: Event) -> Result<Self, Event> {
        match event {
            Event::Round(event) => Ok(event),
            Event::Member(_) | Event::Branch(_) => Err(event),
        }
    }
}

impl Event {
    /// The stored name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Member(event) => event.name(),
            Self::Branch(event) => event.name(),
            Self::Round(event) => event.name(),
        }
    }

    /// Every stored name of a kind of stream.
    #[must_use]
    pub fn names(kind: StreamKind) -> &'static [&'static str] {
        match kind {
            StreamKind::Member => MemberEvent::NAMES,
            StreamKind::Branch => BranchEvent::NAMES,
            StreamKind::Round => RoundEvent::NAMES,
        }
    }

    /// The stored JSON.
    #[must_use]
    pub fn encode(&self) -> String {
        let encoded = match self {
            Self::Member(event) => serde_json::to_string(event),
            Self::Branch(event) => serde_json::to_string(event),
            Self::Round(event) => serde_json::to_string(event),
        };
        encoded.expect("an event is a plain tree of strings and numbers")
    }

    /// Reads the stored JSON of a kind of stream.
    ///
    /// # Errors
    /// The JSON is not an event this build knows.
    pub fn decode(kind: StreamKind, payload: &str) -> Result<Self, serde_json::Error> {
        match kind {
            StreamKind::Member => serde_json::from_str(payload).map(Self::Member),
            StreamKind::Branch => serde_json::from_str(payload).map(Self::Branch),
            StreamKind::Round => serde_json::from_str(payload).map(Self::Round),
        }
    }
}

/// An event as the log holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Where it stands in the log.
    pub position: Position,
    /// Whose event it is.
    pub stream: StreamId,
    /// The version of the stream after it: 1, 2, 3 …
    pub sequence: u64,
    /// When it was recorded; never before its predecessor.
    pub at: Timestamp,
    /// Who gave the command.
    pub actor: ActorId,
    /// The id of the command that led to it.
    pub command: String,
    /// What it is part of: the id shared by everything one request or import led to.
    pub correlation: String,
    /// What happened.
    pub event: Event,
}
