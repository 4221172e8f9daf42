//! The API in GraphQL: names the viewer, sends one command or one read, maps the answer.
//!
//! # Invariants
//! - A resolver translates; it does not think. Rules are the domain's, figures the projections'.
//! - One [`policy`] decides who may see or do what, from the first query on.
//! - One request reads as of one position, which the answer names.
//! - A refusal is data with a code; an accident is opaque.
//!
//! # Not here
//! SQL, HTTP, keys, the clock (infra, behind [`ports`]).

pub mod codes;
pub mod door;
pub mod fault;
pub mod global;
pub mod input;
pub mod legible;
pub mod loader;
pub mod look;
pub mod mutation;
pub mod page;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod purpose;
pub mod query;
pub mod refusal;
pub mod scalar;
pub mod schema;
pub mod session;
pub mod sessions;
pub mod subscription;
pub mod tree;
pub mod viewer;
pub mod words;
