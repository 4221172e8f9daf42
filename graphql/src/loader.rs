//! What a request reads in batches: persons, free texts, rows by key or by what they have in common. Nothing is kept from one request to the next,
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
use crate::ports::together::{Question, Reply};
use crate::ports::{Failure, PersonRecord, ReadError, Reads, typed};

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

/// What a row of a page asks for, as of a position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// As of which position.
    pub at: Position,
    /// What.
    pub question: Question,
}

impl Loader<Asked> for Batches {
    type Value = Reply;
    type Error = Shared;

    async fn load(&self, asked: &[Asked]) -> Result<HashMap<Asked, Reply>, Shared> {
        let mut by_position: BTreeMap<Position, Vec<Question>> = BTreeMap::new();
        for Asked { at, question } in asked {
            by_position.entry(*at).or_default().push(question.clone());
        }
        let mut found = HashMap::new();
        for (at, questions) in by_position {
            let replies = self.0.together(&questions, at).await?;
            found.extend(questions.into_iter().zip(replies).map(|(question, reply)| (Asked { at, question }, reply)));
        }
        Ok(found)
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

/// How many rows are read at a time.
const PORTION: usize = 1_000;

/// The rows that have a cell in a column, among those that have the same cells in others, as of a position.
#[derive(Debug)]
pub struct Among<R: Row> {
    at: Position,
    common: Vec<(&'static str, Cell)>,
    column: &'static str,
    cell: Cell,
    row: PhantomData<fn() -> R>,
}

impl<R: Row> Among<R> {
    /// The rows with these cells, and with that one in that column.
    #[must_use]
    pub fn new(common: &[(&'static str, Cell)], column: &'static str, cell: Cell, at: Position) -> Self {
        Self { at, common: common.to_vec(), column, cell, row: PhantomData }
    }
}

impl<R: Row> Clone for Among<R> {
    fn clone(&self) -> Self {
        Self::new(&self.common, self.column, self.cell.clone(), self.at)
    }
}

impl<R: Row> PartialEq for Among<R> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, &self.common, self.column, &self.cell) == (other.at, &other.common, other.column, &other.cell)
    }
}

impl<R: Row> Eq for Among<R> {}

impl<R: Row> std::hash::Hash for Among<R> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.at, &self.common, self.column, &self.cell).hash(state);
    }
}

impl<R: Row> Loader<Among<R>> for Batches {
    type Value = Vec<R>;
    type Error = Shared;

    async fn load(&self, wanted: &[Among<R>]) -> Result<HashMap<Among<R>, Vec<R>>, Shared> {
        let mut batches: BTreeMap<Position, BTreeMap<_, Vec<Cell>>> = BTreeMap::new();
        for among in wanted {
            let of = (among.common.clone(), among.column);
            batches.entry(among.at).or_default().entry(of).or_default().push(among.cell.clone());
        }
        let mut found: HashMap<Among<R>, Vec<R>> = HashMap::new();
        for (at, batches) in batches {
            let selects: Vec<Select<R>> = batches
                .iter()
                .map(|((common, column), cells)| {
                    let select = Select::first(PORTION).only(Condition::OneOf(column, cells.clone()));
                    let equal = common.iter().map(|(column, cell)| Condition::Equals(column, cell.clone()));
                    equal.fold(select, Select::only)
                })
                .collect();
            // The first portions of all in one question; who has more goes on alone.
            let firsts = self.firsts(&selects, at).await?;
            for (((common, column), mut select), mut rows) in batches.into_keys().zip(selects).zip(firsts) {
                let Some(place) = R::COLUMNS.iter().position(|known| known.name == column) else { continue };
                loop {
                    let (more, last) = (rows.len() >= PORTION, rows.last().map(|row| select.place(row)));
                    for row in rows {
                        let cell = row.cells().swap_remove(place);
                        found.entry(Among::new(&common, column, cell, at)).or_default().push(row);
                    }
                    if !more {
                        break;
                    }
                    select = select.after(last);
                    rows = self.0.rows(&select, at).await?;
                }
            }
        }
        Ok(found)
    }
}

impl Batches {
    /// The first rows of several selections of one table.
    async fn firsts<R: Row>(&self, selects: &[Select<R>], at: Position) -> Result<Vec<Vec<R>>, ReadError> {
        if let [select] = selects {
            return Ok(vec![self.0.rows(select, at).await?]);
        }
        let question =
            |select: &Select<R>| Question::Rows { plan: select.plan.clone(), columns: R::COLUMNS, key: R::KEY };
        let questions: Vec<Question> = selects.iter().map(question).collect();
        let typed_rows = |reply| match reply {
            Reply::Rows(rows) => rows.into_iter().map(typed).collect(),
            Reply::Count(_) | Reply::Positions(_) => Err(ReadError::Failed("a reply is not to its question".into())),
        };
        self.0.together(&questions, at).await?.into_iter().map(typed_rows).collect()
    }
}
