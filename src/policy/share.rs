//! Parts of a whole, in whole numbers.

use crate::engine::time::Span;

/// A part of a whole, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

impl Share {
    /// So many hundredths.
    #[must_use]
    pub const fn percent(hundredths: u32) -> Self {
        Self(hundredths * 10_000)
    }

    /// This part of `whole`, rounded down.
    #[must_use]
    pub fn of(self, whole: Span) -> Span {
        part(whole, u64::from(self.0), 1_000_000)
    }
}

/// `share` of `all` equal parts of `whole`, rounded down; nothing where there are no parts.
pub(super) fn part(whole: Span, share: u64, all: u64) -> Span {
    let product = u128::from(whole.0) * u128::from(share);
    let part = product.checked_div(u128::from(all)).unwrap_or(0);
    Span(u64::try_from(part).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_taken_in_whole_picoseconds() {
        assert_eq!(Share::percent(90).of(Span::ms(100)), Span::ms(90));
        assert_eq!(Share(1).of(Span(999_999)), Span::ZERO);
        assert_eq!(Share::percent(100).of(Span(1 << 62)), Span(1 << 62));
        assert_eq!(part(Span::ms(1), 3, 0), Span::ZERO);
    }
}
