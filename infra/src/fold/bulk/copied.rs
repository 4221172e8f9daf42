//! Rows on their way into a table by `copy`: the fastest way in. For builds alone, whose connections are their own: a session
//! that waits for copied rows ends by no time-out, and one whose copy was given up is out of step with its client.
//!
//! # Format
//! As [`crate::log::stream`] has it, the other way round.

use projections::cell::Cell;
use sqlx::PgConnection;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArgumentBuffer;

use crate::fold::cells::put;

/// What stands before the rows, and after them.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: &[u8] = &[0xff, 0xff];

/// Rows to be copied in.
#[derive(Default)]
pub struct Copied(PgArgumentBuffer);

impl Copied {
    /// How many bytes they are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Adds a row.
    ///
    /// # Errors
    /// More cells than a row has, or a number beyond what the database takes.
    pub fn add(&mut self, cells: &[Cell]) -> Result<(), BoxDynError> {
        self.0.extend(i16::try_from(cells.len())?.to_be_bytes());
        cells.iter().try_for_each(|cell| put(cell, &mut self.0))
    }

    /// Copies them in.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(&self, connection: &mut PgConnection, table: &str, columns: &str) -> Result<(), sqlx::Error> {
        let sql = format!("copy {table} ({columns}, from_position, until_position) from stdin (format binary)");
        let mut copy = connection.copy_in_raw(&sql).await?;
        for part in [HEAD, &self.0, END] {
            copy.send(part).await?;
        }
        copy.finish().await.map(drop)
    }
}
