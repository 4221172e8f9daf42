//! Why a command that was sent is not accepted.

use domain::refusal::Refusal;
use domain::stream::{Position, StreamId};
use uuid::Uuid;

use super::Failure;

/// Why a command was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A rule was broken; nothing was recorded.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The id was accepted before with another body.
    #[error("the command id {command_id} was used for another command")]
    IdReused {
        /// The id.
        command_id: String,
    },
    /// Others kept changing what the command was decided on; send it again.
    #[error("the command lost against others {attempts} times; send it again")]
    Contended {
        /// How often it was decided.
        attempts: u32,
    },
    /// A stream the command needs holds an event that came with a later build.
    #[error("{stream} holds {event}, which this build does not know")]
    NewerBuild {
        /// Which stream.
        stream: StreamId,
        /// The stored name of the event.
        event: String,
        /// The first build that knows it, where one has said so.
        build: Option<String>,
    },
    /// The command counts on its stream as of a position, and the stream has moved on since.
    #[error("{stream} has moved on to {position} since {since}")]
    Moved {
        /// Which stream.
        stream: StreamId,
        /// The position it counts on.
        since: Position,
        /// The position of the stream's last event.
        position: Position,
    },
    /// What the command leads to came with this build, and a process of another build that lives does not know it yet.
    #[error("{event} is not known to build {build}, which still runs")]
    NewerType {
        /// The stored name of the event.
        event: String,
        /// The build that does not know it.
        build: String,
    },
    /// The key that texts of this subject were sealed under is not there.
    #[error("the key of subject {subject} is not there: its texts were erased, or were not restored")]
    KeyGone {
        /// Whose key.
        subject: Uuid,
    },
    /// An accident.
    #[error("the command failed")]
    Failed(#[source] Failure),
}
