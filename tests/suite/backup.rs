//! Backup and restore, by the commands of `docs/backup.md`.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use domain::text::Sealed;
use graphql::ports::SendError;
use harness::audit::head;
use harness::client::{Answered, Api};
use harness::ground::Ground;
use harness::own::{Own, SUPERUSER, Served, serve};
use harness::program::{Running, data, run, sanping};
use harness::wait::until;
use infra::keys::{Keyring, MasterKey};
use infra::log::origin::{self, Line, Origin};
use infra::postgres::{APP_ROLE, Binaries, OWNER_ROLE, Search};
use infra::reach::Reach;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};

/// The commands of a block of the page, by the name in its first line.
fn block(name: &str) -> String {
    let page = include_str!("../../docs/backup.md");
    let found = page.split("```sh\n").skip(1).find(|block| block.starts_with(&format!("# {name}\n")));
    found.unwrap_or_else(|| panic!("{name} is on the page")).split("```").next().unwrap().to_owned()
}

/// Runs a block, as the user that owns a folder where one is named.
fn follow(name: &str, like_owner_of: Option<&Path>, variables: &[(&str, &str)]) {
    let output = shell(name, None, like_owner_of, variables).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The shell that runs a block; programs of a folder come before those of the server.
fn shell(name: &str, before: Option<&Path>, like_owner_of: Option<&Path>, variables: &[(&str, &str)]) -> Command {
    let binaries = Binaries::find(&Search::default(), Path::new("/")).unwrap();
    let program = sanping();
    let usual = [binaries.dir(), program.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")];
    let folders = before.into_iter().chain(usual);
    let mut command = Command::new("/bin/sh");
    command.args(["-euc", &block(name)]).env_clear().env("PATH", std::env::join_paths(folders).unwrap());
    command.envs(variables.iter().copied()).current_dir("/");
    let own = Path::new("/proc/self").metadata().unwrap().uid();
    if let Some(owner) = like_owner_of.map(|folder| folder.metadata().unwrap()).filter(|owner| owner.uid() != own) {
        command.gid(owner.gid()).uid(owner.uid());
    }
    command
}

fn over(own: &Own, name: &str, backup: &Path, database: &str) {
    let (owner, socket) = (own.url(OWNER_ROLE, database), own.socket().to_str().unwrap());
    let variables = [("PGHOST", socket), ("PGUSER", SUPERUSER), ("PGDATABASE", database), ("OWNER_URL", &owner)];
    follow(name, None, &[variables.as_slice(), &[("BACKUP", backup.to_str().unwrap())]].concat());
}

fn serving(own: &Own, database: &str, key: &Path) -> Served {
    let url = own.url(APP_ROLE, database);
    serve(own.data.path(), &["--database-url", &url, "--key-file", key.to_str().unwrap()])
}

async fn found(api: &Api) -> Answered {
    let input = json!({ "commandId": "root", "kind": "COMMITTEE", "name": "市分公司党委", "on": "2020-01-01" });
    api.send("establishBranch", input).await.unwrap()
}

async fn register(api: &Api, number: u32) -> Answered {
    let branch = found(api).await.id;
    let input = json!({
        "commandId": format!("member-{number}"), "branch": branch, "staffNumber": format!("S{number}"),
        "name": format!("试{number}"), "post": "STAFF", "on": "2022-01-04",
    });
    api.send("registerMember", input).await.unwrap()
}

/// Suspends or reinstates a member, with a reason that is sealed.
async fn change(api: &Api, mutation: &str, number: u32, on: &str) -> Answered {
    let member = register(api, number).await.id;
    let input = json!({ "commandId": format!("{mutation}-{number}"), "member": member, "on": on, "reason": "病休" });
    api.send(mutation, input).await.unwrap()
}

/// How many free texts the log holds, and how many of them can be read.
async fn texts(url: &str, key: &Path) -> (usize, usize) {
    let pool = PgPool::connect(url).await.unwrap();
    let sql = r#"select (regexp_matches(payload::text, '"(v1[.][^"]+)"', 'g'))[1] from events"#;
    let sealed: Vec<String> = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap();
    let ring = Keyring::new(MasterKey::load_or_create(key).unwrap(), pool.clone());
    let mut open = 0;
    for text in &sealed {
        open += usize::from(ring.open(&Sealed(text.clone())).await.unwrap().is_some());
    }
    pool.close().await;
    (sealed.len(), open)
}

async fn origin_of(api: &Api) -> (u64, String) {
    let log = api.data("{ log { position origin } }", json!({})).await.unwrap()["log"].take();
    (log["position"].as_str().unwrap().parse().unwrap(), log["origin"].as_str().unwrap().to_owned())
}

/// The first member, with the name, once so much was read.
async fn named(api: &Api, at_least: u64) -> (Value, Value) {
    let query =
        format!("{{ members(first: 1, atLeast: \"{at_least}\") {{ nodes {{ name }} pageInfo {{ endCursor }} }} }}");
    let mut page = until("the folds", Duration::from_secs(60), async || {
        let answer = api.ask(&query, json!({})).await.unwrap();
        answer.get("errors").is_none().then_some(answer)
    })
    .await["data"]["members"]
        .take();
    (page["nodes"][0]["name"].take(), page["pageInfo"]["endCursor"].take())
}

async fn checkpoints(url: &str) -> Vec<(String, i64, i64)> {
    let pool = PgPool::connect(url).await.unwrap();
    let sql = "select name, checkpoint, generation from projections order by name";
    let all = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
    pool.close().await;
    all
}

fn verified(data: &Path, url: &str, key: &Path) -> bool {
    let place = ["--database-url", url, "--key-file", key.to_str().unwrap()];
    let told = run(data, &[&place, ["projections", "verify"].as_slice()].concat());
    told.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_goes_on_in_a_fresh_cluster_with_positions_checkpoints_and_outcomes() {
    let (old, kept) = (Own::with("sanping").await, data());
    let (backup, key) = (kept.path(), kept.path().join("master.key"));
    let Served { program, api, .. } = serving(&old, "sanping", &key);
    register(&api, 1).await;
    let second = register(&api, 2).await.position.unwrap();
    let (name, _) = named(&api, second).await;
    let (head, origin) = origin_of(&api).await;
    assert!(name.is_string() && head == second, "{name} {head}");
    program.stop();
    over(&old, "dump", backup, "sanping");
    let at = checkpoints(&old.url(APP_ROLE, "sanping")).await;

    let fresh = Own::start().await;
    over(&fresh, "restore", backup, "sanping");
    assert_eq!(checkpoints(&fresh.url(APP_ROLE, "sanping")).await, at);
    let Served { program, api, .. } = serving(&fresh, "sanping", &key);
    assert_eq!(origin_of(&api).await, (head, origin.clone()), "a dump goes on under the same origin");
    let again = register(&api, 2).await;
    assert!(again.replayed && again.position == Some(second), "{again:?}");
    assert_eq!(named(&api, head).await.0, Value::Null, "names were not restored");
    let third = register(&api, 3).await;
    assert!(!third.replayed && third.position > Some(head), "{third:?}");
    program.stop();
    assert!(verified(fresh.data.path(), &fresh.url(APP_ROLE, "sanping"), &key));

    over(&fresh, "restore-without-owners", backup, "second");
    assert_eq!(checkpoints(&fresh.url(APP_ROLE, "second")).await, [], "what cannot be written is folded anew");
    over(&fresh, "restore-names", backup, "second");
    let Served { program, api, .. } = serving(&fresh, "second", &key);
    assert_eq!(named(&api, head).await.0, name);
    let again = register(&api, 1).await;
    assert!(again.replayed && again.position.is_some(), "{again:?}");
    program.stop();
    assert!(verified(fresh.data.path(), &fresh.url(APP_ROLE, "second"), &key));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_keys_come_back_after_the_restored_database_has_served_and_every_text_opens() {
    let (old, kept) = (Own::with("sanping").await, data());
    let (backup, key) = (kept.path(), kept.path().join("master.key"));
    let Served { program, api, .. } = serving(&old, "sanping", &key);
    assert_eq!(change(&api, "suspendMember", 1, "2022-03-01").await.refused, None);
    program.stop();
    over(&old, "dump", backup, "sanping");

    let fresh = Own::start().await;
    over(&fresh, "restore", backup, "sanping");
    let url = fresh.url(APP_ROLE, "sanping");
    assert_eq!(texts(&url, &key).await, (1, 0));
    let Served { program, api, .. } = serving(&fresh, "sanping", &key);
    let closed = change(&api, "reinstateMember", 1, "2022-04-01").await;
    assert_eq!(closed.refused.as_deref(), Some("text.key_gone"), "another key would take the place of the right one");
    assert_eq!(change(&api, "suspendMember", 2, "2022-03-01").await.refused, None, "who is new gets a key");
    over(&fresh, "restore-names", backup, "sanping");
    let opened = change(&api, "reinstateMember", 1, "2022-04-01").await;
    assert_eq!(opened.refused, None, "the same command again");
    assert!(named(&api, opened.position.unwrap()).await.0.is_string());
    program.stop();
    assert_eq!(texts(&url, &key).await, (3, 3), "sealed before, meanwhile and since");

    over(&fresh, "restore-without-owners", backup, "second");
    over(&fresh, "names-lost", backup, "second");
    let Served { program, api, .. } = serving(&fresh, "second", &key);
    assert_eq!(change(&api, "reinstateMember", 1, "2022-04-01").await.refused, None, "keys are made anew");
    program.stop();
    assert_eq!(texts(&fresh.url(APP_ROLE, "second"), &key).await, (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_goes_on_in_a_private_data_folder() {
    let (old, kept, folder) = (Own::with("sanping").await, data(), data());
    let (backup, key) = (kept.path(), kept.path().join("master.key"));
    let Served { program, api, .. } = serving(&old, "sanping", &key);
    let first = register(&api, 1).await.position.unwrap();
    let (name, _) = named(&api, first).await;
    program.stop();
    over(&old, "dump", backup, "sanping");

    let path = folder.path();
    let (files, socket) = (path.join("postgres"), path.join("socket"));
    let [place, files_text, socket, backup] = [path, &files, &socket, backup].map(|path| path.to_str().unwrap());
    follow("private-folder", None, &[("SANPING_DATA", place)]);
    std::fs::create_dir_all(path.join("keys")).unwrap();
    std::fs::copy(&key, path.join("keys/master.key")).unwrap();
    for dump in ["log.dump", "names.dump"] {
        let readable = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(kept.path().join(dump), readable).unwrap();
    }
    let variables = [("PGHOST", socket), ("PGUSER", SUPERUSER), ("PGDATA", files_text), ("BACKUP", backup)];
    follow("into-private-folder", Some(&files), &variables);
    follow("private-folder", None, &[("SANPING_DATA", place)]);
    let Served { program, api, .. } = serve(path, &[]);
    let again = register(&api, 1).await;
    assert!(again.replayed && again.position == Some(first), "{again:?}");
    assert_eq!(named(&api, first).await.0, name);
    program.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_between_the_two_dumps_is_in_neither() {
    let (old, kept) = (Own::with("sanping").await, data());
    let (backup, key) = (kept.path(), kept.path().join("master.key"));
    let Served { program, api, .. } = serving(&old, "sanping", &key);
    register(&api, 1).await;
    let slow = backup.join("pg_dump");
    let real = Binaries::find(&Search::default(), Path::new("/")).unwrap().dir().join("pg_dump");
    // The dump of names waits until somebody has been registered.
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--data-only*) touch {0}/between; until test -e {0}/go; do sleep 0.1; done;; esac\n\
         exec {1} \"$@\"\n",
        backup.display(),
        real.display()
    );
    std::fs::write(&slow, script).unwrap();
    std::fs::set_permissions(&slow, std::fs::Permissions::from_mode(0o755)).unwrap();
    let socket = old.socket().to_str().unwrap();
    let into = |backup: &Path| {
        let backup = backup.to_str().unwrap();
        let variables = [("PGHOST", socket), ("PGUSER", SUPERUSER), ("PGDATABASE", "sanping"), ("BACKUP", backup)];
        shell("dump", Some(kept.path()), None, &variables)
    };
    let mut dumping = into(backup).spawn().unwrap();
    until("the first dump", Duration::from_secs(60), async || backup.join("between").exists().then_some(())).await;
    register(&api, 2).await;
    std::fs::write(backup.join("go"), "").unwrap();
    assert!(dumping.wait().unwrap().success());
    let nowhere = into(&backup.join("nowhere")).output().unwrap();
    assert!(!nowhere.status.success(), "a dump that fails is told");
    program.stop();

    let fresh = Own::start().await;
    over(&fresh, "restore", backup, "sanping");
    over(&fresh, "restore-names", backup, "sanping");
    let Served { program, api, .. } = serving(&fresh, "sanping", &key);
    let again = register(&api, 1).await;
    assert!(again.replayed, "{again:?}");
    let branch = found(&api).await.id;
    let input = json!({
        "commandId": "another", "branch": branch, "staffNumber": "S2", "name": "试2", "post": "STAFF", "on": "2022-01-04",
    });
    let another = api.send("registerMember", input).await.unwrap();
    assert_eq!(another.refused, None, "nobody has the number without an event");
    program.stop();
}

/// A trail goes on after a position of this origin, and not after one of another.
async fn resumed(address: &str, before: &str, after: &str) {
    let mut feed = harness::feed::Feed::open(address, None).await;
    feed.subscribe(&format!("subscription {{ auditTrail(after: \"1@{before}\") {{ position }} }}")).await;
    let heard = feed.hear().await.unwrap();
    assert_eq!(heard["payload"][0]["extensions"]["code"], "position.other_origin", "{heard}");
    let id =
        feed.subscribe(&format!("subscription {{ auditTrail(after: \"1@{after}\") {{ position origin }} }}")).await;
    assert_eq!(feed.next_of(&id).await["auditTrail"], json!({ "position": "2", "origin": after }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_to_a_point_in_time_is_noticed_and_begins_another_origin() {
    let (data, kept) = (data(), data());
    let (path, files) = (data.path(), data.path().join("postgres"));
    let (socket, backup, archive) = (path.join("socket"), kept.path().join("base"), kept.path().join("archive"));
    let run_block = |name: &str, like: Option<&Path>| {
        let [socket, backup, archive, files] = [&socket, &backup, &archive, &files].map(|path| path.to_str().unwrap());
        let variables = [("PGHOST", socket), ("PGUSER", SUPERUSER), ("PGDATABASE", "sanping"), ("TARGET", "noon")];
        let places = [("BACKUP", backup), ("ARCHIVE", archive), ("PGDATA", files)];
        follow(name, like, &[variables.as_slice(), &places].concat());
    };
    let as_operator = |name: &str| run_block(name, Some(&files));
    let Served { program, .. } = serve(path, &[]);
    for folder in [&backup, &archive] {
        std::fs::create_dir(folder).unwrap();
        let owner = files.metadata().unwrap();
        std::os::unix::fs::chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    as_operator("archive");
    program.stop();

    let Served { program, api, .. } = serve(path, &[]);
    register(&api, 1).await;
    as_operator("base");
    let kept = register(&api, 2).await.position.unwrap();
    let url = format!("postgres://{SUPERUSER}@localhost/sanping?host={}", socket.display());
    let superuser = PgPool::connect(&url).await.unwrap();
    sqlx::query("select pg_create_restore_point('noon')").execute(&superuser).await.unwrap();
    let lost = register(&api, 3).await.position.unwrap();
    let (_, cursor) = named(&api, lost).await;
    let (_, before) = origin_of(&api).await;
    sqlx::query("select pg_switch_wal()").execute(&superuser).await.unwrap();
    superuser.close().await;
    program.stop();
    as_operator("point-in-time");
    run_block("in-its-place", None);

    let mut refused = Running::start(path, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.says("serving on "), None);
    let told = until("its end", Duration::from_secs(60), async || refused.ended()).await;
    assert!(told.contains("exit status: 1") && told.contains("sanping log restored --reason"), "{told}");
    assert!(told.contains(&format!("after position {kept}")), "{told}");
    follow("lost", None, &[("SANPING_DATA", path.to_str().unwrap())]);

    let Served { program, api, address } = serve(path, &[]);
    let (head, after) = origin_of(&api).await;
    assert!(head == kept && after != before, "{head} {after}");
    let again = register(&api, 3).await;
    assert!(!again.replayed && again.position == Some(lost), "the position is given again: {again:?}");
    named(&api, lost).await;
    let refused = async |query: String| {
        let answer = api.ask(&query, json!({})).await.unwrap();
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    };
    let cursor = cursor.as_str().unwrap();
    assert_eq!(refused(format!("{{ members(after: \"{cursor}\") {{ position }} }}")).await, "page.other_origin");
    let at = |origin: &str| format!("{{ members(asOf: {{ position: \"{lost}@{origin}\" }}) {{ position }} }}");
    assert_eq!([refused(at(&before)).await, refused(at(&after)).await], ["position.other_origin", ""]);
    resumed(&address, &before, &after).await;
    let origins = "{ log { origins { origin afterPosition reason decidedBy } } }";
    let mut origins = api.data(origins, json!({})).await.unwrap()["log"]["origins"].take();
    assert_eq!(origins[0]["origin"], json!(before));
    let recorded = json!({
        "origin": after, "afterPosition": kept.to_string(),
        "reason": "a restore to before the disk failed", "decidedBy": "operator 7",
    });
    assert_eq!(origins[1].take(), recorded);
    let verified = run(path, &["projections", "verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    program.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_meets_another_log_than_it_began_with_writes_nothing_and_ends() {
    let ground = Ground::fresh().await;
    let mut app = ground.app().await;
    let branch = harness::crowd::organisation(&app, 1).await[0];
    let mut owner = ground.endpoints.owner.connect().await.unwrap();
    let own = origin::now(&mut owner).await.unwrap();
    let line = own.line.clone().expect("a server of one's own tells");
    let on = |timeline: &str, system: &str| Line { timeline: timeline.to_owned(), system: system.to_owned() };
    for (began_on, meets) in
        [(line.clone(), true), (on("0000002A", &line.system), false), (on(&line.timeline, "7"), false)]
    {
        let reach = Reach::default();
        reach.serve_under(Origin { line: Some(began_on), ..own.clone() });
        assert_eq!(reach.connect(&ground.endpoints.app).await.is_ok(), meets);
    }

    let stays = tokio::time::timeout(Duration::from_secs(2), app.broken()).await;
    assert!(stays.is_err(), "{stays:?}");
    origin::restored(&mut owner, true, "a failover", "the test").await.unwrap();
    let stays = tokio::time::timeout(Duration::from_secs(2), app.broken()).await;
    assert!(stays.is_err(), "nothing was lost: {stays:?}");
    let end = head(&app).await;
    origin::restored(&mut owner, false, "a restore", "the test").await.unwrap();
    // Before anybody has looked: by the short way, and by the long one.
    let late = harness::crowd::send(&app, "late", harness::crowd::rename(branch, "Late")).await;
    assert!(matches!(late, Err(SendError::Failed(_))), "it would be answered under the origin of before: {late:?}");
    let late = harness::crowd::enrol(&app, "late-too", branch).await;
    assert!(matches!(late, Err(SendError::Failed(_))), "{late:?}");
    assert_eq!(head(&app).await, end, "nothing is recorded");
    let why = tokio::time::timeout(Duration::from_secs(30), app.broken()).await.expect("it does not go on");
    assert!(why.contains("restored"), "{why}");
    app.stop().await;
}
