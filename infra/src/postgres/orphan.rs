//! What an earlier server left: itself, its processes, its `postmaster.pid`.
//!
//! Rules: a server that still runs on the cluster is stopped, never attached to (its settings and
//! its socket are those of another start, and it would outlive this process). A process that merely
//! got the old id is left alone. If it cannot be told, nothing is touched
//! ([`PostgresError::UnclearServer`]).
//!
//! Invariant: `postmaster.pid` is removed only when no process is attached to the shared memory it
//! names: that file is what keeps two servers off one cluster.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::error::PostgresError;
use super::layout::remove_if_there;

const POLL: Duration = Duration::from_millis(20);
/// For the fast stop, which writes a checkpoint.
const FAST_STOP: Duration = Duration::from_secs(60);
/// For the immediate stop, and for processes whose server is gone.
const HARD_STOP: Duration = Duration::from_secs(30);

/// `postmaster.pid`: one line per fact, written by the server as it gets to know them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    shared_memory: Option<(i32, i32)>,
    status: String,
}

impl PidFile {
    /// Reads the file of the cluster; none if there is none or it is not whole.
    pub(super) fn read(pgdata: &Path) -> Result<Option<Self>, PostgresError> {
        let path = path_in(pgdata);
        match fs::read(&path) {
            Ok(bytes) => Ok(Self::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PostgresError::io("read", &path)(error)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let line = |number: usize| lines.get(number - 1).copied().unwrap_or_default();
        Some(Self {
            // A lone server (`postgres --single`) writes its id as a negative number.
            pid: line(1).parse::<i32>().ok()?.checked_abs().filter(|pid| *pid != 0)?,
            shared_memory: parse_shared_memory(line(7)),
            status: line(8).to_owned(),
        })
    }

    /// Whether the server of this process id takes connections.
    pub(super) fn is_ready(&self, pid: i32) -> bool {
        self.pid == pid && self.takes_connections()
    }

    /// Whether the server takes connections, as it last said.
    pub(super) fn takes_connections(&self) -> bool {
        self.status == "ready"
    }
}

/// Key (an unsigned number in the file) and id.
fn parse_shared_memory(line: &str) -> Option<(i32, i32)> {
    let (key, id) = line.split_once(' ')?;
    Some((key.parse::<u32>().ok()?.cast_signed(), id.trim().parse().ok()?))
}

/// Leaves the cluster without a server and without the files of one. Blocks the thread.
pub(super) fn settle(pgdata: &Path) -> Result<(), PostgresError> {
    let path = path_in(pgdata);
    let Some(file) = PidFile::read(pgdata)? else {
        return remove_if_there(&path);
    };
    match occupant(file.pid, pgdata) {
        Occupant::Server => stop(file.pid, pgdata)?,
        Occupant::Unclear => {
            return Err(PostgresError::UnclearServer { pid: file.pid, data: pgdata.to_owned() });
        }
        Occupant::Nobody | Occupant::Stranger => {
            tracing::info!(pid = file.pid, "an earlier server did not stop cleanly")
        }
    }
    if let Some(memory) = file.shared_memory {
        wait_detached(memory, file.pid, pgdata)?;
    }
    remove_if_there(&path)
}

fn path_in(pgdata: &Path) -> PathBuf {
    pgdata.join("postmaster.pid")
}

/// Who has a process id.
#[derive(Debug, PartialEq, Eq)]
enum Occupant {
    /// No process, or one that has ended and was not reaped.
    Nobody,
    /// The server of this cluster.
    Server,
    /// Something else.
    Stranger,
    /// A PostgreSQL of which it cannot be told what cluster it serves.
    Unclear,
}

fn occupant(pid: i32, pgdata: &Path) -> Occupant {
    let alive = Pid::from_raw(pid).map(test_kill_process);
    if !matches!(alive, Some(Ok(()) | Err(rustix::io::Errno::PERM))) {
        return Occupant::Nobody;
    }
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => {
            let words: Vec<String> =
                line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            let works_in = fs::read_link(format!("/proc/{pid}/cwd")).ok();
            by_words(&words, works_in.as_deref(), pgdata)
        }
        Err(_) => by_line(&listed(pid), pgdata),
    }
}

/// Judges by the words of the command and by the folder the process works in, where that may be
/// seen: a server works in its cluster's folder.
fn by_words(words: &[String], works_in: Option<&Path>, pgdata: &Path) -> Occupant {
    let program = words.first().map(String::as_str).unwrap_or_default();
    if program.is_empty() {
        return Occupant::Nobody;
    }
    if Path::new(program).file_name().is_none_or(|name| name != "postgres") {
        return Occupant::Stranger;
    }
    let named = words.iter().skip_while(|word| *word != "-D").nth(1).map(PathBuf::from);
    match works_in.map(Path::to_owned).or(named.filter(|dir| dir.is_absolute())) {
        Some(dir) if dir == pgdata || fs::canonicalize(&dir).is_ok_and(|dir| dir == pgdata) => Occupant::Server,
        Some(_) => Occupant::Stranger,
        None => Occupant::Unclear,
    }
}

/// Judges by the command as `ps` prints it, on systems without `/proc`.
fn by_line(line: &str, pgdata: &Path) -> Occupant {
    let line = line.trim();
    let program = line.split(" -").next().unwrap_or_default();
    if line.is_empty() {
        Occupant::Nobody
    } else if !program.ends_with("/postgres") && program != "postgres" {
        Occupant::Stranger
    } else if line.contains(&*pgdata.to_string_lossy()) {
        Occupant::Server
    } else {
        Occupant::Unclear
    }
}

fn listed(pid: i32) -> String {
    let output =
        Command::new("ps").args(["-ww", "-o", "command=", "-p"]).arg(pid.to_string()).stdin(Stdio::null()).output();
    // Where ps cannot be run either, the process counts as unclear.
    output.map_or_else(|_| "postgres".to_owned(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn stop(pid: i32, pgdata: &Path) -> Result<(), PostgresError> {
    tracing::info!(pid, "stopping a server that an earlier process left running");
    for (signal, limit) in [(Signal::INT, FAST_STOP), (Signal::QUIT, HARD_STOP)] {
        // It may have ended meanwhile; the loop below sees that.
        let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, signal));
        if becomes(limit, || occupant(pid, pgdata) != Occupant::Server) {
            return Ok(());
        }
    }
    Err(PostgresError::LeftBehind { pid, data: pgdata.to_owned() })
}

/// Waits until no process has the server's shared memory: those of a killed server notice its
/// death on their own, within moments.
fn wait_detached(memory: (i32, i32), pid: i32, pgdata: &Path) -> Result<(), PostgresError> {
    if becomes(HARD_STOP, || attached(memory) == 0) {
        return Ok(());
    }
    Err(PostgresError::LeftBehind { pid, data: pgdata.to_owned() })
}

/// How many processes are attached. Where the system does not tell, none: the new server still
/// finds out by itself and refuses to start.
fn attached(memory: (i32, i32)) -> u64 {
    fs::read_to_string("/proc/sysvipc/shm").map_or(0, |table| attached_in(&table, memory))
}

/// The table's columns: key, id, permissions, size, creator, last user, number attached, …
fn attached_in(table: &str, (key, id): (i32, i32)) -> u64 {
    let row = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find(|row| {
        row.first().and_then(|field| field.parse().ok()) == Some(key)
            && row.get(1).and_then(|field| field.parse().ok()) == Some(id)
    });
    row.and_then(|row| row.get(6)?.parse().ok()).unwrap_or(0)
}

/// Waits until `done`, at most so long.
fn becomes(limit: Duration, done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !done() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

#[cfg(test)]
#[path = "orphan_tests.rs"]
mod tests;
