//! A board of a million subjects with ten changes each: a page and a rank as of moments in the middle of the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::branch::RankedBy;
use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use graphql::ports::{Reads, typed};
use infra::fold::ranks::{self, Move, SIZE, Tables};
use infra::postgres::Cluster;
use projections::leaderboard::{Board, Place, Ties, group};
use projections::standings::StandingRow;
use rust_decimal::Decimal;
use sqlx::{Executor, PgPool};
use uuid::Uuid;

use crate::Failure;
use crate::ours::Ours;
use crate::rate::Rate;
use crate::table::Table;

/// How many are on the board where nothing else is said, and how often each changes.
pub const SUBJECTS: u64 = 1_000_000;
const CHANGES: u64 = 10;
/// How many changes are taken in at once.
const BATCH: u64 = 20_000;
/// How many of each are measured.
const TIMES: usize = 400;

/// Fills the board and measures.
pub async fn measure(cluster: &Cluster, subjects: u64) -> Result<Table, Failure> {
    let ours = Ours::start(cluster, "bench_board").await?;
    ours.caught_up().await?;
    let start = Position(ours.app.reads.head().await?.position.0 + 1);
    let begun = Instant::now();
    fill(&ours.app.pool, start, subjects).await?;
    eprintln!("the standings are there after {:?}", begun.elapsed());
    let took_in = Instant::now();
    keep(&ours.app.pool, start, subjects).await?;
    let rate = Rate::bulk(subjects * CHANGES, took_in.elapsed());
    let last = Position(start.0 + subjects * CHANGES);
    let sql = format!("update log_head set position = {0}; ", last.0);
    cluster_owner(cluster).await?.execute(sql.as_str()).await?;
    ours.app
        .pool
        .execute(format!("update projections set checkpoint = {}, epoch = epoch + 1", last.0).as_str())
        .await?;
    ours.app.reads.pin(None, Some(last)).await?;
    let title = format!("A board of {subjects} subjects, {CHANGES} changes each, one question at a time");
    let mut table = Table::new(&title, &["", "moments", "p50 ms", "p99 ms", "worst ms"]);
    let (reads, mut slowest): (Arc<dyn Reads>, _) = (ours.app.reads.clone(), Duration::ZERO);
    for (name, from, upto) in [("in the middle of the log", 4, 6), ("now", 10, 10)] {
        let at =
            |number: u64| Position(start.0 + subjects * from + number * 7_919 % (subjects * (upto - from) + 1) - 1);
        for (what, question) in [("the best page", 0), ("a page anywhere", 1), ("the last page", 2), ("a rank", 3)] {
            let mut times = Vec::with_capacity(TIMES);
            for number in 0..TIMES as u64 {
                let (at, subject) = (at(number), subject(number * 104_729 % subjects));
                let own = match question {
                    0 | 3 => None,
                    1 => reads.rank(&board(), subject, at).await?,
                    _ => last_but(&ours.app.pool, &*reads, at).await?,
                };
                let after = own.map(|(_, cells)| typed::<StandingRow>(cells)).transpose()?;
                let after = after.and_then(|row| board().place(&row));
                let begun = Instant::now();
                match question {
                    3 => drop(reads.rank(&board(), subject, at).await?),
                    _ => drop(reads.board(&board(), at, after, 101).await?),
                }
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            slowest = slowest.max(times[TIMES * 99 / 100]);
            let shown = |of: Duration| format!("{}.{:02}", of.as_micros() / 1000, of.as_micros() % 1000 / 10);
            let [p50, p99, worst] = [TIMES / 2, TIMES * 99 / 100, TIMES - 1].map(|at| shown(times[at]));
            table.row(vec![what.into(), name.into(), p50, p99, worst]);
        }
    }
    let wanted = format!("a page or a rank of a board of {subjects}, any moment: p99 under 10 ms");
    table.bar_time(&wanted, slowest, Duration::from_millis(10));
    let title = format!("taken in: {} changes /s", rate.per_second());
    table.row(vec![title, String::new(), String::new(), String::new(), String::new()]);
    ours.stop().await;
    Ok(table)
}

async fn cluster_owner(cluster: &Cluster) -> Result<PgPool, Failure> {
    Ok(PgPool::connect_with(cluster.ensure_database("bench_board").await?.owner).await?)
}

fn board() -> Board {
    Board {
        subjects: StreamKind::Member,
        metric: "premium".parse().unwrap_or_else(|_| unreachable!()),
        period: "2022".parse().unwrap_or_else(|_| unreachable!()),
        ranked_by: RankedBy::Value,
        direction: Direction::HigherIsBetter,
        ties: Ties::Shared,
        within: None,
    }
}

fn subject(number: u64) -> Uuid {
    Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number)
}

/// What a subject has after so many changes: a sum that grows.
fn value(number: u64, changes: u64) -> u64 {
    (0..=changes).map(|change| 1 + (number * 31 + change * 7_727) * 2_654_435_761 % 1_000_003 % 9_973).sum()
}

/// The place of a subject some fifty from the end.
async fn last_but(
    pool: &PgPool,
    reads: &dyn Reads,
    at: Position,
) -> Result<Option<(u64, Vec<projections::cell::Cell>)>, Failure> {
    let sql = "select subject from standings_places_g1 p where board = $1 and from_position <= $2 and until_position > $2 \
               and leaf = (select leaf from standings_leaves_g1 where board = $1 and from_position <= $2 \
               and until_position > $2 and live > 60 order by low_number limit 1) order by number offset 50 limit 1";
    let board_id: i64 = sqlx::query_scalar("select id * 4 from standings_groups_g1 where kept").fetch_one(pool).await?;
    let found: Option<Uuid> =
        sqlx::query_scalar(sql).bind(board_id).bind(at.0.cast_signed()).fetch_optional(pool).await?;
    match found {
        Some(subject) => Ok(reads.rank(&board(), subject, at).await?),
        None => Ok(None),
    }
}

/// The rows, one by one position, as the fold would have written them; look-ups that no page of the board uses are left
/// out.
async fn fill(pool: &PgPool, start: Position, subjects: u64) -> Result<(), Failure> {
    let mut connection = pool.acquire().await?;
    connection
        .execute(
            "drop index standings_g1_by1; drop index standings_g1_by2; drop index standings_g1_by3; \
             drop index standings_g1_by4; drop index standings_g1_holds; alter table standings_g1 drop constraint standings_g1_key",
        )
        .await?;
    let sql = "copy standings_g1 (subject_kind, metric, period, subject, value, direction, weighted_sum, days, results, \
               at_least, parts, scores, from_position, until_position) from stdin";
    let mut copy = sqlx::postgres::PgConnection::copy_in_raw(&mut connection, sql).await?;
    for change in 0..CHANGES {
        for some in 0..subjects / BATCH {
            let mut text = String::with_capacity(1 << 20);
            for number in some * BATCH..(some + 1) * BATCH {
                let (from, value) = (start.0 + change * subjects + number, value(number, change));
                let until = if change + 1 == CHANGES { i64::MAX.unsigned_abs() } else { from + subjects };
                text += &format!(
                    "member\tpremium\t2022\t{}\t{value}\thigher_is_better\t{value}\t31\t1\t0\t\t[]\t{from}\t{until}\n",
                    subject(number),
                );
            }
            copy.send(text.into_bytes()).await?;
        }
    }
    copy.finish().await?;
    connection
        .execute(
            "alter table standings_g1 add constraint standings_g1_key \
             primary key (subject_kind, metric, period, subject, from_position)",
        )
        .await?;
    Ok(())
}

async fn keep(pool: &PgPool, start: Position, subjects: u64) -> Result<(), Failure> {
    let tables = Tables::of("standings", 1);
    let mut connection = pool.acquire().await?;
    let name = group(StreamKind::Member, &board().metric, board().period);
    let sql = format!("insert into {} values ($1, 1000, 0, false)", tables.groups);
    sqlx::query(&sql).bind(name).execute(&mut *connection).await?;
    ranks::keep(&mut connection, &tables, 1_000, &[]).await?;
    for some in 0..subjects * CHANGES / BATCH {
        let moved = |number: u64| {
            let (change, of) = (number / subjects, number % subjects);
            let place = |change| Place { number: Decimal::from(value(of, change)), tie: None, subject: subject(of) };
            Move {
                at: Position(start.0 + number),
                before: change.checked_sub(1).map(place),
                after: Some(place(change)),
            }
        };
        let moves: Vec<Move> = (some * BATCH..(some + 1) * BATCH).map(moved).collect();
        connection.execute("begin; set local synchronous_commit = off").await?;
        ranks::take_in(&mut connection, &tables, 4_000, &moves, SIZE).await?;
        connection.execute("commit").await?;
        if some % 50 == 0 {
            eprintln!("{} changes taken in", some * BATCH);
        }
    }
    Ok(())
}
