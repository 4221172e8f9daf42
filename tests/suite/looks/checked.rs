//! `sanping reads` on the command line, and the program for auditors in another language that docs/reads.md was enough for.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use harness::ground::Ground;
use harness::program::{data, run};
use infra::postgres::APP_ROLE;
use serde_json::{Value, json};

use super::{of_every_form, superuser};

fn heard(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap())
}

/// What the other program makes of an export.
fn checked(export: &str, noted: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/reads/verify.py");
    let mut asked = Command::new("python3");
    asked.arg("-B").arg(script).args(noted).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process =
        asked.spawn().expect("this test needs python3, 3.8 or later, on the path: ./dev test installs it");
    process.stdin.take().unwrap().write_all(export.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_are_verified_and_exported_on_the_command_line_and_checked_by_another_program() {
    let ground = Ground::fresh().await;
    let app = ground.app().await;
    app.reads.record(&of_every_form()).await.unwrap();
    app.stop().await;
    let folder = data();
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    let url = format!("postgres://{APP_ROLE}@localhost/{database}?host={}&port=5432", socket.display());
    let asked =
        |arguments: &[&str]| heard(&run(folder.path(), &[&["--database-url", &url, "reads"], arguments].concat()));
    let (code, said) = asked(&["verify", "--json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &found["number"], &found["break"]), (Some(0), &json!(6), &Value::Null));
    let noted = format!("6:{}", found["hash"].as_str().unwrap());
    let (code, said) = asked(&["verify", "--head", &noted]);
    assert!(code == Some(0) && said.contains("what was noted is in them") && said.contains(&noted), "{said}");
    assert_eq!(asked(&["verify", "--head", "6:abc"]).0, Some(2));
    let other = format!("5:{}", found["hash"].as_str().unwrap());
    let (code, said) = asked(&["verify", "--head", &other]);
    assert!(code == Some(4) && said.contains("BROKEN at 5"), "{said}");

    let (code, export) = asked(&["export"]);
    assert_eq!((code, export.lines().count()), (Some(0), 6));
    assert_eq!(asked(&["export", "--after", "4"]).1.lines().count(), 2);
    let agreed = checked(&export, &[&noted]);
    assert_eq!(heard(&agreed), (Some(0), format!("{noted}\n")), "{}", String::from_utf8_lossy(&agreed.stderr));
    let lines: Vec<&str> = export.lines().collect();
    let without = |number: usize| [&lines[..number], &lines[number + 1..]].concat().join("\n");
    for (wrong, why) in [
        (export.replace("2022-JJ-014", "2022-JJ-015"), "entry 2 does not follow"),
        (export.replacen("\"viewer\":\"office\"", "\"viewer\":\"someone\"", 1), "entry 1 does not follow"),
        (without(3), "entry 4 is missing"),
        (without(5), "what was noted is missing: 6"),
    ] {
        let found = checked(&wrong, &[&noted]);
        let told = String::from_utf8_lossy(&found.stderr);
        assert!(found.status.code() == Some(1) && told.contains(why), "{why}: {told}");
    }

    let superuser = superuser(&ground).await;
    let tampered = "set session_replication_role = replica; update reads set viewer = 'nobody' where number = 4";
    sqlx::raw_sql(tampered).execute(&mut *superuser.acquire().await.unwrap()).await.unwrap();
    let (code, said) = asked(&["verify", "--json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &found["number"], &found["break"]["number"]), (Some(4), &json!(3), &json!(4)));
    assert_eq!(checked(&asked(&["export"]).1, &[]).status.code(), Some(1), "the other program finds it too");
}
