//! What the doors let in: how often, for how long, which documents, what of the schema; and how they say no.

use std::io::Write;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use harness::feed::Feed;
use harness::ground::Ground;
use harness::server::Server;
use infra::app::{App, Settings};
use infra::auth::SignIn;
use infra::clock::Clock;
use infra::http::Doors;
use infra::http::documents::{self, Documents};
use infra::http::gate::Rules;
use infra::http::rate::Rate;
use reqwest::Method;
use serde_json::{Value, json};

const LOG: &str = "{ log { position } }";
const PAGE: (&str, &str) = ("origin", "http://localhost:3000");
const NEWER: (&str, &str) = ("accept", "application/graphql-response+json");

async fn server() -> Server {
    Server::start("2022-07-15T04:00:00Z".parse().unwrap()).await
}

fn doors(server: &Server) -> Doors {
    Doors::of(&server.app, SignIn::Development)
}

/// What came back.
struct Came {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Came {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn code(&self) -> Option<&str> {
        self.body["errors"][0]["extensions"]["code"].as_str()
    }

    fn said(&self) -> (u16, Option<&str>) {
        (self.status, self.code())
    }
}

async fn asked(address: &str, headers: &[(&str, &str)], body: &Value) -> Came {
    sent(Method::POST, &format!("{address}/graphql"), headers, body.to_string()).await
}

async fn sent(method: Method, url: &str, headers: &[(&str, &str)], body: String) -> Came {
    let request = reqwest::Client::new().request(method, url).header("content-type", "application/json").body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Came { status, headers, body: response.json().await.unwrap() }
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let mut server = server().await;
    let two = NonZeroU32::new(2).unwrap();
    let rules = || Rules { rate: Some(Arc::new(Rate::of(Duration::from_secs(3_600), two))), ..Rules::default() };
    let address = server.open_as(Doors { rules: rules(), ..doors(&server) }).await;
    let ana = [("x-sanping-viewer", "id=ana; roles=office")];
    for said in [(200, None), (200, None), (429, Some("request.too_often"))] {
        assert_eq!(asked(&address, &ana, &json!({ "query": LOG })).await.said(), said);
    }
    let came = asked(&address, &ana, &json!({ "query": LOG })).await;
    let seconds: u64 = came.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_600).contains(&seconds), "{seconds}");
    let bo = asked(&address, &[("x-sanping-viewer", "id=bo; roles=office")], &json!({ "query": LOG })).await;
    assert_eq!(bo.said(), (200, None), "each is counted for themselves");
    // Whose sign-in is refused is counted by the address.
    for code in ["request.bad_viewer", "request.bad_viewer", "request.too_often"] {
        let came = asked(&address, &[("x-sanping-viewer", "roles=king")], &json!({ "query": LOG })).await;
        assert_eq!(came.code(), Some(code));
    }
    let closed = server.open_as(Doors { rules: rules(), ..Doors::of(&server.app, SignIn::Closed) }).await;
    for said in [(200, None), (200, None), (429, Some("request.too_often"))] {
        assert_eq!(asked(&closed, &[], &json!({ "query": LOG })).await.said(), said, "nobody signed in");
    }
    let mut feed = Feed::open(&address, Some("id=chen; roles=office")).await;
    for kind in ["next", "next", "error"] {
        feed.subscribe("subscription { position }").await;
        let heard = feed.hear().await.unwrap();
        assert_eq!(heard["type"], kind, "{heard}");
    }
    server.stop().await;
}

#[tokio::test]
async fn browsers_run_trusted_documents_only_where_that_is_asked_for() {
    let mut server = server().await;
    let name = documents::name(LOG);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}", json!({ &name: LOG })).unwrap();
    let documents = Arc::new(Documents::read(file.path()).unwrap());
    let rules = |trusted_only| Rules { documents: Arc::clone(&documents), trusted_only, ..Rules::default() };
    let open = server.open_as(Doors { rules: rules(false), ..doors(&server) }).await;
    let strict = server.open_as(Doors { rules: rules(true), ..doors(&server) }).await;
    let (free, other) = (json!({ "query": "{ __typename }" }), documents::name("{ __typename }"));
    for (address, headers, body, said) in [
        (&open, vec![PAGE], free.clone(), (200, None)),
        (&open, vec![], json!({ "documentId": name }), (200, None)),
        (&strict, vec![], free.clone(), (200, None)),
        (&strict, vec![PAGE], free.clone(), (403, Some("request.untrusted_document"))),
        (&strict, vec![("sec-fetch-site", "same-origin")], free, (403, Some("request.untrusted_document"))),
        (&strict, vec![PAGE], json!({ "documentId": name }), (200, None)),
        (&strict, vec![PAGE], json!({ "query": LOG }), (200, None)),
        (&strict, vec![PAGE], json!({ "query": LOG, "documentId": name }), (200, None)),
        (&strict, vec![PAGE], json!({ "query": LOG, "documentId": other }), (400, Some("request.not_graphql"))),
        (&strict, vec![PAGE], json!({ "documentId": other }), (400, Some("request.unknown_document"))),
        (&strict, vec![PAGE], json!({ "documentId": 1 }), (400, Some("request.not_graphql"))),
        (&strict, vec![PAGE], json!({}), (400, Some("request.not_graphql"))),
    ] {
        let came = asked(address, &headers, &body).await;
        assert_eq!(came.said(), said, "{headers:?} {body}: {}", came.body);
    }
    let got = sent(Method::GET, &format!("{strict}/graphql?documentId={name}"), &[PAGE], String::new()).await;
    assert_eq!(got.body["data"], json!({ "log": { "position": "0" } }));
    let mut feed = Feed::with_headers(&strict, &[PAGE]).await.unwrap();
    feed.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(feed.hear().await.unwrap()["type"], "connection_ack");
    feed.subscribe("{ __typename }").await;
    assert_eq!(feed.hear().await.unwrap()["payload"][0]["extensions"]["code"], "request.untrusted_document");
    feed.say(&json!({ "id": "named", "type": "subscribe", "payload": { "documentId": name } })).await;
    assert_eq!(feed.next_of("named").await, json!({ "log": { "position": "0" } }));
    server.stop().await;
}

/// Neither the schema nor a name that is nearly right is told, unless everybody is believed or it was asked for.
#[tokio::test]
async fn the_schema_is_told_only_where_it_may_be() {
    let mut server = server().await;
    let dev = server.open(SignIn::Development).await;
    let closed = server.open(SignIn::Closed).await;
    let telling = Doors::of(&server.app, SignIn::Closed).telling_the_schema(&server.app);
    let telling = server.open_as(telling).await;
    for (address, told) in [(&dev, true), (&closed, false), (&telling, true)] {
        let schema = asked(address, &[], &json!({ "query": "{ __schema { queryType { name } } }" })).await;
        let code = (!told).then_some("request.no_introspection");
        assert_eq!((schema.code(), schema.body["data"]["__schema"].is_object()), (code, told), "{}", schema.body);
        let nearly = asked(address, &[], &json!({ "query": "{ organisations { id } }" })).await;
        let message = nearly.body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message.contains("Did you mean"), told, "{message}");
        let page = reqwest::get(format!("{address}/graphiql")).await.unwrap().status().as_u16();
        assert_eq!(page, if told { 200 } else { 404 });
    }
    server.stop().await;
}

/// A request ends in time, and so do the database's statements for it.
#[tokio::test]
async fn a_request_ends_in_time_and_its_statements_do_too() {
    let mut server = server().await;
    let address = server.open_as(Doors { latest: Duration::ZERO, ..doors(&server) }).await;
    for (headers, status) in [(vec![], 503), (vec![NEWER], 503)] {
        // What the database has to be asked for is not there at once.
        let came = asked(&address, &headers, &json!({ "query": "{ report(year: 2022) { year } }" })).await;
        assert_eq!((came.said(), came.body.get("data")), ((status, Some("request.too_late")), None));
        assert!(came.header("retry-after").is_some());
    }
    server.stop().await;
    let ground = Ground::fresh().await;
    let settings = Settings {
        database: ground.endpoints.app.clone(),
        key: ground.key.clone(),
        clock: Arc::new(Clock::System),
        zone: domain::period::Zone::default(),
        connections: 4,
    };
    let app = App::start_within(settings, Duration::from_secs(7)).await.unwrap();
    let set: String = sqlx::query_scalar("show statement_timeout").fetch_one(&app.pool).await.unwrap();
    assert_eq!((set.as_str(), app.latest), ("7s", Duration::from_secs(7)));
    app.stop().await;
}

/// Errors speak the language that is wanted; every answer has the id its accident is logged by.
#[tokio::test]
async fn errors_speak_the_language_that_is_wanted_and_answers_name_their_request() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    for (wanted, tag, report, unread) in [
        ("zh-CN, en;q=0.5", "zh", "不是期间", "不是 JSON;详情:the body is not JSON"),
        ("en", "en", "is not a period", "the body is not JSON"),
    ] {
        let language = ("accept-language", wanted);
        let came = asked(&address, &[language], &json!({ "query": "{ report(year: 1999) { year } }" })).await;
        let error = &came.body["errors"][0];
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(report), "{message}");
        assert_eq!(
            (message == error["extensions"]["messageZh"], came.header("content-language")),
            (tag == "zh", Some(tag))
        );
        let came = sent(Method::POST, &format!("{address}/graphql"), &[language], "{".to_owned()).await;
        let message = came.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with(unread) && came.header("content-language") == Some(tag), "{message}");
    }
    let query = json!({ "query": LOG });
    let came = asked(&address, &[("x-request-id", "mine.1-A_b")], &query).await;
    assert_eq!((came.header("x-request-id"), came.header("content-language")), (Some("mine.1-A_b"), None));
    let made = asked(&address, &[("x-request-id", "two words")], &query).await;
    assert_eq!(made.header("x-request-id").map(str::len), Some(36));
    let live = reqwest::get(format!("{address}/livez")).await.unwrap();
    assert_eq!(live.headers()["x-request-id"].len(), 36);
    let owner = server.ground.owner().await;
    sqlx::query("alter table people rename to people_away").execute(&owner).await.unwrap();
    let query = json!({ "query": "{ member(staffNumber: \"A-1\") { name } }" });
    let came = asked(&address, &[("accept-language", "zh"), ("x-request-id", "accident-7")], &query).await;
    let error = &came.body["errors"][0];
    assert_eq!((came.code(), &error["extensions"]["requestId"]), (Some("internal"), &json!("accident-7")));
    assert_eq!((came.header("x-request-id"), error["message"].is_string()), (Some("accident-7"), true));
    owner.close().await;
    server.stop().await;
}
