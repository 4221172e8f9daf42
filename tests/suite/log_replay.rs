//! `sanping log replay`: the whole log read again, its places held against one another, one digest over what is stored.

use std::process::Command;
use std::time::Duration;

use harness::ground::Ground;
use harness::program::{data, run, sanping};
use harness::wait::until;
use serde_json::Value;
use sqlx::{Executor, PgPool};

use crate::told::told;

fn url(ground: &Ground) -> String {
    let (socket, database) = harness::writer::address(&ground.endpoints.app);
    format!("postgres://sanping_app@localhost/{database}?host={}&port=5432", socket.display())
}

/// Runs it; answers the exit code, what it found, and what it told on the way.
fn replay(ground: &Ground, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let url = url(ground);
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
    let origin = found["origin"].as_str().unwrap();
    assert_eq!(replay(&told.ground, &["--upto", &format!("20@{origin}")]).1["digest"], part["digest"]);
    let (code, _, other) = replay(&told.ground, &["--upto", "20@00000000-0000-4000-8000-000000000007"]);
    assert!(code == Some(1) && other.contains(&format!("which goes on under {origin}")), "{other}");
    let (code, _, wrong) = replay(&told.ground, &["--upto", "20@here"]);
    assert!(code == Some(2) && wrong.contains("a position is a decimal string"), "{wrong}");
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
    let beyond = "insert into events select aggregate_type, aggregate_id, sequence + 1, event_type, event_version, payload, \
                  metadata, position + 1, gen_random_uuid(), recorded_at, salt from events order by position desc limit 1";
    copy.owner().await.execute(beyond).await.unwrap();
    let (code, found, _) = replay(&copy, &[]);
    assert_eq!(code, Some(4), "{found}");
    let (position, what) = fault(&found);
    assert!(position == (head.0 + 1).to_string() && what.contains("and there is an event at"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_last_event_is_gone_is_told_and_not_served() {
    let told = told(85, 20).await;
    let head = told.caught_up().await;
    told.app.stop().await;
    let copy = told.ground.copy().await;
    damage(&copy.owner().await, &format!("delete from events where position = {head}")).await;
    let (code, found, _) = replay(&copy, &[]);
    assert_eq!(code, Some(4));
    let whats: Vec<_> =
        found["faults"].as_array().unwrap().iter().map(|fault| fault["what"].as_str().unwrap()).collect();
    let ends = format!("the log ends at {}, its head says {head}", head.0 - 1);
    assert!(whats.contains(&ends.as_str()), "{found}");
    let served = run(data().path(), &["--database-url", &url(&copy), "serve", "--listen", "127.0.0.1:0"]);
    let why = String::from_utf8_lossy(&served.stderr);
    let ends = format!("the log ends at {}, and its head says {head}", head.0 - 1);
    assert!(served.status.code() == Some(1) && why.contains(&ends), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_has_one_outcome_that_fits_its_events() {
    let told = told(84, 60).await;
    told.caught_up().await;
    told.app.stop().await;
    // A command in the middle of the log.
    let sql = "select command_id, position, events from commands where events > 0 and position >= 20 order by position limit 1";
    let (id, at, events): (String, i64, i32) = sqlx::query_as(sql).fetch_one(&told.ground.pool().await).await.unwrap();
    for (how, word) in [
        (format!("delete from commands where position = {at} and events > 0"), "has no such outcome".to_owned()),
        (
            format!("update commands set events = events + 1 where position = {at} and events > 0"),
            format!("says {} events, there are {events}", events + 1),
        ),
        (
            format!("update commands set position = 1000000 + position where position = {at}"),
            "has no such outcome".to_owned(),
        ),
        (
            format!("update commands set command_id = 'another' where position = {at} and events > 0"),
            "an outcome says that command another of ".to_owned(),
        ),
        (
            "insert into commands select principal, 'twice', body_hash, position, events, recorded_at from commands \
             where position = "
                .to_owned()
                + &format!("{at} and events > 0"),
            "an outcome says that command twice of ".to_owned(),
        ),
    ] {
        let copy = told.ground.copy().await;
        let off = format!("alter table commands disable trigger user; {how}; alter table commands enable trigger user");
        copy.owner().await.execute(off.as_str()).await.unwrap();
        let (code, found, _) = replay(&copy, &[]);
        assert_eq!(code, Some(4), "{how}: {found}");
        let (position, what) = fault(&found);
        assert!(position == at.to_string() && what.contains(&word), "{how}, command {id}: {found}");
    }
    for upto in 1..=20 {
        let (code, found, _) = replay(&told.ground, &["--upto", &upto.to_string()]);
        assert_eq!(code, Some(0), "wherever it ends, in the middle of a command too: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_whose_session_ends_in_the_middle_is_an_error_and_no_shorter_log() {
    let told = told(82, 20).await;
    told.caught_up().await;
    told.app.stop().await;
    let owner = told.ground.owner().await;
    owner
        .execute(
            "create policy slow on events for select to sanping_app using \
             (position <> 17 or current_query() not ilike 'copy%' or pg_sleep(60) is not null); \
             alter table events enable row level security",
        )
        .await
        .unwrap();
    let arguments = ["--database-url", &url(&told.ground), "log", "replay", "--json"].map(str::to_owned);
    let replaying = tokio::task::spawn_blocking(move || run(data().path(), &arguments.each_ref().map(String::as_str)));
    let ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
                 and wait_event = 'PgSleep'";
    let pool = told.ground.pool().await;
    let reading = async || sqlx::query_scalar::<_, bool>(ended).fetch_optional(&pool).await.unwrap();
    assert!(until("the reading", Duration::from_secs(60), reading).await);
    let output = replaying.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(said.contains("the log cannot be read"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_shown_a_bar() {
    let told = told(83, 5).await;
    let head = told.caught_up().await;
    told.app.stop().await;
    let command = format!("{} --database-url '{}' log replay", sanping().display(), url(&told.ground));
    let shown =
        Command::new("script").args(["--quiet", "--return", "--command", &command, "/dev/null"]).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success() && text.contains(&format!("{head} events in ")), "{text}");
    assert!(text.contains('█') && text.contains(&format!("{head}/{head}")), "{text:?}");
}
