//! The schema: numbered migrations, and what the application's role is granted.
//!
//! # Invariants
//! - A migration that was applied never changes (its checksum is kept).
//! - The application's role can insert and read events, outcomes and looks, never change or delete them; that is the first
//!   wall, the triggers of the first migration are the second.
//! - The application's role may create in this schema (the projections' tables), so the owner calls functions and
//!   operators by `pg_catalog`'s name: what that role puts there is never run with the owner's rights.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::fold::{kinds, registry};
use crate::log::origin;
use crate::{pooler, walls};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

/// The migrations in order: number, name, SQL. There was never a 12, a 19 or a 20.
const MIGRATIONS: [(i64, &str, &str); 18] = [
    (1, "log", include_str!("../sql/0001_log.sql")),
    (2, "projections", include_str!("../sql/0002_projections.sql")),
    (3, "walls", include_str!("../sql/0003_walls.sql")),
    (4, "master_key", include_str!("../sql/0004_master_key.sql")),
    (5, "born", include_str!("../sql/0005_born.sql")),
    (6, "staff_key", include_str!("../sql/0006_staff_key.sql")),
    (7, "reads", include_str!("../sql/0007_reads.sql")),
    (8, "watch", include_str!("../sql/0008_watch.sql")),
    (9, "append", include_str!("../sql/0009_append.sql")),
    (10, "processes", include_str!("../sql/0010_processes.sql")),
    (11, "switches", include_str!("../sql/0011_switches.sql")),
    (13, "origin", include_str!("../sql/0013_origin.sql")),
    (14, "origin_in_append", include_str!("../sql/0014_origin_in_append.sql")),
    (15, "append_planned_once", include_str!("../sql/0015_append_planned_once.sql")),
    (16, "deaths", include_str!("../sql/0016_deaths.sql")),
    (17, "api_keys", include_str!("../sql/0017_api_keys.sql")),
    (18, "reads_chained", include_str!("../sql/0018_reads_chained.sql")),
    (21, "keyed_subjects", include_str!("../sql/0021_keyed_subjects.sql")),
];

/// What the role that serves is granted: privileges, and the tables they are for. `grant` gives them, the doctor looks for them.
pub const GRANTS: [(&str, &str); 13] = [
    ("select, insert", "events, commands, reads"),
    ("select, update (number, at, hash)", "reads_head"),
    ("select", "log_origins"),
    ("select, update (position, recorded_at)", "log_head"),
    ("select, insert, update", "people"),
    ("select, insert", "subject_keys, keyed_subjects, master_key"),
    ("select, insert, update", "projections"),
    ("select, insert, update, delete", "projection_builds"),
    ("select, insert", "projection_switches, projection_skips, event_types, verifications"),
    ("select, update", "jobs"),
    ("select, insert, update, delete", "processes"),
    ("select, insert, update (revoked_at)", "api_keys"),
    ("select", "_sqlx_migrations"),
];

/// What PostgreSQL says where two make, change or drop the same thing: a key or a name that is there, or gone, already; rows of
/// its catalogue that two change at once; a deadlock.
const OF_TWO: [&str; 9] = ["23505", "42P07", "42P06", "42710", "42701", "42723", "42704", "XX000", "40P01"];
/// How often, and after how long, it is tried again then: the whole takes a few seconds.
const AGAIN: usize = 30;
const PAUSE: Duration = Duration::from_millis(300);

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database failed.
    #[error("the schema cannot be migrated; is this the role that owns the database?")]
    Sql(#[from] sqlx::Error),
    /// A migration does not fit what was applied before.
    #[error("the schema cannot be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// What guards the log is not all there.
    #[error("{}", torn(missing))]
    Walls {
        /// What is missing.
        missing: Vec<String>,
    },
    /// The role's name cannot be granted to.
    #[error("{0:?} is not a role name: small letters, digits and _, at most 63")]
    RoleName(String),
}

fn torn(missing: &[String]) -> String {
    format!(
        "the database has every migration and yet lacks: {}. A restore was cut off, or somebody took that away or turned it \
         off: restore into an empty database again, with --single-transaction (docs/backup.md)",
        missing.join(", ")
    )
}

/// Applies what is missing as the owner, and grants the application's role what it needs.
///
/// # Errors
/// [`MigrateError`].
pub async fn run(owner: &PgConnectOptions, app_role: &str) -> Result<(), MigrateError> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if app_role.is_empty() || app_role.len() > 63 || !app_role.chars().all(legal) {
        return Err(MigrateError::RoleName(app_role.to_owned()));
    }
    for _ in 0..AGAIN {
        match migrated(owner, app_role).await {
            Err(error) if is_of_two(&error) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    migrated(owner, app_role).await
}

/// Whether an error may come of another `migrate` that makes the same at the same moment.
fn is_of_two(error: &MigrateError) -> bool {
    use sqlx::migrate::MigrateError as Step;
    let (MigrateError::Sql(error) | MigrateError::Migration(Step::Execute(error) | Step::ExecuteMigration(error, _))) =
        error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| OF_TWO.contains(&&*code))
}

async fn migrated(owner: &PgConnectOptions, app_role: &str) -> Result<(), MigrateError> {
    let mut connection = owner.connect().await?;
    migrator().run_direct(&mut connection).await?;
    let missing = walls::missing(&mut connection).await?;
    if !missing.is_empty() {
        return Err(MigrateError::Walls { missing });
    }
    kinds::register(&mut connection, &registry::all()).await?;
    origin::take_over(&mut connection).await?;
    mend(&mut connection, app_role).await?;
    grant(&mut connection, app_role).await
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .into_iter()
        .map(|(number, name, sql)| {
            Migration::new(number, Cow::Borrowed(name), MigrationType::Simple, Cow::Borrowed(sql), false)
        })
        .collect();
    // No advisory lock: such locks leak through poolers. Two at once: the second fails on what the first makes, and goes on.
    Migrator { migrations: Cow::Owned(migrations), locking: false, ..Migrator::DEFAULT }
}

/// The checksum of each migration, by its number.
#[must_use]
pub fn checksums() -> BTreeMap<i64, Vec<u8>> {
    migrator().iter().map(|migration| (migration.version, migration.checksum.to_vec())).collect()
}

async fn grant(connection: &mut PgConnection, role: &str) -> Result<(), MigrateError> {
    let owner_serves: bool =
        crate::sql::query_scalar("select current_user::pg_catalog.text operator(pg_catalog.=) $1::pg_catalog.text")
            .bind(role)
            .fetch_one(&mut *connection)
            .await?;
    if owner_serves {
        tracing::warn!("the owner's role is to serve: the triggers alone guard the log");
        return Ok(());
    }
    let schema: String =
        crate::sql::query_scalar("select pg_catalog.quote_ident(pg_catalog.current_schema()::pg_catalog.text)")
            .fetch_one(&mut *connection)
            .await?;
    // Once they were granted more than they need.
    let mut grants = format!(
        "grant usage, create on schema {schema} to {role}; revoke update on log_head from {role}; \
         revoke delete on people, subject_keys from {role};"
    );
    for (privileges, tables) in GRANTS {
        grants.push_str(&format!(" grant {privileges} on {tables} to {role};"));
    }
    connection.execute(grants.as_str()).await?;
    Ok(())
}

/// Drops the tables of projections that the application's role does not own, as after a dump that was restored without its
/// owners: that role could not write them. They are folded anew.
async fn mend(connection: &mut PgConnection, role: &str) -> Result<(), MigrateError> {
    let found = "select distinct c.oid::pg_catalog.regclass::pg_catalog.text, r.name \
                 from pg_catalog.pg_class c, rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as r(name, made) \
                 where c.relkind operator(pg_catalog.=) 'r' \
                 and c.relnamespace operator(pg_catalog.=) pg_catalog.current_schema()::pg_catalog.regnamespace::pg_catalog.oid \
                 and c.relname::pg_catalog.text operator(pg_catalog.~) r.made \
                 and pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text operator(pg_catalog.<>) $3::pg_catalog.text \
                 and exists (select from pg_catalog.pg_roles where rolname::pg_catalog.text operator(pg_catalog.=) $3::pg_catalog.text)";
    let projections = registry::all();
    let names: Vec<&str> = projections.iter().map(|projection| projection.name()).collect();
    let made = |table: &str| format!("^{table}(_[a-z]+)?_g[0-9]+$");
    let made: Vec<String> = projections.iter().map(|projection| made(projection.table())).collect();
    let foreign: Vec<(String, String)> =
        crate::sql::query_as(found).bind(names).bind(made).bind(role).fetch_all(&mut *connection).await?;
    if foreign.is_empty() {
        return Ok(());
    }
    let (tables, mut names): (Vec<String>, Vec<String>) = foreign.into_iter().unzip();
    names.sort();
    names.dedup();
    let mut transaction = connection.begin().await?;
    transaction.execute(format!("drop table if exists {}", tables.join(", ")).as_str()).await?;
    for table in ["projections", "projection_builds"] {
        let sql = format!(
            "delete from {table} where name::pg_catalog.text operator(pg_catalog.=) any ($1::pg_catalog.text[])"
        );
        crate::sql::query(&sql).bind(&names).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    tracing::warn!(projections = names.join(", "), "their tables belonged to another role: they are folded anew");
    Ok(())
}

/// Why a server must not start on a database as it is.
#[derive(Debug, thiserror::Error)]
pub enum UnfitError {
    /// The database cannot be asked.
    #[error("the database cannot be asked")]
    Sql(#[from] sqlx::Error),
    /// A pooler refuses what a session is told at its start.
    #[error("a pooler stands before the database and refuses what sessions are told: start with --pooler transaction")]
    Pooler(#[source] sqlx::Error),
    /// It takes no writes.
    #[error(
        "the database takes no writes: {why}. A program that serves writes, reads included: what it folds and who looked. Give \
         it the primary's address; after a failover, that of the standby that was promoted"
    )]
    ReadOnly {
        /// Why not.
        why: &'static str,
    },
    /// The schema is missing or of another program.
    #[error("the schema lacks the migrations {missing:?} of this program; run `sanping migrate` as the owner first")]
    Schema {
        /// The numbers of the migrations that were not applied.
        missing: Vec<i64>,
    },
    /// What guards the log is not all there.
    #[error("{}", torn(missing))]
    Walls {
        /// What is missing.
        missing: Vec<String>,
    },
    /// The database was restored, and nobody has said what was lost.
    #[error(transparent)]
    Unsettled(#[from] origin::UnsettledError),
    /// The role could change what was recorded.
    #[error(
        "the role {role} owns the log or is a superuser: it could change what was recorded. Serve with the role that \
         `sanping migrate --app-role` granted, or say --allow-owner where the database offers one role only"
    )]
    OwnerServes {
        /// The role.
        role: String,
    },
}

fn unreachable(error: sqlx::Error) -> UnfitError {
    match pooler::is_refusal(&error) {
        true => UnfitError::Pooler(error),
        false => UnfitError::Sql(error),
    }
}

/// Whether this role may serve from this database.
///
/// # Errors
/// [`UnfitError`].
pub async fn check(app: &PgConnectOptions, allow_owner: bool) -> Result<(), UnfitError> {
    let mut connection = app.connect().await.map_err(unreachable)?;
    let sql = "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
    match crate::sql::query_as(sql).fetch_one(&mut connection).await? {
        (true, _) => return Err(UnfitError::ReadOnly { why: "it is a standby, or is still being restored" }),
        (false, true) => {
            return Err(UnfitError::ReadOnly { why: "its sessions are read-only (default_transaction_read_only)" });
        }
        (false, false) => {}
    }
    let known: bool = crate::sql::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut connection)
        .await?;
    let applied: Vec<i64> = match known {
        true => {
            let sql = "select version from _sqlx_migrations where success";
            crate::sql::query_scalar(sql).fetch_all(&mut connection).await?
        }
        false => Vec::new(),
    };
    let missing: Vec<i64> =
        MIGRATIONS.iter().map(|(number, ..)| *number).filter(|number| !applied.contains(number)).collect();
    if !missing.is_empty() {
        return Err(UnfitError::Schema { missing });
    }
    let missing = walls::missing(&mut connection).await?;
    if !missing.is_empty() {
        return Err(UnfitError::Walls { missing });
    }
    let (role, can_change): (String, bool) = crate::sql::query_as(
        "select current_user::text, pg_has_role(relowner, 'member') or has_table_privilege(oid, 'update') or \
         has_table_privilege(oid, 'delete') or has_table_privilege(oid, 'truncate') or has_table_privilege(oid, 'trigger') \
         from pg_class where oid = 'events'::regclass",
    )
    .fetch_one(&mut connection)
    .await?;
    match can_change && !allow_owner {
        true => Err(UnfitError::OwnerServes { role }),
        false => Ok(origin::settled(&mut connection).await.map(drop)?),
    }
}
