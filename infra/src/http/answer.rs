//! What goes out: answers whose errors all have a code and a sentence in both languages, and errors for what could not be
//! read.
//!
//! # Rules
//! - What was executed has a `data` entry, be it null, and the status 200; what was refused before has none, and the
//!   status 400, or 200 where the answer is of the older media type ([`Media::Json`]).
//! - What is no request of GraphQL at all has a status of its own, whatever its answer is written in.
//! - Where anything came to nothing, the answer leaves a whole number of steps after the request came ([`STEP`]): how long it
//!   took does not tell whether what was asked for is there.
//!
//! # Source
//! GraphQL over HTTP, section Response.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Request, Response, ServerError, Value};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use graphql::fault::cause;
use graphql::ports::Failure;
use graphql::schema::Api;
use graphql::sessions::Became;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::accept::Media;
use super::codes;
use super::language::Language;
use super::wanted::Wanted;
use crate::auth::{Refused, door};
use crate::reach::{found_no_room, is_out_of_reach};

/// How many errors are told of what was not executed: a text of nothing but mistakes would be answered with a longer one.
pub const TOLD: usize = 20;

/// By which time answers that came to nothing are told apart: several times what looking something up takes.
pub const STEP: Duration = Duration::from_millis(25);

/// After how many seconds what is too much now may be asked again, where nothing else is known.
const SOON: u64 = 5;

/// Why a request was not even looked at: an HTTP status and an error of GraphQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// The methods that would be taken.
    allow: &'static str,
    /// After how many seconds it may be asked again.
    after: u64,
}

impl Unreadable {
    /// A status, a code for machines, a sentence that says what was wrong and what to do.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), allow: "POST", after: SOON }
    }

    /// The same, where another method would be taken.
    #[must_use]
    pub fn allowing(self, allow: &'static str) -> Self {
        Self { allow, ..self }
    }

    /// The same, to be asked again after so many seconds.
    #[must_use]
    pub fn after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    /// What was wrong and what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The answer of an operation of a connection.
    #[must_use]
    pub fn answer(self, wanted: &Wanted) -> Answer {
        let refused = Response::from_errors(vec![coded(self.code, &self.message)]);
        Answer { response: opaque(refused, false, wanted), executed: false }
    }

    /// The answer over HTTP.
    #[must_use]
    pub fn written(self, wanted: &Wanted) -> HttpResponse {
        let (status, code, allow, after) = (self.status, self.code, self.allow, self.after);
        let mut response = written(status, wanted, &self.answer(wanted).body());
        let mut set = |name: HeaderName, value: HeaderValue| _ = response.headers_mut().insert(name, value);
        match status {
            StatusCode::METHOD_NOT_ALLOWED => set(ALLOW, HeaderValue::from_static(allow)),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => set(RETRY_AFTER, after.into()),
            StatusCode::UNAUTHORIZED if code == door::BAD_CREDENTIALS => {
                set(WWW_AUTHENTICATE, HeaderValue::from_static(door::CHALLENGE));
            }
            StatusCode::UNAUTHORIZED => set(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sanping\"")),
            _other => {}
        }
        response
    }
}

impl From<Refused> for Unreadable {
    fn from((status, code, message): Refused) -> Self {
        Self::new(status, code, &message)
    }
}

fn coded(code: &str, message: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// What an answer holds, in the order in which it is written.
#[derive(Serialize)]
pub struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    /// Of the log, where the request was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<&'a BTreeMap<String, Value>>,
}

fn written(status: StatusCode, wanted: &Wanted, body: &Body) -> HttpResponse {
    let text = serde_json::to_vec(body).expect("values of GraphQL are values of JSON");
    let headers = [
        (CONTENT_TYPE, wanted.media.content_type()),
        // Whose answer it is does not show in the address.
        (CACHE_CONTROL, "no-store"),
        (VARY, "accept, accept-language"),
    ];
    let mut response = (status, headers, text).into_response();
    if !body.errors.is_empty() {
        response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(wanted.language.tag()));
    }
    response
}

/// What the schema answered.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    executed: bool,
}

impl Answer {
    /// A response, and whether the request was executed.
    #[must_use]
    pub fn of(response: Response, executed: bool) -> Self {
        Self { response, executed }
    }

    /// The answer over HTTP.
    #[must_use]
    pub fn written(&self, wanted: &Wanted) -> HttpResponse {
        let mut response = written(self.status(wanted.media), wanted, &self.body());
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, SOON.into());
        }
        response
    }

    /// What it holds.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        let Response { data, extensions, errors, .. } = &self.response;
        let extensions = Some(extensions).filter(|told| self.executed && !told.is_empty());
        Body { data: self.executed.then_some(data), errors, extensions }
    }

    /// Why the request was not executed; nothing where it was.
    #[must_use]
    pub fn refused(&self) -> Option<&[ServerError]> {
        (!self.executed).then_some(&self.response.errors)
    }

    fn status(&self, media: Media) -> StatusCode {
        let is = |code: &str| self.response.errors.iter().any(|error| text_of(error, "code") == Some(code));
        match (self.executed, media) {
            (true, _) => StatusCode::OK,
            (false, _) if is("request.too_late") => StatusCode::SERVICE_UNAVAILABLE,
            (false, Media::Json) => StatusCode::OK,
            (false, Media::Graphql) => StatusCode::BAD_REQUEST,
        }
    }
}

/// The schema, with its accidents logged and hidden: what every door executes.
#[derive(Clone)]
pub struct Answering {
    /// The schema.
    pub api: Api,
    /// How long a request may take. A host that has vanished would be waited for without end.
    pub latest: Duration,
    /// By which time answers that came to nothing are told apart.
    pub step: Duration,
    /// How the answer is wanted.
    pub wanted: Wanted,
}

impl Answering {
    /// Executes a request.
    pub async fn answer(&self, request: Request) -> Answer {
        let (became, begun) = (Became::default(), Instant::now());
        let response = self.api.execute(request.data(became.clone()));
        let answer = self.in_time(response.map(|response| self.told(response, became.executed()))).await;
        self.held_back(answer, &became, begun).await
    }

    /// Executes an operation of a connection: a subscription answers again and again.
    #[must_use]
    pub fn answers(&self, mut request: Request, connection: Arc<Data>) -> BoxStream<'static, Answer> {
        let (became, begun) = (Became::default(), Instant::now());
        let follows = graphql::legible::readable(&mut request).is_ok_and(|document| {
            document.operations.iter().any(|(_, operation)| operation.node.ty == OperationType::Subscription)
        });
        let answers = self.api.execute_stream_with_session_data(request.data(became.clone()), connection);
        let (answering, told) = (self.clone(), became.clone());
        let answers = answers.map(move |response| answering.told(response, told.executed())).boxed();
        let answering = self.clone();
        let answers = match follows {
            true => answers,
            false => stream::once(async move { answering.in_time(first(answers)).await }).boxed(),
        };
        let answering = self.clone();
        let held_back = move |answer| {
            let (answering, became) = (answering.clone(), became.clone());
            async move { answering.held_back(answer, &became, begun).await }
        };
        answers.then(held_back).boxed()
    }

    /// The answer, where it came to nothing at the next step after the request came.
    async fn held_back(&self, answer: Answer, became: &Became, begun: Instant) -> Answer {
        if became.nothing() {
            let steps = begun.elapsed().as_nanos() / self.step.as_nanos().max(1) + 1;
            let steps = u32::try_from(steps).unwrap_or(u32::MAX);
            sleep_until(begun + self.step.saturating_mul(steps)).await;
        }
        answer
    }

    fn told(&self, response: Response, executed: bool) -> Answer {
        Answer { response: opaque(response, executed, &self.wanted), executed }
    }

    /// The answer, or that it took too long. What was under way may be done all the same; a command may be sent again.
    async fn in_time(&self, answer: impl Future<Output = Answer>) -> Answer {
        match tokio::time::timeout(self.latest, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let message = format!(
                    "the request took longer than {:?}; ask for less, or send a command again with the same id",
                    self.latest
                );
                self.told(Response::from_errors(vec![coded("request.too_late", &message)]), false)
            }
        }
    }
}

/// The one answer of what is no subscription.
async fn first(mut answers: BoxStream<'static, Answer>) -> Answer {
    answers.next().await.unwrap_or_else(|| Answer::of(Response::default(), true))
}

fn text_of<'a>(error: &'a ServerError, name: &str) -> Option<&'a str> {
    match error.extensions.as_ref()?.get(name)? {
        Value::String(text) => Some(text),
        _other => None,
    }
}

/// Logs accidents once and puts the request id in their place; what the schema's rules refuse gets a code. Every error has a
/// sentence in Chinese, and says what is wanted in the language that is.
fn opaque(mut response: Response, executed: bool, wanted: &Wanted) -> Response {
    if !executed {
        response.errors.truncate(TOLD);
    }
    for error in &mut response.errors {
        if let Some(source) = cause(error) {
            tell(source, &wanted.request_id);
            error.extensions.get_or_insert_default().set("requestId", wanted.request_id.as_str());
        }
        error.source = None;
        let code = text_of(error, "code").unwrap_or("request.invalid").to_owned();
        let chinese = text_of(error, "messageZh").map(str::to_owned);
        let chinese = chinese.or_else(|| codes::chinese(&code, &error.message));
        let facts = error.extensions.get_or_insert_default();
        facts.set("code", code);
        if let Some(chinese) = chinese {
            facts.set("messageZh", chinese.as_str());
            if wanted.language == Language::Chinese {
                error.message = chinese;
            }
        }
    }
    response
}

fn tell(cause: &Failure, request_id: &str) {
    let error = cause.as_ref() as &(dyn std::error::Error + 'static);
    // That the database is out of reach, or has no room, is told by whoever keeps asking it; not for each request.
    match is_out_of_reach(error) || found_no_room(error) {
        true => tracing::debug!(request_id, error, "a request failed"),
        false => tracing::error!(request_id, error, "a request failed"),
    }
}
