//! Reading long stretches of the log: PostgreSQL copies them out while a task of its own decodes what came before.
//!
//! # Invariants
//! - What is read goes up by ones, as [`super::reader`] has it; what follows a missing event is left out.
//! - Memory is bounded: a few chunks wait between the tasks, and whoever is slow holds the others up.
//!
//! # Format
//! `copy … to stdout (format binary)`: a head of 19 bytes, then a message for each row: the count of its fields in 2
//! bytes, and each field's length in 4 with its bytes; at the end -1 in place of a count.
//! <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>

use domain::stream::Position;
use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::reader::{Met, Stored, Unread, Why};
use crate::sqltype::SqlInstant;

/// The most events of a chunk, and the bytes after which one ends.
const CHUNK: usize = 2_000;
const CHUNK_BYTES: usize = 2 << 20;
/// How many chunks wait between two tasks.
const WAITING: usize = 3;
/// How many positions one statement copies: no snapshot is held for as long as a long log takes.
const STRETCH: u64 = 100_000;
/// What stands before the first row.
const HEAD: usize = 19;

/// The columns of an event in the order in which they are copied. The salt comes last.
pub const COLUMNS: &str =
    "position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, recorded_at, salt";

/// Some events in order, as they were copied.
pub struct Chunk(Vec<u8>);

impl Chunk {
    /// Each event, and its salt.
    pub fn events(&self) -> impl Iterator<Item = Result<(Stored<'_>, &[u8]), sqlx::Error>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let fields = take(&mut rest, 2)?;
            // No event has as many fields as the -1 at the end stands for.
            (fields != [0xff, 0xff]).then(|| event(&mut rest).ok_or_else(garbled))
        })
    }
}

fn event<'a>(rest: &mut &'a [u8]) -> Option<(Stored<'a>, &'a [u8])> {
    let mut field = || {
        let length = u32::from_be_bytes(take(rest, 4)?.try_into().ok()?);
        take(rest, usize::try_from(length).ok()?)
    };
    let number = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
    let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).ok();
    let stored = Stored {
        position: Position(number(field()?)?.unsigned_abs()),
        kind: text(field()?)?,
        id: text(field()?)?,
        sequence: number(field()?)?.unsigned_abs(),
        event_type: text(field()?)?,
        version: text(field()?)?,
        payload: text(field()?)?,
        metadata: text(field()?)?,
        at: SqlInstant::of_wire(number(field()?)?).ok()?.0,
    };
    Some((stored, field()?))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn garbled() -> sqlx::Error {
    sqlx::Error::Decode("a copied event is not of the columns asked for".into())
}

/// The tasks of a reading and what they hand on. They end with it.
pub struct Reading<T> {
    handed: Receiver<Result<T, sqlx::Error>>,
    tasks: JoinSet<()>,
}

impl<T> Reading<T> {
    /// What comes next; nothing at the end.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self) -> Result<Option<T>, sqlx::Error> {
        if let Some(next) = self.handed.recv().await {
            return next.map(Some);
        }
        // A task that broke off is no end.
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(broken) = ended {
                std::panic::resume_unwind(broken.into_panic());
            }
        }
        Ok(None)
    }
}

/// Copies the events after a position up to another, on a connection of its own.
#[must_use]
pub fn chunks(database: PgConnectOptions, after: Position, upto: Position) -> Reading<Chunk> {
    let (hand_on, handed) = channel(WAITING);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        if let Err(error) = copy(&database, after, upto, &hand_on).await {
            // Whoever listens no longer needs no cause.
            let _unheard = hand_on.send(Err(error)).await;
        }
    });
    Reading { handed, tasks }
}

async fn copy(
    database: &PgConnectOptions,
    after: Position,
    upto: Position,
    hand_on: &Sender<Result<Chunk, sqlx::Error>>,
) -> Result<(), sqlx::Error> {
    let mut connection = database.connect().await?;
    // A reader who is slow is no fault of the statement, nor of the connection, which the system ends once nothing was
    // taken from it for that long; and the index has the order already.
    let begin = "begin; set local statement_timeout = 0; set local tcp_user_timeout = 0; \
                 set local enable_sort = off; set local enable_bitmapscan = off";
    let mut from = after.0;
    while from < upto.0 {
        let to = upto.0.min(from.saturating_add(STRETCH));
        let sql = format!(
            "copy (select {COLUMNS} from events where position > {from} and position <= {to} order by position) \
             to stdout (format binary)"
        );
        let mut transaction = connection.begin_with(begin).await?;
        let mut rows = transaction.copy_out_raw(&sql).await?;
        let (mut chunk, mut count, mut head) = (Vec::with_capacity(CHUNK_BYTES), 0, HEAD);
        while let Some(row) = rows.try_next().await? {
            chunk.extend_from_slice(row.get(std::mem::take(&mut head)..).ok_or_else(garbled)?);
            count += 1;
            if count == CHUNK || chunk.len() >= CHUNK_BYTES {
                count = 0;
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES));
                if hand_on.send(Ok(Chunk(full))).await.is_err() {
                    return Ok(());
                }
            }
        }
        drop(rows);
        transaction.commit().await?;
        if hand_on.send(Ok(Chunk(chunk))).await.is_err() {
            return Ok(());
        }
        from = to;
    }
    connection.close().await
}

/// Reads the events after a position up to another, whether or not they can be read. Less where the log ends before.
#[must_use]
pub fn met(database: PgConnectOptions, after: Position, upto: Position) -> Reading<Vec<Met>> {
    let mut copied = chunks(database, after, upto);
    let (hand_on, handed) = channel(WAITING);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut last = after;
        loop {
            let decoded = match copied.next().await {
                Ok(None) => return,
                Ok(Some(chunk)) => decode(&chunk, &mut last),
                Err(error) => Err(error),
            };
            let goes_on = decoded.as_ref().is_ok_and(|met| !met.last().is_some_and(is_missing));
            if hand_on.send(decoded).await.is_err() || !goes_on {
                return;
            }
        }
    });
    Reading { handed, tasks }
}

fn is_missing(met: &Met) -> bool {
    matches!(met, Err(Unread { why: Why::Missing(_), .. }))
}

/// Decodes a chunk that follows a position, up to the first event that is missing.
fn decode(chunk: &Chunk, last: &mut Position) -> Result<Vec<Met>, sqlx::Error> {
    let mut met = Vec::with_capacity(CHUNK);
    for event in chunk.events() {
        let (stored, _salt) = event?;
        let expected = Position(last.0.saturating_add(1));
        if stored.position != expected {
            met.push(Err(Unread { position: expected, why: Why::Missing(stored.position) }));
            return Ok(met);
        }
        met.push(stored.met());
        *last = expected;
    }
    Ok(met)
}
