//! A log in memory: commands are decided one after the other, and their events are taken in at once. No store.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use domain::event::Event;
use domain::id::{ActorId, RoundId};
use domain::period::Zone;
use domain::refusal::Refusal;
use domain::round::Round;
use domain::stream::StreamId;
use domain::text::Sealed;
use domain::vault::Vault;
use domain::world::{Command, Context, State, States, Stop, World};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A vault whose seals show nothing as it was: text in hexadecimal digits.
#[derive(Debug)]
pub struct CodedVault;

impl Vault for CodedVault {
    fn seal(&self, label: &str, text: &str) -> Sealed {
        Sealed(format!("{}-{}", coded(label), coded(text.trim_end())))
    }

    fn open(&self, sealed: &Sealed) -> Option<String> {
        let (_, digits) = sealed.0.split_once('-')?;
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        String::from_utf8(digits.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?).ok()
    }
}

fn coded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.bytes().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(DIGITS[usize::from(half)])).collect()
}

/// States, the events behind them, and a clock that is moved by hand.
pub struct MemoryLog {
    states: HashMap<StreamId, State>,
    events: Vec<(StreamId, Event)>,
    at: Timestamp,
    zone: Zone,
}

impl MemoryLog {
    /// An empty log on the first instant of a day.
    #[must_use]
    pub fn on(day: Date) -> Self {
        let zone = Zone::default();
        Self { states: HashMap::new(), events: vec![], at: zone.start_of(day), zone }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.at
    }

    /// The present day.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zone.date_at(self.at)
    }

    /// Moves the clock on; never back.
    pub fn move_to(&mut self, at: Timestamp) {
        self.at = self.at.max(at);
    }

    /// Moves the clock on to the first instant of a day; never back.
    pub fn move_to_day(&mut self, day: Date) {
        self.move_to(self.zone.start_of(day));
    }

    /// Moves the clock on by hours.
    pub fn pass(&mut self, hours: u64) {
        self.at += i64::try_from(hours).unwrap_or(i64::MAX).hours();
    }

    /// Every event, in order.
    #[must_use]
    pub fn events(&self) -> &[(StreamId, Event)] {
        &self.events
    }

    /// A round as it stands; nothing before its draft.
    #[must_use]
    pub fn round(&self, id: RoundId) -> Option<&Round> {
        match self.states.get(&id.into())? {
            State::Round(round) => Some(round),
            State::Member(_) | State::Branch(_) => None,
        }
    }

    /// Decides a command and takes its events in; answers where they stand.
    ///
    /// # Errors
    /// The refusal; nothing happened then.
    pub fn ask(&mut self, actor: &str, command: &Command) -> Result<Range<usize>, Refusal> {
        let (at, actor, zone) = (self.at, ActorId(actor.to_owned()), self.zone.clone());
        let context = Context { at, actor, zone, vault: Arc::new(CodedVault) };
        let decision = loop {
            match command.decide(&World::new(self), &context) {
                Ok(decision) => break decision,
                Err(Stop::Needs(stream)) => _ = self.states.insert(stream, State::before(stream.kind)),
                Err(Stop::Refused(refusal)) => return Err(refusal),
            }
        };
        let first = self.events.len();
        for (stream, event) in decision.into_events() {
            self.states.entry(stream).or_insert_with(|| State::before(stream.kind)).apply(&event);
            self.events.push((stream, event));
        }
        Ok(first..self.events.len())
    }
}

impl States for MemoryLog {
    fn state(&self, stream: StreamId) -> Option<&State> {
        self.states.get(&stream)
    }
}
