//! What an operator does on the command line, and what the program tells of itself on the way.

use std::process::{Command, Output};
use std::time::Duration;

use harness::own::{Own, SUPERUSER};
use harness::program::{data, run, sanping};
use harness::wait::until;
use infra::fold::registry;
use infra::postgres::{APP_ROLE, OWNER_ROLE};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::told::{smuggle_unwritable, told};

const PATIENCE: Duration = Duration::from_secs(60);

/// The exit code, what it says and what it tells.
fn heard(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn of(status: &str, name: &str) -> Value {
    let all: Value = serde_json::from_str(status).unwrap();
    all["projections"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_seen_and_skipped_on_the_command_line() {
    let (told, folder) = (told(91, 40).await, data());
    let head = told.caught_up().await;
    let poison = smuggle_unwritable(&told.ground).await;
    let (socket, database) = harness::writer::address(&told.ground.endpoints.app);
    let url = format!("postgres://{APP_ROLE}@localhost/{database}?host={}&port=5432", socket.display());
    let asked = |arguments: &[&str]| {
        heard(&run(folder.path(), &[&["--database-url", &url, "projections"], arguments].concat()))
    };
    let (at, before) = (poison.to_string(), head.to_string());
    let status = until("the stop", PATIENCE, async || {
        let (code, said, _) = asked(&["status", "--json"]);
        assert_eq!(code, Some(0));
        let others = said.matches("\"state\":\"current\"").count();
        (of(&said, "branches")["state"] == "stopped" && others == registry::all().len() - 1).then_some(said)
    })
    .await;
    assert_eq!(serde_json::from_str::<Value>(&status).unwrap()["head"], at.as_str());
    let branches = of(&status, "branches");
    assert_eq!((&branches["stoppedAt"], &branches["checkpoint"]), (&json!(at), &json!(before)));
    assert_eq!((&branches["lag"], &branches["skips"]), (&json!(1), &json!([])));
    assert!(branches["cause"].as_str().is_some_and(|cause| !cause.is_empty()));
    let (code, said, _) = asked(&["status"]);
    assert!(code == Some(0) && said.contains(&format!("stopped before {at}: ")), "{said}");
    assert_eq!(said.lines().filter(|line| line.ends_with("current")).count(), registry::all().len() - 1, "{said}");

    let decided = ["--reason", "cannot be stored", "--by", "operator 7"];
    let (reason, by) = (["--reason", "cannot be stored"], ["--by", "operator 7"]);
    let blank = ["--reason", " ", "--by", "operator 7"];
    for (named, how, code, word) in [
        (["branchs", &at], decided.as_slice(), 1, "there is no projection branchs; there are: "),
        (["branches", &before], &decided, 1, "only the event it has stopped before can be skipped"),
        (["members", &at], &decided, 1, "has not stopped"),
        (["branches", "18446744073709551615"], &decided, 1, "only the event it has stopped before"),
        (["branches", "the last"], &decided, 2, "invalid value"),
        (["branches", &at], &blank, 1, "reason"),
        (["branches", &at], &by, 2, "--reason"),
        (["branches", &at], &reason, 2, "--by"),
    ] {
        let (found, said, told) = asked(&[&["skip"], named.as_slice(), how].concat());
        assert!(found == Some(code) && told.contains(word) && said.is_empty(), "{named:?} {how:?}: {found:?} {told}");
    }
    assert_eq!(of(&asked(&["status", "--json"]).1, "branches")["skips"], json!([]), "nothing was decided");

    let (code, _, told_of) = asked(&[&["skip", "--all", &before], decided.as_slice()].concat());
    assert!(code == Some(1) && told_of.contains(&format!("no projection has stopped before {before}")), "{told_of}");
    let (code, said, told_of) = asked(&[&["skip", "--all", &at], decided.as_slice()].concat());
    assert!(code == Some(0) && said.contains(&format!("branches steps over the event at {at}")), "{said}{told_of}");
    let (code, _, told_of) = asked(&[&["skip", "branches", &at], decided.as_slice()].concat());
    assert!(code == Some(1) && told_of.contains("was decided before, by operator 7: cannot be stored"), "{told_of}");
    let skips = until("the skip", PATIENCE, async || {
        let branches = of(&asked(&["status", "--json"]).1, "branches");
        (branches["state"] == "current").then(|| branches["skips"].clone())
    })
    .await;
    let kept = ["position", "reason", "by", "type"].map(|field| skips[0][field].clone());
    assert_eq!(kept, [json!(at), json!("cannot be stored"), json!("operator 7"), json!("smuggled")]);
    let (_, said, _) = asked(&["status"]);
    assert!(said.contains(&format!("  skips {at} smuggled, decided by operator 7 at ")), "{said}");
    told.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_tells_statements_or_what_is_in_the_database() {
    let own = Own::with("sanping").await;
    let owner = PgPool::connect(&own.url(OWNER_ROLE, "sanping")).await.unwrap();
    // Slow enough to be worth a line to a library that tells slow statements.
    for (sql, well) in [
        ("create table spoken (name text primary key, at int)", true),
        ("insert into spoken values ('Zhang San', 1)", true),
        ("insert into spoken values ('Zhang San', 2)", false),
    ] {
        assert_eq!(sqlx::raw_sql(sql).execute(&owner).await.is_ok(), well, "{sql}");
    }
    owner.close().await;
    for arguments in [["rebuild", "--all"].as_slice(), &["verify"], &["status"]] {
        let told = Command::new(sanping())
            .args(["--database-url", &own.url(APP_ROLE, "sanping"), "projections"])
            .args(arguments)
            .env("SANPING_LOG", "trace")
            .output()
            .unwrap();
        let (_, _, told) = heard(&told);
        assert!(told.contains(" TRACE ") || told.contains(" DEBUG "), "everything is told: {told}");
        for word in ["sqlx::query", "select ", "insert into"] {
            assert!(!told.contains(word), "{word}: {told}");
        }
    }
    let superuser = PgPool::connect(&own.url(SUPERUSER, "sanping")).await.unwrap();
    let there: bool = sqlx::query_scalar("select true").fetch_one(&superuser).await.unwrap();
    let verified: i64 = sqlx::query_scalar("select count(*) from verifications").fetch_one(&superuser).await.unwrap();
    assert_eq!(verified.unsigned_abs(), registry::all().len() as u64, "what was found is recorded");
    superuser.close().await;
    let restored = ["log", "restored", "--reason", "a test", "--by", "operator 7"];
    let restored =
        run(own.data.path(), &[&["--database-url", &own.url(APP_ROLE, "sanping")], restored.as_slice()].concat());
    let (code, _, told) = heard(&restored);
    assert!(code == Some(1) && told.contains("only the role that owns the database may say so"), "{told}");
    let told = std::fs::read_to_string(own.data.path().join("postgres.log")).unwrap();
    assert!(there && told.contains("duplicate key value"), "{told}");
    assert!(!told.contains("Zhang San") && !told.contains("insert into"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_are_told_of_each_projection_whatever_came_of_the_others() {
    let (told, folder) = (told(92, 30).await, data());
    told.caught_up().await;
    told.app.stop().await;
    let pool = told.ground.pool().await;
    for damage in [
        "delete from branches_g1",
        "update projections set version = version + 1 where name = 'members'",
        "insert into projection_builds (name, generation, version, checkpoint, builder, lease_until) \
         values ('metrics', 2, 1, 0, gen_random_uuid(), now() - interval '1 day'), \
         ('outlets', 2, 1, 7, gen_random_uuid(), now() - interval '1 day')",
    ] {
        sqlx::query(damage).execute(&pool).await.unwrap();
    }
    let (socket, database) = harness::writer::address(&told.ground.endpoints.app);
    let url = |role: &str| format!("postgres://{role}@localhost/{database}?host={}&port=5432", socket.display());
    let asked = |role: &str, arguments: &[&str]| {
        let (code, said, told) = heard(&run(folder.path(), &[&["--database-url", &url(role)], arguments].concat()));
        let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap_or(json!(line))).collect();
        (code, lines, told)
    };
    let (_, status, _) = asked(APP_ROLE, &["projections", "status"]);
    for (name, goes_on) in
        [("metrics", "whoever builds next begins it anew"), ("outlets", "whoever builds next goes on with it")]
    {
        let line = status.iter().filter_map(Value::as_str).find(|line| line.starts_with(name)).unwrap();
        assert!(line.ends_with(goes_on), "{line}");
    }

    let (code, verified, told_of) = asked(APP_ROLE, &["projections", "verify", "--json"]);
    assert_eq!((code, verified.len()), (Some(4), registry::all().len()), "{told_of}");
    let state = |name: &str| &verified.iter().find(|line| line["name"] == name).unwrap()["state"];
    assert_eq!([state("branches"), state("members"), state("metrics")], ["differs", "not_verified", "agrees"]);
    let (code, verified, _) = asked(APP_ROLE, &["projections", "verify", "members", "--json"]);
    assert!(code == Some(1) && verified[0]["error"].as_str().is_some_and(|why| !why.is_empty()), "{verified:?}");

    let (code, rebuilt, told_of) = asked(APP_ROLE, &["projections", "rebuild", "branches", "--json"]);
    assert_eq!((code, &rebuilt[0]["state"]), (Some(0), &json!("rebuilt")), "{told_of}");
    assert!(rebuilt[0]["compared"]["differing"].as_u64().is_some_and(|rows| rows > 0), "{rebuilt:?}");
    let (code, rebuilt, _) = asked(APP_ROLE, &["projections", "rebuild", "members", "--json"]);
    assert_eq!((code, &rebuilt[0]["state"]), (Some(1), &json!("failed")), "{rebuilt:?}");
}

#[test]
fn keys_of_before_a_restore_hold_no_longer_once_it_is_said_what_was_lost() {
    let folder = data();
    let asked = |arguments: &[&str]| {
        let (code, said, told) = heard(&run(folder.path(), arguments));
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        serde_json::from_str::<Value>(&said).unwrap()
    };
    let said = ["--reason", "a restore", "--by", "operator 7", "--json"];
    asked(&["keys", "create", "--principal", "billing", "--days", "90", "--json"]);
    let nothing = asked(&[&["log", "restored", "--nothing-lost"], said.as_slice()].concat());
    assert_eq!((&nothing["revokedKeys"], &nothing["nothingLost"]), (&json!(0), &json!(true)));
    let lost = asked(&[&["log", "restored"], said.as_slice()].concat());
    assert_eq!((&lost["revokedKeys"], &lost["afterPosition"]), (&json!(1), &json!("0")));
    assert_ne!(lost["origin"], nothing["origin"]);
    let again = asked(&[&["log", "restored"], said.as_slice()].concat());
    assert_eq!(again["revokedKeys"], json!(0), "what was revoked stays as it is");
}
