//! The gate for new types of events: none is appended while a process lives that does not know it.
//!
//! # Why
//! While a new build takes the place of an old one, both run. An event of a type that came with the new build would stop the
//! old one's projections that need it, and its commands on that stream. So the new build waits with it: a command that leads
//! to such an event is refused as `log.newer_type` until the last process of the old build has ended.
//!
//! # Rules
//! - Each process keeps a row in `processes` with the types it knows, and says every [`BEAT`] that it lives; after [`ALIVE`]
//!   without a word it is taken for dead.
//! - Who is about to append a type for the first time asks every living process; once all knew it, it stays open.
//! - An old build that is started later meets what is in the log already: it stops what needs it ([`crate::fold::kinds`]).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::Event;
use domain::stream::StreamKind;
use graphql::ports::SendError;
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::{self, Clock};
use crate::fold::kinds::build;
use crate::sqltype::SqlInstant;

/// How often a process says that it lives.
const BEAT: Duration = Duration::from_secs(2);
/// How long its word may be under way.
const HEARD: Duration = Duration::from_secs(5);
/// How long a process is taken to live after its last word.
const ALIVE: Duration = Duration::from_secs(10);

/// The types that may be appended, as far as this process has asked.
#[derive(Debug, Default)]
pub struct Gate {
    wide: bool,
    open: Mutex<BTreeSet<Cow<'static, str>>>,
}

impl Gate {
    /// A gate that keeps nothing back, where there is one process alone.
    #[must_use]
    pub fn wide_open() -> Self {
        Self { wide: true, ..Self::default() }
    }

    /// Those of these types that have to be asked about.
    pub fn closed<'e>(&self, events: impl IntoIterator<Item = &'e Event>) -> Vec<Cow<'static, str>> {
        if self.wide {
            return Vec::new();
        }
        let open = self.open.lock().expect("no holder of the gate panics");
        events.into_iter().map(Event::typed).filter(|name| !open.contains(name)).collect()
    }

    /// Opens it for these types, where every living process knows them.
    ///
    /// # Errors
    /// [`SendError::NewerType`] where one does not; the database's.
    pub async fn ask(&self, pool: &PgPool, names: Vec<Cow<'static, str>>) -> Result<(), SendError> {
        let sql = "select p.build, t.name from processes p cross join unnest($1::text[]) as t(name) \
                   where p.alive_until > clock_timestamp() and t.name <> all (p.types) order by p.build, t.name limit 1";
        let unknown: Option<(String, String)> = crate::sql::query_as(sql)
            .bind(&names)
            .fetch_optional(pool)
            .await
            .map_err(|error| SendError::Failed(Box::new(error)))?;
        match unknown {
            Some((build, event)) => Err(SendError::NewerType { event, build }),
            None => {
                self.open.lock().expect("no holder of the gate panics").extend(names);
                Ok(())
            }
        }
    }
}

/// Says for the first time that a process lives, and forgets those that died long ago.
///
/// # Errors
/// The database's.
pub async fn enter(pool: &PgPool, process: Uuid) -> Result<(), sqlx::Error> {
    crate::sql::query("delete from processes where alive_until < clock_timestamp() - interval '1 hour'")
        .execute(pool)
        .await?;
    say(pool, process).await.map(drop)
}

/// Says that a process lives, in one statement; answers the database's time.
async fn say(pool: &PgPool, process: Uuid) -> Result<Timestamp, sqlx::Error> {
    let types: Vec<String> = StreamKind::ALL.into_iter().flat_map(Event::types).collect();
    let sql = "insert into processes (id, build, types, alive_until) \
               values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond') on conflict (id) do update \
               set alive_until = excluded.alive_until returning clock_timestamp()";
    let alive = i64::try_from(ALIVE.as_millis()).unwrap_or(i64::MAX);
    let query = crate::sql::query_scalar::<SqlInstant>(sql).bind(process).bind(build()).bind(types).bind(alive);
    Ok(query.fetch_one(pool).await?.0)
}

/// Says that a process lives until it stops, then that it is gone. Its connection is its own: where all of the others are in
/// use, the process lives and appends all the same. Ends early where the clocks have come apart ([`clock::hold`]).
pub async fn live(own: PgPool, process: Uuid, clock: Arc<Clock>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        tokio::select! {
            () = tokio::time::sleep(BEAT) => {
                let asked = clock.now();
                // An outage is told elsewhere.
                let Ok(Ok(there)) = tokio::time::timeout(HEARD, say(&own, process)).await else { continue };
                if let Err(error) = clock::compare(&clock, asked, there) {
                    tracing::error!(error = &error as &dyn std::error::Error, "the program ends");
                    break;
                }
            }
            _ = stopping.changed() => {}
        }
    }
    let gone = crate::sql::query("delete from processes where id = $1").bind(process);
    // If this fails the row ends by itself.
    let _away = tokio::time::timeout(BEAT, gone.execute(&own)).await;
    own.close().await;
}
