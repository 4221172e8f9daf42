//! The only clock, the only chance, the only maker of random ids.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::PgExecutor;
use tokio::sync::watch;
use uuid::Uuid;

use crate::sqltype::SqlInstant;

/// How often the machine's clock is looked at by who waits for an instant.
const OFTEN: Duration = Duration::from_secs(60);

/// Where instants come from. To the microsecond, as PostgreSQL keeps them.
#[derive(Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Set by hand: the demo's year. Events recorded under it say so.
    Simulated(watch::Sender<Timestamp>),
}

impl Clock {
    /// A simulated clock that starts at an instant.
    #[must_use]
    pub fn simulated(start: Timestamp) -> Self {
        Self::Simulated(watch::Sender::new(start))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
            Self::System => Timestamp::now(),
            Self::Simulated(now) => *now.borrow(),
        };
        Timestamp::from_microsecond(now.as_microsecond()).expect("a truncated instant is in range")
    }

    /// Moves a simulated clock forward; the machine's moves by itself.
    pub fn advance_to(&self, at: Timestamp) {
        if let Self::Simulated(now) = self {
            now.send_if_modified(|now| std::mem::replace(now, at.max(*now)) < at);
        }
    }

    /// Returns once it has got to an instant.
    pub async fn reached(&self, at: Timestamp) {
        let mut moves = self.moves();
        while self.now() < at {
            let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
            match self {
                // The machine's clock may be set anew: it is looked at now and then.
                Self::System => tokio::time::sleep(left.min(OFTEN)).await,
                Self::Simulated(_) => moves.next().await,
            }
        }
    }

    /// Tells when a simulated clock is moved; the machine's never is.
    #[must_use]
    pub fn moves(&self) -> Moves {
        match self {
            Self::System => Moves(None),
            Self::Simulated(now) => Moves(Some(now.subscribe())),
        }
    }

    /// Whether the clock is set by hand.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated(_))
    }
}

/// How far, in seconds, the machine's clock may be from the database's.
pub const APART: i64 = 60;

/// Why a program must not record under its clock.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The database cannot be asked.
    #[error("the database cannot be asked for its time")]
    Sql(#[from] sqlx::Error),
    /// The two are far apart.
    #[error(
        "this machine's clock says {here}, the database's {there}: times of recording never go back, so one that is ahead \
         would stand for all that follows. Set the clock that is wrong, and start again"
    )]
    Apart {
        /// What is the time here.
        here: Timestamp,
        /// What is the time there.
        there: Timestamp,
    },
}

/// Holds the machine's clock against the database's. One that is set by hand is meant to differ.
///
/// # Errors
/// [`ClockError`].
pub async fn hold(clock: &Clock, database: impl PgExecutor<'_>) -> Result<(), ClockError> {
    let asked = clock.now();
    let there = crate::sql::query_scalar::<SqlInstant>("select clock_timestamp()").fetch_one(database).await?.0;
    compare(clock, asked, there)
}

/// Holds the machine's clock against the time that the database has answered since it was `asked`.
///
/// # Errors
/// [`ClockError::Apart`].
pub fn compare(clock: &Clock, asked: Timestamp, there: Timestamp) -> Result<(), ClockError> {
    let here = clock.now();
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs();
    // Asking takes its time, too.
    match clock.is_simulated() || (seconds(there, asked) <= APART && seconds(here, there) <= APART) {
        true => Ok(()),
        false => Err(ClockError::Apart { here, there }),
    }
}

/// The moves of a clock that is set by hand.
pub struct Moves(Option<watch::Receiver<Timestamp>>);

impl Moves {
    /// Returns at the next move; never where there is none.
    pub async fn next(&mut self) {
        let moved = match &mut self.0 {
            Some(now) => now.changed().await.is_ok(),
            None => false,
        };
        if !moved {
            std::future::pending().await
        }
    }
}

/// Fills an array from the system's source of randomness.
///
/// # Panics
/// When the system has none: nothing safe can be done without.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).expect("the system provides randomness");
    bytes
}

/// The same, as many as are needed at once.
///
/// # Panics
/// When the system provides none.
#[must_use]
pub fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    getrandom::getrandom(&mut bytes).expect("the system provides randomness");
    bytes
}

/// A random id of version 7 for an instant: ids of one time lie together in an index.
#[must_use]
pub fn random_id(at: Timestamp) -> Uuid {
    id_of(at, &random())
}

/// The same of random bytes had before.
#[must_use]
pub fn id_of(at: Timestamp, random: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid()
}
