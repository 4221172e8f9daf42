//! A projection folded in memory, with its history: for verification and as the engine's batch.

use std::collections::BTreeMap;

use domain::event::Fact;
use domain::stream::Position;

use crate::projection::{Held, KeyOf, Projection};
use crate::row::Row;

/// Every row a projection ever had, by key, in the order of positions.
pub struct Memory<P: Projection> {
    rows: BTreeMap<KeyOf<P>, Vec<Held<P::Row>>>,
}

impl<P: Projection> Default for Memory<P> {
    fn default() -> Self {
        Self { rows: BTreeMap::new() }
    }
}

impl<P: Projection> Memory<P> {
    /// Takes the standing row of a key in, as read from a store.
    pub fn load(&mut self, held: Held<P::Row>) {
        self.rows.insert(held.row.key(), vec![held]);
    }

    /// Whether something is known of a key.
    #[must_use]
    pub fn knows(&self, key: &KeyOf<P>) -> bool {
        self.rows.contains_key(key)
    }

    /// Folds one fact.
    pub fn fold(&mut self, fact: &Fact) {
        for (key, change) in P::changes(fact) {
            self.change(&key, &change, fact.position);
        }
    }

    /// Applies one change at a position. Several at one position make one row.
    pub fn change(&mut self, key: &KeyOf<P>, change: &P::Change, position: Position) {
        let history = self.rows.entry(key.clone()).or_default();
        let standing = history.last().filter(|held| held.until.is_none()).map(|held| held.row.clone());
        let next = P::apply(standing.clone(), key, change);
        if standing == next {
            return;
        }
        match history.last_mut().filter(|held| held.until.is_none()) {
            Some(held) if held.from == position => {
                history.pop();
            }
            Some(held) => held.until = Some(position),
            None => {}
        }
        history.extend(next.map(|row| Held { from: position, until: None, row }));
    }

    /// Everything, by key and position.
    pub fn history(&self) -> impl Iterator<Item = &Held<P::Row>> {
        self.rows.values().flatten()
    }

    /// The row of a key as of a position.
    #[must_use]
    pub fn at(&self, key: &KeyOf<P>, position: Position) -> Option<&P::Row> {
        let held = self.rows.get(key)?.iter().rev().find(|held| held.from <= position)?;
        held.until.is_none_or(|until| until > position).then_some(&held.row)
    }
}
