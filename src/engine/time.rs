//! Simulated time: whole picoseconds in a `u64`, never a float.
//!
//! A picosecond is exact per byte on every Ethernet from 1 to 400 Gbps (a frame of 64 B occupies 10
//! GbE for 67.2 ns, which is no whole number of nanoseconds). A `u64` of picoseconds lasts 213
//! days. The clock ends at a quarter of that, [`Time::END`], so that neither a sum of two times nor
//! a [`PhasedTime`], which doubles a time, overflows.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

/// An instant: picoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A length of time in picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

/// A moment within an instant: `2 * time + phase`.
///
/// Phase 0 is all that was due at this instant beforehand (DMA, timers, interrupts, ends of
/// activities). Phase 1 is what the arrivals of this instant cause. So a poll round that ends at an
/// instant does not see a packet that arrives at that very instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhasedTime(pub u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// The last instant of the clock: 53 days, a quarter of what a `u64` of picoseconds holds, so
    /// that sums of two times and `PhasedTime`s never overflow.
    pub const END: Self = Self(1 << 62);

    /// How long after `earlier` this is; zero if it is not after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The first moment of this instant, before its arrivals.
    #[must_use]
    pub const fn before_arrivals(self) -> PhasedTime {
        PhasedTime(self.0 << 1)
    }

    /// The moment of this instant's arrivals and of what they cause.
    #[must_use]
    pub const fn at_arrivals(self) -> PhasedTime {
        PhasedTime(self.0 << 1 | 1)
    }

    /// The bound behind everything that happens at this instant.
    #[must_use]
    pub const fn after(self) -> PhasedTime {
        PhasedTime((self.0 + 1) << 1)
    }
}

impl PhasedTime {
    /// Behind the end of the clock.
    pub const NEVER: Self = Self(u64::MAX);

    /// Whether this is the phase of the arrivals.
    #[must_use]
    pub const fn is_at_arrivals(self) -> bool {
        self.0 & 1 == 1
    }

    /// The instant this moment belongs to.
    #[must_use]
    pub const fn time(self) -> Time {
        Time(self.0 >> 1)
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// So many picoseconds.
    #[must_use]
    pub const fn ps(n: u64) -> Self {
        Self(n)
    }

    /// So many nanoseconds.
    #[must_use]
    pub const fn ns(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// So many microseconds.
    #[must_use]
    pub const fn us(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn ms(n: u64) -> Self {
        Self(n * 1_000_000_000)
    }

    /// In microseconds, for people.
    #[must_use]
    pub fn as_us(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// In seconds, for people.
    #[must_use]
    pub fn as_s(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0 + span.0)
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        self.0 += span.0;
    }
}

impl Sub<Time> for Time {
    type Output = Span;
    fn sub(self, earlier: Time) -> Span {
        Span(self.0 - earlier.0)
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0 - span.0)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for Span {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0 * times)
    }
}

impl fmt::Display for Span {
    /// In the largest unit that keeps the number whole, else with up to three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 5] = [
            (1_000_000_000_000, "s"),
            (1_000_000_000, "ms"),
            (1_000_000, "us"),
            (1_000, "ns"),
            (1, "ps"),
        ];
        let (size, unit) = *UNITS.iter().find(|(size, _)| self.0 >= *size).unwrap_or(&(1, "ps"));
        let (whole, milli) = (self.0 / size, (self.0 % size) * 1_000 / size);
        if milli == 0 {
            return write!(f, "{whole} {unit}");
        }
        let decimals = format!("{milli:03}");
        write!(f, "{whole}.{} {unit}", decimals.trim_end_matches('0'))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_shown_in_its_largest_unit() {
        assert_eq!(Span(67_200).to_string(), "67.2 ns");
        assert_eq!(Span::ms(20).to_string(), "20 ms");
        assert_eq!(Span(0).to_string(), "0 ps");
    }

    #[test]
    fn arrivals_come_after_what_was_due_and_before_the_next_instant() {
        let t = Time(7);
        assert!(t.before_arrivals() < t.at_arrivals());
        assert!(t.at_arrivals() < t.after());
        assert_eq!(t.after(), Time(8).before_arrivals());
    }
}
