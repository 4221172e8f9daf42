//! What befalls the database under a program that serves: its disk is full, it is a standby, its clock steps back. Nothing that
//! was acknowledged is lost, who asks is told, and it heals.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use domain::id::BranchId;
use domain::stream::Position;
use graphql::ports::AsOf;
use harness::client::Api;
use harness::crowd::{organisation, rename, send};
use harness::ground::Ground;
use harness::own::{SUPERUSER, Served, serve};
use harness::program::{Running, data, run};
use harness::wait::until;
use infra::postgres::{APP_ROLE, Binaries, OWNER_ROLE, Search};
use serde_json::{Value, json};
use sqlx::PgPool;

fn tool(name: &str) -> Command {
    let binaries = Binaries::find(&Search::default(), Path::new("/")).unwrap();
    Command::new(binaries.dir().join(name))
}

/// Runs a command as whoever owns a folder.
fn like_owner_of(folder: &Path, mut command: Command) {
    let (owner, own) = (folder.metadata().unwrap(), Path::new("/proc/self").metadata().unwrap());
    if owner.uid() != own.uid() {
        command.gid(owner.gid()).uid(owner.uid());
    }
    let output = command.current_dir("/").output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn url(socket: &Path, role: &str) -> String {
    format!("postgres://{role}@localhost/sanping?host={}", socket.display())
}

/// Sends a command under an id; what was answered, or nothing where nobody did.
async fn tried(api: &Api, number: usize) -> Option<Value> {
    let query = "mutation($input: EstablishBranchInput!) { establishBranch(input: $input) { position replayed refusal { code } } }";
    let (kind, parent) = if number == 0 { ("COMMITTEE", None) } else { ("BRANCH", Some(BranchId::root().to_string())) };
    let name = format!("新{number}支部");
    let input =
        json!({ "commandId": format!("c-{number}"), "kind": kind, "name": name, "on": "2020-01-01", "parent": parent });
    api.ask(query, json!({ "input": input })).await.ok()
}

fn position(answer: &Value) -> Option<u64> {
    answer["data"]["establishBranch"]["position"].as_str()?.parse().ok()
}

/// A small disk of its own, for whoever may mount one.
struct Disk {
    folder: PathBuf,
    filler: PathBuf,
    _above: tempfile::TempDir,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What still has files open there keeps it until it ends.
        let _left = Command::new("umount").args(["--lazy", self.folder.to_str().unwrap_or_default()]).status();
    }
}

impl Disk {
    fn of(megabytes: u32) -> Self {
        let above = data();
        let folder = above.path().join("disk");
        fs::create_dir(&folder).unwrap();
        let size = format!("size={megabytes}m,mode=755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&folder).status().unwrap();
        assert!(mounted.success(), "root may mount a small disk");
        Self { filler: folder.join("filler"), folder, _above: above }
    }

    /// Takes all the room there is left.
    fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(&self.filler).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(&self.filler).unwrap();
    }
}

/// Each command that was acknowledged is answered again with its position; what was not is done once, now.
async fn nothing_is_lost(api: &Api, acknowledged: &[(usize, u64)], failed: &[usize]) {
    for (number, at) in acknowledged {
        let again = tried(api, *number).await.unwrap();
        let replayed = again["data"]["establishBranch"]["replayed"] == json!(true);
        assert!(replayed && position(&again) == Some(*at), "{number}: {again}");
    }
    let mut positions: Vec<u64> = acknowledged.iter().map(|(_, at)| *at).collect();
    for number in failed {
        let done = tried(api, *number).await.unwrap();
        positions.push(position(&done).unwrap_or_else(|| panic!("{number}: {done}")));
    }
    positions.sort_unstable();
    let distinct = positions.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(distinct, "two commands have one position: {positions:?}");
}

/// With its disk full a program refuses what it cannot record, in a word and soon, goes on answering reads, and goes on by itself
/// once there is room; where the database itself dies of it, so after its next start.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_acknowledged_is_lost_and_room_heals() {
    // Whoever may not mount has a database that refuses to write instead: the same from where the program stands.
    if !is_root() {
        return without_writes().await;
    }
    let (disk, kept) = (Disk::of(220), data());
    let key = kept.path().join("master.key");
    let place = ["--key-file", key.to_str().unwrap()];
    let Served { mut program, api, .. } = serve(&disk.folder, &place);
    let (mut acknowledged, mut failed) = (Vec::new(), Vec::new());
    for number in 0..20 {
        acknowledged.push((number, position(&tried(&api, number).await.unwrap()).unwrap()));
    }
    disk.fill();
    let mut number = 20;
    while failed.len() < 5 {
        assert!(number < 5_000, "the disk is never full: {failed:?}");
        match tried(&api, number).await {
            Some(answer) => match position(&answer) {
                Some(at) => acknowledged.push((number, at)),
                None => {
                    let error = &answer["errors"][0];
                    assert_eq!(error["extensions"]["code"], "internal", "{answer}");
                    assert!(
                        error["extensions"]["requestId"].is_string() && !answer.to_string().contains("disk"),
                        "{answer}"
                    );
                    failed.push(number);
                }
            },
            None => failed.push(number),
        }
        number += 1;
    }
    let read = api.data("{ organisation { name } log { position } }", json!({})).await.unwrap();
    assert!(read["organisation"]["name"].is_string(), "reads go on: {read}");
    assert_eq!(program.ended(), None, "it serves on");
    disk.make_room();
    until("room", Duration::from_secs(60), async || position(&tried(&api, number).await?)).await;
    nothing_is_lost(&api, &acknowledged, &failed).await;
    // Now the log of changes itself has no room for its next file: PostgreSQL ends itself, and tries again.
    disk.fill();
    let superuser = PgPool::connect(&url(&disk.folder.join("socket"), SUPERUSER)).await.unwrap();
    let _switched = sqlx::query("select pg_switch_wal()").execute(&superuser).await;
    for next in number + 1..number + 400 {
        match tried(&api, next).await.as_ref().and_then(position) {
            Some(at) => acknowledged.push((next, at)),
            None => {
                failed.push(next);
                break;
            }
        }
    }
    superuser.close().await;
    disk.make_room();
    let last = *failed.last().unwrap();
    let healed = until("room, or the program's end", Duration::from_secs(120), async || match program.ended() {
        Some(why) => Some(Err(why)),
        None => position(&tried(&api, last).await?).map(Ok),
    });
    let (program, api) = match healed.await {
        Ok(_) => (program, api),
        // Whatever keeps it running starts it again.
        Err(why) => {
            assert!(why.contains("PostgreSQL"), "{why}");
            let Served { program, api, .. } = serve(&disk.folder, &place);
            (program, api)
        }
    };
    nothing_is_lost(&api, &acknowledged, &failed).await;
    program.stop();
    let verified = run(&disk.folder, &["--key-file", key.to_str().unwrap(), "projections", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().unwrap().uid() == 0
}

/// The same where the database refuses to write.
async fn without_writes() {
    let (data, kept) = (data(), data());
    let key = kept.path().join("master.key");
    let Served { program, api, .. } = serve(data.path(), &["--key-file", key.to_str().unwrap()]);
    let first = position(&tried(&api, 0).await.unwrap()).unwrap();
    let superuser = PgPool::connect(&url(&data.path().join("socket"), SUPERUSER)).await.unwrap();
    let writes = async |on: &str| {
        sqlx::query(&format!("alter database sanping set default_transaction_read_only = {on}"))
            .execute(&superuser)
            .await
            .unwrap();
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1";
        sqlx::query(end).bind(APP_ROLE).execute(&superuser).await.unwrap();
    };
    writes("on").await;
    let refused = until("a refusal", Duration::from_secs(60), async || tried(&api, 1).await).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "internal", "{refused}");
    writes("off").await;
    until("writes", Duration::from_secs(60), async || position(&tried(&api, 2).await?)).await;
    nothing_is_lost(&api, &[(0, first)], &[1]).await;
    superuser.close().await;
    program.stop();
}

/// A standby is no place to serve from, and says so; promoted, it is one, under the rule of restores: whoever runs it says whether
/// anything was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_refused_and_a_promoted_one_serves_all_that_was_acknowledged() {
    let (primary, kept) = (data(), data());
    let (path, files, socket) = (primary.path(), primary.path().join("postgres"), primary.path().join("socket"));
    let (standby, there) = (kept.path().join("standby"), kept.path().join("there"));
    let key = kept.path().join("master.key");
    let place = ["--key-file", key.to_str().unwrap()];
    let Served { program, api, .. } = serve(path, &place);
    let mut acknowledged = vec![(0, position(&tried(&api, 0).await.unwrap()).unwrap())];
    for folder in [&standby, &there] {
        fs::create_dir(folder).unwrap();
        let owner = files.metadata().unwrap();
        chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    }
    let mut copy = tool("pg_basebackup");
    copy.args(["--checkpoint=fast", "--write-recovery-conf", "--host", socket.to_str().unwrap()]);
    copy.args(["--username", SUPERUSER, "--pgdata"]).arg(&standby);
    like_owner_of(&files, copy);
    let control = |action: &str| {
        let mut control = tool("pg_ctl");
        let options = format!("-k {} -p 5432 -c listen_addresses= -c max_connections=100", there.display());
        control.args([action, "-w", "-s", "-D"]).arg(&standby);
        if action == "start" {
            control.args(["-o", &options, "-l"]).arg(standby.join("told"));
        }
        like_owner_of(&files, control);
    };
    control("start");
    acknowledged.push((1, position(&tried(&api, 1).await.unwrap()).unwrap()));
    let app = url(&there, APP_ROLE);
    let at = [&["--database-url", app.as_str()], place.as_slice()].concat();
    let reader = PgPool::connect(&url(&there, SUPERUSER)).await.unwrap();
    until("the standby", Duration::from_secs(60), async || {
        let position: i64 = sqlx::query_scalar("select position from log_head").fetch_one(&reader).await.unwrap();
        (position.unsigned_abs() >= acknowledged[1].1).then_some(())
    })
    .await;
    reader.close().await;
    let ended = async |arguments: &[&str]| {
        let mut refused = Running::start(kept.path(), arguments);
        assert_eq!(refused.says("serving on "), None);
        until("its end", Duration::from_secs(60), async || refused.ended()).await
    };
    let serving = [at.as_slice(), &["serve", "--listen", "127.0.0.1:0"]].concat();
    let told = ended(&serving).await;
    assert!(
        told.contains("exit status: 1") && told.contains("the database takes no writes: it is a standby"),
        "{told}"
    );

    // The primary is lost, and the standby takes its place.
    program.kill_with_postgres();
    control("promote");
    let told = ended(&serving).await;
    assert!(told.contains("sanping log restored --reason"), "another timeline is noticed: {told}");
    let owner = url(&there, OWNER_ROLE);
    let restored =
        ["--database-url", &owner, "log", "restored", "--nothing-lost", "--reason", "a failover", "--by", "ops-1"];
    let said = run(kept.path(), &restored);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let Served { program, api, .. } = serve(kept.path(), &at);
    nothing_is_lost(&api, &acknowledged, &[2]).await;
    program.stop();
    let verified = run(kept.path(), &[at.as_slice(), &["projections", "verify"]].concat());
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    control("stop");
}

/// From now on the database's clock is so far from this machine's.
async fn set_apart(owner: &PgPool, seconds: i32) {
    let sql = format!(
        "create or replace function clock_timestamp() returns timestamptz language sql \
         as $$ select pg_catalog.clock_timestamp() + interval '{seconds}s' $$"
    );
    sqlx::raw_sql(&sql).execute(owner).await.unwrap();
}

/// A clock that steps back under a program that serves changes nothing that was recorded: instants never go back, each means the
/// same position as before, and what is recorded after the step comes after what was recorded before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_leaves_instants_and_positions_in_order() {
    let ground = Ground::fresh().await;
    let owner = ground.owner().await;
    set_apart(&owner, 40).await;
    // What this schema has comes before what PostgreSQL brings.
    let database = ground.endpoints.app.clone().options([("search_path", "public,pg_catalog")]);
    let settings = infra::app::Settings {
        database,
        key: ground.key.clone(),
        clock: std::sync::Arc::new(infra::clock::Clock::System),
        zone: domain::period::Zone::default(),
        connections: 16,
    };
    let app = infra::app::App::start(settings).await.unwrap();
    let branch = organisation(&app, 1).await[0];
    let before = app.reads.head().await.unwrap();
    // Within what a machine may be apart, so the program serves on.
    set_apart(&owner, -20).await;
    for number in 0..5 {
        send(&app, &format!("after-{number}"), rename(branch, &format!("新{number}支部"))).await.unwrap();
    }
    let after = app.reads.head().await.unwrap();
    let recorded: Vec<(i64, bool)> = sqlx::query_as(
        "select position, recorded_at >= coalesce(lag(recorded_at) over (order by position), recorded_at) from events order by position",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert!(recorded.iter().all(|(_, in_order)| *in_order), "{recorded:?}");
    assert_eq!(after.position, Position(before.position.0 + 5));
    assert!(after.recorded_at >= before.recorded_at, "{before:?} {after:?}");
    let instant = before.recorded_at.unwrap();
    let then = app.reads.pin(Some(AsOf::Instant(instant)), Some(after.position)).await.unwrap();
    // All that came after it under the clock of before has the same instant, and is the later by its position.
    assert!(then.position >= before.position, "{then:?}");
    let earlier = instant - jiff::SignedDuration::from_micros(1);
    let earlier = app.reads.pin(Some(AsOf::Instant(earlier)), None).await.unwrap();
    assert!(earlier.position < before.position, "{earlier:?}");
    app.stop().await;
    owner.close().await;
}
