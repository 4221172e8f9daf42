//! Tallies 计数: how many rows of a projection there are of a kind, and what they add up to, kept as the rows change.
//!
//! # Rules
//! - A row counts for a tally in a year. A tally that runs on over the years, as of those on duty, is what came in each
//!   year less what went: its number in a year is the sum of the years up to it.
//! - A tally equals what counting the rows gives, at every position.
//!
//! # Not here
//! Who keeps them (infra), what the report makes of them ([`crate::report`]).

use std::collections::BTreeMap;

use domain::stream::Position;
use rust_decimal::Decimal;

use crate::totals::TotalRow;

/// The name of a tally, and the year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally {
    /// Its name.
    pub name: String,
    /// The calendar year.
    pub year: i64,
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantity {
    /// How much, in its unit.
    pub value: Decimal,
    /// Of how many parts.
    pub parts: i64,
    /// How many of the parts are lower bounds.
    pub at_least: i64,
}

impl Tally {
    /// The tally of a name in a year.
    #[must_use]
    pub fn of(name: impl Into<String>, year: i64) -> Self {
        Self { name: name.into(), year }
    }
}

impl Quantity {
    /// One row that is counted.
    pub const ONE: Self = Self { value: Decimal::ONE, parts: 1, at_least: 0 };

    /// So many rows.
    #[must_use]
    pub fn counted(rows: u64) -> Self {
        Self { value: Decimal::from(rows), parts: i64::try_from(rows).unwrap_or(i64::MAX), at_least: 0 }
    }

    /// So much of so many rows, some of them lower bounds.
    #[must_use]
    pub fn summed(value: Decimal, rows: u64, at_least: u64) -> Self {
        let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        Self { value, parts: count(rows), at_least: count(at_least) }
    }

    /// What a total says.
    #[must_use]
    pub fn of(total: &TotalRow) -> Self {
        Self { value: total.value, parts: total.count, at_least: total.at_least }
    }

    /// The other way.
    #[must_use]
    pub fn taken_away(self) -> Self {
        Self { value: -self.value, parts: -self.parts, at_least: -self.at_least }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            value: (self.value + more.value).normalize(),
            parts: self.parts + more.parts,
            at_least: self.at_least + more.at_least,
        }
    }

    /// Whether it is nothing at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.value.is_zero() && self.parts == 0 && self.at_least == 0
    }
}

/// What a tally was from one position until before another; nothing while it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// Which.
    pub tally: Tally,
    /// What it was.
    pub quantity: Quantity,
    /// The position that made it so.
    pub from: Position,
    /// The position that changed it again.
    pub until: Option<Position>,
}

/// Tallies while rows change, in the order of positions.
#[derive(Debug, Default)]
pub struct Running {
    standing: BTreeMap<Tally, (Quantity, Position)>,
    pending: BTreeMap<Tally, Quantity>,
    at: Position,
    ended: Vec<Stood>,
}

impl Running {
    /// Takes in what stands, as read from a store.
    pub fn load(&mut self, tally: Tally, quantity: Quantity, from: Position) {
        self.standing.insert(tally, (quantity, from));
    }

    /// At this position, which is not before any earlier one, so much comes to a tally.
    pub fn add(&mut self, at: Position, tally: Tally, more: Quantity) {
        if at != self.at {
            self.settle();
            self.at = at;
        }
        let pending = self.pending.entry(tally).or_default();
        *pending = pending.and(more);
    }

    /// What has ended since it was asked for last. Several changes at one position are one.
    pub fn ended(&mut self) -> Vec<Stood> {
        self.settle();
        std::mem::take(&mut self.ended)
    }

    /// What stands.
    #[must_use]
    pub fn standing(&self) -> Vec<Stood> {
        let stood = |(tally, (quantity, from)): (&Tally, &(Quantity, Position))| Stood {
            tally: tally.clone(),
            quantity: *quantity,
            from: *from,
            until: None,
        };
        self.standing.iter().map(stood).collect()
    }

    fn settle(&mut self) {
        for (tally, more) in std::mem::take(&mut self.pending) {
            if more.is_nothing() {
                continue;
            }
            let before = self.standing.remove(&tally);
            let after = before.map_or(Quantity::default(), |(quantity, _)| quantity).and(more);
            if let Some((quantity, from)) = before {
                self.ended.push(Stood { tally: tally.clone(), quantity, from, until: Some(self.at) });
            }
            if !after.is_nothing() {
                self.standing.insert(tally, (after, self.at));
            }
        }
    }
}
