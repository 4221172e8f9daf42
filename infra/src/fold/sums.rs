//! Sums of hashes over stretches of positions: whether two histories are the same, in constant memory and in whatever
//! order they are read.

use domain::stream::Position;
use projections::projection::Held;

use super::table::HOLDS;

/// Into how many stretches the log is parted.
const STRETCHES: u64 = 65_536;

/// A sum for each stretch: what began in it, less what ended.
pub struct Sums {
    checkpoint: u64,
    sums: Vec<u128>,
}

impl Sums {
    /// Nothing yet, of a history up to a checkpoint.
    #[must_use]
    pub fn upto(checkpoint: Position) -> Self {
        Self { checkpoint: checkpoint.0, sums: vec![0; STRETCHES as usize] }
    }

    /// Something held from one position until before another; `hash` says what it comes to at a position.
    pub fn add(&mut self, [from, until]: [i64; 2], hash: impl Fn(i64) -> u128) {
        if from < until {
            let begun = self.sum(from);
            *begun = begun.wrapping_add(hash(from));
            if until < HOLDS {
                let ended = self.sum(until);
                *ended = ended.wrapping_sub(hash(until));
            }
        }
    }

    fn each(&self) -> u64 {
        self.checkpoint / STRETCHES + 1
    }

    fn sum(&mut self, position: i64) -> &mut u128 {
        let last = self.sums.len() - 1;
        let stretch = usize::try_from(position.unsigned_abs() / self.each()).unwrap_or(last);
        &mut self.sums[stretch.min(last)]
    }

    /// The first stretch in which two differ: its first and its last position.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<(i64, i64)> {
        let stretch = self.sums.iter().zip(&other.sums).position(|(one, other)| one != other)? as u64;
        let last = ((stretch + 1) * self.each() - 1).min(self.checkpoint);
        Some(((stretch * self.each()).cast_signed(), last.cast_signed()))
    }
}

/// Where a row begins and ends, as [`Sums::add`] takes it.
#[must_use]
pub fn ends<R>(held: &Held<R>) -> [i64; 2] {
    [Some(held.from), held.until].map(|at| at.map_or(HOLDS, |at| at.0.cast_signed()))
}

/// What is true in SQL of whatever began or ended in a stretch, its first and last position.
#[must_use]
pub fn within((begin, end): (i64, i64)) -> String {
    format!("(from_position between {begin} and {end} or until_position between {begin} and {end})")
}

/// The first half of a SHA-256, as a number.
#[must_use]
pub fn number(hash: [u8; 32]) -> u128 {
    hash[..16].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
