//! What every request passes, whichever door it comes through: how often its sender asks, and which documents may be run.
//!
//! # Rules
//! - Where only trusted documents are run for browsers, a text that is not one of them is refused to whatever says that it
//!   is one: `Origin` comes with what a page of another origin sends, `Sec-Fetch-Site` with all that a browser does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_graphql::{Data, Request};
use axum::extract::ConnectInfo;
use axum::http::header::ORIGIN;
use axum::http::{Extensions, HeaderMap, StatusCode};

use super::answer::Unreadable;
use super::documents::{self, Documents};
use super::proxy::Proxies;
use super::rate::{Rate, Who};
use super::request::Parameters;

/// What a door lets through.
#[derive(Clone, Default)]
pub struct Rules {
    /// How often everybody may ask, where that is limited.
    pub rate: Option<Arc<Rate>>,
    /// The trusted documents.
    pub documents: Arc<Documents>,
    /// Whether browsers get no others.
    pub trusted_only: bool,
    /// The proxies that are believed.
    pub proxies: Proxies,
}

/// The rules for who comes from one place.
#[derive(Clone)]
pub struct Gate {
    rules: Rules,
    address: IpAddr,
    is_browser: bool,
}

impl Gate {
    /// The rules for a request, or for all that is said on a connection that began with it.
    #[must_use]
    pub fn of(rules: &Rules, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let from = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
        let is_browser = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
        let address = rules.proxies.sender(from.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), headers);
        Self { rules: rules.clone(), address, is_browser }
    }

    /// Counts a request of whoever is named in its data.
    ///
    /// # Errors
    /// `request.too_often`.
    pub fn count(&self, data: &Data) -> Result<(), Unreadable> {
        let Some(rate) = &self.rules.rate else { return Ok(()) };
        rate.take(&Who::of(data, self.address)).map_err(|wait| {
            // A part of a second is a second: the header knows no parts.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let message = format!("you ask too often; ask again in {seconds} s");
            Unreadable::new(StatusCode::TOO_MANY_REQUESTS, "request.too_often", &message).after(seconds)
        })
    }

    /// The request that was asked for.
    ///
    /// # Errors
    /// `request.not_graphql`, `request.unknown_document`, `request.untrusted_document`.
    pub fn request(&self, mut parameters: Parameters) -> Result<Request, Unreadable> {
        let text = match (parameters.query.take(), parameters.document_id.take()) {
            (None, None) => {
                let message = "there is no query; give the text of the document as query, or its name as documentId";
                return Err(Unreadable::new(StatusCode::BAD_REQUEST, "request.not_graphql", message));
            }
            (Some(text), None) => self.free(text)?,
            (Some(text), Some(name)) if documents::name(&text) == name => self.free(text)?,
            (Some(_), Some(_)) => {
                let message = "documentId is not the hash of query; give one of them";
                return Err(Unreadable::new(StatusCode::BAD_REQUEST, "request.not_graphql", message));
            }
            (None, Some(name)) => match self.rules.documents.get(&name) {
                Some(text) => text.to_owned(),
                None => {
                    let message = "there is no such trusted document; its name is sha256: and the hash of its text";
                    return Err(Unreadable::new(StatusCode::BAD_REQUEST, "request.unknown_document", message));
                }
            },
        };
        Ok(parameters.of(text))
    }

    /// A text that comes with the request.
    fn free(&self, text: String) -> Result<String, Unreadable> {
        let is_free = !self.rules.trusted_only || !self.is_browser;
        match is_free || self.rules.documents.get(&documents::name(&text)).is_some() {
            true => Ok(text),
            false => {
                let message = "browsers run trusted documents only here; ask the operator to add this one";
                Err(Unreadable::new(StatusCode::FORBIDDEN, "request.untrusted_document", message))
            }
        }
    }
}
