//! Randomness that no order of execution can touch.
//!
//! Every stream is named by (seed, entity, purpose): adding a virtual machine shifts nobody else's
//! traffic, and two designs compared see the same packets. What belongs to a packet is not drawn
//! from a stream at all but is a pure function of (seed, entity, purpose, packet number).

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A sequential stream of random words for one purpose of one entity.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

/// Random words addressed by number: word `n` is the same whoever asks, and whenever.
#[derive(Clone, Copy, Debug)]
pub struct Indexed(u64);

/// The key under which the streams of one entity and purpose are drawn.
///
/// FNV-1a over the names, then one SplitMix64 step, so that neighbouring seeds share nothing.
#[must_use]
pub fn key(seed: u64, entity: &str, purpose: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ scramble(seed);
    for byte in entity.bytes().chain([0]).chain(purpose.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    scramble(hash)
}

/// The seed of replication `r` of a run with this seed; the first one is the seed's own.
#[must_use]
pub fn replication_seed(seed: u64, replication: u64) -> u64 {
    if replication == 0 { seed } else { scramble(seed ^ scramble(replication)) }
}

/// One SplitMix64 output (Steele, Lea and Flood 2014, constants of Stafford's variant 13): a
/// bijection that leaves no visible relation between neighbours. Written out because it is paid
/// for each random cost of each packet, where a call that cannot be inlined is most of it.
#[inline]
#[must_use]
pub const fn scramble(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Stream {
    /// The stream of `purpose` of `entity`.
    #[must_use]
    pub fn new(seed: u64, entity: &str, purpose: &str) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(key(seed, entity, purpose)))
    }

    /// The next word.
    #[inline(always)]
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number below `n`, each equally likely to within `n / 2^64`.
    #[inline(always)]
    pub fn below(&mut self, n: u64) -> u64 {
        below(self.word(), n)
    }
}

impl Indexed {
    /// The words of `purpose` of `entity`.
    #[must_use]
    pub fn new(seed: u64, entity: &str, purpose: &str) -> Self {
        Self(key(seed, entity, purpose))
    }

    /// Word number `n`.
    #[inline]
    #[must_use]
    pub fn word(self, n: u64) -> u64 {
        scramble(self.0.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

/// Maps a random word to `0..n` by multiplication.
#[inline]
#[must_use]
pub fn below(word: u64, n: u64) -> u64 {
    ((u128::from(word) * u128::from(n)) >> 64) as u64
}

/// Maps a random word to a float in (0, 1), never 0 or 1: the middle of one of 2^52 cells.
#[inline]
#[must_use]
pub fn unit(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_entity_and_purpose() {
        let keys = [
            key(1, "a", "b"),
            key(2, "a", "b"),
            key(1, "b", "a"),
            key(1, "ab", ""),
            key(1, "", "ab"),
        ];
        for (i, one) in keys.iter().enumerate() {
            assert!(keys[i + 1..].iter().all(|other| other != one));
        }
    }

    #[test]
    fn scrambling_is_what_the_generator_of_that_name_does() {
        for word in [0, 1, 42, u64::MAX, 0x9e37_79b9_7f4a_7c15] {
            assert_eq!(scramble(word), rand_xoshiro::SplitMix64::seed_from_u64(word).next_u64());
        }
    }

    #[test]
    fn an_indexed_word_does_not_depend_on_what_was_asked_before() {
        let words = Indexed::new(1, "traffic.a", "packet");
        let fifth = words.word(5);
        let _ = words.word(4);
        assert_eq!(words.word(5), fifth);
    }

    #[test]
    fn unit_is_open_at_both_ends() {
        assert!(unit(0) > 0.0 && unit(u64::MAX) < 1.0);
    }
}
