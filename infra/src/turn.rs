//! The lines of one file in the file's order, though thousands of them are under way.
//!
//! # Rules
//! - A line is decided once every line before it is: what those will have done is what it is decided on.
//! - A line that reads before it is decided (rights within a branch, the rows of a round) waits until every line before
//!   it is answered, and reads as of what they led to.
//!
//! - So many lines at most are on the way to their decision, the earliest ones: whoever is decided makes room for the next.
//!   Each may hold a connection to the database, and a line that waited for one would hold up all that come after it.
//!
//! # Why here
//! A line is a request like any other, and the API has no place for its turn. So the task it runs in has it, and the two
//! doors behind the API ask for it. A request that is no line of a file has no turn and waits for nobody.

use std::sync::{Arc, Mutex};

use domain::stream::Position;
use tokio::sync::{OwnedSemaphorePermit, watch};

tokio::task_local! {
    static TURN: Arc<Turn>;
}

/// The end of the file so far: whom the next line comes after.
#[derive(Debug, Clone)]
pub struct Queue {
    decided: watch::Receiver<bool>,
    answered: watch::Receiver<Option<Position>>,
}

impl Default for Queue {
    /// Before the first line nothing is waited for: a sender that is gone is one that is done.
    fn default() -> Self {
        Self { decided: watch::channel(true).1, answered: watch::channel(Some(Position(0))).1 }
    }
}

/// A line's place in the file.
#[derive(Debug)]
pub struct Turn {
    command_id: String,
    before: Queue,
    room: Mutex<Option<OwnedSemaphorePermit>>,
    decided: watch::Sender<bool>,
    answered: watch::Sender<Option<Position>>,
}

impl Queue {
    /// The turn of the next line, which asks for a command under this id. Its room is taken in the order of the lines.
    pub fn next(&mut self, command_id: &str, room: OwnedSemaphorePermit) -> Turn {
        let (decided, decided_too) = watch::channel(false);
        let (answered, answered_too) = watch::channel(None);
        let before = std::mem::replace(self, Self { decided: decided_too, answered: answered_too });
        let room = Mutex::new(Some(room));
        Turn { command_id: command_id.to_owned(), before, room, decided, answered }
    }

    async fn all_decided(&self) {
        let mut decided = self.decided.clone();
        let _done_or_gone = decided.wait_for(|decided| *decided).await;
    }

    /// The furthest position that the lines up to here led to.
    async fn all_answered(&self) -> Position {
        let mut answered = self.answered.clone();
        let position = answered.wait_for(Option::is_some).await;
        position.map_or(Position(0), |position| position.unwrap_or_default())
    }
}

impl Turn {
    /// Works a line off in its turn; `led_to` tells the position from its answer.
    pub async fn take<T>(self, line: impl Future<Output = T>, led_to: impl Fn(&T) -> Position) -> T {
        let turn = Arc::new(self);
        let answer = TURN.scope(Arc::clone(&turn), line).await;
        // A line that has sent nothing lets nobody overtake either.
        turn.before.all_decided().await;
        turn.is_decided();
        let before = turn.before.all_answered().await;
        turn.answered.send_replace(Some(before.max(led_to(&answer))));
        answer
    }

    fn is_decided(&self) {
        self.decided.send_replace(true);
        drop(self.room.lock().expect("no holder of the room panics").take());
    }
}

fn mine() -> Option<Arc<Turn>> {
    TURN.try_with(Arc::clone).ok()
}

/// Whether this is a line of a file.
#[must_use]
pub fn is_taken() -> bool {
    mine().is_some()
}

/// Waits until every line before is decided.
pub async fn to_decide() {
    if let Some(turn) = mine() {
        turn.before.all_decided().await;
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
pub async fn to_read() -> Option<Position> {
    match mine() {
        Some(turn) => Some(turn.before.all_answered().await),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn lines_are_decided_in_order_and_read_what_was_before_them() {
        let (mut queue, said) = (Queue::default(), Arc::new(Mutex::new(Vec::new())));
        let line = |number: u64, turn: Turn, reads: bool, said: &Arc<Mutex<Vec<String>>>| {
            let said = Arc::clone(said);
            let say = move |what: &str| said.lock().unwrap().push(format!("{number} {what}"));
            tokio::spawn(turn.take(
                async move {
                    // The later a line, the sooner it would be ready.
                    for _ in number..4 {
                        tokio::task::yield_now().await;
                    }
                    if reads {
                        say(&format!("reads at {}", to_read().await.unwrap()));
                    }
                    to_decide().await;
                    say("decided");
                    decided(&number.to_string());
                    number
                },
                |number| Position(*number),
            ))
        };
        let (rooms, mut lines) = (Arc::new(Semaphore::new(2)), Vec::new());
        for number in 1..=4_u64 {
            let room = Arc::clone(&rooms).acquire_owned().await.unwrap();
            lines.push(line(number, queue.next(&number.to_string(), room), number == 3, &said));
        }
        for line in lines {
            line.await.unwrap();
        }
        assert_eq!(rooms.available_permits(), 2);
        let said = said.lock().unwrap().join(", ");
        assert_eq!(said, "1 decided, 2 decided, 3 reads at 2, 3 decided, 4 decided");
    }

    #[tokio::test]
    async fn who_is_no_line_waits_for_nobody() {
        assert!(!is_taken());
        to_decide().await;
        assert_eq!(to_read().await, None);
    }
}
