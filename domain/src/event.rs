//! Events: what has happened, under names written by hand that never change.
//!
//! # Format
//! A payload is the JSON object `{ "<stored name>": { fields } }`; amounts are decimal strings, dates `YYYY-MM-DD`,
//! periods `2022`, `2022-Q3`, `2022-08`, ids UUIDs, free texts sealed.
//!
//! # Invariant
//! What was stored once decodes for ever (`golden/`).

use std::borrow::Cow;

use jiff::Timestamp;

use crate::branch::BranchEvent;
use crate::id::ActorId;
use crate::member::MemberEvent;
pub use crate::payload::{DecodeError, Payload, Upcast, stored_type, typed};
use crate::round::RoundEvent;
use crate::stream::{Position, StreamId, StreamKind};

/// Declares an aggregate's events: variant, stored name, fields, in one place.
macro_rules! events {
    ($(#[$meta:meta])* pub enum $name:ident { $(
        $(#[$vmeta:meta])* $variant:ident = $stored:literal $(after [$($upcast:path),+])? { $($body:tt)* }
    ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name { $(
            $(#[$vmeta])*
            #[serde(rename = $stored)]
            $variant { $($body)* },
        )* }

        impl crate::event::Payload for $name {
            const NAMES: &'static [&'static str] = &[$($stored),*];

            fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $stored),* }
            }

            fn upcasts(name: &str) -> &'static [crate::event::Upcast] {
                match name {
                    $($stored => &[$($($upcast),+)?],)*
                    _ => &[],
                }
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

    /// Every type of a kind of stream that this build reads, as builds name them to one another: each stored name, and beside
    /// it `name@2` and so on where it has more than one version.
    #[must_use]
    pub fn types(kind: StreamKind) -> Vec<String> {
        let types = Self::names(kind).iter().flat_map(|name| {
            let versions = 1..=Self::version_of(kind, name);
            versions.map(|version| typed(name, &version.to_string()))
        });
        types.collect()
    }

    /// The type of this one, as [`Event::types`] names it.
    #[must_use]
    pub fn typed(&self) -> Cow<'static, str> {
        match self.version() {
            1 => self.name().into(),
            version => typed(self.name(), &version.to_string()).into(),
        }
    }

    /// The version in which this one is stored.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self {
            Self::Member(event) => MemberEvent::version(event.name()),
            Self::Branch(event) => BranchEvent::version(event.name()),
            Self::Round(event) => RoundEvent::version(event.name()),
        }
    }

    /// The version in which a type of a kind of stream is stored today.
    #[must_use]
    pub fn version_of(kind: StreamKind, name: &str) -> u32 {
        match kind {
            StreamKind::Member => MemberEvent::version(name),
            StreamKind::Branch => BranchEvent::version(name),
            StreamKind::Round => RoundEvent::version(name),
        }
    }

    /// The stored JSON.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Member(event) => event.encode(),
            Self::Branch(event) => event.encode(),
            Self::Round(event) => event.encode(),
        }
    }

    /// Reads what a kind of stream stored in a version.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(kind: StreamKind, version: &str, payload: &str) -> Result<Self, DecodeError> {
        match kind {
            StreamKind::Member => MemberEvent::decode(version, payload).map(Self::Member),
            StreamKind::Branch => BranchEvent::decode(version, payload).map(Self::Branch),
            StreamKind::Round => RoundEvent::decode(version, payload).map(Self::Round),
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
