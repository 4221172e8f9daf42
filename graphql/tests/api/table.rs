//! A naive table: what a database does with a selection, one row at a time.

use std::cmp::Ordering;

use domain::event::Fact;
use domain::stream::Position;
use projections::cell::Cell;
use projections::each_projection;
use projections::memory::Memory;
use projections::projection::{Held, Projection};
use projections::report::Trace;
use projections::row::Row;
use projections::select::{Condition, Plan};
use projections::spells::SpellList;
use rust_decimal::Decimal;

fn folded<P: Projection>(facts: &[Fact]) -> Vec<Held<P::Row>> {
    let mut memory = Memory::<P>::default();
    facts.iter().for_each(|fact| memory.fold(fact));
    memory.history().cloned().collect()
}

/// The rows as they stand after these facts.
pub fn rows<P: Projection>(facts: &[Fact]) -> Vec<P::Row> {
    folded::<P>(facts).into_iter().filter(|held| held.until.is_none()).map(|held| held.row).collect()
}

fn cell<R: Row>(row: &R, name: &str) -> Cell {
    let at = R::COLUMNS.iter().position(|column| column.name == name);
    row.cells().swap_remove(at.unwrap_or_else(|| panic!("{} has no column {name}", R::TABLE)))
}

fn holds<R: Row>(condition: &Condition, row: &R) -> bool {
    let known = |column: &str| Some(cell(row, column)).filter(|cell| *cell != Cell::Null);
    match condition {
        Condition::Equals(column, wanted) => known(column).is_some_and(|cell| cell == *wanted),
        Condition::OneOf(column, wanted) => known(column).is_some_and(|cell| wanted.contains(&cell)),
        Condition::Above(column, bar) => known(column).is_some_and(|cell| cell > *bar),
        Condition::From(column, bar) => known(column).is_some_and(|cell| cell >= *bar),
        Condition::Before(column, bar) => known(column).is_some_and(|cell| cell < *bar),
        Condition::AboveTimes(column, each, times) => match (cell(row, column), each, cell(row, times)) {
            (Cell::Decimal(sum), Cell::Decimal(each), Cell::Int(times)) => sum > each * Decimal::from(times),
            _other => false,
        },
        Condition::Cover(column, day) => match (cell(row, column), day) {
            (Cell::Text(spells), Cell::Date(day)) => spells.parse::<SpellList>().unwrap().cover(*day),
            _other => false,
        },
        Condition::Known(column) => known(column).is_some(),
    }
}

fn select_in<P: Projection>(facts: &[Fact], plan: &Plan) -> Option<Vec<Vec<Cell>>> {
    if P::Row::TABLE != plan.table {
        return None;
    }
    let place = |row: &P::Row| -> Vec<Cell> {
        let ordered = plan.order.iter().map(|(column, _)| cell(row, column));
        ordered.chain(row.cells().into_iter().take(P::Row::KEY)).collect()
    };
    let order = |one: &[Cell], other: &[Cell]| {
        let ways = plan.order.iter().map(|(_, order)| *order);
        let ways = ways.chain(std::iter::repeat(projections::select::Order::Ascending));
        let steps = ways.zip(one.iter().zip(other)).map(|(way, (one, other))| way.of(one, other));
        steps.into_iter().find(|step| *step != Ordering::Equal).unwrap_or(Ordering::Equal)
    };
    let fulfils = |row: &P::Row| plan.conditions.iter().all(|condition| holds(condition, row));
    let mut found: Vec<P::Row> = rows::<P>(facts).into_iter().filter(fulfils).collect();
    found.sort_by(|one, other| order(&place(one), &place(other)));
    let follows = |row: &P::Row| plan.after.as_ref().is_none_or(|after| order(&place(row), after) == Ordering::Greater);
    Some(found.into_iter().filter(follows).take(plan.limit).map(|row| row.cells()).collect())
}

/// What a selection finds after these facts.
pub fn select(facts: &[Fact], plan: &Plan) -> Vec<Vec<Cell>> {
    macro_rules! each { ($($p:ty),*) => { [$(select_in::<$p>(facts, plan)),*] } }
    each_projection!(each).into_iter().flatten().next().expect("the table is one of a projection")
}

/// One column of what a selection finds.
pub fn cells_of(facts: &[Fact], plan: &Plan, column: &str) -> Vec<Cell> {
    fn at<P: Projection>(table: &str, name: &str) -> Option<usize> {
        let found = P::Row::COLUMNS.iter().position(|column| column.name == name);
        found.filter(|_| P::Row::TABLE == table)
    }
    macro_rules! each { ($($p:ty),*) => { [$(at::<$p>(plan.table, column)),*] } }
    let at = each_projection!(each).into_iter().flatten().next().expect("the column is one of the table");
    select(facts, plan).into_iter().map(|mut row| row.swap_remove(at)).collect()
}

fn positions_in<P: Projection>(facts: &[Fact], trace: &Trace) -> Vec<Position> {
    let (Trace::Versions(source) | Trace::Rows(source)) = trace;
    if P::Row::TABLE != source.table {
        return vec![];
    }
    let fulfils = |row: &P::Row| source.conditions.iter().all(|condition| holds(condition, row));
    let all = folded::<P>(facts);
    let opens = |held: &&Held<P::Row>| match trace {
        Trace::Versions(_) => fulfils(&held.row),
        Trace::Rows(_) => all.iter().any(|other| other.row.key() == held.row.key() && fulfils(&other.row)),
    };
    let goes_on = |held: &Held<P::Row>, at| all.iter().any(|next| next.row.key() == held.row.key() && next.from == at);
    let ended = |held: &Held<P::Row>| held.until.filter(|at| !goes_on(held, *at));
    all.iter().filter(opens).flat_map(|held| [Some(held.from), ended(held)]).flatten().collect()
}

/// The positions that the traces name, ascending, each once.
pub fn lineage(facts: &[Fact], traces: &[Trace]) -> Vec<Position> {
    let of = |trace: &Trace| {
        macro_rules! each {
            ($($p:ty),*) => { [$(positions_in::<$p>(facts, trace)),*].concat() }
        }
        each_projection!(each)
    };
    let mut positions: Vec<Position> = traces.iter().flat_map(of).collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

fn row_positions<P: Projection>(facts: &[Fact], table: &str, key: &[Cell]) -> Vec<Position> {
    let of = |held: &Held<P::Row>| P::Row::TABLE == table && held.row.cells().starts_with(key);
    let held = folded::<P>(facts).into_iter().filter(of);
    held.flat_map(|held| [Some(held.from), held.until]).flatten().collect()
}

/// The positions at which versions of a row begin or end, ascending, each once.
pub fn lineage_of_key(facts: &[Fact], table: &str, key: &[Cell]) -> Vec<Position> {
    macro_rules! each {
        ($($p:ty),*) => { [$(row_positions::<$p>(facts, table, key)),*].concat() }
    }
    let mut positions = each_projection!(each);
    positions.sort_unstable();
    positions.dedup();
    positions
}
