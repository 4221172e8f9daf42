//! given / when / then: the vocabulary of rule tests.
//!
//! ```text
//! given([ana_registered()]).when(ANA, suspend(JUNE)).then([(ANA.into(), suspended(JUNE).into())]);
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::event::Event;
use crate::id::ActorId;
use crate::period::Zone;
use crate::refusal::Refusal;
use crate::stream::StreamId;
use crate::text::Sealed;
use crate::vault::Vault;
use crate::world::{Command, Context, Decision, State, States, Stop, World};

/// States folded from events; what has no events has the state before the first.
#[derive(Debug, Clone, Default)]
pub struct Given {
    states: HashMap<StreamId, State>,
    at: Option<Timestamp>,
    actor: Option<ActorId>,
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Outcome(Result<Decision, Refusal>);

/// A vault whose seals anybody reads: `label|text`.
#[derive(Debug)]
pub struct OpenVault;

impl Vault for OpenVault {
    fn seal(&self, label: &str, text: &str) -> Sealed {
        Sealed(format!("{label}|{}", text.trim_end()))
    }

    fn open(&self, sealed: &Sealed) -> Option<String> {
        sealed.0.split_once('|').map(|(_, text)| text.to_owned())
    }
}

/// The world after these events.
pub fn given(events: impl IntoIterator<Item = (StreamId, Event)>) -> Given {
    Given::default().and(events)
}

impl Given {
    /// And these events after that.
    #[must_use]
    pub fn and(mut self, events: impl IntoIterator<Item = (StreamId, Event)>) -> Self {
        for (stream, event) in events {
            self.states.entry(stream).or_insert_with(|| State::before(stream.kind)).apply(&event);
        }
        self
    }

    /// At an instant other than noon UTC of 2022-12-31.
    ///
    /// # Panics
    /// When the text is not an instant.
    #[must_use]
    pub fn at(mut self, instant: &str) -> Self {
        self.at = Some(instant.parse().expect("an instant such as 2022-12-31T12:00:00Z"));
        self
    }

    /// Asked by somebody other than `office`.
    #[must_use]
    pub fn by(mut self, actor: &str) -> Self {
        self.actor = Some(ActorId(actor.to_owned()));
        self
    }

    /// Decides a command, loading what it needs.
    #[must_use]
    pub fn when(mut self, command: Command) -> Outcome {
        let context = Context {
            at: self.at.unwrap_or_else(|| Timestamp::constant(1_672_488_000, 0)),
            actor: self.actor.clone().unwrap_or_else(|| ActorId("office".to_owned())),
            zone: Zone::default(),
            vault: Arc::new(OpenVault),
        };
        loop {
            let stop = match command.decide(&World::new(&self), &context) {
                Ok(decision) => return Outcome(Ok(decision)),
                Err(stop) => stop,
            };
            match stop {
                Stop::Needs(stream) => self.states.insert(stream, State::before(stream.kind)),
                Stop::Refused(refusal) => return Outcome(Err(refusal)),
            };
        }
    }
}

impl States for Given {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.states.get(&stream)
    }
}

impl Outcome {
    /// Exactly these events.
    ///
    /// # Panics
    /// When the outcome is another.
    pub fn then(self, events: impl IntoIterator<Item = (StreamId, Event)>) {
        let decision = self.0.expect("accepted");
        assert_eq!(decision.into_events(), events.into_iter().collect::<Vec<_>>());
    }

    /// Accepted without an event: it already holds.
    ///
    /// # Panics
    /// When the outcome is another.
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// What it led to, whatever that is.
    ///
    /// # Panics
    /// When it was refused.
    #[must_use]
    pub fn events(self) -> Vec<(StreamId, Event)> {
        self.0.expect("accepted").into_events()
    }

    /// Refused by exactly this rule with these facts.
    ///
    /// # Panics
    /// When the outcome is another.
    pub fn then_refused(self, refusal: impl Into<Refusal>) {
        assert_eq!(self.0.expect_err("refused"), refusal.into());
    }
}
