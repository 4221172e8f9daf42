//! What a projection is: a pure keyed fold.

use domain::event::Fact;
use domain::stream::Position;

use crate::leaderboard::Place;
use crate::row::Row;
use crate::tally::{Quantity, Tally};

/// The key type of a projection's rows.
pub type KeyOf<P> = <<P as Projection>::Row as Row>::Key;

/// A keyed fold of the log.
///
/// Facts are named once, in [`Projection::changes`]; applying a change knows nothing of events.
/// Changes of one key are applied in the order of their positions, each exactly once.
pub trait Projection: Send + Sync + 'static {
    /// The stable name, also that of its checkpoint.
    const NAME: &'static str;
    /// Raised when the fold makes something else of the past; the engine then rebuilds beside.
    const VERSION: u32;
    /// Its rows.
    type Row: Row;
    /// What can happen to a row.
    type Change: Clone + std::fmt::Debug + Send + Sync;

    /// Which rows a fact changes, and how. Names every event.
    fn changes(fact: &Fact) -> Vec<(KeyOf<Self>, Self::Change)>;

    /// The row after a change; nothing where it ends.
    fn apply(row: Option<Self::Row>, key: &KeyOf<Self>, change: &Self::Change) -> Option<Self::Row>;

    /// Whether a row, once made, never changes and never ends.
    const WRITE_ONCE: bool = false;

    /// Whether an engine keeps ranks of its rows.
    const RANKED: bool = false;

    /// Among which rows a row is ranked, and its place on each board of them. The group is all of its key but the last
    /// column, which is the subject.
    fn places(_row: &Self::Row) -> Ranked {
        Ranked::default()
    }

    /// Whether an engine keeps tallies of its rows.
    const TALLIED: bool = false;

    /// What a row counts for, and how much: each tally once.
    fn tallies(_row: &Self::Row) -> Vec<(Tally, Quantity)> {
        vec![]
    }
}

/// How many boards a group of rows has at most.
pub const BOARDS: i64 = 4;

/// A row on the boards of its group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranked {
    /// The name of the group.
    pub group: String,
    /// By the number of the board, less than [`BOARDS`].
    pub places: Vec<(i64, Place)>,
}

/// A row and the range of positions it held in: from `from` on, until before `until`.
#[derive(Debug, Clone, PartialEq)]
pub struct Held<R> {
    /// The position that made it so.
    pub from: Position,
    /// The position that changed it again; nothing while it holds.
    pub until: Option<Position>,
    /// The row.
    pub row: R,
}

impl Ranked {
    /// Its place on a board; nothing where it is not ranked.
    #[must_use]
    pub fn on(&self, board: i64) -> Option<Place> {
        self.places.iter().find(|(number, _)| *number == board).map(|(_, place)| *place)
    }
}
