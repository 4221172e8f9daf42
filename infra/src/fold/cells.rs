//! Cells on the wire: bound as arrays, one per column, and read back.

use projections::cell::{Cell, Column, Kind};
use rust_decimal::Decimal;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Encode, Postgres, Row};
use uuid::Uuid;

use crate::sqltype::{SqlDate, SqlInstant};

/// A query being bound.
pub type Binding<'q> = Query<'q, Postgres, PgArguments>;

/// The SQL type of a kind of column.
#[must_use]
pub fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text => "text",
        Kind::Int => "bigint",
        Kind::Decimal => "numeric",
        Kind::Date => "date",
        Kind::Instant => "timestamptz",
        Kind::Flag => "boolean",
    }
}

fn uuid(cell: &Cell) -> Option<Uuid> {
    if let Cell::Uuid(value) = cell { Some(*value) } else { None }
}

fn text(cell: &Cell) -> Option<String> {
    if let Cell::Text(value) = cell { Some(value.clone()) } else { None }
}

fn int(cell: &Cell) -> Option<i64> {
    if let Cell::Int(value) = cell { Some(*value) } else { None }
}

fn decimal(cell: &Cell) -> Option<Decimal> {
    if let Cell::Decimal(value) = cell { Some(*value) } else { None }
}

fn date(cell: &Cell) -> Option<SqlDate> {
    if let Cell::Date(value) = cell { Some(SqlDate(*value)) } else { None }
}

fn instant(cell: &Cell) -> Option<SqlInstant> {
    if let Cell::Instant(value) = cell { Some(SqlInstant(*value)) } else { None }
}

fn flag(cell: &Cell) -> Option<bool> {
    if let Cell::Flag(value) = cell { Some(*value) } else { None }
}

/// Binds the cells of one column as an array.
pub fn bind_array<'q>(query: Binding<'q>, kind: Kind, cells: &[&Cell]) -> Binding<'q> {
    let cells = cells.iter().copied();
    match kind {
        Kind::Uuid => query.bind(cells.map(uuid).collect::<Vec<_>>()),
        Kind::Text => query.bind(cells.map(text).collect::<Vec<_>>()),
        Kind::Int => query.bind(cells.map(int).collect::<Vec<_>>()),
        Kind::Decimal => query.bind(cells.map(decimal).collect::<Vec<_>>()),
        Kind::Date => query.bind(cells.map(date).collect::<Vec<_>>()),
        Kind::Instant => query.bind(cells.map(instant).collect::<Vec<_>>()),
        Kind::Flag => query.bind(cells.map(flag).collect::<Vec<_>>()),
    }
}

/// Binds one cell of a known kind.
pub fn bind_one<'q>(query: Binding<'q>, kind: Kind, cell: &Cell) -> Binding<'q> {
    match kind {
        Kind::Uuid => query.bind(uuid(cell)),
        Kind::Text => query.bind(text(cell)),
        Kind::Int => query.bind(int(cell)),
        Kind::Decimal => query.bind(decimal(cell)),
        Kind::Date => query.bind(date(cell)),
        Kind::Instant => query.bind(instant(cell)),
        Kind::Flag => query.bind(flag(cell)),
    }
}

/// Adds a cell to a row that is copied in: its length in 4 bytes and its bytes, as PostgreSQL receives them.
///
/// # Errors
/// A number beyond what the database takes.
pub fn put(cell: &Cell, buffer: &mut PgArgumentBuffer) -> Result<(), BoxDynError> {
    let at = buffer.len();
    buffer.extend((-1_i32).to_be_bytes());
    match cell {
        Cell::Null => return Ok(()),
        Cell::Uuid(value) => buffer.extend(value.as_bytes()),
        Cell::Text(value) => buffer.extend(value.as_bytes()),
        Cell::Int(value) => buffer.extend(value.to_be_bytes()),
        Cell::Decimal(value) => drop(Encode::<Postgres>::encode(*value, buffer)?),
        Cell::Date(value) => drop(Encode::<Postgres>::encode(SqlDate(*value), buffer)?),
        Cell::Instant(value) => drop(Encode::<Postgres>::encode(SqlInstant(*value), buffer)?),
        Cell::Flag(value) => buffer.push(u8::from(*value)),
    }
    let length = u32::try_from(buffer.len() - at - 4)?;
    buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Reads the cells of these columns, the first at `offset`.
///
/// # Errors
/// The database's: a column of another type.
pub fn read(row: &PgRow, columns: &[Column], offset: usize) -> Result<Vec<Cell>, sqlx::Error> {
    columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let at = offset + at;
            let cell = match column.kind {
                Kind::Uuid => row.try_get::<Option<Uuid>, _>(at)?.map(Cell::Uuid),
                Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Cell::Text),
                Kind::Int => row.try_get::<Option<i64>, _>(at)?.map(Cell::Int),
                Kind::Decimal => row.try_get::<Option<Decimal>, _>(at)?.map(|number| Cell::Decimal(number.normalize())),
                Kind::Date => row.try_get::<Option<SqlDate>, _>(at)?.map(|SqlDate(date): SqlDate| Cell::Date(date)),
                Kind::Instant => {
                    row.try_get::<Option<SqlInstant>, _>(at)?.map(|SqlInstant(at): SqlInstant| Cell::Instant(at))
                }
                Kind::Flag => row.try_get::<Option<bool>, _>(at)?.map(Cell::Flag),
            };
            Ok(cell.unwrap_or(Cell::Null))
        })
        .collect()
}
