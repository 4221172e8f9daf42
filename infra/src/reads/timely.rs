//! Reads with a deadline: a host that has vanished would be waited for without end, and what waits holds a connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::event::Fact;
use domain::id::MemberId;
use domain::stream::Position;
use domain::text::Sealed;
use futures_util::stream::BoxStream;
use graphql::ports::together::{Question, Reply};
use graphql::ports::{
    AsOf, LogOrigin, Look, LookFilter, Moment, PersonRecord, ReadError, Reads, RecordedLook, RecordedSkip, ServingFold,
};
use jiff::Timestamp;
use projections::cell::{Cell, Column};
use projections::leaderboard::{Board, Place};
use projections::moves::{Between, Moved, Turn};
use projections::report::Trace;
use projections::select::{Order, Plan};
use projections::tally::{Quantity, Tally};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::LogReads;
use crate::reach::Reach;
use crate::turn;

/// How long a read may take, longer than any of its statements.
const LATEST: Duration = Duration::from_secs(90);

/// Reads of one organisation, each answered in bounded time.
pub struct TimelyReads {
    reads: LogReads,
    reach: Arc<Reach>,
}

impl TimelyReads {
    /// These reads, with a deadline.
    #[must_use]
    pub fn new(reads: LogReads, reach: Arc<Reach>) -> Self {
        Self { reads, reach }
    }

    async fn soon<T>(&self, asked: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
        self.reach.within(LATEST, asked, |late| ReadError::Failed(Box::new(late))).await
    }
}

/// Where a line of a file reads, once it is its turn.
async fn in_turn() -> Result<Option<Position>, ReadError> {
    turn::to_read().await.map_err(|failed| ReadError::Failed(Box::new(failed)))
}

#[async_trait]
impl Reads for TimelyReads {
    async fn pin(&self, as_of: Option<AsOf>, at_least: Option<Position>) -> Result<Moment, ReadError> {
        // A line of a file reads what the lines before it led to.
        let at_least = at_least.max(in_turn().await?);
        self.soon(self.reads.pin(as_of, at_least)).await
    }

    async fn head(&self) -> Result<Moment, ReadError> {
        in_turn().await?;
        self.soon(self.reads.head()).await
    }

    async fn before(&self, instant: Timestamp) -> Result<Position, ReadError> {
        self.soon(self.reads.before(instant)).await
    }

    async fn select(
        &self,
        plan: &Plan,
        columns: &'static [Column],
        key: usize,
        at: Position,
    ) -> Result<Vec<Vec<Cell>>, ReadError> {
        self.soon(self.reads.select(plan, columns, key, at)).await
    }

    async fn count(&self, plan: &Plan, at: Position) -> Result<u64, ReadError> {
        self.soon(self.reads.count(plan, at)).await
    }

    async fn sum(&self, plan: &Plan, column: &'static str, at: Position) -> Result<(Decimal, u64), ReadError> {
        self.soon(self.reads.sum(plan, column, at)).await
    }

    async fn tallied(
        &self,
        table: &'static str,
        tally: &Tally,
        runs_on: bool,
        at: Position,
    ) -> Result<Option<Quantity>, ReadError> {
        self.soon(self.reads.tallied(table, tally, runs_on, at)).await
    }

    async fn board(
        &self,
        board: &Board,
        at: Position,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
        self.soon(self.reads.board(board, at, after, limit)).await
    }

    async fn rank(&self, board: &Board, subject: Uuid, at: Position) -> Result<Option<(u64, Vec<Cell>)>, ReadError> {
        self.soon(self.reads.rank(board, subject, at)).await
    }

    async fn lineage(
        &self,
        sources: &[Trace],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        self.soon(self.reads.lineage(sources, at, after, limit)).await
    }

    async fn facts(&self, positions: &[Position]) -> Result<Vec<Fact>, ReadError> {
        self.soon(self.reads.facts(positions)).await
    }

    async fn facts_after(&self, after: Position, limit: usize) -> Result<Vec<Fact>, ReadError> {
        self.soon(self.reads.facts_after(after, limit)).await
    }

    async fn people(&self, members: &[MemberId]) -> Result<Vec<PersonRecord>, ReadError> {
        self.soon(self.reads.people(members)).await
    }

    async fn by_staff_number(&self, staff_number: &str) -> Result<Option<MemberId>, ReadError> {
        self.soon(self.reads.by_staff_number(staff_number)).await
    }

    async fn by_name(&self, part: &str, limit: usize) -> Result<Vec<MemberId>, ReadError> {
        self.soon(self.reads.by_name(part, limit)).await
    }

    async fn open(&self, sealed: &[Sealed]) -> Result<Vec<Option<String>>, ReadError> {
        self.soon(self.reads.open(sealed)).await
    }

    async fn record(&self, looks: &[Look]) -> Result<(), ReadError> {
        self.soon(self.reads.record(looks)).await
    }

    async fn looks(
        &self,
        filter: &LookFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<RecordedLook>, ReadError> {
        self.soon(self.reads.looks(filter, order, after, limit)).await
    }

    async fn skips(&self) -> Result<Vec<RecordedSkip>, ReadError> {
        self.soon(self.reads.skips()).await
    }

    fn now(&self) -> Timestamp {
        self.reads.now()
    }

    fn origin(&self) -> Uuid {
        self.reads.origin()
    }

    fn versions(&self) -> BTreeMap<&'static str, i32> {
        self.reads.versions()
    }

    async fn origins(&self) -> Result<Vec<LogOrigin>, ReadError> {
        self.soon(self.reads.origins()).await
    }

    async fn folds(&self) -> Result<Vec<ServingFold>, ReadError> {
        self.soon(self.reads.folds()).await
    }

    async fn lineage_of_key(
        &self,
        table: &'static str,
        key: &[Cell],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        self.soon(self.reads.lineage_of_key(table, key, at, after, limit)).await
    }

    async fn moved(
        &self,
        between: &Between,
        after: Option<Turn>,
        limit: usize,
    ) -> Result<(u64, Vec<Moved<Vec<Cell>>>), ReadError> {
        self.soon(self.reads.moved(between, after, limit)).await
    }

    async fn moved_by(
        &self,
        between: &Between,
        subject: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        self.soon(self.reads.moved_by(between, subject, after, limit)).await
    }

    async fn together(&self, questions: &[Question], at: Position) -> Result<Vec<Reply>, ReadError> {
        self.soon(self.reads.together(questions, at)).await
    }

    fn positions(&self) -> BoxStream<'static, Position> {
        self.reads.positions()
    }
}
