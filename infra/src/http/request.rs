//! What comes in: one GraphQL request, as JSON in a body or as the query of an address.
//!
//! # Rules
//! - A body is `application/json` in UTF-8: no page of another origin can send one without asking first.
//! - One request at a time: no list of several, no files, nothing compressed.
//! - What cannot be read is answered with an error that says what was wrong ([`Unreadable`]), never with a broken
//!   connection.

use std::fmt::Formatter;
use std::marker::PhantomData;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Variables};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Query};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use graphql::purpose;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::accept::is_utf8;
use super::answer::Unreadable;

/// The largest body, in bytes: several times the largest proposal for a round, and as much as a line of an import.
pub const LARGEST: usize = 1 << 20;

/// What makes up a request. What else an object holds is left for what the specification may add.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The text of the document.
    pub query: Option<String>,
    /// The name of one that is kept here.
    pub document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
    /// Why it reads may be among them; nothing else is looked at.
    extensions: Option<Map<String, Value>>,
}

impl Parameters {
    /// The request of a document.
    #[must_use]
    pub fn of(self, text: String) -> Request {
        let mut request = Request::new(text).variables(self.variables.unwrap_or_default());
        if let Some(given) = self.extensions.as_ref().and_then(|extensions| extensions.get(purpose::EXTENSION)) {
            because(&mut request, given.clone());
        }
        match self.operation_name.filter(|name| !name.is_empty()) {
            Some(name) => request.operation_name(name),
            None => request,
        }
    }
}

/// Says why a request reads, as it was given: the schema looks at it.
pub fn because(request: &mut Request, given: Value) {
    let given = async_graphql::Value::from_json(given).unwrap_or_default();
    request.extensions.insert(purpose::EXTENSION.to_owned(), given);
}

/// Reads an object, and nothing else: a list would pass for the fields in their order.
///
/// # Errors
/// It is no object, or not of this shape.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    struct Of<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Of<T> {
        type Value = T;

        fn expecting(&self, to: &mut Formatter) -> std::fmt::Result {
            to.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_map(Of(PhantomData))
}

/// Reads what a request over HTTP asks for.
///
/// # Errors
/// Why it cannot be read.
pub async fn read(request: axum::extract::Request) -> Result<Parameters, Unreadable> {
    match *request.method() {
        Method::GET | Method::HEAD => of_address(request.uri()),
        Method::POST => of_body(request).await,
        _ => {
            let message = "send it over POST, or a query over GET";
            let refused = Unreadable::new(StatusCode::METHOD_NOT_ALLOWED, "request.wrong_method", message);
            Err(refused.allowing("GET, POST"))
        }
    }
}

async fn of_body(request: axum::extract::Request) -> Result<Parameters, Unreadable> {
    if !is_json(request.headers()) {
        let message = "send the request as content-type application/json, in UTF-8";
        return Err(Unreadable::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.unsupported_media_type", message));
    }
    if !is_plain(request.headers()) {
        let message = "send the body as it is, without content-encoding";
        return Err(Unreadable::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.unsupported_media_type", message));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| broken(&rejection))?;
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<IgnoredAny>(&body).map_err(|error| unread("the body", &error))?;
        return Err(bad("request.batch", "this is a list; send each request by itself"));
    }
    let mut from = serde_json::Deserializer::from_slice(&body);
    let asked = object(&mut from).and_then(|asked| from.end().map(|()| asked));
    asked.map_err(|error| unread("the body", &error))
}

fn unread(what: &str, error: &serde_json::Error) -> Unreadable {
    match error.classify() {
        Category::Data => bad("request.not_graphql", &format!("{what} is not one GraphQL request: {error}")),
        Category::Syntax | Category::Eof | Category::Io => {
            bad("request.not_json", &format!("{what} is not JSON: {error}"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    // Which of two is meant, each server on the way decides for itself.
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let only = kinds.next().filter(|_| kinds.next().is_none());
    let named = only.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = named.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let mut charsets =
        parts.filter_map(|part| part.split_once('=')).filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    is_json && charsets.all(|(_, value)| is_utf8(value))
}

/// Whether a body is not compressed: what is small on the way may be endless when it is opened.
fn is_plain(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.all(|encoding| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// That a body did not come in as long as a request may take.
#[must_use]
pub fn too_slow() -> Unreadable {
    let message = "the request did not come in time; send it again";
    Unreadable::new(StatusCode::SERVICE_UNAVAILABLE, "request.too_late", message)
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

/// What an address may hold; objects are texts of JSON there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn of_address(address: &Uri) -> Result<Parameters, Unreadable> {
    let fields = Query::<Fields>::try_from_uri(address);
    let Query(fields) = fields.map_err(|rejection| bad("request.not_graphql", &rejection.body_text()))?;
    Ok(Parameters {
        query: fields.query,
        document_id: fields.document_id,
        operation_name: fields.operation_name,
        variables: within("variables", fields.variables)?,
        extensions: within("extensions", fields.extensions)?,
    })
}

fn within<T: DeserializeOwned>(name: &str, text: Option<String>) -> Result<Option<T>, Unreadable> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    serde_json::from_str(&text).map_err(|error| unread(name, &error))
}

/// Lets a request over GET through whose document holds queries only. What cannot be parsed is answered by the schema, as it
/// is over POST.
///
/// # Errors
/// `request.not_over_get`.
pub fn reading_only(request: &mut Request) -> Result<(), Unreadable> {
    let reads = graphql::legible::readable(request).map_or(true, |document| {
        document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
    });
    match reads {
        true => Ok(()),
        false => Err(Unreadable::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "request.not_over_get",
            "only queries run over GET; send it over POST",
        )),
    }
}

/// The codes of what cannot be read.
pub const CODES: &[&str] = &[
    "request.bad_credentials",
    "request.bad_viewer",
    "request.batch",
    "request.body_too_large",
    "request.broken",
    "request.foreign_origin",
    "request.no_upgrade",
    "request.not_acceptable",
    "request.not_graphql",
    "request.not_json",
    "request.not_over_get",
    "request.sign_in_unavailable",
    "request.too_late",
    "request.too_many_connections",
    "request.too_often",
    "request.unknown_document",
    "request.unsupported_media_type",
    "request.untrusted_document",
    "request.wrong_host",
    "request.wrong_method",
];
