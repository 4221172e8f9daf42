//! The leaves of one board that hold now, and what a batch makes of them.

use std::collections::{BTreeMap, BTreeSet};

use projections::leaderboard::Place;
use rust_decimal::Decimal;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::store::{close, close_leaves, open};
use super::{Move, Size, Tables};
use crate::fold::table::HOLDS;

/// A leaf that holds: what is at or after its low, up to the low of the next one.
#[derive(Debug, Clone)]
struct Leaf {
    id: i64,
    low: Option<Place>,
    live: usize,
    total: usize,
}

/// The leaves of a board in order.
pub struct Leaves<'a> {
    tables: &'a Tables,
    board: i64,
    size: Size,
    leaves: Vec<Leaf>,
    touched: BTreeSet<i64>,
    next: i64,
    noted: i64,
}

impl<'a> Leaves<'a> {
    /// Reads them.
    pub async fn load(
        connection: &mut PgConnection,
        tables: &'a Tables,
        board: i64,
        size: Size,
    ) -> Result<Self, sqlx::Error> {
        let sql = format!(
            "select nullif(low_number, '-infinity'), nullif(low_tie, '-infinity'), low_subject, leaf, live, total from {} \
             where board = {board} and until_position = {HOLDS}",
            tables.leaves,
        );
        let mut leaves = Vec::new();
        for row in crate::sql::query(&sql).fetch_all(&mut *connection).await? {
            let number: Option<Decimal> = row.try_get(0)?;
            let (tie, subject): (Option<Decimal>, Uuid) = (row.try_get(1)?, row.try_get(2)?);
            let low = number.map(|number| Place { number, tie, subject });
            let (live, total): (i32, i32) = (row.try_get(4)?, row.try_get(5)?);
            leaves.push(Leaf {
                id: row.try_get(3)?,
                low,
                live: live.unsigned_abs() as usize,
                total: total.unsigned_abs() as usize,
            });
        }
        leaves.sort_unstable_by_key(|leaf| leaf.low);
        let sql = format!(
            "select (select max(leaf) + 1 from {} where board = {board}), \
             (select max(position) from {} where board = {board})",
            tables.leaves, tables.steps,
        );
        let (next, noted) = crate::sql::query_as(&sql).fetch_one(connection).await?;
        Ok(Self { tables, board, size, leaves, touched: BTreeSet::new(), next, noted })
    }

    /// Takes in what moved, in order, in portions that end with a position.
    pub async fn take_in(&mut self, connection: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
        let mut rest = moves;
        while let Some(first) = rest.get(self.size.step - 1).or(rest.last()) {
            let portion = rest.iter().take_while(|moved| moved.at <= first.at).count();
            let (now, later) = rest.split_at(portion);
            self.portion(connection, now).await?;
            self.part(connection, first.at.0.cast_signed()).await?;
            rest = later;
            self.note(connection, first.at.0.cast_signed()).await?;
        }
        self.count(connection).await
    }

    fn covering(&mut self, place: &Place) -> &mut Leaf {
        let after = self.leaves.partition_point(|leaf| leaf.low.is_none_or(|low| low <= *place));
        let leaf = &mut self.leaves[after.saturating_sub(1)];
        self.touched.insert(leaf.id);
        leaf
    }

    async fn portion(&mut self, connection: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
        let mut opened: Vec<(i64, Place, i64, i64)> = Vec::new();
        let mut holding: BTreeMap<Uuid, usize> = BTreeMap::new();
        let mut ended = Vec::new();
        for moved in moves {
            let at = moved.at.0.cast_signed();
            if let Some(before) = moved.before {
                let leaf = self.covering(&before);
                leaf.live -= 1;
                match holding.remove(&before.subject) {
                    Some(open) => opened[open].3 = at,
                    None => ended.push((leaf.id, before.subject, at)),
                }
            }
            if let Some(after) = moved.after {
                let leaf = self.covering(&after);
                (leaf.live, leaf.total) = (leaf.live + 1, leaf.total + 1);
                holding.insert(after.subject, opened.len());
                opened.push((leaf.id, after, at, HOLDS));
            }
        }
        close(connection, self.tables, self.board, &ended).await?;
        open(connection, self.tables, self.board, &opened).await
    }

    /// Parts leaves that have too many places; joins those with few to the ones before.
    async fn part(&mut self, connection: &mut PgConnection, at: i64) -> Result<(), sqlx::Error> {
        let (most, few) = (self.size.leaf, self.size.leaf / 8);
        let mut remade: Vec<bool> = self.leaves.iter().map(|leaf| leaf.total > most).collect();
        for number in 1..self.leaves.len() {
            if self.leaves[number].live < few {
                (remade[number - 1], remade[number]) = (true, true);
            }
        }
        if !remade.contains(&true) {
            return Ok(());
        }
        let leaves = std::mem::take(&mut self.leaves);
        let mut run: Vec<Leaf> = Vec::new();
        for (leaf, remade) in leaves.into_iter().zip(remade) {
            // Each full leaf by itself, few ones with what is before them.
            if !run.is_empty() && (!remade || leaf.live >= few) {
                self.remake(connection, std::mem::take(&mut run), at).await?;
            }
            match remade {
                true => run.push(leaf),
                false => self.leaves.push(leaf),
            }
        }
        if run.is_empty() { Ok(()) } else { self.remake(connection, run, at).await }
    }

    async fn remake(&mut self, connection: &mut PgConnection, old: Vec<Leaf>, at: i64) -> Result<(), sqlx::Error> {
        let ids: Vec<i64> = old.iter().map(|leaf| leaf.id).collect();
        self.touched.retain(|id| !ids.contains(id));
        let places = close_leaves(connection, self.tables, self.board, &ids, at).await?;
        let parts = places.len().div_ceil(self.size.leaf / 2).max(1);
        let each = places.len().div_ceil(parts).max(1);
        let mut portions: Vec<&[Place]> = places.chunks(each).collect();
        if portions.is_empty() {
            portions.push(&[]);
        }
        let mut held = Vec::with_capacity(places.len());
        let mut made = Vec::new();
        for (number, portion) in portions.iter().enumerate() {
            let low = if number == 0 { old[0].low } else { portion.first().copied() };
            let id = self.next;
            self.next += 1;
            held.extend(portion.iter().map(|place| (id, *place, at, HOLDS)));
            made.push(Leaf { id, low, live: portion.len(), total: portion.len() });
        }
        open(connection, self.tables, self.board, &held).await?;
        self.insert(connection, &made, at).await?;
        self.leaves.extend(made);
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection, made: &[Leaf], at: i64) -> Result<(), sqlx::Error> {
        let sql = format!(
            "insert into {} (board, leaf, low_number, low_tie, low_subject, live, total, from_position, until_position) \
             select {}, leaf, coalesce(number, '-infinity'), coalesce(tie, '-infinity'), subject, live, live, {at}, {HOLDS} \
             from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::uuid[], $5::integer[]) \
             as l(leaf, number, tie, subject, live)",
            self.tables.leaves, self.board,
        );
        let low = |leaf: &Leaf| leaf.low;
        crate::sql::query(&sql)
            .bind(made.iter().map(|leaf| leaf.id).collect::<Vec<_>>())
            .bind(made.iter().map(|leaf| Some(low(leaf)?.number)).collect::<Vec<_>>())
            .bind(made.iter().map(|leaf| low(leaf)?.tie).collect::<Vec<_>>())
            .bind(made.iter().map(|leaf| low(leaf).map_or(Uuid::nil(), |low| low.subject)).collect::<Vec<_>>())
            .bind(made.iter().map(|leaf| count(leaf.live)).collect::<Vec<_>>())
            .execute(connection)
            .await
            .map(drop)
    }

    /// Notes how many are before each leaf, once so much has changed.
    async fn note(&mut self, connection: &mut PgConnection, at: i64) -> Result<(), sqlx::Error> {
        let sql = format!(
            "select (select count(*) from (select from {0} where board = {1} and from_position > {2} limit {3}) as begun) \
             + (select count(*) from (select from {0} where board = {1} and until_position > {2} \
             and until_position < {HOLDS} limit {3}) as ended)",
            self.tables.places, self.board, self.noted, self.size.step,
        );
        let since: i64 = crate::sql::query_scalar(&sql).fetch_one(&mut *connection).await?;
        if since.unsigned_abs() < self.size.step as u64 {
            return Ok(());
        }
        let mut total = 0;
        let before = |leaf: &Leaf| {
            let before = total;
            total += count(leaf.live);
            before
        };
        let before: Vec<i32> = self.leaves.iter().map(before).collect();
        let ids: Vec<i64> = self.leaves.iter().map(|leaf| leaf.id).collect();
        let sql = format!("insert into {} values ({}, {at}, $1, $2, $3)", self.tables.steps, self.board);
        crate::sql::query(&sql).bind(ids).bind(before).bind(total).execute(connection).await?;
        self.noted = at;
        Ok(())
    }

    /// Writes how many places the leaves have that took some in or let some go.
    async fn count(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let touched: Vec<&Leaf> = self.leaves.iter().filter(|leaf| self.touched.contains(&leaf.id)).collect();
        let sql = format!(
            "update {} l set live = k.live, total = k.total \
             from unnest($1::bigint[], $2::integer[], $3::integer[]) as k(leaf, live, total) \
             where l.board = {} and l.leaf = k.leaf",
            self.tables.leaves, self.board,
        );
        crate::sql::query(&sql)
            .bind(touched.iter().map(|leaf| leaf.id).collect::<Vec<_>>())
            .bind(touched.iter().map(|leaf| count(leaf.live)).collect::<Vec<_>>())
            .bind(touched.iter().map(|leaf| count(leaf.total)).collect::<Vec<_>>())
            .execute(connection)
            .await
            .map(drop)
    }
}

fn count(places: usize) -> i32 {
    i32::try_from(places).unwrap_or(i32::MAX)
}
