//! How much is recorded of what is denied to somebody again and again.
//!
//! # Rules
//! - The first twenty times of an action in an hour, then the hundredth, the thousandth and so on: whoever floods the door
//!   does not fill the disk.
//! - It is counted in the memory of each process. A process that ends has told all it recorded, and counts anew.

use std::collections::HashMap;

use domain::id::ActorId;
use jiff::Timestamp;

/// How many are recorded one by one.
pub const FIRST: i64 = 20;
const HOUR: i64 = 3_600;

/// What was denied in this hour.
#[derive(Debug, Default)]
pub struct Bound {
    hour: i64,
    times: HashMap<(ActorId, &'static str), i64>,
}

impl Bound {
    /// Counts; how often it was in this hour where that is to be recorded.
    pub fn count(&mut self, viewer: &ActorId, action: &'static str, now: Timestamp) -> Option<i64> {
        let hour = now.as_second().div_euclid(HOUR);
        if hour != self.hour {
            (self.hour, self.times) = (hour, HashMap::new());
        }
        let times = self.times.entry((viewer.clone(), action)).or_default();
        *times += 1;
        (*times <= FIRST || is_round(*times)).then_some(*times)
    }
}

/// Whether it is a hundred, a thousand …
fn is_round(number: i64) -> bool {
    number >= 100 && std::iter::successors(Some(number), |left| (left % 10 == 0).then_some(left / 10)).last() == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_a_million_leaves_twenty_five_records_and_the_next_hour_counts_anew() {
        let (mut bound, viewer) = (Bound::default(), ActorId("auditor".to_owned()));
        let now = Timestamp::from_second(HOUR * 9).unwrap();
        let recorded: Vec<i64> = (0..1_000_000).filter_map(|_| bound.count(&viewer, "see_results", now)).collect();
        assert_eq!(recorded[..20], (1..=20).collect::<Vec<_>>());
        assert_eq!(recorded[20..], [100, 1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(bound.count(&viewer, "see_trail", now), Some(1), "another action is counted by itself");
        assert_eq!(bound.count(&ActorId("other".to_owned()), "see_results", now), Some(1));
        assert_eq!(bound.count(&viewer, "see_results", Timestamp::from_second(HOUR * 10).unwrap()), Some(1));
    }
}
