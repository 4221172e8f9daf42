//! What is recorded beside the events.

use domain::id::{ActorId, MemberId};
use domain::stream::Position;
use jiff::Timestamp;
use projections::words::SubjectKind;
use uuid::Uuid;

use crate::purpose::Why;

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

/// That somebody looks at something, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Who looks.
    pub viewer: ActorId,
    /// At what of the subjects: a short word; of what was denied, the action.
    pub what: &'static str,
    /// What the subjects are; nothing where it is at nothing in particular.
    pub kind: Option<SubjectKind>,
    /// Which ones.
    pub subjects: Vec<Uuid>,
    /// As of which position.
    pub position: Position,
    /// Whether the policy denied it.
    pub denied: bool,
    /// Why, where that was said.
    pub why: Option<Why>,
}

/// A look as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedLook {
    /// Its place in the chain: 1, 2, 3 …
    pub number: i64,
    /// The hash over it and everything before it.
    pub hash: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub viewer: ActorId,
    /// At what.
    pub what: String,
    /// What the subjects are.
    pub kind: Option<SubjectKind>,
    /// Which ones.
    pub subjects: Vec<Uuid>,
    /// As of which position.
    pub position: Position,
    /// Of what was denied: how often the same was denied to the same in that hour, as one program counted.
    pub denied: Option<i64>,
    /// Why, where that was said.
    pub why: Option<Why>,
}

/// Which recorded looks; all conditions hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookFilter {
    /// Only at this.
    pub subject: Option<(SubjectKind, Uuid)>,
    /// Only of this viewer.
    pub viewer: Option<String>,
    /// Only at this of the subjects.
    pub what: Option<String>,
    /// Only what was denied, or only what was not.
    pub denied: Option<bool>,
    /// Only at or after this instant.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub until: Option<Timestamp>,
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
