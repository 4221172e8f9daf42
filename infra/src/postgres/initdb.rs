//! Making the cluster, once.
//!
//! Invariant: `DATA/postgres` is a whole cluster or is not there: `initdb` works under another name
//! and the result is renamed.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::binaries::Binaries;
use super::error::PostgresError;
use super::layout::{Layout, cluster_major};
use super::process::end_with_parent;
use super::user::ServerUser;

/// The role that made the cluster; a superuser, known to this module only.
pub(super) const BOOTSTRAP_ROLE: &str = "sanping_bootstrap";

/// Makes the cluster if there is none; checks the one that is there. Blocks the thread.
pub(super) fn ensure(layout: &Layout, binaries: &Binaries, user: &ServerUser) -> Result<(), PostgresError> {
    let pgdata = &layout.pgdata;
    if let Some(data_major) = cluster_major(pgdata) {
        user.check_owner(pgdata)?;
        return check_version(pgdata, data_major, binaries);
    }
    if fs::read_dir(pgdata).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(PostgresError::NotACluster { dir: pgdata.clone() });
    }
    make(layout, binaries, user)
}

fn check_version(pgdata: &Path, data_major: u32, binaries: &Binaries) -> Result<(), PostgresError> {
    if data_major == binaries.major() {
        return Ok(());
    }
    Err(PostgresError::VersionMismatch {
        data: pgdata.to_owned(),
        data_major,
        bin: binaries.dir().to_owned(),
        bin_major: binaries.major(),
    })
}

fn make(layout: &Layout, binaries: &Binaries, user: &ServerUser) -> Result<(), PostgresError> {
    tracing::info!(
        data = %layout.pgdata.display(), version = binaries.version(),
        "first start: making the PostgreSQL cluster, which takes a few seconds"
    );
    let unfinished = layout.data.join("postgres.unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(PostgresError::io("remove the unfinished", &unfinished))?;
    }
    DirBuilder::new().mode(0o700).create(&unfinished).map_err(PostgresError::io("make the folder", &unfinished))?;
    user.own(&unfinished)?;
    run(&unfinished, binaries, user)?;
    fs::rename(&unfinished, &layout.pgdata).map_err(PostgresError::io("name the finished cluster", &layout.pgdata))?;
    // initdb has synced the files; this makes the new name last.
    let synced = File::open(&layout.data).and_then(|data| data.sync_all());
    synced.map_err(PostgresError::io("sync", &layout.data))
}

fn run(pgdata: &Path, binaries: &Binaries, user: &ServerUser) -> Result<(), PostgresError> {
    let mut command = bare_command(&binaries.program("initdb"), user);
    command
        .arg("--pgdata")
        .arg(pgdata)
        .args(["--username", BOOTSTRAP_ROLE, "--encoding=UTF8", "--locale=C", "--data-checksums"])
        // Trust is as narrow as the socket's folder, which only the server's user may enter.
        .args(["--auth-local=trust", "--auth-host=reject", "--no-instructions"]);
    end_with_parent(&mut command, Signal::TERM);
    let output = command.output().map_err(PostgresError::io("run", &binaries.program("initdb")))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = last_lines(&String::from_utf8_lossy(&output.stderr), 5);
    if said.contains("could not look up effective user ID") {
        said.push_str(" (give this user an entry in /etc/passwd, or start this program as another user)");
    }
    Err(PostgresError::InitFailed { data: pgdata.to_owned(), said })
}

/// A server program run as the server's user, in a place that user may be, and with nothing of this
/// process's environment: it may hold keys that the database must not see.
pub(super) fn bare_command(program: &Path, user: &ServerUser) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]);
    command.current_dir("/").stdin(Stdio::null());
    user.apply(&mut command);
    command
}

/// The last lines that say something, on one line.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join(" | ")
}
