//! One active worker per projection: a lease row with an epoch, timed by the database's clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::stream::Position;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, PgPool, Row};
use uuid::Uuid;

/// How long a lease holds without a sign of life.
pub const TERM: Duration = Duration::from_secs(6);

/// A lease on a projection, and where the projection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Every taking of the lease has a higher one.
    pub epoch: i64,
    /// The serving generation.
    pub generation: i64,
    /// The version of its fold.
    pub version: i32,
    /// The last position folded.
    pub checkpoint: Position,
    /// How often the lease has run out on whoever had it since the projection last got on by several events, or had none left.
    pub lapsed: i32,
}

/// Takes the lease if it is free or ours and this version of the fold serves; nothing otherwise.
///
/// # Errors
/// The database's.
pub async fn take(pool: &PgPool, projection: &str, version: u32, holder: Uuid) -> Result<Option<Lease>, sqlx::Error> {
    let sql = "update projections set lapsed = lapsed + case when holder <> $2 then 1 else 0 end, \
               holder = $2, epoch = epoch + 1, lease_until = now() + $3 * interval '1 second' \
               where name = $1 and version = $4 and (holder is null or holder = $2 or lease_until < now()) \
               returning epoch, generation, version, checkpoint, lapsed";
    let query = crate::sql::query(sql).bind(projection).bind(holder).bind(seconds()).bind(version.cast_signed());
    query.fetch_optional(pool).await?.as_ref().map(lease_of).transpose()
}

/// How a projection stands, without taking the lease.
///
/// # Errors
/// The database's.
pub async fn look(executor: impl PgExecutor<'_>, projection: &str) -> Result<Lease, sqlx::Error> {
    let sql = "select epoch, generation, version, checkpoint, lapsed from projections where name = $1";
    lease_of(&crate::sql::query(sql).bind(projection).fetch_one(executor).await?)
}

fn lease_of(row: &PgRow) -> Result<Lease, sqlx::Error> {
    Ok(Lease {
        epoch: row.try_get(0)?,
        generation: row.try_get(1)?,
        version: row.try_get(2)?,
        checkpoint: Position(row.try_get::<i64, _>(3)?.unsigned_abs()),
        lapsed: row.try_get(4)?,
    })
}

/// Moves the checkpoint and prolongs the lease, first in the transaction that writes the rows: until it ends, nobody
/// takes the lease. Answers which of the events passed are to be stepped over; nothing when the lease is lost: then
/// nothing may be committed.
///
/// # Errors
/// The database's.
pub async fn advance(
    connection: &mut PgConnection,
    projection: &str,
    lease: &Lease,
    checkpoint: Position,
) -> Result<Option<BTreeSet<Position>>, sqlx::Error> {
    let sql = "update projections set checkpoint = $4, lease_until = now() + $5 * interval '1 second', \
               stopped_at = null, cause = null, lapsed = case $4 - $3 when 1 then lapsed else 0 end \
               where name = $1 and epoch = $2 and checkpoint = $3 \
               returning array(select s.position from projection_skips s where s.projection = $1 and s.position > $3 \
               and s.position <= $4)";
    let skipped: Option<Vec<i64>> = crate::sql::query_scalar(sql)
        .bind(projection)
        .bind(lease.epoch)
        .bind(lease.checkpoint.0.cast_signed())
        .bind(checkpoint.0.cast_signed())
        .bind(seconds())
        .fetch_optional(connection)
        .await?;
    Ok(skipped.map(|skipped| skipped.into_iter().map(|at| Position(at.unsigned_abs())).collect()))
}

/// Moves the checkpoints of several leases at once, first in the transaction that writes their rows: each as
/// [`advance`] does. Answers which leases hold, and of each whether something passed is to be stepped over. One whose row
/// is locked by another is left out: nobody waits.
///
/// # Errors
/// The database's.
pub async fn advance_all(
    connection: &mut PgConnection,
    moves: impl Iterator<Item = (&'static str, Lease, Position)>,
) -> Result<BTreeMap<String, bool>, sqlx::Error> {
    let (mut names, mut epochs, mut befores, mut afters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, lease, after) in moves {
        names.push(name);
        epochs.push(lease.epoch);
        befores.push(lease.checkpoint.0.cast_signed());
        afters.push(after.0.cast_signed());
    }
    let sql = "update projections p set checkpoint = l.after, lease_until = now() + $5 * interval '1 second', \
               stopped_at = null, cause = null, lapsed = case l.after - l.before when 1 then lapsed else 0 end \
               from (select h.name, l.before, l.after \
               from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) as l(name, epoch, before, after) \
               join projections h on h.name = l.name and h.epoch = l.epoch and h.checkpoint = l.before \
               for update of h skip locked) as l where p.name = l.name \
               returning p.name, exists(select from projection_skips s where s.projection = p.name \
               and s.position > l.before and s.position <= l.after)";
    let query = crate::sql::query_as(sql).bind(names).bind(epochs).bind(befores).bind(afters).bind(seconds());
    let moved: Vec<(String, bool)> = query.fetch_all(connection).await?;
    Ok(moved.into_iter().collect())
}

/// Gives the lease back, so that another takes over at once.
///
/// # Errors
/// The database's.
pub async fn give_back(pool: &PgPool, projection: &str, lease: &Lease) -> Result<(), sqlx::Error> {
    let sql = "update projections set holder = null, lease_until = null where name = $1 and epoch = $2";
    crate::sql::query(sql).bind(projection).bind(lease.epoch).execute(pool).await.map(drop)
}

/// Notes that the next event is about to be folded by itself, for whoever comes after a process that died of it; answers how
/// often in a row processes of this build have been. Nothing where there is no such event, it is to be stepped over, or the
/// lease is lost.
///
/// # Errors
/// The database's.
pub async fn about_to(pool: &PgPool, projection: &str, lease: &Lease, build: &str) -> Result<Option<i32>, sqlx::Error> {
    let sql = "update projections p set tried_at = $3, tried_by = $4, \
               tries = case when tried_at = $3 and tried_by = $4 then least(tries, 1000) + 1 else 1 end \
               where name = $1 and epoch = $2 and exists (select from events where position = $3) \
               and not exists (select from projection_skips s where s.projection = $1 and s.position = $3) returning tries";
    let next = lease.checkpoint.0.cast_signed() + 1;
    crate::sql::query_scalar(sql).bind(projection).bind(lease.epoch).bind(next).bind(build).fetch_optional(pool).await
}

/// Records that the projection stops before an event, and why.
///
/// # Errors
/// The database's.
pub async fn stop(
    pool: &PgPool,
    projection: &str,
    lease: &Lease,
    at: Position,
    cause: &str,
) -> Result<(), sqlx::Error> {
    let sql = "update projections set stopped_at = $3, cause = $4 where name = $1 and epoch = $2";
    let query = crate::sql::query(sql).bind(projection).bind(lease.epoch).bind(at.0.cast_signed()).bind(cause);
    query.execute(pool).await.map(drop)
}

/// The term in seconds, as SQL takes it.
#[must_use]
pub fn seconds() -> i32 {
    i32::try_from(TERM.as_secs()).unwrap_or(i32::MAX)
}
