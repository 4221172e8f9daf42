//! Rebuilding a projection beside the serving one, which answers throughout.
//!
//! # Invariants
//! - One process at a time builds a generation, and nobody builds one that serves: each batch, and the switch, name the
//!   builder and the checkpoint it goes on from.
//! - The last events are folded while the serving row is locked, so that a busy log cannot outrun the switch.

use std::time::Duration;

use domain::stream::Position;
use projections::projection::Projection;
use sqlx::{Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::engine::fold;
use super::stretch::Stretch;
use super::{FoldError, lease, table};
use crate::clock::random;
use crate::log::reader;

/// How long a replaced table is kept: no reader that looked up its name before the switch still asks for it.
const KEPT: Duration = Duration::from_secs(600);

/// Who is told how far long work has come.
pub trait Progress: Send + Sync {
    /// So many events of so many are done.
    fn at(&self, done: u64, of: u64);
}

/// Nobody is told.
pub struct Quiet;

impl Progress for Quiet {
    fn at(&self, _done: u64, _of: u64) {}
}

/// A build in progress, claimed by this builder.
struct Build {
    builder: Uuid,
    generation: i64,
    checkpoint: Position,
}

/// Builds a new generation from the first event on, `batch` events in a transaction, catches up, and lets it serve in
/// one transaction. A build that was cut off before goes on where it stopped. Answers the position at which it took
/// over.
///
/// # Errors
/// [`FoldError`]; the old generation serves on.
pub async fn run<P: Projection>(pool: &PgPool, batch: usize, told: &dyn Progress) -> Result<Position, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let mut build = begin::<P>(&mut connection).await?;
    loop {
        let met = reader::met(&mut *connection, build.checkpoint, batch).await.map_err(failed)?;
        let stretch = Stretch::decided::<P>(&mut connection, build.checkpoint, &met).await?;
        let last = stretch.to;
        if !is_full(&build, &stretch, batch) {
            match finish::<P>(&mut connection, &build, batch).await? {
                Some(position) => return Ok(position),
                None => continue,
            }
        }
        let mut transaction = connection.begin().await.map_err(failed)?;
        if !build.advance::<P>(&mut transaction, last).await.map_err(failed)? {
            return Err(FoldError::Fenced { projection: P::NAME });
        }
        fold::<P>(&mut transaction, build.generation, build.checkpoint, &stretch.facts).await?;
        transaction.commit().await.map_err(failed)?;
        build.checkpoint = last;
        let (head, _) = reader::head(&mut *connection).await.map_err(failed)?;
        told.at(last.0, head.0);
    }
}

fn is_full(build: &Build, stretch: &Stretch<'_>, batch: usize) -> bool {
    stretch.to.0 - build.checkpoint.0 == batch as u64
}

impl Build {
    /// Moves the checkpoint, in the transaction that writes the rows. False when the build is another's by now.
    async fn advance<P: Projection>(&self, connection: &mut PgConnection, to: Position) -> Result<bool, sqlx::Error> {
        let sql = "update projection_builds set checkpoint = $5, lease_until = now() + $6 * interval '1 second' \
                   where name = $1 and generation = $2 and builder = $3 and checkpoint = $4";
        let query = crate::sql::query(sql).bind(P::NAME).bind(self.generation).bind(self.builder);
        let query = query.bind(self.checkpoint.0.cast_signed()).bind(to.0.cast_signed()).bind(lease::seconds());
        Ok(query.execute(connection).await?.rows_affected() == 1)
    }

    /// Ends the build, in the transaction that lets it serve. False when it is another's by now.
    async fn end<P: Projection>(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let sql =
            "delete from projection_builds where name = $1 and generation = $2 and builder = $3 and checkpoint = $4";
        let query = crate::sql::query(sql).bind(P::NAME).bind(self.generation).bind(self.builder);
        Ok(query.bind(self.checkpoint.0.cast_signed()).execute(connection).await?.rows_affected() == 1)
    }
}

/// Locks the projection's row until the transaction ends, and with it builds, switches and the live worker; answers the
/// serving generation and checkpoint.
async fn lock<P: Projection>(connection: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    let sql = "update projections set name = name where name = $1 returning generation, checkpoint";
    crate::sql::query_as(sql).bind(P::NAME).fetch_one(connection).await
}

/// The generation to build and how far it is: one that was cut off, if it is of this version, else a new one.
async fn begin<P: Projection>(connection: &mut PgConnection) -> Result<Build, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut transaction = connection.begin().await.map_err(failed)?;
    let (serving, _) = lock::<P>(&mut transaction).await.map_err(failed)?;
    let sql = "select generation, checkpoint, lease_until > now() from projection_builds \
               where name = $1 and version = $2 and generation > $3 order by generation desc limit 1";
    let query = crate::sql::query_as(sql).bind(P::NAME).bind(P::VERSION.cast_signed()).bind(serving);
    let unfinished: Option<(i64, i64, bool)> = query.fetch_optional(&mut *transaction).await.map_err(failed)?;
    let builder = Uuid::new_v8(random());
    let build = match unfinished {
        Some((generation, _, true)) => return Err(FoldError::BeingBuilt { projection: P::NAME, generation }),
        Some((generation, checkpoint, false)) => {
            let checkpoint = Position(checkpoint.unsigned_abs());
            if !claim::<P>(&mut transaction, generation, builder).await.map_err(failed)? {
                return Err(FoldError::BeingBuilt { projection: P::NAME, generation });
            }
            Build { builder, generation, checkpoint }
        }
        None => {
            let generation = start::<P>(&mut transaction, serving, builder).await.map_err(failed)?;
            Build { builder, generation, checkpoint: Position(0) }
        }
    };
    transaction.commit().await.map_err(failed)?;
    Ok(build)
}

/// Takes over a build that was cut off. False when its builder has shown life meanwhile.
async fn claim<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    builder: Uuid,
) -> Result<bool, sqlx::Error> {
    let sql = "update projection_builds set builder = $3, lease_until = now() + $4 * interval '1 second' \
               where name = $1 and generation = $2 and lease_until < now()";
    let query = crate::sql::query(sql).bind(P::NAME).bind(generation).bind(builder).bind(lease::seconds());
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn start<P: Projection>(connection: &mut PgConnection, serving: i64, builder: Uuid) -> Result<i64, sqlx::Error> {
    let last: Option<i64> = crate::sql::query_scalar("select max(generation) from projection_builds where name = $1")
        .bind(P::NAME)
        .fetch_one(&mut *connection)
        .await?;
    let generation = last.unwrap_or_default().max(serving) + 1;
    let sql = "insert into projection_builds (name, generation, version, checkpoint, builder, lease_until) \
               values ($1, $2, $3, 0, $4, now() + $5 * interval '1 second')";
    let query = crate::sql::query(sql).bind(P::NAME).bind(generation).bind(P::VERSION.cast_signed()).bind(builder);
    query.bind(lease::seconds()).execute(&mut *connection).await?;
    remove_replaced::<P>(connection, serving).await?;
    table::create::<P>(connection, generation).await?;
    Ok(generation)
}

/// Drops the tables that have not served for a while, and forgets the builds that were overtaken.
async fn remove_replaced<P: Projection>(connection: &mut PgConnection, serving: i64) -> Result<(), sqlx::Error> {
    crate::sql::query("delete from projection_builds where name = $1 and generation < $2")
        .bind(P::NAME)
        .bind(serving)
        .execute(&mut *connection)
        .await?;
    let sql = "select max(generation) from projection_switches \
               where name = $1 and switched_at < now() - $2 * interval '1 second'";
    let query = crate::sql::query_scalar(sql).bind(P::NAME).bind(i32::try_from(KEPT.as_secs()).unwrap_or(i32::MAX));
    let serving_since: Option<i64> = query.fetch_one(&mut *connection).await?;
    for replaced in 1..serving_since.unwrap_or_default() {
        table::remove::<P>(connection, replaced).await?;
    }
    Ok(())
}

/// Folds the last events and lets the build serve. The epoch moves, so that a worker on the old generation writes
/// nothing more. Nothing when too many events are left for one transaction.
async fn finish<P: Projection>(
    connection: &mut PgConnection,
    build: &Build,
    batch: usize,
) -> Result<Option<Position>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut transaction = connection.begin().await.map_err(failed)?;
    let (_, serving) = lock::<P>(&mut transaction).await.map_err(failed)?;
    let met = reader::met(&mut *transaction, build.checkpoint, batch).await.map_err(failed)?;
    let stretch = Stretch::decided::<P>(&mut transaction, build.checkpoint, &met).await?;
    if is_full(build, &stretch, batch) {
        return Ok(None);
    }
    let last = stretch.to;
    // Where the live one stopped before the same event, nothing is lost by stopping there too.
    if let Some(unreadable) = stretch.stopped.filter(|_| last.0.cast_signed() < serving) {
        return Err(unreadable);
    }
    fold::<P>(&mut transaction, build.generation, build.checkpoint, &stretch.facts).await?;
    let ended = build.end::<P>(&mut transaction).await.map_err(failed)?;
    if !ended || !switch::<P>(&mut transaction, build.generation, last).await.map_err(failed)? {
        return Err(FoldError::Fenced { projection: P::NAME });
    }
    transaction.commit().await.map_err(failed)?;
    Ok(Some(last))
}

/// False when a later generation serves already.
async fn switch<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
) -> Result<bool, sqlx::Error> {
    let switched = crate::sql::query(
        "update projections set generation = $2, version = $3, checkpoint = $4, epoch = epoch + 1, holder = null, \
         lease_until = null, stopped_at = null, cause = null \
         where name = $1 and generation < $2 and checkpoint <= $4",
    )
    .bind(P::NAME)
    .bind(generation)
    .bind(P::VERSION.cast_signed())
    .bind(checkpoint.0.cast_signed())
    .execute(&mut *connection)
    .await?;
    if switched.rows_affected() == 0 {
        return Ok(false);
    }
    crate::sql::query(
        "insert into projection_switches (name, generation, version, position, switched_at) \
         values ($1, $2, $3, $4, now())",
    )
    .bind(P::NAME)
    .bind(generation)
    .bind(P::VERSION.cast_signed())
    .bind(checkpoint.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(true)
}
