//! The ordinary batch, in one round trip: settled here on what it takes the log to hold, and recorded where that is so.
//!
//! # Invariant
//! Nothing is decided in the database: it says whether the origin, the versions and the commands are as [`assumed`], under the
//! head lock, and inserts what it is given. Where anything differs, nothing is recorded and the batch goes the long way.
//!
//! # Not here
//! Batches with a person's record, which may wait for a side row; batches in which some job is not accepted by what it was
//! decided on. Behind a pooler in transaction mode a statement needs a transaction around it, and one round trip is none.

use std::collections::HashSet;

use domain::stream::Position;
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::job::{Ask, Job, Settled};
use super::settle::{assumed, settle};
use super::statements::Written;
use crate::sqltype::SqlInstant;

/// How an ordinary batch is settled, with positions counted from the head; nothing where it is not one.
#[must_use]
pub fn foreseen(jobs: &[Job], broken: &HashSet<u64>) -> Option<Vec<Settled>> {
    if jobs.iter().any(|job| matches!(job.ask, Ask::Record { person: Some(_), .. })) {
        return None;
    }
    // The function writes first versions, which all are today.
    if jobs.iter().flat_map(Job::writes).any(|write| write.event.version() != 1) {
        return None;
    }
    let settled = settle(jobs, &mut assumed(jobs), &mut broken.clone());
    settled.iter().all(|settled| matches!(settled, Settled::Accepted(_) | Settled::Confirmed)).then_some(settled)
}

/// Records an ordinary batch; answers where the log ended before, or nothing where the log is not as it was taken to be.
pub(super) async fn append(
    connection: &mut PgConnection,
    jobs: &[Job],
    foreseen: &[Settled],
    at: Timestamp,
    origin: Option<Uuid>,
) -> Result<Option<Position>, sqlx::Error> {
    let assumed = assumed(jobs).versions;
    let kinds: Vec<&str> = assumed.keys().map(|stream| stream.kind.name()).collect();
    let ids: Vec<String> = assumed.keys().map(|stream| stream.id.to_string()).collect();
    let versions: Vec<i64> = assumed.values().map(|version| version.cast_signed()).collect();
    let principals: Vec<&str> = jobs.iter().map(|job| job.key.principal.as_str()).collect();
    let commands: Vec<&str> = jobs.iter().map(|job| job.key.command_id.as_str()).collect();
    let bodies: Vec<&[u8]> = jobs.iter().map(|job| job.body.as_slice()).collect();
    let offset = |settled: &Settled| match settled {
        Settled::Accepted(position) => Some(position.0.cast_signed()),
        _ => None,
    };
    let offsets: Vec<Option<i64>> = foreseen.iter().map(offset).collect();
    let counts: Vec<i32> = jobs.iter().map(|job| i32::try_from(job.writes().len()).unwrap_or(i32::MAX)).collect();
    let written = Written::by(jobs.iter(), at);
    let head: Option<i64> = crate::sql::query_scalar(
        "select append_under($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(SqlInstant(at))
    .bind(kinds)
    .bind(ids)
    .bind(versions)
    .bind(principals)
    .bind(commands)
    .bind(bodies)
    .bind(offsets)
    .bind(counts)
    .bind(written.kinds)
    .bind(written.ids)
    .bind(written.sequences)
    .bind(written.types)
    .bind(written.payloads)
    .bind(written.metadata)
    .bind(written.event_ids)
    .bind(written.salts)
    .bind(origin)
    .fetch_one(connection)
    .await?;
    Ok(head.map(|head| Position(head.unsigned_abs())))
}

/// The positions of an ordinary batch once the head is known.
#[must_use]
pub fn placed(foreseen: Vec<Settled>, head: Position) -> Vec<Settled> {
    let place = |settled| match settled {
        Settled::Accepted(offset) => Settled::Accepted(Position(head.0 + offset.0)),
        settled => settled,
    };
    foreseen.into_iter().map(place).collect()
}
