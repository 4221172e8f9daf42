//! Every statement of this program begins here, so that one place says how statements are sent.
//!
//! # Invariant
//! Behind a pooler in transaction mode a prepared statement must not outlive its transaction: there, none has a name, so that
//! none is kept ([`crate::pooler`] sends each again with its use).

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{FromRow, Postgres};

/// Whether a pooler in transaction mode stands before the database: said once, when the program starts.
static POOLED: AtomicBool = AtomicBool::new(false);

/// From now on every statement fits a pooler in transaction mode.
pub fn behind_a_pooler() {
    POOLED.store(true, Ordering::Relaxed);
}

/// Whether statements fit a pooler in transaction mode.
#[must_use]
pub fn pooled() -> bool {
    POOLED.load(Ordering::Relaxed)
}

/// A statement.
pub fn query(sql: &str) -> Query<'_, Postgres, PgArguments> {
    sqlx::query(sql).persistent(!pooled())
}

/// A statement whose rows are tuples.
pub fn query_as<'q, O: for<'r> FromRow<'r, PgRow>>(sql: &'q str) -> QueryAs<'q, Postgres, O, PgArguments> {
    sqlx::query_as(sql).persistent(!pooled())
}

/// A statement whose rows are of one column.
pub fn query_scalar<'q, O>(sql: &'q str) -> QueryScalar<'q, Postgres, O, PgArguments>
where
    (O,): for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_scalar(sql).persistent(!pooled())
}
