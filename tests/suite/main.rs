//! The proof, in reading order.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod deep;
mod derived;
mod kill;
mod log_cqrs;
mod log_desk;
mod log_faults;
mod log_once;
mod log_order;
mod log_races;
mod log_walls;
mod tidy;
