//! Where versions of rows begin and where rows end: the events behind what is made of them.

use graphql::ports::ReadError;
use projections::report::Trace;

use super::select::{Statement, conditions};
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
