//! What a projection is: a pure keyed fold.

use domain::event::Fact;
use domain::stream::Position;

use crate::row::Row;

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
