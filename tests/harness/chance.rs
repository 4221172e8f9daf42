//! Chance from a seed: the same seed, the same choices.

use uuid::Uuid;

/// A stream of choices (splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.any() % end
    }

    /// A number from `least` to `most`, both included; `least` where that is more.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    /// One of them; nothing of none.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = usize::try_from(self.any()).unwrap_or_default().checked_rem(of.len())?;
        of.get(at).cloned()
    }

    /// Up to so many of them, each at most once.
    pub fn some<T: Clone>(&mut self, of: &[T], most: usize) -> Vec<T> {
        let mut left = of.to_vec();
        let mut taken = Vec::new();
        while taken.len() < most && !left.is_empty() {
            let at = usize::try_from(self.below(left.len() as u64)).unwrap_or_default();
            taken.push(left.swap_remove(at));
        }
        taken
    }

    /// A fresh identity.
    pub fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.any(), self.any())
    }
}
