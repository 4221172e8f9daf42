//! What the program tells on standard error while it runs: for people, or as an object of JSON a line for machines.
//!
//! # Invariant
//! No name of a person, no secret, no statement of the database and none of its values is told: ids of the program's own making, codes,
//! counts and causes are.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::read::Told;
use crate::config::{LogFormat, Telling};

/// What is told where the filter cannot be read.
const USUAL: &str = "warn,infra=info";

/// Whether a filter can be read.
#[must_use]
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

/// From now on what happens is told.
pub fn begin(telling: &Telling) {
    let filter = EnvFilter::try_new(&telling.log);
    let wrong = filter.is_err();
    let written: Box<dyn Layer<Registry> + Send + Sync> = match telling.log_format {
        LogFormat::Text => {
            Box::new(fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()))
        }
        LogFormat::Json => Box::new(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)),
    };
    let written = written.with_filter(filter.unwrap_or_else(|_| EnvFilter::new(USUAL)));
    tracing_subscriber::registry().with(written).init();
    if wrong {
        tracing::warn!("SANPING_LOG (--log) cannot be read as a filter; what is usual is told");
    }
}

/// What is worth a line of how the program was set.
pub fn of_settings(told: &Told) {
    for variable in &told.unknown {
        tracing::warn!(variable, "no setting is read from this variable; docs/configuration.md lists those there are");
    }
}
