//! Typed rows of a table, declared once.

use std::fmt::Debug;
use std::hash::Hash;

use crate::cell::{Cell, Column};

/// A row of a projection. The first `KEY` columns are its key; an engine adds the range of positions it held in.
pub trait Row: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// The table.
    const TABLE: &'static str;
    /// Every column, the key first.
    const COLUMNS: &'static [Column];
    /// How many columns the key has.
    const KEY: usize;
    /// Columns to look rows up by, besides the key.
    const INDEXES: &'static [&'static [&'static str]];
    /// The key.
    type Key: Key;

    /// Its key.
    fn key(&self) -> Self::Key;
    /// Its cells, in the order of the columns.
    fn cells(&self) -> Vec<Cell>;
    /// The row of these cells; nothing when they do not fit this build's columns.
    fn from_cells(cells: Vec<Cell>) -> Option<Self>;
}

/// The key of a row.
pub trait Key: Ord + Clone + Debug + Hash + Send + Sync + 'static {
    /// Its cells, in the order of the key's columns.
    fn cells(&self) -> Vec<Cell>;
}

/// Declares a row: its table, its key, its other columns, its look-ups.
///
/// ```text
/// row! {
///     /// A member as the roster shows it.
///     pub struct MemberRow("members") key MemberKey {
///         /// Which member.
///         member: MemberId,
///     } columns {
///         /// The branch.
///         branch: BranchId,
///     } look_up [["branch"]]
/// }
/// ```
macro_rules! row {
    (
        $(#[$meta:meta])* pub struct $row:ident($table:literal) key $key:ident {
            $($(#[$kmeta:meta])* $kfield:ident: $kty:ty),* $(,)?
        } columns {
            $($(#[$cmeta:meta])* $cfield:ident: $cty:ty),* $(,)?
        } look_up [$([$($index:literal),*]),* $(,)?]
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $row {
            $($(#[$kmeta])* pub $kfield: $kty,)*
            $($(#[$cmeta])* pub $cfield: $cty,)*
        }

        #[doc = concat!("The key of a [`", stringify!($row), "`].")]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $key {
            $($(#[$kmeta])* pub $kfield: $kty,)*
        }

        impl crate::row::Key for $key {
            fn cells(&self) -> Vec<crate::cell::Cell> {
                vec![$(crate::cell::ColumnType::to_cell(&self.$kfield)),*]
            }
        }

        impl crate::row::Row for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [crate::cell::Column] = &[
                $(crate::cell::Column {
                    name: stringify!($kfield),
                    kind: <$kty as crate::cell::ColumnType>::KIND,
                    nullable: <$kty as crate::cell::ColumnType>::NULLABLE,
                },)*
                $(crate::cell::Column {
                    name: stringify!($cfield),
                    kind: <$cty as crate::cell::ColumnType>::KIND,
                    nullable: <$cty as crate::cell::ColumnType>::NULLABLE,
                },)*
            ];
            const KEY: usize = [$(stringify!($kfield)),*].len();
            const INDEXES: &'static [&'static [&'static str]] = &[$(&[$($index),*]),*];
            type Key = $key;

            fn key(&self) -> $key {
                $key { $($kfield: self.$kfield.clone()),* }
            }

            fn cells(&self) -> Vec<crate::cell::Cell> {
                vec![
                    $(crate::cell::ColumnType::to_cell(&self.$kfield),)*
                    $(crate::cell::ColumnType::to_cell(&self.$cfield),)*
                ]
            }

            fn from_cells(cells: Vec<crate::cell::Cell>) -> Option<Self> {
                let mut cells = cells.into_iter();
                let row = Self {
                    $($kfield: crate::cell::ColumnType::from_cell(cells.next()?)?,)*
                    $($cfield: crate::cell::ColumnType::from_cell(cells.next()?)?,)*
                };
                cells.next().is_none().then_some(row)
            }
        }
    };
}
pub(crate) use row;
