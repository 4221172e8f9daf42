//! What a command comes to on given states: a decision or a refusal, and every stream it rests on.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::id::MemberId;
use domain::member::MemberCommand;
use domain::person::Person;
use domain::stream::StreamId;
use domain::world::{Command, Decision, States, Stop, World};

use super::job::{Ask, Expected, Given, Job, No, Order, Read};
use crate::turn::Link;

/// Loaded states with their versions, provisional ones included.
pub trait Versions: States {
    /// The version of a stream, if it is loaded.
    fn version(&self, stream: StreamId) -> Option<u64>;
}

/// A decision with all that it rests on.
pub struct Verdict {
    /// What happens; nothing where it is refused.
    pub decision: Decision,
    /// Why not.
    pub refusal: Option<No>,
    /// The streams that were read or are written.
    pub streams: BTreeSet<StreamId>,
}

impl Verdict {
    /// Decides.
    ///
    /// # Errors
    /// Every stream that is missing, as far as is known.
    pub fn on(states: &impl Versions, given: &Given) -> Result<Self, Vec<StreamId>> {
        let own = given.order.command.stream();
        if let Some(Expected { since, version }) = given.order.expected {
            let now = states.version(own).ok_or_else(|| vec![own])?;
            if now != version {
                let (decision, refusal) = (Decision::nothing(), Some(No::Moved(since, now)));
                return Ok(Self { decision, refusal, streams: [own].into() });
            }
        }
        let world = World::new(states);
        let decided = given.order.command.decide(&world, &given.context);
        let mut streams = world.reads();
        // Whatever was decided holds for that version alone.
        streams.extend(given.order.expected.map(|_| own));
        let missing = |streams: BTreeSet<StreamId>| -> Vec<StreamId> {
            streams.into_iter().filter(|stream| states.state(*stream).is_none()).collect()
        };
        let (decision, refusal) = match decided {
            Err(Stop::Needs(_)) => return Err(missing(streams)),
            Err(Stop::Refused(refusal)) => (Decision::nothing(), Some(No::Rule(refusal))),
            Ok(decision) => (decision, None),
        };
        streams.extend(decision.events().iter().map(|(stream, _)| *stream));
        match missing(streams.clone()) {
            missing if missing.is_empty() => Ok(Self { decision, refusal, streams }),
            missing => Err(missing),
        }
    }
}

impl Given {
    /// The job that a decision on these reads is. A line of a file is not decided again under the head lock while lines
    /// before it are not answered: it would overtake those that have to be decided elsewhere.
    #[must_use]
    pub fn job(self: &Arc<Self>, reads: Vec<Read>, ask: Ask, link: Option<Link>) -> Job {
        let Order { key, body, metadata, .. } = &self.order;
        let (key, metadata) = (key.clone(), Arc::clone(metadata));
        let may_look_again = self.turn.as_ref().is_none_or(|turn| turn.is_first());
        let given = may_look_again.then(|| Arc::clone(self));
        Job { key, body: *body, metadata, reads, ask, given, link }
    }
}

impl Order {
    /// The record beside the events: it goes with a registration or an amendment, and with nothing else.
    #[must_use]
    pub fn side_row(&self) -> Option<(MemberId, Person)> {
        match (&self.command, &self.person) {
            (
                Command::Member(member, MemberCommand::Register { .. } | MemberCommand::AmendPerson { .. }),
                Some(person),
            ) => Some((*member, person.clone())),
            (Command::Member(..) | Command::Branch(..) | Command::Round(..), _) => None,
        }
    }
}
