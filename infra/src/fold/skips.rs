//! Decisions that a projection steps over an event: recorded once, with who and why, for live folds and rebuilds alike.
//!
//! # Rules
//! - Only the event that the projection has stopped before ([`SkipError::NotStopped`]); an event that is missing cannot be
//!   stepped over ([`SkipError::NoEvent`]).
//! - Nothing is taken back: a projection that could read the event after all is rebuilt under the same decision.
//!
//! # Invariant
//! The decision moves the epoch and ends the builds under way, so that no worker passes the event without it.

use std::collections::BTreeSet;

use domain::stream::Position;
use jiff::Timestamp;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::clock::random;
use crate::sqltype::SqlInstant;

/// A decision to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Skip<'a> {
    /// Which projection.
    pub projection: &'a str,
    /// Which event.
    pub position: Position,
    /// Why.
    pub reason: &'a str,
    /// Who decided.
    pub by: &'a str,
}

/// A recorded decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which projection.
    pub projection: String,
    /// Which event.
    pub position: Position,
    /// Its type, as the log names it.
    pub event_type: String,
    /// Why the projection had stopped before it.
    pub cause: String,
    /// Why it was stepped over.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Why a decision is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum SkipError {
    /// The database failed.
    #[error("the decision cannot be recorded")]
    Sql(#[from] sqlx::Error),
    /// The projection has no row yet.
    #[error("projection {0} has no rows on this database yet; `sanping projections rebuild {0}` makes them")]
    NotThere(String),
    /// It goes on, or stopped elsewhere.
    #[error("projection {projection} {}; only the event it has stopped before can be skipped, not {asked}", place(*stopped))]
    NotStopped {
        /// Which projection.
        projection: String,
        /// Where it stopped.
        stopped: Option<Position>,
        /// What was asked for.
        asked: Position,
    },
    /// It was decided before.
    #[error("that projection {projection} skips {position} was decided before, by {by}: {reason}")]
    Decided {
        /// Which projection.
        projection: String,
        /// Which event.
        position: Position,
        /// Who decided.
        by: String,
        /// Why.
        reason: String,
    },
    /// No projection has stopped there.
    #[error("no projection has stopped before {0}; `sanping projections status` shows which have, and where")]
    NoneStopped(Position),
    /// The log has no such event.
    #[error("the log has no event at {0}: it ends before, or was damaged and must be restored from a backup")]
    NoEvent(Position),
}

fn place(stopped: Option<Position>) -> String {
    stopped.map_or_else(|| "has not stopped".to_owned(), |at| format!("has stopped before {at}"))
}

/// Records a decision.
///
/// # Errors
/// [`SkipError`].
pub async fn decide(pool: &PgPool, skip: &Skip<'_>) -> Result<(), SkipError> {
    let (projection, position) = (skip.projection, skip.position.0.cast_signed());
    let mut transaction = pool.begin().await?;
    // Locks the row, so that two who decide at once come one after the other.
    let sql = "update projections set name = name where name = $1 returning stopped_at, checkpoint, cause";
    let row: Option<(Option<i64>, i64, Option<String>)> =
        crate::sql::query_as(sql).bind(projection).fetch_optional(&mut *transaction).await?;
    let (stopped, checkpoint, cause) = row.ok_or_else(|| SkipError::NotThere(projection.to_owned()))?;
    let before = Position(skip.position.0.saturating_sub(1));
    if !between(&mut *transaction, projection, before, skip.position).await?.is_empty() {
        return Err(decided_before(&mut transaction, skip).await?);
    }
    let stopped = stopped.filter(|at| *at == checkpoint + 1);
    if stopped != Some(position) {
        let stopped = stopped.map(|at| Position(at.unsigned_abs()));
        return Err(SkipError::NotStopped { projection: projection.to_owned(), stopped, asked: skip.position });
    }
    let sql = "select event_type from events where position = $1";
    let event_type: Option<String> =
        crate::sql::query_scalar(sql).bind(position).fetch_optional(&mut *transaction).await?;
    let event_type = event_type.ok_or(SkipError::NoEvent(skip.position))?;
    let sql = "insert into projection_skips (projection, position, event_type, cause, reason, decided_by, decided_at) \
               values ($1, $2, $3, $4, $5, $6, now())";
    let query = crate::sql::query(sql).bind(projection).bind(position).bind(event_type).bind(cause.unwrap_or_default());
    query.bind(skip.reason).bind(skip.by).execute(&mut *transaction).await?;
    fence(&mut transaction, projection).await?;
    Ok(transaction.commit().await?)
}

/// The projections that have stopped before an event, by name.
///
/// # Errors
/// The database's; [`SkipError::NoneStopped`].
pub async fn stopped(executor: impl PgExecutor<'_>, before: Position) -> Result<Vec<String>, SkipError> {
    let sql = "select name from projections where stopped_at = $1 and stopped_at = checkpoint + 1 order by name";
    let names = crate::sql::query_scalar(sql).bind(before.0.cast_signed()).fetch_all(executor).await?;
    if names.is_empty() { Err(SkipError::NoneStopped(before)) } else { Ok(names) }
}

/// Whoever folds this projection loses the lease, and a build under way is begun anew, not gone on with.
async fn fence(connection: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    let sql = "update projections set epoch = epoch + 1, holder = null, lease_until = null where name = $1";
    crate::sql::query(sql).bind(projection).execute(&mut *connection).await?;
    let sql = "update projection_builds set builder = $2, version = 0 where name = $1";
    crate::sql::query(sql).bind(projection).bind(Uuid::new_v8(random())).execute(connection).await.map(drop)
}

async fn decided_before(connection: &mut PgConnection, skip: &Skip<'_>) -> Result<SkipError, sqlx::Error> {
    let sql = "select decided_by, reason from projection_skips where projection = $1 and position = $2";
    let query = crate::sql::query_as(sql).bind(skip.projection).bind(skip.position.0.cast_signed());
    let (by, reason) = query.fetch_one(connection).await?;
    Ok(SkipError::Decided { projection: skip.projection.to_owned(), position: skip.position, by, reason })
}

/// What a projection is to step over, after one position up to another.
///
/// # Errors
/// The database's.
pub async fn between(
    executor: impl PgExecutor<'_>,
    projection: &str,
    after: Position,
    upto: Position,
) -> Result<BTreeSet<Position>, sqlx::Error> {
    let sql = "select position from projection_skips where projection = $1 and position > $2 and position <= $3";
    let query = crate::sql::query_scalar(sql).bind(projection).bind(after.0.cast_signed()).bind(upto.0.cast_signed());
    let found: Vec<i64> = query.fetch_all(executor).await?;
    Ok(found.into_iter().map(|position| Position(position.unsigned_abs())).collect())
}

/// Every decision, by projection and position.
///
/// # Errors
/// The database's.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<Skipped>, sqlx::Error> {
    let sql = "select projection, position, event_type, cause, reason, decided_by, decided_at from projection_skips \
               order by projection, position";
    let rows: Vec<(String, i64, String, String, String, String, SqlInstant)> =
        crate::sql::query_as(sql).fetch_all(executor).await?;
    let one = |(projection, position, event_type, cause, reason, by, at): (_, i64, _, _, _, _, SqlInstant)| Skipped {
        projection,
        position: Position(position.unsigned_abs()),
        event_type,
        cause,
        reason,
        by,
        at: at.0,
    };
    Ok(rows.into_iter().map(one).collect())
}
