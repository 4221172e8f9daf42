//! What is recorded beside the events.

use domain::id::{ActorId, MemberId};
use domain::stream::Position;
use jiff::Timestamp;
use projections::words::SubjectKind;
use uuid::Uuid;

/// A person as the erasable store has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRecord {
    /// Whose record it is.
    pub member: MemberId,
    /// The staff number.
    pub staff_number: String,
    /// The name as given.
    pub name: String,
    /// The contact.
    pub contact: Option<String>,
}

/// That somebody looks at what a freeze hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Who looks.
    pub viewer: ActorId,
    /// At what of the subject: a short word.
    pub what: &'static str,
    /// What the subject is.
    pub kind: SubjectKind,
    /// Which one.
    pub subject: Uuid,
    /// As of which position.
    pub position: Position,
}

/// A look as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedLook {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub viewer: ActorId,
    /// At what.
    pub what: String,
    /// As of which position.
    pub position: Position,
}

/// A recorded decision that a projection steps over an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSkip {
    /// Which projection.
    pub projection: String,
    /// Which event.
    pub position: Position,
    /// Its stored name.
    pub event_type: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
