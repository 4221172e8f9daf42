//! Sessions that hold a row others wait for, and do not work.
//!
//! # Why
//! A program that was stopped in the middle of being answered (SIGSTOP, a frozen machine) lets its session wait for it for as
//! long as it is stopped: neither `statement_timeout` nor `idle_in_transaction_session_timeout` ends a session that waits
//! for room to write, and every row it holds stays held. Whoever waits for such a row therefore ends it, which any session
//! of the same role may. What it had not committed is undone, and its program finds a connection that is gone.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

/// How long one waits for a row before asking who holds it: a batch holds it for milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// How often one asks then.
const AGAIN: Duration = Duration::from_secs(1);
/// How long asking may take.
const ASKING: Duration = Duration::from_secs(2);

/// A session in the middle of a statement waits for its client for a moment, and so does one between two statements: that
/// one ends by its own time-out of five seconds, where it has one.
const END: &str = "select count(*) filter (where pg_terminate_backend(a.pid)) from pg_stat_activity a \
     where a.usename = current_user and a.datname = current_database() and a.wait_event_type = 'Client' \
     and (a.state = 'active' and a.query_start < clock_timestamp() - interval '3s' \
          or a.state like 'idle in transaction%' and a.state_change < clock_timestamp() - interval '6s') \
     and exists (select from pg_locks l where l.pid = a.pid and l.granted and l.mode = 'RowExclusiveLock' \
          and l.relation = $1::regclass and l.database = (select oid from pg_database where datname = current_database()))";

/// Waits; where that takes long, ends the sessions of the own role that hold a row of the table and wait for their clients.
///
/// # Errors
/// What is waited for answers.
pub async fn patiently<T>(
    options: &PgConnectOptions,
    table: &str,
    waiting: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let mut waiting = std::pin::pin!(waiting);
    let mut patience = PATIENCE;
    loop {
        match timeout(patience, waiting.as_mut()).await {
            Ok(answer) => return answer,
            Err(_) => match timeout(ASKING, end(options, table)).await {
                Ok(Ok(0)) | Err(_) => {}
                Ok(Ok(ended)) => tracing::warn!(table, ended, "ended sessions that held a row and did not go on"),
                Ok(Err(error)) => tracing::debug!(error = %error, table, "who holds a row cannot be asked"),
            },
        }
        patience = AGAIN;
    }
}

async fn end(options: &PgConnectOptions, table: &str) -> Result<i64, sqlx::Error> {
    let mut connection = options.connect().await?;
    let ended = crate::sql::query_scalar(END).bind(table).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(ended)
}
