//! A digest that does not depend on the order in which its records come.
//!
//! Each record is hashed on its own (two chained 64 x 64 -> 128 bit multiplications, folded) and the
//! hashes are added up. Used for the fingerprint of a run: the same for any window, any number of
//! threads, debug or release.

/// Hashes one record of four words.
#[inline(always)]
#[must_use]
pub fn record(a: u64, b: u64, c: u64, d: u64) -> u64 {
    let x = fold(a ^ 0xa076_1d64_78bd_642f, b ^ 0xe703_7ed1_a0b4_28db);
    fold(x ^ c ^ 0x8ebc_6af0_9c88_c6e3, d ^ 0x5899_65cc_7537_4cc3)
}

/// Hashes a sequence of words in order.
#[must_use]
pub fn sequence(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(0x243f_6a88_85a3_08d3, |hash, word| record(hash, word, 0, 0))
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    (wide >> 64) as u64 ^ wide as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_record_counts() {
        let base = record(1, 2, 3, 4);
        for other in
            [record(2, 2, 3, 4), record(1, 3, 3, 4), record(1, 2, 4, 4), record(1, 2, 3, 5)]
        {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_sequence_depends_on_its_order() {
        assert_ne!(sequence([1, 2]), sequence([2, 1]));
    }
}
