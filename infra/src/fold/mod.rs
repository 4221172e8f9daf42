//! The engine of the folds: exactly once, as of any position, rebuilt beside, verified.
//!
//! # Invariants
//! - Rows and checkpoint move in one transaction, fenced by the lease's epoch: a worker that lost its lease writes
//!   nothing.
//! - A row is never overwritten: it is closed at the position that changed it, and the next one begins there.
//! - A projection that meets an event it cannot read stops there, loudly, and nothing is skipped.
//!
//! # Not here
//! What a fold makes of an event (projections), waiting and paging for readers ([`crate::reads`]).

pub mod cells;
pub mod engine;
pub mod lease;
pub mod live;
pub mod rebuild;
pub mod registry;
pub mod rows;
pub mod table;
pub mod verify;

use crate::log::reader::ReadLogError;

/// What can go wrong with a fold.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The database failed.
    #[error("the rows of projection {projection} cannot be read or written")]
    Sql {
        /// Which projection.
        projection: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The log cannot be read on.
    #[error("projection {projection} cannot read the log")]
    Log {
        /// Which projection.
        projection: &'static str,
        /// Why.
        #[source]
        source: ReadLogError,
    },
    /// Somebody else holds the lease: nothing was written.
    #[error("projection {projection} is worked on by another process")]
    Fenced {
        /// Which projection.
        projection: &'static str,
    },
    /// A stored row does not fit this build.
    #[error("a row of {table} does not fit this build's columns; rebuild the projection")]
    Misfit {
        /// In which table.
        table: String,
    },
    /// No such projection.
    #[error("there is no projection {name}; there are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
}
