//! What a position says of a stream, and a version of its place: both are past, and never change.

use domain::stream::{Position, StreamId};
use sqlx::PgPool;

/// The version that a stream had as of a position.
///
/// # Errors
/// The database's.
pub async fn version_at(pool: &PgPool, stream: StreamId, position: Position) -> Result<u64, sqlx::Error> {
    // From the last one down: what has happened since is little.
    let sequence: Option<i64> = crate::sql::query_scalar(
        "select sequence from events where aggregate_type = $1 and aggregate_id = $2 and position <= $3 \
         order by sequence desc limit 1",
    )
    .bind(stream.kind.name())
    .bind(stream.id.to_string())
    .bind(position.0.cast_signed())
    .fetch_optional(pool)
    .await?;
    Ok(sequence.map_or(0, i64::unsigned_abs))
}

/// The position of the event after which a stream has a version.
///
/// # Errors
/// The database's, also where there is no such event.
pub async fn position_of(pool: &PgPool, stream: StreamId, version: u64) -> Result<Position, sqlx::Error> {
    let position: i64 = crate::sql::query_scalar(
        "select position from events where aggregate_type = $1 and aggregate_id = $2 and sequence = $3",
    )
    .bind(stream.kind.name())
    .bind(stream.id.to_string())
    .bind(version.cast_signed())
    .fetch_one(pool)
    .await?;
    Ok(Position(position.unsigned_abs()))
}
