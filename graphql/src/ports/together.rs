//! Reads that the rows of a page ask for, together: as few statements as there are kinds of them, however many rows ask.

use domain::stream::Position;
use projections::cell::{Cell, Column};
use projections::moves::Between;
use projections::report::Trace;
use projections::select::Plan;
use uuid::Uuid;

use super::{ReadError, Reads};

/// What is asked, as of a position that is said beside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question {
    /// The rows of a plan: [`Reads::select`].
    Rows {
        /// The plan.
        plan: Plan,
        /// The columns of its table.
        columns: &'static [Column],
        /// How many of them are the key.
        key: usize,
    },
    /// How many rows a plan has: [`Reads::count`].
    Count(Plan),
    /// Where the versions of a row began and ended: [`Reads::lineage_of_key`].
    Key {
        /// The table.
        table: &'static str,
        /// The key.
        key: Vec<Cell>,
        /// After which position.
        after: Position,
        /// The most positions wanted.
        limit: usize,
    },
    /// What traces name: [`Reads::lineage`].
    Traces {
        /// The traces.
        traces: Vec<Trace>,
        /// After which position.
        after: Position,
        /// The most positions wanted.
        limit: usize,
    },
    /// Where a subject moved on a board: [`Reads::moved_by`]. The position it is asked as of says nothing more.
    Moves {
        /// The board at two moments.
        between: Box<Between>,
        /// Who.
        subject: Uuid,
        /// After which position.
        after: Position,
        /// The most positions wanted.
        limit: usize,
    },
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Rows, each as its cells.
    Rows(Vec<Vec<Cell>>),
    /// How many.
    Count(u64),
    /// Positions, ascending.
    Positions(Vec<Position>),
}

/// Asks one after the other.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn one_by_one<R: Reads + ?Sized>(
    reads: &R,
    questions: &[Question],
    at: Position,
) -> Result<Vec<Reply>, ReadError> {
    let mut replies = Vec::with_capacity(questions.len());
    for question in questions {
        replies.push(match question {
            Question::Rows { plan, columns, key } => Reply::Rows(reads.select(plan, columns, *key, at).await?),
            Question::Count(plan) => Reply::Count(reads.count(plan, at).await?),
            Question::Key { table, key, after, limit } => {
                Reply::Positions(reads.lineage_of_key(table, key, at, *after, *limit).await?)
            }
            Question::Traces { traces, after, limit } => {
                Reply::Positions(reads.lineage(traces, at, *after, *limit).await?)
            }
            Question::Moves { between, subject, after, limit } => {
                Reply::Positions(reads.moved_by(between, *subject, *after, *limit).await?)
            }
        });
    }
    Ok(replies)
}
