//! One projection's engine: folds what is new into its rows, one transaction a batch.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use async_trait::async_trait;
use domain::event::Fact;
use domain::stream::Position;
use projections::cell::Column;
use projections::projection::Projection;
use projections::row::Row;
use sqlx::{Connection, PgConnection, PgPool, Row as _};

use super::batch::{Batch, Made, Unwritten};
use super::bulk::part::{Bulk, Part};
use super::lease::{self, Lease};
use super::stretch::Stretch;
use super::tail::{Facts, Tail};
use super::{FoldError, bulk, ranks, rebuild, table, verify};
use crate::log::reader::{self, Met};

/// The most events folded in one transaction.
pub const BATCH: usize = 5_000;

/// How a transaction that folds begins. Rows and checkpoint vanish together in a crash and are folded again: no need to
/// wait for the disk.
pub(super) const BEGIN: &str = "begin; set local synchronous_commit = off";

/// A projection whose rows the engine keeps, its types put away.
#[async_trait]
pub trait Folded: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The version of its fold.
    fn version(&self) -> u32;
    /// The name its tables start with.
    fn table(&self) -> &'static str;
    /// How many of its columns are the key.
    fn key(&self) -> usize;
    /// The columns of its rows, the key first.
    fn columns(&self) -> &'static [Column];
    /// Whether an event changes rows of it.
    fn reads(&self, fact: &Fact) -> bool;
    /// Registers it and makes its first table, if that has not been done.
    async fn register(&self, pool: &PgPool) -> Result<(), FoldError>;
    /// What it makes of the events after the lease's checkpoint but for those it is to step over: nothing is written.
    async fn make(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        met: &[Met],
        skipped: &BTreeSet<Position>,
    ) -> Result<Made, FoldError>;
    /// Folds one batch of at most so many events; answers the new checkpoint, the old one where nothing is new.
    async fn catch_up(&self, pool: &PgPool, tail: &Tail, lease: &Lease, most: usize) -> Result<Position, FoldError>;
    /// Begins to build a new generation beside, or goes on with one that was cut off.
    async fn part(&self, connection: &mut PgConnection) -> Result<Box<dyn Part>, FoldError>;
    /// Builds a new generation beside and lets it serve.
    async fn rebuild(&self, pool: &PgPool, told: &dyn rebuild::Progress) -> Result<Position, FoldError>;
    /// Refolds the log and compares it with the rows.
    async fn verify(&self, pool: &PgPool, told: &dyn rebuild::Progress) -> Result<verify::Verified, FoldError>;
}

/// The engine of one projection.
pub struct Engine<P>(PhantomData<fn() -> P>);

impl<P: Projection> Default for Engine<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<P: Projection> Folded for Engine<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> u32 {
        P::VERSION
    }

    fn table(&self) -> &'static str {
        P::Row::TABLE
    }

    fn key(&self) -> usize {
        P::Row::KEY
    }

    fn columns(&self) -> &'static [Column] {
        P::Row::COLUMNS
    }

    fn reads(&self, fact: &Fact) -> bool {
        !P::changes(fact).is_empty()
    }

    async fn register(&self, pool: &PgPool) -> Result<(), FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let known: Option<i64> = crate::sql::query_scalar("select generation from projections where name = $1")
            .bind(P::NAME)
            .fetch_optional(pool)
            .await
            .map_err(failed)?;
        if known.is_some() {
            return Ok(());
        }
        let mut connection = pool.acquire().await.map_err(failed)?;
        let mut transaction = connection.begin().await.map_err(failed)?;
        // Where it was there before, as in a restored database, no generation comes twice.
        let registered: Option<i64> = crate::sql::query_scalar(
            "insert into projections (name, version, generation, checkpoint, epoch, born) \
             select $1::text, $2::integer, \
             1 + coalesce((select max(generation) from projection_switches s where s.name = $1), 0), 0, 0, position \
             from log_head on conflict (name) do nothing returning generation",
        )
        .bind(P::NAME)
        .bind(P::VERSION.cast_signed())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
        if let Some(generation) = registered {
            table::create::<P>(&mut transaction, generation).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)
    }

    async fn make(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        met: &[Met],
        skipped: &BTreeSet<Position>,
    ) -> Result<Made, FoldError> {
        let mut stretch = Stretch::of::<P>(connection, lease.checkpoint, met).await?;
        stretch.leave_out(skipped);
        let batch = Batch::<P>::of(connection, lease.generation, lease.checkpoint, &stretch.facts, ranks::SIZE).await?;
        let rows = batch.map(|batch| Box::new(batch) as Box<dyn Unwritten>);
        Ok(Made { to: stretch.to, stopped: stretch.stopped, rows })
    }

    async fn catch_up(&self, pool: &PgPool, tail: &Tail, lease: &Lease, most: usize) -> Result<Position, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let shared = tail.after(pool, lease.checkpoint, most).await;
        let mut connection = pool.acquire().await.map_err(failed)?;
        let met = match shared {
            Ok(met) => met,
            Err(_) => Facts::from(reader::met(&mut *connection, lease.checkpoint, most).await.map_err(failed)?),
        };
        let mut skipped = BTreeSet::new();
        loop {
            let made = self.make(&mut connection, lease, &met, &skipped).await?;
            if made.to == lease.checkpoint {
                return made.stopped.map_or(Ok(made.to), Err);
            }
            let mut transaction = connection.begin_with(BEGIN).await.map_err(failed)?;
            let advanced = lease::advance(&mut transaction, P::NAME, lease, made.to).await.map_err(failed)?;
            let skips = advanced.ok_or(FoldError::Fenced { projection: P::NAME })?;
            if skips != skipped {
                // Decided before the lease was taken: that does not change while it holds.
                transaction.rollback().await.map_err(failed)?;
                skipped = skips;
                continue;
            }
            made.write(&mut transaction).await?;
            transaction.commit().await.map_err(failed)?;
            return Ok(made.to);
        }
    }

    async fn part(&self, connection: &mut PgConnection) -> Result<Box<dyn Part>, FoldError> {
        Ok(Box::new(Bulk::<P>::begin(connection).await?))
    }

    async fn rebuild(&self, pool: &PgPool, told: &dyn rebuild::Progress) -> Result<Position, FoldError> {
        bulk::alone::<P>(pool, told).await
    }

    async fn verify(&self, pool: &PgPool, told: &dyn rebuild::Progress) -> Result<verify::Verified, FoldError> {
        verify::run::<P>(pool, told).await
    }
}

/// Folds these facts, which follow the checkpoint, into the rows of a generation.
///
/// # Errors
/// [`FoldError`].
pub async fn fold<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
    facts: &[&Fact],
) -> Result<(), FoldError> {
    fold_sized::<P>(connection, generation, checkpoint, facts, ranks::SIZE).await
}

/// The same with ranks of another size than in service.
///
/// # Errors
/// [`FoldError`].
pub async fn fold_sized<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
    facts: &[&Fact],
    size: ranks::Size,
) -> Result<(), FoldError> {
    match Batch::<P>::of(connection, generation, checkpoint, facts, size).await? {
        Some(batch) => batch.write(connection).await,
        None => Ok(()),
    }
}

/// Where a projection stands, as `sanping projections status` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// The version of the serving fold.
    pub version: i32,
    /// The serving generation.
    pub generation: i64,
    /// The last position folded.
    pub checkpoint: Position,
    /// Where the log ended when it came into being: before that it is on its first fold.
    pub born: Position,
    /// The event it stopped before, and why.
    pub stopped: Option<(Position, String)>,
    /// Whether a worker holds the lease.
    pub worked_on: bool,
}

/// Where every projection stands, by name.
///
/// # Errors
/// The database's.
pub async fn standings(pool: &PgPool) -> Result<Vec<Standing>, sqlx::Error> {
    let sql = "select name, version, generation, checkpoint, stopped_at, cause, coalesce(lease_until > now(), false), born \
               from projections order by name";
    let rows = crate::sql::query(sql).fetch_all(pool).await?;
    rows.iter()
        .map(|row| {
            let stopped: Option<i64> = row.try_get(4)?;
            let cause: Option<String> = row.try_get(5)?;
            Ok(Standing {
                name: row.try_get(0)?,
                version: row.try_get(1)?,
                generation: row.try_get(2)?,
                checkpoint: Position(row.try_get::<i64, _>(3)?.unsigned_abs()),
                born: Position(row.try_get::<i64, _>(7)?.unsigned_abs()),
                stopped: stopped.map(|at| (Position(at.unsigned_abs()), cause.unwrap_or_default())),
                worked_on: row.try_get(6)?,
            })
        })
        .collect()
}
