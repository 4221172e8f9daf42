//! In which media type a request wants its answer.
//!
//! # Source
//! GraphQL over HTTP, sections Accept and Body; the weights of RFC 9110, section 12.5.1. Whoever names no type, or any,
//! gets the older one: a client that knows the newer one names it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// A media type that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says how it went.
    Graphql,
    /// `application/json`: whatever the schema answers has the status 200, so that it is not taken for a proxy's.
    Json,
}

/// How exactly a range names a type, and its weight in thousandths.
type Wish = (u8, u16);
/// A range that names a type as a whole.
const EXACT: u8 = 3;

impl Media {
    /// The type, as the header of an answer names it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Graphql => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    const fn subtype(self) -> &'static str {
        match self {
            Self::Graphql => "graphql-response+json",
            Self::Json => "json",
        }
    }

    /// The one of both that a request likes best; nothing where it takes neither. Of two that it likes as much, the newer
    /// one where it is named.
    #[must_use]
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let said = headers.get_all(ACCEPT).iter().map(|value| value.to_str().unwrap_or_default());
        let said = said.collect::<Vec<_>>().join(",");
        if said.trim().is_empty() {
            return Some(Self::Json);
        }
        let of = |media: Self| media.wish(&said).filter(|(_, weight)| *weight > 0);
        match (of(Self::Graphql), of(Self::Json)) {
            (None, None) => None,
            (Some(_), None) => Some(Self::Graphql),
            (Some((EXACT, newer)), Some((_, older))) if newer >= older => Some(Self::Graphql),
            (Some((_, newer)), Some((_, older))) if newer > older => Some(Self::Graphql),
            (_, Some(_)) => Some(Self::Json),
        }
    }

    /// What the range that names the type most exactly says of it.
    fn wish(self, accept: &str) -> Option<Wish> {
        accept.split(',').filter_map(|range| self.within(range)).max()
    }

    fn within(self, range: &str) -> Option<Wish> {
        let mut parts = range.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let exactness = match (kind.to_ascii_lowercase().as_str(), subtype.to_ascii_lowercase().as_str()) {
            ("*", "*") => 1,
            ("application", "*") => 2,
            ("application", named) if named == self.subtype() => EXACT,
            _other => return None,
        };
        let mut weight = 1_000;
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value.trim())?,
                "charset" if !is_utf8(value) => return None,
                _other => {}
            }
        }
        Some((exactness, weight))
    }
}

/// Whether a parameter names the one encoding that is spoken here.
pub fn is_utf8(charset: &str) -> bool {
    charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

/// A weight such as `0.9`, in thousandths.
pub fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" => (part == 0).then_some(1_000),
        _other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        Media::wanted(&headers)
    }

    #[test]
    fn who_names_no_type_gets_the_older_one() {
        assert_eq!(Media::wanted(&HeaderMap::new()), Some(Media::Json));
        for any in ["", "*/*", "application/*", "text/html, */*;q=0.8", "application/json, */*"] {
            assert_eq!(wanted(any), Some(Media::Json), "{any}");
        }
    }

    #[test]
    fn the_type_with_the_greater_weight_is_taken() {
        for (accept, media) in [
            ("application/graphql-response+json", Media::Graphql),
            ("Application/GraphQL-Response+JSON; Charset=UTF-8", Media::Graphql),
            ("application/graphql-response+json, application/json", Media::Graphql),
            ("application/json, application/graphql-response+json", Media::Graphql),
            ("application/graphql-response+json, application/json;q=0.9", Media::Graphql),
            ("application/json, application/graphql-response+json;q=0.999", Media::Json),
            ("application/graphql-response+json;q=0.1, */*;q=0.2", Media::Json),
            ("application/json;q=0, */*", Media::Graphql),
            ("application/json;q=0.000, application/*;q=0.001", Media::Graphql),
            ("application/graphql-response+json;charset=latin1, application/json;q=0.1", Media::Json),
            ("text/plain, application/json;q=1.000", Media::Json),
        ] {
            assert_eq!(wanted(accept), Some(media), "{accept}");
        }
    }

    #[test]
    fn who_takes_neither_gets_neither() {
        for accept in [
            "text/html",
            "application/xml",
            "*/*;q=0",
            "application/json;q=2",
            "application/json;charset=utf-16",
            "json",
        ] {
            assert_eq!(wanted(accept), None, "{accept}");
        }
        let mut two = HeaderMap::new();
        two.append(ACCEPT, "text/html".parse().unwrap());
        two.append(ACCEPT, "application/json".parse().unwrap());
        assert_eq!(Media::wanted(&two), Some(Media::Json), "of two headers, both");
    }

    #[test]
    fn weights_have_three_digits_at_most() {
        for (text, weight) in [("1", 1_000), ("0", 0), ("0.5", 500), ("0.125", 125), ("1.0", 1_000), ("0.", 0)] {
            assert_eq!(thousandths(text), Some(weight), "{text}");
        }
        for text in ["", "1.1", "0.1234", "2", "-1", "0.x", ".5", "1e0"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
