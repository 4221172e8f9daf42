//! Rebuilding a projection beside the serving one, which answers throughout.

use domain::stream::Position;
use projections::projection::Projection;
use sqlx::{Connection, PgConnection, PgPool};

use super::engine::{BATCH, fold};
use super::{FoldError, table};
use crate::log::reader;

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

/// Builds a new generation from the first event on, catches up, and lets it serve in one transaction. A build that was
/// cut off before goes on where it stopped. Answers the position at which it took over.
///
/// # Errors
/// [`FoldError`]; the old generation serves on.
pub async fn run<P: Projection>(pool: &PgPool, told: &dyn Progress) -> Result<Position, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let (generation, mut checkpoint) = begin::<P>(&mut connection).await.map_err(failed)?;
    loop {
        let facts = reader::after(&mut *connection, checkpoint, BATCH)
            .await
            .map_err(|source| FoldError::Log { projection: P::NAME, source })?;
        let Some(last) = facts.last().map(|fact| fact.position) else {
            match switch::<P>(&mut connection, generation, checkpoint).await.map_err(failed)? {
                true => return Ok(checkpoint),
                false => continue,
            }
        };
        let mut transaction = connection.begin().await.map_err(failed)?;
        fold::<P>(&mut transaction, generation, checkpoint, &facts).await?;
        let moved = sqlx::query(
            "update projection_builds set checkpoint = $4 where name = $1 and generation = $2 and checkpoint = $3",
        )
        .bind(P::NAME)
        .bind(generation)
        .bind(checkpoint.0.cast_signed())
        .bind(last.0.cast_signed())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if moved.rows_affected() == 0 {
            return Err(FoldError::Fenced { projection: P::NAME });
        }
        transaction.commit().await.map_err(failed)?;
        checkpoint = last;
        let (head, _) = reader::head(&mut *connection).await.map_err(failed)?;
        told.at(checkpoint.0, head.0);
    }
}

/// The generation to build and how far it is: one that was cut off, if it is of this version, else a new one.
async fn begin<P: Projection>(connection: &mut PgConnection) -> Result<(i64, Position), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    // The row of the projection is the lock of its builds.
    let serving: i64 = sqlx::query_scalar("update projections set name = name where name = $1 returning generation")
        .bind(P::NAME)
        .fetch_one(&mut *transaction)
        .await?;
    let unfinished: Option<(i64, i64)> = sqlx::query_as(
        "select generation, checkpoint from projection_builds where name = $1 and version = $2 and generation > $3 \
         order by generation desc limit 1",
    )
    .bind(P::NAME)
    .bind(P::VERSION.cast_signed())
    .bind(serving)
    .fetch_optional(&mut *transaction)
    .await?;
    let begun = match unfinished {
        Some((generation, checkpoint)) => (generation, Position(checkpoint.unsigned_abs())),
        None => (start_build::<P>(&mut transaction, serving).await?, Position(0)),
    };
    transaction.commit().await?;
    Ok(begun)
}

async fn start_build<P: Projection>(connection: &mut PgConnection, serving: i64) -> Result<i64, sqlx::Error> {
    let last: Option<i64> = sqlx::query_scalar("select max(generation) from projection_builds where name = $1")
        .bind(P::NAME)
        .fetch_one(&mut *connection)
        .await?;
    let generation = last.unwrap_or_default().max(serving) + 1;
    sqlx::query("insert into projection_builds (name, generation, version, checkpoint) values ($1, $2, $3, 0)")
        .bind(P::NAME)
        .bind(generation)
        .bind(P::VERSION.cast_signed())
        .execute(&mut *connection)
        .await?;
    // The replaced tables are dropped late: by the build after the next, when no reader looks at them any more.
    for replaced in 1..serving {
        table::remove::<P::Row>(connection, replaced).await?;
    }
    table::create::<P::Row>(connection, generation).await?;
    Ok(generation)
}

/// Lets a generation serve. The epoch moves, so that a worker on the old one writes nothing more. False when the
/// serving generation is ahead: catch up first.
async fn switch<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
) -> Result<bool, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let switched = sqlx::query(
        "update projections set generation = $2, version = $3, checkpoint = $4, epoch = epoch + 1, holder = null, \
         lease_until = null, stopped_at = null, cause = null where name = $1 and checkpoint <= $4",
    )
    .bind(P::NAME)
    .bind(generation)
    .bind(P::VERSION.cast_signed())
    .bind(checkpoint.0.cast_signed())
    .execute(&mut *transaction)
    .await?;
    if switched.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "insert into projection_switches (name, generation, version, position, switched_at) \
         values ($1, $2, $3, $4, now())",
    )
    .bind(P::NAME)
    .bind(generation)
    .bind(P::VERSION.cast_signed())
    .bind(checkpoint.0.cast_signed())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}
