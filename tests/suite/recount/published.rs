//! The bundle of a round as its pages give it out: the folds of the round's events.

use domain::event::{Event, Fact};
use domain::id::{ActorId, RoundId};
use domain::stream::Position;
use harness::memory::MemoryLog;
use projections::bundle::bundle;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::round_people::RoundPeople;
use projections::rounds::Rounds;
use serde_json::Value;

/// What a stranger is given of a round now.
pub fn published(log: &MemoryLog, round: RoundId) -> Value {
    let own = (1..).zip(log.events()).filter(|(_, (stream, _))| *stream == round.into());
    let facts: Vec<Fact> = own.map(|(at, (_, event))| fact(log, round, at, event)).collect();
    let told = bundle(&rows::<Rounds>(&facts)[0], &rows::<RoundPeople>(&facts));
    serde_json::from_str(&told.unwrap()).unwrap()
}

fn fact(log: &MemoryLog, round: RoundId, position: u64, event: &Event) -> Fact {
    let actor = ActorId("somebody".to_owned());
    let (command, correlation) = (position.to_string(), position.to_string());
    let (position, sequence, at) = (Position(position), position, log.now());
    Fact { position, stream: round.into(), sequence, at, actor, command, correlation, event: event.clone() }
}

fn rows<P: Projection>(facts: &[Fact]) -> Vec<P::Row> {
    let mut memory = Memory::<P>::default();
    facts.iter().for_each(|fact| memory.fold(fact));
    memory.history().filter(|held| held.until.is_none()).map(|held| held.row.clone()).collect()
}
