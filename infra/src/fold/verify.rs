//! Verification: the log is folded again by the same code and compared with the stored rows, one by one.
//!
//! # Memory
//! A pass holds the refolded rows of as many groups of keys as fit; what does not fit waits for another pass over the
//! log. So a verification is as large as a pass, or as the history of the longest group, however long the log is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::event::Fact;
use domain::stream::Position;
use futures_util::TryStreamExt;
use projections::cell::Cell;
use projections::memory::Memory;
use projections::projection::Projection;
use projections::row::{Key, Row};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{Connection, PgConnection, PgPool, Row as _};

use tokio::time::Instant;

use super::FoldError;
use super::cells::{bind_one, read};
use super::lease::{self, Lease};
use super::line::{self, GROUPS, Line};
use super::rebuild::Progress;
use super::stretch::Stretch;
use super::table::{self, HOLDS};
use super::{ranks, sums, tallies};
use crate::log::stream;

/// How a transaction begins whose statement takes as long as a table is large, whatever the role or the session was told.
pub(super) const LONG: &str = "begin; set local statement_timeout = 0";
/// The most changes a pass holds, and with them the most rows.
const MOST: usize = 250_000;
/// The most events named behind a difference: the last ones before it.
const EVENTS: i64 = 50;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Up to which position.
    pub position: Position,
    /// The version of the fold.
    pub version: u32,
    /// The generation whose rows were compared.
    pub generation: i64,
    /// How many rows, history included, were compared.
    pub rows: u64,
    /// SHA-256 over the refolded rows in order.
    pub digest: String,
    /// How many rows are missing, are too many or differ; one more where places on boards do, and where tallies do.
    pub differing: u64,
    /// The first difference, by key.
    pub difference: Option<Difference>,
}

/// A stored row that is not what the log makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key, its cells as text.
    pub key: String,
    /// The position the row begins at.
    pub from: Position,
    /// What the log makes of it; nothing where no row should be.
    pub refolded: Option<String>,
    /// What is stored; nothing where a row is missing.
    pub stored: Option<String>,
    /// The events that began or ended rows of this key up to there, with their stored names; the last fifty.
    pub events: Vec<(Position, String)>,
}

/// Refolds up to the projection's checkpoint and compares.
///
/// # Errors
/// [`FoldError`].
pub async fn run<P: Projection>(pool: &PgPool, told: &dyn Progress) -> Result<Verified, FoldError> {
    within::<P>(pool, MOST, told).await
}

/// The same, a pass holding so many changes at most.
///
/// # Errors
/// [`FoldError`].
pub async fn within<P: Projection>(pool: &PgPool, most: usize, told: &dyn Progress) -> Result<Verified, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let (mut connection, database) = (pool.acquire().await.map_err(failed)?, pool.connect_options());
    let (lease, mut places) = begin::<P>(&mut connection).await?;
    let (mut digest, mut rows, mut differing) = (Sha256::new(), 0, 0);
    let mut first: Option<((Vec<Cell>, Position), Difference)> = None;
    let mut tallied = P::TALLIED.then(|| tallies::verify::Refolded::<P>::begin(&lease));
    let (mut groups, mut passes) = (0, 0);
    while groups < GROUPS {
        passes += 1;
        told.pass(passes);
        let pass = Pass::<P>::over(&mut connection, &database, groups, most, &lease, told).await?;
        let mut worked = Instant::now();
        let mut expected = pass.digested(&mut digest);
        rows += expected.len() as u64;
        let (count, place) = pass.compare(&mut connection, &lease, &mut expected).await?;
        rest(told, &mut worked).await;
        differing += count;
        if let Some(place) = place.filter(|place| first.as_ref().is_none_or(|(first, _)| place < first)) {
            let difference = pass.explain(&mut connection, &lease, &place).await?;
            first = Some((place, difference));
        }
        places.iter_mut().for_each(|places| pass.groups.values().for_each(|(memory, _)| places.add(memory)));
        tallied.iter_mut().for_each(|tallied| pass.groups.values().for_each(|(memory, _)| tallied.add(memory)));
        groups = pass.end;
    }
    let mut difference = first.map(|(_, difference)| difference);
    let mut worked = Instant::now();
    if let Some(places) = places {
        let found = places.difference(&mut connection, &lease).await?;
        rest(told, &mut worked).await;
        differing += u64::from(found.is_some());
        difference = difference.or(found);
    }
    if let Some(tallied) = tallied {
        let found = tallied.difference(&mut connection, &lease).await?;
        rest(told, &mut worked).await;
        differing += u64::from(found.is_some());
        difference = difference.or(found);
    }
    let digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let (position, generation) = (lease.checkpoint, lease.generation);
    Ok(Verified { position, version: P::VERSION, generation, rows, digest, differing, difference })
}

/// Where the projection is, and what its groups count there: read again where it was folded on between the two.
async fn begin<P: Projection>(
    connection: &mut PgConnection,
) -> Result<(Lease, Option<ranks::verify::Refolded<P>>), FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    loop {
        let lease = lease::look(&mut *connection, P::NAME).await.map_err(failed)?;
        if lease.version != P::VERSION.cast_signed() {
            return Err(FoldError::OtherVersion { projection: P::NAME, serving: lease.version, ours: P::VERSION });
        }
        if !P::RANKED {
            return Ok((lease, None));
        }
        let places = ranks::verify::Refolded::<P>::begin(connection, &lease).await?;
        if places.is_of_one_moment() {
            return Ok((lease, Some(places)));
        }
    }
}

/// Rests for as long as whoever is told wants it, and begins to work again.
async fn rest(told: &dyn Progress, worked: &mut Instant) {
    let rest = told.rest(worked.elapsed());
    if !rest.is_zero() {
        tokio::time::sleep(rest).await;
    }
    *worked = Instant::now();
}

/// What the log makes of the groups from `begin` until before `end`.
struct Pass<P: Projection> {
    begin: u16,
    end: u16,
    changes: usize,
    groups: BTreeMap<u16, (Memory<P>, usize)>,
}

impl<P: Projection> Pass<P> {
    async fn over(
        connection: &mut PgConnection,
        database: &PgConnectOptions,
        begin: u16,
        most: usize,
        lease: &Lease,
        told: &dyn Progress,
    ) -> Result<Self, FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let mut pass = Self { begin, end: GROUPS, changes: 0, groups: BTreeMap::new() };
        let mut log = stream::met(database.clone(), Position(0), lease.checkpoint);
        let (mut done, mut worked) = (Position(0), Instant::now());
        while let Some(met) = log.next().await.map_err(failed)? {
            let stretch = Stretch::decided::<P>(connection, done, &met).await?;
            stretch.facts.iter().for_each(|fact| pass.fold(fact, most));
            done = stretch.to;
            if let Some(stopped) = stretch.stopped {
                return Err(stopped);
            }
            told.at(done.0, lease.checkpoint.0);
            rest(told, &mut worked).await;
        }
        Ok(pass)
    }

    fn fold(&mut self, fact: &Fact, most: usize) {
        for (key, change) in P::changes(fact) {
            let group = line::group(&key.cells());
            if group < self.begin || group >= self.end {
                continue;
            }
            let (memory, changes) = self.groups.entry(group).or_default();
            memory.change(&key, &change, fact.position);
            *changes += 1;
            self.changes += 1;
            while self.changes > most && self.groups.len() > 1 {
                self.leave_half();
            }
        }
    }

    /// Leaves the upper half of the groups to another pass.
    fn leave_half(&mut self) {
        let middle = self.groups.keys().nth(self.groups.len() / 2).copied().unwrap_or(self.end);
        let left = self.groups.split_off(&middle);
        self.changes -= left.values().map(|(_, changes)| changes).sum::<usize>();
        self.end = middle;
    }

    /// What has to be stored: the hash of each line, by that of its place. Adds the lines to the digest.
    fn digested(&self, digest: &mut Sha256) -> HashMap<[u8; 32], [u8; 32]> {
        let mut expected = HashMap::new();
        for (memory, _) in self.groups.values() {
            let mut lines: Vec<Line> = memory.history().map(Line::of).collect();
            lines.sort();
            for line in lines {
                let bytes = line.bytes();
                digest.update(&bytes);
                expected.insert(line.place_hash(), Sha256::digest(&bytes).into());
            }
        }
        expected
    }

    /// Takes what is stored as it should be out of `expected`; answers how many places differ, and the first.
    async fn compare(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        expected: &mut HashMap<[u8; 32], [u8; 32]>,
    ) -> Result<(u64, Option<(Vec<Cell>, Position)>), FoldError> {
        let failed = |source| FoldError::Sql { projection: P::NAME, source };
        let (mut differing, mut first) = (0, None);
        let mut differs = |line: &Line| {
            differing += 1;
            let place = line.place();
            if first.as_ref().is_none_or(|first| place < *first) {
                first = Some(place);
            }
        };
        let sql = stored_sql::<P>(lease, "true");
        let mut transaction = connection.begin_with(LONG).await.map_err(failed)?;
        let query = crate::sql::query(&sql).bind(lease.checkpoint.0.cast_signed()).bind(P::NAME);
        let mut stored = query.fetch(&mut *transaction);
        while let Some(row) = stored.try_next().await.map_err(failed)? {
            let line = line_of::<P>(&row, lease).map_err(failed)?;
            if !(self.begin..self.end).contains(&line::group(&line.key)) {
                continue;
            }
            match expected.remove(&line.place_hash()) {
                Some(hash) if hash == <[u8; 32]>::from(Sha256::digest(line.bytes())) => {}
                _missing_or_other => differs(&line),
            }
        }
        drop(stored);
        transaction.commit().await.map_err(failed)?;
        if !expected.is_empty() {
            let lines = self.groups.values().flat_map(|(memory, _)| memory.history()).map(Line::of);
            lines.filter(|line| expected.contains_key(&line.place_hash())).for_each(|line| differs(&line));
        }
        Ok((differing, first))
    }

    /// What the log makes of the key of a difference, what is stored, and the events behind both.
    async fn explain(
        &self,
        connection: &mut PgConnection,
        lease: &Lease,
        place: &(Vec<Cell>, Position),
    ) -> Result<Difference, FoldError> {
        let (key, from) = place;
        let group = self.groups.get(&line::group(key));
        let history = group.into_iter().flat_map(|(memory, _)| memory.history());
        let refolded: Vec<Line> = history.filter(|held| held.row.key().cells() == *key).map(Line::of).collect();
        let stored = stored_of::<P>(connection, lease, key).await?;
        let [made, kept] = [&refolded, &stored].map(|lines| lines.iter().find(|line| line.from == *from));
        let ends = [made, kept].into_iter().flatten().map(|line| line.until.unwrap_or(lease.checkpoint).max(line.from));
        let last = ends.max().unwrap_or(lease.checkpoint);
        let positions: BTreeSet<Position> =
            refolded.iter().chain(&stored).flat_map(|line| [Some(line.from), line.until]).flatten().collect();
        Ok(Difference {
            key: line::shown(key, P::Row::COLUMNS),
            from: *from,
            refolded: made.map(|line| line.shown(P::Row::COLUMNS)),
            stored: kept.map(|line| line.shown(P::Row::COLUMNS)),
            events: events::<P>(connection, positions.range(..=last)).await?,
        })
    }
}

/// The rows as they were at the checkpoint, whatever was folded since; and any row that begins or ends beyond what was
/// folded, which no fold made.
fn stored_sql<P: Projection>(lease: &Lease, which: &str) -> String {
    format!(
        "select {}, t.from_position, t.until_position, p.checkpoint from {} t cross join projections p \
         where p.name = $2 and (t.from_position <= $1 or t.from_position > p.checkpoint) and {which}",
        table::columns::<P::Row>("t."),
        table::name(P::Row::TABLE, lease.generation),
    )
}

/// The rows that began or ended in a stretch of positions, its first and last, and where they did.
///
/// # Errors
/// [`FoldError::Sql`], [`FoldError::Misfit`].
pub(super) async fn rows_within<P: Projection>(
    connection: &mut PgConnection,
    lease: &Lease,
    stretch: (i64, i64),
) -> Result<Vec<(P::Row, [i64; 2])>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let (table, columns) = (table::name(P::Row::TABLE, lease.generation), table::columns::<P::Row>(""));
    let within = sums::within(stretch);
    let sql = format!("select {columns}, from_position, until_position from {table} where {within}");
    let width = P::Row::COLUMNS.len();
    let mut rows = Vec::new();
    for stored in crate::sql::query(&sql).fetch_all(connection).await.map_err(failed)? {
        let cells = read(&stored, P::Row::COLUMNS, 0).map_err(failed)?;
        let row = P::Row::from_cells(cells).ok_or_else(|| FoldError::Misfit { table: table.clone() })?;
        let [from, until] = [width, width + 1].map(|at| stored.try_get(at));
        rows.push((row, [from.map_err(failed)?, until.map_err(failed)?]));
    }
    Ok(rows)
}

fn line_of<P: Projection>(row: &PgRow, lease: &Lease) -> Result<Line, sqlx::Error> {
    let width = P::Row::COLUMNS.len();
    let cells = read(row, P::Row::COLUMNS, 0)?;
    let (from, until, folded): (i64, i64, i64) =
        (row.try_get(width)?, row.try_get(width + 1)?, row.try_get(width + 2)?);
    let changed_since = (lease.checkpoint.0.cast_signed() + 1..=folded).contains(&until);
    let until = (until != HOLDS && !changed_since).then_some(Position(until.unsigned_abs()));
    Ok(Line { key: cells[..P::Row::KEY].to_vec(), from: Position(from.unsigned_abs()), until, cells })
}

/// What is stored of one key, by beginning.
async fn stored_of<P: Projection>(
    connection: &mut PgConnection,
    lease: &Lease,
    key: &[Cell],
) -> Result<Vec<Line>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let columns = &P::Row::COLUMNS[..P::Row::KEY];
    let same = (3..).zip(columns).map(|(number, column)| format!("t.{} = ${number}", column.name));
    let sql = stored_sql::<P>(lease, &same.collect::<Vec<_>>().join(" and "));
    let query = crate::sql::query(&sql).bind(lease.checkpoint.0.cast_signed()).bind(P::NAME);
    let query = columns.iter().zip(key).fold(query, |query, (column, cell)| bind_one(query, column.kind, cell));
    let rows = query.fetch_all(connection).await.map_err(failed)?;
    let mut lines: Vec<Line> =
        rows.iter().map(|row| line_of::<P>(row, lease)).collect::<Result<_, _>>().map_err(failed)?;
    lines.sort();
    Ok(lines)
}

/// The stored names of the last events at these positions, ascending.
pub(super) async fn events<P: Projection>(
    connection: &mut PgConnection,
    positions: impl Iterator<Item = &Position>,
) -> Result<Vec<(Position, String)>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let positions: Vec<i64> = positions.filter_map(|position| i64::try_from(position.0).ok()).collect();
    let sql = "select position, event_type from events where position = any($1) order by position desc limit $2";
    let found: Vec<(i64, String)> =
        crate::sql::query_as(sql).bind(positions).bind(EVENTS).fetch_all(connection).await.map_err(failed)?;
    Ok(found.into_iter().rev().map(|(position, name)| (Position(position.unsigned_abs()), name)).collect())
}
