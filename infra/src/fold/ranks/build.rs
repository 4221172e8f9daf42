//! The ranks of a generation whose rows were all written before: what moved on each board is read back in order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use domain::stream::Position;
use futures_util::TryStreamExt;
use projections::cell::Cell;
use projections::projection::{BOARDS, Projection, Ranked};
use projections::row::{Key, Row};
use sqlx::{PgConnection, Row as _};

use super::leaves::Leaves;
use super::{Move, SIZE, Size, Tables, keep, store};
use crate::fold::FoldError;
use crate::fold::cells::{bind_one, read};
use crate::fold::table::{self, HOLDS};

/// How many moves of a board are taken in at once, about.
const PORTION: usize = 4_096;

/// How many versions the rows of each group have had, and the cells of its key.
pub type Groups = BTreeMap<String, (i64, Vec<Cell>)>;

/// Counts the groups and keeps the boards of the large ones, from their first row on.
///
/// # Errors
/// [`FoldError`].
pub async fn keep_all<P: Projection>(
    writes: &mut PgConnection,
    reads: &mut PgConnection,
    generation: i64,
    groups: &Groups,
) -> Result<(), FoldError> {
    keep_sized::<P>(writes, reads, generation, groups, SIZE).await
}

/// The same with ranks of another size than in service.
///
/// # Errors
/// [`FoldError`].
pub async fn keep_sized<P: Projection>(
    writes: &mut PgConnection,
    reads: &mut PgConnection,
    generation: i64,
    groups: &Groups,
    size: Size,
) -> Result<(), FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let tables = Tables::of(P::Row::TABLE, generation);
    let versions = groups.iter().map(|(name, (versions, _))| (name.as_str(), *versions)).collect();
    for group in store::count(writes, &tables, &versions).await.map_err(failed)? {
        if let Some((_, key)) = groups.get(&group.name).filter(|_| group.versions >= size.small) {
            keep(writes, &tables, group.id, &[]).await.map_err(failed)?;
            let mut boards = Boards { group: group.id, size, ..Boards::none(&tables) };
            boards.read::<P>(writes, reads, generation, key).await?;
        }
    }
    Ok(())
}

/// The boards of a group while its rows go by, in the order of their beginnings.
struct Boards<'a> {
    tables: &'a Tables,
    group: i64,
    size: Size,
    moves: [Vec<Move>; BOARDS as usize],
    leaves: [Option<Leaves<'a>>; BOARDS as usize],
    /// Of each subject, by the cells of its key: its place and when that ends.
    standing: HashMap<Vec<Cell>, (Ranked, i64)>,
    ends: BinaryHeap<Reverse<(i64, Vec<Cell>)>>,
}

impl<'a> Boards<'a> {
    fn none(tables: &'a Tables) -> Self {
        let (moves, leaves) = (std::array::from_fn(|_| Vec::new()), std::array::from_fn(|_| None));
        Self { tables, group: 0, size: SIZE, moves, leaves, standing: HashMap::new(), ends: BinaryHeap::new() }
    }

    async fn read<P: Projection>(
        &mut self,
        writes: &mut PgConnection,
        reads: &mut PgConnection,
        generation: i64,
        key: &[Cell],
    ) -> Result<(), FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let table = table::name(P::Row::TABLE, generation);
        let columns = &P::Row::COLUMNS[..P::Row::KEY - 1];
        let same: Vec<String> =
            (1..).zip(columns).map(|(number, column)| format!("{} = ${number}", column.name)).collect();
        let sql = format!(
            "select {}, from_position, until_position from {table} where {} order by from_position",
            table::columns::<P::Row>(""),
            same.join(" and "),
        );
        let query = crate::sql::query(&sql);
        let query = columns.iter().zip(key).fold(query, |query, (column, cell)| bind_one(query, column.kind, cell));
        let mut rows = query.fetch(reads);
        let mut last = 0;
        while let Some(stored) = rows.try_next().await.map_err(failed)? {
            let cells = read(&stored, P::Row::COLUMNS, 0).map_err(failed)?;
            let from: i64 = stored.try_get(P::Row::COLUMNS.len()).map_err(failed)?;
            let until: i64 = stored.try_get(P::Row::COLUMNS.len() + 1).map_err(failed)?;
            let row = P::Row::from_cells(cells).ok_or_else(|| FoldError::Misfit { table: table.clone() })?;
            if from > last {
                self.end_before(from);
                self.take_in(writes, PORTION).await.map_err(failed)?;
                last = from;
            }
            self.begin(row.key().cells(), P::places(&row), from, until);
        }
        self.end_before(HOLDS);
        self.take_in(writes, 1).await.map_err(failed)?;
        for leaves in std::mem::take(&mut self.leaves).into_iter().flatten() {
            leaves.count(writes).await.map_err(failed)?;
        }
        Ok(())
    }

    fn begin(&mut self, subject: Vec<Cell>, ranked: Ranked, from: i64, until: i64) {
        let before = self.standing.remove(&subject);
        self.moved(from, before.as_ref().map(|(ranked, _)| ranked), Some(&ranked));
        if until < HOLDS {
            self.ends.push(Reverse((until, subject.clone())));
        }
        self.standing.insert(subject, (ranked, until));
    }

    /// Ends what ended before a position and did not go on.
    fn end_before(&mut self, position: i64) {
        while self.ends.peek().is_some_and(|Reverse((until, _))| *until < position) {
            let Some(Reverse((until, subject))) = self.ends.pop() else { return };
            if self.standing.get(&subject).is_some_and(|(_, ends)| *ends == until)
                && let Some((ranked, _)) = self.standing.remove(&subject)
            {
                self.moved(until, Some(&ranked), None);
            }
        }
    }

    fn moved(&mut self, at: i64, before: Option<&Ranked>, after: Option<&Ranked>) {
        for (board, moves) in (0..).zip(&mut self.moves) {
            let [before, after] = [before, after].map(|ranked| ranked.and_then(|ranked| ranked.on(board)));
            if before != after {
                moves.push(Move { at: Position(at.unsigned_abs()), before, after });
            }
        }
    }

    /// Takes in what moved on the boards where that is so much.
    async fn take_in(&mut self, connection: &mut PgConnection, least: usize) -> Result<(), sqlx::Error> {
        for ((number, moves), leaves) in (0..).zip(&mut self.moves).zip(&mut self.leaves) {
            if moves.is_empty() || moves.len() < least {
                continue;
            }
            let board = self.group * BOARDS + number;
            let leaves = match leaves {
                Some(leaves) => leaves,
                None => leaves.insert(Leaves::of(connection, self.tables, board, self.size).await?),
            };
            leaves.take_in(connection, moves).await?;
            moves.clear();
        }
        Ok(())
    }
}
