//! What is under a row of a page is read together with what is under the others: one statement for all of them.

use domain::stream::Position;
use projections::row::Row;
use projections::select::{Plan, Select};

use super::Session;
use crate::fault::Result;
use crate::loader::Asked;
use crate::ports::together::{Question, Reply};
use crate::ports::{ReadError, typed};

impl Session {
    async fn together(&self, question: Question, at: Position) -> Result<Reply> {
        let unanswered = || ReadError::Failed("a question has no reply".into());
        Ok(self.loaders.load_one(Asked { at, question }).await?.ok_or_else(unanswered)?)
    }

    /// Rows as of a position, read together with what the other rows of a page ask for: for whatever is under a row.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn rows_together<R: Row>(&self, select: &Select<R>, at: Position) -> Result<Vec<R>> {
        let question = Question::Rows { plan: select.plan.clone(), columns: R::COLUMNS, key: R::KEY };
        match self.together(question, at).await? {
            Reply::Rows(rows) => Ok(rows.into_iter().map(typed).collect::<Result<_, _>>()?),
            Reply::Count(_) | Reply::Positions(_) => Err(not_that().into()),
        }
    }

    /// How many rows a plan has, counted together with others.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn count_together(&self, plan: &Plan, at: Position) -> Result<u64> {
        match self.together(Question::Count(plan.clone()), at).await? {
            Reply::Count(count) => Ok(count),
            Reply::Rows(_) | Reply::Positions(_) => Err(not_that().into()),
        }
    }

    /// Positions that a question of them names, read together with others.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn positions_together(&self, question: Question, at: Position) -> Result<Vec<Position>> {
        match self.together(question, at).await? {
            Reply::Positions(positions) => Ok(positions),
            Reply::Rows(_) | Reply::Count(_) => Err(not_that().into()),
        }
    }

    /// Every row of a selection under a row, read in portions of its limit, together with others.
    ///
    /// # Errors
    /// [`Fault::Read`].
    pub async fn every_together<R: Row>(&self, mut select: Select<R>, at: Position) -> Result<Vec<R>> {
        let mut all = Vec::new();
        loop {
            let rows = self.rows_together(&select, at).await?;
            let (more, place) = (rows.len() >= select.plan.limit, rows.last().map(|row| select.place(row)));
            all.extend(rows);
            match more {
                true => select = select.after(place),
                false => return Ok(all),
            }
        }
    }
}

/// An accident: what was answered is not of the kind that was asked for.
fn not_that() -> ReadError {
    ReadError::Failed("a reply is not to its question".into())
}
