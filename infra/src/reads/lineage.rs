//! Where versions of rows begin and where rows end: the events behind what is made of them.

use domain::stream::Position;
use graphql::ports::ReadError;
use projections::cell::Cell;
use projections::report::Trace;
use sqlx::{PgPool, Row as _};

use super::select::{Statement, conditions, failed};
use super::serving::Place;

/// ` union select …` of the positions after the first and up to the second of `between` that a trace names.
///
/// # Errors
/// [`ReadError::Failed`] for a column that is not there.
pub fn begun_and_ended(
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

/// The positions after the first and up to the second at which versions of a row began or ended: by its key, so a few
/// rows are looked at, however many the table has.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn of_key(
    pool: &PgPool,
    table: &str,
    place: &Place,
    key: &[Cell],
    (after, upto): (Position, Position),
    limit: usize,
) -> Result<Vec<Position>, ReadError> {
    let mut statement = Statement::default();
    let columns = place.columns.iter().take(place.key).zip(key);
    let same = columns.map(|(column, cell)| format!("{} = {}", column.name, statement.bind(column.kind, cell.clone())));
    let same = same.collect::<Vec<_>>().join(" and ");
    let [after, upto, limit] = [after.0, upto.0, limit as u64].map(|number| statement.number(number));
    let end =
        |end: &str| format!("select {end} as p from {table} where {same} and {end} > {after} and {end} <= {upto}");
    let ends = format!("{} union {}", end("from_position"), end("until_position"));
    statement.push(&format!("select p from ({ends}) as ends order by p limit {limit}"));
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter().map(|row| Ok(Position(row.try_get::<i64, _>(0).map_err(failed)?.unsigned_abs()))).collect()
}
