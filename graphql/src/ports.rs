//! What the API needs of the world: the only async traits of the workspace.

mod moment;
mod origin;
mod records;
mod refused;
pub mod together;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::event::Fact;
use domain::id::{ActorId, MemberId};
use domain::person::Person;
use domain::stream::Position;
use domain::text::Sealed;
use domain::world::Command;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use projections::cell::{Cell, Column};
use projections::leaderboard::{Board, Place};
use projections::moves::{Between, Moved, Turn};
use projections::report::Trace;
use projections::row::Row;
use projections::select::{Order, Plan, Select};
use projections::tally::{Quantity, Tally};
use rust_decimal::Decimal;
use uuid::Uuid;

pub use self::moment::{AsOf, Moment};
pub use self::origin::{LogOrigin, ServingFold};
pub use self::records::{Look, LookFilter, PersonRecord, RecordedLook, RecordedSkip};
pub use self::refused::SendError;
use self::together::{Question, Reply, one_by_one};

/// Who asks, and under which command id. The same id again means the same command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asker {
    /// The principal.
    pub actor: ActorId,
    /// The command's id, 1 to 128 printable ASCII characters, unique per principal.
    pub command_id: String,
    /// What the command is part of; its own id where nothing larger is named.
    pub correlation: String,
}

/// An accepted command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The position of its last event; the head of the log at the time where it led to none.
    pub position: Position,
    /// Whether this id had been accepted before: nothing was appended this time.
    pub replayed: bool,
}

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log has not got that far.
    #[error("the log ends at {head}; {asked} does not exist yet")]
    BeyondHead {
        /// What was asked for.
        asked: Position,
        /// The last position.
        head: Position,
    },
    /// The projections did not reach the position in time.
    #[error("the projections are at {reached}, behind {asked}; ask again")]
    Behind {
        /// What was asked for.
        asked: Position,
        /// How far they are.
        reached: Position,
    },
    /// An accident.
    #[error("the read failed")]
    Failed(#[source] Failure),
}

/// An accident: opaque to the API, logged once at the boundary.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends commands.
#[async_trait]
pub trait Commands: Send + Sync {
    /// A command id that nobody has used, for a command that comes without one.
    fn fresh_command_id(&self) -> String;

    /// The id of a new thing a command names: random to others, the same for the same asker and label.
    fn mint(&self, asker: &Asker, label: &str) -> Uuid;

    /// Seals a free text under its subject's key; the same asker, label and text give the same bytes.
    ///
    /// # Errors
    /// [`SendError::Refused`] for a text that is empty, too long or holds a control character (`label` names it).
    async fn seal(&self, asker: &Asker, subject: Uuid, label: &str, text: &str) -> Result<Sealed, SendError> {
        self.seal_each(asker, &[subject], label, text).await.map(|mut sealed| sealed.swap_remove(0))
    }

    /// The same under the key of each of these, one for each in their order.
    ///
    /// # Errors
    /// As [`Commands::seal`].
    async fn seal_each(
        &self,
        asker: &Asker,
        subjects: &[Uuid],
        label: &str,
        text: &str,
    ) -> Result<Vec<Sealed>, SendError>;

    /// Decides a command and appends what it leads to, with the person's record beside it.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, asker: &Asker, command: Command, person: Option<Person>) -> Result<Accepted, SendError> {
        self.send_since(asker, command, person, None).await
    }

    /// The same, only where nothing has happened on the command's stream since a position, if one is given. What was
    /// accepted before under the id is answered as such, whatever has happened since.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send_since(
        &self,
        asker: &Asker,
        command: Command,
        person: Option<Person>,
        since: Option<Position>,
    ) -> Result<Accepted, SendError>;
}

/// Reads what the projections hold.
#[async_trait]
pub trait Reads: Send + Sync {
    /// Pins the moment a request reads as of: the projections' common position, or the one asked for. Waits, bounded,
    /// for projections behind `at_least` or behind `as_of`.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn pin(&self, as_of: Option<AsOf>, at_least: Option<Position>) -> Result<Moment, ReadError>;

    /// The last position of the log.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn head(&self) -> Result<Moment, ReadError>;

    /// The position of the last event recorded before an instant; 0 where there is none. Instants of the log never go
    /// back, so what was recorded from then on is what comes after it.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn before(&self, instant: Timestamp) -> Result<Position, ReadError>;

    /// Rows as of a position, each as its cells.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn select(
        &self,
        plan: &Plan,
        columns: &'static [Column],
        key: usize,
        at: Position,
    ) -> Result<Vec<Vec<Cell>>, ReadError>;

    /// How many rows fulfil the conditions as of a position; order, page and limit do not count.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn count(&self, plan: &Plan, at: Position) -> Result<u64, ReadError>;

    /// The sum of a column over the rows of a plan, and how many they are; order, place and limit of the plan do not
    /// matter.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn sum(&self, plan: &Plan, column: &'static str, at: Position) -> Result<(Decimal, u64), ReadError>;

    /// What rows of a table count for as of a position, where that is tallied as they change; nothing where it is not. A
    /// tally that runs on is the sum of its years up to this one.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn tallied(
        &self,
        _table: &'static str,
        _tally: &Tally,
        _runs_on: bool,
        _at: Position,
    ) -> Result<Option<Quantity>, ReadError> {
        Ok(None)
    }

    /// A page of a leaderboard as of a position: rank and the cells of a standing. `after` is the place of the last
    /// row had.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn board(
        &self,
        board: &Board,
        at: Position,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<Cell>)>, ReadError>;

    /// One subject's rank and standing on a board as of a position; nothing where it is not ranked.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn rank(&self, board: &Board, subject: Uuid, at: Position) -> Result<Option<(u64, Vec<Cell>)>, ReadError>;

    /// The positions that these traces name, up to `at` and after `after`, ascending, each once.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn lineage(
        &self,
        sources: &[Trace],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError>;

    /// The events at these positions, ascending.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn facts(&self, positions: &[Position]) -> Result<Vec<Fact>, ReadError>;

    /// The events after a position, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn facts_after(&self, after: Position, limit: usize) -> Result<Vec<Fact>, ReadError>;

    /// The records of these members; erased or unknown ones are missing from the answer.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn people(&self, members: &[MemberId]) -> Result<Vec<PersonRecord>, ReadError>;

    /// The member with a staff number.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn by_staff_number(&self, staff_number: &str) -> Result<Option<MemberId>, ReadError>;

    /// Members whose name contains the text, by name, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn by_name(&self, part: &str, limit: usize) -> Result<Vec<MemberId>, ReadError>;

    /// Opens sealed texts; nothing for one whose key is destroyed.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn open(&self, sealed: &[Sealed]) -> Result<Vec<Option<String>>, ReadError>;

    /// Records looks for good. What is looked at is answered only afterwards, and not at all where this fails. What is
    /// denied again and again in an hour is recorded now and then.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn record(&self, looks: &[Look]) -> Result<(), ReadError>;

    /// Recorded looks in the order of their numbers, at most `limit`; `after` is the number of the last one had.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn looks(
        &self,
        filter: &LookFilter,
        order: Order,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<RecordedLook>, ReadError>;

    /// The events that projections were told to step over, by projection and position.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn skips(&self) -> Result<Vec<RecordedSkip>, ReadError>;

    /// The time: which roles are of today, and whether a proof has run out.
    fn now(&self) -> Timestamp;

    /// The origin of the log that is read. A program serves under one as long as it lives.
    fn origin(&self) -> Uuid;

    /// The version of the fold whose rows serve in each table.
    fn versions(&self) -> BTreeMap<&'static str, i32>;

    /// The origins of the log, in order.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn origins(&self) -> Result<Vec<LogOrigin>, ReadError>;

    /// The folds whose rows serve, by name.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn folds(&self) -> Result<Vec<ServingFold>, ReadError>;

    /// The positions after `after` and up to `at` at which a version of a row began or ended, ascending, at most `limit`. The
    /// key is that of the table.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn lineage_of_key(
        &self,
        table: &'static str,
        key: &[Cell],
        at: Position,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError>;

    /// How many moved on a board between two moments, and those after a turn, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn moved(
        &self,
        between: &Between,
        after: Option<Turn>,
        limit: usize,
    ) -> Result<(u64, Vec<Moved<Vec<Cell>>>), ReadError>;

    /// The positions between two moments, after `after`, at which a subject moved on a board: its ranked number changed,
    /// or it came into the branches of the board or left them, by itself or with its branch. At most `limit`.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn moved_by(
        &self,
        between: &Between,
        subject: Uuid,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, ReadError>;

    /// What the rows of a page ask for: a reply to each question, in their order.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    async fn together(&self, questions: &[Question], at: Position) -> Result<Vec<Reply>, ReadError> {
        one_by_one(self, questions, at).await
    }

    /// The common position of the projections, now and whenever it moves. Ends when the server stops.
    fn positions(&self) -> BoxStream<'static, Position>;
}

impl dyn Reads + '_ {
    /// Typed rows as of a position.
    ///
    /// # Errors
    /// [`ReadError::Failed`], also when a stored row does not fit this build's columns.
    pub async fn rows<R: Row>(&self, select: &Select<R>, at: Position) -> Result<Vec<R>, ReadError> {
        let rows = self.select(&select.plan, R::COLUMNS, R::KEY, at).await?;
        rows.into_iter().map(typed).collect()
    }
}

/// A typed row of its cells.
///
/// # Errors
/// [`ReadError::Failed`] when the cells do not fit this build's columns.
pub fn typed<R: Row>(cells: Vec<Cell>) -> Result<R, ReadError> {
    R::from_cells(cells)
        .ok_or_else(|| ReadError::Failed(format!("a row of {} does not fit this build's columns", R::TABLE).into()))
}
