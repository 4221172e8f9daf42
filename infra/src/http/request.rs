//! What comes in: one GraphQL request, as JSON in a body or as the query of an address.
//!
//! # Rules
//! - A body is `application/json`: no page of another origin can send one without asking first.
//! - What cannot be read is answered with an error that says what was wrong ([`Unreadable`]), never with a broken
//!   connection.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::error::Category;

use super::answer::Unreadable;

/// The largest body, in bytes.
pub const LARGEST: usize = 1 << 20;

/// A request in a body.
pub struct Posted(pub Request);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Unreadable;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Unreadable> {
        if !is_json(request.headers()) {
            let message = "send the request as content-type application/json";
            return Err(Unreadable::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.unsupported_media_type", message));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| broken(&rejection))?;
        serde_json::from_slice(&body).map(Self).map_err(|error| match error.classify() {
            Category::Data => bad("request.not_graphql", &format!("the body is not one GraphQL request: {error}")),
            Category::Syntax | Category::Eof | Category::Io => {
                bad("request.not_json", &format!("the body is not JSON: {error}"))
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn broken(rejection: &BytesRejection) -> Unreadable {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body is larger than {LARGEST} bytes; send less at a time");
            Unreadable::new(StatusCode::PAYLOAD_TOO_LARGE, "request.body_too_large", &message)
        }
        _other => bad("request.broken", "the body broke off; send the request again"),
    }
}

fn bad(code: &'static str, message: &str) -> Unreadable {
    Unreadable::new(StatusCode::BAD_REQUEST, code, message)
}

#[derive(Deserialize)]
struct Fields {
    query: String,
    variables: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
}

/// A request in an address: queries only.
pub struct Gotten(pub Request);

impl<S: Send + Sync> FromRequestParts<S> for Gotten {
    type Rejection = Unreadable;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Unreadable> {
        let fields = Query::<Fields>::from_request_parts(parts, state).await;
        let Query(fields) = fields.map_err(|rejection| bad("request.not_graphql", &rejection.body_text()))?;
        let mut request = Request::new(fields.query);
        if let Some(variables) = &fields.variables {
            let read: serde_json::Result<Variables> = serde_json::from_str(variables);
            let read = read.map_err(|error| bad("request.not_json", &format!("variables is not JSON: {error}")));
            request = request.variables(read?);
        }
        if let Some(name) = fields.operation_name {
            request = request.operation_name(name);
        }
        // What cannot be parsed is answered by the schema, as it is over POST.
        let reads = graphql::legible::document(&mut request).map_or(true, |document| {
            document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
        });
        match reads {
            true => Ok(Self(request)),
            false => Err(Unreadable::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "request.not_over_get",
                "only queries run over GET; send it over POST",
            )),
        }
    }
}

/// The codes of what cannot be read.
pub const CODES: &[&str] = &[
    "request.bad_viewer",
    "request.body_too_large",
    "request.broken",
    "request.foreign_origin",
    "request.not_graphql",
    "request.not_json",
    "request.not_over_get",
    "request.unsupported_media_type",
    "request.wrong_host",
];
