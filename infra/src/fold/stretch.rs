//! What a projection makes of a stretch of the log: the facts it folds, and where it stops.

use std::collections::BTreeSet;

use domain::event::Fact;
use domain::stream::Position;
use projections::projection::Projection;
use sqlx::PgConnection;

use super::kinds::{self, Readers};
use super::{FoldError, skips};
use crate::log::reader::{Met, Unread, Why};

/// The next events as far as a projection can go on.
pub struct Stretch<'a> {
    /// What it folds.
    pub facts: Vec<&'a Fact>,
    /// The last position it passes.
    pub to: Position,
    /// Why it stops there, where it does not reach the end.
    pub stopped: Option<FoldError>,
}

impl<'a> Stretch<'a> {
    /// The events met after a position, up to the first one that can be neither read nor stepped over. What could be read
    /// and is to be stepped over all the same is still among the facts.
    ///
    /// # Errors
    /// The database's.
    pub async fn of<P: Projection>(
        connection: &mut PgConnection,
        after: Position,
        met: &'a [Met],
    ) -> Result<Self, FoldError> {
        let mut stretch = Self { facts: Vec::with_capacity(met.len()), to: after, stopped: None };
        let mut told = Told::default();
        for met in met {
            match met {
                Ok(fact) => stretch.facts.push(fact),
                Err(unread) => {
                    if let Some(stop) = told.stops::<P>(connection, unread).await? {
                        stretch.stopped = Some(stop);
                        break;
                    }
                }
            }
            stretch.to = Position(stretch.to.0 + 1);
        }
        Ok(stretch)
    }

    /// The same without what is to be stepped over.
    ///
    /// # Errors
    /// The database's.
    pub async fn decided<P: Projection>(
        connection: &mut PgConnection,
        after: Position,
        met: &'a [Met],
    ) -> Result<Self, FoldError> {
        let mut stretch = Self::of::<P>(connection, after, met).await?;
        let skipped = skips::between(connection, P::NAME, after, stretch.to).await;
        stretch.leave_out(&skipped.map_err(|source| FoldError::Sql { projection: P::NAME, source })?);
        Ok(stretch)
    }

    /// Leaves out what is to be stepped over.
    pub fn leave_out(&mut self, skipped: &BTreeSet<Position>) {
        if !skipped.is_empty() {
            self.facts.retain(|fact| !skipped.contains(&fact.position));
        }
    }
}

/// What was looked up already, for a stretch with many events of one unknown type.
#[derive(Default)]
struct Told {
    readers: Option<(String, String, Readers)>,
}

impl Told {
    /// Why an event that cannot be read stops the projection; nothing where it is stepped over.
    async fn stops<P: Projection>(
        &mut self,
        connection: &mut PgConnection,
        unread: &Unread,
    ) -> Result<Option<FoldError>, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let before = Position(unread.position.0 - 1);
        let mut build = None;
        if let Why::UnknownType(kind, name) = &unread.why {
            if self.readers.as_ref().is_none_or(|(a, b, _)| (a, b) != (kind, name)) {
                let readers = kinds::readers(&mut *connection, kind, name).await.map_err(failed)?;
                self.readers = Some((kind.clone(), name.clone(), readers));
            }
            let readers = self.readers.as_ref().map(|(_, _, readers)| readers);
            if readers.is_some_and(|readers| readers.leaves_alone(P::NAME)) {
                return Ok(None);
            }
            build = readers.and_then(|readers| readers.build_for(P::NAME));
        }
        let missing = matches!(unread.why, Why::Missing(_));
        if !missing && !skips::between(connection, P::NAME, before, unread.position).await.map_err(failed)?.is_empty() {
            return Ok(None);
        }
        Ok(Some(FoldError::Log { projection: P::NAME, source: unread.told(build) }))
    }
}
