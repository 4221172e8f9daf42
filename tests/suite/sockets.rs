//! Subscriptions over graphql-transport-ws: a client that others wrote, one that does not read, one whose sign-in runs out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::http::{Extensions, HeaderMap};
use axum::routing::get;
use domain::id::ActorId;
use graphql::viewer::{Principal, Role, Viewer};
use harness::feed::Feed;
use harness::server::Server;
use harness::wait::until;
use infra::app::LATEST;
use infra::auth::SignIn;
use infra::http::answer::Answering;
use infra::http::gate::{Gate, Rules};
use infra::http::socket::{self, Bounds, Door};
use infra::http::wanted::Wanted;
use infra::http::{CONNECTIONS, Doors};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::clients::told_by;

const START: &str = "2022-07-15T04:00:00Z";

async fn server() -> Server {
    Server::start(START.parse().unwrap()).await
}

fn doors(server: &Server) -> Doors {
    Doors::of(&server.app, SignIn::Development)
}

#[tokio::test]
async fn a_client_that_others_wrote_is_answered_and_cut_off_as_the_protocol_says() {
    let mut server = server().await;
    let address = server.open(SignIn::Development).await;
    let bounds = Bounds { beginning: Duration::ZERO, ..Bounds::USUAL };
    let impatient = server.open_as(Doors { bounds, ..doors(&server) }).await;
    let crowded = server.open_as(Doors { connections: Arc::new(Semaphore::new(1)), ..doors(&server) }).await;
    let told = told_by("socket.mjs", &[&address, &impatient, &crowded]).await;
    let came: BTreeMap<&str, Value> =
        told.iter().map(|line| (line["what"].as_str().unwrap(), line["came"].clone())).collect();
    let expected = [
        ("query", json!({ "log": { "position": "0" } })),
        ("operation name", json!({ "__typename": "Query" })),
        ("refused before it is executed", json!("request.invalid")),
        ("first of a subscription", json!({ "position": "0" })),
        ("after a subscription was left", json!({ "__typename": "Query" })),
        ("pong", json!(true)),
        ("sign-in refused", json!(4403)),
        ("no beginning", json!(4408)),
        ("two beginnings", json!(4429)),
        ("before the beginning", json!(4401)),
        ("id in use", json!(4409)),
        ("no message", json!(4400)),
        ("no message before the beginning", json!(4400)),
        ("a list", json!(4400)),
        ("not a text", json!(4400)),
        ("of the older protocol", json!(4400)),
        ("no query", json!(4400)),
        ("one too many", json!(4429)),
        ("another protocol", json!(400)),
        ("no place left", json!(503)),
        ("a thousand", json!({ "answered": 1_000, "position": 0 })),
        ("a thousand again", json!({ "answered": 1_000, "moved": true })),
    ];
    for (what, expected) in &expected {
        assert_eq!(came.get(what), Some(expected), "{what}");
    }
    assert_eq!(came.len(), expected.len());
    server.stop().await;
}

/// What a client does not take is not made ready for it either, and in the end it is cut off.
#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    const ASKED: usize = 60;
    let mut server = server().await;
    let bounds = Bounds { taking: Duration::from_millis(300), ..Bounds::USUAL };
    let doors = Doors { bounds, ..doors(&server) };
    let (places, address) = (Arc::clone(&doors.connections), server.open_as(doors).await);
    let mut feed = Feed::open(&address, None).await;
    assert_eq!(places.available_permits(), CONNECTIONS - 1);
    let types = "types { name description fields { name description args { name description } } }";
    for _ in 0..ASKED {
        feed.subscribe(&format!("{{ __schema {{ a: {types} b: {types} c: {types} }} }}")).await;
    }
    until("the cut", Duration::from_secs(60), async || (places.available_permits() == CONNECTIONS).then_some(())).await;
    let mut taken = 0;
    while let Some(heard) = feed.hear().await {
        taken += usize::from(heard["type"] == "next");
    }
    assert!((1..ASKED).contains(&taken), "{taken} of {ASKED}");
    server.stop().await;
}

/// A door at which everybody's sign-in runs out at an instant.
async fn open_until(server: &Server, until: Timestamp) -> String {
    let (wanted, _) = Wanted::of(&HeaderMap::new(), &Extensions::new());
    let answering =
        Answering { api: infra::api::build(&server.app, false), latest: LATEST, step: Duration::ZERO, wanted };
    let gate = Gate::of(&Rules::default(), &HeaderMap::new(), &Extensions::new());
    let door = Door { answering, gate, bounds: Bounds::USUAL, clock: server.app.clock() };
    let begin = move |_payload: Value| async move {
        let id = ActorId("o-test".to_owned());
        let mut data = async_graphql::Data::default();
        data.insert(Viewer::holding(id.clone(), [Role::Office], None, None));
        data.insert(Principal { id, until: Some(until) });
        Ok(data)
    };
    let upgraded = move |upgrade: WebSocketUpgrade| async move {
        upgrade.protocols([socket::PROTOCOL]).on_upgrade(move |stream| socket::speak(stream, door, begin))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/graphql/ws", get(upgraded));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn a_sign_in_that_runs_out_ends_what_it_follows() {
    let server = server().await;
    let until: Timestamp = "2022-07-15T05:00:00Z".parse().unwrap();
    let address = open_until(&server, until).await;
    let mut feed = Feed::open(&address, None).await;
    let id = feed.subscribe("subscription { position }").await;
    assert_eq!(feed.next_of(&id).await, json!({ "position": "0" }));
    server.advance_to("2022-07-15T04:59:59Z".parse().unwrap());
    let again = feed.subscribe("{ log { position } }").await;
    assert_eq!(feed.next_of(&again).await, json!({ "log": { "position": "0" } }));
    server.advance_to(until);
    assert_eq!(feed.closed().await, Some(4403));
    let mut late = Feed::connect(&address).await;
    late.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(late.closed().await, Some(4403), "it had run out before");
    server.stop().await;
}
