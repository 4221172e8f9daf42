//! Whether the database can be reached, as this process has last seen it: deadlines for what is asked of it, and one
//! line in the log when that changes.
//!
//! # Why deadlines
//! A host that has vanished closes no connection: its answer would be waited for until the system gives up, a quarter
//! of an hour later or never.
//!
//! # Not here
//! Trying again: whoever asked knows whether and when. Failures that have nothing to do with reach.

use std::error::Error;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::log::origin::{self, Origin};

/// How long a small question may take.
pub const SMALL: Duration = Duration::from_secs(10);
/// How long a connection of a pool is waited for: less than a small question may take, lest one that none came free for be
/// taken for one that the database did not answer.
pub const ROOM: Duration = Duration::from_secs(8);
/// How long a connection that lay in the pool may take to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// What a process knows of its database.
#[derive(Default)]
pub struct Reach {
    lost: AtomicBool,
    /// The origin of the log that the process serves under.
    origin: OnceLock<Origin>,
    /// Whether another one was found.
    replaced: watch::Sender<bool>,
    database: Option<PgConnectOptions>,
    /// When it was last asked whether it answers at all.
    asked: Mutex<Option<Instant>>,
}

impl Reach {
    /// Of a database, which is asked by itself where a pool has no connection to give.
    #[must_use]
    pub fn of(database: PgConnectOptions) -> Self {
        Self { database: Some(database), ..Self::default() }
    }

    /// Asks, and waits so long for the answer; `late` is the error of one that does not come. Once others have found the
    /// database lost, a long wait is given up early.
    ///
    /// # Errors
    /// What was asked answers, or that it did not.
    pub async fn within<T, E: Error + 'static>(
        &self,
        limit: Duration,
        asked: impl Future<Output = Result<T, E>>,
        late: impl Fn(sqlx::Error) -> E,
    ) -> Result<T, E> {
        let (mut asked, mut left) = (pin!(asked), limit);
        let answer = loop {
            let step = left.min(SMALL);
            match tokio::time::timeout(step, asked.as_mut()).await {
                Ok(answer) => break answer,
                Err(_) => left -= step,
            }
            if left.is_zero() || self.lost.load(Ordering::Relaxed) {
                break Err(late(too_late()));
            }
        };
        // Noted before what was asked is dropped, which gives its connection back to the pool.
        match &answer {
            Ok(_) => self.answered(),
            // Nobody gave a connection back in time, or none could be made: only the database itself tells which.
            Err(error) if found_no_room(error) && !self.ask().await => return Err(late(too_late())),
            Err(error) => _ = self.failed(error),
        }
        answer
    }

    /// Whether the database answers somebody new, so that a full pool is not taken for a database that is lost.
    async fn ask(&self) -> bool {
        let Some(database) = &self.database else { return true };
        let mut asked = self.asked.lock().await;
        if asked.is_none_or(|at| at.elapsed() > SIGN_OF_LIFE) {
            match tokio::time::timeout(2 * SIGN_OF_LIFE, database.connect()).await.unwrap_or_else(|_| Err(too_late())) {
                Ok(connection) => {
                    self.answered();
                    drop(connection);
                }
                Err(error) => _ = self.failed(&error),
            }
            *asked = Some(Instant::now());
        }
        !self.lost.load(Ordering::Relaxed)
    }

    /// As [`Self::within`], for what answers with the database's own errors.
    ///
    /// # Errors
    /// As [`Self::within`].
    pub async fn soon<T>(&self, asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        self.within(SMALL, asked, std::convert::identity).await
    }

    /// From now on the process serves under this origin and under no other.
    pub fn serve_under(&self, origin: Origin) {
        // Said once, when the program starts.
        let _said_before = self.origin.set(origin);
    }

    /// Connects, to no other log than the process began with.
    ///
    /// # Errors
    /// The database's; that the log goes on under another origin.
    pub async fn connect(&self, options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
        let mut connection = options.connect().await?;
        self.same_log(&mut connection).await?;
        Ok(connection)
    }

    /// Whether a new connection leads to the log that the process began with. A restore ends every connection, so whoever
    /// looks at each new one writes nothing into a log that has lost what the process knows.
    ///
    /// # Errors
    /// The database's; that the log goes on under another origin.
    pub async fn same_log(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let Some(own) = self.origin.get() else { return Ok(()) };
        // One that does not tell its timeline is not asked for it again and again.
        let now = match own.line {
            Some(_) => origin::now(connection).await?,
            None => Origin { id: origin::id(connection).await?, line: None },
        };
        match now.line.is_none() || own.line == now.line {
            true => self.same_origin(now.id),
            false => Err(self.other_log()),
        }
    }

    /// Whether the log still has the origin that the process serves under.
    ///
    /// # Errors
    /// That it goes on under another.
    pub fn same_origin(&self, now: Uuid) -> Result<(), sqlx::Error> {
        match self.origin().is_none_or(|own| own == now) {
            true => Ok(()),
            false => Err(self.other_log()),
        }
    }

    fn other_log(&self) -> sqlx::Error {
        self.replaced.send_replace(true);
        sqlx::Error::Configuration("the database was restored: this is another log than before".into())
    }

    /// The origin that the process serves under, once it does.
    pub fn origin(&self) -> Option<Uuid> {
        self.origin.get().map(|own| own.id)
    }

    /// Whether another log was found than the process began with.
    pub fn is_replaced(&self) -> bool {
        *self.replaced.borrow()
    }

    /// Returns when another log was found than the process began with.
    pub async fn replaced(&self) {
        let mut replaced = self.replaced.subscribe();
        // It does not fail: the sender is as old as this.
        let _found = replaced.wait_for(|replaced| *replaced).await;
    }

    /// Takes in that the database has answered.
    pub fn answered(&self) {
        if self.lost.load(Ordering::Relaxed) && self.lost.swap(false, Ordering::Relaxed) {
            tracing::info!("the database answers again");
        }
    }

    /// Takes in an error; answers whether it says that the database is out of reach. That is told once.
    pub fn failed(&self, error: &(dyn Error + 'static)) -> bool {
        let away = is_out_of_reach(error);
        if away && !self.lost.swap(true, Ordering::Relaxed) {
            match is_full(error) {
                true => tracing::error!(
                    error,
                    "the database takes no more connections: allow it more (docs/processes.md); it is asked again until it does"
                ),
                false => tracing::error!(error, "the database does not answer; it is asked again until it does"),
            }
        }
        away
    }

    /// Whether a connection that comes back to the pool may stay: while the database is lost, it is asked. Otherwise
    /// connections to a host that has vanished would fill the pool.
    pub async fn may_stay(self: Arc<Self>, connection: &mut PgConnection) -> bool {
        !self.lost.load(Ordering::Relaxed) || is_alive(connection).await
    }
}

/// Whether a connection answers, and soon.
pub async fn is_alive(connection: &mut PgConnection) -> bool {
    matches!(tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await, Ok(Ok(())))
}

/// The error of an answer that did not come.
#[must_use]
pub fn too_late() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// The database's error somewhere down an error's causes.
fn of_database<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e sqlx::Error> {
    let shared = error.downcast_ref::<Arc<sqlx::Error>>().map(|shared| &**shared);
    error.downcast_ref::<sqlx::Error>().or(shared).or_else(|| error.source().and_then(of_database))
}

fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| codes.contains(&&*code)))
}

/// Whether an error says, somewhere down its causes, that no connection came free in time: others have them all, whatever
/// the database does.
#[must_use]
pub fn found_no_room(error: &(dyn Error + 'static)) -> bool {
    matches!(of_database(error), Some(sqlx::Error::PoolTimedOut))
}

/// Whether an error says, somewhere down its causes, that the database is out of reach.
#[must_use]
pub fn is_out_of_reach(error: &(dyn Error + 'static)) -> bool {
    match of_database(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed) => true,
        // Connections refused or cut off, too many of them, a server that stops or starts.
        Some(error) => {
            has_code(error, &["08000", "08001", "08003", "08004", "08006", "53300", "57P01", "57P02", "57P03"])
        }
        None => false,
    }
}

/// Whether an error says, somewhere down its causes, that the database takes no more connections.
#[must_use]
pub fn is_full(error: &(dyn Error + 'static)) -> bool {
    of_database(error).is_some_and(|error| has_code(error, &["53300"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::FoldError;

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Kept(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let (kept, reach) = (Kept::default(), Reach::default());
        let writer = kept.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 {
                assert!(reach.failed(&too_late()));
                assert!(!reach.failed(&sqlx::Error::RowNotFound), "told by whoever asked");
            }
            (0..3).for_each(|_| reach.answered());
            assert!(!reach.failed(&sqlx::Error::PoolTimedOut), "a full pool");
            assert!(reach.failed(&sqlx::Error::PoolClosed));
        });
        let told = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<bool> = told.lines().map(|line| line.contains("answers again")).collect();
        assert_eq!(lines, [false, true, false], "{told}");
    }

    #[test]
    fn what_is_out_of_reach_is_seen_through_its_wrappings() {
        let folded = FoldError::Sql { projection: "members", source: too_late() };
        let sent = graphql::ports::SendError::Failed(Box::new(Arc::new(too_late())));
        let closed = sqlx::Error::PoolClosed;
        for error in [&folded as &(dyn Error + 'static), &sent, &closed] {
            assert!(is_out_of_reach(error), "{error:?}");
        }
        let wrong = sqlx::Error::RowNotFound;
        let broken = FoldError::Broken { projection: "members" };
        for error in [&wrong as &(dyn Error + 'static), &broken] {
            assert!(!is_out_of_reach(error), "{error:?}");
        }
    }
}
