//! What the tables promise an engine.

use std::collections::BTreeSet;

use projections::cell::{Cell, Column, Kind};
use projections::each_projection;
use projections::projection::Projection;
use projections::row::Row;

/// The cells are of their columns' kinds.
pub fn fit(cells: &[Cell], columns: &[Column]) {
    assert_eq!(cells.len(), columns.len());
    for (cell, column) in cells.iter().zip(columns) {
        let fits = match cell {
            Cell::Null => column.nullable,
            Cell::Uuid(_) => column.kind == Kind::Uuid,
            Cell::Text(_) => column.kind == Kind::Text,
            Cell::Int(_) => column.kind == Kind::Int,
            Cell::Decimal(_) => column.kind == Kind::Decimal,
            Cell::Date(_) => column.kind == Kind::Date,
            Cell::Instant(_) => column.kind == Kind::Instant,
            Cell::Flag(_) => column.kind == Kind::Flag,
        };
        assert!(fits, "{} holds {cell:?}", column.name);
    }
}

fn table_of<P: Projection>() -> (&'static str, &'static str) {
    let columns: Vec<&str> = P::Row::COLUMNS.iter().map(|column| column.name).collect();
    let distinct: BTreeSet<&str> = columns.iter().copied().collect();
    assert_eq!(distinct.len(), columns.len(), "{}", P::NAME);
    assert!((1..columns.len()).contains(&P::Row::KEY), "{}", P::NAME);
    assert!(P::Row::COLUMNS[..P::Row::KEY].iter().all(|column| !column.nullable), "{}", P::NAME);
    for name in P::Row::INDEXES.iter().copied().flatten() {
        assert!(distinct.contains(name), "{} has no column {name}", P::NAME);
    }
    (P::NAME, P::Row::TABLE)
}

#[test]
fn every_projection_has_its_own_name_and_table_and_sound_columns() {
    macro_rules! tables { ($($p:ty),*) => { [$(table_of::<$p>()),*] } }
    let tables = each_projection!(tables);
    let names: BTreeSet<&str> = tables.iter().map(|(name, _)| *name).collect();
    let distinct: BTreeSet<&str> = tables.iter().map(|(_, table)| *table).collect();
    assert_eq!((names.len(), distinct.len()), (tables.len(), tables.len()));
}

#[test]
fn every_projection_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let folds = files.filter(|path| std::fs::read_to_string(path).unwrap().contains("\nimpl Projection for "));
    macro_rules! names { ($($p:ty),*) => { [$(<$p as Projection>::NAME),*] } }
    let listed: BTreeSet<String> = each_projection!(names).iter().map(|name| (*name).to_owned()).collect();
    let found: BTreeSet<String> = folds.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(listed, found);
}
