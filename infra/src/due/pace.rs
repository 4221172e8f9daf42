//! When what was sent may be sent again.
//!
//! # Rules
//! - What was accepted is not sent again before the rows have got to what it led to.
//! - A refusal follows from what is recorded: it is not asked for again before the log has moved on, nor sooner than after
//!   a pause that doubles up to [`SLOWEST`].

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::stream::Position;
use tokio::time::Instant;

/// The first pause.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause.
const SLOWEST: Duration = Duration::from_secs(60);

/// Why and until when something rests.
#[derive(Debug, Clone)]
struct Rest {
    until: Instant,
    /// The position that rows must have got to.
    at_least: Position,
    pause: Duration,
    /// The refusal that was told.
    told: Option<&'static str>,
}

/// What rests, by the id of its command.
#[derive(Debug, Default)]
pub struct Pace {
    rests: HashMap<String, Rest>,
}

impl Pace {
    /// Forgets what is not due any more.
    pub fn keep<'a>(&mut self, due: impl Iterator<Item = &'a str>) {
        let due: HashSet<&str> = due.collect();
        self.rests.retain(|id, _| due.contains(id.as_str()));
    }

    /// Whether it may be sent, by rows as of that position.
    #[must_use]
    pub fn allows(&self, id: &str, at: Position, now: Instant) -> bool {
        self.rests.get(id).is_none_or(|rest| rest.until <= now && rest.at_least <= at)
    }

    /// The first instant to come at which something may be sent again, should the log have moved on by then. What only
    /// waits for the log is woken by it.
    #[must_use]
    pub fn next(&self, now: Instant) -> Option<Instant> {
        self.rests.values().map(|rest| rest.until).filter(|until| *until > now).min()
    }

    /// It was accepted at a position.
    pub fn sent(&mut self, id: &str, position: Position, now: Instant) {
        self.pause(id, position, now);
    }

    /// It was refused, by rows as of a position; answers whether that has not been told yet.
    pub fn refused(&mut self, id: &str, code: &'static str, at: Position, now: Instant) -> bool {
        let rest = self.pause(id, Position(at.0 + 1), now);
        rest.told.replace(code) != Some(code)
    }

    /// It got no answer.
    pub fn failed(&mut self, id: &str, now: Instant) {
        self.pause(id, Position(0), now);
    }

    fn pause(&mut self, id: &str, at_least: Position, now: Instant) -> &mut Rest {
        let first = Rest { until: now, at_least, pause: FIRST / 2, told: None };
        let rest = self.rests.entry(id.to_owned()).or_insert(first);
        rest.pause = (rest.pause * 2).min(SLOWEST);
        (rest.until, rest.at_least) = (now + rest.pause, at_least);
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_once_and_asked_for_ever_more_slowly() {
        let (mut pace, begun) = (Pace::default(), Instant::now());
        let (mut sent, mut now) = (0, begun);
        for second in 0..3_600 {
            now = begun + Duration::from_secs(second);
            if pace.allows("close", Position(second), now) {
                sent += 1;
                assert_eq!(pace.refused("close", "round.counts_differ", Position(second), now), sent == 1);
            }
        }
        assert!((60..80).contains(&sent), "{sent} in an hour");
        assert!(pace.refused("close", "round.count_missing", Position(9_999), now), "another reason is told");
    }

    #[test]
    fn nothing_is_asked_again_while_the_log_stands_still() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        let later = now + SLOWEST * 10;
        pace.refused("close", "round.counts_differ", Position(5), now);
        pace.sent("finalise", Position(9), now);
        pace.failed("overdue", now);
        assert!(!pace.allows("close", Position(5), later) && pace.allows("close", Position(6), later));
        assert!(!pace.allows("finalise", Position(8), later) && pace.allows("finalise", Position(9), later));
        assert!(!pace.allows("overdue", Position(5), now) && pace.allows("overdue", Position(5), later));
        assert_eq!((pace.next(now).is_some(), pace.next(later)), (true, None), "what waits for the log wakes nobody");
        pace.keep(["overdue"].into_iter());
        assert!(pace.allows("close", Position(5), now) && !pace.allows("overdue", Position(5), now));
    }
}
