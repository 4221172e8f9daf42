//! The world: PostgreSQL, HTTP, keys, the clock, the command line.
//!
//! # Invariants
//! - The only clock and chance are in [`clock`]; the only reader of the environment is `config`.
//! - No secret and no free text in a log line.
//! - A failure is logged once, where it leaves the program; an outage of the database once, in [`reach`].
//!
//! # Not here
//! Rules (domain), figures (projections), what the API says (graphql).

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod due;
pub mod fold;
pub mod held;
pub mod hints;
pub mod http;
pub mod keys;
pub mod log;
pub mod looks;
pub mod migrate;
pub mod pooler;
pub mod postgres;
pub mod reach;
pub mod reads;
pub mod report;
pub mod sql;
pub mod sqltype;
pub mod telling;
pub mod trace;
pub mod turn;
mod walls;
