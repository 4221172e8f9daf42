//! Verification of ranks: the places kept are those of the rows refolded, and each lies in the leaf that covers it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use domain::stream::Position;
use projections::leaderboard::Place;
use projections::memory::Memory;
use projections::projection::{BOARDS, Projection};
use projections::row::Row;
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection, Row as _};
use uuid::Uuid;

use super::Tables;
use crate::fold::FoldError;
use crate::fold::lease::Lease;
use crate::fold::table::HOLDS;
use crate::fold::verify::{Difference, LONG};

/// A place and the positions it held in.
type Span = (i64, Place, i64, i64);

/// The places of the rows refolded, of the groups whose boards are kept.
pub struct Refolded<P> {
    tables: Tables,
    groups: BTreeMap<String, i64>,
    places: Vec<Span>,
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
        let sql = format!("select name, id from {} where kept", tables.groups);
        let groups: Vec<(String, i64)> = crate::sql::query_as(&sql).fetch_all(connection).await.map_err(failed)?;
        Ok(Self { tables, groups: groups.into_iter().collect(), places: vec![], of: PhantomData })
    }

    /// Those of some rows.
    pub fn add(&mut self, memory: &Memory<P>) {
        for held in memory.history() {
            let ranked = P::places(&held.row);
            let Some(id) = self.groups.get(&ranked.group) else { continue };
            let (from, until) = (held.from.0.cast_signed(), held.until.map_or(HOLDS, |until| until.0.cast_signed()));
            self.places.extend(ranked.places.iter().map(|(board, place)| (id * BOARDS + board, *place, from, until)));
        }
    }

    /// The first place that is kept otherwise than refolded. A place stands for as long as it is the same, in however
    /// many leaves.
    ///
    /// # Errors
    /// [`FoldError::Sql`].
    pub async fn difference(
        self,
        connection: &mut PgConnection,
        lease: &Lease,
    ) -> Result<Option<Difference>, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let mut transaction = connection.begin_with(LONG).await.map_err(failed)?;
        let kept = kept(&mut transaction, &self.tables, lease.checkpoint.0.cast_signed()).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let (refolded, kept) = (joined(self.places), joined(kept));
        let at = (0..refolded.len().max(kept.len())).find(|at| refolded.get(*at) != kept.get(*at));
        let shown = |span: Option<&Span>| span.map(|span| format!("{span:?}"));
        if let Some(at) = at {
            let (made, stored) = (refolded.get(at), kept.get(at));
            let from = [made, stored].into_iter().flatten().map(|span| span.2).min().unwrap_or_default();
            let (refolded, stored) = (shown(made), shown(stored));
            let (key, from) = ("a place on a board".to_owned(), Position(from.unsigned_abs()));
            return Ok(Some(Difference { key, from, refolded, stored, events: vec![] }));
        }
        let mut transaction = connection.begin_with(LONG).await.map_err(failed)?;
        let lost = outside(&mut transaction, &self.tables).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let (key, from) = ("a leaf of a board".to_owned(), lease.checkpoint);
        Ok(lost.map(|lost| Difference { key, from, refolded: None, stored: Some(lost), events: vec![] }))
    }
}

/// In order, one for as long as it is the same.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|(_, _, from, until)| from < until);
    spans.sort_unstable_by_key(|(board, place, from, _)| (*board, place.subject, *from));
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if (last.0, last.1, last.3) == (span.0, span.1, span.2) => last.3 = span.3,
            _ => joined.push(span),
        }
    }
    joined
}

async fn kept(connection: &mut PgConnection, tables: &Tables, at: i64) -> Result<Vec<Span>, sqlx::Error> {
    let sql = format!(
        "select number, nullif(tie, '-infinity'), subject, board, from_position, \
         case when until_position > {at} then {HOLDS} else until_position end from {} where from_position <= {at}",
        tables.places,
    );
    let rows = crate::sql::query(&sql).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(3)?, super::store::place(row)?, row.try_get(4)?, row.try_get(5)?))).collect()
}

/// A place that a leaf does not cover, or that holds beyond it; or a leaf that has counted otherwise.
async fn outside(connection: &mut PgConnection, tables: &Tables) -> Result<Option<String>, sqlx::Error> {
    let sql = format!(
        "select p.board, p.leaf, p.number, p.subject from {places} p join {leaves} l using (board, leaf) \
         where p.from_position < p.until_position and (p.from_position < l.from_position \
         or p.until_position > l.until_position \
         or (p.number, p.tie, p.subject) < (l.low_number, l.low_tie, l.low_subject) \
         or exists (select from {leaves} o where o.board = p.board and o.leaf <> p.leaf \
         and o.from_position < p.until_position and o.until_position > p.from_position \
         and (o.low_number, o.low_tie, o.low_subject) <= (p.number, p.tie, p.subject) \
         and (o.low_number, o.low_tie, o.low_subject) > (l.low_number, l.low_tie, l.low_subject))) limit 1",
        places = tables.places,
        leaves = tables.leaves,
    );
    let found: Option<(i64, i64, Decimal, Uuid)> = crate::sql::query_as(&sql).fetch_optional(&mut *connection).await?;
    if found.is_some() {
        return Ok(found.map(|found| format!("{found:?}")));
    }
    let sql = format!(
        "select l.board, l.leaf from {} l cross join lateral (select count(*) as total, \
         count(*) filter (where p.until_position = {HOLDS}) as live from {} p where p.board = l.board and p.leaf = l.leaf) c \
         where l.until_position = {HOLDS} and (l.live <> c.live or l.total <> c.total) limit 1",
        tables.leaves, tables.places,
    );
    let found: Option<(i64, i64)> = crate::sql::query_as(&sql).fetch_optional(connection).await?;
    Ok(found.map(|found| format!("the counts of {found:?}")))
}
