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

pub mod answer;
mod metrics;
pub mod request;
mod socket;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::GraphiQLSource;
use async_graphql::{Data, Executor, Request};
use async_graphql_axum::{GraphQLProtocol, GraphQLResponse};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response as HttpResponse};
use axum::routing::get;
use domain::stream::Position;
use graphql::ports::Reads;
use graphql::schema::Api;
use sqlx::PgPool;
use tokio::net::TcpListener;

use self::answer::{Answering, Unreadable};
use self::request::{Gotten, Posted};
use crate::auth::SignIn;

/// How many events the folds may be behind while the program is ready: some seconds of folding. One that is further
/// behind would show a past that others have left.
pub const FAR: u64 = 50_000;
/// How long a question about the program's own state may take.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// How viewers sign in.
    pub sign_in: Arc<SignIn>,
}

/// The routes.
pub fn router(doors: Doors) -> Router {
    Router::new()
        .route("/graphql", get(query).post(operation))
        .route("/graphql/ws", get(subscribe))
        .route("/graphiql", get(graphiql))
        .route("/livez", get(async || "live\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .layer(DefaultBodyLimit::max(request::LARGEST))
        .with_state(doors)
}

/// Serves until `shutdown` is done; requests under way are finished first.
///
/// # Errors
/// The listener's.
pub async fn run(
    listener: TcpListener,
    doors: Doors,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(doors)).with_graceful_shutdown(shutdown).await
}

async fn operation(State(doors): State<Doors>, headers: HeaderMap, Posted(request): Posted) -> HttpResponse {
    execute(doors, &headers, request).await
}

async fn query(State(doors): State<Doors>, headers: HeaderMap, Gotten(request): Gotten) -> HttpResponse {
    execute(doors, &headers, request).await
}

async fn execute(doors: Doors, headers: &HeaderMap, mut request: Request) -> HttpResponse {
    match doors.sign_in.viewer(headers) {
        Ok(Some(viewer)) => request = request.data(viewer),
        Ok(None) => {}
        Err(refused) => return Unreadable::from(refused).into_response(),
    }
    GraphQLResponse::from(Answering(doors.api).execute(request).await).into_response()
}

async fn subscribe(
    State(doors): State<Doors>,
    headers: HeaderMap,
    // Whoever offers no protocol of GraphQL is refused.
    _protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> HttpResponse {
    let by_headers = match doors.sign_in.viewer(&headers) {
        Ok(viewer) => viewer,
        Err(refused) => return Unreadable::from(refused).into_response(),
    };
    upgrade
        .protocols(["graphql-transport-ws"])
        .max_message_size(request::LARGEST)
        .on_upgrade(move |stream| {
            let sign_in = Arc::clone(&doors.sign_in);
            socket::speak(stream, Answering(doors.api), move |payload: serde_json::Value| async move {
                let mut data = Data::default();
                let named = payload.get("viewer").and_then(serde_json::Value::as_str);
                if let Some(viewer) = sign_in.named(named)?.or(by_headers) {
                    data.insert(viewer);
                }
                Ok(data)
            })
        })
        .into_response()
}

async fn graphiql() -> Html<String> {
    Html(
        GraphiQLSource::build()
            .endpoint("/graphql")
            .subscription_endpoint("/graphql/ws")
            .title("Sanping 三评")
            .finish(),
    )
}

async fn ready(State(doors): State<Doors>) -> HttpResponse {
    match doors.reads.pin(None, None).await {
        Ok(moment) if moment.position >= doors.begun => how_far(&doors, moment.position).await,
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
