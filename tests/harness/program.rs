//! The program itself, as a process: started, watched, killed.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use tempfile::TempDir;

/// A data folder that the server's user can enter, removed at the end.
#[must_use]
pub fn data() -> TempDir {
    let folder = tempfile::Builder::new().prefix("sanping-data-").tempdir_in("/var/tmp").expect("a folder can be made");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    folder
}

/// The program as it was built beside this test.
#[must_use]
pub fn sanping() -> PathBuf {
    let mut folder = std::env::current_exe().expect("a test knows where it is");
    while folder.pop() {
        let program = folder.join("sanping");
        if program.is_file() {
            return program;
        }
    }
    panic!("sanping is not built; run `cargo build -p infra` first")
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(sanping());
    command.arg("--data").arg(data).args(arguments).env_remove("DATABASE_URL");
    command
}

/// Runs it to its end.
#[must_use]
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    command(data, arguments).output().expect("sanping can be started")
}

/// What it printed, when it ended well.
#[must_use]
pub fn answer(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it speaks UTF-8")
}

/// A running program.
pub struct Running {
    child: Child,
    data: PathBuf,
    /// The lines of its answer.
    said: Receiver<String>,
    /// The lines on long work and accidents.
    told: Receiver<String>,
}

impl Drop for Running {
    /// A test that fails leaves nothing running. One that has ended is not there to be killed.
    fn drop(&mut self) {
        let _killed = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Running {
    /// Starts it.
    #[must_use]
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(data, arguments, &[])
    }

    /// Starts it with these variables.
    #[must_use]
    pub fn start_with(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = command(data, arguments)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sanping can be started");
        let said = lines(child.stdout.take().expect("it is piped"));
        let told = lines(child.stderr.take().expect("it is piped"));
        Self { child, data: data.to_owned(), said, told }
    }

    /// Waits for a line on standard output that holds a text; answers the line.
    ///
    /// # Panics
    /// When it ends without saying so.
    #[must_use]
    pub fn until_said(&self, text: &str) -> String {
        let ended = || panic!("it ended without saying {text:?}: {:?}", self.told.iter().collect::<Vec<_>>());
        self.says(text).unwrap_or_else(ended)
    }

    /// The same, or nothing when it ends without saying so.
    #[must_use]
    pub fn says(&self, text: &str) -> Option<String> {
        self.said.iter().find(|line| line.contains(text))
    }

    /// Waits for a line on standard error that holds a text.
    ///
    /// # Panics
    /// When it ends without telling so.
    pub fn until_told(&self, text: &str) {
        assert!(self.told.iter().any(|line| line.contains(text)), "it ended without telling {text:?}");
    }

    /// Sends it a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, and what it told last, where it has ended.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().expect("it can be asked")?;
        Some(format!("{status}: {:?}", self.last_words()))
    }

    /// What it has told on standard error that nobody has heard yet.
    #[must_use]
    pub fn last_words(&self) -> Vec<String> {
        self.told.try_iter().collect()
    }

    /// Stops it in its tracks for a time.
    pub fn pause(&self, time: std::time::Duration) {
        self.signal("-STOP");
        std::thread::sleep(time);
        self.signal("-CONT");
    }

    /// Kills it with SIGKILL and waits for its end. Its PostgreSQL loses its parent.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Kills its PostgreSQL and itself with SIGKILL, the server first, so that nothing is tidied up.
    pub fn kill_with_postgres(self) {
        let pid_file = std::fs::read_to_string(self.data.join("postgres/postmaster.pid")).expect("PostgreSQL runs");
        let pid = pid_file.lines().next().expect("the first line is the process id");
        let killed = Command::new("kill").args(["-9", pid]).status().expect("kill is there");
        assert!(killed.success(), "PostgreSQL {pid} can be killed");
        self.kill();
    }

    /// Asks it to stop and waits for its end; answers what it has told on standard error that nobody has heard yet.
    #[must_use]
    pub fn told_at_the_end(mut self) -> Vec<String> {
        self.end();
        self.told.iter().collect()
    }

    /// Asks it to stop and waits for its end.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill is there");
        assert!(asked.success());
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}

/// Reads lines on a thread of their own, so that a full pipe never holds the program up.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Nobody listens any more; the pipe is drained all the same.
            let _unheard = sender.send(line);
        }
    });
    lines
}
