//! `sanping doctor`: says what is wrong, with the settings a server would have, the machine, the database and what is in it.
//!
//! # Rules
//! - It changes nothing: no PostgreSQL is started, nothing is migrated, registered, made or settled. Of a data folder it asks the
//!   PostgreSQL that a running program has there.
//! - It goes as far as it can: what cannot be looked at is a finding like others, and the rest is looked at all the same.
//! - A fault keeps a server from serving, or from being trusted with what it records; a warning will become one, or is what an
//!   operator should know. Exit code 4 where there is a fault.
//!
//! # Not here
//! The log and the rows themselves: `sanping log replay`, `sanping projections verify`.

mod database;
mod finding;
mod folds;
mod key;
mod machine;
mod people;
mod rights;
mod schema;
mod settings;

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;

use self::database::Reached;
use self::finding::{Finding, State, said};
use super::place::{self, zone};
use super::projections::DIFFERS;
use super::{Failure, say};
use crate::config::read::{Found, Source, Told};
use crate::config::{Place, Serving, Telling};

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Looks at everything and says what was found.
///
/// # Errors
/// None that it does not tell as a finding.
pub async fn run(
    place: &Place,
    telling: &Telling,
    serving: &Serving,
    told: &Told,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let mut findings = settings::look(place, telling, serving, told);
    findings.extend(machine::look(place, serving));
    findings.extend(people::issuer(serving).await);
    let (reached, found) = database::reach(place).await;
    findings.extend(found);
    match &reached {
        Some(reached) => within(&mut findings, reached, place, serving).await,
        None => findings.extend(key::file(&place::key_file(place), None)),
    }
    if let Some(reached) = reached {
        reached.pool.close().await;
    }
    say(&if as_json { machine_readable(&findings, told) } else { told_to_people(&findings, told) });
    let fault = findings.iter().any(|finding| finding.state == State::Fault);
    Ok(if fault { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

/// What is in a database that answers.
async fn within(findings: &mut Vec<Finding>, reached: &Reached, place: &Place, serving: &Serving) {
    let (pool, at) = (&reached.pool, reached.at.as_str());
    let pooled = place.pooler.is_some();
    findings.extend(looked("database", at, database::look(pool, at, pooled)).await);
    let (ready, found) = match tokio::time::timeout(PATIENCE, schema::look(pool, at)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => (false, vec![unread("schema", at, &error)]),
        Err(_) => (false, vec![late("schema", at)]),
    };
    findings.extend(found);
    let key_file = place::key_file(place);
    if !ready {
        findings.extend(key::file(&key_file, None));
        return;
    }
    findings.extend(looked("rights", at, rights::look(pool, at, place.allow_owner)).await);
    findings.extend(looked("log", at, schema::origin(pool, at)).await);
    findings.extend(looked("key", at, key::look(pool, &key_file)).await);
    findings.extend(looked("projections", at, folds::look(pool, at)).await);
    findings.extend(looked("sign_in", at, people::look(pool, at, serving, zone(place).unwrap_or_default())).await);
}

async fn looked(
    check: &'static str,
    at: &str,
    look: impl Future<Output = Result<Vec<Finding>, sqlx::Error>>,
) -> Vec<Finding> {
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => vec![unread(check, at, &error)],
        Err(_) => vec![late(check, at)],
    }
}

fn unread(check: &'static str, at: &str, error: &sqlx::Error) -> Finding {
    let why = super::told(error);
    let what = said(format!("{check} cannot be looked at: {why}"), format!("无法检查 {check}：{why}"));
    let todo = said("mend what is found above, then look again", "先处理以上问题，再重新检查");
    Finding::fault(check, at, what, todo)
}

fn late(check: &'static str, at: &str) -> Finding {
    let what = said(
        format!("the database does not answer within {} s what is asked about {check}", PATIENCE.as_secs()),
        format!("数据库在 {} 秒内没有回答关于 {check} 的查询", PATIENCE.as_secs()),
    );
    let todo = said("look at its load and its locks (pg_stat_activity)", "检查数据库负载和锁（pg_stat_activity）");
    Finding::fault(check, at, what, todo)
}

fn source(found: &Found) -> &'static str {
    match found.source {
        Source::CommandLine => "command line",
        Source::Variable => "variable",
        Source::Unsaid => "unsaid",
    }
}

fn machine_readable(findings: &[Finding], told: &Told) -> String {
    let setting = |found: &Found| {
        json!({
            "setting": found.flag, "variable": found.variable, "source": source(found), "value": found.value,
        })
    };
    let of = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    json!({
        "faults": of(State::Fault), "warnings": of(State::Warning),
        "findings": findings.iter().map(Finding::of_json).collect::<Vec<_>>(),
        "settings": told.found.iter().map(setting).collect::<Vec<Value>>(),
    })
    .to_string()
}

fn told_to_people(findings: &[Finding], told: &Told) -> String {
    let mut lines = Vec::new();
    for found in told.found.iter().filter(|found| found.source != Source::Unsaid) {
        let value = found.value.as_deref().unwrap_or("(not shown)");
        let by = match found.source {
            Source::Variable => found.variable.clone().unwrap_or_default(),
            Source::CommandLine | Source::Unsaid => "the command line".to_owned(),
        };
        lines.push(format!("setting  {} is {value}, from {by}", found.flag));
    }
    lines.extend(findings.iter().flat_map(Finding::lines));
    let of = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let (faults, warnings) = (of(State::Fault), of(State::Warning));
    lines.push(format!("{faults} faults, {warnings} warnings · {faults} 处故障，{warnings} 条警告"));
    lines.join("\n")
}

/// Whether a pool answers at all, for who looks at several things of it.
async fn one<T>(pool: &PgPool, sql: &str) -> Result<T, sqlx::Error>
where
    T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    crate::sql::query_scalar(sql).fetch_one(pool).await
}
