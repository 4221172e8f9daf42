//! Filters as conditions on rows.

use projections::cell::ColumnType;
use projections::row::Row;
use projections::select::{Condition, Select};

/// The column is the value, if one is asked for.
#[must_use]
pub fn equals(column: &'static str, value: Option<impl ColumnType>) -> Option<Condition> {
    value.map(|value| Condition::Equals(column, value.to_cell()))
}

/// The column is at or after the value, if one is asked for.
#[must_use]
pub fn since(column: &'static str, value: Option<impl ColumnType>) -> Option<Condition> {
    value.map(|value| Condition::From(column, value.to_cell()))
}

/// The column is before the value, if one is asked for.
#[must_use]
pub fn before(column: &'static str, value: Option<impl ColumnType>) -> Option<Condition> {
    value.map(|value| Condition::Before(column, value.to_cell()))
}

/// Rows under all of these conditions; the page says how many.
#[must_use]
pub fn all_of<R: Row>(conditions: impl IntoIterator<Item = Option<Condition>>) -> Select<R> {
    conditions.into_iter().flatten().fold(Select::first(0), Select::only)
}
