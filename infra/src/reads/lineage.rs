//! Where versions of rows begin and where rows end: the events behind what is made of them.

use domain::stream::Position;
use graphql::ports::ReadError;
use projections::cell::Cell;
use projections::report::Trace;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};

use super::select::{Statement, conditions, failed};
use super::serving::Place;

/// ` union select …` of the positions after the first and up to the second of `between` that a trace names.
///
/// # Errors
/// [`ReadError::Failed`] for a column that is not there.
fn begun_and_ended(
    statement: &mut Statement,
    trace: &Trace,
    table: &str,
    place: &Place,
    between: &(String, String),
) -> Result<(), ReadError> {
    let (Trace::Versions(source) | Trace::Rows(source)) = trace;
    let (after, upto) = between;
    let key = place.columns.iter().take(place.key);
    let same: Vec<String> = key.map(|column| format!("s.{0} = t.{0}", column.name)).collect();
    let same = same.join(" and ");
    for position in ["t.from_position", "t.until_position"] {
        statement.push(&format!(
            " union select {position} from {table} t where {position} <= {upto} and {position} > {after}"
        ));
        match trace {
            // Inside `exists`, a bare column is one of `s`.
            Trace::Rows(_) => {
                statement
                    .push(&format!(" and exists (select 1 from {table} s where s.from_position <= {upto} and {same}"));
                conditions(statement, &source.conditions, place.columns)?;
                statement.push(")");
            }
            Trace::Versions(_) => {
                conditions(statement, &source.conditions, place.columns)?;
                // A version that another one follows has not ended the row.
                if position == "t.until_position" {
                    statement.push(&format!(
                        " and not exists (select 1 from {table} s where s.from_position = t.until_position and {same})"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// `select p` of what these traces name, in order; `place` tells the table that serves for a name.
///
/// # Errors
/// [`ReadError::Failed`].
pub fn of_traces(
    statement: &mut Statement,
    traces: &[Trace],
    serving: impl Fn(&str) -> Result<(String, Place), ReadError>,
    (after, upto): (Position, Position),
    limit: usize,
) -> Result<(), ReadError> {
    let between = (statement.number(after.0), statement.number(upto.0));
    statement.push("select p from (select 0::bigint as p where false");
    for trace in traces {
        let (Trace::Versions(source) | Trace::Rows(source)) = trace;
        let (table, place) = serving(source.table)?;
        begun_and_ended(statement, trace, &table, &place, &between)?;
    }
    let limit = statement.number(limit as u64);
    statement.push(&format!(") as changes order by p limit {limit}"));
    Ok(())
}

/// `select p` of the positions after the first and up to the second at which versions of a row began or ended, in order:
/// by its key, so a few rows are looked at, however many the table has.
pub fn of_key(
    statement: &mut Statement,
    table: &str,
    place: &Place,
    key: &[Cell],
    (after, upto): (Position, Position),
    limit: usize,
) {
    let columns = place.columns.iter().take(place.key).zip(key);
    let same = columns.map(|(column, cell)| format!("{} = {}", column.name, statement.bind(column.kind, cell.clone())));
    let same = same.collect::<Vec<_>>().join(" and ");
    let [after, upto, limit] = [after.0, upto.0, limit as u64].map(|number| statement.number(number));
    let end =
        |end: &str| format!("select {end} as p from {table} where {same} and {end} > {after} and {end} <= {upto}");
    let ends = format!("{} union {}", end("from_position"), end("until_position"));
    statement.push(&format!("select p from ({ends}) as ends order by p limit {limit}"));
}

/// The positions that a statement names.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn positions(pool: &PgPool, statement: &Statement) -> Result<Vec<Position>, ReadError> {
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter().map(|row| position(row, 0)).collect()
}

/// The position in a column.
///
/// # Errors
/// [`ReadError::Failed`].
pub fn position(row: &PgRow, at: usize) -> Result<Position, ReadError> {
    Ok(Position(row.try_get::<i64, _>(at).map_err(failed)?.unsigned_abs()))
}
