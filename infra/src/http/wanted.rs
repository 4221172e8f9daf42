//! How a request wants to be answered, and the id its accidents are told by.
//!
//! # Rules
//! - Every answer names a request id (`X-Request-Id`): the one that came with the request, where it is 1 to 64 letters,
//!   digits, dots, dashes and underscores, or one made for it. It is logged with the request's accidents, so it is to name
//!   nobody.

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::trace::SpanKind;

use super::accept::Media;
use super::language::Language;
use crate::clock::random_id;
use crate::trace::{self, Span, Trace};

/// The header of a request's id.
const HEADER: &str = "x-request-id";

/// The id of a request.
#[derive(Debug, Clone)]
struct RequestId(String);

/// Gives a request its id, and its answer too; what it leads to is part of a trace.
pub async fn named(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(HEADER).and_then(|given| given.to_str().ok()).filter(|given| is_sane(given));
    let id = id.map_or_else(|| random_id(jiff::Timestamp::UNIX_EPOCH).to_string(), str::to_owned);
    let header = HeaderValue::from_str(&id).expect("letters, digits and dashes");
    let mut span = begun(&request, &id);
    request.extensions_mut().insert(RequestId(id));
    let mut response = trace::within(span.as_ref().map(Span::trace), next.run(request)).await;
    if let Some(span) = &mut span {
        span.tell("http.response.status_code", i64::from(response.status().as_u16()));
    }
    response.headers_mut().insert(HeaderName::from_static(HEADER), header);
    response
}

/// What is asked of the API begins here, for who traces it. What merely tells how the program is, is no part of anything.
fn begun(request: &Request, id: &str) -> Option<Span> {
    let path = ["/graphql", "/graphql/ws"].into_iter().find(|path| *path == request.uri().path())?;
    let parent = request.headers().get(trace::HEADER).and_then(|given| given.to_str().ok()).and_then(Trace::named);
    let mut span = Span::begin("request", SpanKind::Server, parent.as_ref())?;
    span.tell("http.request.method", request.method().as_str().to_owned());
    span.tell("url.path", path);
    span.tell("sanping.request_id", id.to_owned());
    Some(span)
}

fn is_sane(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|one| one.is_ascii_alphanumeric() || b".-_".contains(&one))
}

/// How a request wants to be answered.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// In which media type.
    pub media: Media,
    /// In which language.
    pub language: Language,
    /// The id its accidents are told by.
    pub request_id: String,
}

impl Wanted {
    /// What a request's headers say, and whether it takes one of the media types.
    #[must_use]
    pub fn of(headers: &HeaderMap, extensions: &Extensions) -> (Self, bool) {
        let (media, request_id) = (Media::wanted(headers), extensions.get::<RequestId>());
        let wanted = Self {
            media: media.unwrap_or(Media::Json),
            language: Language::wanted(headers),
            request_id: request_id.map(|RequestId(id)| id.clone()).unwrap_or_default(),
        };
        (wanted, media.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_over_where_it_is_a_sane_one() {
        for (id, sane) in [
            ("7f3a-00.x_Y", true),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
            ("", false),
            ("two words", false),
            ("a\"b", false),
            ("é", false),
        ] {
            assert_eq!(is_sane(id), sane, "{id}");
        }
    }
}
