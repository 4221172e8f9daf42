//! The table of a projection's generation, made from its row's columns.

use projections::projection::Projection;
use projections::row::Row;
use sqlx::{Connection, Executor, PgConnection};

use super::cells::sql_type;
use super::{ranks, tallies};

/// `until_position` of a row that holds.
pub const HOLDS: i64 = i64::MAX;

/// How full pages are made, in percent, of rows that will end: the end of one is written beside it. No index has the end
/// of a row, so none is written then.
pub const ROOM: u8 = 85;

/// The name of a generation's table.
#[must_use]
pub fn name(table: &str, generation: i64) -> String {
    format!("{table}_g{generation}")
}

/// The columns of a row, comma-separated, each after `prefix`.
#[must_use]
pub fn columns<R: Row>(prefix: &str) -> String {
    list(R::COLUMNS.iter().map(|column| format!("{prefix}{}", column.name)))
}

/// The columns of its key.
pub fn key<R: Row>() -> impl Iterator<Item = &'static str> {
    R::COLUMNS.iter().take(R::KEY).map(|column| column.name)
}

/// Parts, comma-separated.
pub fn list(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}

/// The tables that are kept beside a generation's: ranks and tallies of its rows.
#[must_use]
pub fn beside<P: Projection>(generation: i64) -> Vec<String> {
    let ranks = P::RANKED.then(|| ranks::Tables::of(P::Row::TABLE, generation).names().map(str::to_owned));
    let tallies = P::TALLIED.then(|| tallies::name(P::Row::TABLE, generation));
    ranks.into_iter().flatten().chain(tallies).collect()
}

/// Makes the table of a generation if it is not there. History is kept: a key has one row per change.
///
/// # Errors
/// The database's.
pub async fn create<P: Projection>(connection: &mut PgConnection, generation: i64) -> Result<(), sqlx::Error> {
    create_bare::<P>(connection, generation).await?;
    complete::<P>(connection, generation).await
}

/// Makes the table without keys and indexes: rows are copied in faster so.
///
/// # Errors
/// The database's.
pub async fn create_bare<P: Projection>(connection: &mut PgConnection, generation: i64) -> Result<(), sqlx::Error> {
    let table = name(P::Row::TABLE, generation);
    let columns = list(P::Row::COLUMNS.iter().map(|column| {
        let collation = if sql_type(column.kind) == "text" { " collate \"C\"" } else { "" };
        let null = if column.nullable { "" } else { " not null" };
        format!("{} {}{collation}{null}", column.name, sql_type(column.kind))
    }));
    let mut sql = format!(
        "create table if not exists {table} ({columns}, from_position bigint not null, until_position bigint not null) \
         with (fillfactor = {});",
        if P::WRITE_ONCE { 100 } else { ROOM },
    );
    let beside = beside::<P>(generation);
    if P::RANKED {
        sql += &ranks::creation(&ranks::Tables::of(P::Row::TABLE, generation));
    }
    if P::TALLIED {
        sql += &tallies::creation(&tallies::name(P::Row::TABLE, generation));
    }
    // The log's owner can read it, so that a dump as the owner is whole.
    let owner: String = crate::sql::query_scalar(
        "select pg_catalog.quote_ident(tableowner::pg_catalog.text) from pg_catalog.pg_tables \
         where schemaname = pg_catalog.current_schema() and tablename = 'log_head'",
    )
    .fetch_one(&mut *connection)
    .await?;
    sql += &format!("grant select on {} to {owner};", list([table].into_iter().chain(beside)));
    connection.execute(sql.as_str()).await.map(drop)
}

/// Gives a table its keys and indexes, where it has none.
///
/// # Errors
/// The database's.
pub async fn complete<P: Projection>(connection: &mut PgConnection, generation: i64) -> Result<(), sqlx::Error> {
    let table = name(P::Row::TABLE, generation);
    let whole = list(key::<P::Row>().map(str::to_owned));
    let sql = "select count(*) > 0 from pg_constraint where conrelid = $1::regclass and contype = 'p'";
    let mut sql = match crate::sql::query_scalar(sql).bind(&table).fetch_one(&mut *connection).await? {
        true => String::new(),
        false => format!("alter table {table} add constraint {table}_key primary key ({whole}, from_position);"),
    };
    for (number, index) in (1..).zip(P::Row::INDEXES) {
        // Each column once.
        let rest = key::<P::Row>().filter(|column| !index.contains(column)).chain(["from_position"]);
        let columns = list(index.iter().copied().chain(rest).map(str::to_owned));
        sql += &format!("create index if not exists {table}_by{number} on {table} ({columns});");
    }
    connection.execute(sql.as_str()).await.map(drop)
}

/// The generations whose tables are there.
///
/// # Errors
/// The database's.
pub async fn generations<P: Projection>(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let sql = "select tablename::text from pg_tables where schemaname = current_schema() and starts_with(tablename::text, $1)";
    let prefix = format!("{}_g", P::Row::TABLE);
    let names: Vec<String> = crate::sql::query_scalar(sql).bind(&prefix).fetch_all(connection).await?;
    Ok(names.iter().filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect())
}

/// Drops the table of a generation, unless somebody reads it just now.
///
/// # Errors
/// The database's.
pub async fn remove<P: Projection>(connection: &mut PgConnection, generation: i64) -> Result<(), sqlx::Error> {
    let all = [name(P::Row::TABLE, generation)].into_iter().chain(beside::<P>(generation));
    let sql = format!("drop table if exists {}", list(all));
    let mut transaction = connection.begin_with("begin; set local lock_timeout = '1s'").await?;
    transaction.execute(sql.as_str()).await?;
    transaction.commit().await
}
