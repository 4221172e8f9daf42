//! Tallies as of any position: of each year one row is read, the last that began.

use domain::stream::Position;
use graphql::ports::ReadError;
use projections::tally::{Quantity, Tally};
use sqlx::{PgPool, Row as _};

use super::select::failed;

/// What a tally is as of a position; one that runs on with the years before.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn quantity(
    pool: &PgPool,
    tallies: &str,
    tally: &Tally,
    runs_on: bool,
    at: Position,
) -> Result<Quantity, ReadError> {
    // Through the index from year to year, however many changes a year has.
    let years = match runs_on {
        true => format!(
            "with recursive years(year) as ((select year from {tallies} where name = $1 and year <= $2 \
             order by year limit 1) union all select (select year from {tallies} t where name = $1 and t.year > years.year \
             and t.year <= $2 order by t.year limit 1) from years where years.year is not null) "
        ),
        false => "with years(year) as (select $2::bigint) ".to_owned(),
    };
    let sql = format!(
        "{years} select coalesce(sum(value), 0), coalesce(sum(parts), 0)::bigint, coalesce(sum(at_least), 0)::bigint \
         from years cross join lateral (select value, parts, at_least, until_position from {tallies} t where name = $1 \
         and t.year = years.year and from_position <= $3 order by from_position desc limit 1) as stood \
         where until_position > $3"
    );
    let query = crate::sql::query(&sql).bind(&tally.name).bind(tally.year).bind(at.0.cast_signed());
    let row = query.fetch_one(pool).await.map_err(failed)?;
    Ok(Quantity {
        value: row.try_get(0).map_err(failed)?,
        parts: row.try_get(1).map_err(failed)?,
        at_least: row.try_get(2).map_err(failed)?,
    })
}
