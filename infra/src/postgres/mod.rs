//! PostgreSQL without set-up: a private cluster in the data directory.
//!
//! Life: [`Binaries::find`] looks for the server programs, [`Cluster::open`] makes the cluster on
//! the first start and runs its server, [`Cluster::ensure_database`] gives the addresses of a
//! database for the owner and for the application, [`Cluster::stop`] ends the server.
//!
//! Rules: PostgreSQL 15 or later ([`PostgresError::TooOld`]); one process per data directory
//! ([`PostgresError::InUse`]); never another server's data ([`PostgresError::VersionMismatch`],
//! [`PostgresError::WrongOwner`]); a server left behind is stopped, not attached to; who comes beside a running
//! program asks for the address of its server ([`running()`]).
//!
//! Invariant: fsync stays on, so what was acknowledged survives the death of both processes.
//! Nobody but the server's user (and root) reaches the socket, and there is no TCP port.
//! The bootstrap superuser is used in this module only.
//!
//! Not here: reading the environment, migrations, pools, and a PostgreSQL of one's own.

mod binaries;
mod cluster;
mod databases;
mod error;
mod initdb;
mod layout;
mod memory;
mod orphan;
mod process;
mod running;
mod user;

pub use binaries::{Binaries, NEWEST, OLDEST, Search};
pub use cluster::{Cluster, Options};
pub use databases::{APP_ROLE, Endpoints, OWNER_ROLE};
pub use error::PostgresError;
pub use running::running;
