//! Leaderboards 排行榜: members or branches, by a metric or in a competition, for a period, within a branch.
//!
//! # Rules
//! - Competition ranking: equal scores share a rank, the next one counts everybody ahead: 1, 2, 2, 4.
//! - The board of a concluded competition stays as it stood at its conclusion.
//! - Without `within` a board covers as much as the viewer's roles reach.
//! - A board of round scores shows what is published, for a quarter or a year. Equal scores are parted only where the
//!   rules of every published round of the period do, as far as it covers a branch on the board.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject};
use domain::branch::RankedBy;
use domain::id::{BranchId, CompetitionId};
use domain::period::{Grain, Period};
use domain::round::TieRule;
use domain::stream::StreamKind;
use projections::cell::{Cell, Column, ColumnType, Kind};
use projections::competitions::CompetitionRow;
use projections::leaderboard::{Board, Place, Ties};
use projections::row::Row as _;
use projections::standings::StandingRow;
use rust_decimal::Decimal as Number;
use uuid::Uuid;

use super::competition::Competition;
use super::figure::Standing;
use super::metric::Metric;
use super::published::published_rounds;
use super::subject::Subject;
use crate::fault::{Fault, Result};
use crate::input::{self, AsOf, PeriodInput};
use crate::page::{Connection, Page, When, bad_cursor, weight};
use crate::policy::{Action, Scope};
use crate::ports::{Moment, typed};
use crate::scalar::{Decimal, Position};
use crate::schema::READ;
use crate::session::Session;
use crate::words;

/// Whom a board ranks 排行对象.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum BoardSubject {
    /// 成员
    Member,
    /// 组织
    Branch,
}

impl From<BoardSubject> for StreamKind {
    fn from(subject: BoardSubject) -> Self {
        match subject {
            BoardSubject::Member => Self::Member,
            BoardSubject::Branch => Self::Branch,
        }
    }
}

/// What a board measures: exactly one of them.
#[derive(Debug, Clone, OneofObject)]
pub enum BoardMeasure {
    /// The code of a metric 指标.
    Metric(String),
    /// A competition 竞赛, which says by itself in what metric and by what it ranks.
    Competition(ID),
    /// The scores of published rounds 评议得分, for a quarter or a year: of a member the result, of a branch the mean of
    /// its members. Say true.
    RoundScore(bool),
}

/// A leaderboard 排行榜.
#[derive(Debug, Clone, InputObject)]
pub struct BoardInput {
    /// Members or branches; for a competition, those who compete in it.
    subject: BoardSubject,
    /// A metric or a competition.
    measure: BoardMeasure,
    /// For which period; left out for a competition: the whole time it runs.
    period: Option<PeriodInput>,
    /// Only in the subtree of this branch; as far as your roles reach where it is left out.
    within: Option<ID>,
    /// By what a metric's board ranks; a competition says it by itself.
    #[graphql(default_with = "words::RankedBy::Value")]
    ranked_by: words::RankedBy,
}

fn no_period() -> Fault {
    Fault::bad("board.no_period", &[], "a metric's board needs a period; give one", "指标排行榜须指定期间")
}

fn unknown_competition(competition: CompetitionId) -> Fault {
    let facts = [("competition", competition.to_string())];
    let message = format!("there is no competition {competition} at that position");
    Fault::bad("competition.unknown", &facts, &message, &format!("该位置上没有竞赛 {competition}"))
}

fn period_outside(asked: Period, runs: Period) -> Fault {
    let facts = [("period", asked.to_string()), ("competition", runs.to_string())];
    let message = format!("{asked} is not within {runs}, the time the competition runs");
    Fault::bad("board.period_outside", &facts, &message, &format!("{asked} 不在竞赛期间 {runs} 之内"))
}

fn scores_unfit() -> Fault {
    let message = "a board of round scores is for a quarter or a year, ranks by value, and takes roundScore: true";
    let zh = "评议得分排行榜须按季或按年、按数值排名,且 roundScore 须为 true";
    Fault::bad("board.scores_unfit", &[], message, zh)
}

fn wrong_subject() -> Fault {
    let message = "the competition is among the others; change subject";
    Fault::bad("board.wrong_subject", &[], message, "该竞赛的参赛对象不是所选类别;请更改 subject")
}

/// A board as far as the viewer reaches, the moment it is read as of, and the metric it is in; none of round scores.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The board.
    pub board: Board,
    /// The moment.
    pub at: Moment,
    /// The metric.
    pub metric: Option<Metric>,
}

impl BoardInput {
    /// The board that was meant.
    ///
    /// # Errors
    /// `metric.unknown`, `competition.unknown`, `board.*`, `input.*`, [`Fault::Denied`], [`Fault::Read`].
    pub async fn read(&self, session: &Session, at: Moment) -> Result<Reading> {
        let period = input::asked(self.period.as_ref().map(PeriodInput::read).transpose())?;
        let within: Option<BranchId> = input::some_id("within", self.within.as_ref())?;
        match &self.measure {
            BoardMeasure::Metric(code) => {
                let period = period.ok_or_else(no_period)?;
                self.of_metric(session, code, period, within, at).await
            }
            BoardMeasure::Competition(id) => self.of_competition(session, id, period, within, at).await,
            BoardMeasure::RoundScore(asked) => {
                let period = period.ok_or_else(no_period)?;
                let fits = *asked && period.grain() != Grain::Month && self.ranked_by == words::RankedBy::Value;
                match fits {
                    true => self.of_scores(session, period, within, at).await,
                    false => Err(scores_unfit()),
                }
            }
        }
    }

    async fn of_scores(
        &self,
        session: &Session,
        period: Period,
        within: Option<BranchId>,
        at: Moment,
    ) -> Result<Reading> {
        let scope = session.scope(Action::SeeBoards, within, at.position).await?;
        let ties = ties(session, period, &scope, at).await?;
        let within = scope.branches().map(<[BranchId]>::to_vec);
        Ok(Reading { board: Board::of_scores(self.subject.into(), period, ties, within), at, metric: None })
    }

    async fn of_metric(
        &self,
        session: &Session,
        code: &str,
        period: Period,
        within: Option<BranchId>,
        at: Moment,
    ) -> Result<Reading> {
        let scope = session.scope(Action::SeeBoards, within, at.position).await?;
        let metric = input::asked(input::metric(code))?;
        let known = Metric::known(session, &metric, at).await?;
        let (subjects, ranked_by, direction) = (self.subject.into(), self.ranked_by.into(), known.better());
        let within = scope.branches().map(<[BranchId]>::to_vec);
        let board = Board { subjects, metric, period, ranked_by, direction, ties: Ties::Shared, within };
        Ok(Reading { board, at, metric: Some(known) })
    }

    async fn of_competition(
        &self,
        session: &Session,
        id: &ID,
        period: Option<Period>,
        within: Option<BranchId>,
        at: Moment,
    ) -> Result<Reading> {
        let competition: CompetitionId = input::asked(input::id("competition", id))?;
        let found = Competition::find(session, competition, at).await?;
        let found = found.ok_or_else(|| unknown_competition(competition))?;
        let row = found.row();
        let period = period.unwrap_or(row.period);
        if period.first_day() < row.period.first_day() || period.end_day() > row.period.end_day() {
            return Err(period_outside(period, row.period));
        }
        let reading = board_of_competition(session, row, period, within, at).await?;
        match reading.board.subjects == StreamKind::from(self.subject) {
            true => Ok(reading),
            false => Err(wrong_subject()),
        }
    }
}

/// What becomes of equal scores: they are parted where the rules of all the published rounds do.
async fn ties(session: &Session, period: Period, scope: &Scope, at: Moment) -> Result<Ties> {
    let rounds = published_rounds(session, period, scope, at).await?;
    let parts = match period.grain() {
        Grain::Year => TieRule::Performance,
        Grain::Quarter | Grain::Month => TieRule::LeaderScore,
    };
    let rules: Vec<_> = rounds.iter().filter_map(|row| row.rules.as_ref()).collect();
    match !rules.is_empty() && rules.iter().all(|rules| rules.0.ties.contains(&parts)) {
        true => Ok(Ties::Parted),
        false => Ok(Ties::Shared),
    }
}

/// The board of a competition as far as the viewer reaches, read as of its conclusion once it is concluded.
///
/// # Errors
/// [`Fault::Denied`], `metric.unknown`, [`Fault::Read`].
pub async fn board_of_competition(
    session: &Session,
    row: &CompetitionRow,
    period: Period,
    within: Option<BranchId>,
    at: Moment,
) -> Result<Reading> {
    let concluded = row.concluded_at.and_then(|at| u64::try_from(at).ok()).map(domain::stream::Position);
    let at = match concluded {
        Some(position) => session.pin_at(position).await?,
        None => at,
    };
    let metric = Metric::known(session, &row.metric, at).await?;
    let scope = session.scope(Action::SeeBoards, within, at.position).await?;
    let mut competing = session.tree(at.position).await?.within(row.branch);
    competing.retain(|branch| scope.branches().is_none_or(|reached| reached.contains(branch)));
    let mut board = Board { period, ..Board::of_competition(row, metric.better(), competing) };
    if row.branch == BranchId::root() && scope.branches().is_none() {
        board.within = None;
    }
    Ok(Reading { board, at, metric: Some(metric) })
}

/// A subject's place on a board.
#[derive(Debug, Clone)]
pub struct Entry {
    rank: u64,
    number: Number,
    ranked_by: RankedBy,
    subject: Subject,
    standing: Standing,
}

impl Entry {
    /// A place, with its rank, on a board that was read.
    #[must_use]
    pub fn of(reading: &Reading, rank: u64, row: StandingRow) -> Self {
        let number = reading.board.number(&row).unwrap_or_default();
        let subject = Subject::new(row.subject_kind, row.subject, reading.at);
        let standing = Standing::of(row, reading.metric.clone(), reading.at);
        Self { rank, number, ranked_by: reading.board.ranked_by, subject, standing }
    }

    /// Notes that it is about to be shown.
    pub fn note(&self, session: &Session) {
        session.note_place(self.standing.row(), self.standing.at());
    }

    fn shown(&self, number: Number) -> Decimal {
        match (self.ranked_by, self.standing.known_metric()) {
            (RankedBy::Value, Some(metric)) => metric.number(number),
            (RankedBy::Value, None) | (RankedBy::PlanCompletion | RankedBy::Growth, _) => {
                Decimal::with_places(number, 2)
            }
        }
    }

    /// How much more the score is than an earlier one.
    #[must_use]
    pub fn score_since(&self, earlier: &Self) -> Option<Decimal> {
        self.number.checked_sub(earlier.number).map(|more| self.shown(more))
    }

    /// What it says, whenever it says it.
    #[must_use]
    pub fn said(&self) -> (u64, StandingRow) {
        (self.rank, self.standing.row().clone())
    }
}

/// A subject's place on a board, with the figure behind it 名次.
#[Object(name = "LeaderboardEntry")]
impl Entry {
    /// The rank: 1 and how many are strictly ahead.
    async fn rank(&self) -> u64 {
        self.rank
    }

    /// The number that is ranked: in the metric's unit, or in percent.
    async fn score(&self) -> Decimal {
        self.shown(self.number)
    }

    /// Who is ranked.
    async fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The figure behind it.
    #[graphql(flatten)]
    async fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// What a cursor of a board holds: the ranked number, what parts it from an equal one, and the subject.
pub const PLACE: [Column; 3] = [
    Column { name: "number", kind: Kind::Decimal, nullable: false },
    Column { name: "tie", kind: Kind::Decimal, nullable: true },
    Column { name: "subject", kind: Kind::Uuid, nullable: false },
];

/// A place as a cursor holds it.
#[must_use]
pub fn cells_of(place: Place) -> Vec<Cell> {
    vec![Cell::Decimal(place.number), place.tie.to_cell(), Cell::Uuid(place.subject)]
}

/// The place that a cursor holds.
#[must_use]
pub fn place(cells: &[Cell]) -> Option<Place> {
    let [Cell::Decimal(number), tie, Cell::Uuid(subject)] = cells else { return None };
    Some(Place { number: *number, tie: ColumnType::from_cell(tie.clone())?, subject: *subject })
}

/// A page of a board.
///
/// # Errors
/// `page.bad_cursor`, [`Fault::Read`].
pub async fn page_of(session: &Session, reading: &Reading, page: &Page) -> Result<Connection<Entry>> {
    let after = page.place(&PLACE)?.map(|cells| place(&cells).ok_or_else(bad_cursor)).transpose()?;
    let at = reading.at.position;
    let rows = session.reads().board(&reading.board, at, after, page.limit + 1).await?;
    let entry = |(rank, cells)| {
        let row: StandingRow = typed(cells)?;
        let cells = reading.board.place(&row).map(cells_of).unwrap_or_default();
        Ok((cells, Entry::of(reading, rank, row)))
    };
    let entries: Vec<(Vec<Cell>, Entry)> = rows.into_iter().map(entry).collect::<Result<_>>()?;
    entries.iter().take(page.limit).for_each(|(_, entry)| entry.note(session));
    page.goes_on_in(session, StandingRow::TABLE)?;
    Ok(Connection::of_fold(session, page, StandingRow::TABLE, at, entries))
}

/// Leaderboards.
#[derive(Default)]
pub struct BoardQuery;

#[Object]
impl BoardQuery {
    /// A leaderboard 排行榜, the best first; who has no score is not on it.
    #[graphql(complexity = "READ + weight(first, child_complexity)")]
    async fn leaderboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which board.")] board: BoardInput,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Entry>>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let page = Page::read(ctx, first, after.as_deref())?;
        let at = session.pin_page(&page, When::read(as_of, at_least)).await?;
        page_of(session, &board.read(session, at).await?, &page).await.map(Some)
    }

    /// One subject's place on a leaderboard 名次; null where it is not ranked.
    #[graphql(complexity = "READ + child_complexity")]
    async fn rank(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which board.")] board: BoardInput,
        #[graphql(desc = "The id of the member or branch.")] subject: ID,
        #[graphql(desc = "The moment to read as of; now where it is left out.")] as_of: Option<AsOf>,
        #[graphql(desc = "Wait, for a bounded time, until this position is known.")] at_least: Option<Position>,
    ) -> Result<Option<Entry>> {
        let session = Session::of(ctx);
        session.signed_in()?;
        let subject: Uuid = input::asked(input::id("subject", &subject))?;
        let at = session.pin_for(When::read(as_of, at_least)).await?;
        let reading = board.read(session, at).await?;
        let found = session.reads().rank(&reading.board, subject, reading.at.position).await?;
        let found: Option<Entry> =
            found.map(|(rank, cells)| Ok::<_, Fault>(Entry::of(&reading, rank, typed(cells)?))).transpose()?;
        Ok(found.inspect(|entry| entry.note(session)))
    }
}
