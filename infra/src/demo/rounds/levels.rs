//! How well somebody does in a quarter, in points of a hundred.
//!
//! # Rules
//! - In each quarter another quarter of the people has a weak one, so that nobody is in the last tenth twice by chance:
//!   who is called to a talk is written down in [`super::cases`].

use super::cases;
use crate::demo::draws::Draws;
use crate::demo::people::Person;

/// The level of somebody, by the place among everybody, in a quarter.
#[must_use]
pub fn level(people: &[Person], seed: u64, at: usize, quarter: i8) -> u32 {
    if let Some(level) = cases::level(people, at, quarter) {
        return level;
    }
    let weak = at % 4 == quarter.unsigned_abs() as usize - 1;
    let usual = Draws::of(seed, &format!("level {at}")).between(81, 92);
    let mut draws = Draws::of(seed, &format!("level {at} {quarter}"));
    let level = if weak { draws.between(71, 76) } else { usual + draws.between(0, 4) };
    u32::try_from(level).unwrap_or(u32::MAX)
}
