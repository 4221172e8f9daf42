//! What an aggregate is: it decides purely and remembers what it needs to decide.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event::{Event, Payload};
use crate::stream::{StreamId, StreamKind};
use crate::world::{Context, Decision, State, Stop, World};

/// An aggregate. The default value is the state before the first event.
pub trait Aggregate:
    Default + Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Into<State> + Send + Sync + 'static
{
    /// Its kind, which names its streams.
    const KIND: StreamKind;
    /// Its identity.
    type Id: Copy + Into<StreamId> + Send + Sync + 'static;
    /// What may be asked of it.
    type Command: Clone + Serialize + Send + Sync + 'static;
    /// What has happened to it.
    type Event: Payload + Into<Event> + TryFrom<Event>;

    /// Decides a command: the events it leads to, on this stream and on others it spans, or a refusal.
    /// An empty decision means that what was asked for already holds.
    ///
    /// # Errors
    /// [`Stop::Refused`] with the broken rule; [`Stop::Needs`] when a state that was read is not loaded.
    fn decide(id: Self::Id, command: Self::Command, world: &World<'_>, context: &Context) -> Result<Decision, Stop>;

    /// Takes an event in. Never fails: what was decided, happened.
    fn apply(&mut self, event: &Self::Event);
}
