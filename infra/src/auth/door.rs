//! Who comes in: whoever shows an API key or a token, and, in development, who they say they are.
//!
//! # Rules
//! - `Authorization: Bearer …` (or `authorization` in a subscription's connection_init) holds one API key ([`super::api_key`]) or
//!   one access token ([`super::oidc`]). Two of them, or one beside a viewer of the development sign-in, prove nothing.
//! - Whatever is wrong with it, the answer is the same (`request.bad_credentials`); the log says what it was.
//!
//! # Invariants
//! - Nothing of a key's secret or of a token is in a log line, an answer or the database.
//! - Only the header and connection_init are looked at: what is in an address ends up in logs and histories.
//!
//! # Not here
//! What somebody may (graphql's policy).

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Data;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use graphql::viewer::{Principal, Viewer};
use serde_json::Value;
use sqlx::PgPool;

use super::api_key::{self, ApiKey};
use super::issuer::{Issuer, NotProven, Trusted};
use super::{HEADER, Refused, SignIn, issued};
use crate::clock::Clock;
use crate::reach::{found_no_room, is_out_of_reach};

/// How often a connection asks whether what signed it in still holds.
const AGAIN: Duration = Duration::from_secs(3);
/// How long a look at a key may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest text that is looked at.
const LONGEST: usize = 16 * 1024;
/// What was shown proves nothing.
pub const BAD_CREDENTIALS: &str = "request.bad_credentials";
/// What was shown cannot be looked at now.
pub const UNAVAILABLE: &str = "request.sign_in_unavailable";
/// What `WWW-Authenticate` says to what proves nothing (RFC 6750, section 3.1).
pub const CHALLENGE: &str = "Bearer realm=\"sanping\", error=\"invalid_token\"";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Somebody taken at their word.
    Viewer(Viewer),
    /// The holder of the API key of that name.
    Key(String, Principal),
    /// The subject of a token.
    Token(Principal),
}

impl Who {
    fn is_proven(&self) -> bool {
        match self {
            Self::Viewer(_) => false,
            Self::Key(..) | Self::Token(_) => true,
        }
    }

    /// Tells a request, or a connection, who asks.
    pub fn put(self, data: &mut Data) {
        match self {
            Self::Viewer(viewer) => data.insert(viewer),
            Self::Key(_, principal) | Self::Token(principal) => data.insert(principal),
        }
    }
}

/// What a door needs to know who asks.
pub struct Auth {
    sign_in: SignIn,
    database: PgPool,
    clock: Arc<Clock>,
    issuer: Option<Arc<Issuer>>,
}

impl Auth {
    /// Looks keys up in this database, and believes the tokens of an issuer, if of any.
    #[must_use]
    pub fn new(sign_in: SignIn, database: PgPool, clock: Arc<Clock>, trusted: Option<Trusted>) -> Self {
        let issuer = trusted.map(|trusted| Issuer::new(trusted, Arc::clone(&clock)));
        Self { sign_in, database, clock, issuer }
    }

    /// Asks the issuer for its keys before anybody waits for them.
    pub fn prepare(&self) {
        if let Some(issuer) = self.issuer.clone() {
            tokio::spawn(async move { issuer.prepare().await });
        }
    }

    /// Who sends a request; nobody for an anonymous one.
    ///
    /// # Errors
    /// Why it is not looked at any further.
    pub async fn of_request(&self, headers: &HeaderMap) -> Result<Option<Who>, Refused> {
        self.sign_in.at_home(headers)?;
        match bearer(headers)? {
            Some(_) if headers.contains_key(HEADER) => Err(denied("two ways to sign in at once")),
            Some(text) => self.proven(text).await.map(Some),
            None => Ok(self.sign_in.viewer(headers)?.map(Who::Viewer)),
        }
    }

    /// Who begins a connection: as its first message says, else as its headers did.
    ///
    /// # Errors
    /// As [`Self::of_request`].
    pub async fn of_connection(&self, payload: &Value, by_headers: Option<Who>) -> Result<Option<Who>, Refused> {
        let viewer = payload.get("viewer").and_then(Value::as_str);
        match payload.get("authorization").filter(|shown| !shown.is_null()) {
            None => match self.sign_in.named(viewer) {
                Ok(viewer) => Ok(viewer.map(Who::Viewer).or(by_headers)),
                Err(error) => Err((StatusCode::UNAUTHORIZED, "request.bad_viewer", error.message)),
            },
            Some(Value::String(text)) if viewer.is_none() && !by_headers.as_ref().is_some_and(Who::is_proven) => {
                let text = scheme(text).ok_or_else(|| denied("malformed"))?;
                self.proven(text).await.map(Some)
            }
            Some(_) => Err(denied("two ways to sign in at once, or no text")),
        }
    }

    async fn proven(&self, text: &str) -> Result<Who, Refused> {
        match &self.issuer {
            Some(issuer) if !text.starts_with(api_key::PREFIX) => token(issuer, text).await,
            _keys_alone => self.key(text).await,
        }
    }

    async fn key(&self, text: &str) -> Result<Who, Refused> {
        let key = ApiKey::parse(text).ok_or_else(|| denied("malformed"))?;
        let asked = issued::holder(&self.database, &key, self.clock.now());
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(principal))) => Ok(Who::Key(key.id().to_owned(), principal)),
            Ok(Ok(Err(why))) => {
                tracing::info!(key = key.id(), %why, "an API key was refused");
                Err(bad_credentials())
            }
            Ok(Err(error)) => Err(not_looked_up(&error)),
            Err(_late) => Err(unavailable()),
        }
    }
}

/// The key that signed a connection in: it may be revoked meanwhile.
#[derive(Clone)]
pub struct Held {
    database: PgPool,
    clock: Arc<Clock>,
    key: String,
}

impl Held {
    /// What may be revoked of what signed somebody in, if anything.
    #[must_use]
    pub fn of(auth: &Auth, who: &Who) -> Option<Self> {
        match who {
            Who::Viewer(_) | Who::Token(_) => None,
            Who::Key(key, _) => {
                let (database, clock) = (auth.database.clone(), Arc::clone(&auth.clock));
                Some(Self { database, clock, key: key.clone() })
            }
        }
    }

    /// Returns when it was revoked.
    pub async fn revoked(self) {
        while self.holds().await {
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Without an answer it does: what is sent meanwhile comes from the same database.
    async fn holds(&self) -> bool {
        let asked = issued::still_holds(&self.database, &self.key, self.clock.now());
        matches!(tokio::time::timeout(PATIENCE, asked).await, Err(_) | Ok(Err(_) | Ok(true)))
    }
}

/// What a request shows to sign in with, if it shows anything.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut shown = headers.get_all(AUTHORIZATION).iter();
    match (shown.next(), shown.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(denied("two of them")),
        (Some(header), None) => {
            let text = header.to_str().ok().and_then(scheme);
            text.map(Some).ok_or_else(|| denied("malformed"))
        }
    }
}

/// What stands behind `Bearer`, where the text has that scheme and what is behind it may be a token (RFC 6750, section 2.1).
fn scheme(header: &str) -> Option<&str> {
    let (scheme, text) = header.split_once(' ')?;
    let text = text.trim_start_matches(' ');
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let whole = !text.is_empty() && text.len() <= LONGEST && text.bytes().all(of_token);
    (scheme.eq_ignore_ascii_case("bearer") && whole).then_some(text)
}

async fn token(issuer: &Arc<Issuer>, text: &str) -> Result<Who, Refused> {
    match issuer.proves(text).await {
        Ok(principal) => Ok(Who::Token(principal)),
        Err(NotProven::Unproven(why)) => {
            tracing::info!(%why, "a token was refused");
            Err(bad_credentials())
        }
        Err(NotProven::Unavailable) => Err(unavailable()),
    }
}

/// The answer to what proves nothing; why is for the log alone.
fn denied(why: &str) -> Refused {
    tracing::info!(why, "what somebody signed in with was refused");
    bad_credentials()
}

/// One answer, whatever is wrong: who tries keys learns nothing from it.
fn bad_credentials() -> Refused {
    let message = "what was sent to sign in with does not hold: show one API key or one token of the issuer, as \
                   `Authorization: Bearer …`, that is whole, meant for this program, and neither over nor revoked";
    (StatusCode::UNAUTHORIZED, BAD_CREDENTIALS, message.to_owned())
}

fn unavailable() -> Refused {
    let message = "who you are cannot be found out now: what signs people in does not answer; try again in a moment";
    (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, message.to_owned())
}

fn not_looked_up(error: &sqlx::Error) -> Refused {
    // That the database is out of reach is told once by whoever keeps asking it.
    match is_out_of_reach(error) || found_no_room(error) {
        true => tracing::debug!(error = error as &dyn std::error::Error, "an API key could not be looked up"),
        false => tracing::error!(error = error as &dyn std::error::Error, "an API key could not be looked up"),
    }
    unavailable()
}
