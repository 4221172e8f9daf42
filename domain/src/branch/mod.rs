//! Branch.

mod command;
mod decide;
mod error;
mod event;
mod kind;
mod state;

pub use command::*;
pub use error::*;
pub use event::*;
pub use kind::*;
pub use state::*;
