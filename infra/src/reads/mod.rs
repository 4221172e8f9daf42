//! The door for reads: pins a position, waits for projections behind, selects rows as of it.
//!
//! # Invariants
//! - Every row comes from the serving generation and as of the pinned position; a projection that has not got there,
//!   or has rows of another version with other columns, answers with an error, never with older rows.
//! - Names are joined here, from the erasable store, and are in no row.

pub mod board;
mod lineage;
mod moved;
pub mod people;
mod ranks;
pub mod select;
pub mod serving;
mod tallied;
pub mod timely;
mod together;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::event::Fact;
use domain::id::MemberId;
use domain::stream::Position;
use domain::text::Sealed;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use graphql::ports::together::{Question, Reply};
use graphql::ports::{
    AsOf, LogOrigin, Look, LookFilter, Moment, PersonRecord, ReadError, Reads, RecordedLook, RecordedSkip, ServingFold,
};
use jiff::Timestamp;
use projections::cell::{Cell, Column};
use projections::leaderboard::{self, Board};
use projections::moves::{Between, Moved, Turn};
use projections::report::Trace;
use projections::row::Row as _;
use projections::select::{Order, Plan};
use projections::standings::StandingRow;
use projections::tally::{Quantity, Tally};
use rust_decimal::Decimal;
use sqlx::{PgPool, Row};
use tokio::sync::watch;
use uuid::Uuid;

use self::select::{Statement, failed};
use self::serving::{Place, Serving};
use crate::clock::Clock;
use crate::fold::ranks::Tables as Ranks;
use crate::fold::skips::{self, Skipped};
use crate::fold::tallies;
use crate::keys::Keyring;
use crate::log::{origin, reader};
use crate::looks::{self, Recorder};
use crate::sqltype::SqlInstant;

/// How long a read waits for projections that are behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads of one organisation.
pub struct LogReads {
    pool: PgPool,
    origin: Uuid,
    keyring: Arc<Keyring>,
    serving: watch::Receiver<Serving>,
    recorder: Recorder,
    clock: Arc<Clock>,
}

impl LogReads {
    /// Reads over a pool, of the log under an origin; `serving` tells where the projections are, the clock when somebody
    /// looks.
    #[must_use]
    pub fn new(
        pool: PgPool,
        origin: Uuid,
        keyring: Arc<Keyring>,
        serving: watch::Receiver<Serving>,
        clock: Arc<Clock>,
    ) -> Self {
        let recorder = Recorder::new(pool.clone(), Arc::clone(&clock));
        Self { pool, origin, keyring, serving, recorder, clock }
    }

    fn place(&self, name: &str) -> Result<Place, ReadError> {
        self.serving.borrow().place(name).ok_or_else(|| failed(format!("there is no table {name}")))
    }

    /// The table that answers for a projection at a position.
    fn table(&self, name: &str, at: Position) -> Result<String, ReadError> {
        match self.place(name)? {
            // Of rows that this program can read there are none yet.
            Place { fits: false, .. } => Err(ReadError::Behind { asked: at, reached: Position(0) }),
            Place { checkpoint, .. } if checkpoint < at => Err(ReadError::Behind { asked: at, reached: checkpoint }),
            Place { generation, .. } => Ok(crate::fold::table::name(name, generation)),
        }
    }

    /// The same, with what is known of the projection.
    fn serving(&self, name: &str, at: Position) -> Result<(String, Place), ReadError> {
        Ok((self.table(name, at)?, self.place(name)?))
    }

    /// The tables of the ranks, where this version of the fold serves: another may keep none.
    fn ranks(&self) -> Result<Option<Ranks>, ReadError> {
        let place = self.place(StandingRow::TABLE)?;
        Ok(place.ours.then(|| Ranks::of(StandingRow::TABLE, place.generation)))
    }

    fn boards(&self, at: Position) -> Result<board::Tables, ReadError> {
        board::Tables::of(|name| self.table(name, at), self.ranks()?)
    }

    async fn wait_for(&self, asked: Position) -> Result<Position, ReadError> {
        let mut serving = self.serving.clone();
        let reached = tokio::time::timeout(PATIENCE, serving.wait_for(|serving| serving.common() >= asked)).await;
        match reached {
            Ok(Ok(serving)) => Ok(serving.common()),
            Ok(Err(stopped)) => Err(failed(stopped)),
            Err(_) => Err(ReadError::Behind { asked, reached: self.serving.borrow().common() }),
        }
    }

    async fn moment(&self, position: Position) -> Result<Moment, ReadError> {
        let sql = "select recorded_at from events where position = $1";
        let query = crate::sql::query_scalar(sql).bind(position.0.cast_signed());
        let at: Option<SqlInstant> = query.fetch_optional(&self.pool).await.map_err(failed)?;
        Ok(Moment { position, recorded_at: at.map(|SqlInstant(at)| at) })
    }
}

#[async_trait]
impl Reads for LogReads {
    async fn pin(&self, as_of: Option<AsOf>, at_least: Option<Position>) -> Result<Moment, ReadError> {
        let asked = match as_of {
            None => None,
            Some(AsOf::Position(position)) => Some(position),
            // Nothing is recorded before 1970, and PostgreSQL does not know every instant before it.
            Some(AsOf::Instant(instant)) => {
                let instant = instant.max(Timestamp::UNIX_EPOCH);
                Some(reader::position_at(&self.pool, instant).await.map_err(failed)?)
            }
        };
        let furthest = asked.max(at_least).unwrap_or_default();
        if furthest > self.serving.borrow().common() {
            let (head, _) = reader::head(&self.pool).await.map_err(failed)?;
            if furthest > head {
                return Err(ReadError::BeyondHead { asked: furthest, head });
            }
        }
        let common = self.wait_for(furthest).await?;
        self.moment(asked.unwrap_or(common)).await
    }

    async fn head(&self) -> Result<Moment, ReadError> {
        let (position, at) = reader::head(&self.pool).await.map_err(failed)?;
        Ok(Moment { position, recorded_at: (position > Position(0)).then_some(at) })
    }

    async fn before(&self, instant: Timestamp) -> Result<Position, ReadError> {
        reader::position_before(&self.pool, instant).await.map_err(failed)
    }

    async fn select(
        &self,
        plan: &Plan,
        columns: &'static [Column],
        key: usize,
        at: Position,
    ) -> Result<Vec<Vec<Cell>>, ReadError> {
        let table = self.table(plan.table, at)?;
        select::rows(&self.pool, &table, plan, columns, key, at).await
    }

    async fn count(&self, plan: &Plan, at: Position) -> Result<u64, ReadError> {
        let mut statement = Statement::default();
        select::held(&mut statement, "count(*)", &self.table(plan.table, at)?, at);
        select::conditions(&mut statement, &plan.conditions, self.place(plan.table)?.columns)?;
        let row = statement.query().fetch_one(&self.pool).await.map_err(failed)?;
        Ok(row.try_get::<i64, _>(0).map_err(failed)?.unsigned_abs())
    }

    async fn sum(&self, plan: &Plan, column: &'static str, at: Position) -> Result<(Decimal, u64), ReadError> {
        let mut statement = Statement::default();
        let sum = format!("coalesce(sum({column}), 0), count(*)");
        select::held(&mut statement, &sum, &self.table(plan.table, at)?, at);
        select::conditions(&mut statement, &plan.conditions, self.place(plan.table)?.columns)?;
        let row = statement.query().fetch_one(&self.pool).await.map_err(failed)?;
        let rows = row.try_get::<i64, _>(1).map_err(failed)?.unsigned_abs();
        Ok((row.try_get::<Decimal, _>(0).map_err(failed)?, rows))
    }

    async fn tallied(
        &self,
        table: &'static str,
        tally: &Tally,
        runs_on: bool,
        at: Position,
    ) -> Result<Option<Quantity>, ReadError> {
        self.table(table, at)?;
        let place = self.place(table)?;
        match place.ours {
            true => tallied::quantity(&self.pool, &tallies::name(table, place.generation), tally, runs_on, at)
                .await
                .map(Some),
            // Another version may keep none.
            false => Ok(None),
        }
    }

    async fn board(
        &self,
        board: &Board,
        at: Position,
        after: Option<leaderboard::Place>,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
        let tables = self.boards(at)?;
        board::page(&self.pool, &tables, board, at, after, limit).await
    }

    async fn rank(&self, board: &Board, subject: Uuid, at: Position) -> Result<Option<(u64, Vec<Cell>)>, ReadError> {
        let tables = self.boards(at)?;
        board::rank(&self.pool, &tables, board, subject, at).await
    }

    async fn lineage(
        &self,
        sources: &[Trace],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let mut statement = Statement::default();
        lineage::of_traces(&mut statement, sources, |name| self.serving(name, at), (after, at), limit)?;
        lineage::positions(&self.pool, &statement).await
    }

    async fn facts(&self, positions: &[Position]) -> Result<Vec<Fact>, ReadError> {
        reader::at(&self.pool, positions).await.map_err(failed)
    }

    async fn facts_after(&self, after: Position, limit: usize) -> Result<Vec<Fact>, ReadError> {
        reader::after(&self.pool, after, limit).await.map_err(failed)
    }

    async fn people(&self, members: &[MemberId]) -> Result<Vec<PersonRecord>, ReadError> {
        people::of(&self.pool, members).await.map_err(failed)
    }

    async fn by_staff_number(&self, staff_number: &str) -> Result<Option<MemberId>, ReadError> {
        people::by_staff_number(&self.pool, staff_number).await.map_err(failed)
    }

    async fn by_name(&self, part: &str, limit: usize) -> Result<Vec<MemberId>, ReadError> {
        people::by_name(&self.pool, part, limit).await.map_err(failed)
    }

    async fn open(&self, sealed: &[Sealed]) -> Result<Vec<Option<String>>, ReadError> {
        self.keyring.open_all(sealed).await.map_err(failed)
    }

    async fn record(&self, looks: &[Look]) -> Result<(), ReadError> {
        self.recorder.record(looks).await.map_err(failed)
    }

    async fn looks(
        &self,
        filter: &LookFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<RecordedLook>, ReadError> {
        looks::of(&self.pool, filter, order, after, limit).await.map_err(failed)
    }

    async fn skips(&self) -> Result<Vec<RecordedSkip>, ReadError> {
        let skips = skips::all(&self.pool).await.map_err(failed)?;
        let recorded = |Skipped { projection, position, event_type, reason, by, at, .. }| RecordedSkip {
            projection,
            position,
            event_type,
            reason,
            by,
            at,
        };
        Ok(skips.into_iter().map(recorded).collect())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn origin(&self) -> Uuid {
        self.origin
    }

    fn versions(&self) -> BTreeMap<&'static str, i32> {
        self.serving.borrow().versions()
    }

    async fn origins(&self) -> Result<Vec<LogOrigin>, ReadError> {
        let recorded = origin::all(&self.pool).await.map_err(failed)?;
        let shown =
            |origin::Recorded { origin, after, at, reason, by }| LogOrigin { id: origin.id, after, at, reason, by };
        Ok(recorded.into_iter().map(shown).collect())
    }

    async fn folds(&self) -> Result<Vec<ServingFold>, ReadError> {
        serving::folds(&self.pool).await.map_err(failed)
    }

    async fn lineage_of_key(
        &self,
        table: &'static str,
        key: &[Cell],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let ((name, place), mut statement) = (self.serving(table, at)?, Statement::default());
        lineage::of_key(&mut statement, &name, &place, key, (after, at), limit);
        lineage::positions(&self.pool, &statement).await
    }

    async fn moved(
        &self,
        between: &Between,
        after: Option<Turn>,
        limit: usize,
    ) -> Result<(u64, Vec<Moved<Vec<Cell>>>), ReadError> {
        moved::page(&self.pool, &self.boards(between.to)?, between, after, limit).await
    }

    async fn moved_by(
        &self,
        between: &Between,
        subject: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError> {
        let mut found =
            moved::events(&self.pool, &self.boards(between.to)?, between, &[(subject, after, limit)]).await?;
        Ok(found.pop().unwrap_or_default())
    }

    async fn together(&self, questions: &[Question], at: Position) -> Result<Vec<Reply>, ReadError> {
        together::all(self, questions, at).await
    }

    fn positions(&self) -> BoxStream<'static, Position> {
        let serving = self.serving.clone();
        futures_util::stream::unfold((serving, None), |(mut serving, last)| async move {
            let next = serving.wait_for(|serving| last.is_none_or(|last| serving.common() > last)).await.ok()?.common();
            Some((next, (serving, Some(next))))
        })
        .boxed()
    }
}
