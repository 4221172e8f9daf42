//! One projection's engine: folds what is new into its rows, one transaction a batch.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use async_trait::async_trait;
use domain::event::Fact;
use domain::stream::Position;
use projections::cell::Column;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::Row;
use sqlx::{Connection, PgConnection, PgPool, Row as _};

use super::lease::{self, Lease};
use super::stretch::Stretch;
use super::tail::{Facts, Tail};
use super::{FoldError, ranks, rebuild, rows, table, verify};
use crate::log::reader;

/// The most events folded in one transaction.
pub const BATCH: usize = 5_000;

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
    /// Folds one batch of at most so many events; answers the new checkpoint, the old one where nothing is new.
    async fn catch_up(&self, pool: &PgPool, tail: &Tail, lease: &Lease, most: usize) -> Result<Position, FoldError>;
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

    async fn catch_up(&self, pool: &PgPool, tail: &Tail, lease: &Lease, most: usize) -> Result<Position, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let shared = tail.after(pool, lease.checkpoint, most).await;
        let mut connection = pool.acquire().await.map_err(failed)?;
        let met = match shared {
            Ok(met) => met,
            Err(_) => Facts::from(reader::met(&mut *connection, lease.checkpoint, most).await.map_err(failed)?),
        };
        let mut stretch = Stretch::of::<P>(&mut connection, lease.checkpoint, &met).await?;
        let last = stretch.to;
        if last == lease.checkpoint {
            return stretch.stopped.map_or(Ok(last), Err);
        }
        // Rows and checkpoint vanish together in a crash and are folded again: no need to wait for the disk.
        let begin = "begin; set local synchronous_commit = off";
        let mut transaction = connection.begin_with(begin).await.map_err(failed)?;
        let advanced = lease::advance(&mut transaction, P::NAME, lease, last).await.map_err(failed)?;
        stretch.leave_out(&advanced.ok_or(FoldError::Fenced { projection: P::NAME })?);
        fold::<P>(&mut transaction, lease.generation, lease.checkpoint, &stretch.facts).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(last)
    }

    async fn rebuild(&self, pool: &PgPool, told: &dyn rebuild::Progress) -> Result<Position, FoldError> {
        rebuild::run::<P>(pool, BATCH, told).await
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
    let changes: Vec<_> = facts
        .iter()
        .flat_map(|fact| P::changes(fact).into_iter().map(|(key, change)| (fact.position, key, change)))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let keys: BTreeSet<_> = changes.iter().map(|(_, key, _)| key.clone()).collect();
    let mut memory = Memory::<P>::default();
    rows::load(connection, generation, &keys, &mut memory).await?;
    for (position, key, change) in &changes {
        memory.change(key, change, *position);
    }
    rows::write(connection, generation, &memory, checkpoint).await?;
    match P::RANKED {
        true => ranks::fold(connection, generation, checkpoint, &memory, size).await,
        false => Ok(()),
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
