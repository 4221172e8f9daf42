//! The ground tests stand on: one private PostgreSQL per test binary, a fresh database per test, the real program.

pub mod ground;
pub mod speak;
