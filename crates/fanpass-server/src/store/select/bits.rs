//! A bit for each user of a block.

use crate::store::columns::USERS_MAX;

const WORDS: usize = USERS_MAX.div_ceil(64);

/// Users of a block, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    pub(super) const NONE: Self = Self([0; WORDS]);
    pub(super) const ALL: Self = Self([u64::MAX; WORDS]);

    /// The first `users` users.
    pub(super) fn first(users: usize) -> Self {
        let word = |index: usize| match users.saturating_sub(index * 64) {
            0 => 0,
            more if more < 64 => (1 << more) - 1,
            _ => u64::MAX,
        };
        Self(std::array::from_fn(word))
    }

    /// The users whose code, in the order of their places, is one for which `chosen` says so.
    pub(super) fn of_codes(codes: &[u16], chosen: &[bool]) -> Self {
        let mut bits = Self::NONE;
        for (word, codes) in bits.0.iter_mut().zip(codes.chunks(64)) {
            for (place, code) in codes.iter().enumerate() {
                let is_chosen = chosen.get(usize::from(*code)).copied().unwrap_or_default();
                *word |= u64::from(is_chosen) << place;
            }
        }
        bits
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= other);
        self
    }

    pub(super) fn or(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        self
    }

    pub(super) fn not(mut self) -> Self {
        self.0.iter_mut().for_each(|word| *word = !*word);
        self
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub(super) fn remove(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word &= !(1 << (place % 64));
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The places, ascending.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        (0..).step_by(64).zip(self.0).flat_map(|(start, word)| {
            let after = |word: &u64| Some(word & (word - 1)).filter(|rest| *rest != 0);
            std::iter::successors(Some(word).filter(|word| *word != 0), after)
                .map(move |word| start + usize::try_from(word.trailing_zeros()).unwrap_or(63))
        })
    }
}
