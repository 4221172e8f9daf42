//! What waits for the appender: a decided command with the versions it was decided on.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use domain::event::Event;
use domain::id::MemberId;
use domain::person::Person;
use domain::refusal::Refusal;
use domain::stream::{Position, StreamId};
use domain::vault::Vault;
use domain::world::{Command, Context};

use super::gate::Gate;
use crate::turn::{Link, Turn};

/// The identity of a command: per principal, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommandKey {
    /// Who gave it.
    pub principal: String,
    /// Its id.
    pub command_id: String,
}

/// A stream version that a decision looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The stream.
    pub stream: StreamId,
    /// The version it had, provisional ones included.
    pub version: u64,
    /// The line of provisional states it belonged to; when a link of it fails, the line is broken.
    pub lineage: u64,
}

impl Read {
    /// The lineage of a version that was read from the log: nothing provisional, so it never breaks.
    pub const RECORDED: u64 = 0;
}

/// An event with its place in its stream.
#[derive(Debug, Clone)]
pub struct Write {
    /// The stream.
    pub stream: StreamId,
    /// The version of the stream after it.
    pub sequence: u64,
    /// The event.
    pub event: Event,
    payload: OnceLock<String>,
}

impl Write {
    /// An event at its place.
    #[must_use]
    pub fn new(stream: StreamId, sequence: u64, event: Event) -> Self {
        Self { stream, sequence, event, payload: OnceLock::new() }
    }

    /// What is stored of the event, made once: whoever has many makes them before they wait for the log.
    pub fn payload(&self) -> &str {
        self.payload.get_or_init(|| self.event.encode())
    }
}

/// What a job asks of the log.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Record an accepted command: its events, none too, and the person's record beside them.
    Record {
        /// The events in order.
        writes: Vec<Write>,
        /// The record to insert or amend.
        person: Option<(MemberId, Person)>,
    },
    /// Say whether the versions still hold, so that a refusal may be answered.
    Confirm,
}

impl Ask {
    /// The events to append.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        match self {
            Self::Record { writes, .. } => writes,
            Self::Confirm => &[],
        }
    }
}

/// A decided command.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which command.
    pub key: CommandKey,
    /// The keyed hash of its body.
    pub body: [u8; 32],
    /// The event metadata as JSON.
    pub metadata: Arc<str>,
    /// What it was decided on; the written streams are among them.
    pub reads: Vec<Read>,
    /// What is asked.
    pub ask: Ask,
    /// What it was decided from, to decide it again; nothing where it was decided elsewhere.
    pub given: Option<Arc<Given>>,
    /// Its place among the lines of a file; nothing where it is none.
    pub link: Option<Link>,
}

/// What a decision is made from, besides states.
#[derive(Debug, Clone)]
pub struct Given {
    /// The command.
    pub order: Order,
    /// The context.
    pub context: Context,
    /// Which types of events may be appended.
    pub gate: Arc<Gate>,
    /// Its turn, where it is a line of a file.
    pub turn: Option<Arc<Turn>>,
}

/// What a command was made up on, where it counts on that: its stream as of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The position.
    pub since: Position,
    /// The version the stream had then.
    pub version: u64,
}

/// Why a command is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// A rule is against it.
    Rule(Refusal),
    /// It counts on its stream as of this position, and the stream has a later version by now.
    Moved(Position, u64),
}

/// A command to be decided.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its identity.
    pub key: CommandKey,
    /// The keyed hash of its body.
    pub body: [u8; 32],
    /// The event metadata as JSON.
    pub metadata: Arc<str>,
    /// The command.
    pub command: Command,
    /// The person's record that goes with it.
    pub person: Option<Person>,
    /// What it was made up on. No part of what is asked, so not of the body: sent again on what is read anew, it is the same
    /// command.
    pub expected: Option<Expected>,
    /// Seals and opens what a freeze hides.
    pub vault: Arc<dyn Vault>,
}

impl Job {
    /// The events it would append.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        self.ask.writes()
    }

    /// The reads of streams it would append to.
    pub fn written(&self) -> impl Iterator<Item = &Read> {
        let written: HashSet<StreamId> = self.writes().iter().map(|write| write.stream).collect();
        self.reads.iter().filter(move |read| written.contains(&read.stream))
    }

    /// The chain of lines of a file that it is a link of.
    #[must_use]
    pub fn chain(&self) -> Option<u64> {
        self.link.as_ref().map(|link| link.chain)
    }

    /// The reads whose lines of provisional states it is a link of.
    pub fn provisional(&self) -> impl Iterator<Item = &Read> {
        self.written().filter(|read| read.lineage != Read::RECORDED)
    }
}

/// How a job was settled.
#[derive(Debug, Clone)]
pub enum Settled {
    /// Recorded; the position of its last event, or the head where it had none.
    Accepted(Position),
    /// Was recorded before with the same body.
    Replayed(Position),
    /// The id was used with another body.
    IdReused,
    /// The versions hold.
    Confirmed,
    /// These streams have moved on: decide again.
    Stale(Vec<StreamId>),
    /// Decided again on what is recorded, it is refused.
    Refused(No),
    /// The staff number belongs to another member.
    StaffNumberTaken,
    /// An accident; what was asked is not recorded as far as is known.
    Failed(Arc<sqlx::Error>),
}
