//! A naive reader of rows: what a database does with a selection, one row at a time.

use std::collections::BTreeMap;

use domain::event::Fact;
use domain::period::Period;
use projections::each_projection;
use projections::projection::Projection;
use projections::report::{Answer, Input, Quantity, Read, Source, report};
use projections::row::Row;
use projections::select::Condition;
use projections::totals::Totals;

use crate::facts::*;

/// Whether a row fulfils a condition.
pub fn holds<R: Row>(condition: &Condition, row: &R) -> bool {
    let cell = |name: &str| {
        let at = R::COLUMNS.iter().position(|column| column.name == name);
        row.cells().swap_remove(at.unwrap_or_else(|| panic!("{} has no column {name}", R::TABLE)))
    };
    match condition {
        Condition::Equals(column, wanted) => cell(column) == *wanted,
        Condition::OneOf(column, wanted) => wanted.contains(&cell(column)),
        Condition::Above(column, bar) => known(cell(column)).is_some_and(|cell| cell > *bar),
        Condition::From(column, bar) => known(cell(column)).is_some_and(|cell| cell >= *bar),
        Condition::Before(column, bar) => known(cell(column)).is_some_and(|cell| cell < *bar),
        Condition::Known(column) => known(cell(column)).is_some(),
    }
}

fn known(cell: projections::cell::Cell) -> Option<projections::cell::Cell> {
    Some(cell).filter(|cell| *cell != projections::cell::Cell::Null)
}

fn count_in<P: Projection>(facts: &[Fact], source: &Source) -> Option<u64> {
    let fulfils = |row: &P::Row| source.conditions.iter().all(|condition| holds(condition, row));
    (P::Row::TABLE == source.table).then(|| rows::<P>(facts).iter().filter(|row| fulfils(row)).count() as u64)
}

/// How many rows fulfil the conditions.
pub fn count(facts: &[Fact], source: &Source) -> u64 {
    macro_rules! each { ($($p:ty),*) => { [$(count_in::<$p>(facts, source)),*] } }
    each_projection!(each).into_iter().flatten().next().unwrap()
}

fn positions_in<P: Projection>(facts: &[Fact], source: &Source) -> Vec<u64> {
    let memory = folded::<P>(facts);
    let fulfils = |row: &P::Row| source.conditions.iter().all(|condition| holds(condition, row));
    let versions = memory.history().filter(|held| P::Row::TABLE == source.table && fulfils(&held.row));
    versions.flat_map(|held| [Some(held.from), held.until]).flatten().map(|position| position.0).collect()
}

/// The positions at which versions of the rows begin and end, each once.
pub fn lineage(facts: &[Fact], sources: &[Source]) -> Vec<u64> {
    let of = |source: &Source| {
        macro_rules! each { ($($p:ty),*) => { [$(positions_in::<$p>(facts, source)),*].concat() } }
        each_projection!(each)
    };
    let mut positions: Vec<u64> = sources.iter().flat_map(of).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// The year's report of these facts.
pub fn report_of(facts: &[Fact], year: Period) -> Vec<Answer> {
    let quantity = |read: Read| match read {
        Read::Count(source) => Quantity::counted(count(facts, &source)),
        Read::Total(key) => {
            let total = rows::<Totals>(facts).into_iter().find(|row| row.key() == key);
            total.map(|total| Quantity::of(&total)).unwrap_or_default()
        }
    };
    let reads = projections::report::reads(year).into_iter();
    let read: BTreeMap<Input, Quantity> = reads.map(|(input, read)| (input, quantity(read))).collect();
    report(year, &read)
}
