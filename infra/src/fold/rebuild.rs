//! Rebuilding a projection beside the serving one, which answers throughout.
//!
//! # Invariants
//! - The last events are folded while the serving row is locked, so that a busy log cannot outrun the switch.
//! - An event whose row cannot be written ends the build where the live one stopped before it too, like one that cannot
//!   be read.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::stream::Position;
use futures_util::FutureExt;
use projections::projection::Projection;
use sqlx::{Connection, PgConnection};

use super::FoldError;
use super::build::{Build, lock};
use super::compare::{self, Compared};
use super::engine::fold;
use super::stretch::Stretch;
use crate::log::reader;

/// Who is told how far long work has come.
pub trait Progress: Send + Sync {
    /// So many events of so many are done.
    fn at(&self, done: u64, of: u64);
    /// A build of this projection has begun, or goes on.
    fn begins(&self, _projection: &'static str) {}
    /// The reading of the log begins anew, for what did not fit into the one before.
    fn pass(&self, _number: u32) {}
    /// Some work was done that is not counted; the next step may take as long as so many events take, and tells nothing.
    fn step(&self, _events: u64) {}
    /// How long work that need not be done soon is to rest after it has worked for so long.
    fn rest(&self, _worked: Duration) -> Duration {
        Duration::ZERO
    }
    /// Nothing has moved for so long: what is not built yet is begun again.
    fn again(&self, _after: Duration) {}
}

/// Nobody is told.
pub struct Quiet;

impl Progress for Quiet {
    fn at(&self, _done: u64, _of: u64) {}
}

/// Folds what is left and lets the build serve.
///
/// # Errors
/// [`FoldError`]; the old generation serves on.
pub async fn go_on<P: Projection>(
    connection: &mut PgConnection,
    mut build: Build,
    batch: usize,
    told: &dyn Progress,
) -> Result<Position, FoldError> {
    let (mut most, mut compared) = (batch, None);
    loop {
        let folded = match folded::<P>(connection, &build, most).await {
            Ok(Some(last)) => {
                build.checkpoint = last;
                most = batch.min(most.saturating_mul(2));
                let (head, _) = reader::head(&mut *connection).await.map_err(failed::<P>)?;
                told.at(last.0, head.0);
                continue;
            }
            Ok(None) => {
                if compared.is_none() {
                    told.step(build.checkpoint.0);
                    compared = compare::run::<P>(connection, &build).await.map_err(failed::<P>)?;
                }
                told.step(0);
                finish::<P>(connection, &build, most, compared.as_ref()).await
            }
            Err(error) => Err(error),
        };
        match folded {
            Ok(Some(position)) => return Ok(position),
            Ok(None) => {}
            // One of many is at fault; which one shows when they are folded one by one.
            Err(error) if error.is_about_an_event() && most > 1 => most = 1,
            Err(error) if error.is_about_an_event() => {
                return end_before::<P>(connection, &build, error, compared.as_ref()).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn failed<P: Projection>(source: sqlx::Error) -> FoldError {
    FoldError::Sql { projection: P::NAME, source }
}

/// Folds a full batch in a transaction of its own; nothing where fewer events are left, or one stops it.
async fn folded<P: Projection>(
    connection: &mut PgConnection,
    build: &Build,
    most: usize,
) -> Result<Option<Position>, FoldError> {
    let met = reader::met(&mut *connection, build.checkpoint, most).await.map_err(failed::<P>)?;
    let stretch = Stretch::decided::<P>(connection, build.checkpoint, &met).await?;
    if !is_full(build, &stretch, most) {
        return Ok(None);
    }
    let mut transaction = connection.begin().await.map_err(failed::<P>)?;
    if !build.advance::<P>(&mut transaction, stretch.to).await.map_err(failed::<P>)? {
        return Err(FoldError::Fenced { projection: P::NAME });
    }
    guarded::<P>(fold::<P>(&mut transaction, build.generation, build.checkpoint, &stretch.facts)).await?;
    transaction.commit().await.map_err(failed::<P>)?;
    Ok(Some(stretch.to))
}

/// A fold that panics is a failure like any other.
async fn guarded<P: Projection>(fold: impl Future<Output = Result<(), FoldError>>) -> Result<(), FoldError> {
    let folded = AssertUnwindSafe(fold).catch_unwind().await;
    folded.unwrap_or(Err(FoldError::Broken { projection: P::NAME }))
}

fn is_full(build: &Build, stretch: &Stretch<'_>, most: usize) -> bool {
    stretch.to.0 - build.checkpoint.0 == most as u64
}

/// Folds the last events and lets the build serve. The epoch moves, so that a worker on the old generation writes
/// nothing more. Nothing when too many events are left for one transaction.
async fn finish<P: Projection>(
    connection: &mut PgConnection,
    build: &Build,
    most: usize,
    compared: Option<&Compared>,
) -> Result<Option<Position>, FoldError> {
    let mut transaction = connection.begin().await.map_err(failed::<P>)?;
    let (_, serving) = lock::<P>(&mut transaction).await.map_err(failed::<P>)?;
    let met = reader::met(&mut *transaction, build.checkpoint, most).await.map_err(failed::<P>)?;
    let stretch = Stretch::decided::<P>(&mut transaction, build.checkpoint, &met).await?;
    if is_full(build, &stretch, most) {
        return Ok(None);
    }
    let last = stretch.to;
    // Where the live one stopped before the same event, nothing is lost by stopping there too.
    if let Some(unreadable) = stretch.stopped.filter(|_| last.0.cast_signed() < serving) {
        return Err(unreadable);
    }
    guarded::<P>(fold::<P>(&mut transaction, build.generation, build.checkpoint, &stretch.facts)).await?;
    serve::<P>(&mut transaction, build, last, compared).await?;
    transaction.commit().await.map_err(failed::<P>)?;
    Ok(Some(last))
}

/// Lets the build serve up to where it is, before an event that it cannot fold, where the live one stopped before it too.
async fn end_before<P: Projection>(
    connection: &mut PgConnection,
    build: &Build,
    error: FoldError,
    compared: Option<&Compared>,
) -> Result<Position, FoldError> {
    let mut transaction = connection.begin().await.map_err(failed::<P>)?;
    let (_, serving) = lock::<P>(&mut transaction).await.map_err(failed::<P>)?;
    if build.checkpoint.0.cast_signed() < serving {
        return Err(error);
    }
    serve::<P>(&mut transaction, build, build.checkpoint, compared).await?;
    transaction.commit().await.map_err(failed::<P>)?;
    Ok(build.checkpoint)
}

/// Ends the build and lets its generation serve, in the transaction that wrote its last rows.
async fn serve<P: Projection>(
    connection: &mut PgConnection,
    build: &Build,
    last: Position,
    compared: Option<&Compared>,
) -> Result<(), FoldError> {
    let ended = build.end::<P>(connection).await.map_err(failed::<P>)?;
    match ended && switch::<P>(connection, build.generation, last, compared).await.map_err(failed::<P>)? {
        true => Ok(()),
        false => Err(FoldError::Fenced { projection: P::NAME }),
    }
}

/// False when a later generation serves already, or rows of a newer version do.
async fn switch<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
    compared: Option<&Compared>,
) -> Result<bool, sqlx::Error> {
    let switched = crate::sql::query(
        "update projections set generation = $2, version = $3, checkpoint = $4, epoch = epoch + 1, holder = null, \
         lease_until = null, stopped_at = null, cause = null \
         where name = $1 and generation < $2 and version <= $3 and checkpoint <= $4",
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
        "insert into projection_switches (name, generation, version, position, switched_at, compared_at, differing, \
         first) values ($1, $2, $3, $4, now(), $5, $6, $7)",
    )
    .bind(P::NAME)
    .bind(generation)
    .bind(P::VERSION.cast_signed())
    .bind(checkpoint.0.cast_signed())
    .bind(compared.map(|compared| compared.at.0.cast_signed()))
    .bind(compared.map(|compared| compared.differing.cast_signed()))
    .bind(compared.and_then(|compared| compared.first.clone()))
    .execute(connection)
    .await?;
    Ok(true)
}
