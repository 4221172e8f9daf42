//! One projection's part in a pass: the rows that stand are in memory, those that ended are on their way to the table.

use std::collections::BTreeSet;
use std::collections::btree_map::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};
use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use domain::event::Fact;
use domain::stream::Position;
use projections::cell::Cell;
use projections::projection::{Held, KeyOf, Projection};
use projections::row::Row;
use projections::tally::{Quantity, Running, Stood, Tally};
use sqlx::{Connection, Executor, PgConnection};

use super::Portion;
use super::copied::Copied;
use crate::fold::build::{self, Build};
use crate::fold::engine::BATCH;
use crate::fold::ranks::{self, Groups};
use crate::fold::rebuild::{self, Progress};
use crate::fold::stretch::Stretch;
use crate::fold::table::{self, HOLDS};
use crate::fold::{FoldError, skips, tallies};
use crate::log::reader::Met;

/// How many bytes of rows are written at once.
const PORTION: usize = 2 << 20;

/// A projection that is built, its types put away.
#[async_trait]
pub trait Part: Send {
    /// The build.
    fn build(&self) -> Build;
    /// Whether it takes events: it begins at the first one and has neither stopped nor been written out.
    fn takes(&self) -> bool;
    /// How many rows it holds.
    fn holds(&self) -> usize;
    /// Folds what follows.
    async fn take(&mut self, connection: &mut PgConnection, met: &[Met]) -> Result<(), FoldError>;
    /// What there is to write, once it is worth it.
    fn portion(&mut self) -> Option<Portion>;
    /// Writes what it holds, makes the keys, and lets the build go on from there.
    async fn write_out(&mut self, connections: [&mut PgConnection; 2], told: &dyn Progress) -> Result<(), FoldError>;
    /// Takes no more and lets go of what it holds: it is given up, or begins anew.
    fn let_go(&mut self);
    /// Begins anew, event by event if need be: what is folded cannot be written as a whole.
    async fn begin_anew(&mut self, connection: &mut PgConnection) -> Result<(), FoldError>;
    /// Folds what is left in batches and lets the build serve.
    async fn finish(&mut self, connection: &mut PgConnection, told: &dyn Progress) -> Result<Position, FoldError>;
}

/// A part of a projection.
pub struct Bulk<P: Projection> {
    build: Build,
    takes: bool,
    to: Position,
    skipped: BTreeSet<Position>,
    /// Each in a place of its own: a map that grows would else hold them twice, and half of its room is empty.
    standing: HashMap<KeyOf<P>, Box<Held<P::Row>>>,
    ended: Copied,
    groups: Groups,
    running: Running,
    tallied: Copied,
}

impl<P: Projection> Bulk<P> {
    /// Begins a build, or goes on with one that was cut off.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn begin(connection: &mut PgConnection) -> Result<Self, FoldError> {
        let build = build::begin::<P>(connection).await?;
        let takes = build.checkpoint == Position(0);
        let mut skipped = BTreeSet::new();
        if takes {
            table::create_bare::<P>(connection, build.generation).await.map_err(failed::<P>)?;
            // Whoever decides to skip an event from now on ends this build.
            let all = Position(i64::MAX.unsigned_abs());
            skipped = skips::between(connection, P::NAME, Position(0), all).await.map_err(failed::<P>)?;
        }
        Ok(Self::of(build, takes, skipped))
    }

    fn of(build: Build, takes: bool, skipped: BTreeSet<Position>) -> Self {
        let (standing, groups, running) = (HashMap::new(), BTreeMap::new(), Running::default());
        let (ended, tallied) = (Copied::default(), Copied::default());
        Self { build, takes, to: Position(0), skipped, standing, ended, groups, running, tallied }
    }

    fn fold(&mut self, facts: &[&Fact]) -> Result<(), FoldError> {
        for fact in facts {
            for (key, change) in P::changes(fact) {
                self.change(key, &change, fact.position)?;
            }
        }
        Ok(())
    }

    /// As [`projections::memory::Memory::change`] has it, without the history.
    fn change(&mut self, key: KeyOf<P>, change: &P::Change, position: Position) -> Result<(), FoldError> {
        if P::WRITE_ONCE {
            let row = P::apply(None, &key, change);
            return row.map_or(Ok(()), |row| self.put(&Held { from: position, until: None, row }));
        }
        let begun = |row| Box::new(Held { from: position, until: None, row });
        let before = match self.standing.entry(key) {
            Entry::Vacant(empty) => {
                if let Some(row) = P::apply(None, empty.key(), change) {
                    tallies::change::<P>(&mut self.running, position, None, Some(&row));
                    empty.insert(begun(row));
                }
                return Ok(());
            }
            Entry::Occupied(mut standing) => {
                let next = P::apply(Some(standing.get().row.clone()), standing.key(), change);
                if next.as_ref() == Some(&standing.get().row) {
                    return Ok(());
                }
                tallies::change::<P>(&mut self.running, position, Some(&standing.get().row), next.as_ref());
                match next {
                    Some(row) => standing.insert(begun(row)),
                    None => standing.remove(),
                }
            }
        };
        match before.from == position {
            true => Ok(()),
            false => self.put(&Held { until: Some(position), ..*before }),
        }
    }

    /// Adds a row to what is to be written.
    fn put(&mut self, held: &Held<P::Row>) -> Result<(), FoldError> {
        let mut cells = held.row.cells();
        if P::RANKED {
            let kept = &cells[..P::Row::KEY - 1];
            let group = self.groups.entry(P::places(&held.row).group).or_insert_with(|| (0, kept.to_vec()));
            group.0 += 1;
        }
        let until = held.until.map_or(HOLDS, |until| until.0.cast_signed());
        cells.extend([held.from.0.cast_signed(), until].map(Cell::Int));
        self.ended.add(&cells).map_err(|error| failed::<P>(sqlx::Error::Encode(error)))
    }

    /// Adds what tallies were to what is to be written.
    fn tally(&mut self, stood: Vec<Stood>) -> Result<(), FoldError> {
        for stood in stood {
            let Stood { tally: Tally { name, year }, quantity: Quantity { value, parts, at_least }, .. } =
                stood.clone();
            let (from, until) = (stood.from.0.cast_signed(), tallies::until(&stood));
            let cells = [Cell::Text(name), Cell::Int(year), Cell::Decimal(value)];
            let cells = cells.into_iter().chain([parts, at_least, from, until].map(Cell::Int)).collect::<Vec<_>>();
            self.tallied.add(&cells).map_err(|error| failed::<P>(sqlx::Error::Encode(error)))?;
        }
        Ok(())
    }

    fn written(&mut self) -> Portion {
        let build = self.build;
        let table = table::name(P::Row::TABLE, build.generation);
        let columns = table::columns::<P::Row>("");
        Portion { projection: P::NAME, build, table, columns, rows: std::mem::take(&mut self.ended) }
    }

    fn tallies_written(&mut self) -> Portion {
        let (table, columns) = (tallies::name(P::Row::TABLE, self.build.generation), tallies::COLUMNS.to_owned());
        Portion { projection: P::NAME, build: self.build, table, columns, rows: std::mem::take(&mut self.tallied) }
    }
}

fn failed<P: Projection>(source: sqlx::Error) -> FoldError {
    FoldError::Sql { projection: P::NAME, source }
}

#[async_trait]
impl<P: Projection> Part for Bulk<P> {
    fn build(&self) -> Build {
        self.build
    }

    fn takes(&self) -> bool {
        self.takes
    }

    fn holds(&self) -> usize {
        self.standing.len()
    }

    async fn take(&mut self, connection: &mut PgConnection, met: &[Met]) -> Result<(), FoldError> {
        let mut stretch = Stretch::of::<P>(connection, self.to, met).await?;
        stretch.leave_out(&self.skipped);
        let folded = std::panic::catch_unwind(AssertUnwindSafe(|| self.fold(&stretch.facts)));
        folded.unwrap_or(Err(FoldError::Broken { projection: P::NAME }))?;
        let ended = self.running.ended();
        self.tally(ended)?;
        self.to = stretch.to;
        // Whether that is an end is decided where the build is to serve.
        self.takes = stretch.stopped.is_none();
        Ok(())
    }

    fn portion(&mut self) -> Option<Portion> {
        match (self.ended.bytes() >= PORTION, self.tallied.bytes() >= PORTION) {
            (true, _) => Some(self.written()),
            (_, true) => Some(self.tallies_written()),
            _small => None,
        }
    }

    async fn write_out(
        &mut self,
        [writes, asks]: [&mut PgConnection; 2],
        told: &dyn Progress,
    ) -> Result<(), FoldError> {
        let mut standing: Vec<Box<Held<P::Row>>> = std::mem::take(&mut self.standing).into_values().collect();
        standing.sort_unstable_by_key(|held| held.from);
        for held in standing {
            self.put(&held)?;
            if let Some(portion) = self.portion() {
                portion.write(writes).await?;
                told.step(0);
            }
        }
        self.written().write(writes).await?;
        if P::TALLIED {
            let standing = std::mem::take(&mut self.running).standing();
            self.tally(standing)?;
            self.tallies_written().write(writes).await?;
        }
        told.step(self.to.0);
        let generation = self.build.generation;
        // Sorting for the indexes takes as long as it takes.
        let begin = "begin; set local statement_timeout = 0; set local maintenance_work_mem = '128MB'";
        let mut transaction = writes.begin_with(begin).await.map_err(failed::<P>)?;
        table::complete::<P>(&mut transaction, generation).await.map_err(failed::<P>)?;
        let analyze = format!("analyze {}", table::name(P::Row::TABLE, generation));
        transaction.execute(analyze.as_str()).await.map_err(failed::<P>)?;
        transaction.commit().await.map_err(failed::<P>)?;
        // One reads a board in the order of its moves, for which it is sorted; the other waits for that and writes.
        let begin = "begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0";
        let mut transaction = writes.begin_with(begin).await.map_err(failed::<P>)?;
        told.step(self.to.0);
        if P::RANKED {
            let mut reading = asks.begin_with(begin).await.map_err(failed::<P>)?;
            let groups = std::mem::take(&mut self.groups);
            ranks::keep_all::<P>(&mut transaction, &mut reading, generation, &groups).await?;
            reading.commit().await.map_err(failed::<P>)?;
        }
        if !self.build.advance::<P>(&mut transaction, self.to).await.map_err(failed::<P>)? {
            return Err(FoldError::Fenced { projection: P::NAME });
        }
        transaction.commit().await.map_err(failed::<P>)?;
        (self.build.checkpoint, self.takes) = (self.to, false);
        Ok(())
    }

    fn let_go(&mut self) {
        (self.takes, self.to) = (false, Position(0));
        (self.standing, self.groups, self.running) = (HashMap::new(), BTreeMap::new(), Running::default());
        (self.ended, self.tallied) = (Copied::default(), Copied::default());
    }

    async fn begin_anew(&mut self, connection: &mut PgConnection) -> Result<(), FoldError> {
        self.let_go();
        let generation = self.build.generation;
        let all = [table::name(P::Row::TABLE, generation)].into_iter().chain(table::beside::<P>(generation));
        let truncate = format!("truncate {}", table::list(all));
        connection.execute(truncate.as_str()).await.map_err(failed::<P>)?;
        table::complete::<P>(connection, self.build.generation).await.map_err(failed::<P>)
    }

    async fn finish(&mut self, connection: &mut PgConnection, told: &dyn Progress) -> Result<Position, FoldError> {
        rebuild::go_on::<P>(connection, self.build, BATCH, told).await
    }
}

#[cfg(test)]
mod tests {
    use projections::audit_trail::AuditTrail;
    use projections::branches::Branches;
    use uuid::Uuid;

    use super::*;
    use crate::fold::kinds::examples;

    fn part<P: Projection>() -> Bulk<P> {
        let build = Build { builder: Uuid::nil(), generation: 2, checkpoint: Position(0) };
        Bulk::of(build, true, BTreeSet::new())
    }

    #[test]
    fn what_is_given_up_holds_nothing_and_takes_no_more() {
        let examples = examples();
        let facts: Vec<&Fact> = examples.iter().collect();
        let (mut held, mut written) = (part::<Branches>(), part::<AuditTrail>());
        held.fold(&facts).unwrap();
        written.fold(&facts).unwrap();
        assert!(held.holds() > 0 && written.ended.bytes() > 0);
        held.let_go();
        written.let_go();
        assert_eq!((held.holds(), held.takes()), (0, false));
        assert!(written.ended.bytes() == 0 && !written.takes());
    }
}
