//! Verification: the log is folded again by the same code and compared with the stored rows, one by one.

use domain::stream::Position;
use projections::cell::Cell;
use projections::memory::Memory;
use projections::projection::{Held, Projection};
use projections::row::{Key, Row};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool, Row as _};

use super::FoldError;
use super::cells::read;
use super::engine::BATCH;
use super::lease::{self, Lease};
use super::ranks;
use super::rebuild::Progress;
use super::table::{self, HOLDS};
use crate::log::reader;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Up to which position.
    pub position: Position,
    /// The version of the fold.
    pub version: u32,
    /// How many rows, history included, were compared.
    pub rows: u64,
    /// SHA-256 over the refolded rows in order.
    pub digest: String,
    /// The first difference.
    pub difference: Option<Difference>,
}

/// A stored row that is not what the log makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key, its cells as text.
    pub key: String,
    /// The position the row begins at: the event behind it.
    pub from: Position,
    /// What the log makes of it; nothing where no row should be.
    pub refolded: Option<String>,
    /// What is stored; nothing where a row is missing.
    pub stored: Option<String>,
}

/// Refolds up to the projection's checkpoint and compares. Reads the whole log in batches; holds the rows of
/// one projection, history included, in memory.
///
/// # Errors
/// [`FoldError`].
pub async fn run<P: Projection>(pool: &PgPool, told: &dyn Progress) -> Result<Verified, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let lease = lease::look(&mut *connection, P::NAME).await.map_err(failed)?;
    if lease.version != P::VERSION.cast_signed() {
        return Err(FoldError::OtherVersion { projection: P::NAME, serving: lease.version, ours: P::VERSION });
    }
    let mut memory = Memory::<P>::default();
    let mut done = Position(0);
    while done < lease.checkpoint {
        let most = usize::try_from(lease.checkpoint.0 - done.0).map_or(BATCH, |left| left.min(BATCH));
        let facts = reader::after(&mut *connection, done, most)
            .await
            .map_err(|source| FoldError::Log { projection: P::NAME, source })?;
        facts.iter().for_each(|fact| memory.fold(fact));
        done = facts.last().map_or(lease.checkpoint, |fact| fact.position);
        told.at(done.0, lease.checkpoint.0);
    }
    let stored = stored::<P>(&mut connection, &lease).await?;
    let mut refolded: Vec<Line> = memory.history().map(line::<P>).collect();
    refolded.sort();
    let mut hash = Sha256::new();
    for line in &refolded {
        hash.update(format!("{line:?}\n"));
    }
    let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut difference = first_difference(&refolded, &stored);
    if P::RANKED && difference.is_none() {
        difference = ranks::verify::difference::<P>(&mut connection, &lease, &memory).await?;
    }
    let rows = refolded.len() as u64;
    Ok(Verified { position: lease.checkpoint, version: P::VERSION, rows, digest, difference })
}

/// A row with its range: key, from, until, cells.
type Line = (Vec<Cell>, Position, Option<Position>, Vec<Cell>);

fn line<P: Projection>(held: &Held<P::Row>) -> Line {
    (held.row.key().cells(), held.from, held.until, held.row.cells())
}

/// The stored rows as they were at the checkpoint, whatever was folded since; and any row that begins or ends beyond
/// what was folded, which no fold made.
async fn stored<P: Projection>(connection: &mut PgConnection, lease: &Lease) -> Result<Vec<Line>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let table = table::name(P::Row::TABLE, lease.generation);
    let sql = format!(
        "select {}, t.from_position, t.until_position, p.checkpoint from {table} t cross join projections p \
         where p.name = $2 and (t.from_position <= $1 or t.from_position > p.checkpoint)",
        table::columns::<P::Row>("t."),
    );
    let at = lease.checkpoint.0.cast_signed();
    let rows = sqlx::query(&sql).bind(at).bind(P::NAME).fetch_all(connection).await.map_err(failed)?;
    let width = P::Row::COLUMNS.len();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let cells = read(&row, P::Row::COLUMNS, 0).map_err(failed)?;
        let from = row.try_get::<i64, _>(width).map_err(failed)?;
        let until = row.try_get::<i64, _>(width + 1).map_err(failed)?;
        let folded = row.try_get::<i64, _>(width + 2).map_err(failed)?;
        let changed_since = (at + 1..=folded).contains(&until);
        let until = (until != HOLDS && !changed_since).then_some(Position(until.unsigned_abs()));
        lines.push((cells[..P::Row::KEY].to_vec(), Position(from.unsigned_abs()), until, cells));
    }
    lines.sort();
    Ok(lines)
}

fn first_difference(refolded: &[Line], stored: &[Line]) -> Option<Difference> {
    let at = (0..refolded.len().max(stored.len())).find(|at| refolded.get(*at) != stored.get(*at))?;
    let (made, kept) = (refolded.get(at), stored.get(at));
    let place = |line: &Line| (line.0.clone(), line.1);
    let first = made.into_iter().chain(kept).map(place).min()?;
    let shown = |line: Option<&Line>| line.filter(|line| place(line) == first).map(|line| format!("{line:?}"));
    Some(Difference { key: format!("{:?}", first.0), from: first.1, refolded: shown(made), stored: shown(kept) })
}
