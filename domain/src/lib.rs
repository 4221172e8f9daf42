//! The business of an evaluation programme (三亮三比三评), decided purely.
//!
//! A command is decided against the states it reads and the context it comes in; the answer is a list of
//! events per stream, or a refusal: the broken rule with its facts.
//!
//! # Invariants
//! - No clock, no chance, no identity: `Context` brings the instant and the actor, commands bring new ids.
//! - No event holds a person's name, staff number or contact; every free text in an event is [`text::Sealed`].
//! - No float; amounts are exact decimals ([`amount::Amount`]), durations whole minutes.
//! - `apply` never fails. Checks belong to `decide`.
//! - A stored event name or field never changes: an optional field with a default, or a new event.
//!
//! # Not here
//! Storage, sealing, sign-in and scopes (infra, graphql); anything summed over subjects (projections).

pub mod aggregate;
pub mod amount;
pub mod branch;
pub mod catalogue;
pub mod event;
pub mod field;
pub mod grant;
pub mod id;
pub mod ledger;
pub mod member;
pub mod payload;
pub mod period;
pub mod person;
pub mod refusal;
pub mod round;
pub mod stream;
pub mod talk;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod vault;
pub mod world;
