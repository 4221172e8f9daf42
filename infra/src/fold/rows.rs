//! Reading standing rows for a batch of changes, and writing what the batch made of them.

use std::collections::BTreeSet;

use domain::stream::Position;
use projections::cell::{Cell, Column, Kind};
use projections::memory::Memory;
use projections::projection::{Held, KeyOf, Projection};
use projections::row::{Key, Row};
use sqlx::{PgConnection, Row as _};

use super::FoldError;
use super::cells::{bind_array, read, sql_type};
use super::table::{self, HOLDS, list};

fn failed<P: Projection>(source: sqlx::Error) -> FoldError {
    FoldError::Sql { projection: P::NAME, source }
}

/// Reads the standing rows of these keys into memory.
///
/// # Errors
/// [`FoldError::Sql`], [`FoldError::Misfit`].
pub async fn load<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    keys: &BTreeSet<KeyOf<P>>,
    memory: &mut Memory<P>,
) -> Result<(), FoldError> {
    let table = table::name(P::Row::TABLE, generation);
    let key_columns = &P::Row::COLUMNS[..P::Row::KEY];
    // Each key is looked up by itself: the planner, left alone, walks through the whole index for a few keys. What holds is
    // the last that began.
    let sql = format!(
        "select {}, t.from_position from unnest({}) as k({}) cross join lateral \
         (select * from {table} t where {} order by t.from_position desc limit 1) as t where t.until_position = {HOLDS}",
        table::columns::<P::Row>("t."),
        arrays(key_columns),
        list(key_columns.iter().map(|column| column.name.to_owned())),
        same(key_columns, "t", "k"),
    );
    let cells: Vec<Vec<Cell>> = keys.iter().map(Key::cells).collect();
    let query = bind_rows(crate::sql::query(&sql), key_columns, &cells);
    for row in query.fetch_all(connection).await.map_err(failed::<P>)? {
        let cells = read(&row, P::Row::COLUMNS, 0).map_err(failed::<P>)?;
        let from = row.try_get::<i64, _>(P::Row::COLUMNS.len()).map_err(failed::<P>)?;
        let row = P::Row::from_cells(cells).ok_or_else(|| FoldError::Misfit { table: table.clone() })?;
        memory.load(Held { from: Position(from.unsigned_abs()), until: None, row });
    }
    Ok(())
}

/// Writes what folding after `checkpoint` made: closes what was loaded, inserts what began.
///
/// # Errors
/// [`FoldError::Sql`].
pub async fn write<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    memory: &Memory<P>,
    checkpoint: Position,
) -> Result<(), FoldError> {
    let (old, begun): (Vec<_>, Vec<_>) = memory.history().partition(|held| held.from <= checkpoint);
    let ended: Vec<_> = old.into_iter().filter(|held| held.until.is_some()).collect();
    close::<P>(connection, generation, &ended).await?;
    insert::<P>(connection, generation, &begun).await
}

async fn close<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    ended: &[&Held<P::Row>],
) -> Result<(), FoldError> {
    if ended.is_empty() {
        return Ok(());
    }
    let key_columns = &P::Row::COLUMNS[..P::Row::KEY];
    let sql = format!(
        "update {} t set until_position = k.until from unnest({}, ${}::bigint[], ${}::bigint[]) as k({}, began, until) \
         where {} and t.from_position = k.began",
        table::name(P::Row::TABLE, generation),
        arrays(key_columns),
        key_columns.len() + 1,
        key_columns.len() + 2,
        list(key_columns.iter().map(|column| column.name.to_owned())),
        same(key_columns, "t", "k"),
    );
    let cells: Vec<Vec<Cell>> = ended.iter().map(|held| held.row.key().cells()).collect();
    let query = bind_rows(crate::sql::query(&sql), key_columns, &cells);
    let closed = query
        .bind(ended.iter().map(|held| held.from.0.cast_signed()).collect::<Vec<_>>())
        .bind(ended.iter().map(|held| until(held)).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(failed::<P>)?;
    all_closed(table::name(P::Row::TABLE, generation), closed.rows_affected(), ended.len())
}

/// What was read before and is not there to be closed was changed by nobody's fold.
pub(super) fn all_closed(table: String, closed: u64, ended: usize) -> Result<(), FoldError> {
    if closed == ended as u64 { Ok(()) } else { Err(FoldError::Changed { table }) }
}

async fn insert<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    begun: &[&Held<P::Row>],
) -> Result<(), FoldError> {
    if begun.is_empty() {
        return Ok(());
    }
    let columns = P::Row::COLUMNS;
    let sql = format!(
        "insert into {} ({}, from_position, until_position) select * from unnest({}, ${}::bigint[], ${}::bigint[])",
        table::name(P::Row::TABLE, generation),
        table::columns::<P::Row>(""),
        arrays(columns),
        columns.len() + 1,
        columns.len() + 2,
    );
    let cells: Vec<Vec<Cell>> = begun.iter().map(|held| held.row.cells()).collect();
    bind_rows(crate::sql::query(&sql), columns, &cells)
        .bind(begun.iter().map(|held| held.from.0.cast_signed()).collect::<Vec<_>>())
        .bind(begun.iter().map(|held| until(held)).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
        .map_err(failed::<P>)
}

fn until<R>(held: &Held<R>) -> i64 {
    held.until.map_or(HOLDS, |until| until.0.cast_signed())
}

/// `$1::uuid[], $2::text[]` for these columns.
fn arrays(columns: &[Column]) -> String {
    list((1..).zip(columns).map(|(number, column)| format!("${number}::{}[]", sql_type(column.kind))))
}

/// `t.a = k.a and t.b = k.b` for these columns.
fn same(columns: &[Column], left: &str, right: &str) -> String {
    let pairs: Vec<String> = columns.iter().map(|column| format!("{left}.{0} = {right}.{0}", column.name)).collect();
    pairs.join(" and ")
}

fn bind_rows<'q>(
    query: super::cells::Binding<'q>,
    columns: &[Column],
    rows: &[Vec<Cell>],
) -> super::cells::Binding<'q> {
    columns.iter().enumerate().fold(query, |query, (at, column)| {
        let kind: Kind = column.kind;
        let cells: Vec<&Cell> = rows.iter().map(|row| &row[at]).collect();
        bind_array(query, kind, &cells)
    })
}
