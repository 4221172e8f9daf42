//! What a request reads in batches: persons, free texts, rows by key. Nothing is kept from one request to the next,
//! and nothing within one, so that an erasure shows at once and no viewer sees another's.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use domain::event::Fact;
use domain::id::MemberId;
use domain::stream::Position;
use domain::text::Sealed;
use futures_util::future::BoxFuture;
use projections::cell::Cell;
use projections::row::{Key, Row};
use projections::select::{Condition, Select};

use crate::fault::Fault;
use crate::ports::{Failure, PersonRecord, ReadError, Reads};

/// Runs a future beside the request; handed in, since this room has no runtime.
pub type Spawn = fn(BoxFuture<'static, ()>);

/// Reads in batches.
pub struct Batches(Arc<dyn Reads>);

/// How long a batch gathers: resolvers of one page ask within microseconds of each other.
const GATHERING: Duration = Duration::from_micros(250);

/// The batches of one request.
pub type Loaders = DataLoader<Batches>;

/// Batches over these reads.
#[must_use]
pub fn loaders(reads: Arc<dyn Reads>, spawn: Spawn) -> Loaders {
    DataLoader::new(Batches(reads), spawn).delay(GATHERING)
}

/// An accident that every waiting resolver gets: the cause is shared.
#[derive(Debug, Clone)]
pub struct Shared(Arc<ReadError>);

impl From<ReadError> for Shared {
    fn from(error: ReadError) -> Self {
        Self(Arc::new(error))
    }
}

impl From<Shared> for Fault {
    fn from(shared: Shared) -> Self {
        Failure::from(SharedCause(shared.0)).into()
    }
}

/// The cause as an error of its own.
#[derive(Debug, thiserror::Error)]
#[error("a batch failed")]
struct SharedCause(#[source] Arc<ReadError>);

impl Loader<MemberId> for Batches {
    type Value = PersonRecord;
    type Error = Shared;

    async fn load(&self, members: &[MemberId]) -> Result<HashMap<MemberId, PersonRecord>, Shared> {
        let people = self.0.people(members).await?;
        Ok(people.into_iter().map(|person| (person.member, person)).collect())
    }
}

impl Loader<Sealed> for Batches {
    type Value = String;
    type Error = Shared;

    async fn load(&self, sealed: &[Sealed]) -> Result<HashMap<Sealed, String>, Shared> {
        let opened = self.0.open(sealed).await?;
        let pairs = sealed.iter().cloned().zip(opened);
        Ok(pairs.filter_map(|(sealed, text)| Some((sealed, text?))).collect())
    }
}

impl Loader<Position> for Batches {
    type Value = Fact;
    type Error = Shared;

    async fn load(&self, positions: &[Position]) -> Result<HashMap<Position, Fact>, Shared> {
        let mut positions = positions.to_vec();
        positions.sort_unstable();
        let facts = self.0.facts(&positions).await?;
        Ok(facts.into_iter().map(|fact| (fact.position, fact)).collect())
    }
}

/// A row by its key, as of a position. For tables with a key of one column.
#[derive(Debug)]
pub struct RowAt<R: Row> {
    at: Position,
    key: Cell,
    row: PhantomData<fn() -> R>,
}

impl<R: Row> RowAt<R> {
    /// The row of this key as of that position.
    #[must_use]
    pub fn new(key: &R::Key, at: Position) -> Self {
        let key = key.cells().into_iter().next().unwrap_or(Cell::Null);
        Self { at, key, row: PhantomData }
    }
}

impl<R: Row> Clone for RowAt<R> {
    fn clone(&self) -> Self {
        Self { at: self.at, key: self.key.clone(), row: PhantomData }
    }
}

impl<R: Row> PartialEq for RowAt<R> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, &self.key) == (other.at, &other.key)
    }
}

impl<R: Row> Eq for RowAt<R> {}

impl<R: Row> std::hash::Hash for RowAt<R> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.at, &self.key).hash(state);
    }
}

impl<R: Row> Loader<RowAt<R>> for Batches {
    type Value = R;
    type Error = Shared;

    async fn load(&self, wanted: &[RowAt<R>]) -> Result<HashMap<RowAt<R>, R>, Shared> {
        let mut by_position: BTreeMap<Position, Vec<Cell>> = BTreeMap::new();
        for row in wanted {
            by_position.entry(row.at).or_default().push(row.key.clone());
        }
        let mut found = HashMap::new();
        for (at, keys) in by_position {
            let select = Select::first(keys.len()).only(Condition::OneOf(R::COLUMNS[0].name, keys));
            let rows: Vec<R> = self.0.rows(&select, at).await?;
            found.extend(rows.into_iter().map(|row| (RowAt::new(&row.key(), at), row)));
        }
        Ok(found)
    }
}
