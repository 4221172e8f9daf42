//! Leaderboards as SQL over the standings, as of a position: competition ranking 1, 2, 2, 4.

use std::collections::BTreeMap;

use domain::ledger::Direction;
use domain::stream::{Position, StreamKind};
use futures_util::future::try_join;
use graphql::ports::{ReadError, typed};
use projections::branches::BranchRow;
use projections::cell::{Cell, ColumnType, Kind};
use projections::leaderboard::{Board, Place, Ties};
use projections::members::MemberRow;
use projections::row::Row;
use projections::standings::StandingRow;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::ranks::Kept;
use super::select::{Statement, conditions, failed};
use crate::fold::cells::read;
use crate::fold::ranks::Tables as Ranks;

/// The tables a board is read from.
pub struct Tables {
    /// The standings.
    pub standings: String,
    /// The members, for boards within a subtree.
    pub members: String,
    /// The branches, for who moved with one.
    pub branches: String,
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
        let (standings, members) = (table(StandingRow::TABLE)?, table(MemberRow::TABLE)?);
        Ok(Self { standings, members, branches: table(BranchRow::TABLE)?, ranks })
    }

    /// The number under which the places of the whole board are kept, where they are.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    pub async fn numbered(&self, pool: &PgPool, board: &Board) -> Result<Option<i64>, ReadError> {
        match &self.ranks {
            Some(ranks) => super::ranks::numbered(pool, ranks, board).await,
            None => Ok(None),
        }
    }

    /// Whether the board's group has so many standings that ranks are kept.
    async fn large(&self, pool: &PgPool, board: &Board) -> Result<bool, ReadError> {
        match &self.ranks {
            Some(ranks) => Ok(super::ranks::group(pool, ranks, board).await?.is_some()),
            None => Ok(false),
        }
    }

    /// The table of the places that are kept.
    #[must_use]
    pub fn places(&self) -> Option<&str> {
        self.ranks.as_ref().map(|ranks| ranks.places.as_str())
    }
}

/// The standings of a board, `s`, without an order.
///
/// # Errors
/// [`ReadError::Failed`].
pub fn standings(
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

/// The standings of a board, without an order, where many are not within it: of a large board within a subtree each member
/// who is there is looked up, however many stand elsewhere.
async fn scoped(
    pool: &PgPool,
    statement: &mut Statement,
    what: &str,
    tables: &Tables,
    board: &Board,
    at: Position,
) -> Result<(), ReadError> {
    let Some(within) = board.within.as_ref().filter(|_| board.subjects == StreamKind::Member) else {
        return standings(statement, what, tables, board, at);
    };
    if !tables.large(pool, board).await? {
        return standings(statement, what, tables, board, at);
    }
    let branches = statement.bind_many(Kind::Uuid, within.iter().map(ColumnType::to_cell).collect());
    let (position, members) = (statement.number(at.0), &tables.members);
    statement.push(&format!(
        "select {what} from (select distinct member from {members} where branch = any({branches}) \
         and from_position <= {position} and until_position > {position}) as m cross join lateral ("
    ));
    standings(statement, "*", tables, &Board { within: None, ..board.clone() }, at)?;
    statement.push(" and s.subject = m.member order by s.from_position desc limit 1) as s where true");
    Ok(())
}

fn columns() -> String {
    StandingRow::COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// How the best come first.
#[must_use]
pub fn best_first(board: &Board) -> String {
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
pub fn behind(statement: &mut Statement, board: &Board, place: &Place) -> [String; 2] {
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
        let places = kept.page(after, limit).await?;
        // Neither waits for the other.
        let (ranks, rows) = try_join(kept.ranked(&places), rows_at(pool, tables, board, at, &places)).await?;
        return Ok(ranks.into_iter().zip(rows).collect());
    }
    let (best_first, columns) = (best_first(board), columns());
    let mut statement = Statement::default();
    statement.push(&format!("select rank, {columns} from ("));
    let what = format!("rank() over (order by {best_first}) as rank, {columns}");
    scoped(pool, &mut statement, &what, tables, board, at).await?;
    statement.push(") as ranked");
    if let Some(place) = after {
        let [behind, level] = behind(&mut statement, board, &place);
        let subject = statement.bind(Kind::Uuid, Cell::Uuid(place.subject));
        statement.push(&format!(" where ({behind} or ({level} and subject > {subject}))"));
    }
    let limit = statement.number(limit as u64);
    statement.push(&format!(" order by {best_first}, subject limit {limit}"));
    ranked(&statement.query().fetch_all(pool).await.map_err(failed)?)
}

/// The standings at these places, in this order.
async fn rows_at(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    places: &[Place],
) -> Result<Vec<Vec<Cell>>, ReadError> {
    let subjects: Vec<Uuid> = places.iter().map(|place| place.subject).collect();
    let rows = rows_of(pool, tables, board, at, &subjects).await?;
    match rows.len() == places.len() {
        true => Ok(rows),
        false => Err(failed("the ranks of a board are not those of its standings")),
    }
}

/// The standings of these subjects that are on the board, in this order.
async fn rows_of(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    subjects: &[Uuid],
) -> Result<Vec<Vec<Cell>>, ReadError> {
    let mut statement = Statement::default();
    let subjects = statement.bind_many(Kind::Uuid, subjects.iter().copied().map(Cell::Uuid).collect());
    let columns = StandingRow::COLUMNS.iter().map(|column| format!("s.{}", column.name)).collect::<Vec<_>>().join(", ");
    statement.push(&format!(
        "select {columns} from unnest({subjects}) with ordinality as k(id, number) cross join lateral ("
    ));
    standings(&mut statement, "*", tables, board, at)?;
    // What holds is the last version begun: with the latest first, no earlier ones are looked at.
    statement.push(" and s.subject = k.id order by s.from_position desc limit 1) as s order by k.number");
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    rows.iter().map(|row| read(row, StandingRow::COLUMNS, 0).map_err(failed)).collect()
}

/// Rank and standing of those of these subjects that are on the board. A board whose places are not kept is ranked
/// once for all of them.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn ranks(
    pool: &PgPool,
    tables: &Tables,
    board: &Board,
    at: Position,
    subjects: &[Uuid],
) -> Result<BTreeMap<Uuid, (u64, Vec<Cell>)>, ReadError> {
    if subjects.is_empty() {
        return Ok(BTreeMap::new());
    }
    let Some(kept) = tables.kept(pool, board, at).await? else {
        let columns = columns();
        let mut statement = Statement::default();
        statement.push(&format!("select rank, {columns} from ("));
        let what = format!("rank() over (order by {}) as rank, {columns}", best_first(board));
        scoped(pool, &mut statement, &what, tables, board, at).await?;
        let subjects = statement.bind_many(Kind::Uuid, subjects.iter().copied().map(Cell::Uuid).collect());
        statement.push(&format!(") as ranked where subject = any({subjects})"));
        let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
        return ranked(&rows)?.into_iter().map(|(rank, cells)| Ok((subject_of(&cells)?, (rank, cells)))).collect();
    };
    let rows = rows_of(pool, tables, board, at, subjects).await?;
    let places = rows.iter().map(|cells| Ok(board.place(&typed(cells.clone())?)));
    let places = places.collect::<Result<Vec<Option<Place>>, ReadError>>()?;
    let places: Vec<Place> = places.into_iter().flatten().collect();
    let ahead = kept.all_ahead(&places).await?;
    rows.into_iter().zip(ahead).map(|(cells, ahead)| Ok((subject_of(&cells)?, (ahead + 1, cells)))).collect()
}

fn subject_of(cells: &[Cell]) -> Result<Uuid, ReadError> {
    match cells.get(StandingRow::KEY - 1) {
        Some(Cell::Uuid(subject)) => Ok(*subject),
        _none => Err(failed("a standing is of nobody")),
    }
}

/// Ranks with the cells of standings that follow them.
fn ranked(rows: &[PgRow]) -> Result<Vec<(u64, Vec<Cell>)>, ReadError> {
    let ranked = |row: &PgRow| {
        let rank = row.try_get::<i64, _>(0).map_err(failed)?;
        Ok((rank.unsigned_abs(), read(row, StandingRow::COLUMNS, 1).map_err(failed)?))
    };
    rows.iter().map(ranked).collect()
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
    statement.push(&format!(" and s.subject = {own} order by s.from_position desc limit 1"));
    let Some(row) = statement.query().fetch_optional(pool).await.map_err(failed)? else { return Ok(None) };
    let cells = read(&row, StandingRow::COLUMNS, 0).map_err(failed)?;
    let Some(place) = board.place(&typed(cells.clone())?) else { return Ok(None) };
    if let Some(kept) = tables.kept(pool, board, at).await? {
        let ahead = kept.ahead(&place).await?;
        return Ok(Some((ahead + 1, cells)));
    }
    let mut statement = Statement::default();
    scoped(pool, &mut statement, "count(*)", tables, board, at).await?;
    let [ahead, _] = ahead(&mut statement, board, &place);
    statement.push(&format!(" and {ahead}"));
    let row = statement.query().fetch_one(pool).await.map_err(failed)?;
    let better = row.try_get::<i64, _>(0).map_err(failed)?;
    Ok(Some((better.unsigned_abs() + 1, cells)))
}
