//! Databases of the cluster, and the two roles that reach them.
//!
//! Rules: the owner role may change a database's schema, the application role only what the owner
//! grants it; neither is a superuser or may make roles and databases.
//!
//! Not here: tables, grants on them, pools.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::cluster::Cluster;
use super::error::PostgresError;
use super::initdb::BOOTSTRAP_ROLE;
use super::layout::PORT;

/// The role that owns the databases and migrates them.
pub const OWNER_ROLE: &str = "sanping_owner";
/// The role the application serves as.
pub const APP_ROLE: &str = "sanping_app";

/// Guards the cluster-wide roles while two callers make them; any number not used elsewhere.
const ROLES_LOCK: i64 = 0x73_616e_7069_6e67;

/// How to reach one database, as each of its two roles.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// As [`OWNER_ROLE`], to migrate.
    pub owner: PgConnectOptions,
    /// As [`APP_ROLE`], to serve.
    pub app: PgConnectOptions,
}

impl Cluster {
    /// Makes the two roles and the database `name` where they are missing, and says how to reach it.
    ///
    /// # Errors
    /// [`PostgresError::DatabaseName`], [`PostgresError::Sql`].
    pub async fn ensure_database(&self, name: &str) -> Result<Endpoints, PostgresError> {
        check_name(name)?;
        let doing = || format!("make the database {name}");
        let mut bootstrap = self.bootstrap().await?;
        recovered(&mut bootstrap).await.map_err(PostgresError::sql(doing()))?;
        crate::sql::query("SELECT pg_advisory_lock($1)")
            .bind(ROLES_LOCK)
            .execute(&mut bootstrap)
            .await
            .map_err(PostgresError::sql(doing()))?;
        for role in [OWNER_ROLE, APP_ROLE] {
            if !exists(&mut bootstrap, "SELECT FROM pg_roles WHERE rolname = $1", role).await? {
                let statement =
                    format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS");
                execute(&mut bootstrap, &statement, format!("make the role {role}")).await?;
            }
        }
        if !exists(&mut bootstrap, "SELECT FROM pg_database WHERE datname = $1", name).await? {
            execute(&mut bootstrap, &format!("CREATE DATABASE {name} OWNER {OWNER_ROLE}"), doing()).await?;
        }
        open_to_app(&mut bootstrap, name).await?;
        bootstrap.close().await.map_err(PostgresError::sql(doing()))?;
        Ok(self.endpoints(name))
    }

    /// Makes the database `name` as a copy of `template`, to which nobody may be connected.
    ///
    /// # Errors
    /// [`PostgresError::DatabaseName`], [`PostgresError::Sql`] (also when `name` exists).
    pub async fn create_database_from_template(&self, name: &str, template: &str) -> Result<Endpoints, PostgresError> {
        check_name(name)?;
        check_name(template)?;
        let doing = format!("copy the database {template} to {name}");
        let mut bootstrap = self.bootstrap().await?;
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER_ROLE}");
        execute(&mut bootstrap, &statement, doing.clone()).await?;
        open_to_app(&mut bootstrap, name).await?;
        bootstrap.close().await.map_err(PostgresError::sql(doing))?;
        Ok(self.endpoints(name))
    }

    /// Drops the database `name` if there is one, closing the connections to it.
    ///
    /// # Errors
    /// [`PostgresError::DatabaseName`], [`PostgresError::Sql`].
    pub async fn drop_database(&self, name: &str) -> Result<(), PostgresError> {
        check_name(name)?;
        let doing = format!("drop the database {name}");
        let mut bootstrap = self.bootstrap().await?;
        execute(&mut bootstrap, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), doing.clone()).await?;
        bootstrap.close().await.map_err(PostgresError::sql(doing))
    }

    fn endpoints(&self, database: &str) -> Endpoints {
        let to = |role| address(self.socket_dir(), role, database);
        Endpoints { owner: to(OWNER_ROLE), app: to(APP_ROLE) }
    }

    async fn bootstrap(&self) -> Result<PgConnection, PostgresError> {
        let address = address(self.socket_dir(), BOOTSTRAP_ROLE, "postgres");
        address.connect().await.map_err(PostgresError::sql("reach the private PostgreSQL server"))
    }
}

/// How to reach a database by the socket in a folder.
pub(super) fn address(socket_dir: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .disable_statement_logging()
        .socket(socket_dir)
        .port(PORT)
        .ssl_mode(PgSslMode::Disable)
        .username(role)
        .database(database)
        .application_name("sanping")
}

/// Waits until a server that is restored from an archive can be written to: it takes connections before. A recovery takes
/// what it takes.
async fn recovered(bootstrap: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut told = false;
    while crate::sql::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *bootstrap).await? {
        if !std::mem::replace(&mut told, true) {
            tracing::info!("PostgreSQL is being restored");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// The application may connect, and nobody else but the owner.
async fn open_to_app(bootstrap: &mut PgConnection, name: &str) -> Result<(), PostgresError> {
    let doing = || format!("grant the database {name}");
    execute(bootstrap, &format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC"), doing()).await?;
    execute(bootstrap, &format!("GRANT CONNECT ON DATABASE {name} TO {APP_ROLE}"), doing()).await
}

async fn execute(bootstrap: &mut PgConnection, statement: &str, doing: String) -> Result<(), PostgresError> {
    sqlx::raw_sql(statement).execute(bootstrap).await.map(drop).map_err(PostgresError::sql(doing))
}

async fn exists(bootstrap: &mut PgConnection, query: &str, name: &str) -> Result<bool, PostgresError> {
    let found = crate::sql::query(query).bind(name).fetch_optional(bootstrap).await;
    found.map(|row| row.is_some()).map_err(PostgresError::sql(format!("look for {name}")))
}

/// Names go into statements as they are, so only such pass as need no quotes.
fn check_name(name: &str) -> Result<(), PostgresError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let fits = (1..=63).contains(&name.len()) && name.starts_with(|first: char| first.is_ascii_lowercase());
    let free = !["postgres", "template0", "template1"].contains(&name);
    if plain && fits && free { Ok(()) } else { Err(PostgresError::DatabaseName { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_database_is_named_without_need_for_quotes() {
        for good in ["sanping", "test_0190", "a"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1st", "Big", "a b", "a\"b", "a;drop", "三评", "template1", &"a".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
