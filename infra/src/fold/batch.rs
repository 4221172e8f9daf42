//! What a projection makes of some events, before it is written.
//!
//! # Invariant
//! Rows are read before the transaction that writes: only the holder of the lease writes them, and the fence proves that
//! nobody else has. So while the projection's row is locked nothing long is sent to this program, and one that is stopped
//! there does not keep the lock for as long as it sleeps.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::event::Fact;
use domain::stream::Position;
use projections::memory::Memory;
use projections::projection::Projection;
use sqlx::PgConnection;

use super::{FoldError, ranks, rows, tallies};

/// What a projection makes of the next events.
pub struct Made {
    /// The last position it passes.
    pub to: Position,
    /// Why it stops there, where it does not reach the end.
    pub stopped: Option<FoldError>,
    /// Its rows, where some change.
    pub rows: Option<Box<dyn Unwritten>>,
}

impl Made {
    /// Writes the rows, in the transaction that has moved the checkpoint.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn write(&self, connection: &mut PgConnection) -> Result<(), FoldError> {
        match &self.rows {
            Some(rows) => rows.write(connection).await,
            None => Ok(()),
        }
    }
}

/// Rows to be written, their types put away.
#[async_trait]
pub trait Unwritten: Send + Sync {
    /// Writes them.
    async fn write(&self, connection: &mut PgConnection) -> Result<(), FoldError>;
}

/// The rows of a generation that some facts after its checkpoint change.
pub struct Batch<P: Projection> {
    generation: i64,
    checkpoint: Position,
    memory: Memory<P>,
    begun: ranks::Begun,
    tallies: tallies::Batch,
    size: ranks::Size,
}

impl<P: Projection> Batch<P> {
    /// Reads the rows that these facts change and applies the changes; nothing where none changes.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn of(
        connection: &mut PgConnection,
        generation: i64,
        checkpoint: Position,
        facts: &[&Fact],
        size: ranks::Size,
    ) -> Result<Option<Self>, FoldError> {
        let changes: Vec<_> = facts
            .iter()
            .flat_map(|fact| P::changes(fact).into_iter().map(|(key, change)| (fact.position, key, change)))
            .collect();
        if changes.is_empty() {
            return Ok(None);
        }
        let keys: BTreeSet<_> = changes.iter().map(|(_, key, _)| key.clone()).collect();
        let mut memory = Memory::<P>::default();
        rows::load(connection, generation, &keys, &mut memory).await?;
        for (position, key, change) in &changes {
            memory.change(key, change, *position);
        }
        let begun = match P::RANKED {
            true => ranks::begun(connection, generation, checkpoint, &memory, size).await?,
            false => ranks::Begun::new(),
        };
        let tallies = match P::TALLIED {
            true => tallies::Batch::of(connection, generation, checkpoint, &memory).await?,
            false => tallies::Batch::default(),
        };
        Ok(Some(Self { generation, checkpoint, memory, begun, tallies, size }))
    }
}

#[async_trait]
impl<P: Projection> Unwritten for Batch<P> {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), FoldError> {
        let Self { generation, checkpoint, memory, begun, tallies, size } = self;
        rows::write(connection, *generation, memory, *checkpoint).await?;
        tallies.write::<P>(connection, *generation).await?;
        match P::RANKED {
            true => ranks::fold(connection, *generation, *checkpoint, memory, begun, *size).await,
            false => Ok(()),
        }
    }
}
