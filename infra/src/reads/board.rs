//! Leaderboards as SQL over the standings, as of a position: competition ranking 1, 2, 2, 4.

use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use graphql::ports::ReadError;
use projections::cell::{Cell, ColumnType, Kind};
use projections::leaderboard::Board;
use projections::members::MemberRow;
use projections::row::Row;
use projections::standings::StandingRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::select::{Statement, conditions, failed};
use crate::fold::cells::read;

/// The tables a board is read from.
pub struct Tables {
    standings: String,
    members: String,
}

impl Tables {
    /// The serving tables, by their projections' names.
    ///
    /// # Errors
    /// Those of the look-up.
    pub fn of(table: impl Fn(&str) -> Result<String, ReadError>) -> Result<Self, ReadError> {
        Ok(Self { standings: table(StandingRow::TABLE)?, members: table(MemberRow::TABLE)? })
    }
}

/// The standings of a board, `s`, without an order.
fn standings(
    statement: &mut Statement,
    what: &str,
    tables: &Tables,
    board: &Board,
    at: Position,
) -> Result<(), ReadError> {
    let (standings, members) = (&tables.standings, &tables.members);
    let position = statement.number(at.0);
    statement.push(&format!(
        "select {what} from {standings} s where s.from_position <= {position} and s.until_position > {position}"
    ));
    conditions(statement, &board.conditions(), StandingRow::COLUMNS)?;
    if let Some(within) = &board.within {
        let within = statement.bind_many(Kind::Uuid, within.iter().map(ColumnType::to_cell).collect());
        match board.subjects {
            StreamKind::Branch | StreamKind::Round => statement.push(&format!(" and s.subject = any({within})")),
            StreamKind::Member => statement.push(&format!(
                " and exists (select from {members} m where m.member = s.subject and m.branch = any({within}) \
                 and m.from_position <= {position} and m.until_position > {position})"
            )),
        };
    }
    Ok(())
}

fn columns() -> String {
    StandingRow::COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// What stands strictly ahead of a number in this direction, and how the best come first.
fn direction(board: &Board) -> (&'static str, &'static str) {
    match board.better() {
        Direction::HigherIsBetter => (">", "desc"),
        Direction::LowerIsBetter => ("<", "asc"),
    }
}

/// A page: what follows the place of the last row had, its ranked number and its subject.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn page(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    after: Option<(Cell, Uuid)>,
    limit: usize,
) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
    let (ranked, columns) = (board.column(), columns());
    let (_, best_first) = direction(board);
    let mut statement = Statement::default();
    statement.push(&format!("select rank, {columns} from ("));
    let what = format!("rank() over (order by {ranked} {best_first}) as rank, {columns}");
    standings(&mut statement, &what, tables, board, at)?;
    statement.push(") as ranked");
    if let Some((number, subject)) = after {
        let behind = if best_first == "desc" { "<" } else { ">" };
        let number = statement.bind(Kind::Decimal, number);
        let subject = statement.bind(Kind::Uuid, Cell::Uuid(subject));
        statement
            .push(&format!(" where ({ranked} {behind} {number} or ({ranked} = {number} and subject > {subject}))"));
    }
    let limit = statement.number(limit as u64);
    statement.push(&format!(" order by {ranked} {best_first}, subject limit {limit}"));
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter()
        .map(|row| {
            let rank = row.try_get::<i64, _>(0).map_err(failed)?;
            Ok((rank.unsigned_abs(), read(row, StandingRow::COLUMNS, 1).map_err(failed)?))
        })
        .collect()
}

/// One subject's rank: one more than how many stand strictly ahead of it.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn rank(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    subject: Uuid,
    at: Position,
) -> Result<Option<(u64, Vec<Cell>)>, ReadError> {
    let mut statement = Statement::default();
    standings(&mut statement, &columns(), tables, board, at)?;
    let own = statement.bind(Kind::Uuid, Cell::Uuid(subject));
    statement.push(&format!(" and s.subject = {own}"));
    let Some(row) = statement.query().fetch_optional(pool).await.map_err(failed)? else { return Ok(None) };
    let cells = read(&row, StandingRow::COLUMNS, 0).map_err(failed)?;
    let number = StandingRow::COLUMNS.iter().zip(&cells).find(|(column, _)| column.name == board.column());
    let number = number.map_or(Cell::Null, |(_, cell)| cell.clone());
    let (ahead, _) = direction(board);
    let mut statement = Statement::default();
    standings(&mut statement, "count(*)", tables, board, at)?;
    let number = statement.bind(Kind::Decimal, number);
    statement.push(&format!(" and s.{} {ahead} {number}", board.column()));
    let row = statement.query().fetch_one(pool).await.map_err(failed)?;
    let better = row.try_get::<i64, _>(0).map_err(failed)?;
    Ok(Some((better.unsigned_abs() + 1, cells)))
}
