//! The engine of the folds: exactly once, as of any position, rebuilt beside, verified.
//!
//! # Invariants
//! - Rows and checkpoint move in one transaction, fenced by the lease's epoch: a worker that lost its lease writes
//!   nothing.
//! - A row is never overwritten: it is closed at the position that changed it, and the next one begins there.
//! - A projection that meets an event it cannot read stops there, loudly. It steps over an event only where that was
//!   decided and recorded ([`skips`]), or where a build that knows the type has said that it is not needed ([`kinds`]).
//!
//! # Not here
//! What a fold makes of an event (projections), waiting and paging for readers ([`crate::reads`]).

pub mod batch;
pub mod build;
pub mod bulk;
pub mod cells;
pub mod compare;
pub mod engine;
pub mod kinds;
pub mod lag;
pub mod lease;
pub mod line;
pub mod live;
pub mod ranks;
pub mod rebuild;
pub mod registry;
pub mod rows;
pub mod skips;
pub mod stretch;
pub mod sums;
pub mod table;
pub mod tail;
pub mod tallies;
pub mod together;
pub mod verify;
pub mod watch;

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
    #[error("projection {projection} was taken over by another process, and nothing was written; run it again")]
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
    /// Rows are not as the fold left them.
    #[error("what stands in {table} is not what the fold left there; rebuild the projection")]
    Changed {
        /// In which table.
        table: String,
    },
    /// Another process builds the next generation.
    #[error(
        "another process builds generation {generation} of projection {projection}; its claim ends within seconds of its last sign of life"
    )]
    BeingBuilt {
        /// Which projection.
        projection: &'static str,
        /// The generation it builds.
        generation: i64,
    },
    /// The rows are of another version of the fold than this program's.
    #[error(
        "projection {projection} serves rows of version {serving}, this program folds version {ours}; the program of the later version rebuilds it"
    )]
    OtherVersion {
        /// Which projection.
        projection: &'static str,
        /// The version of the stored rows.
        serving: i32,
        /// This program's.
        ours: u32,
    },
    /// The fold itself failed: a fault of this program.
    #[error(
        "projection {projection} fails to fold an event, a fault of this program: report it with what the log of the program says"
    )]
    Broken {
        /// Which projection.
        projection: &'static str,
    },
    /// Processes ended while they folded an event, one after the other.
    #[error(
        "process after process of this build ended while projection {projection} folded the event, the last ones while it folded \
         nothing else; another build may be able to, or it is skipped"
    )]
    Deadly {
        /// Which projection.
        projection: &'static str,
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

impl FoldError {
    /// Whether an event is at fault, or what is made of it, as opposed to the database being out of reach.
    #[must_use]
    pub fn is_about_an_event(&self) -> bool {
        match self {
            Self::Sql { source: sqlx::Error::Database(error), .. } => {
                error.code().is_some_and(|code| ["22", "23"].iter().any(|class| code.starts_with(class)))
            }
            Self::Log { source, .. } => source.stops_at().is_some(),
            Self::Misfit { .. } | Self::Changed { .. } | Self::Broken { .. } | Self::Deadly { .. } => true,
            Self::Sql { .. }
            | Self::Fenced { .. }
            | Self::BeingBuilt { .. }
            | Self::OtherVersion { .. }
            | Self::Unknown { .. } => false,
        }
    }
}
