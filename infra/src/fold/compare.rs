//! Before a switch: whether the rows that serve are those that the log made anew.
//!
//! The same fold of the same log makes the same rows, so a difference says that what served was not what the log makes.
//! It stops no switch: the new rows are the log's. It is recorded with the switch, told and counted.

use std::collections::BTreeMap;

use domain::stream::Position;
use projections::projection::Projection;
use projections::row::Row;
use sqlx::{Connection, PgConnection, PgExecutor};

use super::build::Build;
use super::table::{self, HOLDS};
use super::{lease, tallies};

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// As of which position.
    pub at: Position,
    /// How many rows only one of the two has.
    pub differing: u64,
    /// The first of them, by key and beginning.
    pub first: Option<String>,
}

/// Compares the serving rows with a build's, history included, as of the last position that both have folded. Nothing
/// where they are of different versions.
///
/// # Errors
/// The database's.
pub async fn run<P: Projection>(connection: &mut PgConnection, build: &Build) -> Result<Option<Compared>, sqlx::Error> {
    let serving = lease::look(&mut *connection, P::NAME).await?;
    if serving.version != P::VERSION.cast_signed() {
        return Ok(None);
    }
    let at = serving.checkpoint.min(build.checkpoint);
    // Whole tables are read: the index is no help, and it takes as long as it takes.
    let begin = "begin; set local enable_seqscan = on; set local statement_timeout = 0";
    let mut transaction = connection.begin_with(begin).await?;
    let mut compared = Compared { at, differing: 0, first: None };
    for kept in kept::<P>() {
        let [before, after] = [serving.generation, build.generation].map(|generation| kept.rows_of(generation, at));
        if sums(&mut transaction, &before).await? != sums(&mut transaction, &after).await? {
            let (differing, first) = difference(&mut transaction, &before, &after, &kept.order).await?;
            compared.differing += differing.unsigned_abs();
            compared.first = compared.first.or(first);
        }
    }
    transaction.commit().await?;
    Ok(Some(compared))
}

/// What was found when the serving rows of a projection took over.
///
/// # Errors
/// The database's.
pub async fn last(executor: impl PgExecutor<'_>, projection: &str) -> Result<Option<Compared>, sqlx::Error> {
    let sql = "select s.compared_at, s.differing, s.first from projections p \
               join projection_switches s on s.name = p.name and s.generation = p.generation \
               where p.name = $1 and s.compared_at is not null";
    let found: Option<(i64, i64, Option<String>)> =
        crate::sql::query_as(sql).bind(projection).fetch_optional(executor).await?;
    Ok(found.map(|(at, differing, first)| Compared {
        at: Position(at.unsigned_abs()),
        differing: differing.unsigned_abs(),
        first,
    }))
}

/// How many rows differed when each projection's serving rows took over.
///
/// # Errors
/// The database's.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let sql = "select p.name, s.differing from projections p \
               join projection_switches s on s.name = p.name and s.generation = p.generation where s.differing > 0";
    let found: Vec<(String, i64)> = crate::sql::query_as(sql).fetch_all(executor).await?;
    Ok(found.into_iter().map(|(name, differing)| (name, differing.unsigned_abs())).collect())
}

/// What a generation keeps of its own for every position: its rows, and what they count for. Leaves of ranks are parted by
/// batches, so two generations may have others; verification compares the places in them.
struct Kept {
    table: String,
    columns: String,
    order: String,
}

fn kept<P: Projection>() -> Vec<Kept> {
    let order = table::list(table::key::<P::Row>().map(str::to_owned));
    let rows = Kept { table: P::Row::TABLE.to_owned(), columns: table::columns::<P::Row>(""), order };
    let tallied = P::TALLIED.then(|| Kept {
        table: tallies::beside(P::Row::TABLE),
        columns: tallies::COLUMNS.to_owned(),
        order: "name, year".to_owned(),
    });
    [rows].into_iter().chain(tallied).collect()
}

impl Kept {
    /// What a generation keeps, as of a position.
    fn rows_of(&self, generation: i64, at: Position) -> String {
        format!(
            "select {}, from_position, case when until_position > {at} then {HOLDS} else until_position end as until_position \
             from {} where from_position <= {at}",
            self.columns,
            table::name(&self.table, generation),
        )
    }
}

/// How many rows there are, and two sums over their hashes: the same for the same rows, in whatever order.
async fn sums(connection: &mut PgConnection, rows: &str) -> Result<(i64, String, String), sqlx::Error> {
    let sql = format!(
        "select count(*), coalesce(sum(hash_record_extended(r, 1)), 0)::text, \
         coalesce(sum(hash_record_extended(r, 2)), 0)::text from ({rows}) as r"
    );
    crate::sql::query_as(&sql).fetch_one(connection).await
}

async fn difference(
    connection: &mut PgConnection,
    before: &str,
    after: &str,
    order: &str,
) -> Result<(i64, Option<String>), sqlx::Error> {
    let only = |which: &str, one: &str, other: &str| {
        format!("select '{which}' as only_in, d.* from ({one} except all {other}) as d")
    };
    let sql = format!(
        "select count(*) over (), only_in || ' ' || (to_jsonb(d) - 'only_in')::text from ({} union all {}) as d \
         order by {order}, from_position, only_in limit 1",
        only("replaced", before, after),
        only("rebuilt", after, before),
    );
    let found: Option<(i64, String)> = crate::sql::query_as(&sql).fetch_optional(connection).await?;
    Ok(found.map_or((0, None), |(differing, first)| (differing, Some(first))))
}
