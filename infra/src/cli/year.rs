//! `sanping report YEAR`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::period::Period;
use domain::stream::Position;
use graphql::ports::{AsOf, Moment, ReadError, Reads};
use graphql::scalar::Position as At;
use projections::report::Answer;

use super::place::open_beside;
use super::{Failure, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Place;
use crate::log::origin;
use crate::report;

/// How long projections that are behind may stand still before the report is given up.
const STANDSTILL: Duration = Duration::from_secs(10);

/// Prints the report as of now or a moment.
///
/// # Errors
/// A year or a moment that cannot be; the database's.
pub async fn report(
    place: &Place,
    year: i32,
    position: Option<At>,
    as_of: Option<String>,
    json: bool,
) -> Result<ExitCode, Failure> {
    let period = Period::year_of(year)?;
    let instant = as_of.map(|text| {
        text.parse()
            .map(AsOf::Instant)
            .map_err(|_| format!("{text:?} is not an instant such as 2022-06-30T23:59:59+08:00"))
    });
    let as_of = instant.transpose()?.or(position.map(|At(position, _)| AsOf::Position(position)));
    let opened = open_beside(place, place.allow_owner).await?;
    let app = opened.start(Arc::new(Clock::System)).await?;
    let origin = app.reads.origin();
    origin::under(origin, position.and_then(|At(_, given)| given))?;
    let head = app.reads.head().await?;
    let (moment, answers) = gathered(&app, period, as_of, head.position).await?;
    say(&match json {
        true => report::json(period, moment, origin, &answers, &app.zone).to_string(),
        false => report::text(period, moment, &answers, &app.zone),
    });
    app.stop().await;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// The report as of the moment, once the projections have reached the head, however long that takes while they move.
async fn gathered(
    app: &App,
    period: Period,
    as_of: Option<AsOf>,
    head: Position,
) -> Result<(Moment, Vec<Answer>), ReadError> {
    let (mut furthest, mut since) = (Position(0), Instant::now());
    loop {
        let mut places = app.places();
        let (asked, reached) = match at_once(&*app.reads, period, as_of, head).await {
            Err(ReadError::Behind { asked, reached }) => (asked, reached),
            gathered => return gathered,
        };
        if reached > furthest {
            (furthest, since) = (reached, Instant::now());
        }
        let left = STANDSTILL.saturating_sub(since.elapsed());
        if !matches!(tokio::time::timeout(left, places.changed()).await, Ok(Ok(()))) {
            return Err(ReadError::Behind { asked, reached });
        }
    }
}

async fn at_once(
    reads: &dyn Reads,
    period: Period,
    as_of: Option<AsOf>,
    head: Position,
) -> Result<(Moment, Vec<Answer>), ReadError> {
    let moment = reads.pin(as_of, Some(head)).await?;
    let answers = report::gather(reads, period, moment.position).await?;
    Ok((moment, answers))
}
