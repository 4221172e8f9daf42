//! A measured rate: how many, how long, and how long the slow ones took.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Failure;

/// How long one measurement lasts, and how many operations it makes at most.
const TIME: Duration = Duration::from_secs(4);
const MOST: u64 = 200_000;

/// What was measured.
#[derive(Debug, Clone)]
pub struct Rate {
    done: u64,
    took: Duration,
    sorted: Vec<Duration>,
}

impl Rate {
    /// Runs numbered operations, so many at once, for a bounded time and number.
    ///
    /// # Errors
    /// The first failure of an operation.
    pub async fn of<F, Done>(in_flight: usize, operation: F) -> Result<Self, Failure>
    where
        F: Fn(u64) -> Done + Send + Sync + 'static,
        Done: Future<Output = Result<(), Failure>> + Send,
    {
        let (operation, next) = (Arc::new(operation), Arc::new(AtomicU64::new(0)));
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..in_flight {
            let (operation, next) = (Arc::clone(&operation), Arc::clone(&next));
            tasks.spawn(async move {
                let mut times = Vec::new();
                while start.elapsed() < TIME {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MOST {
                        break;
                    }
                    let begun = Instant::now();
                    operation(number).await?;
                    times.push(begun.elapsed());
                }
                Ok::<_, Failure>(times)
            });
        }
        let mut sorted = Vec::new();
        while let Some(times) = tasks.join_next().await {
            sorted.extend(times??);
        }
        let took = start.elapsed();
        sorted.sort_unstable();
        Ok(Self { done: sorted.len() as u64, took, sorted })
    }

    /// So many at once in one piece.
    #[must_use]
    pub fn bulk(done: u64, took: Duration) -> Self {
        Self { done, took, sorted: vec![took] }
    }

    /// What another program measured of itself in the same way.
    #[must_use]
    pub fn told(done: u64, took: Duration, p99: Duration) -> Self {
        Self { done, took, sorted: vec![p99] }
    }

    /// Several that ran one after another, with others in between.
    #[must_use]
    pub fn in_turn(rates: &[Self]) -> Self {
        Self { took: rates.iter().map(|rate| rate.took).sum(), ..Self::together(rates) }
    }

    /// Several that ran at the same time.
    #[must_use]
    pub fn together(rates: &[Self]) -> Self {
        let mut sorted: Vec<Duration> = rates.iter().flat_map(|rate| rate.sorted.iter().copied()).collect();
        sorted.sort_unstable();
        let took = rates.iter().map(|rate| rate.took).max().unwrap_or_default();
        Self { done: rates.iter().map(|rate| rate.done).sum(), took, sorted }
    }

    /// How many a second.
    #[must_use]
    pub fn per_second(&self) -> u128 {
        u128::from(self.done) * 1_000_000 / self.took.as_micros().max(1)
    }

    /// The time within which 99 of 100 were done.
    #[must_use]
    pub fn p99(&self) -> Duration {
        let at = (self.sorted.len() * 99 / 100).min(self.sorted.len().saturating_sub(1));
        self.sorted.get(at).copied().unwrap_or_default()
    }

    /// The same in milliseconds, two places.
    #[must_use]
    pub fn p99_millis(&self) -> String {
        millis(self.p99())
    }

    /// This over another, in hundredths.
    #[must_use]
    pub fn hundredths(&self, other: &Self) -> u128 {
        self.per_second() * 100 / other.per_second().max(1)
    }

    /// The same, two places.
    #[must_use]
    pub fn ratio(&self, other: &Self) -> String {
        hundredths(self.hundredths(other))
    }
}

/// Hundredths as a number with two places.
#[must_use]
pub fn hundredths(number: u128) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

/// A time in milliseconds, two places.
#[must_use]
pub fn millis(time: Duration) -> String {
    hundredths(time.as_micros() / 10)
}
