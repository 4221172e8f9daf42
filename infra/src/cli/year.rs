//! `sanping report YEAR`.

use std::process::ExitCode;
use std::sync::Arc;

use domain::period::Period;
use domain::stream::Position;
use graphql::ports::{AsOf, Moment, ReadError, Reads};

use super::place::open_beside;
use super::{Failure, say};
use crate::clock::Clock;
use crate::config::Place;
use crate::report;

/// Prints the report as of now or a moment.
///
/// # Errors
/// A year or a moment that cannot be; the database's.
pub async fn report(
    place: &Place,
    year: i32,
    position: Option<u64>,
    as_of: Option<String>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let period = Period::year_of(year)?;
    let instant = as_of.map(|text| {
        text.parse()
            .map(AsOf::Instant)
            .map_err(|_| format!("{text:?} is not an instant such as 2022-06-30T23:59:59+08:00"))
    });
    let as_of = instant.transpose()?.or(position.map(|position| AsOf::Position(Position(position))));
    let opened = open_beside(place, place.allow_owner).await?;
    let app = opened.start(Arc::new(Clock::System)).await?;
    let head = app.reads.head().await?;
    let moment = caught_up(&*app.reads, as_of, head.position).await?;
    let answers = report::gather(&*app.reads, period, moment.position).await?;
    say(&match json {
        true => report::json(period, moment, &answers, &app.zone).to_string(),
        false => report::text(period, moment, &answers, &app.zone),
    });
    app.stop().await;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Pins the moment once the projections have reached the head, however long that takes while they move.
async fn caught_up(reads: &dyn Reads, as_of: Option<AsOf>, head: Position) -> Result<Moment, ReadError> {
    let mut last = None;
    loop {
        match reads.pin(as_of, Some(head)).await {
            Err(ReadError::Behind { reached, .. }) if last < Some(reached) => last = Some(reached),
            pinned => return pinned,
        }
    }
}
