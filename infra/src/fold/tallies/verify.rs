//! Verification of tallies: what is stored is what the rows refolded count for, at every position.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use domain::stream::Position;
use futures_util::TryStreamExt;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::Row;
use projections::tally::{Quantity, Tally};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, Row as _};

use super::of;
use crate::fold::FoldError;
use crate::fold::lease::Lease;
use crate::fold::sums::{Sums, ends, number, within};
use crate::fold::table::HOLDS;
use crate::fold::verify::{Difference, LONG, events, rows_within};

/// What the rows refolded count for.
pub struct Refolded<P> {
    sums: Sums,
    of: PhantomData<fn() -> P>,
}

impl<P: Projection> Refolded<P> {
    /// Nothing yet.
    #[must_use]
    pub fn begin(lease: &Lease) -> Self {
        Self { sums: Sums::upto(lease.checkpoint), of: PhantomData }
    }

    /// What some rows count for.
    pub fn add(&mut self, memory: &Memory<P>) {
        for held in memory.history() {
            for (tally, quantity) in P::tallies(&held.row) {
                self.sums.add(ends(held), |at| hash(&tally, &quantity, at));
            }
        }
    }

    /// The first position at which a tally is otherwise than refolded.
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
            let sql = kept_sql::<P>(lease, "true");
            let mut rows = crate::sql::query(&sql).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                let (tally, quantity) = of(&row).map_err(failed)?;
                let [from, until] = [5, 6].map(|at| row.try_get(at));
                let ends = [from.map_err(failed)?, until.map_err(failed)?];
                kept.add(ends, |at| hash(&tally, &quantity, at));
            }
        }
        let difference = match self.sums.differs(&kept) {
            Some(stretch) => Some(first_within::<P>(&mut transaction, lease, stretch).await?),
            None => broken::<P>(&mut transaction, lease).await?,
        };
        transaction.commit().await.map_err(failed)?;
        Ok(difference)
    }
}

/// The first difference in a stretch of positions, by the rows that began or ended there: those were found to be as
/// refolded.
async fn first_within<P: Projection>(
    connection: &mut PgConnection,
    lease: &Lease,
    stretch: (i64, i64),
) -> Result<Difference, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let (mut made, mut stored): (BTreeMap<_, Quantity>, BTreeMap<_, Quantity>) = Default::default();
    let change =
        |of: &mut BTreeMap<(i64, Tally), Quantity>, tally: Tally, quantity: Quantity, [from, until]: [i64; 2]| {
            for (at, more) in [(from, quantity), (until, quantity.taken_away())] {
                let changed = of.entry((at, tally.clone())).or_default();
                *changed = changed.and(more);
            }
        };
    for (row, ends) in rows_within::<P>(connection, lease, stretch).await? {
        P::tallies(&row).into_iter().for_each(|(tally, quantity)| change(&mut made, tally, quantity, ends));
    }
    let sql = kept_sql::<P>(lease, &within(stretch));
    for row in crate::sql::query(&sql).fetch_all(&mut *connection).await.map_err(failed)? {
        let (tally, quantity) = of(&row).map_err(failed)?;
        let [from, until] = [5, 6].map(|at| row.try_get(at));
        change(&mut stored, tally, quantity, [from.map_err(failed)?, until.map_err(failed)?]);
    }
    let at = made.keys().chain(stored.keys()).filter(|(at, _)| (stretch.0..=stretch.1).contains(at));
    let same = |key: &&(i64, Tally)| {
        made.get(key).copied().unwrap_or_default() == stored.get(key).copied().unwrap_or_default()
    };
    let first = at.filter(|key| !same(key)).min();
    let shown = |of: &BTreeMap<(i64, Tally), Quantity>| Some(format!("changes by {:?}", of.get(first?)?));
    let key = first.map_or("a tally".to_owned(), |(_, tally)| format!("the tally {} of {}", tally.name, tally.year));
    let from = Position(first.map_or(stretch.0, |(at, _)| *at).unsigned_abs());
    let (refolded, stored) = (shown(&made), shown(&stored));
    Ok(Difference { key, from, refolded, stored, events: events::<P>(connection, [from].iter()).await? })
}

/// The first row that cannot be, whatever its sum: reads take the last one that began, so each of a tally ends where the next
/// one begins or before, none is empty, and none begins or ends beyond what was folded.
async fn broken<P: Projection>(connection: &mut PgConnection, lease: &Lease) -> Result<Option<Difference>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let sql = format!(
        "select t.name, t.year, t.from_position, t.until_position from (select *, lead(from_position) over \
         (partition by name, year order by from_position) as next from {}) as t cross join projections p where p.name = $1 \
         and (t.from_position > p.checkpoint or t.until_position <= t.from_position or t.until_position > t.next \
         or t.until_position > p.checkpoint and t.until_position < {HOLDS}) order by t.from_position, t.name, t.year limit 1",
        super::name(P::Row::TABLE, lease.generation),
    );
    let found: Option<(String, i64, i64, i64)> =
        crate::sql::query_as(&sql).bind(P::NAME).fetch_optional(&mut *connection).await.map_err(failed)?;
    let Some((name, year, from, until)) = found else { return Ok(None) };
    let from = Position(from.unsigned_abs());
    let stored = Some(format!("holds from {from} until {until}, which no fold makes"));
    let events = events::<P>(connection, [from].iter()).await?;
    Ok(Some(Difference { key: format!("the tally {name} of {year}"), from, refolded: None, stored, events }))
}

/// What is stored as of the checkpoint.
fn kept_sql<P: Projection>(lease: &Lease, which: &str) -> String {
    let at = lease.checkpoint.0;
    format!(
        "select name, year, value, parts, at_least, from_position, \
         case when until_position > {at} then {HOLDS} else until_position end from {} \
         where from_position <= {at} and {which}",
        super::name(P::Row::TABLE, lease.generation),
    )
}

/// What a quantity comes to at a position: of two quantities the sum of what each comes to.
fn hash(tally: &Tally, quantity: &Quantity, position: i64) -> u128 {
    let factor = |of: u8| {
        let mut hash = Sha256::new();
        hash.update([of]);
        hash.update(position.to_be_bytes());
        hash.update(tally.year.to_be_bytes());
        hash.update(&tally.name);
        number(hash.finalize().into())
    };
    let value = quantity.value.mantissa().cast_unsigned().wrapping_mul(10_u128.pow(28 - quantity.value.scale()));
    let parts = i128::from(quantity.parts).cast_unsigned();
    let at_least = i128::from(quantity.at_least).cast_unsigned();
    let products = [(0, value), (1, parts), (2, at_least)].map(|(of, many)| factor(of).wrapping_mul(many));
    products.into_iter().fold(0, u128::wrapping_add)
}
