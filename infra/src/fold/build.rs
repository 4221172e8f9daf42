//! Builds of new generations: who builds, how far, and what is left behind.
//!
//! # Invariants
//! - One process at a time builds a generation, and nobody builds one that serves: whatever is written names the builder
//!   and the checkpoint it goes on from.
//! - Of a build that has no checkpoint yet nothing is known: cut off, it is begun anew under a number of its own, so that
//!   whoever built it touches nothing that is in use.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::stream::Position;
use projections::projection::Projection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::{FoldError, lease, table};
use crate::clock::random;
use crate::reach::{SMALL, is_out_of_reach, too_late};

/// How long a replaced table is kept: no reader that looked up its name before the switch still asks for it.
const KEPT: Duration = Duration::from_secs(600);

/// A build in progress, claimed by this builder.
#[derive(Debug, Clone, Copy)]
pub struct Build {
    /// Who builds.
    pub builder: Uuid,
    /// What is built.
    pub generation: i64,
    /// How far it is; nothing is known of its rows before it is anywhere.
    pub checkpoint: Position,
}

impl Build {
    /// Moves the checkpoint, in the transaction that writes the rows. False when the build is another's by now.
    ///
    /// # Errors
    /// The database's.
    pub async fn advance<P: Projection>(
        &self,
        connection: &mut PgConnection,
        to: Position,
    ) -> Result<bool, sqlx::Error> {
        let sql = "update projection_builds set checkpoint = $5, lease_until = now() + $6 * interval '1 second' \
                   where name = $1 and generation = $2 and builder = $3 and checkpoint = $4";
        let query = crate::sql::query(sql).bind(P::NAME).bind(self.generation).bind(self.builder);
        let query = query.bind(self.checkpoint.0.cast_signed()).bind(to.0.cast_signed()).bind(lease::seconds());
        Ok(query.execute(connection).await?.rows_affected() == 1)
    }

    /// Ends the build, in the transaction that lets it serve. False when it is another's by now.
    ///
    /// # Errors
    /// The database's.
    pub async fn end<P: Projection>(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let sql =
            "delete from projection_builds where name = $1 and generation = $2 and builder = $3 and checkpoint = $4";
        let query = crate::sql::query(sql).bind(P::NAME).bind(self.generation).bind(self.builder);
        Ok(query.bind(self.checkpoint.0.cast_signed()).execute(connection).await?.rows_affected() == 1)
    }
}

/// Locks the projection's row until the transaction ends, and with it builds, switches and the live worker; answers the
/// serving generation and checkpoint.
///
/// # Errors
/// The database's.
pub async fn lock<P: Projection>(connection: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    let sql = "update projections set name = name where name = $1 returning generation, checkpoint";
    crate::sql::query_as(sql).bind(P::NAME).fetch_one(connection).await
}

fn failed<P: Projection>(source: sqlx::Error) -> FoldError {
    FoldError::Sql { projection: P::NAME, source }
}

/// The generation to build and how far it is: one that was cut off, if it is of this version and its rows are known,
/// else a new one, whose table is not made yet.
///
/// # Errors
/// [`FoldError`].
pub async fn begin<P: Projection>(connection: &mut PgConnection) -> Result<Build, FoldError> {
    let mut transaction = connection.begin().await.map_err(failed::<P>)?;
    let (serving, _) = lock::<P>(&mut transaction).await.map_err(failed::<P>)?;
    not_newer::<P>(&mut transaction).await?;
    let sql = "select generation, checkpoint, lease_until > now() from projection_builds \
               where name = $1 and version = $2 and generation > $3 order by generation desc limit 1";
    let query = crate::sql::query_as(sql).bind(P::NAME).bind(P::VERSION.cast_signed()).bind(serving);
    let unfinished: Option<(i64, i64, bool)> = query.fetch_optional(&mut *transaction).await.map_err(failed::<P>)?;
    let builder = Uuid::new_v8(random());
    let being_built = |generation| Err(FoldError::BeingBuilt { projection: P::NAME, generation });
    let (generation, checkpoint) = match unfinished {
        Some((generation, _, true)) => return being_built(generation),
        Some((generation, checkpoint @ 1.., false)) => {
            if !claim::<P>(&mut transaction, generation, builder).await.map_err(failed::<P>)? {
                return being_built(generation);
            }
            (generation, checkpoint)
        }
        rows_unknown_or_none => {
            let generation = start::<P>(&mut transaction, serving, builder).await.map_err(failed::<P>)?;
            if let Some((cut_off, ..)) = rows_unknown_or_none
                && forget::<P>(&mut transaction, cut_off).await.map_err(failed::<P>)?
            {
                return being_built(cut_off);
            }
            (generation, 0)
        }
    };
    transaction.commit().await.map_err(failed::<P>)?;
    remove_replaced::<P>(connection, serving, generation).await.map_err(failed::<P>)?;
    Ok(Build { builder, generation, checkpoint: Position(checkpoint.unsigned_abs()) })
}

/// An older program builds nothing in place of a newer one's rows: the newer would build its own again, and so on.
async fn not_newer<P: Projection>(connection: &mut PgConnection) -> Result<(), FoldError> {
    let sql = "select version from projections where name = $1";
    let serving = crate::sql::query_scalar(sql).bind(P::NAME).fetch_one(connection).await.map_err(failed::<P>)?;
    match serving > P::VERSION.cast_signed() {
        true => Err(FoldError::OtherVersion { projection: P::NAME, serving, ours: P::VERSION }),
        false => Ok(()),
    }
}

/// Takes over a build that was cut off. False when its builder has shown life meanwhile.
async fn claim<P: Projection>(
    connection: &mut PgConnection,
    generation: i64,
    builder: Uuid,
) -> Result<bool, sqlx::Error> {
    let sql = "update projection_builds set builder = $3, lease_until = now() + $4 * interval '1 second' \
               where name = $1 and generation = $2 and lease_until < now()";
    let query = crate::sql::query(sql).bind(P::NAME).bind(generation).bind(builder).bind(lease::seconds());
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

/// Forgets a build that was cut off. Whatever still writes under it, perhaps for ever, is not waited for: what it writes
/// is of another generation. True when its builder has shown life meanwhile.
async fn forget<P: Projection>(connection: &mut PgConnection, generation: i64) -> Result<bool, sqlx::Error> {
    let sql = "delete from projection_builds where name = $1 and generation in (select generation from projection_builds \
               where name = $1 and generation = $2 and lease_until < now() for update skip locked)";
    crate::sql::query(sql).bind(P::NAME).bind(generation).execute(&mut *connection).await?;
    let sql =
        "select exists(select from projection_builds where name = $1 and generation = $2 and lease_until > now())";
    crate::sql::query_scalar(sql).bind(P::NAME).bind(generation).fetch_one(connection).await
}

async fn start<P: Projection>(connection: &mut PgConnection, serving: i64, builder: Uuid) -> Result<i64, sqlx::Error> {
    let last: Option<i64> = crate::sql::query_scalar("select max(generation) from projection_builds where name = $1")
        .bind(P::NAME)
        .fetch_one(&mut *connection)
        .await?;
    let generation = last.unwrap_or_default().max(serving) + 1;
    let sql = "insert into projection_builds (name, generation, version, checkpoint, builder, lease_until) \
               values ($1, $2, $3, 0, $4, now() + $5 * interval '1 second')";
    let query = crate::sql::query(sql).bind(P::NAME).bind(generation).bind(P::VERSION.cast_signed()).bind(builder);
    query.bind(lease::seconds()).execute(&mut *connection).await?;
    let sql = "delete from projection_builds where name = $1 and generation in (select generation from projection_builds \
               where name = $1 and generation < $2 for update skip locked)";
    crate::sql::query(sql).bind(P::NAME).bind(serving).execute(connection).await?;
    Ok(generation)
}

/// Drops the tables that have not served for a while, and those of builds that were cut off: not of those that another
/// version's builder is at, who shows life. What somebody still reads stays until the next time: nobody waits for a reader
/// here.
async fn remove_replaced<P: Projection>(
    connection: &mut PgConnection,
    serving: i64,
    building: i64,
) -> Result<(), sqlx::Error> {
    let sql = "select max(generation) from projection_switches \
               where name = $1 and switched_at < now() - $2 * interval '1 second'";
    let query = crate::sql::query_scalar(sql).bind(P::NAME).bind(i32::try_from(KEPT.as_secs()).unwrap_or(i32::MAX));
    let serving_since: Option<i64> = query.fetch_one(&mut *connection).await?;
    // Without its row a builder that comes back late writes nothing, and nobody goes on with a table that is gone.
    let sql = "delete from projection_builds where name = $1 and generation < $2 and lease_until < now()";
    crate::sql::query(sql).bind(P::NAME).bind(building).execute(&mut *connection).await?;
    let sql = "select generation from projection_builds where name = $1";
    let built: Vec<i64> = crate::sql::query_scalar(sql).bind(P::NAME).fetch_all(&mut *connection).await?;
    for generation in table::generations::<P>(connection).await? {
        let replaced = generation < serving_since.unwrap_or_default();
        let cut_off = generation > serving && generation < building && !built.contains(&generation);
        if replaced || cut_off {
            match table::remove::<P>(connection, generation).await {
                Err(sqlx::Error::Database(error)) => {
                    tracing::info!(projection = P::NAME, generation, %error, "an old table stays for now");
                }
                removed => removed?,
            }
        }
    }
    Ok(())
}

/// Shows that builders live for as long as it is kept, besides what they say themselves, on a connection of its own.
pub struct Life {
    _task: JoinSet<()>,
    builders: Arc<Mutex<BTreeSet<Uuid>>>,
    answered: Arc<Mutex<Instant>>,
}

impl Life {
    /// Of these builders.
    pub fn of(database: &PgConnectOptions, builders: impl IntoIterator<Item = Uuid>) -> Self {
        let builders = Arc::new(Mutex::new(builders.into_iter().collect::<BTreeSet<_>>()));
        let answered = Arc::new(Mutex::new(Instant::now()));
        let (database, living, heard) = (database.clone(), Arc::clone(&builders), Arc::clone(&answered));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connection = None;
            loop {
                tokio::time::sleep(lease::TERM / 3).await;
                let living: Vec<Uuid> = living.lock().expect("no holder of the set panics").iter().copied().collect();
                let shown = tokio::time::timeout(SMALL, show(&database, &mut connection, living)).await;
                match shown.unwrap_or_else(|_| Err(too_late())) {
                    Err(error) if is_out_of_reach(&error) => tracing::debug!(%error, "a build shows no life this time"),
                    // Where it could not be shown, the database has answered all the same.
                    _shown_or_refused => *heard.lock().expect("no holder of the instant panics") = Instant::now(),
                }
            }
        });
        Self { _task: task, builders, answered }
    }

    /// One more builds.
    pub fn begins(&self, builder: Uuid) {
        self.builders.lock().expect("no holder of the set panics").insert(builder);
    }

    /// One of them builds no more.
    pub fn ends(&self, builder: Uuid) {
        self.builders.lock().expect("no holder of the set panics").remove(&builder);
    }

    /// When the database has last answered, or was first to.
    pub fn answered(&self) -> Instant {
        *self.answered.lock().expect("no holder of the instant panics")
    }
}

/// Shows it once; a connection on which that fails is given up.
async fn show(
    database: &PgConnectOptions,
    kept: &mut Option<PgConnection>,
    builders: Vec<Uuid>,
) -> Result<(), sqlx::Error> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => database.connect().await?,
    };
    // One that is locked is left out: the leases of the others would run out behind it.
    let sql = "update projection_builds b set lease_until = now() + $2 * interval '1 second' \
               from (select name, generation from projection_builds where builder = any($1) for update skip locked) as free \
               where b.name = free.name and b.generation = free.generation";
    crate::sql::query(sql).bind(builders).bind(lease::seconds()).execute(&mut connection).await?;
    *kept = Some(connection);
    Ok(())
}
