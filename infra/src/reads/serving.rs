//! Where the projections are: which generation serves and how far it is, watched for the readers of a process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::stream::Position;
use projections::cell::Column;
use sqlx::PgPool;
use tokio::sync::{Notify, watch};

use crate::fold::engine::{Folded, Standing, standings};

/// How often the database is asked without a hint: what other processes fold is seen after this at the latest.
const POLL: Duration = Duration::from_millis(100);

/// One projection's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The serving generation.
    pub generation: i64,
    /// The last position folded.
    pub checkpoint: Position,
    /// Whether it stopped before an event it cannot read.
    pub stopped: bool,
    /// The columns of its rows, the key first.
    pub columns: &'static [Column],
    /// How many of them are the key.
    pub key: usize,
}

/// Every projection's place, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serving(BTreeMap<&'static str, Place>);

impl Serving {
    /// Every projection's place now.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(pool: &PgPool, projections: &[Arc<dyn Folded>]) -> Result<Self, sqlx::Error> {
        standings(pool).await.map(|standings| Self::of(projections, &standings))
    }

    fn of(projections: &[Arc<dyn Folded>], standings: &[Standing]) -> Self {
        let place = |standing: &Standing, projection: &Arc<dyn Folded>| Place {
            generation: standing.generation,
            checkpoint: standing.checkpoint,
            stopped: standing.stopped.is_some(),
            columns: projection.columns(),
            key: projection.key(),
        };
        let of = |projection: &Arc<dyn Folded>| {
            let standing = standings.iter().find(|standing| standing.name == projection.name())?;
            Some((projection.table(), place(standing, projection)))
        };
        Self(projections.iter().filter_map(of).collect())
    }

    /// A projection's place.
    #[must_use]
    pub fn place(&self, table: &str) -> Option<Place> {
        self.0.get(table).copied()
    }

    /// The position that every projection has reached, those that stopped left aside: they answer for themselves.
    /// Where all have stopped, what all have reached.
    #[must_use]
    pub fn common(&self) -> Position {
        let goes_on = self.0.values().filter(|place| !place.stopped).map(|place| place.checkpoint).min();
        goes_on.or_else(|| self.0.values().map(|place| place.checkpoint).min()).unwrap_or_default()
    }
}

/// Keeps `told` current until the process stops: at every hint, and by polling.
pub async fn watch(
    pool: PgPool,
    projections: Vec<Arc<dyn Folded>>,
    moved: Arc<Notify>,
    told: watch::Sender<Serving>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let hint = moved.notified();
        match Serving::read(&pool, &projections).await {
            Ok(serving) => {
                told.send_if_modified(|last| std::mem::replace(last, serving.clone()) != serving);
            }
            Err(error) => tracing::warn!(error = %error, "the projections' places cannot be read"),
        }
        tokio::select! {
            () = hint => {}
            () = tokio::time::sleep(POLL) => {}
            _ = stopping.changed() => {}
        }
    }
}
