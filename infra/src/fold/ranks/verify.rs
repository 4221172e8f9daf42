//! Verification of ranks: the places kept are those of the rows refolded, and each lies in the leaf that covers it.
//!
//! # Memory
//! Places are not held: each beginning of one is added to a sum of hashes, each end is taken away, by the stretch of
//! positions it falls into. So a place that goes on in another leaf comes to nothing, in whatever order they are read.
//! Where two sums differ, the rows of that stretch are looked at one by one.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use domain::stream::Position;
use futures_util::TryStreamExt;
use projections::leaderboard::Place;
use projections::memory::Memory;
use projections::projection::{BOARDS, Projection, Ranked};
use projections::row::Row;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, Row as _};

use super::store::place;
use super::{Tables, shape};
use crate::fold::FoldError;
use crate::fold::lease::Lease;
use crate::fold::sums::{Sums, ends, number, within};
use crate::fold::table::HOLDS;
use crate::fold::verify::{Difference, LONG, events, rows_within};

/// The places of the rows refolded, of the groups whose boards are kept, and how many versions each group has had.
pub struct Refolded<P> {
    tables: Tables,
    groups: BTreeMap<String, i64>,
    /// What the groups count, where they were read as of the checkpoint.
    counted: Option<BTreeMap<String, i64>>,
    versions: BTreeMap<String, i64>,
    sums: Sums,
    of: PhantomData<fn() -> P>,
}

impl<P: Projection> Refolded<P> {
    /// None yet, of the groups kept.
    ///
    /// # Errors
    /// [`FoldError::Sql`].
    pub async fn begin(connection: &mut PgConnection, lease: &Lease) -> Result<Self, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let tables = Tables::of(P::Row::TABLE, lease.generation);
        let sql = format!(
            "select coalesce(name, ''), coalesce(id, 0), coalesce(versions, 0), coalesce(kept, false), checkpoint \
             from (select checkpoint from projections where name = $1) as p left join {} g on true",
            tables.groups
        );
        let rows: Vec<(String, i64, i64, bool, i64)> =
            crate::sql::query_as(&sql).bind(P::NAME).fetch_all(connection).await.map_err(failed)?;
        let as_of = rows.first().map(|(.., checkpoint)| checkpoint.unsigned_abs());
        let kept = |(name, id, _, kept, _): &(String, i64, i64, bool, i64)| kept.then(|| (name.clone(), *id));
        let groups = rows.iter().filter_map(kept).collect();
        let counted = rows.into_iter().map(|(name, _, versions, ..)| (name, versions)).filter(|(_, many)| *many > 0);
        let counted = (as_of == Some(lease.checkpoint.0)).then(|| counted.collect());
        let (versions, sums) = (BTreeMap::new(), Sums::upto(lease.checkpoint));
        Ok(Self { tables, groups, counted, versions, sums, of: PhantomData })
    }

    /// Whether the groups were read as of the checkpoint: nothing was folded between the two.
    #[must_use]
    pub fn is_of_one_moment(&self) -> bool {
        self.counted.is_some()
    }

    /// Those of some rows.
    pub fn add(&mut self, memory: &Memory<P>) {
        for held in memory.history() {
            let ranked = P::places(&held.row);
            for (board, place) in boards(&self.groups, &ranked) {
                self.sums.add(ends(held), |at| hash(board, &place, at));
            }
            *self.versions.entry(ranked.group).or_default() += 1;
        }
    }

    /// The first group that has counted otherwise.
    fn miscounted(&self) -> Option<Difference> {
        let counted = self.counted.as_ref()?;
        let names = self.versions.keys().chain(counted.keys());
        let first = names.filter(|name| self.versions.get(*name) != counted.get(*name)).min()?;
        let shown = |of: &BTreeMap<String, i64>| of.get(first).map(|versions| format!("{versions} versions"));
        let (refolded, stored) = (shown(&self.versions), shown(counted));
        let key = format!("the group {first} of the boards");
        Some(Difference { key, from: Position(0), refolded, stored, events: vec![] })
    }

    /// The first place that is kept otherwise than refolded. A place stands for as long as it is the same, in however
    /// many leaves.
    ///
    /// # Errors
    /// [`FoldError`].
    pub async fn difference(
        self,
        connection: &mut PgConnection,
        lease: &Lease,
    ) -> Result<Option<Difference>, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let mut transaction = connection.begin_with(LONG).await.map_err(failed)?;
        let mut kept = Sums::upto(lease.checkpoint);
        {
            let sql = self.kept_sql(lease, "true");
            let mut rows = crate::sql::query(&sql).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                let read = || Ok((row.try_get(3)?, place(&row, 0)?, [row.try_get(4)?, row.try_get(5)?]));
                let (board, place, ends) = read().map_err(failed)?;
                kept.add(ends, |at| hash(board, &place, at));
            }
        }
        if let Some(stretch) = self.sums.differs(&kept) {
            return self.first_within(&mut transaction, lease, stretch).await.map(Some);
        }
        let lost = shape::fault(&mut transaction, &self.tables, lease.checkpoint).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let (key, from) = ("a leaf of a board".to_owned(), lease.checkpoint);
        let lost = lost.map(|lost| Difference { key, from, refolded: None, stored: Some(lost), events: vec![] });
        Ok(lost.or_else(|| self.miscounted()))
    }

    /// What is kept as of the checkpoint, of the same groups: one whose boards began to be kept meanwhile has places of
    /// before, and was not refolded.
    fn kept_sql(&self, lease: &Lease, which: &str) -> String {
        let at = lease.checkpoint.0;
        let groups: Vec<String> = self.groups.values().map(i64::to_string).collect();
        format!(
            "select number, nullif(tie, '-infinity'), subject, board, from_position, \
             case when until_position > {at} then {HOLDS} else until_position end from {} \
             where from_position <= {at} and board / {BOARDS} = any ('{{{}}}'::bigint[]) and {which}",
            self.tables.places,
            groups.join(","),
        )
    }

    /// The first difference in a stretch of positions, by the rows that began or ended there: those were found to be as
    /// refolded.
    async fn first_within(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        stretch: (i64, i64),
    ) -> Result<Difference, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let mut counted: BTreeMap<(i64, i64, Place), i64> = BTreeMap::new();
        let mut count = |board, place: Place, [from, until]: [i64; 2], one: i64| {
            *counted.entry((from, board, place)).or_default() += one;
            *counted.entry((until, board, place)).or_default() -= one;
        };
        for (row, ends) in rows_within::<P>(connection, lease, stretch).await? {
            boards(&self.groups, &P::places(&row)).for_each(|(board, place)| count(board, place, ends, 1));
        }
        let sql = self.kept_sql(lease, &within(stretch));
        for row in crate::sql::query(&sql).fetch_all(&mut *connection).await.map_err(failed)? {
            let read = || Ok((row.try_get(3)?, place(&row, 0)?, [row.try_get(4)?, row.try_get(5)?]));
            let (board, place, ends) = read().map_err(failed)?;
            count(board, place, ends, -1);
        }
        let mut differing =
            counted.into_iter().filter(|((at, ..), more)| (stretch.0..=stretch.1).contains(at) && *more != 0);
        let key = "a place on a board".to_owned();
        let Some(((at, board, place), more)) = differing.next() else {
            let from = Position(stretch.0.unsigned_abs());
            return Ok(Difference { key, from, refolded: None, stored: None, events: vec![] });
        };
        // What begins once too often in the one ends once too often in the other.
        let shown = Some(format!("{place:?} on board {board}"));
        let (refolded, stored) = if more > 0 { (shown, None) } else { (None, shown) };
        let from = Position(at.unsigned_abs());
        let events = events::<P>(connection, [from].iter()).await?;
        Ok(Difference { key, from, refolded, stored, events })
    }
}

/// The places of a row on boards that are kept.
fn boards(groups: &BTreeMap<String, i64>, ranked: &Ranked) -> impl Iterator<Item = (i64, Place)> {
    let id = groups.get(&ranked.group).copied();
    let places = if id.is_some() { &ranked.places[..] } else { &[] };
    places.iter().map(move |(number, place)| (id.unwrap_or_default() * BOARDS + number, *place))
}

fn hash(board: i64, place: &Place, position: i64) -> u128 {
    let mut hash = Sha256::new();
    hash.update(board.to_be_bytes());
    hash.update(position.to_be_bytes());
    hash.update(place.subject.as_bytes());
    hash.update(place.number.normalize().serialize());
    hash.update([u8::from(place.tie.is_some())]);
    hash.update(place.tie.unwrap_or_default().normalize().serialize());
    number(hash.finalize().into())
}
