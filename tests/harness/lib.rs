//! The ground tests stand on: one private PostgreSQL per test binary, a fresh database per test, the real program.

pub mod assembly;
pub mod audit;
pub mod bearer;
pub mod chance;
pub mod client;
pub mod counted;
pub mod crowd;
pub mod feed;
pub mod ground;
pub mod idp;
pub mod long;
pub mod memory;
pub mod own;
pub mod program;
pub mod server;
pub mod speak;
pub mod story;
pub mod wait;
pub mod way;
pub mod writer;
