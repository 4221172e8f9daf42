//! Behind PgBouncer in transaction mode, as Debian has it: real programs through a real pooler with few sessions.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::feed::Feed;
use harness::own::{Own, SUPERUSER, Served, serve};
use harness::program::run;
use harness::wait::until;
use infra::postgres::APP_ROLE;
use sqlx::PgPool;
use tempfile::TempDir;

use crate::processes::Book;

/// The most sessions of the server that the pooler opens.
const SESSIONS: i64 = 6;

/// A pooler before a server. It ends with this value.
pub struct Bouncer {
    process: Child,
    folder: TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("it can be ended");
    }
}

impl Bouncer {
    pub async fn before(own: &Own) -> Self {
        let folder = harness::program::data();
        let (path, socket) = (folder.path().display(), own.socket().display());
        let told = format!(
            "[databases]\nsanping = host={socket} port=5432 dbname=sanping user={APP_ROLE}\n\
             [pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {path}\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = {SESSIONS}\nmax_client_conn = 400\n\
             logfile = {path}/pgbouncer.log\n"
        );
        let ini = folder.path().join("pgbouncer.ini");
        std::fs::write(&ini, told).unwrap();
        std::fs::set_permissions(&ini, std::fs::Permissions::from_mode(0o644)).unwrap();
        // Neither PostgreSQL nor the pooler runs as root: it is the same user.
        let server = own.data.path().join("postgres").metadata().unwrap();
        chown(folder.path(), Some(server.uid()), Some(server.gid())).unwrap();
        let mut command = Command::new("/usr/sbin/pgbouncer");
        command.arg("--quiet").arg(&ini).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        if Path::new("/proc/self").metadata().unwrap().uid() == 0 {
            command.uid(server.uid()).gid(server.gid());
        }
        let process = command.spawn().expect("pgbouncer is installed: ./dev test does that");
        let bouncer = Self { process, folder };
        until("the pooler", Duration::from_secs(20), async || {
            bouncer.folder.path().join(".s.PGSQL.6432").exists().then_some(())
        })
        .await;
        bouncer
    }

    pub fn url(&self) -> String {
        format!("postgres://{APP_ROLE}@localhost:6432/sanping?host={}", self.folder.path().display())
    }
}

fn serving(own: &Own, url: &str) -> Served {
    serve(own.data.path(), &["--database-url", url, "--pooler", "transaction"])
}

#[test]
fn a_url_that_asks_for_tls_is_not_reached_without_it() {
    let place = harness::program::data();
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("postgres://somebody@127.0.0.1:1/sanping?sslmode={mode}");
        let refused = run(place.path(), &["--database-url", &url, "--pooler", "transaction", "serve"]);
        let told = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(1) && told.contains("asks for TLS (sslmode)"), "{mode}: {told}");
    }
    // A socket leaves the machine by no wire: it is tried, and nobody is there.
    let url = "postgres://somebody@localhost/sanping?sslmode=require&host=/nowhere";
    let tried = run(place.path(), &["--database-url", url, "--pooler", "transaction", "serve"]);
    let told = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.code() == Some(1) && !told.contains("TLS"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_serve_through_a_pooler_that_gives_each_transaction_another_session() {
    let own = Own::with("sanping").await;
    let bouncer = Bouncer::before(&own).await;
    let url = bouncer.url();
    let refused = run(own.data.path(), &["--database-url", &url, "serve", "--listen", "127.0.0.1:0"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && told.contains("start with --pooler transaction"), "{told}");

    let (killed, stays, other) = (serving(&own, &url), serving(&own, &url), serving(&own, &url));
    let mut book = Book::open(&killed.api).await;
    let mut feed = Feed::open(&stays.address, None).await;
    let trail = "subscription { auditTrail(after: \"0\", filter: { type: \"member_registered\" }) { commandId } }";
    let id = feed.subscribe(trail).await;
    for number in 0..6 {
        book.register(&[&killed, &stays, &other][number % 3].api).await;
        assert_eq!(feed.next_of(&id).await["auditTrail"]["commandId"], format!("member-{number}"));
    }
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let sessions = "select count(*) from pg_stat_activity where usename = 'sanping_app'";
    let count = async || -> i64 { sqlx::query_scalar(sessions).fetch_one(&superuser).await.unwrap() };
    assert!((1..=SESSIONS).contains(&count().await), "{}", count().await);
    let settings =
        "select array_to_string(setconfig, ' ') from pg_db_role_setting where setrole = 'sanping_app'::regrole";
    let settings: String = sqlx::query_scalar(settings).fetch_one(&superuser).await.unwrap();
    assert!(settings.contains("enable_seqscan=off") && settings.contains("statement_timeout=1min"), "{settings}");

    killed.program.kill();
    for served in [&stays, &other] {
        book.register(&served.api).await;
    }
    let rebuilt =
        run(own.data.path(), &["--database-url", &url, "--pooler", "transaction", "projections", "rebuild", "members"]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    book.register(&other.api).await;
    assert!((1..=SESSIONS).contains(&count().await), "{}", count().await);
    superuser.close().await;
    book.hold(&stays.api, own.data.path(), &own.url(APP_ROLE, "sanping")).await;
    let verified = run(own.data.path(), &["--database-url", &url, "--pooler", "transaction", "projections", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
