//! Why a read has no answer: an error of GraphQL with its code, its facts and its Chinese sentence in the extensions,
//! as a refused command has them; or an opaque accident.
//!
//! # Invariant
//! Nothing of an accident's cause reaches the caller: it travels as the error's source, which is never serialised,
//! and the boundary logs it once ([`cause`]).

use std::sync::Arc;

use async_graphql::{Error, ErrorExtensions, ServerError, Value, value};
use domain::stream::Position;
use projections::words::SubjectKind;
use uuid::Uuid;

use crate::look::{Seen, seen};
use crate::policy::{Action, Resource};
use crate::ports::{Failure, ReadError};
use crate::refusal::{Refusal, RefusalFact};

/// The codes of errors, beside those of refused inputs and of texts that cannot be read ([`crate::legible`]).
pub const CODES: &[&str] = &[
    "board.moments_reversed",
    "board.no_period",
    "board.period_outside",
    "board.scores_unfit",
    "board.wrong_subject",
    "competition.unknown",
    "input.one_of",
    "internal",
    "metric.unknown",
    "page.bad_cursor",
    "page.fold_changed",
    "page.other_origin",
    "page.too_large",
    "policy.denied",
    "position.behind",
    "position.beyond_head",
    "position.other_origin",
    "trail.too_wide",
    "unauthenticated",
];

/// What the policy denied: to be recorded, and never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// What somebody wanted to see or do.
    pub action: Action,
    /// Of what, as far as that is known: nothing where it was the whole.
    pub about: Seen,
}

/// Why a read has no answer. It has no text of its own, so that no cause slips into a response by `?`.
#[derive(Debug)]
pub enum Fault {
    /// Nobody is signed in.
    Unauthenticated,
    /// The policy forbids it.
    Denied(Tried),
    /// Something in the request has no sense: the rule it breaks.
    Bad(Box<Refusal>),
    /// The read itself.
    Read(ReadError),
}

impl Fault {
    /// Forbidden by the policy.
    #[must_use]
    pub fn denied(action: Action, resource: Resource) -> Self {
        Self::Denied(Tried { action, about: seen(resource) })
    }

    /// The same, about what was asked for.
    #[must_use]
    pub fn tried(action: Action, asked: (SubjectKind, Uuid)) -> Self {
        Self::Denied(Tried { action, about: Some(asked) })
    }

    /// Something in the request has no sense: a code, the facts, and what is wrong and what to do in English and Chinese.
    #[must_use]
    pub fn bad(code: &str, facts: &[(&str, String)], message: &str, message_zh: &str) -> Self {
        Self::Bad(Box::new(Refusal::new(code, facts, message.to_owned(), message_zh.to_owned())))
    }

    /// What is wrong with what was asked, as a refusal; the fault itself where that is not what it is.
    ///
    /// # Errors
    /// The fault.
    pub fn refusal(self) -> Result<Refusal, Self> {
        match self {
            Self::Bad(refusal) => Ok(*refusal),
            Self::Read(ReadError::BeyondHead { asked, head }) => Ok(beyond_head(asked, head)),
            Self::Unauthenticated | Self::Denied(_) | Self::Read(_) => Err(self),
        }
    }
}

/// A position was given under another origin than the log has: what that is told as.
#[must_use]
pub fn other_origin(given: Uuid, own: Uuid) -> Refusal {
    let facts = [("given", given.to_string()), ("origin", own.to_string())];
    let message = format!(
        "the position was given under the origin {given} of the log, which goes on under {own} since the database was \
         restored; what it names may be lost or another event by now"
    );
    let zh = format!("该位置属于日志起源 {given};数据库恢复后,日志起源为 {own},同一位置可能已丢失或指向另一事件");
    Refusal::new("position.other_origin", &facts, message, zh)
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
        let plain =
            |code: &str, message: &str, zh: &str| of_refusal(Refusal::new(code, &[], message.into(), zh.into()));
        match fault {
            Fault::Unauthenticated => plain("unauthenticated", "sign in first", "请先登录"),
            Fault::Denied(tried) => {
                let mut error = plain("policy.denied", "your roles do not reach this", "您的角色无权查看此内容");
                error.source = Some(Arc::new(tried));
                error
            }
            Fault::Bad(refusal) => of_refusal(*refusal),
            Fault::Read(error) => of_read(error),
        }
    }
}

fn of_read(error: ReadError) -> Error {
    match error {
        ReadError::BeyondHead { asked, head } => of_refusal(beyond_head(asked, head)),
        ReadError::Behind { asked, reached } => {
            let message = error.to_string();
            let facts = [("asked", asked.to_string()), ("reached", reached.to_string())];
            let zh = format!("查询数据目前到 {reached},尚未到 {asked};请稍后重试");
            of_refusal(Refusal::new("position.behind", &facts, message, zh))
        }
        ReadError::Failed(failure) => accident(failure),
    }
}

fn beyond_head(asked: Position, head: Position) -> Refusal {
    let message = ReadError::BeyondHead { asked, head }.to_string();
    let facts = [("asked", asked.to_string()), ("head", head.to_string())];
    Refusal::new("position.beyond_head", &facts, message, format!("日志止于 {head},{asked} 尚不存在"))
}

fn of_refusal(refusal: Refusal) -> Error {
    let fact = |RefusalFact { name, value }| value!({ "name": name, "value": value });
    let facts = refusal.facts.into_iter().map(fact).collect();
    coded(&refusal.code, &refusal.message)
        .extend_with(|_, extensions| extensions.set("messageZh", refusal.message_zh))
        .extend_with(|_, extensions| extensions.set("facts", Value::List(facts)))
}

/// An accident: `internal` to the caller, the cause for the log.
#[must_use]
pub fn accident(failure: Failure) -> Error {
    let mut error = coded("internal", "internal");
    error.source = Some(Arc::new(failure));
    error
}

/// The cause of an accident, for whoever logs a response's errors; nothing for an ordinary error.
#[must_use]
pub fn cause(error: &ServerError) -> Option<&Failure> {
    error.source::<Failure>()
}

/// What was denied, of an error that says so; nothing of any other.
#[must_use]
pub fn tried(error: &ServerError) -> Option<Tried> {
    error.source::<Tried>().copied()
}

fn coded(code: &str, message: &str) -> Error {
    Error::new(message).extend_with(|_, facts| facts.set("code", code))
}
