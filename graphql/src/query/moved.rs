//! Who moved on a leaderboard between two moments, and by which events.
//!
//! # Rules
//! - Each moment's board is the one that [`leaderboard`](super::board) shows as of it, as far as the viewer reaches; of a
//!   concluded competition neither goes on after its conclusion.
//! - Who moved is said in [`projections::moves`].
//! - The events behind a move are part of the trail, and seen by whoever may see that of the subject, as far as
//!   [`lineage`](super::lineage) tells them.

use async_graphql::{Context, Object};
use projections::cell::{Cell, Column, Kind};
use projections::moves::{Between, Moved, Turn};
use projections::standings::StandingRow;
use uuid::Uuid;

use super::board::{BoardInput, Entry, PLACE, Reading, cells_of, place};
use super::lineage::{Behind, told};
use super::subject::Subject;
use super::trail::Event;
use crate::fault::{Fault, Result};
use crate::input::AsOf;
use crate::page::{Connection, Page, Parent, When, bad_cursor, weight};
use crate::policy::Action;
use crate::ports::{Moment, ReadError, typed};
use crate::scalar::{Decimal, Position};
use crate::schema::READ;
use crate::session::Session;

fn moments_reversed(from: Moment, to: Moment) -> Fault {
    let (from, to) = (from.position, to.position);
    let facts = [("from", from.to_string()), ("to", to.to_string())];
    let message = format!("from is at {from}, after to at {to}; give the earlier moment first");
    Fault::bad("board.moments_reversed", &facts, &message, &format!("from({from})晚于 to({to});请将较早的时刻放在前面"))
}

impl BoardInput {
    /// The same board as of an earlier moment; one that was not there yet, as it was drawn up later.
    ///
    /// # Errors
    /// As [`BoardInput::read`].
    pub async fn read_earlier(&self, session: &Session, at: Moment, later: &Reading) -> Result<Reading> {
        match self.read(session, at).await {
            Err(Fault::Bad(refusal)) if ["competition.unknown", "metric.unknown"].contains(&refusal.code.as_str()) => {
                Ok(Reading { at, ..later.clone() })
            }
            read => read,
        }
    }
}

/// What it weighs: all who moved between the moments are looked at, however few are shown, which may be the whole board.
const WEIGHT: usize = 6 * READ;

/// A move on a leaderboard.
#[derive(Debug, Clone)]
pub struct Move {
    subject: Uuid,
    before: Option<Entry>,
    after: Option<Entry>,
    between: Between,
    at: Moment,
}

impl Parent for Move {
    fn key(&self) -> String {
        format!("move of {} from {}", self.subject, self.between.from)
    }

    fn at(&self) -> Moment {
        self.at
    }

    /// What moved it is asked for, not where it stands.
    async fn as_of(&self, _session: &Session, at: Moment) -> Result<Option<Self>> {
        Ok(Some(Self { between: Between { to: at.position, ..self.between.clone() }, at, ..self.clone() }))
    }
}

/// Who moved on a leaderboard between two moments 名次变化.
pub struct Change {
    counted: u64,
    from: Moment,
    to: Moment,
    moves: Connection<Move>,
}

/// What a cursor holds: whether it is gone, and its place.
fn columns() -> Vec<Column> {
    let gone = Column { name: "gone", kind: Kind::Flag, nullable: false };
    [gone].into_iter().chain(PLACE).collect()
}

fn turn(cells: &[Cell]) -> Option<Turn> {
    let (Cell::Flag(gone), cells) = cells.split_first()? else { return None };
    place(cells).map(|place| Turn { gone: *gone, place })
}

/// Leaderboards at two moments.
#[derive(Default)]
pub struct MovedQuery;

#[Object]
impl MovedQuery {
    /// Who moved on a leaderboard between two moments, and by which events 名次变化: those whose own score changed, or who
    /// came onto the board or left it, as the board shows them at the later moment, those who left it last. Who was only
    /// overtaken is told by the ranks of those who moved.
    #[graphql(complexity = "WEIGHT + weight(first, child_complexity)")]
    async fn leaderboard_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which board.")] board: BoardInput,
        #[graphql(desc = "The earlier moment.")] from: AsOf,
        #[graphql(desc = "The later moment; at or after the earlier one.")] to: AsOf,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Change>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let turn = page.place(&columns())?.map(|cells| turn(&cells).ok_or_else(bad_cursor)).transpose()?;
        let from = session.pin_for(When::read(Some(from), None)).await?;
        // A later page is of the moment of the first one, whatever an instant means by then.
        let to = When::read(Some(to), None);
        let to = session.pin_for(When { as_of: page.as_of(None).or(to.as_of), ..to }).await?;
        if from.position > to.position && turn.is_none() {
            return Err(moments_reversed(from, to));
        }
        let after = board.read(session, to).await?;
        let before = board.read_earlier(session, from, &after).await?;
        change(session, &before, &after, &page, turn).await.map(Some)
    }
}

async fn change(
    session: &Session,
    before: &Reading,
    after: &Reading,
    page: &Page,
    turn: Option<Turn>,
) -> Result<Change> {
    let (from, to) = (before.at, after.at);
    let boards = (before.board.clone(), after.board.clone());
    let between = Between { before: boards.0, from: from.position, after: boards.1, to: to.position };
    let (counted, moves) = session.reads().moved(&between, turn, page.limit + 1).await?;
    let rows = moves.into_iter().map(|moved| {
        let moved = Moved { subject: moved.subject, before: row(moved.before)?, after: row(moved.after)? };
        let cells = |turn: Turn| [Cell::Flag(turn.gone)].into_iter().chain(cells_of(turn.place)).collect();
        let cells = between.turn(&moved).map(cells).unwrap_or_default();
        let entry = |reading, (rank, row)| Entry::of(reading, rank, row);
        let (then, now) = (moved.before.map(|had| entry(before, had)), moved.after.map(|had| entry(after, had)));
        Ok((cells, Move { subject: moved.subject, before: then, after: now, between: between.clone(), at: to }))
    });
    let rows: Vec<(Vec<Cell>, Move)> = rows.collect::<Result<_>>()?;
    let shown = rows.iter().take(page.limit).filter_map(|(_, moved)| moved.after.as_ref().or(moved.before.as_ref()));
    shown.for_each(|entry| entry.note(session));
    Ok(Change { counted, from, to, moves: Connection::of(session, page, to.position, rows).counting(counted) })
}

fn row(had: Option<(u64, Vec<Cell>)>) -> Result<Option<(u64, StandingRow)>, ReadError> {
    had.map(|(rank, cells)| Ok((rank, typed(cells)?))).transpose()
}

/// Who moved on a leaderboard between two moments 名次变化.
#[Object(name = "LeaderboardChange")]
impl Change {
    /// The position of the earlier board.
    async fn from(&self) -> Position {
        self.from.position.into()
    }

    /// The position of the later board.
    async fn to(&self) -> Position {
        self.to.position.into()
    }

    /// How many moved.
    async fn moved_count(&self) -> u64 {
        self.counted
    }

    /// Those who moved.
    #[graphql(flatten)]
    async fn moves(&self) -> &Connection<Move> {
        &self.moves
    }
}

/// A move on a leaderboard 名次变化.
#[Object(name = "LeaderboardMove")]
impl Move {
    /// Who moved.
    async fn subject(&self) -> Subject {
        Subject::new(self.between.after.subjects, self.subject, self.at)
    }

    /// Its place at the earlier moment; null where it was not on the board.
    async fn before(&self) -> Option<&Entry> {
        self.before.as_ref()
    }

    /// Its place at the later moment; null where it was not on the board any more.
    async fn after(&self) -> Option<&Entry> {
        self.after.as_ref()
    }

    /// How many ranks it went up, less than zero where it went down; null unless it was ranked at both moments.
    async fn ranks_up(&self) -> Option<i64> {
        let rank = |entry: &Entry| i64::try_from(entry.said().0).ok();
        rank(self.before.as_ref()?)?.checked_sub(rank(self.after.as_ref()?)?)
    }

    /// The later score less the earlier one; null unless it was ranked at both moments.
    async fn score_change(&self) -> Option<Decimal> {
        self.after.as_ref()?.score_since(self.before.as_ref()?)
    }

    /// The events it moved by, the earliest first: those that changed the ranked number; on a board within a branch also
    /// those that brought it in or took it out.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        let session = Session::of(ctx);
        let subject = Subject::new(self.between.after.subjects, self.subject, self.at);
        let about = subject.resource(session).await?;
        session.allow(Action::SeeTrail, about).await?;
        let (Self { subject, between, at, .. }, page) = Page::under(ctx, self, first, after.as_deref()).await?;
        told(session, Behind::Move(&between, subject), about, at, &page).await.map(Some)
    }
}
