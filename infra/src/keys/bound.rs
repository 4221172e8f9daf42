//! The master key of a database: which one it is, held against the key file at every start.
//!
//! # Life
//! The first program that uses a database makes the key file where there is none, and leaves the key's fingerprint.
//!
//! # Rules
//! Every later start needs the same key ([`KeyError::Lost`], [`KeyError::OtherKey`]). A database that was used before
//! fingerprints were kept takes the key that opens its subjects' keys.
//!
//! # Invariant
//! No key file is made for a database that has been used with a key already.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use uuid::Uuid;

use super::{KeyError, MasterKey};

/// Reads the key file of a database, or makes it where no key has been used with the database yet.
///
/// # Errors
/// [`KeyError`].
pub async fn open(path: &Path, database: &PgConnectOptions) -> Result<MasterKey, KeyError> {
    let there = path.try_exists().map_err(|source| KeyError::File { path: path.display().to_string(), source })?;
    if !there {
        let mut connection = database.connect().await?;
        let used = is_used(&mut connection).await?;
        connection.close().await?;
        if used {
            return Err(KeyError::Lost { path: path.display().to_string() });
        }
    }
    MasterKey::load_or_create(path)
}

/// Whether a key was used with the database.
///
/// # Errors
/// The database's.
pub async fn is_used(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(fingerprint(&mut *connection).await?.is_some() || is_keyed(connection).await?)
}

/// Whether a master key is the database's, leaving nothing there; nothing where none was used with it.
///
/// # Errors
/// The database's.
pub async fn fits(key: &MasterKey, connection: &mut PgConnection) -> Result<Option<bool>, sqlx::Error> {
    if let Some(theirs) = fingerprint(&mut *connection).await? {
        return Ok(Some(theirs == key.hash("fingerprint", &[b"sanping"])));
    }
    let wrapped = wrapped(connection).await?;
    Ok(wrapped.map(|(subject, wrapped)| key.unwrap(subject, &wrapped).is_ok()))
}

/// Holds a master key against the database, and leaves its fingerprint there at first use.
///
/// # Errors
/// [`KeyError::OtherKey`], [`KeyError::Sql`].
pub async fn hold(key: &MasterKey, connection: &mut PgConnection) -> Result<(), KeyError> {
    let ours = key.hash("fingerprint", &[b"sanping"]);
    if fingerprint(connection).await?.is_none() {
        if let Some((subject, wrapped)) = wrapped(connection).await? {
            key.unwrap(subject, &wrapped).map_err(|_| KeyError::OtherKey)?;
        }
        // Of two that come at once, the first one's key is the database's.
        let sql = "insert into master_key (fingerprint) values ($1) on conflict (one) do nothing";
        crate::sql::query(sql).bind(&ours[..]).execute(&mut *connection).await?;
    }
    match fingerprint(connection).await? {
        Some(theirs) if theirs == ours => Ok(()),
        _ => Err(KeyError::OtherKey),
    }
}

async fn fingerprint(connection: &mut PgConnection) -> Result<Option<Vec<u8>>, sqlx::Error> {
    crate::sql::query_scalar("select fingerprint from master_key").fetch_optional(connection).await
}

/// Whether anything is kept under a key: a subject's key, or the keyed hash of a command.
async fn is_keyed(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let sql = "select exists (select from subject_keys) or exists (select from commands)";
    crate::sql::query_scalar(sql).fetch_one(connection).await
}

/// The key of some subject, as it is stored; nothing where none is.
async fn wrapped(connection: &mut PgConnection) -> Result<Option<(Uuid, Vec<u8>)>, sqlx::Error> {
    let sql = "select subject, wrapped from subject_keys order by subject limit 1";
    crate::sql::query_as(sql).fetch_optional(connection).await
}
