//! The workers of one process: one task per projection, kept going by a hint and by polling.

use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::FoldError;
use super::engine::Folded;
use super::lease::{self, Lease};
use super::rebuild::Quiet;
use crate::log::reader::ReadLogError;

/// How often the log is looked at without a hint; below a third of the lease's term, so that it is prolonged in time.
const POLL: Duration = Duration::from_millis(500);
/// How long a projection rests after a failure.
const REST: Duration = Duration::from_secs(2);

/// What the workers of a process share.
#[derive(Clone)]
pub struct Floor {
    /// The database.
    pub pool: PgPool,
    /// Rings when the log may have grown.
    pub head: watch::Receiver<Position>,
    /// Rung when a checkpoint has moved.
    pub moved: Arc<Notify>,
    /// True once the process stops.
    pub stopping: watch::Receiver<bool>,
    /// This process, as leases name it.
    pub holder: Uuid,
}

/// Starts a worker for each projection.
#[must_use]
pub fn start(projections: Vec<Arc<dyn Folded>>, floor: &Floor) -> JoinSet<()> {
    projections.into_iter().map(|projection| work(projection, floor.clone())).collect()
}

async fn work(projection: Arc<dyn Folded>, mut floor: Floor) {
    while !*floor.stopping.borrow() {
        let lease = match lease::take(&floor.pool, projection.name(), floor.holder).await {
            Ok(Some(lease)) if lease.version == projection.version().cast_signed() => lease,
            Ok(Some(lease)) => {
                renew_version(&*projection, &floor, &lease).await;
                continue;
            }
            Ok(None) => {
                rest(&mut floor).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(projection = projection.name(), error = %error, "the lease cannot be taken");
                rest(&mut floor).await;
                continue;
            }
        };
        let lease = hold(&*projection, &mut floor, lease).await;
        if let Err(error) = lease::give_back(&floor.pool, projection.name(), &lease).await {
            tracing::warn!(projection = projection.name(), error = %error, "the lease is left to run out");
        }
    }
}

/// Folds while the lease holds; answers the lease as it last was.
async fn hold(projection: &dyn Folded, floor: &mut Floor, mut lease: Lease) -> Lease {
    loop {
        match projection.catch_up(&floor.pool, &lease).await {
            Ok(checkpoint) if checkpoint > lease.checkpoint => {
                lease.checkpoint = checkpoint;
                floor.moved.notify_waiters();
                continue;
            }
            Ok(_) => {}
            Err(FoldError::Fenced { .. }) => return lease,
            Err(error) => {
                report(projection, floor, &lease, &error).await;
                rest(floor).await;
                return lease;
            }
        }
        if *floor.stopping.borrow() {
            return lease;
        }
        tokio::select! {
            _ = floor.head.changed() => {}
            _ = floor.stopping.changed() => {}
            () = tokio::time::sleep(POLL) => {
                match prolong(projection, floor, &lease).await {
                    true => {}
                    false => return lease,
                }
            }
        }
    }
}

async fn prolong(projection: &dyn Folded, floor: &Floor, lease: &Lease) -> bool {
    let prolonged = async {
        let mut connection = floor.pool.acquire().await?;
        lease::advance(&mut connection, projection.name(), lease, lease.checkpoint).await
    };
    prolonged.await.unwrap_or_else(|error| {
        tracing::warn!(projection = projection.name(), error = %error, "the lease cannot be prolonged");
        false
    })
}

/// An event that cannot be read stops the projection: recorded with its cause, and tried again after a rest.
async fn report(projection: &dyn Folded, floor: &Floor, lease: &Lease, error: &FoldError) {
    tracing::error!(projection = projection.name(), error = error as &dyn std::error::Error, "a projection rests");
    let FoldError::Log { source: ReadLogError::Undecodable { position, .. }, .. } = error else { return };
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), chain);
    if let Err(error) = lease::stop(&floor.pool, projection.name(), lease, *position, &cause).await {
        tracing::warn!(projection = projection.name(), error = %error, "the stop cannot be recorded");
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let next = std::error::Error::source(error).map(chain);
    next.map_or_else(|| error.to_string(), |next| format!("{error}: {next}"))
}

/// A raised version is built beside while the old one serves. An older program leaves a newer one's rows alone.
async fn renew_version(projection: &dyn Folded, floor: &Floor, lease: &Lease) {
    if lease.version > projection.version().cast_signed() {
        tracing::warn!(projection = projection.name(), "a newer program keeps these rows; this one only reads them");
        tokio::time::sleep(REST).await;
        return;
    }
    tracing::info!(projection = projection.name(), version = projection.version(), "building a raised version beside");
    if let Err(error) = projection.rebuild(&floor.pool, &Quiet).await {
        tracing::error!(projection = projection.name(), error = &error as &dyn std::error::Error, "the build failed");
        tokio::time::sleep(REST).await;
    }
}

async fn rest(floor: &mut Floor) {
    tokio::select! {
        () = tokio::time::sleep(REST) => {}
        _ = floor.stopping.changed() => {}
    }
}
