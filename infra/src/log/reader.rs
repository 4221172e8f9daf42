//! Reading the log in order.
//!
//! # Invariant
//! A reader that has seen N has seen all of 1..N; it never waits for a gap, for there is none.

use domain::event::{DecodeError, Event, Fact, stored_type};
use domain::id::ActorId;
use domain::stream::{Position, StreamId, StreamKind};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};
use uuid::Uuid;

use crate::sqltype::SqlInstant;
use crate::trace::{self, Trace};

/// Why the log cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadLogError {
    /// The database failed.
    #[error("the log cannot be read")]
    Sql(#[from] sqlx::Error),
    /// An event is missing, though the log has none out of order: it was damaged.
    #[error("the log has no event at {expected}, but one at {found}: it was damaged, restore it from a backup")]
    Hole {
        /// Which position is missing.
        expected: Position,
        /// The next one there is.
        found: Position,
    },
    /// An event is of a type, or of a version of one, that came with a later build.
    #[error("the event at {position}, {event_type}, is of a type this build does not know: {}", known_by(build.as_deref()))]
    Unknown {
        /// Where it stands.
        position: Position,
        /// Its stored name.
        event_type: String,
        /// The first build that knows it, where one has said so.
        build: Option<String>,
    },
    /// An event does not decode.
    #[error("the event at {position}, {event_type}, cannot be read by this build")]
    Undecodable {
        /// Where it stands.
        position: Position,
        /// Its stored name.
        event_type: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ReadLogError {
    /// The position that cannot be read, where one is to blame.
    #[must_use]
    pub fn stops_at(&self) -> Option<Position> {
        match self {
            Self::Hole { expected: position, .. }
            | Self::Unknown { position, .. }
            | Self::Undecodable { position, .. } => Some(*position),
            Self::Sql(_) => None,
        }
    }
}

fn known_by(build: Option<&str>) -> String {
    match build {
        Some(build) => format!("run build {build} or later"),
        None => {
            "no build has said which projections need it; start the one that wrote it, or run its `migrate`".to_owned()
        }
    }
}

/// An event as it was read: what happened, or why that cannot be said.
pub type Met = Result<Fact, Unread>;

/// An event that this build cannot read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Where it stands, or should.
    pub position: Position,
    /// Why.
    pub why: Why,
}

/// Why an event cannot be read.
#[derive(Debug, Clone)]
pub enum Why {
    /// It is missing; the next one there is stands there.
    Missing(Position),
    /// This build knows no such type, or not this version of it: the kind of its stream and the type as builds name it.
    UnknownType(String, String),
    /// Of the type in its column: it does not decode.
    Undecodable(String, String),
}

impl Unread {
    /// As an error, naming the first build that knows the type.
    #[must_use]
    pub fn told(&self, build: Option<String>) -> ReadLogError {
        let position = self.position;
        match self.why.clone() {
            Why::Missing(found) => ReadLogError::Hole { expected: position, found },
            Why::UnknownType(_, event_type) => ReadLogError::Unknown { position, event_type, build },
            Why::Undecodable(event_type, why) => ReadLogError::Undecodable { position, event_type, source: why.into() },
        }
    }
}

const COLUMNS: &str = "select position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
     payload::text, metadata::text, recorded_at";

/// The events after a position, ascending, at most `limit`.
///
/// # Errors
/// [`ReadLogError`].
pub async fn after(executor: impl PgExecutor<'_>, position: Position, limit: usize) -> Result<Vec<Fact>, ReadLogError> {
    let met = met(executor, position, limit).await?;
    met.into_iter().map(|met| met.map_err(|unread| unread.told(None))).collect()
}

/// The events after a position, ascending, at most `limit`, whether or not they can be read. What follows a missing one is
/// left out.
///
/// # Errors
/// The database's.
pub async fn met(executor: impl PgExecutor<'_>, position: Position, limit: usize) -> Result<Vec<Met>, sqlx::Error> {
    met_of(&rows_after(executor, position, limit).await?, position)
}

async fn rows_after(
    executor: impl PgExecutor<'_>,
    position: Position,
    limit: usize,
) -> Result<Vec<PgRow>, sqlx::Error> {
    let sql = format!("{COLUMNS} from events where position > $1 order by position limit $2");
    crate::sql::query(&sql)
        .bind(i64::try_from(position.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(executor)
        .await
}

fn met_of(rows: &[PgRow], position: Position) -> Result<Vec<Met>, sqlx::Error> {
    let mut met = Vec::with_capacity(rows.len());
    for (row, number) in rows.iter().zip(1..) {
        let expected = Position(position.0.saturating_add(number));
        let found = Position(row.try_get::<i64, _>(0)?.unsigned_abs());
        if found != expected {
            met.push(Err(Unread { position: expected, why: Why::Missing(found) }));
            break;
        }
        met.push(fact(row)?);
    }
    Ok(met)
}

/// The same, and the places in traces that some of them were recorded as part of.
///
/// # Errors
/// The database's.
pub async fn met_and_traced(
    executor: impl PgExecutor<'_>,
    position: Position,
    limit: usize,
) -> Result<(Vec<Met>, Vec<Traced>), sqlx::Error> {
    let rows = rows_after(executor, position, limit).await?;
    let mut traced: Vec<Traced> = Vec::new();
    if trace::is_on() {
        for row in &rows {
            let Some(of) = Trace::of_metadata(row.try_get(7)?) else { continue };
            let at = Position(row.try_get::<i64, _>(0)?.unsigned_abs());
            // The events of a command are one after the other.
            match traced.last_mut().filter(|last| last.1 == of) {
                Some(last) => last.0 = at,
                None => traced.push((at, of)),
            }
        }
    }
    Ok((met_of(&rows, position)?, traced))
}

/// The position of the last event of a command, and the place in the trace that it was recorded as part of.
pub type Traced = (Position, Trace);

/// The events at these positions, ascending.
///
/// # Errors
/// [`ReadLogError`].
pub async fn at(executor: impl PgExecutor<'_>, positions: &[Position]) -> Result<Vec<Fact>, ReadLogError> {
    let sql = format!("{COLUMNS} from events where position = any($1) order by position");
    let positions: Vec<i64> = positions.iter().map(|position| position.0.cast_signed()).collect();
    let rows = crate::sql::query(&sql).bind(positions).fetch_all(executor).await?;
    rows.iter().map(|row| fact(row)?.map_err(|unread| unread.told(None))).collect()
}

/// The head: the last position and when it was recorded; nothing is recorded at position 0.
///
/// # Errors
/// The database's.
pub async fn head(executor: impl PgExecutor<'_>) -> Result<(Position, Timestamp), sqlx::Error> {
    let row = crate::sql::query("select position, recorded_at from log_head").fetch_one(executor).await?;
    Ok((Position(row.try_get::<i64, _>(0)?.unsigned_abs()), row.try_get::<SqlInstant, _>(1)?.0))
}

/// What the head says the last position is, and what the last event's is, both as of one moment: the same in every log that
/// nobody changed behind the program's back.
///
/// # Errors
/// The database's.
pub async fn ends(executor: impl PgExecutor<'_>) -> Result<(Position, Position), sqlx::Error> {
    let sql = "select h.position, (select coalesce(max(position), 0) from events) from log_head h";
    let (head, last): (i64, i64) = crate::sql::query_as(sql).fetch_one(executor).await?;
    Ok((Position(head.unsigned_abs()), Position(last.unsigned_abs())))
}

/// The last position recorded at or before an instant; 0 where nothing was.
///
/// # Errors
/// The database's.
pub async fn position_at(executor: impl PgExecutor<'_>, instant: Timestamp) -> Result<Position, sqlx::Error> {
    let upto = "select position from events where recorded_at <= $1 order by recorded_at desc, position desc limit 1";
    last(executor, upto, instant).await
}

/// The last position recorded before an instant; 0 where nothing was.
///
/// # Errors
/// The database's.
pub async fn position_before(executor: impl PgExecutor<'_>, instant: Timestamp) -> Result<Position, sqlx::Error> {
    let before = "select position from events where recorded_at < $1 order by recorded_at desc, position desc limit 1";
    last(executor, before, instant).await
}

async fn last(executor: impl PgExecutor<'_>, sql: &'static str, instant: Timestamp) -> Result<Position, sqlx::Error> {
    // The head starts at the epoch and never goes back; PostgreSQL does not know every instant before it.
    if instant < Timestamp::UNIX_EPOCH {
        return Ok(Position(0));
    }
    let found: Option<i64> = crate::sql::query_scalar(sql).bind(SqlInstant(instant)).fetch_optional(executor).await?;
    Ok(Position(found.unwrap_or_default().unsigned_abs()))
}

fn fact(row: &PgRow) -> Result<Met, sqlx::Error> {
    let stored = Stored {
        position: Position(row.try_get::<i64, _>(0)?.unsigned_abs()),
        kind: row.try_get(1)?,
        id: row.try_get(2)?,
        sequence: row.try_get::<i64, _>(3)?.unsigned_abs(),
        event_type: row.try_get(4)?,
        version: row.try_get(5)?,
        payload: row.try_get(6)?,
        metadata: row.try_get(7)?,
        at: row.try_get::<SqlInstant, _>(8)?.0,
    };
    Ok(stored.met())
}

/// An event as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// Where it stands.
    pub position: Position,
    /// The kind of its stream.
    pub kind: &'a str,
    /// The id of its stream.
    pub id: &'a str,
    /// The version of the stream after it.
    pub sequence: u64,
    /// Its type, as the column names it.
    pub event_type: &'a str,
    /// The version of its type.
    pub version: &'a str,
    /// What happened, as JSON.
    pub payload: &'a str,
    /// Where it came from, as JSON.
    pub metadata: &'a str,
    /// When it was recorded.
    pub at: Timestamp,
}

/// What the log says of where an event came from.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Origin {
    actor: String,
    command_id: String,
    correlation: String,
}

impl Stored<'_> {
    /// What happened, or why that cannot be said.
    pub fn met(&self) -> Met {
        let unread = |why| Err(Unread { position: self.position, why });
        let undecodable = |why: String| unread(Why::Undecodable(self.event_type.to_owned(), why));
        let Some(kind) = StreamKind::named(self.kind) else {
            let name = stored_type(self.version, self.payload).unwrap_or(self.event_type.to_owned());
            return unread(Why::UnknownType(self.kind.to_owned(), name));
        };
        let event = match Event::decode(kind, self.version, self.payload) {
            Ok(event) => event,
            Err(DecodeError::UnknownType(name)) => return unread(Why::UnknownType(self.kind.to_owned(), name)),
            Err(DecodeError::Malformed(error)) => return undecodable(error.to_string()),
        };
        let id = match Uuid::try_parse(self.id) {
            Ok(id) => id,
            Err(error) => return undecodable(error.to_string()),
        };
        let origin: Origin = match serde_json::from_str(self.metadata) {
            Ok(origin) => origin,
            Err(error) => return undecodable(error.to_string()),
        };
        Ok(Fact {
            position: self.position,
            stream: StreamId { kind, id },
            sequence: self.sequence,
            at: self.at,
            actor: ActorId(origin.actor),
            command: origin.command_id,
            correlation: origin.correlation,
            event,
        })
    }
}
