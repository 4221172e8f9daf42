//! `sanping keys create | list | revoke`.

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::place::open_beside;
use super::{Failure, say};
use crate::app::guarded;
use crate::auth::api_key::ApiKey;
use crate::auth::issued::{self, Issued};
use crate::clock::{self, Clock};
use crate::config::{KeysAction, Place};

/// Does it.
///
/// # Errors
/// The database's; a key that is not made, or is not there.
pub async fn run(place: &Place, action: KeysAction) -> Result<ExitCode, Failure> {
    // To look, any role will do; what is written is written as the role that serves.
    let looks = matches!(action, KeysAction::List { .. });
    let opened = open_beside(place, looks || place.allow_owner).await?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(guarded(&opened.database))
        .await?;
    // A key would end too early or too late by a clock that is wrong.
    clock::hold(&Clock::System, &pool).await?;
    let now = Clock::System.now();
    match action {
        KeysAction::Create { principal, days, json } => create(&pool, &principal, days, now, json).await?,
        KeysAction::List { principal, json } => list(&pool, principal.as_deref(), now, json).await?,
        KeysAction::Revoke { id } => revoke(&pool, &id, now).await?,
    }
    pool.close().await;
    opened.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn create(pool: &PgPool, principal: &str, days: u16, now: Timestamp, as_json: bool) -> Result<(), Failure> {
    let (key, until) = issued::create(pool, principal, days, now).await?;
    if as_json {
        let made = json!({
            "key": key.text(), "id": key.id(), "principal": principal, "expiresAt": until.to_string(),
        });
        say(&made.to_string());
        return Ok(());
    }
    say(&key.text());
    say(&format!(
        "this key {} signs {principal} in until {}; keep it now, for it is not shown again: only a hash of it is kept",
        key.id(),
        second(until)
    ));
    Ok(())
}

async fn list(pool: &PgPool, principal: Option<&str>, now: Timestamp, as_json: bool) -> Result<(), Failure> {
    let keys = issued::list(pool, principal).await?;
    if as_json {
        let keys: Vec<Value> = keys.iter().map(|key| of_json(key, now)).collect();
        say(&json!({ "keys": keys }).to_string());
        return Ok(());
    }
    say(&format!("{:<8}  {:<20}  {:<20}  {:<20}  state", "key", "made", "until", "principal"));
    for key in keys {
        let Issued { id, principal, created_at, expires_at, revoked_at } = &key;
        let state = match revoked_at {
            Some(at) => format!("revoked at {}", second(*at)),
            None => state(&key, now),
        };
        say(&format!("{id:<8}  {:<20}  {:<20}  {principal:<20}  {state}", second(*created_at), second(*expires_at)));
    }
    Ok(())
}

fn of_json(key: &Issued, now: Timestamp) -> Value {
    json!({
        "id": key.id, "principal": key.principal, "createdAt": key.created_at.to_string(),
        "expiresAt": key.expires_at.to_string(), "revokedAt": key.revoked_at.map(|at| at.to_string()),
        "state": state(key, now),
    })
}

fn state(key: &Issued, now: Timestamp) -> String {
    key.over(now).map_or_else(|| "holds".to_owned(), |denied| denied.to_string())
}

/// An instant to the second, as people read it.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

async fn revoke(pool: &PgPool, id: &str, now: Timestamp) -> Result<(), Failure> {
    // Whoever finds a key somewhere has the whole of it.
    let whole = ApiKey::parse(id);
    let id = whole.as_ref().map_or(id, ApiKey::id);
    let since = issued::revoke(pool, id, now).await?;
    say(&match since == now {
        true => format!(
            "key {id} is revoked: it signs nobody in any more, and connections that it began end within seconds"
        ),
        false => format!("key {id} was revoked at {} already", second(since)),
    });
    Ok(())
}
