//! What can go wrong with the private cluster: each message says what, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private cluster, or a database of it, could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No server programs anywhere.
    #[error(
        "found no PostgreSQL server (the programs postgres and initdb) in {searched}: install one \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; \
         Alpine: apk add postgresql17; macOS: brew install postgresql@17), or set PG_BIN to the \
         folder of its programs, or set DATABASE_URL to a server of your own"
    )]
    NoBinaries {
        /// The places looked at, for a person to read.
        searched: String,
    },
    /// `PG_BIN` was given and does not hold the programs.
    #[error(
        "PG_BIN is {}, which does not hold the programs postgres and initdb: set it to the folder \
         that does (for example /usr/lib/postgresql/17/bin), or unset it to let them be searched", dir.display()
    )]
    NotABinDir {
        /// The folder given.
        dir: PathBuf,
    },
    /// `postgres --version` did not answer with a version.
    #[error(
        "cannot read the version of {}: it answered {said:?}; set PG_BIN to the folder of a working server", program.display()
    )]
    VersionUnreadable {
        /// The program asked.
        program: PathBuf,
        /// Its answer, or why it could not be run.
        said: String,
    },
    /// Only servers before version 15 were found.
    #[error(
        "the PostgreSQL in {} is version {major}; 15 or later is needed: install a newer one, or set \
         PG_BIN to the folder of a newer one", dir.display()
    )]
    TooOld {
        /// Where it lies.
        dir: PathBuf,
        /// Its major version.
        major: u32,
    },
    /// The cluster was made by another major version.
    #[error(
        "the cluster {} was made by PostgreSQL {data_major}, the programs in {} are version {bin_major}: \
         install PostgreSQL {data_major} or set PG_BIN to its folder; to move to {bin_major}, use pg_upgrade", data.display(), bin.display()
    )]
    VersionMismatch {
        /// The cluster's folder.
        data: PathBuf,
        /// The version in its `PG_VERSION`.
        data_major: u32,
        /// The folder of the programs.
        bin: PathBuf,
        /// Their version.
        bin_major: u32,
    },
    /// Another process has this data directory open.
    #[error(
        "the data directory {} is in use by {holder}: stop that process, or choose another \
         directory with --data", dir.display()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// Who holds it, as far as it is known.
        holder: String,
    },
    /// The folder of the cluster holds something else.
    #[error(
        "{} is not a PostgreSQL cluster (it has no readable PG_VERSION) and is not empty: move it \
         away, or choose another directory with --data", dir.display()
    )]
    NotACluster {
        /// The folder.
        dir: PathBuf,
    },
    /// Root has no user to run the server as.
    #[error(
        "PostgreSQL does not run as root, and {} has neither a user postgres nor a user nobody: \
         create one (useradd --system postgres), or start this program as an ordinary user", passwd.display()
    )]
    NoServerUser {
        /// The file of users that was read.
        passwd: PathBuf,
    },
    /// A folder on the way cannot be entered by the server's user.
    #[error(
        "the folder {} cannot be entered by the user {user}, as which the server runs because this \
         program runs as root, so {} is out of its reach: choose another place (for the data: \
         --data /var/lib/sanping), or chmod o+x {}", dir.display(), target.display(), dir.display()
    )]
    NotTraversable {
        /// The folder that cannot be entered.
        dir: PathBuf,
        /// What lies behind it.
        target: PathBuf,
        /// The server's user.
        user: String,
    },
    /// The cluster or its socket folder belongs to another user.
    #[error(
        "{} belongs to the user id {owner}, but the server runs as user id {expected}: start this \
         program as the user it was first started as, or chown -R {expected} {}", path.display(), path.display()
    )]
    WrongOwner {
        /// The folder.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who should.
        expected: u32,
    },
    /// A process may be a server on this cluster; it cannot be told.
    #[error(
        "process {pid} looks like a PostgreSQL server and may be running on {}: stop it \
         (kill -INT {pid}) and start again", data.display()
    )]
    UnclearServer {
        /// The process.
        pid: i32,
        /// The cluster's folder.
        data: PathBuf,
    },
    /// What an earlier server left running does not end.
    #[error(
        "processes of an earlier server on {} do not end (its first process was {pid}): look at \
         them with ps, end them, and start again", data.display()
    )]
    LeftBehind {
        /// The earlier server's first process.
        pid: i32,
        /// The cluster's folder.
        data: PathBuf,
    },
    /// `initdb` failed.
    #[error("could not make the cluster {}: initdb said: {said}", data.display())]
    InitFailed {
        /// Where it was to be.
        data: PathBuf,
        /// Its last lines.
        said: String,
    },
    /// The server ended before it was ready.
    #[error("the PostgreSQL server did not start ({outcome}); the end of {}: {tail}", log.display())]
    StartFailed {
        /// How it ended.
        outcome: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The server had to be killed.
    #[error(
        "the PostgreSQL server on {} did not stop as asked ({outcome}); nothing committed is lost, \
         the next start recovers it from its log", data.display()
    )]
    Unclean {
        /// The cluster's folder.
        data: PathBuf,
        /// How it ended.
        outcome: String,
    },
    /// A database may not be called this.
    #[error(
        "{name:?} cannot name a database: use 1 to 63 of a-z, 0-9 and _, beginning with a letter, \
         and not postgres, template0 or template1"
    )]
    DatabaseName {
        /// The name given.
        name: String,
    },
    /// The server refused a statement or a connection.
    #[error("could not {doing}")]
    Sql {
        /// What was being done.
        doing: String,
        /// The cause.
        source: sqlx::Error,
    },
    /// The system refused something on a file or process.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl PostgresError {
    /// For `map_err`: the system's refusal, with what was being done on which path.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// For `map_err`: the server's refusal, with what was being done.
    pub(super) fn sql(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Sql { doing, source }
    }
}
