//! A naive reader of rows: what a database does with a selection, one row at a time.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::Fact;
use domain::period::Period;
use projections::cell::Cell;
use projections::each_projection;
use projections::projection::{Held, Projection};
use projections::report::{Answer, Input, Quantity, Read, Source, Trace, report};
use projections::row::Row;
use projections::select::Condition;
use projections::totals::Totals;
use rust_decimal::Decimal;

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
        Condition::AboveTimes(column, each, times) => match (cell(column), each, cell(times)) {
            (Cell::Decimal(sum), Cell::Decimal(each), Cell::Int(times)) => sum > each * Decimal::from(times),
            _other => false,
        },
        Condition::Cover(column, day) => covers(cell(column), day),
        Condition::Known(column) => known(cell(column)).is_some(),
    }
}

/// Whether the spells in a cell hold a day, by comparing texts.
fn covers(cell: Cell, day: &Cell) -> bool {
    let (Cell::Text(spells), Cell::Date(day)) = (cell, day) else { return false };
    let day = day.to_string();
    spells.split_whitespace().any(|spell| {
        let (from, until) = spell.split_once('/').unwrap();
        from <= day.as_str() && (until.is_empty() || until > day.as_str())
    })
}

fn known(cell: Cell) -> Option<Cell> {
    Some(cell).filter(|cell| *cell != Cell::Null)
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

fn sum_in<P: Projection>(facts: &[Fact], source: &Source, column: &str) -> Option<(Decimal, u64)> {
    let fulfils = |row: &P::Row| source.conditions.iter().all(|condition| holds(condition, row));
    let at = P::Row::COLUMNS.iter().position(|found| found.name == column);
    (P::Row::TABLE == source.table).then(|| {
        let found: Vec<P::Row> = rows::<P>(facts).into_iter().filter(fulfils).collect();
        let numbers = found.iter().filter_map(|row| match row.cells().swap_remove(at.unwrap()) {
            Cell::Decimal(number) => Some(number),
            _nothing => None,
        });
        (numbers.sum(), found.len() as u64)
    })
}

fn sum(facts: &[Fact], source: &Source, column: &str) -> (Decimal, u64) {
    macro_rules! each { ($($p:ty),*) => { [$(sum_in::<$p>(facts, source, column)),*] } }
    each_projection!(each).into_iter().flatten().next().unwrap()
}

fn positions_in<P: Projection>(facts: &[Fact], trace: &Trace) -> Vec<u64> {
    let (Trace::Versions(source) | Trace::Rows(source)) = trace;
    if P::Row::TABLE != source.table {
        return vec![];
    }
    let memory = folded::<P>(facts);
    let fulfil = |row: &P::Row| source.conditions.iter().all(|condition| holds(condition, row));
    let begun = |fulfils: &dyn Fn(&P::Row) -> bool| {
        let goes_on =
            |held: &Held<P::Row>, at| memory.history().any(|next| next.row.key() == held.row.key() && next.from == at);
        let ended = |held: &Held<P::Row>| held.until.filter(|at| !goes_on(held, *at));
        let fulfilled = memory.history().filter(|held| fulfils(&held.row));
        fulfilled.flat_map(|held| [Some(held.from), ended(held)]).flatten().map(|at| at.0).collect::<Vec<u64>>()
    };
    match trace {
        Trace::Versions(_) => begun(&fulfil),
        Trace::Rows(_) => {
            let ever: BTreeSet<_> =
                memory.history().filter(|held| fulfil(&held.row)).map(|held| held.row.key()).collect();
            begun(&|row| ever.contains(&row.key()))
        }
    }
}

/// The positions that the traces name, each once.
pub fn lineage(facts: &[Fact], sources: &[Trace]) -> Vec<u64> {
    let of = |trace: &Trace| {
        macro_rules! each { ($($p:ty),*) => { [$(positions_in::<$p>(facts, trace)),*].concat() } }
        each_projection!(each)
    };
    let mut positions: Vec<u64> = sources.iter().flat_map(of).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

/// The year's report of these facts.
pub fn report_of(facts: &[Fact], year: Period) -> Vec<Answer> {
    let quantity = |read: Read| match if let Read::Tallied { rows, .. } = read { *rows } else { read } {
        Read::Tallied { .. } => panic!("rows are not tallied"),
        Read::Count(source) => Quantity::counted(count(facts, &source)),
        Read::Sum { source, column, bounds } => {
            let (sum, rows) = sum(facts, &source, column);
            Quantity::summed(sum, rows, bounds.map_or(0, |bounds| count(facts, &bounds)))
        }
        Read::Total(key) => {
            let total = rows::<Totals>(facts).into_iter().find(|row| row.key() == key);
            total.map(|total| Quantity::of(&total)).unwrap_or_default()
        }
    };
    let reads = projections::report::reads(year).into_iter();
    let read: BTreeMap<Input, Quantity> = reads.map(|(input, read)| (input, quantity(read))).collect();
    report(year, &read)
}
