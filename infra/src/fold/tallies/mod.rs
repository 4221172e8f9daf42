//! Tallies as ranged rows: what the rows of a generation count for, at every position.
//!
//! # Invariants
//! - Written in the transaction of the fold, so exactly once like the rows.
//! - A tally has one row for each position at which it changed, whatever batches the events came in; nothing where it is
//!   nothing.
//!
//! # Not here
//! What is tallied (projections), reading (reads/tallied.rs).

use std::collections::BTreeSet;

use domain::stream::Position;
use projections::memory::Memory;
use projections::projection::{Held, Projection};
use projections::row::Row;
use projections::tally::{Quantity, Running, Stood, Tally};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::table::{self, HOLDS, ROOM};
use super::{FoldError, rows};

pub mod verify;

/// The columns, in the order they are written in; the positions come after them.
pub const COLUMNS: &str = "name, year, value, parts, at_least";

/// The tables of the tallies beside the tables of a projection, without their generations.
#[must_use]
pub fn beside(table: &str) -> String {
    format!("{table}_tallies")
}

/// The table of a generation's tallies.
#[must_use]
pub fn name(table: &str, generation: i64) -> String {
    table::name(&beside(table), generation)
}

/// What makes the table of a generation.
#[must_use]
pub fn creation(tallies: &str) -> String {
    format!(
        "create table if not exists {tallies} (name text collate \"C\" not null, year bigint not null, \
         value numeric not null, parts bigint not null, at_least bigint not null, from_position bigint not null, \
         until_position bigint not null, constraint {tallies}_key primary key (name, year, from_position)) \
         with (fillfactor = {ROOM});"
    )
}

/// What a row comes to and goes from, at a position.
pub fn change<P: Projection>(running: &mut Running, at: Position, before: Option<&P::Row>, after: Option<&P::Row>) {
    let [before, after] = [before, after].map(|row| row.map(P::tallies).unwrap_or_default());
    if before != after {
        before.into_iter().for_each(|(tally, quantity)| running.add(at, tally, quantity.taken_away()));
        after.into_iter().for_each(|(tally, quantity)| running.add(at, tally, quantity));
    }
}

/// What a batch makes of the tallies.
#[derive(Default)]
pub struct Batch {
    begun: Vec<Stood>,
    ended: Vec<Stood>,
}

impl Batch {
    /// What a batch after `checkpoint` makes of them; those that stand are read.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn of<P: Projection>(
        connection: &mut PgConnection,
        generation: i64,
        checkpoint: Position,
        memory: &Memory<P>,
    ) -> Result<Self, FoldError> {
        let mut changes = changes::<P>(memory, checkpoint);
        changes.retain(|(_, before, after)| before.map(P::tallies) != after.map(P::tallies));
        changes.sort_by_key(|(at, ..)| *at);
        let rows = changes.iter().flat_map(|(_, before, after)| [*before, *after]).flatten();
        let concerned: BTreeSet<Tally> = rows.flat_map(P::tallies).map(|(tally, _)| tally).collect();
        if concerned.is_empty() {
            return Ok(Self::default());
        }
        let mut running = Running::default();
        let standing = standing(connection, &name(P::Row::TABLE, generation), &concerned).await;
        for (tally, quantity, from) in standing.map_err(|source| FoldError::Sql { projection: P::NAME, source })? {
            running.load(tally, quantity, from);
        }
        changes.into_iter().for_each(|(at, before, after)| change::<P>(&mut running, at, before, after));
        let (ended, mut begun): (Vec<Stood>, Vec<Stood>) =
            running.ended().into_iter().partition(|stood| stood.from <= checkpoint);
        begun.extend(running.standing().into_iter().filter(|stood| stood.from > checkpoint));
        Ok(Self { begun, ended })
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn write<P: Projection>(&self, connection: &mut PgConnection, generation: i64) -> Result<(), FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let tallies = name(P::Row::TABLE, generation);
        let names = |of: &[Stood]| of.iter().map(|stood| stood.tally.name.clone()).collect::<Vec<_>>();
        let years = |of: &[Stood]| of.iter().map(|stood| stood.tally.year).collect::<Vec<_>>();
        let from = |of: &[Stood]| of.iter().map(|stood| stood.from.0.cast_signed()).collect::<Vec<_>>();
        let until = |of: &[Stood]| of.iter().map(until).collect::<Vec<_>>();
        if !self.ended.is_empty() {
            let sql = format!(
                "update {tallies} t set until_position = k.until \
                 from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) as k(name, year, began, until) \
                 where t.name = k.name and t.year = k.year and t.from_position = k.began"
            );
            let query = crate::sql::query(&sql).bind(names(&self.ended)).bind(years(&self.ended));
            let query = query.bind(from(&self.ended)).bind(until(&self.ended));
            let closed = query.execute(&mut *connection).await.map_err(failed)?;
            rows::all_closed(tallies.clone(), closed.rows_affected(), self.ended.len())?;
        }
        if !self.begun.is_empty() {
            let sql = format!(
                "insert into {tallies} ({COLUMNS}, from_position, until_position) select * from unnest($1::text[], $2::bigint[], $3::numeric[], \
                 $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])"
            );
            let begun = &self.begun;
            crate::sql::query(&sql)
                .bind(names(begun))
                .bind(years(begun))
                .bind(begun.iter().map(|stood| stood.quantity.value).collect::<Vec<_>>())
                .bind(begun.iter().map(|stood| stood.quantity.parts).collect::<Vec<_>>())
                .bind(begun.iter().map(|stood| stood.quantity.at_least).collect::<Vec<_>>())
                .bind(from(begun))
                .bind(until(begun))
                .execute(connection)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// Until before which position it stood.
#[must_use]
pub fn until(stood: &Stood) -> i64 {
    stood.until.map_or(HOLDS, |until| until.0.cast_signed())
}

/// What became of a row: at which position, from what, to what.
type Changed<'a, R> = (Position, Option<&'a R>, Option<&'a R>);

/// What became of rows after the checkpoint.
fn changes<P: Projection>(memory: &Memory<P>, checkpoint: Position) -> Vec<Changed<'_, P::Row>> {
    let history: Vec<&Held<P::Row>> = memory.history().collect();
    let follows =
        |one: &Held<P::Row>, next: &Held<P::Row>| one.until == Some(next.from) && one.row.key() == next.row.key();
    let mut changes = Vec::new();
    for (at, held) in history.iter().enumerate() {
        let before = at.checked_sub(1).map(|last| history[last]).filter(|last| follows(last, held));
        if held.from > checkpoint {
            changes.push((held.from, before.map(|held| &held.row), Some(&held.row)));
        }
        let goes_on = history.get(at + 1).is_some_and(|next| follows(held, next));
        if let Some(until) = held.until.filter(|until| *until > checkpoint && !goes_on) {
            changes.push((until, Some(&held.row), None));
        }
    }
    changes
}

async fn standing(
    connection: &mut PgConnection,
    tallies: &str,
    concerned: &BTreeSet<Tally>,
) -> Result<Vec<(Tally, Quantity, Position)>, sqlx::Error> {
    let sql = format!(
        "select t.name, t.year, t.value, t.parts, t.at_least, t.from_position \
         from unnest($1::text[], $2::bigint[]) as k(name, year) cross join lateral (select * from {tallies} t \
         where t.name = k.name and t.year = k.year order by t.from_position desc limit 1) as t \
         where t.until_position = {HOLDS}"
    );
    let (names, years): (Vec<&str>, Vec<i64>) = concerned.iter().map(|tally| (tally.name.as_str(), tally.year)).unzip();
    let rows = crate::sql::query(&sql).bind(names).bind(years).fetch_all(connection).await?;
    let read = |row: &PgRow| {
        let (tally, quantity) = of(row)?;
        Ok((tally, quantity, Position(row.try_get::<i64, _>(5)?.unsigned_abs())))
    };
    rows.iter().map(read).collect()
}

/// A tally and what it is, of the first columns of a row.
fn of(row: &PgRow) -> Result<(Tally, Quantity), sqlx::Error> {
    let tally = Tally { name: row.try_get(0)?, year: row.try_get(1)? };
    Ok((tally, Quantity { value: row.try_get(2)?, parts: row.try_get(3)?, at_least: row.try_get(4)? }))
}
