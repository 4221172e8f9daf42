//! The laws of the folds, and the programme's arithmetic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod boards;
mod corrections;
mod evaluations;
mod events;
mod explanations;
mod facts;
mod fairness;
mod figures;
mod folds;
mod pages;
mod reader;
mod scores;
mod sizes;
mod tables;
mod talks;
