//! API keys: shown once, kept as a hash, over by their time or revoked at once, whatever process they are shown to.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use harness::bearer::{Shown, shown};
use harness::client::Api;
use harness::feed::Feed;
use harness::ground::Ground;
use harness::own::Own;
use harness::program::{Running, answer, data, run};
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use infra::auth::api_key::ApiKey;
use infra::auth::door::{Auth, BAD_CREDENTIALS, CHALLENGE, UNAVAILABLE};
use infra::auth::issued::{self, Denied, KeyError};
use infra::clock::Clock;
use infra::postgres::{APP_ROLE, OWNER_ROLE};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

const PATIENCE: Duration = Duration::from_secs(60);

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What a command line answers in JSON.
fn made(data: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&answer(data, arguments)).unwrap()
}

/// The exit code and what is told of it.
fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

/// A server without a sign-in of its own, and its address.
fn serving(data: &Path, url: &str) -> (Running, String) {
    let running = Running::start(data, &["--database-url", url, "serve", "--listen", "127.0.0.1:0"]);
    let address = running.until_said("serving on ").rsplit(' ').next().unwrap().to_owned();
    (running, address)
}

/// Whether a connection is begun with this.
async fn begun(address: &str, payload: Value) -> (Feed, bool) {
    let mut feed = Feed::connect(address).await;
    feed.say(&json!({ "type": "connection_init", "payload": payload })).await;
    let heard = feed.hear().await;
    (feed, heard == Some(json!({ "type": "connection_ack" })))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_signs_in_until_it_is_revoked_in_every_process() {
    let own = Own::with("sanping").await;
    let (data, url) = (own.data.path(), own.url(APP_ROLE, "sanping"));
    let at = ["--database-url", &url];
    let (first, here) = serving(data, &url);
    assert!(first.until_said("sign in").contains("nobody can sign in yet"), "it says so");
    let create = [&at[..], &["keys", "create", "--principal", "billing", "--days", "30", "--json"]].concat();
    let key = made(data, &create);
    let (second, there) = serving(data, &url);
    assert_eq!(second.until_said("sign in"), "sign in with an API key");
    let (text, id) = (key["key"].as_str().unwrap(), key["id"].as_str().unwrap());
    let secret = text.rsplit('_').next().unwrap();
    let bearer = format!("Bearer {text}");

    let owner = PgPool::connect(&own.url(OWNER_ROLE, "sanping")).await.unwrap();
    let kept: String = sqlx::query_scalar("select k::text from api_keys k").fetch_one(&owner).await.unwrap();
    assert!(kept.contains(id) && !kept.contains(secret) && !kept.contains(&secret[..43]), "{kept}");
    owner.close().await;
    let listed = answer(data, &[&at[..], &["keys", "list"]].concat());
    assert!(listed.contains(id) && listed.trim_end().ends_with("holds") && !listed.contains(&secret[..10]), "{listed}");

    for address in [&here, &there] {
        assert_eq!(shown(address, &[("authorization", &bearer)]).await.status, 200);
        assert_eq!(shown(address, &[("authorization", &bearer.replace("Bearer", "bearer"))]).await.status, 200);
    }
    let (mut by_message, acknowledged) = begun(&here, json!({ "authorization": bearer })).await;
    assert!(acknowledged);
    let mut by_header = Feed::with_headers(&there, &[("authorization", bearer.as_str())]).await.unwrap();
    by_header.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(by_header.hear().await, Some(json!({ "type": "connection_ack" })));

    let said = answer(data, &[&at[..], &["keys", "revoke", id]].concat());
    assert!(said.contains(&format!("key {id} is revoked")), "{said}");
    for address in [&here, &there] {
        let Shown { status, code, challenge, .. } = shown(address, &[("authorization", &bearer)]).await;
        assert_eq!((status, code.as_str()), (401, "request.bad_credentials"), "by the very next request");
        assert_eq!(challenge.as_deref(), Some(CHALLENGE));
        assert!(!begun(address, json!({ "authorization": bearer })).await.1);
        assert_eq!(Feed::with_headers(address, &[("authorization", bearer.as_str())]).await.err(), Some(401));
    }
    assert_eq!((by_message.closed().await, by_header.closed().await), (Some(4403), Some(4403)), "connections end");
    let again = answer(data, &[&at[..], &["keys", "revoke", text]].concat());
    assert!(again.contains(&format!("key {id} was revoked at ")) && !again.contains(secret), "{again}");
    for running in [first, second] {
        let told = running.told_at_the_end().join("\n");
        assert!(told.contains(id) && told.contains("revoked"), "the log says which key and why: {told}");
        assert!(!told.contains(&secret[..10]) && !told.contains("Bearer"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_by_its_time_and_so_do_connections() {
    let mut server = Server::start(instant("2024-01-01T00:00:00Z")).await;
    let address = server.open(SignIn::Closed).await;
    let pool = server.app.pool.clone();
    let (key, ends) = issued::create(&pool, "billing", 400, server.now()).await.unwrap();
    assert_eq!(ends, instant("2025-02-04T00:00:00Z"));
    let bearer = format!("Bearer {}", key.text());
    let (mut feed, acknowledged) = begun(&address, json!({ "authorization": bearer })).await;
    server.advance_to(instant("2025-02-03T23:59:59.999999Z"));
    assert!(acknowledged && shown(&address, &[("authorization", &bearer)]).await.status == 200);
    server.advance_to(ends);
    assert_eq!(shown(&address, &[("authorization", &bearer)]).await.status, 401);
    assert_eq!(feed.closed().await, Some(4403));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_key_the_answer_is_the_same() {
    let mut server = Server::start(instant("2024-01-01T00:00:00Z")).await;
    let address = server.open(SignIn::Closed).await;
    let pool = server.app.pool.clone();
    let at = server.now();
    let (expired, _) = issued::create(&pool, "ana", 1, at).await.unwrap();
    let (revoked, _) = issued::create(&pool, "ben", 30, at).await.unwrap();
    let (good, _) = issued::create(&pool, "billing", 30, at).await.unwrap();
    issued::revoke(&pool, revoked.id(), at).await.unwrap();
    server.advance_to(instant("2024-01-02T00:00:00Z"));
    // A name that is known, with another secret than is kept.
    let wrong = ApiKey::generate();
    let sql = "insert into api_keys (id, principal, secret_sha256, created_at, expires_at) \
               select $1, principal, secret_sha256, created_at, expires_at from api_keys where id = $2";
    sqlx::query(sql).bind(wrong.id()).bind(good.id()).execute(&pool).await.unwrap();
    let unknown = ApiKey::generate();
    for (key, why) in
        [(&wrong, Denied::Wrong), (&unknown, Denied::Unknown), (&expired, Denied::Expired), (&revoked, Denied::Revoked)]
    {
        assert_eq!(issued::holder(&pool, key, server.now()).await.unwrap(), Err(why));
    }
    let holder = issued::holder(&pool, &good, server.now()).await.unwrap().unwrap();
    assert_eq!((holder.id.0.as_str(), holder.until), ("billing", Some(instant("2024-01-31T00:00:00Z"))));

    let whole = [&wrong, &unknown, &expired, &revoked].map(ApiKey::text);
    let broken = [&good.text()[..61], "spk_", "x", &"x".repeat(20_000), "e30.e30.e30"].map(str::to_owned);
    let mut answers = Vec::new();
    for text in whole.iter().chain(&broken) {
        answers.push(shown(&address, &[("authorization", &format!("Bearer {text}"))]).await);
        let (_, acknowledged) = begun(&address, json!({ "authorization": format!("Bearer {text}") })).await;
        assert!(!acknowledged);
    }
    let good = format!("Bearer {}", good.text());
    let other = format!("Bearer {}", unknown.text());
    for two in [[&good, &good], [&good, &other], [&other, &good]] {
        answers.push(shown(&address, &[("authorization", two[0]), ("authorization", two[1])]).await);
    }
    assert_eq!((answers[0].status, answers[0].code.as_str()), (401, "request.bad_credentials"));
    assert!(answers[0].body["errors"][0]["extensions"]["messageZh"].as_str().unwrap().contains("凭据无效"));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    // What stands in an address, or where nobody looks, signs nobody in and harms nobody.
    let in_address = format!("/graphql?access_token={}&query=%7Blog%7Bposition%7D%7D", unknown.text());
    assert_eq!(Api::at(&address).get(&in_address, &[]).await.unwrap().0, 200);
    assert_eq!(shown(&address, &[("authorization", &good)]).await.status, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_of_a_principal_hold_at_a_time_however_many_are_made_at_once() {
    let ground = Ground::fresh().await;
    let pool = ground.pool().await;
    let at = instant("2024-01-01T00:00:00Z");
    let all = (0..8).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { issued::create(&pool, "billing", 1, at).await })
    });
    let mut made = Vec::new();
    for one in all.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok((key, _)) => made.push(key),
            Err(KeyError::TooMany { ids, .. }) => assert_eq!(ids.len(), issued::MOST),
            // Eight at once may come between each other more often than is tried; none of them is made then.
            Err(KeyError::Sql(error)) => assert_eq!(error.as_database_error().unwrap().code().unwrap(), "40001"),
            Err(error) => panic!("{error}"),
        }
    }
    assert!((1..=issued::MOST).contains(&made.len()), "{made:?}");
    while made.len() < issued::MOST {
        made.push(issued::create(&pool, "billing", 1, at).await.unwrap().0);
    }
    assert!(matches!(issued::create(&pool, "billing", 1, at).await, Err(KeyError::TooMany { .. })));
    assert!(issued::create(&pool, "ana", 1, at).await.is_ok(), "others have their own");
    issued::revoke(&pool, made[0].id(), at).await.unwrap();
    let third = issued::create(&pool, "billing", 2, at).await.expect("one was revoked").0;
    let later = instant("2024-01-02T00:00:00Z");
    assert!(issued::create(&pool, "billing", 1, later).await.is_ok(), "one has expired");
    let listed = issued::list(&pool, Some("billing")).await.unwrap();
    let holding: Vec<_> = listed.iter().filter(|key| key.over(later).is_none()).map(|key| key.id.as_str()).collect();
    assert_eq!((listed.len(), holding.len(), holding[0]), (4, 2, third.id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_beside_a_running_program_and_what_is_wrong_is_told() {
    let folder = data();
    let path = folder.path();
    let running = Running::start(path, &["serve", "--listen", "127.0.0.1:0"]);
    let address = running.until_said("serving on ").rsplit(' ').next().unwrap().to_owned();
    until("readiness", PATIENCE, async || (Api::at(&address).get("/readyz", &[]).await.ok()?.0 == 200).then_some(()))
        .await;
    for (arguments, code, word) in [
        (["--principal", "deadline", "--days", "1"], 1, "is what the program itself acts as"),
        (["--principal", "demo-office", "--days", "1"], 1, "is what the program itself acts as"),
        (["--principal", "", "--days", "1"], 1, "1 to 64 printable ASCII characters"),
        (["--principal", "two words", "--days", "1"], 1, "without spaces"),
        (["--principal", "billing", "--days", "0"], 2, "1..=400"),
        (["--principal", "billing", "--days", "401"], 2, "1..=400"),
    ] {
        let (found, said) = told(&run(path, &[&["keys", "create"], &arguments[..]].concat()));
        assert!(found == Some(code) && said.contains(word), "{arguments:?}: {found:?} {said}");
    }
    assert_eq!(made(path, &["keys", "list", "--json"]), json!({ "keys": [] }), "none of them was made");
    let create = ["keys", "create", "--principal", "billing", "--days", "400"];
    let printed = answer(path, &create);
    let text = printed.lines().next().unwrap();
    let key = ApiKey::parse(text).expect("the first line is the key");
    assert!(printed.contains(key.id()) && printed.contains("not shown again"), "{printed}");
    assert_eq!(shown(&address, &[("authorization", &format!("Bearer {text}"))]).await.status, 200);
    let second = made(path, &[&create[..], &["--json"]].concat());
    let (code, said) = told(&run(path, &create));
    assert!(code == Some(1) && said.contains(key.id()) && said.contains("keys revoke"), "{said}");
    let (code, said) = told(&run(path, &["keys", "revoke", "nothere0"]));
    assert!(code == Some(1) && said.contains("there is no key \"nothere0\""), "{said}");
    let keys = made(path, &["keys", "list", "--principal", "billing", "--json"]);
    assert_eq!(keys["keys"][1]["id"], second["id"]);
    assert_eq!((&keys["keys"][0]["state"], &keys["keys"][0]["revokedAt"]), (&json!("holds"), &Value::Null));
    assert_eq!(made(path, &["keys", "list", "--principal", "ana", "--json"]), json!({ "keys": [] }));
    running.stop();
    assert!(answer(path, &["keys", "revoke", key.id()]).contains("is revoked"), "alone as beside");
}

#[tokio::test]
async fn while_the_database_does_not_answer_nobody_is_taken_for_a_stranger() {
    let nowhere = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(1).ssl_mode(PgSslMode::Disable);
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(200)).connect_lazy_with(nowhere);
    let auth = Auth::new(SignIn::Closed, pool, Arc::new(Clock::System), None);
    let bearer = |text: &str| [("authorization".parse().unwrap(), format!("Bearer {text}").parse().unwrap())];
    let (status, code, _) =
        auth.of_request(&bearer(&ApiKey::generate().text()).into_iter().collect()).await.unwrap_err();
    assert_eq!((status.as_u16(), code), (503, UNAVAILABLE));
    let (status, code, _) = auth.of_request(&bearer("spk_nothing").into_iter().collect()).await.unwrap_err();
    assert_eq!((status.as_u16(), code), (401, BAD_CREDENTIALS), "what is no key is not looked up");
}
