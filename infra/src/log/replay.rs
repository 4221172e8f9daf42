//! The whole log read again: every event decoded, its place held against what came before, one digest over what is stored.
//!
//! # Rules
//! - Positions go up by ones and end where the head says; instants never go back; the sequence of each stream goes up by
//!   ones; this build can read each event; each command has one outcome, and that fits its events ([`super::outcomes`]).
//! - What is wrong is counted and the first of it told, each with its position; the reading goes on to the end.
//!
//! # Format
//! The digest is SHA-256 over the events in order. An event is its position, its sequence and its instant in microseconds
//! since 1970, each 8 bytes, big-endian; then the kind and the id of its stream, its type, payload, metadata and salt, each
//! after its length in 4 bytes, big-endian: texts as UTF-8, the two JSON texts exactly as stored. So two logs have the
//! same digest if and only if the same is stored of all this. It covers neither the ids of events, which are made by chance
//! and which nothing refers to, nor outcomes, names and keys.
//!
//! # Memory
//! A few chunks, and some 280 bytes for each stream (134 MiB for 500,000, measured): it grows with the streams of a log, and
//! not with its events.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::event::typed;
use domain::stream::Position;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::outcomes::Outcomes;
use super::reader::{self, Stored};
use super::stream;
use crate::fold::rebuild::Progress;

/// How many faults are told of.
const TOLD: usize = 20;

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Up to which position.
    pub position: Position,
    /// How many events were read.
    pub events: u64,
    /// In how many streams.
    pub streams: u64,
    /// How long that took.
    pub took: Duration,
    /// SHA-256 over what is stored.
    pub digest: String,
    /// How much is wrong.
    pub faulty: u64,
    /// The first of it, by position.
    pub faults: Vec<(Position, String)>,
}

/// Why a replay does not begin, or breaks off.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database failed.
    #[error("the log cannot be read")]
    Sql(#[from] sqlx::Error),
    /// Asked for more than there is.
    #[error("the log ends at {head}, before {asked}")]
    Beyond {
        /// Where it ends.
        head: Position,
        /// What was asked for.
        asked: Position,
    },
}

/// Reads the log up to a position, or to its end.
///
/// # Errors
/// [`ReplayError`].
pub async fn run(
    database: &PgConnectOptions,
    upto: Option<Position>,
    told: &dyn Progress,
) -> Result<Replayed, ReplayError> {
    let begun = Instant::now();
    let mut connection = database.connect().await?;
    // What is appended from then on is not looked at.
    let (head, last) = reader::ends(&mut connection).await?;
    connection.close().await?;
    let to = upto.unwrap_or(head);
    if to > head {
        return Err(ReplayError::Beyond { head, asked: to });
    }
    let mut check = Check::default();
    let mut outcomes = Outcomes::upto(database, to).await?;
    let mut log = stream::chunks(database.clone(), Position(0), to);
    while let Some(chunk) = log.next().await? {
        for event in chunk.events() {
            let (stored, salt) = event?;
            check.event(&stored, salt);
            outcomes.event(&stored, &mut check.unfit).await?;
        }
        check.unfit();
        told.at(check.last.0, to.0);
    }
    outcomes.end(to == head, &mut check.unfit).await?;
    check.unfit();
    if check.last < to {
        check.fault(Position(check.last.0 + 1), format!("the log ends at {}, its head says {head}", check.last));
    }
    if last > head {
        check.fault(Position(head.0 + 1), format!("the head of the log says {head}, and there is an event at {last}"));
    }
    Ok(check.replayed(begun.elapsed()))
}

/// What is known of the log so far.
#[derive(Default)]
struct Check {
    last: Position,
    at: Option<Timestamp>,
    events: u64,
    /// The kinds of stream met so far: one that this build does not know is a kind of its own.
    kinds: Vec<String>,
    sequences: HashMap<(usize, u128), u64>,
    digest: Sha256,
    faulty: u64,
    faults: Vec<(Position, String)>,
    /// What was found of outcomes and is not counted yet.
    unfit: Vec<(Position, String)>,
}

impl Check {
    fn unfit(&mut self) {
        for (position, what) in std::mem::take(&mut self.unfit) {
            self.fault(position, what);
        }
    }

    fn event(&mut self, stored: &Stored<'_>, salt: &[u8]) {
        let position = stored.position;
        self.events += 1;
        if position.0 != self.last.0 + 1 {
            self.fault(Position(self.last.0 + 1), format!("there is no event, the next one stands at {position}"));
        }
        self.last = position;
        if let Some(before) = self.at.filter(|before| stored.at < *before) {
            self.fault(position, format!("recorded at {}, before its predecessor at {before}", stored.at));
        }
        self.at = Some(stored.at);
        self.sequence(stored);
        if let Err(unread) = stored.met() {
            let told = unread.told(None);
            let cause = std::error::Error::source(&told).map_or_else(String::new, |cause| format!(": {cause}"));
            self.fault(position, format!("{told}{cause}"));
        }
        self.digest(stored, salt);
    }

    fn sequence(&mut self, stored: &Stored<'_>) {
        // What names no stream is told of as unreadable.
        let Ok(id) = Uuid::try_parse(stored.id) else { return };
        let kind = self.kinds.iter().position(|kind| kind == stored.kind).unwrap_or_else(|| {
            self.kinds.push(stored.kind.to_owned());
            self.kinds.len() - 1
        });
        let before = self.sequences.insert((kind, id.as_u128()), stored.sequence).unwrap_or_default();
        if stored.sequence != before + 1 {
            let stream = format!("{} {}", stored.kind, stored.id);
            self.fault(stored.position, format!("the {stream} goes from {before} to {}", stored.sequence));
        }
    }

    fn digest(&mut self, stored: &Stored<'_>, salt: &[u8]) {
        let Stored { position, kind, id, sequence, event_type, version, payload, metadata, at } = *stored;
        let event_type = &*typed(event_type, version);
        self.digest.update(position.0.to_be_bytes());
        self.digest.update(sequence.to_be_bytes());
        self.digest.update(at.as_microsecond().to_be_bytes());
        for text in [kind, id, event_type, payload, metadata].map(str::as_bytes).into_iter().chain([salt]) {
            let length = u32::try_from(text.len()).expect("a field is shorter than 4 GiB");
            self.digest.update(length.to_be_bytes());
            self.digest.update(text);
        }
    }

    fn fault(&mut self, position: Position, what: String) {
        self.faulty += 1;
        if self.faults.len() < TOLD {
            self.faults.push((position, what));
        }
    }

    fn replayed(self, took: Duration) -> Replayed {
        let digest = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let (position, events, streams) = (self.last, self.events, self.sequences.len() as u64);
        Replayed { position, events, streams, took, digest, faulty: self.faulty, faults: self.faults }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed() -> Stored<'static> {
        Stored {
            position: Position(1),
            kind: "branch",
            id: "00000000-0000-4000-8000-000000000007",
            sequence: 1,
            event_type: "branch_renamed",
            version: "1",
            payload: r#"{ "branch_renamed": {} }"#,
            metadata: "{}",
            at: "2022-06-30T01:02:03.000004Z".parse().unwrap(),
        }
    }

    #[test]
    fn streams_of_two_kinds_are_two_streams_whatever_they_are_called() {
        let mut check = Check::default();
        for (kind, sequence) in [("branch", 1), ("board", 1), ("branch", 2), ("brunch", 1)] {
            check.sequence(&Stored { kind, sequence, ..renamed() });
        }
        assert_eq!((check.faulty, check.sequences.len()), (0, 3), "{:?}", check.faults);
        check.sequence(&Stored { sequence: 2, ..renamed() });
        assert_eq!(check.faulty, 1, "the second event of a stream is there once");
    }

    #[test]
    fn an_event_has_the_same_digest_for_ever() {
        let stored = renamed();
        let digest = |stored: Stored<'_>, salt: &[u8]| {
            let mut check = Check::default();
            check.digest(&stored, salt);
            check.replayed(Duration::ZERO).digest
        };
        let known = digest(stored, &[7; 32]);
        assert_eq!(known, "082228e25895f5fd6669b4cbf2d7ec803f85928311fe30aa64be31d3eb6e3e83");
        for other in [
            Stored { position: Position(2), ..stored },
            Stored { kind: "member", ..stored },
            Stored { id: "00000000-0000-4000-8000-000000000008", ..stored },
            Stored { sequence: 2, ..stored },
            Stored { event_type: "branch_renamed2", ..stored },
            Stored { version: "2", ..stored },
            Stored { payload: r#"{"branch_renamed":{}}"#, ..stored },
            Stored { metadata: "{} ", ..stored },
            Stored { at: "2022-06-30T01:02:03.000005Z".parse().unwrap(), ..stored },
        ] {
            assert_ne!(digest(other, &[7; 32]), known, "{other:?}");
        }
        assert_ne!(digest(stored, &[8; 32]), known);
    }
}
