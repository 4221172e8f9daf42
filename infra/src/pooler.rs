//! A pooler in transaction mode stands between the program and PostgreSQL: what that takes, in one place.
//!
//! Such a pooler gives each transaction another session of the server. So a statement that was prepared is gone, or is
//! somebody else's, when it is to run; and settings of a session do not stay. The program therefore speaks to the pooler
//! through a socket of its own ([`Way`]), which sends each statement's text again with every use, in the same message
//! exchange: no statement is ever expected to be there already. Everything else of the program is as without a pooler.
//!
//! # Rules
//! - What a session was to be told at its start, the role is told for this database ([`settle`]).
//! - Nobody listens for notifications: they belong to a session. The log is looked at more often instead ([`crate::hints`]).
//!
//! # Not here
//! TLS to the pooler: it is reached by a socket, over loopback or a trusted network. A URL that asks for TLS is refused
//! ([`lacks_tls`]).

mod wire;

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::clock::random;

/// The port in a socket's name.
const PORT: u16 = 5432;

/// How the name of a folder begins, and how many digits follow.
const OURS: &str = "sanping-";
const NAME: usize = 16;

/// What the sessions of a program are told, and cannot be told at their start; as PostgreSQL shows it.
const SETTINGS: [(&str, &str); 5] = [
    ("enable_seqscan", "off"),
    ("jit", "off"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "1min"),
];

/// The way to a database through a pooler. It ends with this value.
#[derive(Debug)]
pub struct Way {
    folder: PathBuf,
    taken: JoinHandle<()>,
}

impl Drop for Way {
    fn drop(&mut self) {
        self.taken.abort();
        // Nothing else is in it, and nobody needs it any more.
        let _left = std::fs::remove_dir_all(&self.folder);
    }
}

/// Either kind of connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where the pooler is.
#[derive(Debug, Clone)]
enum Pooler {
    Socket(PathBuf),
    Host(String, u16),
}

impl Pooler {
    fn of(database: &PgConnectOptions) -> Self {
        let folder = database.get_socket().cloned();
        let folder = folder.or_else(|| database.get_host().starts_with('/').then(|| database.get_host().into()));
        match folder {
            Some(folder) => Self::Socket(folder.join(format!(".s.PGSQL.{}", database.get_port()))),
            None => Self::Host(database.get_host().to_owned(), database.get_port()),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Socket(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            Self::Host(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// Whether TLS is asked for that this way does not have: the program speaks to the pooler in plain, which a socket needs not
/// mind.
#[must_use]
pub fn lacks_tls(database: &PgConnectOptions) -> bool {
    let asked = matches!(database.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    asked && matches!(Pooler::of(database), Pooler::Host(..))
}

/// Opens the way; answers it, and how to reach the database by it.
///
/// # Errors
/// The folder of the socket cannot be made.
pub fn way(database: &PgConnectOptions) -> io::Result<(Way, PgConnectOptions)> {
    let name = Uuid::from_bytes(random()).simple().to_string();
    sweep(&std::env::temp_dir());
    let folder = std::env::temp_dir().join(format!("{OURS}{}", &name[..NAME]));
    std::fs::create_dir(&folder)?;
    std::fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    // It has its name once somebody listens at it: until then another program would take it for one left behind.
    let listener = UnixListener::bind(folder.join("begun"))?;
    std::fs::rename(folder.join("begun"), folder.join(socket()))?;
    let taken = tokio::spawn(take(listener, Pooler::of(database)));
    let by_way = database.clone().socket(&folder).port(PORT).ssl_mode(PgSslMode::Disable);
    Ok((Way { folder, taken }, by_way))
}

/// Takes away what programs that were killed left behind: folders of sockets at which nobody listens.
fn sweep(temporary: &Path) {
    let Ok(entries) = std::fs::read_dir(temporary) else { return };
    for folder in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = folder.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_prefix(OURS));
        let is_ours = name.is_some_and(|name| name.len() == NAME && name.bytes().all(|one| one.is_ascii_hexdigit()));
        if is_ours && is_left(&folder.join(socket())) {
            // Somebody else's, or taken away by another program meanwhile: left to them.
            let _left = std::fs::remove_dir_all(&folder);
        }
    }
}

/// Whether a socket is there and nobody listens at it.
fn is_left(socket: &Path) -> bool {
    let heard = std::os::unix::net::UnixStream::connect(socket);
    heard.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn socket() -> String {
    format!(".s.PGSQL.{PORT}")
}

impl Way {
    /// The folder of its socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

async fn take(listener: UnixListener, pooler: Pooler) {
    // A listener that fails has no more to give; whoever connects is told.
    while let Ok((client, _)) = listener.accept().await {
        let pooler = pooler.clone();
        tokio::spawn(async move {
            let carried = async { wire::carry(client, pooler.connect().await?).await };
            if let Err(error) = carried.await {
                tracing::debug!(error = %error, "a connection through the pooler has ended");
            }
        });
    }
}

/// What PostgreSQL says in a session that an operator, or this program, has ended.
const ENDED: &str = "57P01";

/// Gives the role the settings that a session is told elsewhere, where it does not have them yet. Sessions that the pooler
/// had opened before are ended while they are idle: it opens others.
///
/// # Errors
/// The database's.
pub async fn settle(database: &PgConnectOptions) -> Result<(), sqlx::Error> {
    for _ in 0..SETTINGS.len() {
        let mut connection = database.connect().await?;
        let missing = match missing(&mut connection).await {
            // The pooler has given a session that was told to end and had not ended yet.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(ENDED) => continue,
            missing => missing?,
        };
        if missing.is_empty() {
            return connection.close().await;
        }
        for (name, value) in &missing {
            let sql = format!(
                "do $$ begin execute format('alter role %I in database %I set {name} = %L', current_user, \
                               current_database(), '{value}'); end $$"
            );
            sqlx::raw_sql(&sql).execute(&mut connection).await?;
        }
        tracing::info!(settings = ?missing, "the role was given settings for this database");
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user \
                   and datname = current_database() and (state = 'idle' or pid = pg_backend_pid())";
        // It ends its own session too: there is no answer.
        let _ended = sqlx::raw_sql(sql).execute(&mut connection).await;
    }
    tracing::warn!("some sessions of the pooler do not have the settings of the role: let it open new ones");
    Ok(())
}

/// What sessions should have been told, and were not.
///
/// # Errors
/// The database's.
pub async fn missing(connection: &mut PgConnection) -> Result<Vec<(&'static str, &'static str)>, sqlx::Error> {
    let mut missing = Vec::new();
    for (name, value) in SETTINGS {
        let found: String =
            crate::sql::query_scalar("select current_setting($1)").bind(name).fetch_one(&mut *connection).await?;
        if found != value {
            missing.push((name, value));
        }
    }
    Ok(missing)
}

/// Whether an error says that a pooler does not take what a session is told at its start.
#[must_use]
pub fn is_refusal(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().as_deref() == Some("08P01") && error.message().contains("startup parameter")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_program_left_is_taken_away_and_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = temporary.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder
        };
        let bound = |folder: &Path| std::os::unix::net::UnixListener::bind(folder.join(socket())).unwrap();
        let (left, living) = (folder("sanping-0123456789abcdef"), folder("sanping-fedcba9876543210"));
        let (begun, other) = (folder("sanping-00112233445566aa"), folder("sanping-of-somebody-else"));
        drop((bound(&left), bound(&other)));
        let listener = bound(&living);
        sweep(temporary.path());
        assert!(!left.exists(), "nobody listens there");
        assert!(living.exists() && begun.exists() && other.exists());
        drop(listener);
        sweep(temporary.path());
        assert!(!living.exists());
    }
}
