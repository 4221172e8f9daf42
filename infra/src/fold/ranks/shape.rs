//! Verification of what parts and counts the places of boards: leaves and notes.

use domain::stream::Position;
use projections::projection::BOARDS;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Tables;
use crate::fold::table::HOLDS;

/// What is amiss with the leaves, and the notes up to a checkpoint, if anything is.
///
/// # Errors
/// The database's.
pub async fn fault(
    connection: &mut PgConnection,
    tables: &Tables,
    checkpoint: Position,
) -> Result<Option<String>, sqlx::Error> {
    if let Some(unkept) = unkept(connection, tables).await? {
        return Ok(Some(unkept));
    }
    if let Some(outside) = outside(connection, tables).await? {
        return Ok(Some(outside));
    }
    if let Some(uncovered) = uncovered(connection, tables).await? {
        return Ok(Some(uncovered));
    }
    if let Some(counted) = counted(connection, tables).await? {
        return Ok(Some(counted));
    }
    let sql = format!("select id from {} where kept order by id", tables.groups);
    let kept: Vec<i64> = crate::sql::query_scalar(&sql).fetch_all(&mut *connection).await?;
    for board in kept.iter().flat_map(|group| group * BOARDS..(group + 1) * BOARDS) {
        if let Some(position) = noted(connection, tables, board, checkpoint.0.cast_signed()).await? {
            return Ok(Some(format!("the note of board {board} at {position}")));
        }
    }
    Ok(None)
}

/// A board that is kept of a group that says it is not, or the other way round.
async fn unkept(connection: &mut PgConnection, tables: &Tables) -> Result<Option<String>, sqlx::Error> {
    let sql = format!(
        "select board from (select distinct board from {leaves} union select distinct board from {steps}) as b \
         left join {groups} g on g.id = b.board / {BOARDS} where g.kept is not true \
         union all select g.id * {BOARDS} from {groups} g where g.kept and not exists \
         (select from {leaves} l where l.board between g.id * {BOARDS} and g.id * {BOARDS} + {BOARDS} - 1) limit 1",
        leaves = tables.leaves,
        steps = tables.steps,
        groups = tables.groups,
    );
    let found: Option<i64> = crate::sql::query_scalar(&sql).fetch_optional(connection).await?;
    Ok(found.map(|board| format!("board {board} is not kept as its group says")))
}

/// A place that its leaf does not cover, or that holds beyond it.
async fn outside(connection: &mut PgConnection, tables: &Tables) -> Result<Option<String>, sqlx::Error> {
    let sql = format!(
        "select p.board, p.leaf, p.number, p.subject from {} p left join {} l using (board, leaf) \
         where p.from_position < p.until_position and (l.leaf is null or p.from_position < l.from_position \
         or p.until_position > l.until_position \
         or (p.number, p.tie, p.subject) < (l.low_number, l.low_tie, l.low_subject) \
         or (p.number, p.tie, p.subject) >= (l.high_number, l.high_tie, l.high_subject)) limit 1",
        tables.places, tables.leaves,
    );
    let found: Option<(i64, i64, Decimal, Uuid)> = crate::sql::query_as(&sql).fetch_optional(connection).await?;
    Ok(found.map(|found| format!("{found:?}")))
}

/// A board on which not every end of a leaf is the beginning of the next, at every position: as often as a low begins or
/// ends anywhere, a high does, but for the ends of the board.
async fn uncovered(connection: &mut PgConnection, tables: &Tables) -> Result<Option<String>, sqlx::Error> {
    let sql = format!(
        "with held as (select * from {} where from_position < until_position), ends as (\
         select board, low_number as number, low_tie as tie, low_subject as subject, from_position as at, 1 as more from held \
         union all select board, low_number, low_tie, low_subject, until_position, -1 from held \
         union all select board, high_number, high_tie, high_subject, from_position, -1 from held \
         union all select board, high_number, high_tie, high_subject, until_position, 1 from held) \
         select board, at, number from ends where not (number = '-infinity' or number = 'infinity') \
         group by board, number, tie, subject, at having sum(more) <> 0 \
         union all select board, at, sum(more) from ends where number = '-infinity' group by board, at \
         having sum(more) <> case at when 0 then 1 when {HOLDS} then -1 else 0 end \
         union all select board, at, sum(more) from ends where number = 'infinity' group by board, at \
         having sum(more) <> case at when 0 then -1 when {HOLDS} then 1 else 0 end \
         union all select board, from_position, low_number from held \
         where (low_number, low_tie, low_subject) >= (high_number, high_tie, high_subject) limit 1",
        tables.leaves,
    );
    let found: Option<(i64, i64, Decimal)> = crate::sql::query_as(&sql).fetch_optional(connection).await?;
    Ok(found.map(|(board, at, _)| format!("leaves of board {board} do not meet at {at}")))
}

/// A leaf that holds and has counted otherwise: nobody asks what one that was closed had counted.
async fn counted(connection: &mut PgConnection, tables: &Tables) -> Result<Option<String>, sqlx::Error> {
    let sql = format!(
        "select l.board, l.leaf from {} l cross join lateral (select count(*) as total, \
         count(*) filter (where p.until_position = {HOLDS}) as live from {} p where p.board = l.board and p.leaf = l.leaf) c \
         where l.until_position = {HOLDS} and (l.live <> c.live or l.total <> c.total) limit 1",
        tables.leaves, tables.places,
    );
    let found: Option<(i64, i64)> = crate::sql::query_as(&sql).fetch_optional(connection).await?;
    Ok(found.map(|found| format!("the counts of {found:?}")))
}

/// The first note of a board that is not the one before it and what changed since.
async fn noted(
    connection: &mut PgConnection,
    tables: &Tables,
    board: i64,
    checkpoint: i64,
) -> Result<Option<i64>, sqlx::Error> {
    let next =
        format!("select min(position) from {} where board = $1 and position > $2 and position <= $3", tables.steps);
    let sql = format!(
        "with note as (select leaf, upto - ahead as live from {steps}, \
         unnest(leaves, before, before[2:] || total) as l(leaf, ahead, upto) where board = $1 and position = $2), \
         last as (select leaf, upto - ahead as live from {steps}, \
         unnest(leaves, before, before[2:] || total) as l(leaf, ahead, upto) where board = $1 and position = $3), \
         since as (select leaf, sum(more) as more from (select leaf, 1 as more from {places} where board = $1 \
         and from_position > $3 and from_position <= $2 union all select leaf, -1 from {places} where board = $1 \
         and until_position > $3 and until_position <= $2) as changes group by leaf), \
         held as (select array_agg(leaf order by low_number, low_tie, low_subject) as leaves from {leaves} \
         where int8range(board, board, '[]') @> $1 and int8range(from_position, until_position) @> $2) \
         select (select leaves from held) is distinct from (select leaves from {steps} where board = $1 and position = $2) \
         or exists (select from note full join last using (leaf) full join since using (leaf) \
         where coalesce(note.live, 0) <> coalesce(last.live, 0) + coalesce(since.more, 0)) \
         or (select before[1] <> 0 from {steps} where board = $1 and position = $2)",
        steps = tables.steps,
        places = tables.places,
        leaves = tables.leaves,
    );
    let mut last = -1;
    while let Some(position) = crate::sql::query_scalar::<Option<i64>>(&next)
        .bind(board)
        .bind(last)
        .bind(checkpoint)
        .fetch_one(&mut *connection)
        .await?
    {
        let query = crate::sql::query_scalar::<bool>(&sql).bind(board).bind(position).bind(last);
        if query.fetch_one(&mut *connection).await? {
            return Ok(Some(position));
        }
        last = position;
    }
    Ok(None)
}
