//! `sanping log restored`: what a restore has lost is recorded, and the log goes on under another origin.

use std::process::ExitCode;

use domain::text::{FREE_TEXT_MAX, clean};
use serde_json::json;
use sqlx::{ConnectOptions, Connection};

use super::place::open_owned;
use super::projections::NO_PRIVILEGE;
use super::{Failure, say};
use crate::config::Place;
use crate::log::origin::{self, Restored};

/// Records it, as the owner.
///
/// # Errors
/// The database's; a reason or a name that cannot be kept.
pub async fn run(
    place: &Place,
    reason: &str,
    by: &str,
    nothing_lost: bool,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let (reason, by) = (clean("reason", reason, FREE_TEXT_MAX)?, clean("by", by, FREE_TEXT_MAX)?);
    let owned = open_owned(place).await?;
    let mut connection = owned.owner.connect().await?;
    let restored = origin::restored(&mut connection, nothing_lost, &reason, &by).await;
    let Restored { origin, after, revoked } = restored.map_err(|error| match error {
        sqlx::Error::Database(refused) if refused.code().as_deref() == Some(NO_PRIVILEGE) => {
            Failure::from(format!("only the role that owns the database may say so; give its URL: {refused}"))
        }
        other => other.into(),
    })?;
    connection.close().await?;
    if let Some(cluster) = owned.cluster {
        cluster.stop().await?;
    }
    if as_json {
        let told = json!({
            "origin": origin, "afterPosition": after.to_string(), "nothingLost": nothing_lost, "revokedKeys": revoked,
        });
        say(&told.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    match nothing_lost {
        true => say(&format!("the log goes on after position {after} under its origin {origin}")),
        false => say(&format!(
            "the log goes on after position {after} under the new origin {origin}; what was accepted after that position is \
             lost: its commands may be sent again under the same ids. {revoked} API keys were revoked: of one that was \
             revoked after that position, nothing tells"
        )),
    }
    Ok(ExitCode::SUCCESS)
}
