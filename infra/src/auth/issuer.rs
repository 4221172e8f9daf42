//! The organisation's OIDC issuer: where it publishes its keys, and how often it is asked.
//!
//! # Rules
//! - The issuer is reached by https, or on loopback; what it answers is small, in time, and no redirection.
//! - It is asked for its keys at first use, again in the background once they are [`OLD`], and when a token names a key that
//!   is not known, but at most once in [`APART`]: a storm of tokens with invented keys leads to one question, and all but the
//!   one that led to it are refused meanwhile without waiting.
//! - Its keys are kept while it does not answer. Keys that it does not publish any more go with the next answer.
//!
//! # Not here
//! What a token must be ([`super::oidc`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use graphql::viewer::Principal;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

use super::oidc::{self, Signed, Unproven};
use crate::clock::Clock;

/// When keys are old enough to be asked for again.
const OLD: SignedDuration = SignedDuration::from_mins(10);
/// How long after a question the next one comes, where some keys are known.
const APART: SignedDuration = SignedDuration::from_secs(60);
/// The same where none is known yet, and nobody can be signed in.
const AT_FIRST: SignedDuration = SignedDuration::from_secs(5);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const LARGEST: usize = 256 * 1024;
/// The shortest modulus of RSA: 2048 bits (RFC 7518, section 3.3), in characters of base 64.
const SHORTEST: usize = 342;
/// The most keys that are looked at.
const MOST: usize = 64;

/// Whom the program takes tokens of.
#[derive(Debug, Clone)]
pub struct Trusted {
    issuer: String,
    audience: String,
    algorithms: Vec<Signed>,
    on_loopback: bool,
    client: Client,
}

/// Why tokens of an issuer cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It is no address.
    #[error(
        "--oidc-issuer {0:?} is not an address; write it exactly as its tokens have it in `iss`, such as https://id.example"
    )]
    Address(String),
    /// Anybody between here and there could publish keys.
    #[error("--oidc-issuer {0} must be https: who can change its answers on the way signs in as anybody")]
    Plain(String),
    /// A client cannot be made.
    #[error(
        "this machine has no certificates to know the issuer by; install those of its authorities (ca-certificates)"
    )]
    Client(#[source] reqwest::Error),
}

/// Why an issuer has told no keys.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("it does not answer")]
    Request(#[from] reqwest::Error),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("its answer is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("its answer cannot be read")]
    Unreadable(#[from] serde_json::Error),
    #[error("it says that it is another issuer than --oidc-issuer, to the letter")]
    OtherIssuer,
    #[error("its keys are not to be had by https")]
    Plain,
    #[error("it publishes no key for any of the algorithms that are configured")]
    NoKey,
}

/// Why a token proves nobody, or cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProven {
    /// It proves nobody.
    Unproven(Unproven),
    /// The issuer has told no keys yet.
    Unavailable,
}

impl From<Unproven> for NotProven {
    fn from(why: Unproven) -> Self {
        Self::Unproven(why)
    }
}

impl Trusted {
    /// Trusts an issuer with tokens for an audience, signed by one of these algorithms.
    ///
    /// # Errors
    /// [`TrustError`].
    pub fn new(issuer: &str, audience: &str, algorithms: &[Signed]) -> Result<Self, TrustError> {
        let address = || TrustError::Address(issuer.to_owned());
        let url = Url::parse(issuer).map_err(|_| address())?;
        let plain = url.query().is_some() || url.fragment().is_some() || !url.username().is_empty();
        if plain || !["http", "https"].contains(&url.scheme()) || !url.has_host() {
            return Err(address());
        }
        let on_loopback = is_loopback(&url);
        if url.scheme() != "https" && !on_loopback {
            return Err(TrustError::Plain(issuer.to_owned()));
        }
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .https_only(url.scheme() == "https")
            .tls_built_in_root_certs(url.scheme() == "https")
            .user_agent(concat!("sanping/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(TrustError::Client)?;
        let algorithms = algorithms.to_vec();
        Ok(Self { issuer: issuer.to_owned(), audience: audience.to_owned(), algorithms, on_loopback, client })
    }

    /// The issuer, as its tokens name it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(super::is_loopback)
}

/// A key that the issuer publishes.
struct Key {
    algorithm: Signed,
    key: DecodingKey,
}

/// The keys by their names: an issuer may give several the same one.
type Keys = HashMap<String, Vec<Arc<Key>>>;

/// What the issuer published, and when.
struct Known {
    keys: Keys,
    at: Timestamp,
}

/// The issuer.
pub struct Issuer {
    trusted: Trusted,
    clock: Arc<Clock>,
    known: Mutex<Option<Known>>,
    /// When it was asked last.
    asked: Mutex<Option<Timestamp>>,
    /// Held by who asks.
    asking: Arc<tokio::sync::Mutex<()>>,
    /// Whether it did not answer when it was asked last.
    silent: Mutex<bool>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Issuer {
    /// An issuer that nothing is known of yet.
    #[must_use]
    pub fn new(trusted: Trusted, clock: Arc<Clock>) -> Arc<Self> {
        let (known, asked, asking, silent) = Default::default();
        Arc::new(Self { trusted, clock, known, asked, asking, silent })
    }

    /// Whom a token proves.
    ///
    /// # Errors
    /// [`NotProven`].
    pub async fn proves(self: &Arc<Self>, token: &str) -> Result<Principal, NotProven> {
        let oidc::Named { algorithm, kid } = oidc::named(token)?;
        if !self.trusted.algorithms.contains(&algorithm) {
            return Err(Unproven::Algorithm.into());
        }
        let of_kid = self.key(&kid).await?;
        let key = of_kid.iter().find(|key| key.algorithm == algorithm).ok_or(Unproven::Algorithm)?;
        let expected = (self.trusted.issuer.as_str(), self.trusted.audience.as_str());
        Ok(oidc::proven(token, (algorithm, &key.key), expected, self.clock.now())?)
    }

    /// Asks for the keys unless some are known: whoever comes first asks, and who comes meanwhile waits for the answer.
    pub async fn prepare(self: &Arc<Self>) {
        let asking = Arc::clone(&self.asking).lock_owned().await;
        let known = held(&self.known).is_some();
        if !known && let Some(asked) = self.ask_holding(asking, AT_FIRST) {
            let _ended = asked.await;
        }
    }

    /// The keys of that name.
    async fn key(self: &Arc<Self>, kid: &str) -> Result<Vec<Arc<Key>>, NotProven> {
        let unknown = held(&self.known).is_none();
        if unknown {
            self.prepare().await;
        }
        match self.find(kid) {
            None => Err(NotProven::Unavailable),
            Some((Some(keys), at)) => {
                if self.clock.now().duration_since(at) >= OLD {
                    drop(self.ask(APART));
                }
                Ok(keys)
            }
            Some((None, _)) => {
                let asked = self.ask(APART).ok_or(Unproven::Key)?;
                let _ended = asked.await;
                Ok(self.find(kid).and_then(|(keys, _)| keys).ok_or(Unproven::Key)?)
            }
        }
    }

    fn find(&self, kid: &str) -> Option<(Option<Vec<Arc<Key>>>, Timestamp)> {
        held(&self.known).as_ref().map(|known| (known.keys.get(kid).cloned(), known.at))
    }

    /// Asks the issuer for its keys, unless that is being done, or was done so little ago.
    fn ask(self: &Arc<Self>, apart: SignedDuration) -> Option<JoinHandle<()>> {
        let asking = Arc::clone(&self.asking).try_lock_owned().ok()?;
        self.ask_holding(asking, apart)
    }

    /// Asked to the end, whether or not anybody still waits for it: who sends and leaves would keep the keys from everybody.
    fn ask_holding(self: &Arc<Self>, asking: OwnedMutexGuard<()>, apart: SignedDuration) -> Option<JoinHandle<()>> {
        let now = self.clock.now();
        {
            let mut asked = held(&self.asked);
            // A clock that was set back is not waited for.
            if asked.is_some_and(|at| now.duration_since(at).abs() < apart) {
                return None;
            }
            *asked = Some(now);
        }
        let issuer = Arc::clone(self);
        Some(tokio::spawn(async move {
            let answer = issuer.keys().await;
            issuer.heard(answer, now);
            drop(asking);
        }))
    }

    /// Asks an issuer for its keys, once; answers how many of them can be used.
    ///
    /// # Errors
    /// Why it tells none.
    pub async fn ask_once(
        trusted: Trusted,
        clock: Arc<Clock>,
    ) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
        let keys = Self::new(trusted, clock).keys().await?;
        Ok(keys.values().map(Vec::len).sum())
    }

    fn heard(&self, answer: Result<Keys, AskError>, at: Timestamp) {
        let issuer = self.trusted.issuer.as_str();
        let was_silent = std::mem::replace(&mut *held(&self.silent), answer.is_err());
        match answer {
            Ok(keys) => {
                *held(&self.known) = Some(Known { keys, at });
                if was_silent {
                    tracing::info!(issuer, "the OIDC issuer tells its keys again");
                }
            }
            Err(error) if !was_silent => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(issuer, error, "the OIDC issuer tells no keys; those known are kept");
            }
            Err(_still) => {}
        }
    }

    async fn keys(&self) -> Result<Keys, AskError> {
        let Trusted { issuer, on_loopback, algorithms, .. } = &self.trusted;
        let found = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.get(&found).await?;
        if found.issuer != *issuer {
            return Err(AskError::OtherIssuer);
        }
        let at = Url::parse(&found.jwks_uri).map_err(|_| AskError::Plain)?;
        if at.scheme() != "https" && !(*on_loopback && is_loopback(&at)) {
            return Err(AskError::Plain);
        }
        let set: Set = self.get(at.as_str()).await?;
        let mut keys = Keys::new();
        for (kid, key) in set.keys.iter().take(MOST).filter_map(usable) {
            if algorithms.contains(&key.algorithm) {
                keys.entry(kid).or_default().push(Arc::new(key));
            }
        }
        if keys.is_empty() { Err(AskError::NoKey) } else { Ok(keys) }
    }

    async fn get<T: DeserializeOwned>(&self, at: &str) -> Result<T, AskError> {
        let mut response = self.trusted.client.get(at).header("accept", "application/json").send().await?;
        if !response.status().is_success() {
            return Err(AskError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            if body.len() + part.len() > LARGEST {
                return Err(AskError::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A key as it is published (RFC 7517, 7518 and 8037).
#[derive(Deserialize)]
struct Published {
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A key that checks signatures of one of our algorithms; nothing for any other, which is not ours to judge.
fn usable(value: &serde_json::Value) -> Option<(String, Key)> {
    let key = Published::deserialize(value).ok()?;
    let signs = key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
        && key.key_ops.is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let (algorithm, made) = match (key.kty.as_str(), key.crv.as_deref()) {
        ("RSA", _) => {
            let (n, e) = (key.n?, key.e?);
            (n.len() >= SHORTEST).then_some(())?;
            (Signed::Rs256, DecodingKey::from_rsa_components(&n, &e))
        }
        ("EC", Some("P-256")) => (Signed::Es256, DecodingKey::from_ec_components(&key.x?, &key.y?)),
        ("OKP", Some("Ed25519")) => (Signed::EdDsa, DecodingKey::from_ed_components(&key.x?)),
        _other => return None,
    };
    let fits = key.alg.is_none_or(|alg| Signed::named(&alg) == Some(algorithm));
    (signs && fits).then_some(())?;
    Some((key.kid, Key { algorithm, key: made.ok()? }))
}
