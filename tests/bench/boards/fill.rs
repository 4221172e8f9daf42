//! The rows, ranks and tallies of a large board, as the folds would have written them: in bulk, through the tables' own
//! shapes. Each change is one position.

use domain::stream::{Position, StreamKind};
use infra::fold::ranks::{self, Move, SIZE, Tables};
use projections::leaderboard::{Place, group};
use rust_decimal::Decimal;
use sqlx::{ConnectOptions, Executor, PgConnection, PgPool};
use uuid::Uuid;

use super::board;
use crate::Failure;

/// How often each subject changes.
pub const CHANGES: u64 = 10;
/// How many rows are copied at once.
const BATCH: u64 = 20_000;
/// How many changes are taken into the ranks in one transaction.
const TAKEN: u64 = 100_000;
/// The number of the group: the board by value is its first.
const GROUP: i64 = 1_000;

/// A connection whose statements take as long as they take.
pub async fn unhurried(pool: &PgPool) -> Result<PgConnection, Failure> {
    Ok((*pool.connect_options()).clone().options([("statement_timeout", "0")]).connect().await?)
}

/// A subject of the board.
pub fn subject(number: u64) -> Uuid {
    Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number)
}

/// What a subject has after so many changes: a sum that grows past the bar of balances.
fn value(number: u64, changes: u64) -> u64 {
    (0..=changes).map(|change| 1 + (number * 31 + change * 7_727) * 2_654_435_761 % 1_000_003 % 9_973).sum::<u64>()
        * 100
}

/// Portions of so many from nothing up to an end.
fn portions(end: u64, each: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..end.div_ceil(each)).map(move |number| number * each..(number * each + each).min(end))
}

/// The standings, their tallies, and what else the report counts of the same members.
pub async fn rows(pool: &PgPool, start: Position, subjects: u64) -> Result<(), Failure> {
    let mut connection = unhurried(pool).await?;
    connection
        .execute(
            "drop index standings_g1_by1; drop index standings_g1_by2; drop index standings_g1_by3; \
             drop index standings_g1_by4; alter table standings_g1 drop constraint standings_g1_key",
        )
        .await?;
    let sql = "copy standings_g1 (subject_kind, metric, period, subject, value, direction, aggregation, weighted_sum, \
               days, results, at_least, parts, scores, from_position, until_position) from stdin";
    let mut copy = PgConnection::copy_in_raw(&mut connection, sql).await?;
    for change in 0..CHANGES {
        for portion in portions(subjects, BATCH) {
            let mut text = String::with_capacity(1 << 20);
            for number in portion {
                let (from, value) = (start.0 + change * subjects + number, value(number, change));
                let until = if change + 1 == CHANGES { i64::MAX.unsigned_abs() } else { from + subjects };
                text += &format!(
                    "member\tbalance_daily\t2022\t{}\t{value}\thigher_is_better\tdaily_mean\t{}\t31\t1\t0\t\t[]\t{from}\t{until}\n",
                    subject(number),
                    value * 31,
                );
            }
            copy.send(text.into_bytes()).await?;
        }
    }
    copy.finish().await?;
    let (first, last) = (start.0, start.0 + subjects - 1);
    for sql in [
        "set maintenance_work_mem = '512MB'",
        "alter table standings_g1 add constraint standings_g1_key \
         primary key (subject_kind, metric, period, subject, from_position)",
        "reset maintenance_work_mem",
    ] {
        connection.execute(sql).await?;
    }
    // Each member was registered, and has volunteered, where the first change is.
    let beside = format!(
        "insert into spells_g1 (subject, kind, spells, changed_on, changes, from_position, until_position) \
         select subject, 'duty', '2021-03-01/', '2021-03-01', 1, from_position, {holds} from standings_g1 \
         where metric = 'balance_daily' and from_position <= {last}; \
         {on_duty}; {known}; \
         insert into standings_tallies_g1 (name, year, value, parts, at_least, from_position, until_position) \
         select 'balance_over', 2022, nr, nr, 0, p, coalesce(lead(p) over (order by p), {holds}) from (\
         select p, row_number() over (order by p) as nr from (select min(from_position) as p from standings_g1 \
         where metric = 'balance_daily' and weighted_sum > 7000000 * days group by subject) as crossed) as numbered",
        holds = i64::MAX,
        on_duty = growing("spells_tallies_g1", "on_duty", 2021, first, last),
        known = growing("standings_tallies_g1", "balance_known", 2022, first, last),
    );
    connection.execute("set enable_seqscan = on; set work_mem = '256MB'").await?;
    connection.execute(beside.as_str()).await?;
    connection.execute("analyze standings_g1; analyze standings_tallies_g1; analyze spells_tallies_g1").await?;
    Ok(())
}

/// A tally that grows by one at each position, up from what it is.
fn growing(tallies: &str, name: &str, year: i64, first: u64, last: u64) -> String {
    let holds = i64::MAX;
    format!(
        "with stood as (update {tallies} set until_position = {first} where name = '{name}' and year = {year} \
         and until_position = {holds} returning parts), upto as (select coalesce(sum(parts), 0)::bigint as parts from stood) \
         insert into {tallies} (name, year, value, parts, at_least, from_position, until_position) \
         select '{name}', {year}, parts + p - {first} + 1, parts + p - {first} + 1, 0, p, \
         case p when {last} then {holds} else p + 1 end from upto cross join generate_series({first}::bigint, {last}) as p"
    )
}

/// The ranks, change by change, by what the folds take them along with.
pub async fn ranks(pool: &PgPool, start: Position, subjects: u64) -> Result<(), Failure> {
    let tables = Tables::of("standings", 1);
    let mut connection = unhurried(pool).await?;
    let name = group(StreamKind::Member, &board().metric, board().period);
    let sql = format!("insert into {} values ($1, {GROUP}, 0, false)", tables.groups);
    sqlx::query(&sql).bind(name).execute(&mut connection).await?;
    ranks::keep(&mut connection, &tables, GROUP, &[]).await?;
    for portion in portions(subjects * CHANGES, TAKEN) {
        let moved = |number: u64| {
            let (change, of) = (number / subjects, number % subjects);
            let place = |change| Place { number: Decimal::from(value(of, change)), tie: None, subject: subject(of) };
            Move {
                at: Position(start.0 + number),
                before: change.checked_sub(1).map(place),
                after: Some(place(change)),
            }
        };
        let begin = portion.start;
        let moves: Vec<Move> = portion.map(moved).collect();
        connection.execute("begin; set local synchronous_commit = off").await?;
        ranks::take_in(&mut connection, &tables, GROUP * 4, &moves, SIZE).await?;
        connection.execute("commit").await?;
        if begin % (10 * TAKEN) == 0 {
            eprintln!("{begin} changes taken in");
        }
    }
    Ok(())
}

/// Somebody some fifty places from the end as of a position.
pub async fn last_but(pool: &PgPool, at: Position) -> Result<Option<Uuid>, Failure> {
    let sql = format!(
        "select subject from standings_places_g1 p where board = {board} and from_position <= $1 and until_position > $1 \
         and leaf = (select leaf from standings_leaves_g1 where int8range(board, board, '[]') @> {board}::bigint \
         and numrange(low_number, high_number, '[]') @> '-infinity'::numeric \
         and int8range(from_position, until_position) @> $1) order by number, tie, subject desc offset 50 limit 1",
        board = GROUP * 4,
    );
    Ok(sqlx::query_scalar(&sql).bind(at.0.cast_signed()).fetch_optional(pool).await?)
}
