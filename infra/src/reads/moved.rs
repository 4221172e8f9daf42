//! Who moved on a board between two moments, by what changed in between: never by looking at the whole of a large board.
//!
//! Of a board whose places are kept, what changed is found by the positions of its places; of a smaller one its few
//! versions are looked at; of one within a subtree also who came into its branches or left them, and it is ranked by
//! looking at its rows.

use std::collections::BTreeSet;

use domain::id::BranchId;
use domain::stream::{Position, StreamKind};
use graphql::ports::ReadError;
use projections::cell::{Cell, ColumnType, Kind};
use projections::leaderboard::Ties;
use projections::moves::{Between, Moved, Turn};
use projections::row::Row as _;
use projections::standings::StandingRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::board::{Tables, behind, best_first, ranks, standings};
use super::lineage::position;
use super::select::{Statement, conditions, failed};

/// How many conditions of a board name its group; the other says that a standing has the number.
const GROUP: usize = 3;

/// The moves after a turn, at most `limit`, and how many there are altogether.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn page(
    pool: &PgPool,
    tables: &Tables,
    between: &Between,
    after: Option<Turn>,
    limit: usize,
) -> Result<(u64, Vec<Moved<Vec<Cell>>>), ReadError> {
    let order = between.order();
    let mut statement = Statement::default();
    statement.push("with candidates as (");
    candidates(&mut statement, pool, tables, between).await?;
    statement.push("), moved as materialized (select c.subject, a.number is null as gone, ");
    // Nothing is parted on a board that shares ranks.
    let tie = match order.ties {
        Ties::Parted => "case when a.number is null then b.tie else a.tie end",
        Ties::Shared => "null::numeric",
    };
    statement.push(&format!("coalesce(a.number, b.number) as {}, {tie} as tie_key from candidates c", order.column(),));
    for (name, board, at) in [("b", &between.before, between.from), ("a", &between.after, between.to)] {
        statement.push(" left join lateral (");
        let what = format!("s.{} as number, s.tie_key as tie", board.column());
        standings(&mut statement, &what, tables, board, at)?;
        statement.push(&format!(" and s.subject = c.subject limit 1) as {name} on true"));
    }
    let same = if order.ties == Ties::Parted { "(a.number, a.tie)" } else { "a.number" };
    let other = same.replace("a.", "b.");
    statement.push(&format!(" where {same} is distinct from {other}) "));
    let best_first = best_first(&order);
    statement.push(&format!(
        "select counted, subject from (select count(*) as counted from moved) as counted left join \
         (select subject, row_number() over (order by gone, {best_first}, subject) as turn from moved"
    ));
    if let Some(turn) = after {
        let [behind, level] = behind(&mut statement, &order, &turn.place);
        let subject = statement.bind(Kind::Uuid, Cell::Uuid(turn.place.subject));
        let further = format!("({behind} or ({level} and subject > {subject}))");
        statement.push(&match turn.gone {
            true => format!(" where gone and {further}"),
            false => format!(" where (gone or {further})"),
        });
    }
    let limit = statement.number(limit as u64);
    statement.push(&format!(" order by turn limit {limit}) as page on true order by turn"));
    let rows = statement.query().fetch_all(pool).await.map_err(failed)?;
    let counted = rows.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0)).map_err(failed)?.unsigned_abs();
    let subjects: Vec<Option<Uuid>> =
        rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>().map_err(failed)?;
    let subjects: Vec<Uuid> = subjects.into_iter().flatten().collect();
    let mut before = ranks(pool, tables, &between.before, between.from, &subjects).await?;
    let mut after = ranks(pool, tables, &between.after, between.to, &subjects).await?;
    let moved = |subject| Moved { subject, before: before.remove(&subject), after: after.remove(&subject) };
    Ok((counted, subjects.into_iter().map(moved).collect()))
}

/// Everybody who may have moved: whose standing, or whose being within the board, began, changed or ended in between.
async fn candidates(
    statement: &mut Statement,
    pool: &PgPool,
    tables: &Tables,
    between: &Between,
) -> Result<(), ReadError> {
    let [from, to] = [between.from, between.to].map(|at| statement.number(at.0));
    let changed = |what: &str, of: &str| {
        let one = |end: &str| format!("select {what} as subject from {of} and {end} > {from} and {end} <= {to}");
        format!("{} union {}", one("from_position"), one("until_position"))
    };
    let mut boards = BTreeSet::new();
    for board in [&between.before, &between.after] {
        boards.extend(tables.numbered(pool, board).await?);
    }
    let mut found: Vec<String> = Vec::new();
    for board in &boards {
        found.extend(tables.places().map(|places| changed("subject", &format!("{places} where board = {board}"))));
    }
    if boards.is_empty() {
        let group = apart(statement, |statement| {
            conditions(statement, &between.after.conditions()[..GROUP], StandingRow::COLUMNS)
        })?;
        found.push(changed("subject", &format!("{} where true{group}", tables.standings)));
    }
    if let Some((all, other)) = branches(between) {
        let [all, other] = [all, other].map(|branches| statement.bind_many(Kind::Uuid, branches));
        let members = &tables.members;
        match between.after.subjects {
            StreamKind::Branch | StreamKind::Round => found.push(format!("select unnest({other}) as subject")),
            StreamKind::Member => {
                found.push(changed("member", &format!("{members} where branch = any({all})")));
                found.push(format!(
                    "select member as subject from {members} where branch = any({other}) \
                     and from_position <= {to} and until_position > {from}"
                ));
            }
        }
    }
    statement.push(&found.join(" union "));
    Ok(())
}

/// What a part adds to a statement, taken out again.
fn apart(
    statement: &mut Statement,
    part: impl FnOnce(&mut Statement) -> Result<(), ReadError>,
) -> Result<String, ReadError> {
    let before = statement.sql.len();
    part(statement)?;
    Ok(statement.sql.split_off(before))
}

/// The branches of a board at either moment, and those at one of them only; nothing where all branches are on it.
fn branches(between: &Between) -> Option<(Vec<Cell>, Vec<Cell>)> {
    let [before, after] = [&between.before, &between.after]
        .map(|board| Some(board.within.as_ref()?.iter().copied().collect::<BTreeSet<BranchId>>()));
    let (before, after) = (before?, after?);
    let cells = |branches: Vec<&BranchId>| branches.into_iter().map(ColumnType::to_cell).collect();
    Some((cells(before.union(&after).collect()), cells(before.symmetric_difference(&after).collect())))
}

/// Whose move on a board is asked for, the position after which, and the most positions wanted.
pub type Mover = (Uuid, Position, usize);

/// The positions after the earlier moment and up to the later at which the ranked number of each of these subjects changed; and
/// where one came into the branches of the board or left them, at which it, or a branch it is under, moved.
///
/// # Errors
/// [`ReadError::Failed`].
pub async fn events(
    pool: &PgPool,
    tables: &Tables,
    between: &Between,
    movers: &[Mover],
) -> Result<Vec<Vec<Position>>, ReadError> {
    let came_or_went = came_or_went(pool, tables, between, movers).await?;
    let mut statement = Statement::default();
    statement.push("select asked, p from (");
    for (number, mover) in movers.iter().enumerate() {
        let begins = if number == 0 { "" } else { " union all " };
        statement.push(&format!("{begins}select {number} as asked, p from ("));
        moves_of(&mut statement, tables, between, mover, came_or_went.contains(&mover.0))?;
        statement.push(&format!(") as part_{number}"));
    }
    statement.push(") as each order by asked, p");
    let query = if movers.len() == 1 { statement.query() } else { statement.once() };
    let mut found = vec![Vec::new(); movers.len()];
    for row in query.fetch_all(pool).await.map_err(failed)? {
        let asked = usize::try_from(row.try_get::<i32, _>(0).map_err(failed)?).map_err(failed)?;
        found[asked].push(position(&row, 1)?);
    }
    Ok(found)
}

/// `select p` of the positions of one mover, in order.
fn moves_of(
    statement: &mut Statement,
    tables: &Tables,
    between: &Between,
    (subject, after, limit): &Mover,
    came_or_went: bool,
) -> Result<(), ReadError> {
    let order = between.order();
    let [from, to] = [between.from.max(*after), between.to].map(|at| statement.number(at.0));
    let own = statement.bind(Kind::Uuid, Cell::Uuid(*subject));
    let mut changes = vec![];
    let group = apart(statement, |statement| {
        conditions(statement, &between.after.conditions()[..GROUP], StandingRow::COLUMNS)
    })?;
    let place =
        if order.ties == Ties::Parted { format!("row({}, tie_key)", order.column()) } else { order.column().into() };
    let known = format!("{} where subject = {own}{group} and {} is not null", tables.standings, order.column());
    changes.push(flips(&place, &known, &from, &to));
    if came_or_went {
        if order.subjects == StreamKind::Member {
            changes.push(flips("branch", &format!("{} where member = {own}", tables.members), &from, &to));
        }
        let (branches, above) = (&tables.branches, "coalesce(merged_into, parent)");
        let first = match order.subjects {
            StreamKind::Member => format!("select branch from {} where member = {own}", tables.members),
            StreamKind::Branch | StreamKind::Round => format!("select {own}::uuid as branch"),
        };
        let mut paths = Vec::new();
        for at in [between.from, between.to] {
            let at = statement.number(at.0);
            let held = format!("from_position <= {at} and until_position > {at}");
            let first = match order.subjects {
                StreamKind::Member => format!("{first} and {held}"),
                StreamKind::Branch | StreamKind::Round => first.clone(),
            };
            paths.push(format!(
                "select branch from (with recursive up(branch) as ({first} union select {above} from {branches} b \
                 join up using (branch) where {held}) select branch from up where branch is not null) as path"
            ));
        }
        let each = flips(above, &format!("{branches} where branch = path.branch"), &from, &to);
        changes.push(format!("select p from ({}) as path cross join lateral ({each}) as moved", paths.join(" union ")));
    }
    let limit = statement.number(*limit as u64);
    statement.push(&format!("select p from ({}) as changes order by p limit {limit}", changes.join(" union ")));
    Ok(())
}

/// `select p` of the positions between two at which what some rows say is another than just before.
fn flips(what: &str, of: &str, from: &str, to: &str) -> String {
    let end = |end: &str| format!("select {end} as p from {of} and {end} > {from} and {end} <= {to}");
    let at =
        |at: &str| format!("(select {what} from {of} and from_position <= {at} and until_position > {at} limit 1)");
    format!(
        "select p from ({} union {}) as ends where {} is distinct from {}",
        end("from_position"),
        end("until_position"),
        at("p"),
        at("p - 1"),
    )
}

/// Which of these subjects are within the branches of the board at one of the two moments only.
async fn came_or_went(
    pool: &PgPool,
    tables: &Tables,
    between: &Between,
    movers: &[Mover],
) -> Result<BTreeSet<Uuid>, ReadError> {
    let mut within: [BTreeSet<Uuid>; 2] = Default::default();
    let moments = [(&between.before, between.from), (&between.after, between.to)];
    for (within, (board, at)) in within.iter_mut().zip(moments) {
        let Some(branches) = &board.within else { return Ok(BTreeSet::new()) };
        let subjects: Vec<Uuid> = movers.iter().map(|(subject, ..)| *subject).collect();
        let placed: Vec<(Uuid, Uuid)> = match board.subjects {
            StreamKind::Branch | StreamKind::Round => subjects.iter().map(|subject| (*subject, *subject)).collect(),
            StreamKind::Member => {
                let sql = format!(
                    "select member, branch from {} where member = any($1) and from_position <= $2 and until_position > $2",
                    tables.members,
                );
                let query = crate::sql::query_as(&sql).bind(subjects).bind(at.0.cast_signed());
                query.fetch_all(pool).await.map_err(failed)?
            }
        };
        let inside = placed.into_iter().filter(|(_, branch)| branches.contains(&BranchId(*branch)));
        within.extend(inside.map(|(subject, _)| subject));
    }
    let [before, after] = within;
    Ok(before.symmetric_difference(&after).copied().collect())
}
