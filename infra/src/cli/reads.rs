//! `sanping reads verify | export`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::place::open_beside;
use super::projections::DIFFERS;
use super::{Failure, say};
use crate::app::guarded;
use crate::config::Place;
use crate::looks::after;
use crate::looks::entry::{Entry, hex};
use crate::looks::verify::{self, Noted, Verified};

/// How many entries are read at a time.
const PORTION: i64 = 5_000;

/// What can be done with the records of reads.
#[derive(Debug, Subcommand)]
pub enum ReadsAction {
    /// Hash every record again and compare. Exit code 4 where something was changed, taken out or put in.
    Verify {
        /// A head that was noted earlier, as 1234:HASH: it must still be there. May be given several times.
        #[arg(long)]
        head: Vec<Noted>,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Print the records, a JSON object a line, for whoever checks or reads them elsewhere.
    Export {
        /// Only those after this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

/// Does it.
///
/// # Errors
/// The database's.
pub async fn run(place: &Place, action: ReadsAction) -> Result<ExitCode, Failure> {
    // To look, any role will do.
    let opened = open_beside(place, true).await?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(guarded(&opened.database))
        .await?;
    let code = match action {
        ReadsAction::Verify { head, json } => verified(&pool, &head, json).await?,
        ReadsAction::Export { after } => export(&pool, after).await?,
    };
    pool.close().await;
    opened.close().await?;
    Ok(code)
}

async fn verified(pool: &PgPool, noted: &[Noted], as_json: bool) -> Result<ExitCode, Failure> {
    let verified = verify::run(&mut *pool.acquire().await?, noted).await?;
    say(&if as_json { of_verified(&verified).to_string() } else { sentence(&verified, noted) });
    Ok(if verified.found.is_some() { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

fn of_verified(Verified { entries, hash, found }: &Verified) -> Value {
    let found = found.as_ref().map(|found| json!({ "number": found.number, "what": found.what }));
    json!({ "number": entries, "hash": hash, "break": found })
}

fn sentence(Verified { entries, hash, found }: &Verified, noted: &[Noted]) -> String {
    match found {
        Some(found) => {
            format!("the records of reads are BROKEN at {}: {}; {entries} before fit", found.number, found.what)
        }
        None if noted.is_empty() => format!("{entries} records of reads fit together; note the head: {entries}:{hash}"),
        None => format!(
            "{entries} records of reads fit together, what was noted is in them; note the head: {entries}:{hash}"
        ),
    }
}

/// One entry a line.
async fn export(pool: &PgPool, from: i64) -> Result<ExitCode, Failure> {
    let mut number = from;
    loop {
        let entries = after(pool, number, PORTION).await?;
        let Some(last) = entries.last() else { return Ok(ExitCode::SUCCESS) };
        number = last.number;
        for entry in &entries {
            say(&of_entry(entry).to_string());
        }
    }
}

fn of_entry(entry: &Entry) -> Value {
    json!({
        "number": entry.number, "at": entry.at.as_microsecond(), "viewer": entry.viewer, "what": entry.what,
        "subjectKind": entry.subject_kind, "subjects": entry.subjects, "asOf": entry.as_of, "denied": entry.denied,
        "purpose": entry.purpose, "reference": entry.reference, "hash": hex(&entry.hash),
    })
}
