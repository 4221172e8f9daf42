//! `sanping doctor`: nothing is wrong with what is well, and each thing that is broken is found, by itself.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::idp::Idp;
use harness::own::{Own, SUPERUSER, serve};
use harness::program::{answer, data, run, sanping};
use infra::postgres::{APP_ROLE, OWNER_ROLE};
use serde_json::Value;
use sqlx::PgPool;
use tempfile::TempDir;

use crate::pooler::Bouncer;

/// A database as an operator has one, with a key, an office and somebody who can sign in.
struct Patient {
    own: Own,
    kept: TempDir,
    superuser: PgPool,
}

/// What was found, where it is not as it should be: `state check`.
type Wrong = BTreeSet<String>;

impl Patient {
    async fn well() -> Self {
        let (own, kept) = (Own::with("sanping").await, data());
        let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
        let patient = Self { own, kept, superuser };
        patient.does(&["roles", "grant", "--to", "a-clerk", "--role", "office", "--by", "ops"]);
        patient.does(&["keys", "create", "--principal", "a-clerk", "--days", "90"]);
        // Whoever lists waits until everything is folded.
        patient.does(&["roles", "list"]);
        patient
    }

    fn key(&self) -> PathBuf {
        self.kept.path().join("master.key")
    }

    fn place(&self) -> Vec<String> {
        let key = self.key().display().to_string();
        ["--database-url".to_owned(), self.own.url(APP_ROLE, "sanping"), "--key-file".to_owned(), key].to_vec()
    }

    /// What the program says of something that it does well.
    fn does(&self, asked: &[&str]) -> String {
        let place = self.place();
        answer(self.kept.path(), &place.iter().map(String::as_str).chain(asked.iter().copied()).collect::<Vec<_>>())
    }

    fn asks(&self, more: &[&str]) -> Wrong {
        let mut command = Command::new(sanping());
        command.args(self.place()).args(["doctor", "--json"]).args(more);
        let (code, said) = heard(&command.output().unwrap());
        wrong(code, &said)
    }

    async fn runs(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(&self.superuser).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

fn heard(output: &Output) -> (Option<i32>, Value) {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    let read = serde_json::from_str(&said);
    (output.status.code(), read.unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr))))
}

/// What is not as it should be. Each has a place, says what and what to do, in both languages; the exit code is by it.
fn wrong(code: Option<i32>, said: &Value) -> Wrong {
    let mut wrong = Wrong::new();
    for finding in said["findings"].as_array().unwrap() {
        let text = |name: &str| finding[name].as_str().unwrap_or_default();
        let chinese = |name: &str| text(name).chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(!text("where").is_empty() && !text("what").is_empty(), "{finding}");
        if text("state") != "ok" {
            assert!(chinese("whatZh") || text("whatZh").starts_with("PostgreSQL"), "{finding}");
            assert!(!text("do").is_empty() && chinese("doZh"), "{finding}");
            wrong.insert(format!("{} {}", text("state"), text("check")));
        }
    }
    let faults = wrong.iter().filter(|it| it.starts_with("fault ")).count();
    assert_eq!(code, Some(if faults > 0 { 4 } else { 0 }), "{said}");
    wrong
}

fn only(found: &str) -> Wrong {
    if found.is_empty() { Wrong::new() } else { Wrong::from([found.to_owned()]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_with_what_is_well_and_nothing_is_changed_by_looking() {
    let patient = Patient::well().await;
    // Nothing can be written, whatever is tried; and it says so.
    patient.runs("alter role sanping_app set default_transaction_read_only = on").await;
    assert_eq!(patient.asks(&[]), only("fault database.read_only"));
    patient.runs("alter role sanping_app reset default_transaction_read_only").await;
    let key = patient.key();
    let before = std::fs::metadata(&key).unwrap().modified().unwrap();
    let place = patient.place();
    let (code, said) = heard(&Command::new(sanping()).args(&place).args(["doctor", "--json"]).output().unwrap());
    assert_eq!((code, &said["faults"], &said["warnings"]), (Some(0), &0.into(), &0.into()), "{said}");
    let checks: BTreeSet<&str> =
        said["findings"].as_array().unwrap().iter().filter_map(|finding| finding["check"].as_str()).collect();
    for check in [
        "settings",
        "machine.door",
        "database.reachable",
        "database.version",
        "database.durable",
        "database.clock",
        "database.connections",
        "schema",
        "rights",
        "log.origin",
        "key.file",
        "key.fingerprint",
        "projections",
        "sign_in.office",
    ] {
        assert!(checks.contains(check), "{check} is looked at: {checks:?}");
    }
    assert_eq!(std::fs::metadata(&key).unwrap().modified().unwrap(), before);
    let told = Command::new(sanping()).args(&place).arg("doctor").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("0 faults, 0 warnings") && told.contains("0 处故障"), "{told}");
    assert!(told.contains("setting  --key-file is ") && !told.contains("postgres://"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_rights_of_the_role_is_found() {
    let patient = Patient::well().await;
    for (breaks, mends, found) in [
        ("revoke insert on events from sanping_app", "grant insert on events to sanping_app", "fault rights.missing"),
        (
            "revoke update on log_head from sanping_app; grant update (position) on log_head to sanping_app",
            "grant update (recorded_at) on log_head to sanping_app",
            "fault rights.missing",
        ),
        (
            "revoke execute on all functions in schema public from public",
            "grant execute on all functions in schema public to public",
            "fault rights.missing",
        ),
        (
            "revoke create on schema public from sanping_app, public",
            "grant create on schema public to sanping_app",
            "fault rights.missing",
        ),
        ("grant delete on events to sanping_app", "revoke delete on events from sanping_app", "fault rights.beyond"),
        (
            "grant truncate on people to sanping_app",
            "revoke truncate on people from sanping_app",
            "warning rights.beyond",
        ),
        ("grant sanping_owner to sanping_app", "revoke sanping_owner from sanping_app", "fault rights.owner"),
        (
            "alter table claims_g1 owner to sanping_owner",
            "alter table claims_g1 owner to sanping_app",
            "fault rights.tables",
        ),
    ] {
        patient.runs(breaks).await;
        assert_eq!(patient.asks(&[]), only(found), "{breaks}");
        patient.runs(mends).await;
    }
    let (owner, key) = (patient.own.url(OWNER_ROLE, "sanping"), patient.key());
    let asked = ["--database-url", &owner, "doctor", "--json", "--key-file", key.to_str().unwrap()];
    let (code, said) = heard(&run(patient.kept.path(), &asked));
    assert!(wrong(code, &said).contains("fault rights.owner"), "{said}");
    let (code, said) = heard(&run(patient.kept.path(), &[asked.as_slice(), &["--allow-owner"]].concat()));
    assert!(wrong(code, &said).contains("warning rights.owner"), "{said}");
    assert_eq!(patient.asks(&[]), Wrong::new());
}

/// What the database says of itself is said by functions of the test's own, which come before those of PostgreSQL.
const PRETENDED: &str = "
    create table pretended (name text primary key, value text);
    grant select on pretended to sanping_app;
    create function current_setting(asked text) returns text language sql stable as
        $$ select coalesce((select value from pretended where name = asked), pg_catalog.current_setting(asked)) $$;
    create function pg_is_in_recovery() returns boolean language sql stable as
        $$ select exists (select from pretended where name = 'standby') $$;
    create function clock_timestamp() returns timestamptz language sql volatile as
        $$ select pg_catalog.clock_timestamp() + coalesce((select value from pretended where name = 'ahead'), '0')::interval $$;
    alter role sanping_app set search_path = public, pg_catalog";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_server_is_found() {
    let patient = Patient::well().await;
    patient.runs(PRETENDED).await;
    assert_eq!(patient.asks(&[]), Wrong::new());
    for (name, value, found) in [
        ("server_version_num", "140012", "fault database.version"),
        ("server_version_num", "190001", "warning database.version"),
        ("server_encoding", "LATIN1", "fault database.encoding"),
        ("fsync", "off", "fault database.durable"),
        ("full_page_writes", "off", "fault database.durable"),
        ("synchronous_commit", "off", "fault database.durable"),
        ("standby", "yes", "fault database.read_only"),
        ("ahead", "20 s", "warning database.clock"),
        ("ahead", "-20 s", "warning database.clock"),
        ("ahead", "1 hour", "fault database.clock"),
        ("max_connections", "64", "warning database.connections"),
        ("lock_timeout", "0", "warning database.pooler"),
    ] {
        patient.runs(&format!("insert into pretended values ('{name}', '{value}')")).await;
        assert_eq!(patient.asks(&[]), only(found), "{name} {value}");
        patient.runs("truncate pretended").await;
    }
    // For real, where a session can have it.
    patient.runs("alter role sanping_app set synchronous_commit = off").await;
    assert_eq!(patient.asks(&[]), only("fault database.durable"));
    patient.runs("alter role sanping_app reset synchronous_commit; alter role sanping_app connection limit 20").await;
    assert_eq!(patient.asks(&[]), only("warning database.connections"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_schema_origin_and_folds_is_found() {
    let patient = Patient::well().await;
    // Walls are there for the roles of the program; a superuser steps over them.
    let guarded = |sql: &str| format!("set session_replication_role = replica; {sql}; reset session_replication_role");
    patient.runs("create table kept as select * from _sqlx_migrations").await;
    patient.runs("create table origins as select * from log_origins").await;
    let migrations = "delete from _sqlx_migrations; insert into _sqlx_migrations select * from kept";
    let origins = "delete from log_origins; insert into log_origins select * from origins";
    let at = "update projections set checkpoint = (select position from log_head), stopped_at = null, cause = null, version = 1 \
              where name = 'claims'";
    for (breaks, mends, found) in [
        ("delete from _sqlx_migrations where version = 17", migrations, ["fault schema.missing"].as_slice()),
        ("update _sqlx_migrations set success = false where version = 17", migrations, &["fault schema.missing"]),
        ("update _sqlx_migrations set checksum = '\\x00' where version = 1", migrations, &["fault schema.changed"]),
        (
            "insert into _sqlx_migrations select 9000, description, installed_on, success, checksum, execution_time from kept limit 1",
            migrations,
            &["warning schema.later"],
        ),
        ("update log_origins set timeline = '0000002A'", origins, &["fault log.origin"]),
        ("update log_origins set system = '7'", origins, &["fault log.origin"]),
        (
            "revoke execute on function pg_control_system() from public",
            "grant execute on function pg_control_system() to public",
            &["warning log.origin"],
        ),
        (
            "update projections set stopped_at = 2, cause = 'a test' where name = 'claims'",
            at,
            &["fault projections.stopped"],
        ),
        ("update projections set checkpoint = 0 where name = 'claims'", at, &["warning projections.idle"]),
        ("update projections set version = 99 where name = 'claims'", at, &["warning projections.build"]),
        (
            "insert into projections (name, version, generation, checkpoint, epoch) \
             select 'forgotten', 1, 1, position, 1 from log_head",
            "delete from projections where name = 'forgotten'",
            &["warning projections.build"],
        ),
        (
            "insert into verifications values (gen_random_uuid(), 'claims', 1, 1, 1, 'x', 3, null, now())",
            "truncate verifications",
            &["fault projections.different"],
        ),
        (
            "insert into projection_builds values ('claims', 9, 1, 0, gen_random_uuid(), now() - interval '1 hour')",
            "delete from projection_builds",
            &["warning projections.cut_off"],
        ),
    ] {
        patient.runs(&guarded(breaks)).await;
        let found: Wrong = found.iter().map(|found| (*found).to_owned()).collect();
        assert_eq!(patient.asks(&[]), found, "{breaks}");
        patient.runs(&guarded(mends)).await;
    }
    assert_eq!(patient.asks(&[]), Wrong::new());

    // On a schema that a later build has migrated, this one goes on; only its `migrate` has no business there.
    patient.runs("insert into _sqlx_migrations select 9000, 'later', now(), true, '\\x00', 1").await;
    patient.does(&["projections", "status"]);
    let owner = patient.own.url(OWNER_ROLE, "sanping");
    let refused = run(patient.kept.path(), &["--database-url", &owner, "migrate"]);
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_key_and_with_who_comes_in_is_found() {
    let patient = Patient::well().await;
    let (key, aside) = (patient.key(), patient.kept.path().join("aside"));
    let mode = |mode: u32| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    assert_eq!(patient.asks(&[]), only("fault key.mode"));
    mode(0o600);
    std::fs::rename(&key, &aside).unwrap();
    assert_eq!(patient.asks(&[]), only("fault key.file"));
    assert!(!key.exists(), "none is made");
    for (text, found) in [("not a key", "fault key.file"), (&"A".repeat(43), "fault key.fingerprint")] {
        std::fs::write(&key, text).unwrap();
        mode(0o600);
        assert_eq!(patient.asks(&[]), only(found), "{text}");
    }
    std::fs::rename(&aside, &key).unwrap();

    patient
        .runs("set session_replication_role = replica; update api_keys set expires_at = now() + interval '5 days'")
        .await;
    assert_eq!(patient.asks(&[]), only("warning sign_in.key_ends"));
    patient
        .runs(
            "set session_replication_role = replica; update api_keys set expires_at = created_at + interval '1 millisecond'",
        )
        .await;
    assert_eq!(patient.asks(&[]), only("warning sign_in.nobody"));
    assert_eq!(patient.asks(&["--dev-sign-in"]), Wrong::new());
    let idp = Idp::start();
    assert_eq!(patient.asks(&["--oidc-issuer", &idp.issuer, "--oidc-audience", "sanping"]), Wrong::new());
    idp.publish(&[]).await;
    assert_eq!(
        patient.asks(&["--oidc-issuer", &idp.issuer, "--oidc-audience", "sanping"]),
        only("fault sign_in.issuer"),
        "it answers, and has no key"
    );
    let nobody = ["--oidc-issuer", "http://127.0.0.1:1", "--oidc-audience", "sanping"];
    assert_eq!(patient.asks(&nobody), only("fault sign_in.issuer"));
    let grants: Value = serde_json::from_str(&patient.does(&["roles", "list", "--json"])).unwrap();
    let grant = grants["grants"][0]["grant"].as_str().unwrap();
    patient.does(&["roles", "withdraw", grant, "--reason", "a test", "--by", "ops"]);
    patient.does(&["roles", "list"]);
    assert_eq!(patient.asks(&["--dev-sign-in"]), only("warning sign_in.office"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_settings_is_found_and_the_rest_is_looked_at_all_the_same() {
    let patient = Patient::well().await;
    let asked = |variables: &[(&str, &str)], more: &[&str]| {
        let mut command = Command::new(sanping());
        command.args(patient.place()).args(["doctor", "--json"]).args(more).envs(variables.iter().copied());
        let (code, said) = heard(&command.output().unwrap());
        (wrong(code, &said), said)
    };
    for (variables, more, found) in [
        ([("SANPING_VERIFY_HOURS", "often")].as_slice(), [].as_slice(), "fault settings.invalid"),
        (&[("SANPING_REQUEST_SECONDS", "61")], &[], "fault settings.invalid"),
        (&[("SANPING_POOLER", "")], &[], "fault settings.invalid"),
        (&[("SANPING_TRUSTED_PROXY", "proxy.example")], &[], "fault settings.invalid"),
        (&[("SANPING_OIDC_ISSUER", "https://id.example")], &[], "fault settings.invalid"),
        (&[("SANPING_ZONE", "Asia/Atlantis")], &[], "fault settings.invalid"),
        (&[("SANPING_LOG", "infra=loud")], &[], "fault settings.invalid"),
        (&[("SANPING_TRUSTED_DOCUMENTS", "/nowhere")], &[], "fault settings.invalid"),
        (&[("SANPING_VERIFI_HOURS", "24")], &[], "warning settings.unknown"),
        (&[], &["--listen", "0.0.0.0:8080"], "warning machine.door"),
        (&[], &["--listen", "0.0.0.0:8080", "--dev-sign-in"], "fault settings.invalid"),
        (&[("SANPING_VERIFY_HOURS", "12"), ("SANPING_TRUSTED_PROXY", "127.0.0.1,10.0.0.0/8")], &[], ""),
    ] {
        let (mut wrong, said) = asked(variables, more);
        if more.contains(&"--dev-sign-in") {
            wrong.remove("warning machine.door");
        }
        assert_eq!(wrong, only(found), "{variables:?} {more:?}: {said}");
    }
    let (_, said) = asked(&[("SANPING_VERIFY_HOURS", "12")], &["--zone", "Asia/Urumqi"]);
    let setting =
        |flag: &str| said["settings"].as_array().unwrap().iter().find(|it| it["setting"] == flag).unwrap().clone();
    let known = |flag: &str| ["variable", "source", "value"].map(|field| setting(flag)[field].clone());
    assert_eq!(known("--verify-hours"), ["SANPING_VERIFY_HOURS", "variable", "12"].map(Value::from));
    assert_eq!(known("--zone"), ["SANPING_ZONE", "command line", "Asia/Urumqi"].map(Value::from));
    assert_eq!(known("--request-seconds"), ["SANPING_REQUEST_SECONDS", "unsaid", "60"].map(Value::from));
    assert_eq!(known("--database-url")[1..], ["command line".into(), Value::Null], "it may hold a password");
}

fn of(place: &[&str], folder: &Path) -> Wrong {
    let (code, said) = heard(&run(folder, &[place, &["doctor", "--json"]].concat()));
    wrong(code, &said)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_so_where_the_database_is_down_empty_elsewhere_or_behind_a_pooler() {
    let (own, folder) = (Own::with("sanping").await, data());
    let key = "warning key.file".to_owned();
    let and_no_key = |found: &str| Wrong::from([found.to_owned(), key.clone()]);
    let nowhere = "postgres://sanping_app@127.0.0.1:1/sanping";
    assert_eq!(of(&["--database-url", nowhere], folder.path()), and_no_key("fault database.reachable"));
    for (role, database) in [(APP_ROLE, "another"), ("nobody", "sanping")] {
        let url = own.url(role, database);
        assert_eq!(
            of(&["--database-url", &url], folder.path()),
            and_no_key("fault database.reachable"),
            "{role} {database}"
        );
    }
    assert_eq!(
        of(&["--database-url", "postgres://x@localhost:port/y"], folder.path()),
        and_no_key("fault settings.invalid")
    );
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    sqlx::query("create database empty").execute(&superuser).await.unwrap();
    let empty = own.url(APP_ROLE, "empty");
    assert_eq!(of(&["--database-url", &empty], folder.path()), and_no_key("fault schema.missing"));

    // A database that nobody has served yet.
    let fresh = own.url(APP_ROLE, "sanping");
    let unused = Wrong::from(["warning sign_in.nobody".to_owned(), "warning sign_in.office".to_owned()]);
    assert_eq!(of(&["--database-url", &fresh], folder.path()), unused);
    assert!(!folder.path().join("keys").exists(), "no key is made by looking");
    let bouncer = Bouncer::before(&own).await;
    let url = bouncer.url();
    assert_eq!(of(&["--database-url", &url], folder.path()), and_no_key("fault database.pooler"));
    let pooled = ["--database-url", &url, "--pooler", "transaction"];
    assert!(of(&pooled, folder.path()).contains("warning database.pooler"), "the role is not told yet");
    serve(folder.path(), &pooled).program.stop();
    assert_eq!(of(&pooled, folder.path()), unused);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_data_folder_it_asks_the_server_that_runs_and_starts_none() {
    let (folder, nothing) = (data(), data());
    let nowhere = nothing.path().join("not/there");
    assert!(of(&[], &nowhere).contains("warning database.private"));
    assert!(!nowhere.exists(), "no folder is made by looking");
    let served = serve(folder.path(), &[]);
    let found = of(&[], folder.path());
    assert!(!found.iter().any(|it| it.contains("database") || it.contains("key")), "{found:?}");
    served.program.stop();
    let found = of(&[], folder.path());
    assert!(found.contains("warning database.private"), "{found:?}");
    assert!(!folder.path().join("postgres/postmaster.pid").exists(), "nothing was started");
}
