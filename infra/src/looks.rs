//! Who read what of whom, and who tried to: recorded in a chain of hashes before it is answered. docs/reads.md tells the
//! format to whoever checks it without this program.
//!
//! # Invariants
//! - Numbers are 1, 2, 3 … without a hole, whichever process records; the time never goes back.
//! - What waits is recorded in one transaction, under the lock of the head row, and nobody is answered before its end.
//! - What is denied to somebody again and again takes no more than a few entries an hour.
//!
//! # Not here
//! What is recorded and why (graphql).

mod bound;
pub mod entry;
mod list;
pub mod verify;

use std::sync::{Arc, Mutex, PoisonError};

use graphql::ports::Look;
use sqlx::{Connection as _, PgPool, Row};
use tokio::sync::{Mutex as Turn, oneshot};

use self::bound::Bound;
use self::entry::{BEGINNING, Entry};
use crate::clock::Clock;
use crate::sqltype::SqlInstant;

pub use self::list::{after, of};

/// Why a look could not be recorded: told to everybody whose look was in the same transaction.
#[derive(Debug, Clone, thiserror::Error)]
#[error("looks cannot be recorded")]
pub struct Unrecorded(#[source] Arc<sqlx::Error>);

/// Looks that wait to be recorded, and whoever waits for that.
type Waiting = (Vec<Entry>, oneshot::Sender<Result<(), Unrecorded>>);

/// Records looks.
pub struct Recorder {
    pool: PgPool,
    clock: Arc<Clock>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    turn: Arc<Turn<()>>,
    bound: Mutex<Bound>,
}

impl Recorder {
    /// Over a pool, by a clock.
    #[must_use]
    pub fn new(pool: PgPool, clock: Arc<Clock>) -> Self {
        let (waiting, turn, bound) = Default::default();
        Self { pool, clock, waiting, turn, bound }
    }

    /// Records looks for good, together with those of others that wait.
    ///
    /// # Errors
    /// [`Unrecorded`]; then none of them is recorded.
    pub async fn record(&self, looks: &[Look]) -> Result<(), Unrecorded> {
        let entries = self.entries(looks);
        if entries.is_empty() {
            return Ok(());
        }
        let (answer, mut answered) = oneshot::channel();
        lock(&self.waiting).push((entries, answer));
        let turn = tokio::select! {
            // Whoever had the turn before may have recorded these too.
            biased;
            done = &mut answered => return done.unwrap_or_else(|_| Err(cut_off())),
            turn = Arc::clone(&self.turn).lock_owned() => turn,
        };
        let (pool, clock, waiting) = (self.pool.clone(), Arc::clone(&self.clock), Arc::clone(&self.waiting));
        // A request that is given up does not take those of others with it.
        tokio::spawn(async move {
            let batch = std::mem::take(&mut *lock(&waiting));
            let (entries, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let done = write(&pool, &clock, entries.into_iter().flatten().collect()).await;
            drop(turn);
            let done = done.map_err(|error| Unrecorded(Arc::new(error)));
            for answer in answers {
                // Whoever is gone does not need to know.
                let _gone = answer.send(done.clone());
            }
        });
        answered.await.unwrap_or_else(|_| Err(cut_off()))
    }

    /// The entries of looks; of what is denied again and again most have none.
    fn entries(&self, looks: &[Look]) -> Vec<Entry> {
        let now = self.clock.now();
        let mut bound = lock(&self.bound);
        let entry = |look: &Look| {
            let denied = match look.denied {
                true => Some(bound.count(&look.viewer, look.what, now)?),
                false => None,
            };
            Some(Entry::of(look, denied))
        };
        looks.iter().filter_map(entry).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cut_off() -> Unrecorded {
    Unrecorded(Arc::new(sqlx::Error::WorkerCrashed))
}

/// Appends entries in one transaction.
async fn write(pool: &PgPool, clock: &Clock, mut entries: Vec<Entry>) -> Result<(), sqlx::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let head = crate::sql::query("select number, at, hash from reads_head for update");
    let head = head.fetch_one(&mut *transaction).await?;
    let (mut number, SqlInstant(before)): (i64, SqlInstant) = (head.try_get("number")?, head.try_get("at")?);
    let mut hash: [u8; 32] = head.try_get::<Vec<u8>, _>("hash")?.try_into().unwrap_or(BEGINNING);
    let at = before.max(clock.now());
    for entry in &mut entries {
        number += 1;
        (entry.number, entry.at) = (number, at);
        hash = entry.hashed(&hash);
        entry.hash = hash;
    }
    let last = (number, at, hash);
    insert(&mut transaction, &entries, last).await?;
    transaction.commit().await
}

/// One part of each entry.
fn column<T>(entries: &[Entry], of: impl Fn(&Entry) -> T) -> Vec<T> {
    entries.iter().map(of).collect()
}

/// The entries and the head that follows from them, in one statement.
async fn insert(
    connection: &mut sqlx::PgConnection,
    entries: &[Entry],
    (number, at, hash): (i64, jiff::Timestamp, [u8; 32]),
) -> Result<(), sqlx::Error> {
    let sql = "with added as ( \
               insert into reads (number, at, viewer, what, subject_kind, subjects, as_of, denied, purpose, reference, hash) \
               select number, $12::timestamptz, viewer, what, subject_kind, subjects::uuid[], as_of, denied, purpose, reference, hash \
               from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
               $8::text[], $9::text[], $10::bytea[]) \
               as e(number, viewer, what, subject_kind, subjects, as_of, denied, purpose, reference, hash)) \
               update reads_head set number = $11::bigint, at = $12::timestamptz, hash = $13::bytea";
    crate::sql::query(sql)
        .bind(column(entries, |entry| entry.number))
        .bind(column(entries, |entry| entry.viewer.clone()))
        .bind(column(entries, |entry| entry.what.clone()))
        .bind(column(entries, |entry| entry.subject_kind.clone()))
        .bind(column(entries, |entry| format!("{{{}}}", entry.named())))
        .bind(column(entries, |entry| entry.as_of))
        .bind(column(entries, |entry| entry.denied))
        .bind(column(entries, |entry| entry.purpose.clone()))
        .bind(column(entries, |entry| entry.reference.clone()))
        .bind(column(entries, |entry| entry.hash.to_vec()))
        .bind(number)
        .bind(SqlInstant(at))
        .bind(hash.to_vec())
        .execute(connection)
        .await?;
    Ok(())
}
