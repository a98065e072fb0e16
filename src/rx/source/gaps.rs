//! Constant and exponential gaps between packets: the arrival processes that most runs spend their
//! time in.

use super::spec::Gap;
use crate::engine::chance::Stream;
use crate::engine::sample::Exponential;
use crate::engine::time::Time;
use std::hint::select_unpredictable;
use std::ops::{Add, Sub};

/// A process that draws one time after the other.
pub(super) trait Gaps: Clone {
    /// The next time. If it is behind the end of the clock, the process must not be asked again.
    fn step(&mut self) -> Time;
}

/// Time n = start + floor(n x gap), exactly and without a division: the fraction of a picosecond
/// that each gap leaves is carried from packet to packet.
///
/// `R` holds the fraction; a `u64` is wide enough for all but very odd rates.
#[derive(Clone, Copy, Debug)]
pub(super) struct SteadyGaps<R> {
    next: u64,
    /// Whole picoseconds of a gap.
    whole: u64,
    /// The fraction carried so far, below `part + room`.
    carried: R,
    /// What each gap adds to the fraction ...
    part: R,
    /// ... and how large it may be for the sum to stay below one picosecond.
    room: R,
}

impl<R> SteadyGaps<R>
where
    R: Copy + PartialOrd + Add<Output = R> + Sub<Output = R> + From<u8> + TryFrom<u128>,
{
    /// From `start` on; none if `R` is too narrow for the gap's fraction.
    pub(super) fn new(start: Time, gap: Gap) -> Option<Self> {
        let common = greatest_common_divisor(gap.ps, gap.packets);
        let (ps, packets) = (gap.ps / common, gap.packets / common);
        let part = ps % packets;
        Some(Self {
            // A time behind the clock never comes, and cannot overflow when it is added up.
            next: start.0.min(Time::END.0 + 1),
            whole: u64::try_from(ps / packets).unwrap_or(u64::MAX).min(Time::END.0 + 1),
            carried: R::from(0),
            part: R::try_from(part).ok()?,
            room: R::try_from(packets - part).ok()?,
        })
    }

    /// The next time; none behind the end of the clock.
    pub(super) fn next(&mut self) -> Option<Time> {
        (self.next <= Time::END.0).then(|| self.step())
    }

    /// The same gaps, again from `start`.
    pub(super) fn restart(&mut self, start: Time) {
        self.next = start.0;
        self.carried = R::from(0);
    }
}

impl<R> Gaps for SteadyGaps<R>
where
    R: Copy + PartialOrd + Add<Output = R> + Sub<Output = R> + From<u8>,
{
    #[inline(always)]
    fn step(&mut self) -> Time {
        let now = Time(self.next);
        let full = self.carried >= self.room;
        // At most rates this is as good as random, so a branch would often be mispredicted.
        let (nothing, part, room) = (R::from(0), self.part, self.room);
        let minus = select_unpredictable(full, room, nothing);
        let plus = select_unpredictable(full, nothing, part);
        self.carried = self.carried - minus + plus;
        self.next += self.whole + u64::from(full);
        now
    }
}

/// Gaps of whole picoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvenGaps {
    next: u64,
    gap: u64,
}

impl Gaps for EvenGaps {
    #[inline(always)]
    fn step(&mut self) -> Time {
        let now = Time(self.next);
        self.next += self.gap;
        now
    }
}

impl SteadyGaps<u64> {
    /// The same, where no gap leaves a fraction.
    pub(super) fn even(self) -> Option<EvenGaps> {
        (self.part == 0).then_some(EvenGaps { next: self.next, gap: self.whole })
    }
}

/// Never 0, as `Gap::packets` is above 0.
fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Exponential gaps, each rounded to a picosecond; the first packet comes one gap after the start.
#[derive(Clone, Debug)]
pub(super) struct PoissonGaps {
    last: u64,
    gap: Exponential,
    words: Stream,
}

impl PoissonGaps {
    pub(super) fn new(start: Time, gap: Gap, words: Stream) -> Self {
        let mean = gap.ps as f64 / gap.packets as f64;
        Self { last: start.0, gap: Exponential::new(mean), words }
    }
}

impl Gaps for PoissonGaps {
    #[inline(always)]
    fn step(&mut self) -> Time {
        self.last = self.last.saturating_add(self.gap.span(self.words.word()).0);
        Time(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rate_drifts_however_odd() {
        for (ps, packets) in [(1_000, 3), (67_200, 1), (7, 11), (1 << 100, (1 << 70) - 1), (0, 5)] {
            let gap = Gap { ps, packets };
            let mut steady = SteadyGaps::<u128>::new(Time(17), gap).expect("wide enough");
            let mut narrow = SteadyGaps::<u64>::new(Time(17), gap);
            assert_eq!(narrow.is_none(), packets > 1 << 64);
            for n in 0..1_000 {
                let exact = (17 + n * ps / packets) as u64;
                assert_eq!(steady.next(), Some(Time(exact)));
                assert!(narrow.as_mut().is_none_or(|narrow| narrow.next() == Some(Time(exact))));
            }
        }
    }

    #[test]
    fn a_source_ends_with_the_clock_and_stays_ended() {
        let gap = Gap { ps: u128::from(Time::END.0), packets: 1 };
        let mut steady = SteadyGaps::<u64>::new(Time::ZERO, gap).expect("whole picoseconds");
        assert_eq!(steady.next(), Some(Time::ZERO));
        assert_eq!(steady.next(), Some(Time::END));
        assert_eq!((steady.next(), steady.next()), (None, None));
        let gap = Gap { ps: u128::MAX, packets: 1 };
        let mut poisson = PoissonGaps::new(Time::ZERO, gap, Stream::new(1, "test", "gaps"));
        assert!((0..5).all(|_| poisson.step() > Time::END));
    }
}
