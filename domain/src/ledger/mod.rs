//! Metrics, plans and results 业绩: what is compared, the same for members and branches.
//!
//! # Rules
//! - A metric is defined before anything is reported in it ([`LedgerRefusal::UnknownMetric`]).
//! - A result is for a period of the metric's grain ([`LedgerRefusal::WrongGrain`]) that is over.
//! - One result per metric and period; a change is a correction that names what it corrects
//!   ([`LedgerRefusal::AlreadyReported`], [`LedgerRefusal::UnknownResult`], [`LedgerRefusal::AlreadyCorrected`]).
//! - A plan is above zero or missing ([`LedgerRefusal::PlanNotPositive`]).
//!
//! # Not here
//! Sums, means, completion and ranks (projections).

mod cells;
mod error;
mod metric;
#[cfg(test)]
mod tests;
mod year;

pub use cells::*;
pub use error::*;
pub use metric::*;
pub use year::completion;
