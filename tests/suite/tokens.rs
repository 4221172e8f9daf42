//! Tokens of an OIDC issuer, minted by another implementation: what proves somebody, and everything that does not.

use std::sync::Arc;
use std::time::Duration;

use harness::bearer::{Shown, shown};
use harness::feed::Feed;
use harness::ground::Ground;
use harness::idp::Idp;
use harness::own::Own;
use harness::program::{Running, answer, data, run};
use harness::server::Server;
use harness::wait::until;
use infra::auth::SignIn;
use infra::auth::door::{Auth, CHALLENGE, Who};
use infra::auth::issuer::Trusted;
use infra::auth::oidc::{Signed, principal};
use infra::clock::Clock;
use infra::postgres::APP_ROLE;
use jiff::SignedDuration;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const AUDIENCE: &str = "sanping-api";
const ALL: [Signed; 3] = [Signed::Rs256, Signed::Es256, Signed::EdDsa];
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// An issuer, and a program that trusts it.
struct World {
    idp: Idp,
    server: Server,
    address: String,
}

impl World {
    async fn new(algorithms: &[Signed]) -> Self {
        let idp = Idp::start();
        let mut server = Server::start("2024-01-01T00:00:00Z".parse().unwrap()).await;
        let trusted = Trusted::new(&idp.issuer, AUDIENCE, algorithms).unwrap();
        let address = server.open_to(SignIn::Closed, trusted).await;
        Self { idp, server, address }
    }

    /// The claims of a token that holds for another ten minutes.
    fn claims(&self, more: Value) -> Value {
        let now = self.server.now().as_second();
        let mut claims = json!({ "iss": self.idp.issuer, "aud": AUDIENCE, "sub": "ana", "exp": now + 600, "iat": now });
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        claims
    }

    /// A token that is as it should be.
    async fn good(&self, alg: &str, kid: &str) -> String {
        self.idp.mint(header(alg, kid), self.claims(json!({})), kid, "well").await
    }

    async fn shown(&self, token: &str) -> Shown {
        shown(&self.address, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// It signs in, by the header and by the first message of a connection.
    async fn signs_in(&self, token: &str, what: &str) {
        let Shown { status, body, .. } = self.shown(token).await;
        assert_eq!(status, 200, "{what}: {body}");
        assert!(begun(&self.address, token).await.1, "{what}");
    }

    /// It is refused, by both.
    async fn refused(&self, token: &str, what: &str) {
        let Shown { status, code, challenge, body } = self.shown(token).await;
        assert_eq!((status, code.as_str()), (401, "request.bad_credentials"), "{what}: {body}");
        assert_eq!(challenge.as_deref(), Some(CHALLENGE), "{what}");
        assert!(!begun(&self.address, token).await.1, "{what}");
        let bearer = format!("Bearer {token}");
        let by_header = Feed::with_headers(&self.address, &[("authorization", bearer.as_str())]).await;
        assert_eq!(by_header.err(), Some(401), "{what}");
    }

    fn later(&self, seconds: i64) {
        self.server.advance_to(self.server.now() + SignedDuration::from_secs(seconds));
    }
}

fn header(alg: &str, kid: &str) -> Value {
    json!({ "typ": "at+jwt", "alg": alg, "kid": kid })
}

/// Whether a connection is begun with this token.
async fn begun(address: &str, token: &str) -> (Feed, bool) {
    let mut feed = Feed::connect(address).await;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    feed.say(&json!({ "type": "connection_init", "payload": payload })).await;
    let heard = feed.hear().await;
    (feed, heard == Some(json!({ "type": "connection_ack" })))
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_every_algorithm_sign_in_and_connections_end_with_them() {
    let w = World::new(&ALL).await;
    for (alg, kid) in [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed")] {
        w.signs_in(&w.good(alg, kid).await, alg).await;
    }
    let now = w.server.now().as_second();
    for (what, claims) in [
        ("several audiences", json!({ "aud": ["another", AUDIENCE] })),
        ("over within the leeway", json!({ "exp": now - 59 })),
        ("not yet, within the leeway", json!({ "nbf": now + 60 })),
        ("more than is looked at", json!({ "scope": "everything", "roles": ["office"], "cnf": {} })),
    ] {
        let token = w.idp.mint(header("ES256", "ec"), w.claims(claims), "ec", "well").await;
        assert_eq!(w.shown(&token).await.status, 200, "{what}");
    }
    for typ in ["JWT", "jwt", "application/at+jwt"] {
        let header = json!({ "typ": typ, "alg": "EdDSA", "kid": "ed" });
        w.signs_in(&w.idp.mint(header, w.claims(json!({})), "ed", "well").await, typ).await;
    }
    assert_eq!(w.idp.asked().await, json!({ DISCOVERY: 1, "/keys": 1 }), "its keys are kept");
    let token = w.good("RS256", "rsa").await;
    let (mut feed, acknowledged) = begun(&w.address, &token).await;
    w.later(600);
    assert!(acknowledged && feed.closed().await == Some(4403));
    w.later(59);
    assert_eq!(w.shown(&token).await.status, 200);
    w.later(1);
    w.refused(&token, "over").await;
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_a_token_proves_is_the_issuers_subject_under_an_opaque_id() {
    let (idp, ground) = (Idp::start(), Ground::fresh().await);
    let clock = Arc::new(Clock::simulated("2024-01-01T00:00:00Z".parse().unwrap()));
    let trusted = Trusted::new(&idp.issuer, AUDIENCE, &ALL).unwrap();
    let auth = Auth::new(SignIn::Closed, ground.pool().await, Arc::clone(&clock), Some(trusted));
    let exp = clock.now() + SignedDuration::from_secs(300);
    let claims = json!({ "iss": idp.issuer, "aud": AUDIENCE, "sub": "Ana 安娜", "exp": exp.as_second() });
    let token = idp.mint(header("ES256", "ec"), claims, "ec", "well").await;
    let headers = [("authorization".parse().unwrap(), format!("Bearer {token}").parse().unwrap())];
    let who = auth.of_request(&headers.into_iter().collect()).await.unwrap().unwrap();
    let Who::Token(proven) = who else { panic!("{who:?}") };
    let printed = answer(data().path(), &["principal", "--issuer", &idp.issuer, "--subject", "Ana 安娜"]);
    assert_eq!((proven.id.0.as_str(), proven.until), (printed.trim(), Some(exp)));
    assert_eq!(proven.id, principal(&idp.issuer, "Ana 安娜"));
    assert!(proven.id.0.len() == 28 && proven.id.0.starts_with("o-"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_for_others_or_of_another_time_sign_nobody_in() {
    let w = World::new(&ALL).await;
    let idp = &w.idp;
    w.signs_in(&w.good("RS256", "rsa").await, "the keys are known").await;
    let now = w.server.now().as_second();
    for (what, claims) in [
        ("another audience", json!({ "aud": "another" })),
        ("other audiences", json!({ "aud": ["another", "sanping-api-2"] })),
        ("no audience", json!({ "aud": null })),
        ("no audience among them", json!({ "aud": [] })),
        ("audiences nested", json!({ "aud": [[AUDIENCE]] })),
        ("another issuer", json!({ "iss": "https://id.example" })),
        ("nearly the issuer", json!({ "iss": format!("{}/", idp.issuer) })),
        ("several issuers", json!({ "iss": [idp.issuer] })),
        ("no issuer", json!({ "iss": null })),
        ("over", json!({ "exp": now - 60 })),
        ("no end", json!({ "exp": null })),
        ("an end in words", json!({ "exp": "2999-01-01" })),
        ("an end beyond the calendar", json!({ "exp": i64::MAX })),
        ("not yet", json!({ "nbf": now + 61 })),
        ("a beginning in words", json!({ "nbf": "now" })),
        ("nobody", json!({ "sub": null })),
        ("nobody's name", json!({ "sub": "" })),
        ("a number", json!({ "sub": 7 })),
    ] {
        let token = idp.mint(header("RS256", "rsa"), w.claims(claims), "rsa", "RS256").await;
        w.refused(&token, what).await;
    }
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_sign_nobody_in() {
    let w = World::new(&ALL).await;
    let idp = &w.idp;
    w.signs_in(&w.good("RS256", "rsa").await, "the keys are known").await;
    let good = w.claims(json!({}));
    let with = |more: Value| {
        let mut header = header("RS256", "rsa");
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        header
    };
    let hidden = format!("{}/hidden/keys", idp.issuer);
    for (what, header, key, how) in [
        ("not signed", header("none", "rsa"), "rsa", "unsigned"),
        ("said to be signed", header("RS256", "rsa"), "rsa", "unsigned"),
        ("keyed with the public key", header("HS256", "rsa"), "rsa", "keyed-with-the-public-key"),
        ("keyed and said not to be", header("RS256", "rsa"), "rsa", "keyed-with-the-public-key"),
        ("another key of that name", header("RS256", "rsa"), "stranger", "RS256"),
        ("another key of the issuer's", header("RS256", "rsa"), "rsa-next", "RS256"),
        ("another algorithm of the key", header("PS256", "rsa"), "rsa", "PS256"),
        ("the key of another algorithm", header("ES256", "rsa"), "ec", "ES256"),
        ("a key for encryption", header("RS256", "for-encryption"), "for-encryption", "RS256"),
        ("a key for another algorithm", header("RS256", "for-another"), "for-another", "RS256"),
        ("a key that is too short", header("RS256", "short"), "short", "RS256"),
        ("something critical", with(json!({ "crit": ["exp"] })), "rsa", "RS256"),
        ("nothing critical", with(json!({ "crit": [] })), "rsa", "RS256"),
        ("keys of its own", with(json!({ "jku": hidden })), "stranger", "RS256"),
        ("a certificate of its own", with(json!({ "x5u": hidden })), "stranger", "RS256"),
        ("another type", with(json!({ "typ": "dpop+jwt" })), "rsa", "RS256"),
        ("no type", with(json!({ "typ": null })), "rsa", "RS256"),
        ("no key named", with(json!({ "kid": null })), "rsa", "RS256"),
    ] {
        w.refused(&idp.mint(header, good.clone(), key, how).await, what).await;
    }
    let asked = idp.asked().await;
    assert!(asked.as_object().unwrap().keys().all(|path| !path.contains("hidden")), "{asked}");
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_tokens_sign_nobody_in() {
    let w = World::new(&ALL).await;
    let idp = &w.idp;
    w.signs_in(&w.good("RS256", "rsa").await, "the keys are known").await;
    let good = w.claims(json!({}));
    let token = w.good("RS256", "rsa").await;
    let parts: Vec<&str> = token.split('.').collect();
    let other = idp.mint(header("RS256", "rsa"), w.claims(json!({ "sub": "ben" })), "rsa", "well").await;
    let others: Vec<&str> = other.split('.').collect();
    let large = json!({ "more": "x".repeat(20_000) });
    for (what, token) in [
        ("the claims of another token", format!("{}.{}.{}", parts[0], others[1], parts[2])),
        ("a signature cut off", token[..token.len() - 4].to_owned()),
        ("padding", format!("{token}=")),
        ("four parts", format!("{token}.e30")),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("oversized", idp.mint(header("RS256", "rsa"), w.claims(large), "rsa", "RS256").await),
        ("claims that are no object", idp.mint(header("RS256", "rsa"), json!([1]), "rsa", "RS256").await),
        ("claims that are no JSON", idp.mint(header("RS256", "rsa"), json!("{"), "rsa", "RS256").await),
        ("claims given twice", idp.mint(header("RS256", "rsa"), twice(&good), "rsa", "RS256").await),
        ("garbage", "~.~.~".to_owned()),
    ] {
        w.refused(&token, what).await;
    }
    w.server.stop().await;
}

/// Claims whose subject is given twice.
fn twice(claims: &Value) -> Value {
    json!(claims.to_string().replacen('{', "{\"sub\":\"ben\",", 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tokens_prove_nothing_and_one_in_an_address_is_not_looked_at() {
    let w = World::new(&ALL).await;
    let (one, other) = (w.good("RS256", "rsa").await, w.good("ES256", "ec").await);
    let (one, other) = (format!("Bearer {one}"), format!("Bearer {other}"));
    for two in [[&one, &other], [&one, &one]] {
        let headers = two.map(|bearer| ("authorization", bearer.as_str()));
        let Shown { status, code, .. } = shown(&w.address, &headers).await;
        assert_eq!((status, code.as_str()), (401, "request.bad_credentials"));
    }
    let both = format!("{one}, {other}");
    assert_eq!(shown(&w.address, &[("authorization", &both)]).await.status, 401);
    let mut feed = Feed::with_headers(&w.address, &[("authorization", one.as_str())]).await.unwrap();
    feed.say(&json!({ "type": "connection_init", "payload": { "authorization": other } })).await;
    assert_eq!(feed.hear().await, None, "by the header and by the message");
    let api = harness::client::Api::at(&w.address);
    w.idp.asked().await;
    let query = format!("/graphql?query=%7Blog%7Bposition%7D%7D&access_token={}.e30.AA", one.len());
    assert_eq!(api.get(&query, &[]).await.unwrap().0, 200, "nobody, as without it");
    assert_eq!(w.idp.asked().await, json!({}));
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_configured_algorithms_are_taken() {
    let w = World::new(&[Signed::Es256]).await;
    w.signs_in(&w.good("ES256", "ec").await, "configured").await;
    w.refused(&w.good("RS256", "rsa").await, "not configured").await;
    w.refused(&w.good("EdDSA", "ed").await, "not configured").await;
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_unknown_keys_asks_once_and_new_keys_are_found() {
    let w = World::new(&ALL).await;
    w.signs_in(&w.good("RS256", "rsa").await, "before").await;
    w.idp.asked().await;
    let unknown = async |number: usize| {
        w.idp.mint(header("RS256", &format!("new-{number}")), w.claims(json!({})), "rsa-next", "RS256").await
    };
    let storm: Vec<String> = futures_util::future::join_all((0..40).map(unknown)).await;
    let told = futures_util::future::join_all(storm.iter().map(|token| w.shown(token))).await;
    assert!(told.iter().all(|told| told.status == 401), "{told:?}");
    assert_eq!(w.idp.asked().await, json!({}), "asked within the last minute");
    w.later(60);
    w.idp.answer("slow").await;
    let told = futures_util::future::join_all(storm.iter().map(|token| w.shown(token))).await;
    assert!(told.iter().all(|told| told.status == 401), "{told:?}");
    assert_eq!(w.idp.asked().await, json!({ DISCOVERY: 1, "/keys": 1 }), "one of them asked");
    w.idp.answer("well").await;

    // The old key is taken until the new ones are known.
    w.idp.publish(&["rsa-next", "ec"]).await;
    let (old, new) = (w.good("RS256", "rsa").await, w.good("RS256", "rsa-next").await);
    w.refused(&new, "asked within the last minute").await;
    w.signs_in(&old, "still known").await;
    w.later(60);
    w.signs_in(&new, "found").await;
    w.refused(&old, "not published any more").await;
    w.idp.asked().await;

    // Nobody has to show a new key: what is known is looked at again now and then.
    w.idp.publish(&["ec"]).await;
    w.later(9 * 60);
    let again = w.good("RS256", "rsa-next").await;
    w.signs_in(&again, "looked at a moment ago").await;
    w.later(60);
    until("the look at the keys", PATIENCE, async || (w.shown(&again).await.status == 401).then_some(())).await;
    assert_eq!(w.idp.asked().await, json!({ DISCOVERY: 1, "/keys": 1 }));
    w.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_does_not_answer_is_said_to_be_and_its_keys_are_kept() {
    let w = World::new(&ALL).await;
    let token = w.good("ES256", "ec").await;
    for how in ["broken", "elsewhere", "endless", "another-name", "plain-keys"] {
        w.idp.answer(how).await;
        w.idp.asked().await;
        let Shown { status, code, challenge, body } = w.shown(&token).await;
        assert_eq!((status, code.as_str(), challenge), (503, "request.sign_in_unavailable", None), "{how}: {body}");
        assert!(body["errors"][0]["extensions"]["messageZh"].as_str().unwrap().contains("请稍后重试"), "{body}");
        let asked = w.idp.asked().await;
        assert_eq!(asked[DISCOVERY], 1, "{how}: {asked}");
        assert!(!asked.to_string().contains("hidden"), "no redirection is followed: {asked}");
        assert_eq!(w.shown(&token).await.status, 503, "{how}");
        assert_eq!(w.idp.asked().await, json!({}), "not asked again at once");
        w.later(5);
    }
    w.refused("~.~.~", "what is no token is none whether or not the issuer answers").await;
    w.idp.answer("well").await;
    w.signs_in(&token, "it answers again").await;
    w.idp.answer("broken").await;
    w.later(11 * 60);
    w.signs_in(&w.good("ES256", "ec").await, "by the keys that are known").await;
    w.server.stop().await;
}

#[test]
fn an_issuer_that_could_be_anybody_is_not_trusted() {
    for (issuer, word) in [
        ("http://id.example", "must be https"),
        ("http://127.0.0.1.id.example", "must be https"),
        ("id.example", "is not an address"),
        ("ftp://id.example", "is not an address"),
        ("https://id.example/?tenant=1", "is not an address"),
        ("https://ana@id.example", "is not an address"),
    ] {
        let told = Trusted::new(issuer, AUDIENCE, &ALL).unwrap_err().to_string();
        assert!(told.contains(word), "{issuer}: {told}");
    }
    for issuer in ["http://127.0.0.1:9", "http://[::1]:9/realm", "http://localhost"] {
        assert!(Trusted::new(issuer, AUDIENCE, &ALL).is_ok(), "{issuer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_whose_tokens_it_takes_and_nothing_of_them_is_told() {
    let (own, idp) = (Own::with("sanping").await, Idp::start());
    let (path, url) = (own.data.path(), own.url(APP_ROLE, "sanping"));
    let at = ["--database-url", &url, "serve", "--listen", "127.0.0.1:0", "--oidc-issuer"];
    let half = run(path, &[&at[..], &[&idp.issuer]].concat());
    assert!(half.status.code() == Some(2) && String::from_utf8_lossy(&half.stderr).contains("--oidc-audience"));
    let plain = run(path, &[&at[..], &["http://id.example", "--oidc-audience", AUDIENCE]].concat());
    assert!(plain.status.code() == Some(1) && String::from_utf8_lossy(&plain.stderr).contains("must be https"));
    let running = Running::start(path, &[&at[..], &[&idp.issuer, "--oidc-audience", AUDIENCE]].concat());
    let address = running.until_said("serving on ").rsplit(' ').next().unwrap().to_owned();
    assert!(running.until_said("sign in").contains(&format!("a token of {}", idp.issuer)));
    let exp = Clock::System.now() + SignedDuration::from_secs(600);
    let claims = |aud: &str| json!({ "iss": idp.issuer, "aud": aud, "sub": "ana-of-the-test", "exp": exp.as_second() });
    let good = idp.mint(header("RS256", "rsa"), claims(AUDIENCE), "rsa", "well").await;
    let wrong = idp.mint(header("RS256", "rsa"), claims("another"), "rsa", "well").await;
    let unheard = idp.mint(header("RS256", "kid-of-the-test"), claims(AUDIENCE), "stranger", "RS256").await;
    for (token, status) in [(&good, 200), (&wrong, 401), (&unheard, 401), (&good[..40].to_owned(), 401)] {
        assert_eq!(shown(&address, &[("authorization", &format!("Bearer {token}"))]).await.status, status);
    }
    let told = running.told_at_the_end().join("\n");
    for why in ["another audience", "unknown key", "malformed"] {
        assert!(told.contains(why), "the log says why: {told}");
    }
    for part in [&good, &wrong, &unheard].iter().flat_map(|token| token.split('.')) {
        assert!(!told.contains(part), "{told}");
    }
    assert!(!told.contains("of-the-test") && !told.contains("Bearer"), "nothing that it says is repeated: {told}");
}
