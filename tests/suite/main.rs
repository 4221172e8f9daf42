//! The proof, in reading order.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod deep;
mod derived;
mod journey;
mod kill;
mod tidy;
