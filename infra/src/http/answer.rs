//! What goes out: answers whose errors all have a code, and errors for what could not be read.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor, Request, Response, ServerError};
use axum::Json;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use graphql::schema::Api;
use serde_json::json;

use crate::auth::Refused;
use crate::clock::random_id;
use crate::reach::{found_no_room, is_out_of_reach};

/// Why a request was not even looked at: an HTTP status and an error of GraphQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Unreadable {
    /// A status, a code for machines, a sentence that says what was wrong and what to do.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned() }
    }
}

impl From<Refused> for Unreadable {
    fn from((status, code, message): Refused) -> Self {
        Self { status, code, message }
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> HttpResponse {
        let body = json!({ "errors": [{ "message": self.message, "extensions": { "code": self.code } }] });
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// How long a request may take, longer than any of its statements: a host that has vanished would be waited for without
/// end.
const LATEST: Duration = Duration::from_secs(120);

/// A request took longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("the request took longer than {} s", LATEST.as_secs())]
struct TooLate;

/// The answer of a request that took too long. What was under way may be done all the same; a command may be sent again.
fn late() -> Response {
    let error = graphql::fault::accident(Box::new(TooLate)).into_server_error(async_graphql::Pos::default());
    Response::from_errors(vec![error])
}

/// The schema, with its accidents logged and hidden: what every door executes.
#[derive(Clone)]
pub struct Answering(pub Api);

impl Executor for Answering {
    async fn execute(&self, request: Request) -> Response {
        opaque(tokio::time::timeout(LATEST, self.0.execute(request)).await.unwrap_or_else(|_| late()))
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        Executor::execute_stream(&self.0, request, session).map(opaque).boxed()
    }
}

/// Logs accidents once and puts a request id in their place; what the schema's rules refuse gets a code.
fn opaque(mut response: Response) -> Response {
    for error in response.errors.iter_mut().filter(|error| error.source.is_some()) {
        hide(error);
    }
    for error in &mut response.errors {
        let facts = error.extensions.get_or_insert_default();
        if facts.get("code").is_none() {
            facts.set("code", "request.invalid");
        }
    }
    response
}

fn hide(error: &mut ServerError) {
    let request_id = random_id(jiff::Timestamp::UNIX_EPOCH).to_string();
    if let Some(source) = graphql::fault::cause(error) {
        let error = source.as_ref() as &(dyn std::error::Error + 'static);
        // That the database is out of reach, or has no room, is told by whoever keeps asking it; not for each request.
        match is_out_of_reach(error) || found_no_room(error) {
            true => tracing::debug!(request_id, error, "a request failed"),
            false => tracing::error!(request_id, error, "a request failed"),
        }
    }
    error.source = None;
    error.extensions.get_or_insert_default().set("requestId", request_id);
}
