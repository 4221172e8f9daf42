//! Reading the log in order.
//!
//! # Invariant
//! A reader that has seen N has seen all of 1..N; it never waits for a gap, for there is none.

use std::collections::HashMap;

use domain::event::{Event, Fact};
use domain::id::ActorId;
use domain::stream::{Position, StreamId, StreamKind};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, Row};
use uuid::Uuid;

use crate::sqltype::SqlInstant;

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
            Self::Hole { expected: position, .. } | Self::Undecodable { position, .. } => Some(*position),
            Self::Sql(_) => None,
        }
    }
}

const COLUMNS: &str =
    "select position, aggregate_type, aggregate_id, sequence, event_type, payload::text, metadata::text, recorded_at";

/// The events after a position, ascending, at most `limit`.
///
/// # Errors
/// [`ReadLogError`].
pub async fn after(executor: impl PgExecutor<'_>, position: Position, limit: usize) -> Result<Vec<Fact>, ReadLogError> {
    let sql = format!("{COLUMNS} from events where position > $1 order by position limit $2");
    let rows = sqlx::query(&sql)
        .bind(i64::try_from(position.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(executor)
        .await?;
    rows.iter().zip(1..).map(|(row, number)| next(Position(position.0.saturating_add(number)), row)).collect()
}

/// The event at a position, which is the next one there is.
fn next(expected: Position, row: &PgRow) -> Result<Fact, ReadLogError> {
    let found = Position(row.try_get::<i64, _>(0)?.unsigned_abs());
    if found == expected { fact(row) } else { Err(ReadLogError::Hole { expected, found }) }
}

/// The events at these positions, ascending.
///
/// # Errors
/// [`ReadLogError`].
pub async fn at(executor: impl PgExecutor<'_>, positions: &[Position]) -> Result<Vec<Fact>, ReadLogError> {
    let sql = format!("{COLUMNS} from events where position = any($1) order by position");
    let positions: Vec<i64> = positions.iter().map(|position| position.0.cast_signed()).collect();
    let rows = sqlx::query(&sql).bind(positions).fetch_all(executor).await?;
    rows.iter().map(fact).collect()
}

/// The head: the last position and when it was recorded; nothing is recorded at position 0.
///
/// # Errors
/// The database's.
pub async fn head(executor: impl PgExecutor<'_>) -> Result<(Position, Timestamp), sqlx::Error> {
    let row = sqlx::query("select position, recorded_at from log_head").fetch_one(executor).await?;
    Ok((Position(row.try_get::<i64, _>(0)?.unsigned_abs()), row.try_get::<SqlInstant, _>(1)?.0))
}

/// The last position recorded at or before an instant; 0 where nothing was.
///
/// # Errors
/// The database's.
pub async fn position_at(executor: impl PgExecutor<'_>, instant: Timestamp) -> Result<Position, sqlx::Error> {
    // The head starts at the epoch and never goes back; PostgreSQL does not know every instant before it.
    if instant < Timestamp::UNIX_EPOCH {
        return Ok(Position(0));
    }
    let sql = "select position from events where recorded_at <= $1 order by recorded_at desc, position desc limit 1";
    let found: Option<i64> = sqlx::query_scalar(sql).bind(SqlInstant(instant)).fetch_optional(executor).await?;
    Ok(Position(found.unwrap_or_default().unsigned_abs()))
}

fn fact(row: &PgRow) -> Result<Fact, ReadLogError> {
    let position = Position(row.try_get::<i64, _>(0)?.unsigned_abs());
    let event_type: String = row.try_get(4)?;
    let undecodable = |source: Box<dyn std::error::Error + Send + Sync>| ReadLogError::Undecodable {
        position,
        event_type: event_type.clone(),
        source,
    };
    let kind: &str = row.try_get(1)?;
    let kind = StreamKind::named(kind).ok_or_else(|| undecodable(format!("no aggregate {kind} is known").into()))?;
    let id: &str = row.try_get(2)?;
    let id = Uuid::try_parse(id).map_err(|error| undecodable(error.into()))?;
    let event = Event::decode(kind, row.try_get(5)?).map_err(|error| undecodable(error.into()))?;
    let mut metadata: HashMap<String, String> =
        serde_json::from_str(row.try_get(6)?).map_err(|error| undecodable(error.into()))?;
    let mut take = |name: &str| metadata.remove(name).unwrap_or_default();
    Ok(Fact {
        position,
        stream: StreamId { kind, id },
        sequence: row.try_get::<i64, _>(3)?.unsigned_abs(),
        at: row.try_get::<SqlInstant, _>(7)?.0,
        actor: ActorId(take("actor")),
        command: take("command_id"),
        correlation: take("correlation"),
        event,
    })
}
