//! `sanping log replay`.

use std::process::ExitCode;

use domain::stream::Position;
use graphql::scalar::Position as At;
use serde_json::json;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::place::open_beside;
use super::progress::Told;
use super::projections::DIFFERS;
use super::{Failure, say};
use crate::app::guarded;
use crate::config::Place;
use crate::log::origin;
use crate::log::replay::{self, Replayed};

/// Reads the log again and says what it found.
///
/// # Errors
/// The database's; a position beyond the end.
pub async fn replay(place: &Place, upto: Option<At>, as_json: bool) -> Result<ExitCode, Failure> {
    // To look, any role will do.
    let opened = open_beside(place, true).await?;
    let database = guarded(&opened.database);
    let mut connection = database.connect().await?;
    let own = origin::id(&mut connection).await?;
    connection.close().await?;
    origin::under(own, upto.and_then(|At(_, origin)| origin))?;
    let replayed = replay::run(&database, upto.map(|At(position, _)| position), &Told::of("log")).await?;
    opened.close().await?;
    say(&if as_json { as_json_line(&replayed, own) } else { sentence(&replayed) });
    Ok(if replayed.faulty > 0 { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

/// How many events a second.
fn rate(replayed: &Replayed) -> u128 {
    u128::from(replayed.events) * 1_000 / replayed.took.as_millis().max(1)
}

fn as_json_line(replayed: &Replayed, origin: Uuid) -> String {
    let fault = |(position, what): &(Position, String)| json!({ "position": position.to_string(), "what": what });
    json!({
        "position": replayed.position.to_string(), "origin": origin, "events": replayed.events, "streams": replayed.streams,
        "milliseconds": u64::try_from(replayed.took.as_millis()).unwrap_or(u64::MAX),
        "digest": replayed.digest, "faulty": replayed.faulty,
        "faults": replayed.faults.iter().map(fault).collect::<Vec<_>>(),
    })
    .to_string()
}

fn sentence(replayed: &Replayed) -> String {
    let Replayed { position, events, streams, digest, faulty, faults, .. } = replayed;
    let read = format!("{events} events in {streams} streams up to {position}, {} a second", rate(replayed));
    let told = faults.iter().map(|(position, what)| format!("\n  {position}: {what}")).collect::<String>();
    match faulty {
        0 => format!("{read}: nothing is wrong, digest {digest}"),
        _some => format!("{read}: {faulty} things are WRONG, digest {digest}{told}"),
    }
}
