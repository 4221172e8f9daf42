//! What ranks write: groups, leaves, places, notes.

use std::collections::BTreeMap;

use projections::leaderboard::Place;
use rust_decimal::Decimal;
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
    let group = |row: &sqlx::postgres::PgRow| {
        Ok(Group { name: row.try_get(0)?, id: row.try_get(1)?, versions: row.try_get(2)?, kept: row.try_get(3)? })
    };
    rows.iter().map(group).collect()
}

/// The first leaf of a board, with places (leaf, place, from, until), and the first note.
pub async fn begin(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    held: &[(i64, Place, i64, i64)],
) -> Result<(), sqlx::Error> {
    let live = held.iter().filter(|(.., until)| *until == HOLDS).count();
    let sql = format!(
        "insert into {} values ({board}, 0, '-infinity', '-infinity', '{}', {live}, {}, 0, {HOLDS}); \
         insert into {} values ({board}, 0, array[0], array[0], 0)",
        tables.leaves,
        Uuid::nil(),
        held.len(),
        tables.steps,
    );
    connection.execute(sql.as_str()).await?;
    open(connection, tables, board, held).await
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

/// Ends the places of subjects in leaves: leaf, subject, until.
pub async fn close(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    ended: &[(i64, Uuid, i64)],
) -> Result<(), sqlx::Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "update {} p set until_position = k.until \
         from unnest($1::bigint[], $2::uuid[], $3::bigint[]) as k(leaf, subject, until) \
         where p.board = {board} and p.leaf = k.leaf and p.subject = k.subject and p.until_position + 0 = {HOLDS}",
        tables.places,
    );
    crate::sql::query(&sql)
        .bind(ended.iter().map(|(leaf, ..)| *leaf).collect::<Vec<_>>())
        .bind(ended.iter().map(|(_, subject, _)| *subject).collect::<Vec<_>>())
        .bind(ended.iter().map(|(.., until)| *until).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map(drop)
}

/// Closes leaves with the places that hold in them; answers those places in order.
pub async fn close_leaves(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    leaves: &[i64],
    at: i64,
) -> Result<Vec<Place>, sqlx::Error> {
    let sql = format!(
        "update {} set until_position = {at} where board = {board} and leaf = any($1) and until_position = {HOLDS}",
        tables.leaves,
    );
    crate::sql::query(&sql).bind(leaves).execute(&mut *connection).await?;
    let sql = format!(
        "update {} set until_position = {at} where board = {board} and leaf = any($1) and until_position + 0 = {HOLDS} \
         returning number, nullif(tie, '-infinity'), subject",
        tables.places,
    );
    let rows = crate::sql::query(&sql).bind(leaves).fetch_all(connection).await?;
    let mut places = rows.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    places.sort_unstable();
    Ok(places)
}

/// A place of the first columns of a row.
pub fn place(row: &sqlx::postgres::PgRow) -> Result<Place, sqlx::Error> {
    let number: Decimal = row.try_get(0)?;
    let tie: Option<Decimal> = row.try_get(1)?;
    Ok(Place { number: number.normalize(), tie: tie.map(|tie| tie.normalize()), subject: row.try_get(2)? })
}
