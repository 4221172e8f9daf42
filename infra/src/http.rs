//! The doors over HTTP: GraphQL, subscriptions, GraphiQL, and whether the program lives and is ready.
//!
//! # Invariants
//! - A mutation is never run over GET.
//! - A failure is answered as `internal` with a request id and logged once, here.
//!
//! # Not here
//! What the API says (graphql), who the viewer is ([`crate::auth`]).

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::http::GraphiQLSource;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Request, Response};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::Router;
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response as HttpResponse};
use axum::routing::get;
use graphql::ports::Reads;
use graphql::schema::Api;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::auth::SignIn;
use crate::clock::random_id;

/// What every handler has.
#[derive(Clone)]
pub struct Doors {
    /// The schema.
    pub api: Api,
    /// For readiness.
    pub reads: Arc<dyn Reads>,
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
        .layer(axum::extract::DefaultBodyLimit::max(1 << 20))
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

/// Where a listener listens.
///
/// # Errors
/// The listener's.
pub fn address(listener: &TcpListener) -> std::io::Result<SocketAddr> {
    listener.local_addr()
}

async fn operation(State(doors): State<Doors>, headers: HeaderMap, request: GraphQLRequest) -> HttpResponse {
    execute(&doors, &headers, request.into_inner()).await
}

#[derive(Deserialize)]
struct OverGet {
    query: String,
    variables: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
}

async fn query(State(doors): State<Doors>, headers: HeaderMap, Query(asked): Query<OverGet>) -> HttpResponse {
    let mut request = Request::new(asked.query);
    if let Some(variables) = asked.variables {
        let Ok(variables) = serde_json::from_str(&variables) else {
            return (StatusCode::BAD_REQUEST, "variables is not a JSON object\n").into_response();
        };
        request = request.variables(async_graphql::Variables::from_json(variables));
    }
    if let Some(name) = asked.operation_name {
        request = request.operation_name(name);
    }
    let only_reads = |document: &async_graphql::parser::types::ExecutableDocument| {
        document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
    };
    match request.parsed_query().map(only_reads) {
        Ok(false) => {
            (StatusCode::METHOD_NOT_ALLOWED, [("allow", "POST")], "only queries run over GET\n").into_response()
        }
        Ok(true) | Err(_) => execute(&doors, &headers, request).await,
    }
}

async fn execute(doors: &Doors, headers: &HeaderMap, mut request: Request) -> HttpResponse {
    match doors.sign_in.viewer(headers) {
        Ok(Some(viewer)) => request = request.data(viewer),
        Ok(None) => {}
        Err(refused) => return refused.into_response(),
    }
    GraphQLResponse::from(opaque(doors.api.execute(request).await)).into_response()
}

/// Logs accidents once and puts a request id in their place.
fn opaque(mut response: Response) -> Response {
    let accidents: Vec<_> = response.errors.iter_mut().filter(|error| error.source.is_some()).collect();
    if accidents.is_empty() {
        return response;
    }
    let request_id = random_id(jiff::Timestamp::UNIX_EPOCH).to_string();
    for error in accidents {
        if let Some(source) = graphql::fault::cause(error) {
            tracing::error!(request_id, error = source.as_ref() as &dyn std::error::Error, "a request failed");
        }
        error.source = None;
        error.extensions.get_or_insert_default().set("requestId", request_id.clone());
    }
    response
}

async fn subscribe(
    State(doors): State<Doors>,
    headers: HeaderMap,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> HttpResponse {
    let by_headers = match doors.sign_in.viewer(&headers) {
        Ok(viewer) => viewer,
        Err(refused) => return refused.into_response(),
    };
    upgrade
        .protocols(["graphql-transport-ws"])
        .on_upgrade(move |stream| {
            let sign_in = Arc::clone(&doors.sign_in);
            GraphQLWebSocket::new(stream, doors.api, protocol)
                .on_connection_init(move |payload: serde_json::Value| async move {
                    let mut data = Data::default();
                    let named = payload.get("viewer").and_then(serde_json::Value::as_str);
                    if let Some(viewer) = sign_in.named(named)?.or(by_headers) {
                        data.insert(viewer);
                    }
                    Ok(data)
                })
                .serve()
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
        Ok(moment) => format!("ready at {}\n", moment.position).into_response(),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
