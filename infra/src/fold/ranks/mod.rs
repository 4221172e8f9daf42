//! Ranks of many subjects as of any position: the places of a board in leaves that are rows with ranges themselves.
//!
//! # Life
//! A group of standings is only counted until it has [`SMALL`] versions; then its boards are kept. A board begins as one
//! leaf with all its history. A leaf with more than [`Size::leaf`] places, ended ones included, is closed and what holds
//! of it goes into new ones; so does one with few, together with the one before it. Whatever came before and after, at
//! any position a place is found in one leaf of bounded size. Every [`Size::step`] changes the board notes how many
//! places are before each leaf, so a rank is one such note, one leaf, and what changed since.
//!
//! # Invariants
//! - All of it is written in the transaction of the fold, so it is exactly once like the rows.
//! - At any position the leaves part all places in order; a place holds in the leaf that covers it, for no longer than
//!   the leaf.
//! - Where leaves are parted depends on batches, what is answered does not: verification compares the places.
//!
//! # Not here
//! Reading (reads/ranks.rs).

use std::collections::BTreeMap;

use domain::stream::Position;
use projections::leaderboard::Place;
use projections::memory::Memory;
use projections::projection::{BOARDS, Held, Projection, Ranked};
use projections::row::{Key, Row};
use sqlx::{Executor, PgConnection, Row as _};

mod build;
mod leaves;
mod shape;
mod store;
pub mod verify;

pub use self::build::{Groups, keep_all, keep_sized};
use self::leaves::Leaves;
pub use self::store::{ENDS, end, place};
use super::FoldError;
use super::cells::{bind_one, read};
use super::table::{self, HOLDS};

/// How many versions a group has before its boards are kept.
pub const SMALL: i64 = 2_048;

/// How large the parts of a board become.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The most places of a leaf, but for those of one portion of changes.
    pub leaf: usize,
    /// The most changes between two notes of how many are before each leaf.
    pub step: usize,
    /// How many versions a group has before its boards are kept.
    pub small: i64,
}

impl Size {
    /// With fewer places a leaf is joined to the one before it.
    fn few(&self) -> usize {
        (self.leaf / 8).max(1)
    }
}

/// How large they become in service.
pub const SIZE: Size = Size { leaf: 512, step: 1_024, small: SMALL };

/// A place that begins, ends or moves.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    /// At which position.
    pub at: Position,
    /// Where it was; nothing where it begins.
    pub before: Option<Place>,
    /// Where it is; nothing where it ends.
    pub after: Option<Place>,
}

/// The tables of a generation.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The groups, by name.
    pub groups: String,
    /// The leaves.
    pub leaves: String,
    /// The places in them.
    pub places: String,
    /// The notes.
    pub steps: String,
}

impl Tables {
    /// Of a generation of a table.
    #[must_use]
    pub fn of(table: &str, generation: i64) -> Self {
        let named = |part: &str| table::name(&format!("{table}_{part}"), generation);
        Self { groups: named("groups"), leaves: named("leaves"), places: named("places"), steps: named("steps") }
    }

    /// All of them.
    #[must_use]
    pub fn names(&self) -> [&str; 4] {
        [&self.groups, &self.leaves, &self.places, &self.steps]
    }
}

/// What a leaf covers: of a board, from number to number, from position to position. Of leaves that were, many have a low
/// before a place; few cover it.
pub const AT: &str = "int8range(board, board, '[]'), numrange(low_number, high_number, '[]'), \
                      int8range(from_position, until_position)";

/// What makes the tables of a generation. A place without a tie key has the least one.
#[must_use]
pub fn creation(tables: &Tables) -> String {
    let Tables { groups, leaves, places, steps } = tables;
    format!(
        "create table if not exists {groups} (name text collate \"C\" not null, id bigint not null, \
         versions bigint not null, kept boolean not null, constraint {groups}_key primary key (name), \
         constraint {groups}_id unique (id)); \
         create table if not exists {leaves} (board bigint not null, leaf bigint not null, low_number numeric not null, \
         low_tie numeric not null, low_subject uuid not null, high_number numeric not null, high_tie numeric not null, \
         high_subject uuid not null, live integer not null, total integer not null, from_position bigint not null, \
         until_position bigint not null, constraint {leaves}_key primary key (board, leaf)) with (fillfactor = 50); \
         create index if not exists {leaves}_at on {leaves} using gist ({AT}); \
         create index if not exists {leaves}_holds on {leaves} (board, low_number, low_tie, low_subject) \
         where until_position = {HOLDS}; \
         create table if not exists {places} (board bigint not null, leaf bigint not null, subject uuid not null, \
         number numeric not null, tie numeric not null, from_position bigint not null, until_position bigint not null, \
         constraint {places}_key primary key (board, leaf, number, tie, subject, from_position) include (until_position)); \
         create index if not exists {places}_from on {places} (board, from_position); \
         create index if not exists {places}_until on {places} (board, until_position); \
         create table if not exists {steps} (board bigint not null, position bigint not null, leaves bigint[] not null, \
         before integer[] not null, total integer not null, constraint {steps}_key primary key (board, position));"
    )
}

/// The rows and ranks of a batch, by group.
type ByGroup<'a, R> = BTreeMap<String, Vec<(&'a Held<R>, Ranked)>>;

/// A place and the positions it held in: on which board, from when, until when.
type Span = (i64, Place, i64, i64);

/// What there was of the groups whose boards begin to be kept with a batch, by their names.
pub type Begun = BTreeMap<String, Vec<Span>>;

fn by_group<P: Projection>(memory: &Memory<P>) -> ByGroup<'_, P::Row> {
    let mut groups = ByGroup::<P::Row>::new();
    for held in memory.history() {
        let ranked = P::places(&held.row);
        groups.entry(ranked.group.clone()).or_default().push((held, ranked));
    }
    groups
}

fn versions<R>(of_group: &[(&Held<R>, Ranked)], checkpoint: Position) -> i64 {
    of_group.iter().map(|(held, _)| i64::from(held.from > checkpoint)).sum()
}

/// Reads what there was of each group that becomes large enough with a batch after `checkpoint`: at most so many
/// versions as a group has that is not kept. It is read before the transaction that writes.
///
/// # Errors
/// [`FoldError`].
pub async fn begun<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
    memory: &Memory<P>,
    size: Size,
) -> Result<Begun, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let (tables, groups) = (Tables::of(P::Row::TABLE, generation), by_group(memory));
    let names: Vec<&str> = groups.keys().map(String::as_str).collect();
    let known = store::known(connection, &tables, &names).await.map_err(failed)?;
    let mut begun = Begun::new();
    for (name, of_group) in &groups {
        let (before, kept) = known.get(name).copied().unwrap_or_default();
        if let (false, Some((held, _))) = (kept, of_group.first())
            && before + versions(of_group, checkpoint) >= size.small
        {
            begun.insert(name.clone(), history::<P>(connection, generation, &held.row, checkpoint).await?);
        }
    }
    Ok(begun)
}

/// Takes the ranks along with what a batch after `checkpoint` made of the rows, which are written already.
///
/// # Errors
/// [`FoldError`]; [`FoldError::Fenced`] where a group has become large that was not read.
pub async fn fold<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    checkpoint: Position,
    memory: &Memory<P>,
    begun: &Begun,
    size: Size,
) -> Result<(), FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let (tables, by_group) = (Tables::of(P::Row::TABLE, generation), by_group(memory));
    let counts = by_group.iter().map(|(name, of_group)| (name.as_str(), versions(of_group, checkpoint))).collect();
    let groups = store::count(connection, &tables, &counts).await.map_err(failed)?;
    for group in groups.iter().filter(|group| group.versions >= size.small) {
        if !group.kept {
            let before = begun.get(&group.name).ok_or(FoldError::Fenced { projection: P::NAME })?;
            keep(connection, &tables, group.id, before).await.map_err(failed)?;
        }
        let of_group = by_group.get(&group.name).map_or(&[][..], Vec::as_slice);
        for number in 0..BOARDS {
            let moves = moved::<P::Row>(of_group, number, checkpoint);
            if !moves.is_empty() {
                let board = group.id * BOARDS + number;
                take_in(connection, &tables, board, &moves, size).await.map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Takes what moved on a board, in order, into its leaves.
///
/// # Errors
/// The database's.
pub async fn take_in(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    moves: &[Move],
    size: Size,
) -> Result<(), sqlx::Error> {
    let mut leaves = Leaves::of(connection, tables, board, size).await?;
    leaves.take_in(connection, moves).await?;
    leaves.count(connection).await
}

/// What moved on a board after the checkpoint, in order.
fn moved<R: Row>(history: &[(&Held<R>, Ranked)], number: i64, checkpoint: Position) -> Vec<Move> {
    let follows = |one: &Held<R>, next: &Held<R>| one.until == Some(next.from) && one.row.key() == next.row.key();
    let mut moves = Vec::new();
    for (at, (held, ranked)) in history.iter().enumerate() {
        let last = at.checked_sub(1).map(|last| &history[last]).filter(|(last, _)| follows(last, held));
        let before = last.and_then(|(_, ranked)| ranked.on(number));
        let after = ranked.on(number);
        moves.extend((held.from > checkpoint && before != after).then_some(Move { at: held.from, before, after }));
        let goes_on = history.get(at + 1).is_some_and(|(next, _)| follows(held, next));
        let ended = held.until.filter(|until| *until > checkpoint && !goes_on && after.is_some());
        moves.extend(ended.map(|at| Move { at, before: after, after: None }));
    }
    moves.sort_by_key(|moved| moved.at);
    moves
}

/// Every place of a row's group up to the checkpoint: on which board, from when, until when.
async fn history<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    row: &P::Row,
    checkpoint: Position,
) -> Result<Vec<Span>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let table = table::name(P::Row::TABLE, generation);
    let columns = &P::Row::COLUMNS[..P::Row::KEY - 1];
    let same: Vec<String> = (1..).zip(columns).map(|(number, column)| format!("{} = ${number}", column.name)).collect();
    let sql = format!(
        "select {}, from_position, until_position from {table} where {} and from_position <= {}",
        table::columns::<P::Row>(""),
        same.join(" and "),
        checkpoint.0,
    );
    let cells = row.key().cells();
    let query = columns
        .iter()
        .zip(&cells)
        .fold(crate::sql::query(&sql), |query, (column, cell)| bind_one(query, column.kind, cell));
    let mut history = Vec::new();
    for stored in query.fetch_all(connection).await.map_err(failed)? {
        let cells = read(&stored, P::Row::COLUMNS, 0).map_err(failed)?;
        let from: i64 = stored.try_get(P::Row::COLUMNS.len()).map_err(failed)?;
        let until: i64 = stored.try_get(P::Row::COLUMNS.len() + 1).map_err(failed)?;
        let row = P::Row::from_cells(cells).ok_or_else(|| FoldError::Misfit { table: table.clone() })?;
        let until = if until > checkpoint.0.cast_signed() { HOLDS } else { until };
        history.extend(P::places(&row).places.into_iter().map(|(board, place)| (board, place, from, until)));
    }
    Ok(history)
}

/// Begins to keep the boards of a group: one leaf with all there was.
///
/// # Errors
/// The database's.
pub async fn keep(
    connection: &mut PgConnection,
    tables: &Tables,
    group: i64,
    history: &[Span],
) -> Result<(), sqlx::Error> {
    for number in 0..BOARDS {
        let of_board = history.iter().filter(|(of, ..)| *of == number);
        let held: Vec<(i64, Place, i64, i64)> =
            of_board.map(|(_, place, from, until)| (0, *place, *from, *until)).collect();
        store::begin(connection, tables, group * BOARDS + number, &held).await?;
    }
    let sql = format!("update {} set kept = true where id = {group}", tables.groups);
    connection.execute(sql.as_str()).await.map(drop)
}
