//! The doors over HTTP: GraphQL, subscriptions, GraphiQL, and whether the program lives and is ready.
//!
//! # Invariants
//! - A mutation is never run over GET.
//! - A failure is answered as `internal` with a request id and logged once, in [`answer`]; that the database is out of
//!   reach is logged once for all requests ([`crate::reach`]).
//! - Whatever comes in is answered: every error has a code in its extensions.
//!
//! # Not here
//! What the API says (graphql), who the viewer is ([`crate::auth`]).

pub mod accept;
pub mod answer;
pub mod codes;
pub mod documents;
pub mod gate;
pub mod language;
pub mod listen;
mod metrics;
pub mod proxy;
pub mod rate;
pub mod request;
pub mod socket;
pub mod wanted;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::GraphiQLSource;
use async_graphql::{Data, Error};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response as HttpResponse};
use axum::routing::{any, get};
use domain::stream::Position;
use graphql::ports::Reads;
use graphql::schema::Api;
use sqlx::PgPool;
use tokio::sync::{Semaphore, watch};

use self::answer::{Answer, Answering, Unreadable};
use self::gate::{Gate, Rules};
use self::listen::Listening;
pub use self::listen::run;
use self::socket::{Bounds, Door};
use self::wanted::Wanted;
use crate::app::App;
use crate::auth::door::{Auth, Held, Who};
use crate::auth::{Refused, SignIn};
use crate::clock::Clock;
use crate::reads::serving::Serving;

/// How many events the folds may be behind while the program is ready: some seconds of folding. One that is further
/// behind would show a past that others have left.
pub const FAR: u64 = 50_000;
/// How long a question about the program's own state may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many connections subscribers may have, all together: each is a socket, and may follow up to
/// [`Bounds::operations`] things, each of which is read anew whenever it may have changed.
pub const CONNECTIONS: usize = 500;

/// The header that says why a request reads.
const PURPOSE: &str = "x-sanping-purpose";

/// What every handler has.
#[derive(Clone)]
pub struct Doors {
    /// The schema.
    pub api: Api,
    /// For readiness.
    pub reads: Arc<dyn Reads>,
    /// For figures.
    pub pool: PgPool,
    /// Where the log ended when the program started: it is ready once reads have got there.
    pub begun: Position,
    /// Where the projections are.
    pub serving: watch::Receiver<Serving>,
    /// Who asks.
    pub auth: Arc<Auth>,
    /// By which sign-ins run out.
    pub clock: Arc<Clock>,
    /// What a connection of a subscriber may take.
    pub bounds: Bounds,
    /// A place for each connection of a subscriber that there may be.
    pub connections: Arc<Semaphore>,
    /// What the listener takes.
    pub listening: Listening,
    /// Whether the schema is told.
    pub introspection: bool,
    /// How long a request may take.
    pub latest: Duration,
    /// By which time answers that came to nothing are told apart.
    pub step: Duration,
    /// What every request passes.
    pub rules: Rules,
}

impl Doors {
    /// The doors to a program. The schema is told to everybody where everybody is believed to be who they say.
    #[must_use]
    pub fn of(app: &App, sign_in: SignIn) -> Self {
        let introspection = sign_in == SignIn::Development;
        let (api, reads) = (crate::api::build(app, introspection), Arc::clone(&app.reads));
        Self {
            api,
            reads,
            pool: app.pool.clone(),
            begun: app.begun,
            serving: app.places(),
            auth: Arc::new(app.auth(sign_in, None)),
            clock: app.clock(),
            bounds: Bounds::USUAL,
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            listening: Listening::usual(),
            introspection,
            latest: app.latest,
            step: answer::STEP,
            rules: Rules::default(),
        }
    }

    /// The same, with the schema told to whoever asks for it.
    #[must_use]
    pub fn telling_the_schema(self, app: &App) -> Self {
        Self { api: crate::api::build(app, true), introspection: true, ..self }
    }

    fn gate(&self, request: &Request) -> Gate {
        Gate::of(&self.rules, request.headers(), request.extensions())
    }

    fn answering(&self, wanted: &Wanted) -> Answering {
        Answering { api: self.api.clone(), latest: self.latest, step: self.step, wanted: wanted.clone() }
    }
}

/// The routes.
pub fn router(doors: Doors) -> Router {
    Router::new()
        .route("/graphql", any(graphql))
        .route("/graphql/ws", get(subscribe))
        .route("/graphiql", get(graphiql))
        .route("/livez", get(async || "live\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .layer(DefaultBodyLimit::max(request::LARGEST))
        .layer(from_fn(wanted::named))
        .with_state(doors)
}

async fn graphql(State(doors): State<Doors>, request: Request) -> HttpResponse {
    let (wanted, acceptable) = Wanted::of(request.headers(), request.extensions());
    if !acceptable {
        let message = "answers are application/graphql-response+json or application/json; accept one of them";
        return Unreadable::new(StatusCode::NOT_ACCEPTABLE, "request.not_acceptable", message).written(&wanted);
    }
    match answer(doors, request, &wanted).await {
        Ok(answer) => answer.written(&wanted),
        Err(unreadable) => unreadable.written(&wanted),
    }
}

async fn answer(doors: Doors, request: Request, wanted: &Wanted) -> Result<Answer, Unreadable> {
    let gate = doors.gate(&request);
    let headers = request.headers().clone();
    let data = match doors.auth.of_request(&headers).await {
        Ok(who) => data_of(who),
        // Who tries one sign-in after the other is counted, too.
        Err(refused) => return Err(gate.count(&Data::default()).err().unwrap_or_else(|| refused.into())),
    };
    gate.count(&data)?;
    let reads = request.method() != Method::POST;
    let read = tokio::time::timeout(doors.latest, request::read(request)).await;
    let mut request = gate.request(read.unwrap_or_else(|_late| Err(request::too_slow()))?)?;
    if reads {
        request::reading_only(&mut request)?;
    }
    request.data = data;
    if let Some(given) = headers.get(PURPOSE) {
        // What is no text is no purpose either, and is answered as one.
        request::because(&mut request, String::from_utf8_lossy(given.as_bytes()).into());
    }
    Ok(doors.answering(wanted).answer(request).await)
}

fn data_of(who: Option<Who>) -> Data {
    let mut data = Data::default();
    if let Some(who) = who {
        who.put(&mut data);
    }
    data
}

async fn subscribe(
    State(doors): State<Doors>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> HttpResponse {
    let (wanted, _) = Wanted::of(request.headers(), request.extensions());
    let upgrade = upgrade.ok().map(|upgrade| upgrade.protocols([socket::PROTOCOL]));
    let Some(upgrade) = upgrade.filter(|upgrade| upgrade.selected_protocol().is_some()) else {
        let message = "open a WebSocket here, with the protocol graphql-transport-ws";
        return Unreadable::new(StatusCode::BAD_REQUEST, "request.no_upgrade", message).written(&wanted);
    };
    let Ok(place) = Arc::clone(&doors.connections).try_acquire_owned() else {
        let message = "there are as many connections as this server takes; try again later, or another one";
        let refused = Unreadable::new(StatusCode::SERVICE_UNAVAILABLE, "request.too_many_connections", message);
        return refused.written(&wanted);
    };
    let headers = request.headers().clone();
    let by_headers = match doors.auth.of_request(&headers).await {
        Ok(who) => who,
        Err(refused) => return Unreadable::from(refused).written(&wanted),
    };
    let door = Door {
        answering: doors.answering(&wanted),
        gate: doors.gate(&request),
        bounds: doors.bounds,
        clock: Arc::clone(&doors.clock),
    };
    upgrade
        .max_message_size(request::LARGEST)
        .on_upgrade(move |stream| async move {
            let begin = move |payload: serde_json::Value| async move {
                let refused = |(_, _, said): Refused| Error::new(said);
                let who = doors.auth.of_connection(&payload, by_headers).await.map_err(refused)?;
                let held = who.as_ref().and_then(|who| Held::of(&doors.auth, who));
                let mut data = data_of(who);
                if let Some(held) = held {
                    data.insert(held);
                }
                Ok(data)
            };
            socket::speak(stream, door, begin).await;
            drop(place);
        })
        .into_response()
}

/// The page for trying queries out; it lives on the schema being told.
async fn graphiql(State(doors): State<Doors>) -> HttpResponse {
    if !doors.introspection {
        return (StatusCode::NOT_FOUND, "the schema is not told here\n").into_response();
    }
    let page = Html(
        GraphiQLSource::build()
            .endpoint("/graphql")
            .subscription_endpoint("/graphql/ws")
            .title("Sanping 三评")
            .finish(),
    );
    page.into_response()
}

async fn ready(State(doors): State<Doors>) -> HttpResponse {
    match doors.reads.pin(None, None).await {
        // Where everything has stopped, waiting brings nobody further: reads are answered as of there, and `/metrics` tells.
        Ok(moment) if moment.position >= doors.begun || doors.serving.borrow().is_at_rest() => {
            how_far(&doors, moment.position).await
        }
        Ok(moment) => {
            let so_far = format!("not ready: at {} on the way to {}\n", moment.position, doors.begun);
            (StatusCode::SERVICE_UNAVAILABLE, so_far).into_response()
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}

/// Ready, unless the folds are far behind the log by now.
async fn how_far(doors: &Doors, at: Position) -> HttpResponse {
    match doors.reads.head().await {
        Ok(head) if head.position.0.saturating_sub(at.0) <= FAR => format!("ready at {at}\n").into_response(),
        Ok(head) => {
            let far = format!("not ready: at {at}, far behind {}\n", head.position);
            (StatusCode::SERVICE_UNAVAILABLE, far).into_response()
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
