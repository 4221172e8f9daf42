//! The due worker 到期办理: reads what is due and sends the ordinary command for it, one worker in each process that serves.
//!
//! # Rules
//! - What is due follows from the projection and the program's clock alone, so nothing is lost in a standstill.
//! - The command's id follows from what is due and from the deadline: however many send it, it is recorded once.
//! - What is refused may pass later, as counts that do not agree yet: it is sent again once the log has moved on, at a
//!   pace that slows down, and is told once for each reason.
//!
//! # Not here
//! What a command does when its time has come (domain); whether a round is still to be closed (its state decides).

mod deadline;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use domain::period::Zone;
use domain::stream::Position;
use futures_util::StreamExt;
use graphql::ports::{Commands, ReadError, Reads, SendError};
use jiff::Timestamp;
use projections::cell::Cell;
use projections::dues::DueRow;
use projections::select::{Condition, Order, Select};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::reach::is_out_of_reach;

pub use deadline::{ACTOR, Deadline};
use pace::Pace;

/// How long the worker rests at most: a clock may jump, as that of a machine that slept.
const POLL: Duration = Duration::from_secs(5);
/// How long it rests at least, however fast the log grows.
const BREATH: Duration = Duration::from_millis(200);
/// How many rows are read at a time.
const PORTION: usize = 500;
/// Rows hold the midnight of a day in UTC; everywhere in the world the day begins within so many hours of it.
const ZONES: jiff::SignedDuration = jiff::SignedDuration::from_hours(26);

/// The worker of a process.
pub struct Worker {
    /// Where what is due is read.
    pub reads: Arc<dyn Reads>,
    /// Where commands are sent.
    pub commands: Arc<dyn Commands>,
    /// The program's clock.
    pub clock: Arc<Clock>,
    /// The organisation's zone.
    pub zone: Zone,
    /// True once the process stops.
    pub stopping: watch::Receiver<bool>,
}

impl Worker {
    /// Works until the process stops.
    pub async fn work(mut self) {
        let mut pace = Pace::default();
        let (mut positions, mut moves) = (self.reads.positions(), self.clock.moves());
        while !*self.stopping.borrow() {
            let rest = match self.round(&mut pace).await {
                Ok(next) => self.rest(next, &pace),
                Err(error) => {
                    // That projections are behind, or the database out of reach, has been told already.
                    if !matches!(error, ReadError::Behind { .. }) && !is_out_of_reach(&error) {
                        tracing::warn!(error = &error as &dyn std::error::Error, "what is due cannot be read");
                    }
                    POLL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(BREATH) => {}
                _ = self.stopping.changed() => continue,
            }
            tokio::select! {
                position = positions.next() => if position.is_none() { return },
                () = moves.next() => {}
                () = tokio::time::sleep(rest.saturating_sub(BREATH)) => {}
                _ = self.stopping.changed() => {}
            }
        }
    }

    /// Sends what is due now; answers the instant of what is due next.
    async fn round(&self, pace: &mut Pace) -> Result<Option<Timestamp>, ReadError> {
        let (now, at) = (self.clock.now(), self.reads.pin(None, None).await?.position);
        let deadlines = self.deadlines(now, at).await?;
        pace.keep(deadlines.iter().map(|deadline| deadline.command_id.as_str()));
        let (due, later): (Vec<_>, Vec<_>) = deadlines.into_iter().partition(|deadline| deadline.at <= now);
        for deadline in due {
            if *self.stopping.borrow() {
                break;
            }
            if pace.allows(&deadline.command_id, at, Instant::now()) {
                self.send(&deadline, at, pace).await;
            }
        }
        Ok(later.into_iter().map(|deadline| deadline.at).min())
    }

    /// What is due by now or soon.
    async fn deadlines(&self, now: Timestamp, at: Position) -> Result<Vec<Deadline>, ReadError> {
        let soon = now.saturating_add(ZONES).unwrap_or(Timestamp::MAX);
        let mut select = Select::<DueRow>::first(PORTION)
            .only(Condition::Equals("noted", Cell::Flag(false)))
            .only(Condition::Before("due_at", Cell::Instant(soon)))
            .by("due_at", Order::Ascending);
        let mut found = vec![];
        loop {
            let rows = self.reads.rows(&select, at).await?;
            let last = rows.last().filter(|_| rows.len() >= PORTION).map(|row| select.place(row));
            found.extend(rows.iter().flat_map(|row| deadline::of(row, &self.zone)));
            match last {
                Some(place) => select = select.after(Some(place)),
                None => return Ok(found),
            }
        }
    }

    async fn send(&self, deadline: &Deadline, at: Position, pace: &mut Pace) {
        let sent = self.commands.send(&deadline.asker(), deadline.command.clone(), None).await;
        let (id, now) = (deadline.command_id.as_str(), Instant::now());
        match sent {
            Ok(accepted) => pace.sent(id, accepted.position, now),
            Err(SendError::Refused(refusal)) => {
                if pace.refused(id, refusal.code(), at, now) {
                    tracing::info!(deadline = id, refusal = %refusal, "what is due is refused for now");
                }
            }
            Err(error) => {
                pace.failed(id, now);
                if !is_out_of_reach(&error) && !*self.stopping.borrow() {
                    tracing::warn!(deadline = id, error = &error as &dyn std::error::Error, "what is due was not sent");
                }
            }
        }
    }

    /// How long to rest: until what is due next, or until what rests may be sent again.
    fn rest(&self, next: Option<Timestamp>, pace: &Pace) -> Duration {
        let next = next.map(|at| Duration::try_from(at.duration_since(self.clock.now())).unwrap_or_default());
        let again = pace.next(Instant::now()).map(|at| at.saturating_duration_since(Instant::now()));
        next.into_iter().chain(again).min().unwrap_or(POLL).min(POLL)
    }
}
