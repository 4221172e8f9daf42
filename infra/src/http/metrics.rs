//! `/metrics`: where the log and the folds are, as Prometheus reads it. No count of requests, no name of anybody.
//!
//! # Format
//! Text exposition 0.0.4, <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Doors;
use crate::fold::lag::{self, Overview, Watched};

/// A figure of each projection: its name, what it says, the figure.
type Gauge = (&'static str, &'static str, fn(&Watched) -> u64);

const GAUGES: [Gauge; 10] = [
    ("checkpoint", "The last position folded.", |it| it.standing.checkpoint.0),
    ("lag_events", "How many events it is behind.", |it| it.events),
    ("lag_seconds", "For how many seconds the first of them has waited.", |it| it.seconds),
    ("stopped", "Whether it has stopped before an event.", |it| u64::from(it.standing.stopped.is_some())),
    ("worked_on", "Whether a worker holds its lease.", |it| u64::from(it.standing.worked_on)),
    ("verified_position", "Up to which position it was verified last.", |it| it.verified.map_or(0, |(at, _)| at.0)),
    ("differences", "How many of its rows differed then.", |it| it.verified.map_or(0, |(_, differing)| differing)),
    ("replaced_differences", "How many rows differed from those that replaced them, when it was rebuilt last.", |it| {
        it.replaced
    }),
    ("building", "Whether another generation is being built beside it.", |it| {
        u64::from(it.build.is_some_and(|build| build.lives))
    }),
    ("skips", "How many events it was told to step over.", |it| it.skips.len() as u64),
];

/// Answers the figures.
pub async fn metrics(State(doors): State<Doors>) -> Response {
    match tokio::time::timeout(super::PATIENCE, lag::look(&doors.pool)).await {
        Ok(Ok(overview)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], exposed(&overview)).into_response(),
        // What cannot be asked now is told where it concerns requests; a scrape that fails shows by itself.
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

fn exposed(overview: &Overview) -> String {
    let mut text = String::new();
    let mut write = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a text takes whatever is written");
    write(format_args!("# HELP sanping_log_head The last position of the log."));
    write(format_args!("# TYPE sanping_log_head gauge"));
    write(format_args!("sanping_log_head {}", overview.head));
    for (name, help, figure) in GAUGES {
        write(format_args!("# HELP sanping_projection_{name} {help}"));
        write(format_args!("# TYPE sanping_projection_{name} gauge"));
        for watched in &overview.projections {
            // Names are of the program: small letters and underscores, so there is nothing to escape.
            let projection = &watched.standing.name;
            write(format_args!("sanping_projection_{name}{{projection=\"{projection}\"}} {}", figure(watched)));
        }
    }
    text
}
