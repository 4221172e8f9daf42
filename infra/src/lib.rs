//! The world.

pub mod clock;
pub mod keys;
pub mod log;
pub mod sqltype;
