//! A board of a million subjects with ten changes each: pages, a rank, the report, and a large round, as of moments early,
//! in the middle and at the end of what happened to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::branch::RankedBy;
use domain::id::RoundId;
use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use graphql::ports::{Reads, typed};
use infra::postgres::Cluster;
use projections::cell::ColumnType;
use projections::leaderboard::{Board, Place, Ties};
use projections::moves::Between;
use projections::round_people::RoundPersonRow;
use projections::rounds::RoundRow;
use projections::select::{Condition, Select};
use projections::standings::StandingRow;
use sqlx::{Executor, PgPool};

use self::fill::{CHANGES, subject};
use crate::Failure;
use crate::ours::Ours;
use crate::rate::{Rate, millis};
use crate::rounds::Round;
use crate::table::Table;

mod fill;

/// How many are on the board where nothing else is said.
pub const SUBJECTS: u64 = 1_000_000;
/// How many questions of each are measured.
const TIMES: u64 = 400;
/// As many rows as a page of a hundred reads.
const PAGE: usize = 101;
/// How many changes lie between two moments that are compared.
const CHANGED: u64 = 1_000;
/// What is asked for: a page or a rank within this at the server.
const BAR: Duration = Duration::from_millis(10);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Question {
    FirstPage,
    AnyPage,
    LastPage,
    Rank,
    Change,
    Report,
    Round,
}

const QUESTIONS: [(Question, &str); 7] = [
    (Question::FirstPage, "the best page of the board"),
    (Question::AnyPage, "a page of it anywhere"),
    (Question::LastPage, "the last page of it"),
    (Question::Rank, "the rank of one"),
    (Question::Change, "who moved within a thousand changes: the first page of them"),
    (Question::Report, "the year's report"),
    (Question::Round, "a round of 500 with 20,000 events: its state and 101 people"),
];

/// Fills the board and measures.
pub async fn measure(cluster: &Cluster, subjects: u64) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_board").await?;
    let opened = ours.app.reads.head().await?.position;
    let round = Round::open(&ours).await?;
    round.fill().await?;
    ours.caught_up().await?;
    let start = Position(ours.app.reads.head().await?.position.0 + 1);
    let (pool, begun) = (&ours.app.pool, Instant::now());
    fill::rows(pool, start, subjects).await?;
    eprintln!("the rows are there after {:?}", begun.elapsed());
    let took_in = Instant::now();
    fill::ranks(pool, start, subjects).await?;
    let rate = Rate::bulk(subjects * CHANGES, took_in.elapsed());
    let last = Position(start.0 + subjects * CHANGES);
    let owner = PgPool::connect_with(cluster.ensure_database("bench_board").await?.owner).await?;
    owner.execute(format!("update log_head set position = {}", last.0).as_str()).await?;
    pool.execute(format!("update projections set checkpoint = {}, epoch = epoch + 1", last.0).as_str()).await?;
    ours.app.reads.pin(None, Some(last)).await?;

    let title = format!("A board of {subjects} subjects, {CHANGES} changes each, one question at a time");
    let mut table = Table::new(&title, &["", "moments", "p50 ms", "p99 ms", "worst ms"]);
    let asked = Asked { reads: ours.app.reads.clone(), pool: pool.clone(), subjects, round: round.id() };
    let (mut slowest, mut report, mut state) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for (question, what) in QUESTIONS {
        let (begin, end) = if question == Question::Round { (opened, start) } else { (start, last) };
        for (when, tenths) in [("early", 1..3), ("in the middle", 4..6), ("now", 10..10)] {
            let tenth = (end.0 - begin.0) / 10;
            let at = |number: u64| {
                Position(
                    begin.0 + tenth * tenths.start + number * 7_919 % (tenth * (tenths.end - tenths.start) + 1) - 1,
                )
            };
            let p99 = row(&mut table, [what, when], asked.times(question, at).await?);
            let most = match question {
                Question::Report => &mut report,
                Question::Round => &mut state,
                // What it takes is that of the changes between, whatever the board's size; no bar is set for it.
                Question::Change => continue,
                _of_the_board => &mut slowest,
            };
            *most = p99.max(*most);
        }
    }
    let wanted = |what: &str| format!("{what}, {subjects} subjects, any moment: p99 under 10 ms");
    table.bar_time(&wanted("a page or a rank of a board"), slowest, BAR);
    table.bar_time(&wanted("the year's report"), report, BAR);
    table.bar_time(&wanted("a round's state"), state, BAR);
    table.note(format!("Taken into the ranks: {} changes a second, in bulk.", rate.per_second()));
    ours.stop().await;
    Ok(table)
}

/// Adds a row; answers its p99.
fn row(table: &mut Table, [what, when]: [&str; 2], mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let [p50, p99, worst] = [times.len() / 2, times.len() * 99 / 100, times.len() - 1].map(|at| times[at]);
    let shown = [p50, p99, worst].map(millis);
    table.row([what.to_owned(), when.to_owned()].into_iter().chain(shown).collect());
    p99
}

/// Who asks.
struct Asked {
    reads: Arc<dyn Reads>,
    pool: PgPool,
    subjects: u64,
    round: RoundId,
}

impl Asked {
    async fn times(&self, question: Question, at: impl Fn(u64) -> Position) -> Result<Vec<Duration>, Failure> {
        let mut times = Vec::new();
        for number in 0..TIMES {
            let (at, subject) = (at(number), subject(number * 104_729 % self.subjects));
            let after = match question {
                Question::AnyPage => self.place(Some(subject), at).await?,
                Question::LastPage => self.place(fill::last_but(&self.pool, at).await?, at).await?,
                _none => None,
            };
            let begun = Instant::now();
            match question {
                Question::FirstPage | Question::AnyPage | Question::LastPage => {
                    let page = self.reads.board(&board(), at, after, PAGE).await?;
                    if page.is_empty() {
                        return Err("a page is empty".into());
                    }
                }
                Question::Rank => _ = self.reads.rank(&board(), subject, at).await?,
                Question::Change => {
                    let from = Position(at.0.saturating_sub(CHANGED));
                    let between = Between { before: board(), from, after: board(), to: at };
                    let (moved, page) = self.reads.moved(&between, None, PAGE).await?;
                    if moved == 0 || page.is_empty() {
                        return Err("nobody moved".into());
                    }
                }
                Question::Report => _ = infra::report::gather(&*self.reads, "2022".parse()?, at).await?,
                Question::Round => self.round(at).await?,
            }
            times.push(begun.elapsed());
        }
        Ok(times)
    }

    async fn place(&self, subject: Option<uuid::Uuid>, at: Position) -> Result<Option<Place>, Failure> {
        let Some(subject) = subject else { return Ok(None) };
        let Some((_, cells)) = self.reads.rank(&board(), subject, at).await? else { return Ok(None) };
        Ok(board().place(&typed::<StandingRow>(cells)?))
    }

    async fn round(&self, at: Position) -> Result<(), Failure> {
        let of_it = Condition::Equals("round", self.round.to_cell());
        self.reads.rows(&Select::<RoundRow>::first(1).only(of_it.clone()), at).await?;
        self.reads.rows(&Select::<RoundPersonRow>::first(PAGE).only(of_it), at).await?;
        Ok(())
    }
}

fn board() -> Board {
    Board {
        subjects: StreamKind::Member,
        metric: "balance_daily".parse().unwrap_or_else(|_| unreachable!()),
        period: "2022".parse().unwrap_or_else(|_| unreachable!()),
        ranked_by: RankedBy::Value,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    }
}
