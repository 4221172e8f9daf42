//! Access tokens of the organisation's OIDC issuer: what one must be to prove somebody.
//!
//! # Rules
//! - Signed by a key that the issuer publishes, with the algorithm of that key, which must be one of those that are
//!   configured (RFC 8725, section 3.1). What a token says of keys (`jku`, `jwk`, `x5u`, `x5c`) is never looked at.
//! - `typ` is `JWT` or `at+jwt`; whatever a token calls critical (`crit`) is not known here, so it is refused.
//! - `iss` is the issuer, exactly; `aud` is, or has among others, this program's audience; `sub` and `exp` are there; `exp`
//!   has not come, `nbf` has, give or take [`LEEWAY`], by the program's own clock.
//!
//! # Invariant
//! Why a token is refused is one of a few fixed words: nothing that it says is repeated anywhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use domain::id::ActorId;
use graphql::viewer::Principal;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

/// How far the issuer's clock may be from the program's.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The algorithms there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Signed {
    /// RSA, PKCS #1 v1.5, SHA-256.
    #[value(name = "RS256")]
    Rs256,
    /// ECDSA over P-256, SHA-256.
    #[value(name = "ES256")]
    Es256,
    /// Ed25519.
    #[value(name = "EdDSA")]
    EdDsa,
}

impl Signed {
    /// The algorithm a header names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _other => None,
        }
    }

    fn of_library(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// Why a token proves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is not three parts of base 64, with JSON in the first two.
    #[error("malformed")]
    Malformed,
    /// It is signed in a way that is not configured, or not that of its key.
    #[error("another algorithm")]
    Algorithm,
    /// It is not said to be an access token.
    #[error("another type")]
    Type,
    /// It says that something must be understood.
    #[error("something critical")]
    Critical,
    /// It names no key, or one that the issuer does not publish.
    #[error("unknown key")]
    Key,
    /// The signature is not of that key.
    #[error("wrong signature")]
    Signature,
    /// What must be said in it is not.
    #[error("claims missing")]
    Claims,
    /// Of another issuer.
    #[error("another issuer")]
    Issuer,
    /// For another audience.
    #[error("another audience")]
    Audience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Its time has not come.
    #[error("not yet valid")]
    Early,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// There, whatever it is.
    #[serde(default, deserialize_with = "there")]
    crit: Option<IgnoredAny>,
}

fn there<'a, D: Deserializer<'a>>(value: D) -> Result<Option<IgnoredAny>, D::Error> {
    IgnoredAny::deserialize(value).map(Some)
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// What a token's header says that it is signed with.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// By which algorithm.
    pub algorithm: Signed,
    /// With which key.
    pub kid: String,
}

/// Reads which key and algorithm a token names, before anything of it is believed.
///
/// # Errors
/// [`Unproven`].
pub fn named(token: &str) -> Result<Named, Unproven> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Unproven::Malformed);
    };
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| Unproven::Malformed)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| Unproven::Malformed)?;
    let algorithm = Signed::named(&header.alg).ok_or(Unproven::Algorithm)?;
    let typ = header.typ.unwrap_or_default().to_ascii_lowercase();
    if !["jwt", "at+jwt", "application/at+jwt"].contains(&typ.as_str()) {
        return Err(Unproven::Type);
    }
    match (header.crit, header.kid) {
        (Some(_), _) => Err(Unproven::Critical),
        (None, None) => Err(Unproven::Key),
        (None, Some(kid)) => Ok(Named { algorithm, kid }),
    }
}

/// Whom a token proves, whose header named this key and algorithm.
///
/// # Errors
/// [`Unproven`].
pub fn proven(
    token: &str,
    (algorithm, key): (Signed, &DecodingKey),
    (issuer, audience): (&str, &str),
    now: Timestamp,
) -> Result<Principal, Unproven> {
    // The library checks the signature; what is said and when is checked here, by the program's clock.
    let mut validation = Validation::new(algorithm.of_library());
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => Unproven::Signature,
        jsonwebtoken::errors::ErrorKind::InvalidAlgorithm => Unproven::Algorithm,
        jsonwebtoken::errors::ErrorKind::Json(_) => Unproven::Claims,
        _other => Unproven::Malformed,
    })?;
    let Claims { iss, sub, aud, exp, nbf } = decoded.claims;
    let exp = Timestamp::from_second(exp).map_err(|_| Unproven::Claims)?;
    let nbf = nbf.map(Timestamp::from_second).transpose().map_err(|_| Unproven::Claims)?;
    let unproven = [
        (iss != issuer, Unproven::Issuer),
        (!aud.has(audience), Unproven::Audience),
        (sub.is_empty(), Unproven::Claims),
        (now.duration_since(exp) >= LEEWAY, Unproven::Expired),
        (nbf.is_some_and(|nbf| nbf.duration_since(now) > LEEWAY), Unproven::Early),
    ];
    match unproven.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(why),
        None => Ok(Principal { id: principal(issuer, &sub), until: Some(exp) }),
    }
}

/// The id of a subject of an issuer: nothing personal, the same for ever, and not to be had for another subject.
#[must_use]
pub fn principal(issuer: &str, subject: &str) -> ActorId {
    let digest = Sha256::new().chain_update(issuer).chain_update([0]).chain_update(subject).finalize();
    let digits = b"abcdefghijklmnopqrstuvwxyz234567";
    let bit = |at: usize| usize::from((digest[at / 8] >> (7 - at % 8)) & 1);
    let digit = |at: usize| char::from(digits[(at * 5..at * 5 + 5).fold(0, |value, at| value * 2 + bit(at))]);
    ActorId((0..26).map(digit).fold("o-".to_owned(), |mut id, digit| {
        id.push(digit);
        id
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by Python's hashlib and base64.
    #[test]
    fn the_id_of_a_subject_is_that_of_another_program() {
        assert_eq!(principal("https://id.example", "ana").0, "o-peszech7w2wwa542eepk7q7oio");
        assert_eq!(principal("https://id.example/", "ana").0, "o-nx4lrcy24vuof263kjosajretj");
        assert_eq!(principal("", "").0, "o-ny2axhh7wn5jrhffittlw6akfr");
    }

    #[test]
    fn a_header_that_names_no_key_and_algorithm_of_ours_is_refused_before_anything_is_asked() {
        let token = |header: &str| format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header));
        let good = r#"{"alg":"ES256","typ":"at+JWT","kid":"1","jku":"https://evil.example"}"#;
        assert_eq!(named(&token(good)), Ok(Named { algorithm: Signed::Es256, kid: "1".to_owned() }));
        for (header, why) in [
            (r#"{"alg":"none","typ":"JWT","kid":"1"}"#, Unproven::Algorithm),
            (r#"{"alg":"HS256","typ":"JWT","kid":"1"}"#, Unproven::Algorithm),
            (r#"{"alg":"rs256","typ":"JWT","kid":"1"}"#, Unproven::Algorithm),
            (r#"{"alg":"RS256","kid":"1"}"#, Unproven::Type),
            (r#"{"alg":"RS256","typ":"dpop+jwt","kid":"1"}"#, Unproven::Type),
            (r#"{"alg":"RS256","typ":"JWT"}"#, Unproven::Key),
            (r#"{"alg":"RS256","typ":"JWT","kid":"1","crit":["exp"]}"#, Unproven::Critical),
            (r#"{"alg":"RS256","typ":"JWT","kid":"1","crit":null}"#, Unproven::Critical),
            (r#"{"alg":"RS256","alg":"none","typ":"JWT","kid":"1"}"#, Unproven::Malformed),
            (r#"{"alg":["RS256"],"typ":"JWT","kid":"1"}"#, Unproven::Malformed),
            (r#"{"typ":"JWT","kid":"1"}"#, Unproven::Malformed),
            ("[]", Unproven::Malformed),
            ("", Unproven::Malformed),
        ] {
            assert_eq!(named(&token(header)), Err(why), "{header}");
        }
        for token in ["", ".", "..", "a.b", "a.b.c.d", "e30=.e30.AA", "é.é.é"] {
            assert_eq!(named(token), Err(Unproven::Malformed), "{token}");
        }
    }
}
