//! The lines of one file in the file's order, though thousands of them are under way.
//!
//! # Rules
//! - A line is decided once every line before it is: what those will have done is what it is decided on.
//! - A line that comes back undecided, since others wrote what it was decided on, takes every line after it that is not
//!   answered back with it: they are decided again in their order.
//! - Where a line failed, no line after it is decided any more: what the failed one would have done may be what they count on.
//! - A line that reads before it is decided (rights within a branch, the rows of a round) waits until every line before
//!   it is answered, and reads as of what they led to.
//! - So many lines at most are on the way to their first decision, the earliest ones: whoever is decided makes room for the
//!   next. Each may hold a connection to the database, and a line that waited for one would hold up all that come after it.
//!
//! # Why here
//! A line is a request like any other, and the API has no place for its turn. So the task it runs in has it, and the two
//! doors behind the API ask for it. A request that is no line of a file has no turn and waits for nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use domain::stream::Position;
use tokio::sync::{Notify, OwnedSemaphorePermit};

tokio::task_local! {
    static TURN: Arc<Turn>;
}

/// The lines of a file that are under way.
#[derive(Debug, Clone, Default)]
pub struct Queue(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    begun: u64,
    unanswered: BTreeMap<u64, Arc<Notify>>,
    undecided: BTreeSet<u64>,
    /// The first line that failed.
    failed: Option<u64>,
    /// The furthest position that the lines answered so far led to.
    led_to: Position,
    /// The chain of the lines that were decided on one another, while no link of it is broken.
    chain: Option<u64>,
}

/// A line's place in the file.
#[derive(Debug)]
pub struct Turn {
    number: u64,
    command_id: String,
    queue: Queue,
    /// Rung when it may be its turn.
    bell: Arc<Notify>,
    room: Mutex<Option<OwnedSemaphorePermit>>,
}

/// A line's place in the chain of those that were decided on one another. When one of them is not settled as it was decided,
/// the chain is broken, and those after it are not recorded as they were decided.
#[derive(Debug, Clone)]
pub struct Link {
    turn: Arc<Turn>,
    /// The number of the chain, among those of the lines of provisional states.
    pub chain: u64,
}

/// A line before this one failed.
#[derive(Debug, thiserror::Error)]
#[error("a line before it failed: it was not sent")]
pub struct NotSent;

impl Queue {
    /// The turn of the next line, which asks for a command under this id. Its room is taken in the order of the lines.
    #[must_use]
    pub fn next(&self, command_id: &str, room: OwnedSemaphorePermit) -> Turn {
        let (bell, room) = (Arc::new(Notify::new()), Mutex::new(Some(room)));
        let mut lines = self.lines();
        lines.begun += 1;
        let number = lines.begun;
        lines.unanswered.insert(number, Arc::clone(&bell));
        lines.undecided.insert(number);
        Turn { number, command_id: command_id.to_owned(), queue: self.clone(), bell, room }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().expect("no holder of the lines panics")
    }
}

impl Lines {
    fn has_failed_before(&self, number: u64) -> bool {
        self.failed.is_some_and(|failed| failed < number)
    }

    fn are_decided_before(&self, number: u64) -> bool {
        self.undecided.first().is_none_or(|first| *first >= number)
    }

    fn are_answered_before(&self, number: u64) -> bool {
        self.unanswered.first_key_value().is_none_or(|(first, _)| *first >= number)
    }

    fn fail(&mut self, number: u64) {
        self.failed = Some(self.failed.map_or(number, |failed| failed.min(number)));
        self.unanswered.values().for_each(|bell| bell.notify_waiters());
    }

    fn ring(&self) {
        let answered = self.unanswered.first_key_value().map(|(_, bell)| bell);
        let decided = self.undecided.first().and_then(|number| self.unanswered.get(number));
        answered.into_iter().chain(decided).for_each(|bell| bell.notify_waiters());
    }
}

impl Turn {
    /// Works a line off in its turn; `led_to` tells the position from its answer, nothing where it failed.
    pub async fn take<T>(self, line: impl Future<Output = T>, led_to: impl Fn(&T) -> Option<Position>) -> T {
        let turn = Arc::new(self);
        let end = End(Arc::clone(&turn));
        let answer = TURN.scope(Arc::clone(&turn), line).await;
        let led_to = led_to(&answer);
        if led_to.is_none() {
            turn.queue.lines().fail(turn.number);
        }
        // A line that has sent nothing lets nobody overtake either.
        turn.until(Lines::are_decided_before).await;
        turn.is_decided();
        turn.until(Lines::are_answered_before).await;
        end.answered(led_to.unwrap_or_default());
        answer
    }

    /// Waits until it is so of the lines before, or one of them failed.
    async fn until(&self, is_so: impl Fn(&Lines, u64) -> bool) {
        loop {
            let rung = self.bell.notified();
            {
                let lines = self.queue.lines();
                if lines.has_failed_before(self.number) || is_so(&lines, self.number) {
                    return;
                }
            }
            rung.await;
        }
    }

    fn is_decided(&self) {
        let mut lines = self.queue.lines();
        lines.undecided.remove(&self.number);
        lines.ring();
        drop(self.room.lock().expect("no holder of the room panics").take());
    }

    /// Waits until every line before is decided.
    ///
    /// # Errors
    /// One of them failed.
    pub async fn to_decide(&self) -> Result<(), NotSent> {
        self.until(Lines::are_decided_before).await;
        self.unless_failed()
    }

    fn unless_failed(&self) -> Result<(), NotSent> {
        match self.queue.lines().has_failed_before(self.number) {
            true => Err(NotSent),
            false => Ok(()),
        }
    }

    /// Whether every line before is decided, and none failed.
    #[must_use]
    pub fn may_decide(&self) -> bool {
        let lines = self.queue.lines();
        lines.are_decided_before(self.number) && !lines.has_failed_before(self.number)
    }

    /// Whether every line before is answered: what is recorded is then all that it is to be decided on.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.queue.lines().are_answered_before(self.number)
    }

    /// The link that a decision in this turn is; `begin` numbers a new chain.
    pub fn link(self: &Arc<Self>, begin: impl FnOnce() -> u64) -> Link {
        let chain = *self.queue.lines().chain.get_or_insert_with(begin);
        Link { turn: Arc::clone(self), chain }
    }
}

impl Link {
    /// Takes in that the line was not settled as it was decided, or that it failed. Called before anybody decides on what
    /// stands without it.
    pub fn breaks(&self, failed: bool) {
        let mut lines = self.turn.queue.lines();
        if lines.chain == Some(self.chain) {
            lines.chain = None;
            let back: Vec<u64> = lines.unanswered.range(self.turn.number..).map(|(number, _)| *number).collect();
            lines.undecided.extend(back);
        }
        if failed {
            lines.fail(self.turn.number);
        }
        lines.ring();
    }
}

/// The end of a line, however it comes: one that panics has failed.
struct End(Arc<Turn>);

impl End {
    fn answered(&self, led_to: Position) {
        let mut lines = self.0.queue.lines();
        lines.unanswered.remove(&self.0.number);
        lines.led_to = led_to.max(lines.led_to);
        lines.ring();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut lines = self.0.queue.lines();
        if lines.unanswered.remove(&self.0.number).is_some() {
            lines.fail(self.0.number);
        }
        lines.undecided.remove(&self.0.number);
        lines.ring();
    }
}

/// The turn of the line that is worked off; nothing where this is none.
#[must_use]
pub fn mine() -> Option<Arc<Turn>> {
    TURN.try_with(Arc::clone).ok()
}

/// Waits until every line before is decided.
///
/// # Errors
/// One of them failed.
pub async fn to_decide() -> Result<(), NotSent> {
    match mine() {
        Some(turn) => turn.to_decide().await,
        None => Ok(()),
    }
}

/// The command with this id is decided and stands in the queue: the next line may be. Where a line asks for several
/// commands, each has an id of its own, and the next line waits for the end of all.
pub fn decided(command_id: &str) {
    if let Some(turn) = mine().filter(|turn| turn.command_id == command_id) {
        turn.is_decided();
    }
}

/// Waits until every line before is answered; the position they led to.
///
/// # Errors
/// One of them failed.
pub async fn to_read() -> Result<Option<Position>, NotSent> {
    let Some(turn) = mine() else { return Ok(None) };
    turn.until(Lines::are_answered_before).await;
    turn.unless_failed()?;
    Ok(Some(turn.queue.lines().led_to))
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
