//! Who asks: by an API key, by a token of the organisation's OIDC issuer ([`door`]), or, in development, at their word.
//!
//! # Development sign-in
//! The header `X-Sanping-Viewer` (or `viewer` in a subscription's connection_init) names the viewer, as
//! `id=ana; roles=office,leader; scope=<branch id>; member=<member id>`. Without it the viewer is `office` with the
//! role office over the whole tree. It is refused on any address but loopback, requests must name a loopback host, and
//! those of a browser must come from a page of one: a WebSocket may be opened by any page.
//!
//! # Reserved
//! Nobody signs in as what the program itself acts as ([`domain::grant::PROGRAM`]): its command ids can be told in
//! advance, and whoever sent one of them first would keep the program from sending it.

pub mod api_key;
pub mod door;
pub mod issued;
pub mod issuer;
pub mod oidc;

use async_graphql::Error;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use domain::id::ActorId;
use graphql::viewer::{Role, Viewer};

/// The header of the development sign-in.
pub const HEADER: &str = "x-sanping-viewer";

/// How viewers sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody is believed without a proof.
    Closed,
    /// Everybody is who they say: for development on one's own machine.
    Development,
}

/// Why a request has no viewer: the status, a code for machines, a sentence.
pub type Refused = (StatusCode, &'static str, String);

impl SignIn {
    /// The viewer of a request; nothing for an anonymous one.
    ///
    /// # Errors
    /// A status and a sentence for a header that cannot be read or a host that is not loopback.
    pub fn viewer(self, headers: &HeaderMap) -> Result<Option<Viewer>, Refused> {
        if self == Self::Closed {
            return Ok(None);
        }
        self.at_home(headers)?;
        let bad = |said: String| (StatusCode::UNAUTHORIZED, "request.bad_viewer", format!("{HEADER}: {said}"));
        match headers.get(HEADER).map(|header| header.to_str()) {
            None => Ok(Some(office())),
            Some(Ok(text)) => named(text).map(Some).map_err(bad),
            Some(Err(_)) => Err(bad("not plain text".to_owned())),
        }
    }

    /// Refuses what does not come from this machine, where people are taken at their word.
    fn at_home(self, headers: &HeaderMap) -> Result<(), Refused> {
        if self == Self::Closed {
            return Ok(());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !is_loopback(host) {
            let said = format!("the development sign-in answers on loopback only, not as {host:?}");
            return Err((StatusCode::MISDIRECTED_REQUEST, "request.wrong_host", said));
        }
        if let Some(origin) = headers.get(ORIGIN).filter(|origin| !is_at_home(origin)) {
            let said = format!("the development sign-in does not answer pages of {origin:?}");
            return Err((StatusCode::FORBIDDEN, "request.foreign_origin", said));
        }
        Ok(())
    }

    /// The viewer a subscription names, if it names one.
    ///
    /// # Errors
    /// A sentence for a text that cannot be read.
    pub fn named(self, text: Option<&str>) -> Result<Option<Viewer>, Error> {
        match (self, text) {
            (Self::Closed, _) | (_, None) => Ok(None),
            (Self::Development, Some(text)) => named(text).map(Some).map_err(Error::new),
        }
    }
}

/// Whether a page comes from this machine. A browser opens a WebSocket for any page, and names the page's origin.
fn is_at_home(origin: &HeaderValue) -> bool {
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _port)) => name,
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn office() -> Viewer {
    Viewer::holding(ActorId("office".to_owned()), [Role::Office], None, None)
}

/// The viewer that a text names, such as `id=ana; roles=office,leader; scope=<branch id>; member=<member id>`.
///
/// # Errors
/// A sentence for a text that cannot be read, or names the program itself.
pub fn named(text: &str) -> Result<Viewer, String> {
    let (mut id_given, mut roles, mut member, mut scope) = (office().id, vec![], None, None);
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("{part:?} is not name=value"))?;
        let id = || value.trim().parse().map_err(|_| format!("{value:?} is not an id"));
        match name.trim() {
            "id" => id_given = ActorId(value.trim().to_owned()),
            "roles" => roles = value.split(',').map(role).collect::<Result<_, _>>()?,
            "scope" => scope = Some(domain::id::BranchId(id()?)),
            "member" => member = Some(domain::id::MemberId(id()?)),
            other => return Err(format!("{other:?} is not one of id, roles, scope, member")),
        }
    }
    let viewer = Viewer::holding(id_given, roles, member, scope);
    domain::grant::signs_in(&viewer.id).map(|()| viewer).map_err(|refusal| refusal.to_string())
}

fn role(name: &str) -> Result<Role, String> {
    match name.trim() {
        "member" => Ok(Role::Member),
        "branch_secretary" => Ok(Role::BranchSecretary),
        "leader" => Ok(Role::Leader),
        "office" => Ok(Role::Office),
        "auditor" => Ok(Role::Auditor),
        "integration" => Ok(Role::Integration),
        other => Err(format!("{other:?} is not one of member, branch_secretary, leader, office, auditor, integration")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, viewer: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(viewer) = viewer {
            headers.insert(HEADER, viewer.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_closed_door_knows_nobody() {
        assert_eq!(SignIn::Closed.viewer(&headers("localhost", Some("id=ana; roles=office"))), Ok(None));
    }

    #[test]
    fn the_development_sign_in_takes_people_at_their_word_on_loopback_only() {
        let viewer = SignIn::Development.viewer(&headers("127.0.0.1:8080", Some("id=ana; roles=leader,member")));
        let viewer = viewer.unwrap().unwrap();
        assert!(viewer.id.0 == "ana" && viewer.roles().eq([Role::Leader, Role::Member]));
        assert_eq!(SignIn::Development.viewer(&headers("[::1]:8080", None)), Ok(Some(office())));
        for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""] {
            let (status, ..) = SignIn::Development.viewer(&headers(host, None)).unwrap_err();
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        }
    }

    #[test]
    fn pages_from_elsewhere_are_not_answered() {
        for (origin, answered) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1:3000", true),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("null", false),
        ] {
            let mut headers = headers("localhost:8080", None);
            headers.insert(ORIGIN, origin.parse().unwrap());
            assert_eq!(SignIn::Development.viewer(&headers).is_ok(), answered, "{origin}");
        }
    }

    #[test]
    fn a_viewer_that_cannot_be_read_is_refused_with_a_sentence() {
        for text in ["roles=king", "id=", "scope=here", "name", "colour=red"] {
            let (status, ..) = SignIn::Development.viewer(&headers("localhost", Some(text))).unwrap_err();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{text}");
        }
    }

    #[test]
    fn nobody_signs_in_as_the_program_itself() {
        assert!([crate::due::ACTOR, crate::demo::LOADER].into_iter().all(domain::grant::is_reserved));
        for id in ["deadline", "Deadline", "demo", "demo-committee", "demo-confirmer", "demo-appeals", "operator-a"] {
            let text = format!("id={id}; roles=office");
            let (status, code, said) = SignIn::Development.viewer(&headers("localhost", Some(&text))).unwrap_err();
            assert_eq!((status, code), (StatusCode::UNAUTHORIZED, "request.bad_viewer"));
            assert_eq!(said, format!("{HEADER}: {id} is what the program itself acts as; nobody signs in under it"));
            assert!(SignIn::Development.named(Some(&text)).is_err(), "nor through a subscription");
        }
        for id in ["deadlines", "demonstrator", "my-demo"] {
            let text = format!("id={id}; roles=office");
            assert!(SignIn::Development.viewer(&headers("localhost", Some(&text))).is_ok(), "{id}");
        }
    }
}
