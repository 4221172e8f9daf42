//! Verification in the background: one projection at a time, by one process at a time, each about once in a while.
//!
//! What is found is recorded for good and shown in `/metrics` and `sanping projections status`; a difference is an error in
//! the log too. Nothing is mended: that takes a person.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::watch;
use uuid::Uuid;

use super::FoldError;
use super::engine::Folded;
use super::rebuild::Progress;
use super::verify::Verified;
use crate::clock::random;
use crate::reach::{Reach, is_out_of_reach};

/// How long the lease holds without a sign of life, and how often one is given.
const TERM: Duration = Duration::from_secs(60);
const SIGN: Duration = Duration::from_secs(15);

/// Rests for as long as it worked: of a core, and of the database, verification takes half at the most.
pub struct Unhurried;

impl Progress for Unhurried {
    fn at(&self, _done: u64, _of: u64) {}

    fn rest(&self, worked: Duration) -> Duration {
        worked
    }
}

/// The job of one process.
pub struct Watch {
    /// The database; verification has a connection of its own.
    pub database: PgConnectOptions,
    /// For leases and results.
    pub pool: PgPool,
    /// Whether it answers.
    pub reach: Arc<Reach>,
    /// What is verified.
    pub projections: Vec<Arc<dyn Folded>>,
    /// How often each is.
    pub every: Duration,
    /// This process.
    pub holder: Uuid,
    /// True once the process stops.
    pub stopping: watch::Receiver<bool>,
}

impl Watch {
    /// Goes round the projections until the process stops.
    pub async fn work(mut self) {
        let round = u32::try_from(self.projections.len()).unwrap_or(u32::MAX).max(1);
        // What cannot be verified now does not keep the others from it.
        let mut failed: Vec<&'static str> = Vec::new();
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.every / round) => {}
                _ = self.stopping.changed() => return,
            }
            match self.reach.soon(self.due(&failed)).await {
                Ok(Some(projection)) => match self.verified(&*projection).await {
                    Ok(()) => {}
                    Err(error) => {
                        tell(projection.name(), &error);
                        failed.push(projection.name());
                    }
                },
                Ok(None) => failed.clear(),
                Err(error) if is_out_of_reach(&error) => {}
                Err(error) => tracing::warn!(error = %error, "what is to be verified cannot be read"),
            }
        }
    }

    /// The projection that was verified the longest ago, if it is time and the lease is ours; one whose rows differed then
    /// and were replaced since is due at once.
    async fn due(&self, failed: &[&str]) -> Result<Option<Arc<dyn Folded>>, sqlx::Error> {
        if !self.lease().await? {
            return Ok(None);
        }
        let asked = self.projections.iter().filter(|projection| !failed.contains(&projection.name()));
        let (names, versions): (Vec<&str>, Vec<i32>) =
            asked.map(|projection| (projection.name(), projection.version().cast_signed())).unzip();
        let sql = "select p.name from unnest($1::text[], $2::integer[]) as k(name, version) \
                   join projections p on p.name = k.name and p.version = k.version \
                   left join lateral (select v.at, v.differing from verifications v where v.projection = p.name \
                   order by v.at desc limit 1) as last on true \
                   where last.at is null or last.at < now() - $3 * interval '1 millisecond' \
                   or last.differing > 0 and exists (select from projection_switches s where s.name = p.name \
                   and s.switched_at > last.at) \
                   order by last.at nulls first, p.name limit 1";
        let every = i64::try_from(self.every.as_millis()).unwrap_or(i64::MAX);
        let query = crate::sql::query_scalar(sql).bind(names).bind(versions).bind(every);
        let due: Option<String> = query.fetch_optional(&self.pool).await?;
        Ok(due.and_then(|due| self.projections.iter().find(|projection| projection.name() == due).cloned()))
    }

    async fn lease(&self) -> Result<bool, sqlx::Error> {
        let sql = "update jobs set holder = $1, lease_until = now() + $2 * interval '1 second' where name = 'verify' \
                   and (holder is null or holder = $1 or lease_until < now())";
        let term = i32::try_from(TERM.as_secs()).unwrap_or(i32::MAX);
        Ok(crate::sql::query(sql).bind(self.holder).bind(term).execute(&self.pool).await?.rows_affected() == 1)
    }

    /// Verifies one and records what was found; nothing where the process stops or another has the lease meanwhile.
    async fn verified(&mut self, projection: &dyn Folded) -> Result<(), FoldError> {
        let failed = |source| FoldError::Sql { projection: projection.name(), source };
        // A long comparison is one statement; the served ones keep their limits.
        let own = self.database.clone().options([("statement_timeout", "0")]);
        let pool = PgPoolOptions::new().max_connections(1).connect_with(own).await.map_err(failed)?;
        let verifying = AssertUnwindSafe(projection.verify(&pool, &Unhurried)).catch_unwind();
        tokio::pin!(verifying);
        let verified = loop {
            tokio::select! {
                verified = &mut verifying => {
                    break verified.unwrap_or_else(|_| Err(FoldError::Broken { projection: projection.name() }))?;
                }
                () = tokio::time::sleep(SIGN) => {
                    if !self.reach.soon(self.lease()).await.map_err(failed)? {
                        return Ok(());
                    }
                }
                _ = self.stopping.changed() => return Ok(()),
            }
        };
        if let Some(difference) = &verified.difference {
            tracing::error!(
                projection = projection.name(),
                differing = verified.differing,
                key = difference.key,
                from = %difference.from,
                "stored rows are not what the log makes of them; look with `sanping projections verify`, then rebuild"
            );
        }
        self.reach.soon(record(&self.pool, projection.name(), &verified)).await.map_err(failed)
    }
}

fn tell(projection: &str, error: &FoldError) {
    if !matches!(error, FoldError::Sql { source, .. } if is_out_of_reach(source)) {
        tracing::warn!(projection, error = error as &dyn std::error::Error, "a projection cannot be verified now");
    }
}

/// Records what a verification found, unless other rows serve by now: of those it says nothing.
///
/// # Errors
/// The database's.
pub async fn record(pool: &PgPool, projection: &str, verified: &Verified) -> Result<(), sqlx::Error> {
    let sql = "insert into verifications (id, projection, version, position, rows, digest, differing, first, at) \
               select $1, $2, $3, $4, $5, $6, $7, $8, now() from projections where name = $2 and generation = $9";
    let first = verified.difference.as_ref().map(|difference| format!("{} from {}", difference.key, difference.from));
    crate::sql::query(sql)
        .bind(Uuid::new_v8(random()))
        .bind(projection)
        .bind(verified.version.cast_signed())
        .bind(verified.position.0.cast_signed())
        .bind(verified.rows.cast_signed())
        .bind(&verified.digest)
        .bind(verified.differing.cast_signed())
        .bind(first)
        .bind(verified.generation)
        .execute(pool)
        .await
        .map(drop)
}
