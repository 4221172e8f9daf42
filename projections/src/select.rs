//! What can be asked of rows: equality and comparison on columns, an order, a page. Always as of one position.
//!
//! # Not here
//! The position and the scope of the viewer: whoever runs a selection adds them.

use std::cmp::Ordering;
use std::marker::PhantomData;

use crate::cell::Cell;
use crate::row::Row;

/// A condition on one column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The column equals the cell; never true of nothing.
    Equals(&'static str, Cell),
    /// The column is one of the cells.
    OneOf(&'static str, Vec<Cell>),
    /// The column is above the cell.
    Above(&'static str, Cell),
    /// The column is above the cell times another column, such as a sum above so much a day.
    AboveTimes(&'static str, Cell, &'static str),
    /// The column is at or after the cell.
    From(&'static str, Cell),
    /// The column is before the cell.
    Before(&'static str, Cell),
    /// The spells in the column ([`crate::spells`]) hold the date of the cell.
    Cover(&'static str, Cell),
    /// The column holds something.
    Known(&'static str),
}

/// Which way an order runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Order {
    /// How two values stand in this order.
    pub fn of<T: Ord>(self, one: &T, other: &T) -> Ordering {
        match self {
            Self::Ascending => one.cmp(other),
            Self::Descending => other.cmp(one),
        }
    }
}

/// A selection of rows of one table, without its row type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The table.
    pub table: &'static str,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The columns ordered by; the key's columns follow by themselves, so that the order is total.
    pub order: Vec<(&'static str, Order)>,
    /// The last row already had: the cells of the order's columns, then of the key.
    pub after: Option<Vec<Cell>>,
    /// The most rows wanted.
    pub limit: usize,
}

/// A selection of rows of one type.
#[derive(Debug, Clone)]
pub struct Select<R> {
    /// What is selected.
    pub plan: Plan,
    row: PhantomData<fn() -> R>,
}

impl<R: Row> Select<R> {
    /// The first `limit` rows by key.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        let plan = Plan { table: R::TABLE, conditions: vec![], order: vec![], after: None, limit };
        Self { plan, row: PhantomData }
    }

    /// Only where a condition holds.
    #[must_use]
    pub fn only(mut self, condition: Condition) -> Self {
        self.plan.conditions.push(condition);
        self
    }

    /// Ordered by a column, before the key.
    #[must_use]
    pub fn by(mut self, column: &'static str, order: Order) -> Self {
        self.plan.order.push((column, order));
        self
    }

    /// Only what follows a row.
    #[must_use]
    pub fn after(mut self, cells: Option<Vec<Cell>>) -> Self {
        self.plan.after = cells;
        self
    }

    /// The cells that name a row's place in the order: what a cursor holds.
    #[must_use]
    pub fn place(&self, row: &R) -> Vec<Cell> {
        let cells = row.cells();
        let place = |name: &str| R::COLUMNS.iter().position(|column| column.name == name).map(|at| cells[at].clone());
        let ordered = self.plan.order.iter().filter_map(|(name, _)| place(name));
        ordered.chain(cells.iter().take(R::KEY).cloned()).collect()
    }
}
