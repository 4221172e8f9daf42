//! What ranks write: groups, leaves, places, notes.

use std::collections::BTreeMap;

use projections::leaderboard::Place;
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{Executor, PgConnection, Row as _};
use uuid::Uuid;

use super::Tables;
use crate::fold::table::HOLDS;

/// A group as it is counted.
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: i64,
    /// How many versions its rows have had.
    pub versions: i64,
    /// Whether its boards are kept.
    pub kept: bool,
}

/// A leaf that holds: what is at or after its low and before its high, which the next one begins with.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its number.
    pub id: i64,
    /// Nothing of the first one.
    pub low: Option<Place>,
    /// Nothing of the last one.
    pub high: Option<Place>,
    /// How many places hold in it.
    pub live: usize,
    /// How many there are or were.
    pub total: usize,
}

/// Counts the versions that began in each group; answers those groups.
pub async fn count(
    connection: &mut PgConnection,
    tables: &Tables,
    begun: &BTreeMap<&str, i64>,
) -> Result<Vec<Group>, sqlx::Error> {
    let sql = format!(
        "insert into {0} as g (name, id, versions, kept) select b.name, \
         (select coalesce(max(id), 0) from {0}) + row_number() over (order by b.name), b.versions, false \
         from unnest($1::text[], $2::bigint[]) as b(name, versions) \
         on conflict (name) do update set versions = g.versions + excluded.versions returning name, id, versions, kept",
        tables.groups,
    );
    let (names, versions): (Vec<&str>, Vec<i64>) = begun.iter().map(|(name, count)| (*name, *count)).unzip();
    let rows = crate::sql::query(&sql).bind(names).bind(versions).fetch_all(connection).await?;
    let group = |row: &PgRow| {
        Ok(Group { name: row.try_get(0)?, id: row.try_get(1)?, versions: row.try_get(2)?, kept: row.try_get(3)? })
    };
    rows.iter().map(group).collect()
}

/// How many versions groups have had, and whether their boards are kept, of those there are.
pub async fn known(
    connection: &mut PgConnection,
    tables: &Tables,
    names: &[&str],
) -> Result<BTreeMap<String, (i64, bool)>, sqlx::Error> {
    let sql = format!("select name, versions, kept from {} where name = any($1)", tables.groups);
    let rows: Vec<(String, i64, bool)> = crate::sql::query_as(&sql).bind(names).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, versions, kept)| (name, (versions, kept))).collect())
}

/// The first leaf of a board, with places (leaf, place, from, until), and the first note.
pub async fn begin(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    held: &[(i64, Place, i64, i64)],
) -> Result<(), sqlx::Error> {
    let live = held.iter().filter(|(.., until)| *until == HOLDS).count();
    let first = Leaf { id: 0, low: None, high: None, live, total: held.len() };
    begin_leaves(connection, tables, board, &[first], 0).await?;
    let sql = format!("insert into {} values ({board}, 0, array[0], array[0], 0)", tables.steps);
    connection.execute(sql.as_str()).await?;
    open(connection, tables, board, held).await
}

/// Begins leaves.
pub async fn begin_leaves(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    made: &[Leaf],
    at: i64,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "insert into {} (board, leaf, low_number, low_tie, low_subject, high_number, high_tie, high_subject, live, total, \
         from_position, until_position) select {board}, leaf, coalesce(low, '-infinity'), coalesce(low_tie, '-infinity'), \
         low_subject, coalesce(high, 'infinity'), coalesce(high_tie, '-infinity'), high_subject, live, total, {at}, {HOLDS} \
         from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::uuid[], $5::numeric[], $6::numeric[], $7::uuid[], \
         $8::integer[], $9::integer[]) \
         as l(leaf, low, low_tie, low_subject, high, high_tie, high_subject, live, total)",
        tables.leaves,
    );
    let query = crate::sql::query(&sql).bind(made.iter().map(|leaf| leaf.id).collect::<Vec<_>>());
    let bind = |end: fn(&Leaf) -> Option<Place>| {
        let places: Vec<Option<Place>> = made.iter().map(end).collect();
        let numbers: Vec<Option<Decimal>> = places.iter().map(|place| Some((*place)?.number)).collect();
        let ties: Vec<Option<Decimal>> = places.iter().map(|place| (*place)?.tie).collect();
        let subjects: Vec<Uuid> = places.iter().map(|place| place.map_or(Uuid::nil(), |at| at.subject)).collect();
        (numbers, ties, subjects)
    };
    let ((low, low_tie, low_subject), (high, high_tie, high_subject)) = (bind(|leaf| leaf.low), bind(|leaf| leaf.high));
    let query = query.bind(low).bind(low_tie).bind(low_subject).bind(high).bind(high_tie).bind(high_subject);
    let query = query.bind(made.iter().map(|leaf| counted(leaf.live)).collect::<Vec<_>>());
    query.bind(made.iter().map(|leaf| counted(leaf.total)).collect::<Vec<_>>()).execute(connection).await.map(drop)
}

/// The leaves that hold and cover these places, or lie before them (`<`).
pub async fn covering(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    places: &[Place],
    operator: &str,
) -> Result<Vec<Leaf>, sqlx::Error> {
    if places.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "select distinct on (leaf) leaf, {ENDS}, live, total from unnest($1::numeric[], $2::numeric[], $3::uuid[]) \
         as k(number, tie, subject) cross join lateral (select * from {} where board = {board} and until_position = {HOLDS} \
         and (low_number, low_tie, low_subject) {operator} (k.number, coalesce(k.tie, '-infinity'), k.subject) \
         order by low_number desc, low_tie desc, low_subject desc limit 1) as l",
        tables.leaves,
    );
    let rows = crate::sql::query(&sql)
        .bind(places.iter().map(|place| place.number).collect::<Vec<_>>())
        .bind(places.iter().map(|place| place.tie).collect::<Vec<_>>())
        .bind(places.iter().map(|place| place.subject).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let leaf = |row: &PgRow| {
        let (live, total): (i32, i32) = (row.try_get(7)?, row.try_get(8)?);
        let [live, total] = [live, total].map(|count| count.unsigned_abs() as usize);
        Ok(Leaf { id: row.try_get(0)?, low: end(row, 1)?, high: end(row, 4)?, live, total })
    };
    rows.iter().map(leaf).collect()
}

/// The ends of a leaf: nothing where it has none.
pub const ENDS: &str = "nullif(low_number, '-infinity'), nullif(low_tie, '-infinity'), low_subject, \
                        nullif(high_number, 'infinity'), nullif(high_tie, '-infinity'), high_subject";

/// An end of a leaf, of three columns of a row.
///
/// # Errors
/// [`sqlx::Error::ColumnDecode`].
pub fn end(row: &PgRow, first: usize) -> Result<Option<Place>, sqlx::Error> {
    let number: Option<Decimal> = row.try_get(first)?;
    number.map(|_| place(row, first)).transpose()
}

/// Begins places: leaf, place, from, until.
pub async fn open(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    held: &[(i64, Place, i64, i64)],
) -> Result<(), sqlx::Error> {
    if held.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "insert into {} (board, leaf, subject, number, tie, from_position, until_position) \
         select {board}, leaf, subject, number, coalesce(tie, '-infinity'), began, until \
         from unnest($1::bigint[], $2::uuid[], $3::numeric[], $4::numeric[], $5::bigint[], $6::bigint[]) \
         as p(leaf, subject, number, tie, began, until)",
        tables.places,
    );
    crate::sql::query(&sql)
        .bind(held.iter().map(|(leaf, ..)| *leaf).collect::<Vec<_>>())
        .bind(held.iter().map(|(_, place, ..)| place.subject).collect::<Vec<_>>())
        .bind(held.iter().map(|(_, place, ..)| place.number).collect::<Vec<_>>())
        .bind(held.iter().map(|(_, place, ..)| place.tie).collect::<Vec<_>>())
        .bind(held.iter().map(|(_, _, from, _)| *from).collect::<Vec<_>>())
        .bind(held.iter().map(|(.., until)| *until).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

// Of all places that hold, the planner would walk through the index by their ends: so none is used for `+ 0`.

/// Ends places in leaves: leaf, place, until.
pub async fn close(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    ended: &[(i64, Place, i64)],
) -> Result<(), sqlx::Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "update {} p set until_position = k.until \
         from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::uuid[], $5::bigint[]) \
         as k(leaf, number, tie, subject, until) where p.board = {board} and p.leaf = k.leaf and p.number = k.number \
         and p.tie = coalesce(k.tie, '-infinity') and p.subject = k.subject and p.until_position + 0 = {HOLDS}",
        tables.places,
    );
    crate::sql::query(&sql)
        .bind(ended.iter().map(|(leaf, ..)| *leaf).collect::<Vec<_>>())
        .bind(ended.iter().map(|(_, place, _)| place.number).collect::<Vec<_>>())
        .bind(ended.iter().map(|(_, place, _)| place.tie).collect::<Vec<_>>())
        .bind(ended.iter().map(|(_, place, _)| place.subject).collect::<Vec<_>>())
        .bind(ended.iter().map(|(.., until)| *until).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

/// How leaves are parted.
#[derive(Clone, Copy)]
pub struct Part {
    /// The number of the first new one.
    pub first: i64,
    /// How many places each takes.
    pub each: usize,
    /// At which position.
    pub at: i64,
}

/// Closes leaves and copies what holds in them, in order, into new ones, without their high ends; those are still to be
/// begun.
pub async fn remake(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    leaves: &[i64],
    Part { first, each, at }: Part,
) -> Result<Vec<Leaf>, sqlx::Error> {
    let sql = format!(
        "update {} set until_position = {at} where board = {board} and leaf = any($1) and until_position = {HOLDS}",
        tables.leaves,
    );
    crate::sql::query(&sql).bind(leaves).execute(&mut *connection).await?;
    let sql = format!(
        "with closed as (update {places} set until_position = {at} where board = {board} and leaf = any($1) \
         and until_position + 0 = {HOLDS} returning number, tie, subject), parted as (select number, tie, subject, \
         {first} + (row_number() over (order by number, tie, subject) - 1) / {each} as leaf from closed), \
         opened as (insert into {places} (board, leaf, subject, number, tie, from_position, until_position) \
         select {board}, leaf, subject, number, tie, {at}, {HOLDS} from parted) \
         select distinct on (leaf) number, nullif(tie, '-infinity'), subject, leaf, count(*) over (partition by leaf) \
         from parted order by leaf, number, parted.tie, subject",
        places = tables.places,
    );
    let rows = crate::sql::query(&sql).bind(leaves).fetch_all(connection).await?;
    let leaf = |row: &PgRow| {
        let live = row.try_get::<i64, _>(4)?.unsigned_abs() as usize;
        Ok(Leaf { id: row.try_get(3)?, low: end(row, 0)?, high: None, live, total: live })
    };
    rows.iter().map(leaf).collect()
}

/// How many places began or ended after a position, up to so many.
pub async fn changed_since(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    position: i64,
    most: usize,
) -> Result<usize, sqlx::Error> {
    let sql = format!(
        "select (select count(*) from (select from {0} where board = {board} and from_position > {position} limit {most}) \
         as begun) + (select count(*) from (select from {0} where board = {board} and until_position > {position} \
         and until_position < {HOLDS} limit {most}) as ended)",
        tables.places,
    );
    let changed: i64 = crate::sql::query_scalar(&sql).fetch_one(connection).await?;
    Ok(changed.unsigned_abs() as usize)
}

/// Notes how many places are before each leaf that holds; of some leaves it is not written yet how many they have.
pub async fn note(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    at: i64,
    uncounted: &[&Leaf],
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "insert into {} (board, position, leaves, before, total) select {board}, {at}, array_agg(leaf order by nr), \
         array_agg(upto - live order by nr), max(upto) from (select leaf, live, \
         (sum(live) over running)::integer as upto, row_number() over running as nr from (\
         select l.leaf, coalesce(k.live, l.live) as live, low_number, low_tie, low_subject from {} l \
         left join unnest($1::bigint[], $2::integer[]) as k(leaf, live) using (leaf) \
         where board = {board} and until_position = {HOLDS}) held \
         window running as (order by low_number, low_tie, low_subject)) noted",
        tables.steps, tables.leaves,
    );
    let (leaves, live) = counts(uncounted);
    crate::sql::query(&sql).bind(leaves).bind(live).execute(connection).await.map(drop)
}

fn counts(leaves: &[&Leaf]) -> (Vec<i64>, Vec<i32>) {
    leaves.iter().map(|leaf| (leaf.id, counted(leaf.live))).unzip()
}

/// Writes how many places leaves have.
pub async fn count_leaves(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    leaves: &[&Leaf],
) -> Result<(), sqlx::Error> {
    if leaves.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "update {} l set live = k.live, total = k.total \
         from unnest($1::bigint[], $2::integer[], $3::integer[]) as k(leaf, live, total) \
         where l.board = {board} and l.leaf = k.leaf",
        tables.leaves,
    );
    let (numbers, live) = counts(leaves);
    crate::sql::query(&sql)
        .bind(numbers)
        .bind(live)
        .bind(leaves.iter().map(|leaf| counted(leaf.total)).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

/// A count as it is stored.
pub fn counted(places: usize) -> i32 {
    i32::try_from(places).unwrap_or(i32::MAX)
}

/// A place of three columns of a row.
///
/// # Errors
/// [`sqlx::Error::ColumnDecode`].
pub fn place(row: &PgRow, first: usize) -> Result<Place, sqlx::Error> {
    let number: Decimal = row.try_get(first)?;
    let tie: Option<Decimal> = row.try_get(first + 1)?;
    Ok(Place { number: number.normalize(), tie: tie.map(|tie| tie.normalize()), subject: row.try_get(first + 2)? })
}
