//! The writer as a process of its own: started, listened to, killed.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use domain::stream::Position;
use infra::postgres::Options;

use crate::audit::Acknowledged;

/// How many branches a writer founds.
pub const BRANCHES: usize = 2;
/// How many numbers a writer is at, at once.
pub const AT_ONCE: usize = 16;
/// The database of a writer with a PostgreSQL of its own.
pub const DATABASE: &str = "sanping";

/// What such a PostgreSQL is started with.
#[must_use]
pub fn options() -> Options {
    Options { max_connections: 40, shared_buffers_mib: 32 }
}

/// A running writer; it ends with this value.
pub struct Writer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The server it runs, if it has said so.
    pub server: Option<u32>,
    /// It has said that it is done.
    pub ended: bool,
}

impl Writer {
    /// Starts it.
    #[must_use]
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("the writer can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, lines, server: None, ended: false }
    }

    /// Listens until that many more commands are acknowledged, or to the end.
    ///
    /// # Panics
    /// When a command has another position than before.
    pub fn listen(&mut self, most: usize, acknowledged: &mut Acknowledged) {
        let wanted = acknowledged.len().saturating_add(most);
        while acknowledged.len() < wanted {
            let Some(line) = self.lines.next() else { return };
            let line = line.expect("it speaks UTF-8");
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["server", pid] => self.server = Some(pid.parse().expect("a process id")),
                ["ack", id, position] => {
                    let position = Position(position.parse().expect("a position"));
                    let known = *acknowledged.entry(id.to_owned()).or_insert(position);
                    assert_eq!(known, position, "{id} stays where it was");
                }
                ["end"] => self.ended = true,
                _ => panic!("not a word of the writer's: {line}"),
            }
        }
    }

    /// Stops it in its tracks, and waits until it stands.
    ///
    /// # Panics
    /// When it cannot be stopped.
    pub fn pause(&self) {
        self.signal("STOP");
        let stat = format!("/proc/{}/stat", self.child.id());
        while !std::fs::read_to_string(&stat).expect("it is there").contains(") T ") {
            std::thread::yield_now();
        }
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Sends it a signal, such as `STOP`.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    /// Whether it has ended, in whatever way.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_some()
    }

    /// Kills it with SIGKILL, its server with it where it has one, and hears what it had still said.
    ///
    /// # Panics
    /// When they cannot be killed.
    pub fn kill(mut self, acknowledged: &mut Acknowledged) {
        let pids = [self.server, Some(self.child.id())].into_iter().flatten().map(|pid| pid.to_string());
        let killed = Command::new("kill").arg("-9").args(pids).status().expect("kill is there");
        assert!(killed.success());
        self.child.wait().expect("it ends");
        self.listen(usize::MAX, acknowledged);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Ended already in most cases; after a failed assertion it must not go on.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The folder of a database's socket and its name, as arguments.
///
/// # Panics
/// When it is reached in another way.
#[must_use]
pub fn address(app: &sqlx::postgres::PgConnectOptions) -> (PathBuf, String) {
    let socket = app.get_socket().expect("a private server is reached by its socket").clone();
    (socket, app.get_database().expect("it is named").to_owned())
}
