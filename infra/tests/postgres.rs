//! The private cluster on real PostgreSQL: first start, restart, crash, and every refusal on the way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use infra::postgres::{Binaries, Cluster, Endpoints, Options, PostgresError, Search};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, test_kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

const SMALL: Options = Options { max_connections: 10, shared_buffers_mib: 16 };
/// Longer than any stop takes; reaching it is a failure.
const LONG: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A folder that the server's user can enter, also when this runs as root.
fn place() -> TempDir {
    let dir = tempfile::Builder::new().prefix("sanping-").tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    dir
}

async fn open(data: &Path) -> Result<Cluster, PostgresError> {
    Cluster::open(data, &Binaries::find(&Search::default(), data)?, SMALL).await
}

async fn run(address: &PgConnectOptions, statement: &str) -> Result<(), sqlx::Error> {
    let mut connection: PgConnection = address.connect().await?;
    connection.execute(statement).await?;
    connection.close().await
}

async fn ask(address: &PgConnectOptions, query: &str) -> String {
    let mut connection: PgConnection = address.connect().await.unwrap();
    let answer = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}

async fn with_a_row(cluster: &Cluster) -> Endpoints {
    let endpoints = cluster.ensure_database("kept").await.unwrap();
    run(&endpoints.owner, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('三评')").await.unwrap();
    endpoints
}

async fn row(cluster: &Cluster) -> String {
    let endpoints = cluster.ensure_database("kept").await.unwrap();
    ask(&endpoints.owner, "SELECT word FROM kept").await
}

fn kill_hard(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn the_first_start_makes_a_cluster_and_the_second_finds_its_rows() {
    let place = place();
    let data = place.path().join("made/by/it");
    let cluster = open(&data).await.unwrap();
    let endpoints = with_a_row(&cluster).await;
    assert!(!data.join("postgres.unfinished").exists());
    let settings = "SELECT concat_ws(' ', current_setting('fsync'), current_setting('data_checksums'), \
                    current_setting('server_encoding'), current_setting('max_connections'), current_setting('jit'), \
                    '[' || current_setting('listen_addresses') || ']')";
    assert_eq!(ask(&endpoints.app, settings).await, "on on UTF8 10 off []");
    cluster.stop().await.unwrap();
    assert!(!data.join("postgres/postmaster.pid").exists());

    let cluster = open(&data).await.unwrap();
    assert_eq!(row(&cluster).await, "三评");
    drop(cluster);
    assert!(!data.join("postgres/postmaster.pid").exists(), "dropping stops the server too");
}

#[tokio::test]
async fn nobody_but_the_servers_user_reaches_the_socket() {
    let place = place();
    let cluster = open(&place.path().join("data")).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(cluster.socket_dir()), 0o700);
    assert_eq!(mode(&cluster.socket_dir().join(".s.PGSQL.5432")), 0o700);
    assert_eq!(mode(&place.path().join("data/postgres")), 0o700);
    assert_eq!(mode(&place.path().join("data/postgres.log")), 0o600);
    let server = fs::read(format!("/proc/{}/environ", cluster.server_pid()));
    let seen = server.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    assert!(!seen.contains("HOME=") && !seen.contains("CARGO"), "{seen}");
}

#[tokio::test]
async fn committed_rows_survive_the_death_of_the_server() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    with_a_row(&cluster).await;
    kill_hard(cluster.server_pid());
    assert!(cluster.exited().await.contains("signal: 9"));
    let error = cluster.stop().await.unwrap_err();
    assert!(matches!(error, PostgresError::Unclean { .. }), "{error}");

    assert_eq!(row(&open(place.path()).await.unwrap()).await, "三评");
}

#[tokio::test]
async fn a_second_process_is_refused_while_the_first_holds_the_data() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    let said = open(place.path()).await.unwrap_err().to_string();
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    assert!(said.contains(place.path().to_str().unwrap()), "{said}");
    assert!(test_kill_process(Pid::from_raw(cluster.server_pid()).unwrap()).is_ok());
    cluster.stop().await.unwrap();
    open(place.path()).await.unwrap();
}

/// Starts this test binary once more, to hold a cluster until it is killed: the path beside the
/// name of the test is what tells it so. Answers when the cluster is up.
fn holder(data: &Path) -> (Other, i32) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_holder_says_which_server_it_holds", "--nocapture"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map(Other)
        .unwrap();
    let lines = BufReader::new(child.0.stdout.as_mut().unwrap()).lines();
    let pid = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("server ")?.parse().ok());
    (child, pid.expect("the child says the server's id"))
}

#[tokio::test]
async fn a_holder_says_which_server_it_holds() {
    let Some(data) = std::env::args().map(PathBuf::from).find(|word| word.is_absolute() && word.is_dir()) else {
        return;
    };
    let cluster = open(&data).await.unwrap();
    with_a_row(&cluster).await;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nserver {}", cluster.server_pid()).unwrap();
    out.flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
async fn the_server_ends_when_its_process_is_killed() {
    let place = place();
    let (child, pid) = holder(place.path());
    let server = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap();
    drop(child);
    let ended = poll(&mut [PollFd::new(&server, PollFlags::IN)], Some(&LONG)).unwrap();
    assert_eq!(ended, 1, "the server is still there");
    assert_eq!(row(&open(place.path()).await.unwrap()).await, "三评");
}

#[tokio::test]
async fn killed_together_with_its_server_everything_committed_is_there() {
    let place = place();
    let (mut child, pid) = holder(place.path());
    // Halted first, so that it cannot stop in order when its parent dies.
    kill_process(Pid::from_raw(pid).unwrap(), Signal::STOP).unwrap();
    child.0.kill().unwrap();
    kill_hard(pid);
    drop(child);
    assert_eq!(row(&open(place.path()).await.unwrap()).await, "三评");
}

/// Another process of the test's, which ends with it also when it fails.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        // One that has ended already is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command run as the owner of the cluster in `data`.
fn as_owner(program: PathBuf, data: &Path) -> Command {
    let owner = fs::metadata(data.join("postgres")).unwrap();
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if rustix::process::geteuid().is_root() {
        command.gid(owner.gid()).uid(owner.uid());
    }
    command
}

#[tokio::test]
async fn a_server_left_running_is_stopped_not_attached_to() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    with_a_row(&cluster).await;
    cluster.stop().await.unwrap();
    let program = Binaries::find(&Search::default(), place.path()).unwrap().dir().join("postgres");
    let mut left = as_owner(program, place.path())
        .arg("-D")
        .arg(place.path().join("postgres"))
        .args(["-c", "listen_addresses=", "-c"])
        .arg(format!("unix_socket_directories={}", place.path().join("socket").display()))
        .stderr(Stdio::piped())
        .spawn()
        .map(Other)
        .unwrap();
    let mut said = BufReader::new(left.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("ready to accept connections")));

    let cluster = open(place.path()).await.unwrap();
    assert!(left.0.wait().unwrap().success(), "it was stopped in order");
    assert_ne!(cluster.server_pid(), i32::try_from(left.0.id()).unwrap());
    assert_eq!(row(&cluster).await, "三评");
}

#[tokio::test]
async fn no_server_starts_while_a_process_of_the_dead_one_is_on_the_cluster() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    let endpoints = with_a_row(&cluster).await;
    let mut connection: PgConnection = endpoints.app.connect().await.unwrap();
    let backend = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await.unwrap();
    let backend = Pid::from_raw(backend).unwrap();
    // Halted, it cannot notice that its server dies.
    kill_process(backend, Signal::STOP).unwrap();
    kill_hard(cluster.server_pid());
    cluster.exited().await;
    drop(cluster);

    let mut opening = std::pin::pin!(open(place.path()));
    let early = tokio::time::timeout(Duration::from_secs(3), &mut opening).await;
    kill_process(backend, Signal::CONT).unwrap();
    assert!(early.is_err(), "it waits for the halted process");
    assert_eq!(row(&opening.await.unwrap()).await, "三评");
}

#[tokio::test]
async fn lock_files_whose_id_another_program_got_are_dropped_and_it_is_left_alone() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    let socket_dir = cluster.socket_dir().to_owned();
    cluster.stop().await.unwrap();
    let pgdata = place.path().join("postgres");
    let mut stranger = Other(as_owner("sleep".into(), place.path()).arg("600").spawn().unwrap());
    let lock = format!("{}\n{}\n1700000000\n5432\n{}\n", stranger.0.id(), pgdata.display(), socket_dir.display());
    fs::write(pgdata.join("postmaster.pid"), &lock).unwrap();
    fs::write(socket_dir.join(".s.PGSQL.5432.lock"), &lock).unwrap();

    open(place.path()).await.unwrap().stop().await.unwrap();
    assert!(stranger.0.try_wait().unwrap().is_none(), "the other program still runs");
}

#[tokio::test]
async fn an_initdb_that_was_interrupted_is_done_again() {
    let place = place();
    let unfinished = place.path().join("postgres.unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15").unwrap();
    open(place.path()).await.unwrap().stop().await.unwrap();
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_long_path_gets_a_short_folder_for_its_socket() {
    let place = place();
    let data = place.path().join("a-long-name".repeat(10));
    let cluster = open(&data).await.unwrap();
    with_a_row(&cluster).await;
    let socket_dir = cluster.socket_dir().to_owned();
    assert!(socket_dir.exists() && !socket_dir.starts_with(place.path()), "{socket_dir:?}");
    cluster.stop().await.unwrap();
    assert!(!socket_dir.exists(), "it is taken away with the server");
}

#[tokio::test]
async fn a_cluster_of_another_version_is_refused_and_stays_as_it_is() {
    let place = place();
    let pgdata = place.path().join("postgres");
    fs::create_dir(&pgdata).unwrap();
    fs::write(pgdata.join("PG_VERSION"), "3\n").unwrap();
    give_to_server(&pgdata);
    let error = open(place.path()).await.unwrap_err();
    assert!(matches!(error, PostgresError::VersionMismatch { data_major: 3, .. }), "{error}");
    assert_eq!(fs::read_dir(&pgdata).unwrap().count(), 1);
}

/// As root: to the user the server would run as.
fn give_to_server(path: &Path) {
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let id = passwd.lines().find_map(|line| line.strip_prefix("postgres:x:")?.split(':').next()?.parse().ok());
    if rustix::process::geteuid().is_root() {
        chown(path, id.or(Some(65534)), None).unwrap();
    }
}

#[tokio::test]
async fn a_folder_of_something_else_is_not_taken_for_a_cluster() {
    let place = place();
    fs::create_dir(place.path().join("postgres")).unwrap();
    fs::write(place.path().join("postgres/letters"), "").unwrap();
    let error = open(place.path()).await.unwrap_err();
    assert!(matches!(error, PostgresError::NotACluster { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_the_servers_user_cannot_enter_is_named() {
    let place = place();
    let closed = place.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let opened = open(&closed.join("data")).await;
    if !rustix::process::geteuid().is_root() {
        return opened.unwrap().stop().await.unwrap();
    }
    let said = opened.unwrap_err().to_string();
    assert!(said.contains(&format!("the folder {} cannot be entered", closed.display())), "{said}");
    assert!(said.contains("--data /var/lib/sanping"), "{said}");
}

#[tokio::test]
async fn a_cluster_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = place();
    open(place.path()).await.unwrap().stop().await.unwrap();
    chown(place.path().join("postgres"), Some(3_999_999), None).unwrap();
    let error = open(place.path()).await.unwrap_err();
    assert!(matches!(error, PostgresError::WrongOwner { owner: 3_999_999, .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_start_is_reported_with_the_end_of_its_log() {
    let place = place();
    open(place.path()).await.unwrap().stop().await.unwrap();
    fs::remove_file(place.path().join("postgres/global/pg_control")).unwrap();
    let said = open(place.path()).await.unwrap_err().to_string();
    assert!(said.contains("pg_control") && said.contains("postgres.log"), "{said}");
}

#[tokio::test]
async fn the_roles_can_do_what_they_are_for_and_no_more() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    let (first, again) = tokio::join!(cluster.ensure_database("one"), cluster.ensure_database("one"));
    let (one, _) = (first.unwrap(), again.unwrap());
    let two = cluster.ensure_database("two").await.unwrap();

    run(&one.owner, "CREATE SCHEMA org; CREATE TABLE org.events (position bigint)").await.unwrap();
    run(&one.owner, "GRANT USAGE ON SCHEMA org TO sanping_app; GRANT INSERT ON org.events TO sanping_app")
        .await
        .unwrap();
    run(&one.app, "INSERT INTO org.events VALUES (1)").await.unwrap();
    for (address, refused) in [
        (&one.app, "CREATE TABLE mine (a int)"),
        (&one.app, "DELETE FROM org.events"),
        (&one.app, "SET ROLE sanping_owner"),
        (&one.owner, "CREATE ROLE more"),
        (&one.owner, "CREATE DATABASE more"),
        (&one.owner, "SET ROLE sanping_bootstrap"),
    ] {
        let error = run(address, refused).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{refused}: {error}");
    }
    assert_eq!(ask(&two.app, "SELECT current_user || ' ' || current_database()").await, "sanping_app two");
}

#[tokio::test]
async fn a_database_is_copied_from_a_template_and_dropped_under_its_users() {
    let place = place();
    let cluster = open(place.path()).await.unwrap();
    with_a_row(&cluster).await;
    let copy = cluster.create_database_from_template("copy", "kept").await.unwrap();
    assert_eq!(ask(&copy.owner, "SELECT word FROM kept").await, "三评");
    assert_eq!(ask(&copy.app, "SELECT current_database()::text").await, "copy");
    assert!(cluster.create_database_from_template("copy", "kept").await.is_err());

    let _held: PgConnection = copy.app.connect().await.unwrap();
    cluster.drop_database("copy").await.unwrap();
    cluster.drop_database("copy").await.unwrap();
    assert!(run(&copy.app, "SELECT 1").await.is_err());
    assert_eq!(row(&cluster).await, "三评");
}

#[test]
fn the_data_lies_where_the_servers_user_can_go() {
    assert_eq!(Cluster::default_data_dir(false), Path::new(".sanping"));
    assert_eq!(Cluster::default_data_dir(true), Path::new("/var/lib/sanping"));
}
