//! The running cluster: open, stop, and what it was told at its start.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::binaries::Binaries;
use super::error::PostgresError;
use super::initdb::{self, bare_command, last_lines};
use super::layout::{Layout, PORT};
use super::memory;
use super::orphan::{self, PidFile};
use super::process::{ServerProcess, end_with_parent};
use super::user::ServerUser;

const POLL: Duration = Duration::from_millis(10);
/// How often a long start is spoken of.
const SPEAK: Duration = Duration::from_secs(5);
/// For the fast stop, which writes a checkpoint.
const FAST_STOP: Duration = Duration::from_secs(60);
/// For the immediate stop, which does not.
const HARD_STOP: Duration = Duration::from_secs(10);

/// What may differ between clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Connections the server takes at once.
    pub max_connections: u16,
    /// The server's page cache in MiB.
    pub shared_buffers_mib: u32,
}

impl Default for Options {
    fn default() -> Self {
        // A program that serves, builds and verification, and two or three that run beside it.
        Self { max_connections: 100, shared_buffers_mib: memory::page_cache_mib() }
    }
}

/// A private PostgreSQL server on a data directory, which it holds alone.
///
/// It ends with this value: [`Cluster::stop`] waits without blocking, dropping blocks the thread
/// until the server has stopped (moments; at most a minute). It ends with the process too, however
/// that ends.
#[derive(Debug)]
pub struct Cluster {
    server: ServerProcess,
    layout: Layout,
    stopped: bool,
    /// Given up last, when the server is gone.
    _lock: File,
}

impl Cluster {
    /// Where the data lies when nobody says: `./.sanping`, or as root `/var/lib/sanping`, since a
    /// home directory is often closed to the server's user.
    #[must_use]
    pub fn default_data_dir(is_root: bool) -> PathBuf {
        PathBuf::from(if is_root { "/var/lib/sanping" } else { ".sanping" })
    }

    /// Starts the server on `data_dir`, making the directory and the cluster on the first start,
    /// and returns when it takes connections. After a crash that is when it has recovered.
    ///
    /// # Errors
    /// Every one of [`PostgresError`] but those on databases and statements.
    pub async fn open(data_dir: &Path, binaries: &Binaries, options: Options) -> Result<Self, PostgresError> {
        let (data_dir, binaries) = (data_dir.to_owned(), binaries.clone());
        blocking(move || Self::open_now(&data_dir, &binaries, options)).await
    }

    /// Stops the server: open transactions are rolled back, connections closed, a checkpoint
    /// written.
    ///
    /// # Errors
    /// [`PostgresError::Unclean`] if the server had died or had to be killed.
    pub async fn stop(self) -> Result<(), PostgresError> {
        let mut cluster = self;
        blocking(move || cluster.stop_now()).await
    }

    /// Returns when the server has ended on its own, with the words for how. For whoever serves
    /// from it and should not go on without it.
    pub async fn exited(&self) -> String {
        let mut exit = self.server.watch_exit();
        let status = exit.wait_for(Option::is_some).await.ok().and_then(|status| *status);
        status.map_or_else(|| "its end was not seen".to_owned(), |status| status.to_string())
    }

    /// The process id of the server.
    #[must_use]
    pub fn server_pid(&self) -> i32 {
        self.server.pid()
    }

    /// The folder of the server's socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.layout.socket_dir
    }

    fn open_now(data_dir: &Path, binaries: &Binaries, options: Options) -> Result<Self, PostgresError> {
        let user = ServerUser::choose(&super::layout::pgdata(data_dir))?;
        let layout = Layout::prepare(data_dir, &user)?;
        let lock = layout.lock(&user)?;
        user.check_reach(&layout.data)?;
        user.check_reach(&canonical(binaries.dir())?)?;
        orphan::settle(&layout.pgdata)?;
        initdb::ensure(&layout, binaries, &user)?;
        layout.prepare_socket_dir(&user)?;
        let server = start(&layout, binaries, &user, options)?;
        let mut cluster = Self { server, layout, stopped: false, _lock: lock };
        if let Err(error) = cluster.wait_ready() {
            cluster.stopped = cluster.server.exit_status().is_some();
            return Err(error);
        }
        tracing::info!(data = %cluster.layout.data.display(), version = binaries.version(), "PostgreSQL is ready");
        Ok(cluster)
    }

    /// Waits for line 8 of `postmaster.pid`. There is no limit: a recovery takes what it takes, and
    /// a server that gives up ends.
    fn wait_ready(&self) -> Result<(), PostgresError> {
        let mut spoken = Instant::now();
        loop {
            if let Some(status) = self.server.exit_status() {
                return Err(self.start_failed(status.to_string()));
            }
            if PidFile::read(&self.layout.pgdata)?.is_some_and(|file| file.is_ready(self.server.pid())) {
                return Ok(());
            }
            if spoken.elapsed() >= SPEAK {
                spoken = Instant::now();
                tracing::info!(log = %self.layout.log.display(), "PostgreSQL is still starting");
            }
            std::thread::sleep(POLL);
        }
    }

    fn start_failed(&self, outcome: String) -> PostgresError {
        let log = self.layout.log.clone();
        let tail = fs::read(&log).map(|bytes| last_lines(&String::from_utf8_lossy(&bytes), 5)).unwrap_or_default();
        PostgresError::StartFailed { outcome, log, tail }
    }

    fn stop_now(&mut self) -> Result<(), PostgresError> {
        self.stopped = true;
        let unclean = |outcome| PostgresError::Unclean { data: self.layout.pgdata.clone(), outcome };
        if let Some(status) = self.server.exit_status() {
            return Err(unclean(format!("it had ended before: {status}")));
        }
        self.server.signal(Signal::INT);
        if let Some(status) = self.server.wait(FAST_STOP) {
            self.layout.remove_short_socket_dir();
            return if status.success() { Ok(()) } else { Err(unclean(status.to_string())) };
        }
        for signal in [Signal::QUIT, Signal::KILL] {
            self.server.signal(signal);
            if self.server.wait(HARD_STOP).is_some() {
                break;
            }
        }
        Err(unclean(format!("it was still there after {} seconds", FAST_STOP.as_secs())))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.stopped
            && let Err(error) = self.stop_now()
        {
            tracing::warn!("{error}");
        }
    }
}

fn canonical(dir: &Path) -> Result<PathBuf, PostgresError> {
    fs::canonicalize(dir).map_err(PostgresError::io("find", dir))
}

fn start(
    layout: &Layout,
    binaries: &Binaries,
    user: &ServerUser,
    options: Options,
) -> Result<ServerProcess, PostgresError> {
    let program = binaries.program("postgres");
    let log = layout.open_log(user)?;
    let also = log.try_clone().map_err(PostgresError::io("open", &layout.log))?;
    let mut command = bare_command(&program, user);
    command.arg("-D").arg(&layout.pgdata).stdout(Stdio::from(also)).stderr(Stdio::from(log));
    for setting in settings(layout, options) {
        command.arg("-c").arg(setting);
    }
    if knows_lz4(&program, layout, user) {
        command.arg("-c").arg(LZ4);
    }
    own_process_group(&mut command);
    end_with_parent(&mut command, Signal::INT);
    ServerProcess::spawn(command).map_err(PostgresError::io("start", &program))
}

/// Whether the program was built with that compression: it refuses the setting otherwise.
fn knows_lz4(program: &Path, layout: &Layout, user: &ServerUser) -> bool {
    let mut command = bare_command(program, user);
    command.arg("-D").arg(&layout.pgdata).args(["-C", "wal_compression", "-c", LZ4]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// An interrupt from the terminal goes to a whole group; the server is to stop after its clients.
fn own_process_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// What the server is told. On the command line, so that it is the same at every start.
fn settings(layout: &Layout, options: Options) -> Vec<OsString> {
    let mut socket_dirs = OsString::from("unix_socket_directories=\"");
    socket_dirs.push(&layout.socket_dir);
    socket_dirs.push("\"");
    let mut settings = vec![socket_dirs];
    let sized = [
        format!("port={PORT}"),
        format!("max_connections={}", options.max_connections),
        format!("shared_buffers={}MB", options.shared_buffers_mib),
    ];
    settings.extend(sized.map(OsString::from));
    settings.extend(FIXED_SETTINGS.map(OsString::from));
    settings
}

/// Smaller full-page images at little cost. The way that every build knows, `pglz`, took two fifths of the server's time
/// while projections were rebuilt: better none than that.
const LZ4: &str = "wal_compression=lz4";

const FIXED_SETTINGS: [&str; 15] = [
    // Reached by its socket alone.
    "listen_addresses=",
    "unix_socket_permissions=0700",
    // What is acknowledged is on the disk.
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    // Appends come in bursts: fewer checkpoints.
    "max_wal_size=2GB",
    // Compiling the many small queries costs more than it saves.
    "jit=off",
    "log_destination=stderr",
    "logging_collector=off",
    "log_line_prefix=%m [%p] %q%u@%d ",
    // An error is told without the statement it is of and without the values that were in the way.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_timezone=UTC",
    "timezone=UTC",
    "cluster_name=sanping",
];

/// Runs what blocks on a thread that may; a panic there goes on here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
