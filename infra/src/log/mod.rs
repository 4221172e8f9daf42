//! The log: dense positions in commit order, group commit, idempotent commands.
//!
//! # The way of a command
//! [`executor`] decides on cached states under one lock and queues the append; [`append`] takes what waits, locks the
//! head row, settles each command by itself ([`settle`]), inserts all events in one statement and commits; then the
//! caller is answered. A command decided on another's provisional state stands or falls with it.
//!
//! # Invariants
//! - Positions are 1, 2, 3 … without a hole, in commit order; a stream's sequence is too.
//! - Nothing recorded is changed or deleted: the role may not, and triggers refuse.
//! - The same (principal, id) is appended once; a repetition answers with the first outcome.
//! - A refusal is answered only after the versions it was decided on are confirmed.
//! - `recorded_at` is assigned under the head lock and never goes back.
//!
//! # Not here
//! Rules (domain), rows (fold), keys ([`crate::keys`]).

pub mod again;
pub mod append;
pub mod catalogue;
pub mod desk;
pub mod executor;
mod fault;
pub mod framework;
pub mod gate;
pub mod hosted;
pub mod job;
pub mod metadata;
pub mod ordinary;
pub mod origin;
mod outcomes;
pub mod reader;
pub mod replay;
pub mod settle;
pub mod since;
mod spans;
pub mod statements;
pub mod stream;
pub mod verdict;
