//! `sanping log replay`: the whole log read again, its places held against one another, one digest over what is stored.

use harness::ground::Ground;
use harness::program::{data, run};
use serde_json::Value;
use sqlx::{Executor, PgPool};

use crate::told::told;

/// Runs it; answers the exit code, what it found, and what it told on the way.
fn replay(ground: &Ground, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    let url = format!("postgres://sanping_app@localhost/{database}?host={}&port=5432", socket.display());
    let fixed = ["--database-url", &url, "log", "replay", "--json"];
    let output = run(data().path(), &[&fixed, arguments].concat());
    let found = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), found, String::from_utf8(output.stderr).unwrap())
}

/// What an owner who turns the walls off could do.
async fn damage(owner: &PgPool, how: &str) {
    let sql = format!("alter table events disable trigger user; {how}; alter table events enable trigger user");
    owner.execute(sql.as_str()).await.unwrap();
}

fn fault(found: &Value) -> (String, String) {
    let text = |field: &str| found["faults"][0][field].as_str().unwrap().to_owned();
    (text("position"), text("what"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_replayed_and_whatever_is_wrong_with_it_is_named() {
    let told = told(81, 60).await;
    let head = told.caught_up().await;
    let streams: i64 = sqlx::query_scalar("select count(distinct (aggregate_type, aggregate_id)) from events")
        .fetch_one(&told.app.pool)
        .await
        .unwrap();
    let (code, found, progress) = replay(&told.ground, &[]);
    assert_eq!(code, Some(0), "{found} {progress}");
    assert_eq!(found["position"], head.to_string());
    assert_eq!((&found["events"], &found["streams"]), (&head.0.into(), &streams.into()));
    assert!(progress.contains(&format!("log: {head} of {head}")), "{progress}");
    let digest = found["digest"].as_str().unwrap().to_owned();
    assert_eq!(replay(&told.ground, &[]).1["digest"], digest.as_str(), "the same log, the same digest");
    let (code, part, _) = replay(&told.ground, &["--upto", "20"]);
    assert_eq!((code, &part["events"], &part["position"]), (Some(0), &20.into(), &"20".into()));
    let (code, _, beyond) = replay(&told.ground, &["--upto", &(head.0 + 1).to_string()]);
    assert!(code == Some(1) && beyond.contains(&format!("the log ends at {head}")), "{beyond}");
    told.app.stop().await;

    let upto = ["--upto", "30"];
    let whole = replay(&told.ground, &upto).1["digest"].clone();
    for (how, at, word) in [
        ("delete from events where position = 17", "17", "there is no event"),
        (
            "update events set recorded_at = recorded_at + interval '1 day' where position = 17",
            "18",
            "before its predecessor",
        ),
        ("update events set sequence = sequence + 1000 where position = 17", "17", " goes from "),
        ("update events set payload = '{\"member_unheard_of\":{}}' where position = 17", "17", "does not know"),
        ("update events set payload = '{}' where position = 17", "17", "cannot be read by this build"),
        ("update events set event_version = '2' where position = 17", "17", "@2, is of a type"),
        ("update events set position = 1000017 where position = 17", "17", "there is no event"),
    ] {
        let copy = told.ground.copy().await;
        damage(&copy.owner().await, how).await;
        let (code, found, _) = replay(&copy, &upto);
        assert_eq!(code, Some(4), "{how}: {found}");
        let (position, what) = fault(&found);
        assert_eq!(position, at, "{how}: {found}");
        assert!(what.contains(word), "{how}: {what}");
        assert_ne!(found["digest"], whole, "{how}");
    }
    let copy = told.ground.copy().await;
    damage(&copy.owner().await, "update events set salt = sha256(salt) where position = 17").await;
    let (code, found, _) = replay(&copy, &upto);
    assert_eq!((code, &found["faulty"]), (Some(0), &0.into()), "a salt says nothing about itself");
    assert_ne!(found["digest"], whole);
    let copy = told.ground.copy().await;
    damage(&copy.owner().await, &format!("delete from events where position = {head}")).await;
    let (code, found, _) = replay(&copy, &[]);
    assert_eq!(code, Some(4));
    assert_eq!(fault(&found).0, head.to_string(), "the head says that there is one more: {found}");
    let copy = told.ground.copy().await;
    let beyond = "insert into events select aggregate_type, aggregate_id, sequence + 1, event_type, event_version, payload, \
                  metadata, position + 1, gen_random_uuid(), recorded_at, salt from events order by position desc limit 1";
    copy.owner().await.execute(beyond).await.unwrap();
    let (code, found, _) = replay(&copy, &[]);
    assert_eq!(code, Some(4), "{found}");
    let (position, what) = fault(&found);
    assert!(position == (head.0 + 1).to_string() && what.contains("and there is an event at"), "{found}");
}
