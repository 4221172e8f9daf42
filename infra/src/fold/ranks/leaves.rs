//! The leaves of one board that hold now and are concerned, and what a batch makes of them.
//!
//! Of a large board only the leaves are read that a batch changes; what is copied from leaf to leaf, and the notes, are
//! made by the database: little travels.

use std::collections::{BTreeMap, BTreeSet};

use projections::leaderboard::Place;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{self, Leaf, Part, close, open};
use super::{Move, Size, Tables};
use crate::fold::table::HOLDS;

/// The leaves of a board that were looked at, by their lows.
pub struct Leaves<'a> {
    tables: &'a Tables,
    board: i64,
    size: Size,
    leaves: BTreeMap<Option<Place>, Leaf>,
    touched: BTreeSet<i64>,
    next: i64,
    noted: i64,
}

impl<'a> Leaves<'a> {
    /// None looked at yet.
    pub async fn of(
        connection: &mut PgConnection,
        tables: &'a Tables,
        board: i64,
        size: Size,
    ) -> Result<Self, sqlx::Error> {
        let sql = format!(
            "select (select max(leaf) + 1 from {} where board = {board}), \
             (select max(position) from {} where board = {board})",
            tables.leaves, tables.steps,
        );
        let (next, noted) = crate::sql::query_as(&sql).fetch_one(connection).await?;
        Ok(Self { tables, board, size, leaves: BTreeMap::new(), touched: BTreeSet::new(), next, noted })
    }

    /// Takes in what moved, in order, in portions that end with a position. What the leaves count is written by
    /// [`Self::count`].
    pub async fn take_in(&mut self, connection: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
        let mut rest = moves;
        while let Some(last) = rest.get(self.size.step - 1).or(rest.last()) {
            let (at, portion) = (last.at, rest.iter().take_while(|moved| moved.at <= last.at).count());
            let (now, later) = rest.split_at(portion);
            self.look_up(connection, now).await?;
            self.portion(connection, now).await?;
            self.part(connection, at.0.cast_signed()).await?;
            self.note(connection, at.0.cast_signed()).await?;
            rest = later;
        }
        Ok(())
    }

    fn covering(&self, place: &Place) -> Option<&Leaf> {
        let (_, leaf) = self.leaves.range(..=Some(*place)).next_back()?;
        leaf.high.is_none_or(|high| *place < high).then_some(leaf)
    }

    /// Reads the leaves of these places that were not looked at yet.
    async fn look_up(&mut self, connection: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
        let places = moves.iter().flat_map(|moved| [moved.before, moved.after]).flatten();
        let unknown: Vec<Place> = places.filter(|place| self.covering(place).is_none()).collect();
        let found = store::covering(connection, self.tables, self.board, &unknown, "<=").await?;
        self.leaves.extend(found.into_iter().map(|leaf| (leaf.low, leaf)));
        Ok(())
    }

    /// The leaf of a place that was looked up, about to be changed.
    fn changed(&mut self, place: &Place) -> Result<&mut Leaf, sqlx::Error> {
        let found = self.leaves.range_mut(..=Some(*place)).next_back();
        let (_, leaf) = found.ok_or_else(|| sqlx::Error::Protocol("a board has no leaf for a place".into()))?;
        self.touched.insert(leaf.id);
        Ok(leaf)
    }

    async fn portion(&mut self, connection: &mut PgConnection, moves: &[Move]) -> Result<(), sqlx::Error> {
        let mut opened: Vec<(i64, Place, i64, i64)> = Vec::new();
        let mut holding: BTreeMap<Uuid, usize> = BTreeMap::new();
        let mut ended = Vec::new();
        for moved in moves {
            let at = moved.at.0.cast_signed();
            if let Some(before) = moved.before {
                let leaf = self.changed(&before)?;
                leaf.live -= 1;
                match holding.remove(&before.subject) {
                    Some(open) => opened[open].3 = at,
                    None => ended.push((leaf.id, before, at)),
                }
            }
            if let Some(after) = moved.after {
                let leaf = self.changed(&after)?;
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
        let (most, few) = (self.size.leaf, self.size.few());
        self.look_before(connection).await?;
        let mut remade: BTreeSet<Option<Place>> = BTreeSet::new();
        let mut last = None;
        for (low, leaf) in &self.leaves {
            if leaf.total > most {
                remade.insert(*low);
            }
            if leaf.live < few && low.is_some() {
                remade.extend([last, Some(*low)].into_iter().flatten());
            }
            last = Some(*low);
        }
        let mut run: Vec<Leaf> = Vec::new();
        for low in remade {
            let Some(leaf) = self.leaves.remove(&low) else { continue };
            // Each full leaf by itself, few ones with what is before them.
            if !run.is_empty() && leaf.live >= few {
                self.remake(connection, std::mem::take(&mut run), at).await?;
            }
            run.push(leaf);
        }
        if run.is_empty() { Ok(()) } else { self.remake(connection, run, at).await }
    }

    /// Reads the leaves before those with few places.
    async fn look_before(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        loop {
            let mut unknown = Vec::new();
            let mut last: Option<&Leaf> = None;
            for leaf in self.leaves.values() {
                let known = last.is_some_and(|last| last.high == leaf.low);
                unknown.extend(leaf.low.filter(|_| leaf.live < self.size.few() && !known));
                last = Some(leaf);
            }
            if unknown.is_empty() {
                return Ok(());
            }
            let found = store::covering(connection, self.tables, self.board, &unknown, "<").await?;
            self.leaves.extend(found.into_iter().map(|leaf| (leaf.low, leaf)));
        }
    }

    /// Closes neighbouring leaves and puts what holds in them into new ones.
    async fn remake(&mut self, connection: &mut PgConnection, old: Vec<Leaf>, at: i64) -> Result<(), sqlx::Error> {
        let ids: Vec<i64> = old.iter().map(|leaf| leaf.id).collect();
        self.touched.retain(|id| !ids.contains(id));
        let live: usize = old.iter().map(|leaf| leaf.live).sum();
        let parts = live.div_ceil(self.size.leaf / 2).max(1);
        let part = Part { first: self.next, each: live.div_ceil(parts).max(1), at };
        let mut made = store::remake(connection, self.tables, self.board, &ids, part).await?;
        if made.is_empty() {
            made.push(Leaf { id: self.next, low: None, high: None, live: 0, total: 0 });
        }
        self.next += i64::from(store::counted(made.len()));
        for number in 0..made.len() {
            made[number].high = made.get(number + 1).and_then(|next| next.low);
        }
        if let (Some(first), Some(last)) = (old.first(), old.last()) {
            made[0].low = first.low;
            let end = made.len() - 1;
            made[end].high = last.high;
        }
        store::begin_leaves(connection, self.tables, self.board, &made, at).await?;
        self.leaves.extend(made.into_iter().map(|leaf| (leaf.low, leaf)));
        Ok(())
    }

    /// Notes how many are before each leaf, once so much has changed.
    async fn note(&mut self, connection: &mut PgConnection, at: i64) -> Result<(), sqlx::Error> {
        let since = store::changed_since(connection, self.tables, self.board, self.noted, self.size.step).await?;
        if since >= self.size.step {
            store::note(connection, self.tables, self.board, at, &self.touched()).await?;
            self.noted = at;
        }
        Ok(())
    }

    fn touched(&self) -> Vec<&Leaf> {
        self.leaves.values().filter(|leaf| self.touched.contains(&leaf.id)).collect()
    }

    /// Writes how many places the leaves have that took some in or let some go.
    pub async fn count(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        store::count_leaves(connection, self.tables, self.board, &self.touched()).await
    }
}
