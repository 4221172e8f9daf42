//! The origin of the log: an id beside the position, so that one position never means two events to the outside.
//!
//! A restore to a point in time loses what was acknowledged after it, and the positions lost are given anew. PostgreSQL
//! then goes on under another timeline of the same cluster: nobody serves until somebody has said what was lost, which
//! begins another origin ([`restored`]). A dump goes on in another cluster under the same origin.
//!
//! # Invariants
//! - Only the owner changes the origin, and each change is recorded for good with who and why.
//! - A program serves under the origin and on the timeline it began with, and ends when it finds another. Each append looks at
//!   the origin under the head lock, so nothing is appended under another than is answered.
//!
//! # Not here
//! A copy of the files that is started as it is, without recovery from an archive: nothing in it tells that it is old. The
//! operator has to say so (docs/backup.md). Databases that do not tell timeline and cluster are not watched.

use domain::stream::Position;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, PgExecutor, Row};
use uuid::Uuid;

use crate::clock::random;
use crate::sqltype::SqlInstant;

/// Where the log goes on: its origin and, where the database tells, on which timeline of which cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The origin.
    pub id: Uuid,
    /// The timeline; nothing where the database does not tell.
    pub line: Option<Line>,
}

/// A timeline of a cluster of PostgreSQL, each as it names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The cluster's identifier.
    pub system: String,
    /// The timeline, in hexadecimal digits.
    pub timeline: String,
}

/// A recorded origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Where it began, and on which line.
    pub origin: Origin,
    /// The position it began after.
    pub after: Position,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
}

/// How what is recorded fits the database as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It goes on; or nobody can tell.
    Same,
    /// The same cluster on another timeline: it was restored to a point in time, or another server took over.
    Restored,
    /// Another cluster: a dump was restored into it.
    Moved,
}

/// How a recorded line fits the one there is.
#[must_use]
pub fn fit(recorded: Option<&Line>, now: Option<&Line>) -> Fit {
    match (recorded, now) {
        (Some(recorded), Some(now)) if recorded.system != now.system => Fit::Moved,
        (Some(recorded), Some(now)) if recorded.timeline != now.timeline => Fit::Restored,
        _ => Fit::Same,
    }
}

/// The timeline a database is on; nothing where it does not tell.
///
/// # Errors
/// The database's, other than that it does not tell.
pub async fn line(connection: &mut PgConnection) -> Result<Option<Line>, sqlx::Error> {
    let sql = "select (select system_identifier::pg_catalog.text from pg_catalog.pg_control_system()), \
               pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)";
    match crate::sql::query_as(sql).fetch_one(connection).await {
        Ok((system, timeline)) => Ok(Some(Line { system, timeline })),
        Err(sqlx::Error::Database(error)) if is_untold(error.code().as_deref()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Not allowed, not offered, or no such function. One that is still being restored is another matter: it will tell.
fn is_untold(code: Option<&str>) -> bool {
    matches!(code, Some("42501" | "0A000" | "42883"))
}

/// The origin of the log on the line that the database is on now.
///
/// # Errors
/// The database's.
pub async fn now(connection: &mut PgConnection) -> Result<Origin, sqlx::Error> {
    Ok(Origin { id: id(connection).await?, line: line(connection).await? })
}

/// The origin of the log.
///
/// # Errors
/// The database's.
pub async fn id(connection: &mut PgConnection) -> Result<Uuid, sqlx::Error> {
    crate::sql::query_scalar("select origin from log_head").fetch_one(connection).await
}

/// Goes on only where a position was given under no other origin than the log's.
///
/// # Errors
/// The sentence of `position.other_origin`.
pub fn under(own: Uuid, given: Option<Uuid>) -> Result<(), String> {
    match given {
        Some(given) if given != own => Err(graphql::fault::other_origin(given, own).message),
        _none_or_own => Ok(()),
    }
}

/// Why nobody serves from a database that was restored.
#[derive(Debug, thiserror::Error)]
pub enum UnsettledError {
    /// The database cannot be asked.
    #[error("the origin of the log cannot be read")]
    Sql(#[from] sqlx::Error),
    /// The same cluster goes on under another timeline.
    #[error(
        "the database was restored to a point in time, or another server took over: commands that were answered as accepted \
         may be lost after position {head}. Say so as the owner, which begins a new origin of the log: \
         sanping log restored --reason WHY --by WHO; add --nothing-lost where everything acknowledged is there"
    )]
    Restored {
        /// Where the log ends.
        head: Position,
    },
    /// It goes on in another cluster.
    #[error(
        "the database was moved to another cluster of PostgreSQL: run `sanping migrate` as the owner, and where commands were \
         accepted after it was dumped, `sanping log restored --reason WHY --by WHO` as well"
    )]
    Moved,
}

/// The origin to serve under, where what is recorded fits the database as it is.
///
/// # Errors
/// [`UnsettledError`].
pub async fn settled(connection: &mut PgConnection) -> Result<Origin, UnsettledError> {
    let (last, now) = (last(&mut *connection).await?, now(connection).await?);
    match fit(last.and_then(|last| last.origin.line).as_ref(), now.line.as_ref()) {
        Fit::Same => Ok(now),
        Fit::Moved => Err(UnsettledError::Moved),
        Fit::Restored => Err(UnsettledError::Restored { head: super::reader::head(connection).await?.0 }),
    }
}

const COLUMNS: &str = "select origin, system, timeline, after_position, began_at, reason, decided_by from log_origins";

/// Every recorded origin, in order.
///
/// # Errors
/// The database's.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<Recorded>, sqlx::Error> {
    let sql = format!("{COLUMNS} order by number");
    crate::sql::query(&sql).fetch_all(executor).await?.iter().map(recorded).collect()
}

/// The origin recorded last; nothing before the first `migrate` that knew of origins.
///
/// # Errors
/// The database's.
pub async fn last(executor: impl PgExecutor<'_>) -> Result<Option<Recorded>, sqlx::Error> {
    let sql = format!("{COLUMNS} order by number desc limit 1");
    crate::sql::query(&sql).fetch_optional(executor).await?.as_ref().map(recorded).transpose()
}

fn recorded(row: &PgRow) -> Result<Recorded, sqlx::Error> {
    let line = row.try_get::<Option<String>, _>(1)?.zip(row.try_get::<Option<String>, _>(2)?);
    let line = line.map(|(system, timeline)| Line { system, timeline });
    Ok(Recorded {
        origin: Origin { id: row.try_get(0)?, line },
        after: Position(row.try_get::<i64, _>(3)?.unsigned_abs()),
        at: row.try_get::<SqlInstant, _>(4)?.0,
        reason: row.try_get(5)?,
        by: row.try_get(6)?,
    })
}

/// As the owner: records the first origin, or that the log goes on in another cluster. Another timeline of the same cluster
/// is left to whoever knows what was lost.
///
/// # Errors
/// The database's.
pub async fn take_over(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (last, here) = (last(&mut *connection).await?, line(connection).await?);
    let known = last.as_ref().and_then(|last| last.origin.line.as_ref());
    let reason = match (&last, fit(known, here.as_ref())) {
        (None, _) => "the log before its origins were recorded",
        (Some(_), Fit::Moved) => "goes on in another cluster",
        (Some(_), Fit::Same) if known.is_none() && here.is_some() => "the cluster is known from here on",
        (Some(_), Fit::Same | Fit::Restored) => return Ok(()),
    };
    let mut transaction = connection.begin().await?;
    record(&mut transaction, here.as_ref(), reason, "migrate").await?;
    transaction.commit().await?;
    tracing::info!(reason, "the origin of the log was recorded");
    Ok(())
}

/// How a log goes on after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Under which origin.
    pub origin: Uuid,
    /// After which position.
    pub after: Position,
    /// How many API keys held and were revoked.
    pub revoked: u64,
}

/// As the owner: records that the database was restored. Unless nothing was lost, another origin begins, and every API key
/// is revoked: one that was revoked after what was restored would hold again.
///
/// # Errors
/// The database's.
pub async fn restored(
    connection: &mut PgConnection,
    nothing_lost: bool,
    reason: &str,
    by: &str,
) -> Result<Restored, sqlx::Error> {
    let here = line(connection).await?;
    let mut transaction = connection.begin().await?;
    let mut revoked = 0;
    if !nothing_lost {
        // Which of them were revoked after what was restored, nobody knows any more.
        let sql = "update api_keys set revoked_at = greatest(pg_catalog.now(), created_at) where revoked_at is null";
        revoked = crate::sql::query(sql).execute(&mut *transaction).await?.rows_affected();
        let id = uuid::Builder::from_random_bytes(random()).into_uuid();
        crate::sql::query("update log_head set origin = $1").bind(id).execute(&mut *transaction).await?;
    }
    let (origin, after) = record(&mut transaction, here.as_ref(), reason, by).await?;
    transaction.commit().await?;
    Ok(Restored { origin, after, revoked })
}

/// Records the origin that the head of the log has, from its position on.
async fn record(
    connection: &mut PgConnection,
    line: Option<&Line>,
    reason: &str,
    by: &str,
) -> Result<(Uuid, Position), sqlx::Error> {
    // The head's row is taken, so that nothing is appended meanwhile, and two who record come one after the other.
    let sql = "update log_head set position = position returning origin, position";
    let (origin, position): (Uuid, i64) = crate::sql::query_as(sql).fetch_one(&mut *connection).await?;
    crate::sql::query(
        "insert into log_origins (number, origin, after_position, began_at, system, timeline, reason, decided_by) \
         select pg_catalog.count(*) operator(pg_catalog.+) 1, $1, $2, pg_catalog.now(), $3, $4, $5, $6 from log_origins",
    )
    .bind(origin)
    .bind(position)
    .bind(line.map(|line| line.system.as_str()))
    .bind(line.map(|line| line.timeline.as_str()))
    .bind(reason)
    .bind(by)
    .execute(connection)
    .await?;
    Ok((origin, Position(position.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_is_another_timeline_of_the_same_cluster() {
        let line =
            |system: &str, timeline: &str| Some(Line { system: system.to_owned(), timeline: timeline.to_owned() });
        let before = line("7", "00000001");
        for (now, fits) in [
            (before.clone(), Fit::Same),
            (line("7", "00000002"), Fit::Restored),
            (line("8", "00000001"), Fit::Moved),
            (None, Fit::Same),
        ] {
            assert_eq!(fit(before.as_ref(), now.as_ref()), fits, "{now:?}");
            assert_eq!(fit(None, now.as_ref()), Fit::Same, "{now:?}");
        }
    }
}
