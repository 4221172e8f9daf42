//! The world: PostgreSQL, HTTP, keys, the clock, the command line.
//!
//! # Invariants
//! - The only clock and chance are in [`clock`]; the only reader of the environment is `config`.
//! - No secret and no free text in a log line.
//! - A failure is logged once, where it leaves the program.
//!
//! # Not here
//! Rules (domain), figures (projections), what the API says (graphql).

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod fold;
pub mod http;
pub mod keys;
pub mod log;
pub mod migrate;
pub mod postgres;
pub mod reads;
pub mod sqltype;
#[allow(missing_docs)]
pub mod demo {
    pub struct L {
        pub commands: u64,
        pub appended: u64,
        pub replayed: u64,
        pub position: u64,
    }
    pub async fn load(
        _: &crate::app::App,
        _: &crate::clock::Clock,
        _: &dyn crate::fold::rebuild::Progress,
    ) -> Result<L, std::io::Error> {
        Ok(L { commands: 0, appended: 0, replayed: 0, position: 0 })
    }
}
#[allow(missing_docs)]
pub mod report {
    use domain::period::*;
    use domain::stream::Position;
    use graphql::ports::*;
    pub async fn gather(_: &dyn Reads, _: Period, _: Position) -> Result<Vec<projections::report::Answer>, ReadError> {
        Ok(vec![])
    }
    pub fn json(_: Period, _: Moment, _: &[projections::report::Answer], _: &Zone) -> serde_json::Value {
        serde_json::Value::Null
    }
    pub fn text(_: Period, _: Moment, _: &[projections::report::Answer], _: &Zone) -> String {
        String::new()
    }
}
