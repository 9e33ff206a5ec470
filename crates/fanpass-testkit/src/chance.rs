//! Chance that a seed decides, the same on every machine.

/// A sequence of numbers that only its seed decides (`SplitMix64`): for tests, not for secrets.
///
/// ```
/// use fanpass_testkit::Chance;
/// let mut one = Chance::new(7);
/// let mut other = Chance::new(7);
/// assert_eq!(one.below(1000), other.below(1000));
/// ```
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `end`; 0 if there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }

    /// The next place among `length`; 0 if there is none.
    pub fn place(&mut self, length: usize) -> usize {
        u64::try_from(length).ok().and_then(|end| usize::try_from(self.below(end)).ok()).unwrap_or_default()
    }

    /// One of these.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.place(of.len())]
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
