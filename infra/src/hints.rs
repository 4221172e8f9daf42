//! Hints: how the processes over one log hear that it has grown. They are never the truth: everything polls.
//!
//! # Invariants
//! - None of the tasks here waits for a pool that others hold: what listens has a connection of its own, and what this process
//!   appends is passed on by another task.
//! - Whoever reads the head finds out whether it is still the log that the process began with.

use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::{Notify, watch};

use crate::log::reader;
use crate::reach::{Reach, SMALL, is_out_of_reach};

/// The channel on which processes tell one another that the log has grown. A hint, never the truth.
const CHANNEL: &str = "sanping_log";
/// How long hints are gathered before one is sent.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// How often the head is read in case a hint was lost.
const POLL: Duration = Duration::from_millis(500);
/// How often it is read where there are no hints.
const POLL_ALONE: Duration = Duration::from_millis(100);

/// Rings `grown` when this process has appended.
pub async fn pass_on(
    mut own: watch::Receiver<Position>,
    grown: Arc<watch::Sender<Position>>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        tokio::select! {
            changed = own.changed() => if changed.is_err() { return },
            _ = stopping.changed() => return,
        }
        let head = *own.borrow_and_update();
        grown.send_modify(|known| *known = head.max(*known));
    }
}

/// Rings `grown` when another process has appended, and now and then in case nobody said so. `again` is rung when the head
/// cannot be read: what was listened on is then as gone, and would not say so.
pub async fn hear(
    pool: PgPool,
    reach: Arc<Reach>,
    grown: Arc<watch::Sender<Position>>,
    (hint, again): (Arc<Notify>, Arc<Notify>),
    mut stopping: watch::Receiver<bool>,
) {
    let poll = if crate::sql::pooled() { POLL_ALONE } else { POLL };
    while !*stopping.borrow() {
        tokio::select! {
            () = hint.notified() => {}
            () = tokio::time::sleep(poll) => {}
            _ = stopping.changed() => return,
        }
        if !look(&pool, &reach, &grown).await {
            again.notify_one();
        }
    }
}

/// Rings `hint` when another process says that it has appended. It has a connection of its own: one of the pool would be
/// waited for where all are in use.
pub async fn listen(
    database: PgConnectOptions,
    (hint, again): (Arc<Notify>, Arc<Notify>),
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let heard = async {
            let alone =
                PgPoolOptions::new().max_connections(1).acquire_timeout(SMALL).connect_lazy_with(database.clone());
            let mut listener = PgListener::connect_with(&alone).await?;
            listener.listen(CHANNEL).await?;
            loop {
                // What was said while nobody listened is not known.
                hint.notify_one();
                if listener.try_recv().await?.is_none() {
                    return Ok::<_, sqlx::Error>(());
                }
            }
        };
        tokio::select! {
            _lost = heard => {}
            () = again.notified() => {}
            _ = stopping.changed() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = stopping.changed() => return,
        }
    }
}

/// False where the head cannot be read.
async fn look(pool: &PgPool, reach: &Reach, grown: &watch::Sender<Position>) -> bool {
    let asked = async {
        let mut connection = pool.acquire().await?;
        let (head, _) = reader::head(&mut *connection).await?;
        // Asked after the head, lest it be that of a log that has just been restored.
        reach.same_log(&mut connection).await?;
        Ok(head)
    };
    match reach.soon(asked).await {
        Ok(head) => {
            grown.send_if_modified(|known| std::mem::replace(known, head.max(*known)) < head);
            true
        }
        Err(error) => {
            if !is_out_of_reach(&error) {
                tracing::warn!(error = %error, "the head of the log cannot be read");
            }
            false
        }
    }
}

/// Tells other processes how far this one has appended: after the commit, gathered, the position alone.
pub async fn tell(
    pool: PgPool,
    reach: Arc<Reach>,
    mut own: watch::Receiver<Position>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            changed = own.changed() => if changed.is_err() { return },
            _ = stopping.changed() => return,
        }
        let head = own.borrow_and_update().to_string();
        let hint = crate::sql::query("select pg_notify($1, $2)").bind(CHANNEL).bind(&head);
        if let Err(error) = reach.soon(hint.execute(&pool)).await {
            tracing::debug!(error = %error, "a hint was lost; others find out by themselves");
        }
        tokio::time::sleep(DEBOUNCE).await;
    }
}
