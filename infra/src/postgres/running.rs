//! The server that another process of ours runs on a data directory: its address, for those who come beside.
//!
//! Rules: nobody asks but who found the directory in use ([`PostgresError::InUse`]); a socket in another user's folder
//! is not trusted ([`PostgresError::WrongOwner`]).
//!
//! Not here: whether the database in it is ready for this program.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;

use super::databases::{APP_ROLE, address};
use super::error::PostgresError;
use super::layout::{self, Layout};
use super::orphan::PidFile;
use super::user::ServerUser;

/// How the application reaches the database `name` in the server that runs on `data_dir`; nothing while that server
/// does not take connections.
///
/// # Errors
/// [`PostgresError`]: what cannot be read, or belongs to another user.
pub fn running(data_dir: &Path, name: &str) -> Result<Option<PgConnectOptions>, PostgresError> {
    let user = ServerUser::choose(&layout::pgdata(data_dir))?;
    let layout = Layout::prepare(data_dir, &user)?;
    if !PidFile::read(&layout.pgdata)?.is_some_and(|file| file.takes_connections()) {
        return Ok(None);
    }
    user.check_owner(&layout.socket_dir)?;
    Ok(Some(address(&layout.socket_dir, APP_ROLE, name)))
}
