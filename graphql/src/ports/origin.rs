//! Of which log and folds an answer is.

use domain::stream::Position;
use jiff::Timestamp;
use uuid::Uuid;

/// An origin of the log: the same position under another origin is another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOrigin {
    /// The origin.
    pub id: Uuid,
    /// The position it began after, or went on from.
    pub after: Position,
    /// When that was recorded.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
}

/// A fold whose rows serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingFold {
    /// Its name.
    pub name: String,
    /// The version of the fold.
    pub version: i32,
    /// The generation of its rows: another with each rebuild.
    pub generation: i64,
    /// The position up to which they were built when they began to serve; 0 for the first.
    pub since: Position,
}
