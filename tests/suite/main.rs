//! The proof, in reading order.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod deep;
mod demo;
mod derived;
mod fold_history;
mod kill;
mod log_order;
mod naive;
mod tidy;
