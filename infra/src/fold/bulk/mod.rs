//! Building generations from the first event on: one pass over the log for all that are asked for.
//!
//! # Life
//! A build begins with a bare table. The pass folds the log as it is copied out; rows that ended go straight into a copy
//! in, those that stand wait in memory. At the end of the log they are written too, the keys and indexes are made, and
//! the build has a checkpoint: it catches up in batches and takes over as every build does ([`super::rebuild`]).
//!
//! # Memory
//! Bounded by [`MOST`] rows that stand, of all builds together: where there are more, the build with most of them is
//! written out as it is and goes on in batches by itself.
//!
//! # Invariants
//! - Rows are written under the claim of the build and for good; a pass that is cut off leaves a build without a
//!   checkpoint, which is begun anew.
//! - A build that fails leaves the others alone. One whose rows cannot be written, or whose fold fails, is begun anew in
//!   batches, where the event at fault shows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::stream::Position;
use futures_util::future::try_join_all;
use projections::projection::Projection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::task::JoinSet;

pub mod copied;
pub mod headway;
pub mod part;

use self::copied::Copied;
use self::headway::{Headway, PATIENCE};
use self::part::Part;
use super::FoldError;
use super::build::{Build, Life};
use super::engine::{Engine, Folded};
use super::lease;
use super::rebuild::Progress;
use crate::log::{reader, stream};

/// The most rows that stand in memory.
pub const MOST: usize = 1_000_000;

/// How many tasks of a pass write at once. Writing takes longer than folding, and no two write the same table.
const WRITERS: usize = 2;

/// How often a build that was given up, and seems to be built elsewhere, is waited for.
const AGAIN: u32 = 10;

/// Rows to be copied into a table.
pub struct Portion {
    projection: &'static str,
    build: Build,
    table: String,
    columns: String,
    rows: Copied,
}

impl Portion {
    /// Writes them, under the claim of the build.
    ///
    /// # Errors
    /// [`FoldError::Sql`], [`FoldError::Fenced`].
    pub async fn write(&self, connection: &mut PgConnection) -> Result<(), FoldError> {
        let failed = |source| FoldError::Sql { projection: self.projection, source };
        // A crash forgets the whole build: no need to wait for the disk.
        let begin = "begin; set local synchronous_commit = off; set local statement_timeout = 0";
        let mut transaction = connection.begin_with(begin).await.map_err(failed)?;
        let sql = "update projection_builds set lease_until = now() + $4 * interval '1 second' \
                   where name = $1 and generation = $2 and builder = $3";
        let query = crate::sql::query(sql).bind(self.projection).bind(self.build.generation).bind(self.build.builder);
        let claimed = query.bind(lease::seconds()).execute(&mut *transaction).await.map_err(failed)?;
        if claimed.rows_affected() == 0 {
            return Err(FoldError::Fenced { projection: self.projection });
        }
        self.rows.write(&mut transaction, &self.table, &self.columns).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

/// A connection that has written a portion of a part, and what came of it.
type Written = (PgConnection, usize, Result<(), FoldError>);

/// Writes one portion while the next is folded.
struct Writer {
    idle: Option<PgConnection>,
    /// One task at the most, which ends with the pass.
    busy: JoinSet<Written>,
}

impl Writer {
    async fn open(database: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        Ok(Self { idle: Some(database.connect().await?), busy: JoinSet::new() })
    }

    /// Its connection, once the last portion is written; and of which part that was, where it failed.
    async fn connection(&mut self) -> (&mut PgConnection, Option<(usize, FoldError)>) {
        let mut fault = None;
        if let Some(written) = self.busy.join_next().await {
            let (connection, number, written) =
                written.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()));
            self.idle = Some(connection);
            fault = written.err().map(|error| (number, error));
        }
        (self.idle.as_mut().expect("whoever writes gives it back"), fault)
    }

    /// Begins to write; what the last portion came to is answered.
    async fn write(&mut self, number: usize, portion: Portion) -> Option<(usize, FoldError)> {
        let (_, fault) = self.connection().await;
        if let Some(mut connection) = self.idle.take() {
            self.busy.spawn(async move {
                let written = portion.write(&mut connection).await;
                (connection, number, written)
            });
        }
        fault
    }
}

/// What became of each build: the position at which it took over.
pub type Rebuilt = Vec<(&'static str, Result<Position, FoldError>)>;

/// Rebuilds projections together. Builds that were cut off with a checkpoint go on from there by themselves. What makes no
/// headway is begun again.
///
/// # Errors
/// The database's; what concerns one projection alone is among the answers.
pub async fn together(
    pool: &PgPool,
    projections: &[Arc<dyn Folded>],
    most: usize,
    told: &dyn Progress,
) -> Result<Rebuilt, sqlx::Error> {
    patiently(pool, projections, most, PATIENCE, told).await
}

/// The same with another patience than in service.
///
/// # Errors
/// As [`together`].
pub async fn patiently(
    pool: &PgPool,
    projections: &[Arc<dyn Folded>],
    most: usize,
    patience: Duration,
    told: &dyn Progress,
) -> Result<Rebuilt, sqlx::Error> {
    // Builds take none of the connections that others wait for.
    let database = (*pool.connect_options()).clone();
    let mut rebuilt = Rebuilt::new();
    for again in 0.. {
        let left = |projection: &&Arc<dyn Folded>| !rebuilt.iter().any(|(name, _)| *name == projection.name());
        let left: Vec<_> = projections.iter().filter(left).cloned().collect();
        let (headway, life) = (Headway::of(told, patience), Life::of(&database, []));
        // What was given up may show a last sign of life, as if another built.
        let waits = (1..=AGAIN).contains(&again);
        tokio::select! {
            ended = attempt(&database, &left, most, waits, &headway, &life, &mut rebuilt) => {
                ended?;
                if rebuilt.len() == projections.len() {
                    break;
                }
            }
            () = headway.stands_still(&life) => told.again(patience),
        }
        drop(life);
        // Until what was claimed is free again.
        tokio::time::sleep(lease::TERM + lease::TERM / 6).await;
    }
    Ok(rebuilt)
}

/// Whoever has finished is among the rebuilt at once.
async fn attempt(
    database: &PgConnectOptions,
    projections: &[Arc<dyn Folded>],
    most: usize,
    waits: bool,
    told: &dyn Progress,
    life: &Life,
    rebuilt: &mut Rebuilt,
) -> Result<(), sqlx::Error> {
    let mut asks = database.connect().await?;
    let mut members = Vec::new();
    for projection in projections {
        match projection.part(&mut asks).await {
            Ok(part) => {
                life.begins(part.build().builder);
                told.begins(projection.name());
                members.push(Member { name: projection.name(), part, fault: None });
            }
            Err(FoldError::BeingBuilt { .. }) if waits => {}
            Err(error) => rebuilt.push((projection.name(), Err(error))),
        }
        told.step(0);
    }
    if members.iter().any(|member| member.part.takes()) {
        let (head, _) = reader::head(&mut asks).await?;
        let mut writers = Vec::new();
        for _ in 0..WRITERS.min(members.len()) {
            writers.push(Writer::open(database).await?);
        }
        let mut pass = Pass { writers, asks: &mut asks, members: &mut members, life, told };
        pass.over(database, head, most).await?;
        pass.finish(database).await?;
    }
    for Member { name, mut part, fault } in members {
        let finished = match fault {
            Some(fault) => Err(fault),
            None => part.finish(&mut asks, told).await,
        };
        life.ends(part.build().builder);
        rebuilt.push((name, finished));
    }
    Ok(())
}

/// Rebuilds one projection.
///
/// # Errors
/// [`FoldError`]; the old generation serves on.
pub async fn alone<P: Projection>(pool: &PgPool, told: &dyn Progress) -> Result<Position, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let engine: [Arc<dyn Folded>; 1] = [Arc::new(Engine::<P>::default())];
    let mut rebuilt = together(pool, &engine, MOST, told).await.map_err(failed)?;
    rebuilt.pop().map_or(Err(failed(sqlx::Error::RowNotFound)), |(_, rebuilt)| rebuilt)
}

struct Member {
    name: &'static str,
    part: Box<dyn Part>,
    fault: Option<FoldError>,
}

impl Member {
    fn takes(&self) -> bool {
        self.fault.is_none() && self.part.takes()
    }
}

/// One reading of the log for all.
struct Pass<'a> {
    writers: Vec<Writer>,
    asks: &'a mut PgConnection,
    members: &'a mut Vec<Member>,
    life: &'a Life,
    told: &'a dyn Progress,
}

impl Pass<'_> {
    async fn over(&mut self, database: &PgConnectOptions, head: Position, most: usize) -> Result<(), sqlx::Error> {
        let mut log = stream::met(database.clone(), Position(0), head);
        let mut done = 0;
        while let Some(met) = log.next().await? {
            for number in 0..self.members.len() {
                self.fold(number, &met).await;
            }
            self.make_room(most).await;
            done += met.len() as u64;
            self.told.at(done.min(head.0), head.0);
        }
        Ok(())
    }

    /// Writes out whoever has not been, the largest first, so many at once.
    async fn finish(&mut self, database: &PgConnectOptions) -> Result<(), sqlx::Error> {
        for number in 0..self.writers.len() {
            if let (_, Some((number, error))) = self.writers[number].connection().await {
                self.failed(number, error).await;
            }
        }
        let told = self.told;
        let left = |member: &Member| member.fault.is_none() && member.part.build().checkpoint == Position(0);
        let mut left: Vec<_> = self.members.iter_mut().enumerate().filter(|(_, member)| left(member)).collect();
        left.sort_by_key(|(_, member)| member.part.holds());
        let left = Mutex::new(left);
        let writing = self.writers.iter_mut().map(async |writer| {
            let mut asks = database.connect().await?;
            let (writes, _) = writer.connection().await;
            let mut faults = Vec::new();
            while let Some((number, member)) = { left.lock().expect("no holder of the list panics").pop() } {
                if let Err(error) = member.part.write_out([&mut *writes, &mut asks], told).await {
                    faults.push((number, error));
                }
            }
            Ok::<_, sqlx::Error>(faults)
        });
        for (number, error) in try_join_all(writing).await?.into_iter().flatten() {
            self.failed(number, error).await;
        }
        Ok(())
    }

    /// Who writes the table of a part: always the same, so that of each table one portion is written at a time.
    fn writer(&mut self, number: usize) -> &mut Writer {
        let writers = self.writers.len();
        &mut self.writers[number % writers]
    }

    async fn fold(&mut self, number: usize, met: &[reader::Met]) {
        let member = &mut self.members[number];
        if !member.takes() {
            return;
        }
        if let Err(error) = member.part.take(self.asks, met).await {
            self.failed(number, error).await;
        } else if let Some(portion) = member.part.portion()
            && let Some((number, error)) = self.writer(number).write(number, portion).await
        {
            self.failed(number, error).await;
        }
    }

    /// Writes out whoever holds most, until few enough rows stand in memory.
    async fn make_room(&mut self, most: usize) {
        while self.members.iter().map(|member| member.part.holds()).sum::<usize>() > most {
            let largest = (0..self.members.len()).max_by_key(|number| self.members[*number].part.holds());
            let Some(largest) = largest else { return };
            self.write_out(largest).await;
        }
    }

    async fn write_out(&mut self, number: usize) {
        if let (_, Some((before, error))) = self.writer(number).connection().await {
            self.failed(before, error).await;
            if before == number {
                return;
            }
        }
        let writer = number % self.writers.len();
        let (writes, _) = self.writers[writer].connection().await;
        if let Err(error) = self.members[number].part.write_out([writes, self.asks], self.told).await {
            self.failed(number, error).await;
        }
    }

    /// Where an event is at fault, folding in batches shows which; else the build is given up. Nothing is written
    /// meanwhile.
    async fn failed(&mut self, number: usize, error: FoldError) {
        let mut faults = vec![(number, error)];
        let (_, other) = self.writer(number).connection().await;
        faults.extend(other.filter(|(other, _)| *other != number));
        for (number, error) in faults {
            let member = &mut self.members[number];
            let anew = match error.is_about_an_event() {
                true => member.part.begin_anew(self.asks).await,
                false => Err(error),
            };
            if let Err(error) = anew {
                self.life.ends(member.part.build().builder);
                // Others need the room, and what it holds is not to be written.
                member.part.let_go();
                member.fault = Some(error);
            }
        }
    }
}
