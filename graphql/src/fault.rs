//! Why a read has no answer: an error of GraphQL with a code in its extensions, or an opaque accident.
//!
//! # Invariant
//! Nothing of an accident's cause reaches the caller: it travels as the error's source, which is never serialised,
//! and the boundary logs it once ([`cause`]).

use async_graphql::{Error, ErrorExtensions, ServerError};

use crate::ports::{Failure, ReadError};

/// The codes of errors, beside those of refused inputs and of texts that cannot be read ([`crate::legible`]).
pub const CODES: &[&str] = &[
    "board.no_period",
    "board.period_outside",
    "board.wrong_subject",
    "competition.unknown",
    "input.one_of",
    "internal",
    "metric.unknown",
    "page.bad_cursor",
    "page.too_large",
    "policy.denied",
    "position.behind",
    "position.beyond_head",
    "trail.too_wide",
    "unauthenticated",
];

/// Why a read has no answer. It has no text of its own, so that no cause slips into a response by `?`.
#[derive(Debug)]
pub enum Fault {
    /// Nobody is signed in.
    Unauthenticated,
    /// The policy forbids it.
    Denied,
    /// Something in the request has no sense: a code, and where it is wrong and what to do.
    Bad(String, String),
    /// The read itself.
    Read(ReadError),
}

/// The answer of a read.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Read(ReadError::Failed(failure))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unauthenticated => coded("unauthenticated", "sign in first"),
            Fault::Denied => coded("policy.denied", "your roles do not reach this"),
            Fault::Bad(code, message) => coded(&code, &message),
            Fault::Read(error) => of_read(error),
        }
    }
}

fn of_read(error: ReadError) -> Error {
    let message = error.to_string();
    match error {
        ReadError::BeyondHead { asked, head } => coded("position.beyond_head", &message)
            .extend_with(|_, facts| facts.set("asked", asked.to_string()))
            .extend_with(|_, facts| facts.set("head", head.to_string())),
        ReadError::Behind { asked, reached } => coded("position.behind", &message)
            .extend_with(|_, facts| facts.set("asked", asked.to_string()))
            .extend_with(|_, facts| facts.set("reached", reached.to_string())),
        ReadError::Failed(failure) => accident(failure),
    }
}

/// An accident: `internal` to the caller, the cause for the log.
#[must_use]
pub fn accident(failure: Failure) -> Error {
    let mut error = coded("internal", "internal");
    error.source = Some(std::sync::Arc::new(failure));
    error
}

/// The cause of an accident, for whoever logs a response's errors; nothing for an ordinary error.
#[must_use]
pub fn cause(error: &ServerError) -> Option<&Failure> {
    error.source::<Failure>()
}

fn coded(code: &str, message: &str) -> Error {
    Error::new(message).extend_with(|_, facts| facts.set("code", code))
}
