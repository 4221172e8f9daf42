//! Whether builds make headway. However long they take, what stands still is given up and begun again.
//!
//! # Why by headway
//! A host that has vanished closes no connection, and a statement that hangs ends by no time-out where a long one has
//! none. How long a build takes says nothing: with a long log hours are in order. What is counted or written by the way
//! is a sign of life; a step that shows none, such as an index of a large table, may take as long as the log is long.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::fold::build::Life;
use crate::fold::rebuild::Progress;

/// How long nothing may move: longer than a statement may take.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// How many events a step gets through in a second at the least. Measured: a whole build takes in sixty times as many.
const SLOWEST: u64 = 1_000;

/// What moves, told on to whoever is told of it.
pub struct Headway<'a> {
    told: &'a dyn Progress,
    patience: Duration,
    until: Mutex<Instant>,
}

impl<'a> Headway<'a> {
    /// From now on something has to move.
    pub fn of(told: &'a dyn Progress, patience: Duration) -> Self {
        Self { told, patience, until: Mutex::new(Instant::now() + patience) }
    }

    fn wait(&self, time: Duration) {
        let mut until = self.until.lock().expect("no holder of the instant panics");
        // Two write at once: a short step of the one does not shorten the long one of the other.
        *until = (*until).max(Instant::now() + time);
    }

    /// Returns when nothing moves any more, or when the database has not answered the signs of life for as long.
    pub async fn stands_still(&self, life: &Life) {
        loop {
            let moves = *self.until.lock().expect("no holder of the instant panics");
            let until = moves.min(life.answered() + self.patience);
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

impl Progress for Headway<'_> {
    fn at(&self, done: u64, of: u64) {
        self.wait(self.patience);
        self.told.at(done, of);
    }

    fn begins(&self, projection: &'static str) {
        self.told.begins(projection);
    }

    fn step(&self, events: u64) {
        self.wait(self.patience + Duration::from_secs(events / SLOWEST));
        self.told.step(events);
    }

    fn again(&self, after: Duration) {
        self.told.again(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::rebuild::Quiet;

    #[test]
    fn a_short_step_of_one_writer_does_not_shorten_the_long_one_of_the_other() {
        let headway = Headway::of(&Quiet, PATIENCE);
        let until = || *headway.until.lock().unwrap();
        let begun = until();
        headway.step(1_000 * SLOWEST);
        let long = until();
        assert!(long >= begun + Duration::from_secs(1_000));
        headway.step(0);
        headway.at(1, 2);
        assert_eq!(until(), long);
    }
}
