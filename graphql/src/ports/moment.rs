//! Which moment is read as of.

use domain::stream::Position;
use jiff::Timestamp;

/// A moment of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// After that event.
    Position(Position),
    /// After the last event recorded at or before it.
    Instant(Timestamp),
}

/// The moment a request is pinned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The position.
    pub position: Position,
    /// When the event at it was recorded; nothing for an empty log.
    pub recorded_at: Option<Timestamp>,
}
