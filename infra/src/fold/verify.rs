//! Verification: the log is folded again by the same code and compared with the stored rows, one by one.

use domain::stream::Position;
use projections::cell::Cell;
use projections::memory::Memory;
use projections::projection::{Held, Projection};
use projections::row::{Key, Row};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool, Row as _};

use super::cells::read;
use super::engine::BATCH;
use super::rebuild::Progress;
use super::table::{self, HOLDS, list};
use super::{FoldError, lease::Lease};
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

/// Refolds up to the projection's checkpoint and compares. Bounded by the rows of one projection, not by the log.
///
/// # Errors
/// [`FoldError`].
pub async fn run<P: Projection>(pool: &PgPool, told: &dyn Progress) -> Result<Verified, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let mut connection = pool.acquire().await.map_err(failed)?;
    let lease = standing::<P>(&mut connection).await.map_err(failed)?;
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
    let difference = first_difference(&refolded, &stored);
    let rows = refolded.len() as u64;
    Ok(Verified { position: lease.checkpoint, version: P::VERSION, rows, digest, difference })
}

/// A row with its range: key, from, until, cells.
type Line = (Vec<Cell>, Position, Option<Position>, Vec<Cell>);

fn line<P: Projection>(held: &Held<P::Row>) -> Line {
    (held.row.key().cells(), held.from, held.until, held.row.cells())
}

async fn standing<P: Projection>(connection: &mut PgConnection) -> Result<Lease, sqlx::Error> {
    let row = sqlx::query("select epoch, generation, version, checkpoint from projections where name = $1")
        .bind(P::NAME)
        .fetch_one(connection)
        .await?;
    Ok(Lease {
        epoch: row.try_get(0)?,
        generation: row.try_get(1)?,
        version: row.try_get(2)?,
        checkpoint: Position(row.try_get::<i64, _>(3)?.unsigned_abs()),
    })
}

/// The stored rows as they were at the checkpoint, whatever was folded since.
async fn stored<P: Projection>(connection: &mut PgConnection, lease: &Lease) -> Result<Vec<Line>, FoldError> {
    let failed = |source| FoldError::Sql { projection: P::NAME, source };
    let table = table::name(P::Row::TABLE, lease.generation);
    let sql = format!(
        "select {}, from_position, until_position from {table} where from_position <= $1",
        list(P::Row::COLUMNS.iter().map(|column| column.name.to_owned())),
    );
    let at = lease.checkpoint.0.cast_signed();
    let rows = sqlx::query(&sql).bind(at).fetch_all(connection).await.map_err(failed)?;
    let width = P::Row::COLUMNS.len();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let cells = read(&row, P::Row::COLUMNS, 0).map_err(failed)?;
        let from = row.try_get::<i64, _>(width).map_err(failed)?;
        let until = row.try_get::<i64, _>(width + 1).map_err(failed)?;
        let until = (until != HOLDS && until <= at).then_some(Position(until.unsigned_abs()));
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
