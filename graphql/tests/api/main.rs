//! The API over an in-memory twin of its ports: facts folded naively by the real projections.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accidents;
mod aftermath;
mod batches;
mod boards;
mod commands;
mod evaluation;
mod fairness;
mod following;
mod grants;
mod introspection;
mod looks;
mod mutations;
mod nodes;
mod pages;
mod paging;
mod placing;
mod reach;
mod reports;
mod reviews;
mod rights;
mod round_freeze;
mod round_own;
mod round_pages;
mod round_results;
mod scores;
mod shape;
mod story;
mod support;
mod table;
mod talks;
mod twin;
mod what_if;
