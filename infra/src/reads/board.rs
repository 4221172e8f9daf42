//! Leaderboards as SQL over the standings, as of a position: competition ranking 1, 2, 2, 4.

use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use graphql::ports::{ReadError, typed};
use projections::cell::{Cell, ColumnType, Kind};
use projections::leaderboard::{Board, Place, Ties};
use projections::members::MemberRow;
use projections::row::Row;
use projections::standings::StandingRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::ranks::Kept;
use super::select::{Statement, conditions, failed};
use crate::fold::cells::read;
use crate::fold::ranks::Tables as Ranks;

/// The tables a board is read from.
pub struct Tables {
    standings: String,
    members: String,
    ranks: Option<Ranks>,
}

impl Tables {
    /// The board's ranks, where they are kept.
    async fn kept<'a>(&'a self, pool: &'a PgPool, board: &Board, at: Position) -> Result<Option<Kept<'a>>, ReadError> {
        match &self.ranks {
            Some(ranks) => Kept::find(pool, ranks, board, at).await,
            None => Ok(None),
        }
    }

    /// The serving tables, by their projections' names.
    ///
    /// # Errors
    /// Those of the look-up.
    pub fn of(table: impl Fn(&str) -> Result<String, ReadError>, ranks: Option<Ranks>) -> Result<Self, ReadError> {
        Ok(Self { standings: table(StandingRow::TABLE)?, members: table(MemberRow::TABLE)?, ranks })
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

/// How the best come first.
fn best_first(board: &Board) -> String {
    let way = match board.better() {
        Direction::HigherIsBetter => "desc",
        Direction::LowerIsBetter => "asc",
    };
    let tie = match board.ties {
        Ties::Shared => "",
        Ties::Parted => ", tie_key desc nulls last",
    };
    format!("{} {way}{tie}", board.column())
}

/// What is ranked strictly behind a place, and what shares its rank.
fn behind(statement: &mut Statement, board: &Board, place: &Place) -> [String; 2] {
    let less = if board.better() == Direction::HigherIsBetter { "<" } else { ">" };
    apart(statement, board, place, less, ["tie_key is null or tie_key <", "false"])
}

/// What is ranked strictly ahead of a place, and what shares its rank.
fn ahead(statement: &mut Statement, board: &Board, place: &Place) -> [String; 2] {
    let more = if board.better() == Direction::HigherIsBetter { ">" } else { "<" };
    apart(statement, board, place, more, ["tie_key >", "tie_key is not null"])
}

/// What is apart from a place one way, by its number, or by its tie key where the number is the same; and what is level.
fn apart(
    statement: &mut Statement,
    board: &Board,
    place: &Place,
    way: &str,
    [than_a_key, than_none]: [&str; 2],
) -> [String; 2] {
    let ranked = board.column();
    let number = statement.bind(Kind::Decimal, Cell::Decimal(place.number));
    let (apart, level) = match (board.ties, place.tie) {
        (Ties::Shared, _) => ("false".to_owned(), "true".to_owned()),
        (Ties::Parted, None) => (than_none.to_owned(), "tie_key is null".to_owned()),
        (Ties::Parted, Some(key)) => {
            let key = statement.bind(Kind::Decimal, Cell::Decimal(key));
            (format!("({than_a_key} {key})"), format!("tie_key = {key}"))
        }
    };
    [
        format!("({ranked} {way} {number} or ({ranked} = {number} and {apart}))"),
        format!("({ranked} = {number} and {level})"),
    ]
}

/// A page: what follows the place of the last row had.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn page(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
    if let Some(kept) = tables.kept(pool, board, at).await? {
        return rows_at(pool, tables, board, at, kept.page(after, limit).await?).await;
    }
    let (best_first, columns) = (best_first(board), columns());
    let mut statement = Statement::default();
    statement.push(&format!("select rank, {columns} from ("));
    let what = format!("rank() over (order by {best_first}) as rank, {columns}");
    standings(&mut statement, &what, tables, board, at)?;
    statement.push(") as ranked");
    if let Some(place) = after {
        let [behind, level] = behind(&mut statement, board, &place);
        let subject = statement.bind(Kind::Uuid, Cell::Uuid(place.subject));
        statement.push(&format!(" where ({behind} or ({level} and subject > {subject}))"));
    }
    let limit = statement.number(limit as u64);
    statement.push(&format!(" order by {best_first}, subject limit {limit}"));
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter()
        .map(|row| {
            let rank = row.try_get::<i64, _>(0).map_err(failed)?;
            Ok((rank.unsigned_abs(), read(row, StandingRow::COLUMNS, 1).map_err(failed)?))
        })
        .collect()
}

/// The standings at these places, in this order.
async fn rows_at(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    places: Vec<(u64, Place)>,
) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
    let mut statement = Statement::default();
    let subjects = places.iter().map(|(_, place)| Cell::Uuid(place.subject)).collect();
    let subjects = statement.bind_many(Kind::Uuid, subjects);
    let columns = StandingRow::COLUMNS.iter().map(|column| format!("s.{}", column.name)).collect::<Vec<_>>().join(", ");
    statement.push(&format!(
        "select {columns} from unnest({subjects}) with ordinality as k(id, number) cross join lateral ("
    ));
    standings(&mut statement, "*", tables, board, at)?;
    statement.push(" and s.subject = k.id limit 1) as s order by k.number");
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    if rows.len() != places.len() {
        return Err(failed("the ranks of a board are not those of its standings"));
    }
    let ranked = rows.iter().zip(places);
    ranked.map(|(row, (rank, _))| Ok((rank, read(row, StandingRow::COLUMNS, 0).map_err(failed)?))).collect()
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
    let Some(place) = board.place(&typed(cells.clone())?) else { return Ok(None) };
    if let Some(kept) = tables.kept(pool, board, at).await? {
        return Ok(Some((kept.ahead(&place).await? + 1, cells)));
    }
    let mut statement = Statement::default();
    standings(&mut statement, "count(*)", tables, board, at)?;
    let [ahead, _] = ahead(&mut statement, board, &place);
    statement.push(&format!(" and {ahead}"));
    let row = statement.query().fetch_one(pool).await.map_err(failed)?;
    let better = row.try_get::<i64, _>(0).map_err(failed)?;
    Ok(Some((better.unsigned_abs() + 1, cells)))
}
