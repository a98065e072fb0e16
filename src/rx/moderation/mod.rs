//! Interrupt moderation: when a vector whose rings hold packets interrupts.
//!
//! Before: [`ring`](super::ring). After: [`cpu`](super::cpu).

mod adaptive;
mod counters;

pub use counters::VectorCounters;

use crate::engine::time::{PhasedTime, Span, Time};
use adaptive::{Ixgbe, NetDim};

/// The rule of one NIC's vectors. Intervals are as the NIC uses them, rounded down to its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Moderation {
    /// At once.
    None,
    /// At once after a quiet time, then at least `interval` from the start of one interrupt to the
    /// next.
    Throttle {
        /// Least time between the starts of two interrupts.
        interval: Span,
    },
    /// `interval` after the first packet that waits.
    Timer {
        /// From the first packet to the interrupt (rx-usecs).
        interval: Span,
    },
    /// As `Timer`, or with the n-th waiting packet, whichever comes first.
    TimerOrCount {
        /// From the first packet to the interrupt (rx-usecs).
        interval: Span,
        /// Waiting packets that interrupt at once (rx-frames).
        frames: u32,
    },
    /// At multiples of `interval` from t = 0, if packets wait.
    Periodic {
        /// From tick to tick.
        interval: Span,
    },
    /// Linux `net_dim`: chooses among five pairs of rx-usecs and rx-frames.
    NetDim,
    /// The legacy `ixgbe` adaptive throttle: chooses among three rates by bytes per microsecond.
    Ixgbe,
}

/// The moderation of one vector: its rule, and the state of that rule.
#[derive(Clone, Debug)]
pub struct Moderator {
    rule: Moderation,
    last: Option<Time>,
    unmasked: PhasedTime,
    net_dim: NetDim,
    ixgbe: Ixgbe,
}

impl Moderator {
    /// A vector that has not interrupted yet, unmasked since the start.
    #[must_use]
    pub fn new(rule: Moderation) -> Self {
        let (net_dim, ixgbe) = (NetDim::default(), Ixgbe::default());
        Self { rule, last: None, unmasked: PhasedTime::default(), net_dim, ixgbe }
    }

    /// Resets the state, unmasked since `at`.
    pub fn reset(&mut self, at: PhasedTime) {
        *self = Self { unmasked: at, ..Self::new(self.rule) };
    }

    /// When the vector is due. `waiting` is when the earliest waiting packet became visible; `nth`
    /// returns when the n-th packet is visible.
    #[inline]
    #[must_use]
    pub fn due(&self, waiting: PhasedTime, nth: impl Fn(u32) -> PhasedTime) -> PhasedTime {
        if waiting == PhasedTime::NEVER {
            return PhasedTime::NEVER;
        }
        let first = waiting.max(self.unmasked);
        match self.rule {
            Moderation::None => first,
            Moderation::Throttle { interval } => self.throttled(first, interval),
            Moderation::Ixgbe => self.throttled(first, self.ixgbe.interval()),
            Moderation::Timer { interval } => after(first, interval),
            Moderation::TimerOrCount { interval, frames } => {
                self.counted(first, interval, frames, nth)
            }
            Moderation::NetDim => {
                let (interval, frames) = self.net_dim.profile();
                self.counted(first, interval, frames, nth)
            }
            Moderation::Periodic { interval } => self.next_tick(first, interval),
        }
    }

    #[inline]
    fn throttled(&self, first: PhasedTime, interval: Span) -> PhasedTime {
        self.last.map_or(first, |last| first.max((last + interval).before_arrivals()))
    }

    fn counted(
        &self,
        first: PhasedTime,
        interval: Span,
        frames: u32,
        nth: impl Fn(u32) -> PhasedTime,
    ) -> PhasedTime {
        after(first, interval).min(nth(frames).max(self.unmasked))
    }

    /// The first tick that is not before `first` and comes after the unmasking.
    fn next_tick(&self, first: PhasedTime, interval: Span) -> PhasedTime {
        let tick = |n: u64| Time(n * interval.0).before_arrivals();
        let mut n = first.time().0.div_ceil(interval.0);
        while tick(n) < first || (self.unmasked > PhasedTime::default() && tick(n) <= self.unmasked)
        {
            n += 1;
        }
        tick(n)
    }

    /// The vector's interrupt was taken.
    #[inline]
    pub fn taken(&mut self, at: Time) {
        self.last = Some(at);
    }

    /// When its last interrupt was taken.
    #[inline]
    #[must_use]
    pub fn last_taken(&self) -> Time {
        self.last.unwrap_or(Time::ZERO)
    }

    /// The deferred work is complete, and the vector is unmasked.
    #[inline]
    pub fn unmask(&mut self, at: PhasedTime, counters: VectorCounters) {
        self.unmasked = at;
        match self.rule {
            Moderation::NetDim => self.net_dim.completed(at.time(), counters),
            Moderation::Ixgbe => self.ixgbe.completed(counters),
            _ => {}
        }
    }
}

/// A timer started at `first`.
fn after(first: PhasedTime, interval: Span) -> PhasedTime {
    first.max((first.time() + interval).before_arrivals())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(us: u64) -> PhasedTime {
        Time(us * 1_000_000).before_arrivals()
    }

    fn due(rule: Moderation, prepare: impl Fn(&mut Moderator), waiting: PhasedTime) -> PhasedTime {
        let mut moderator = Moderator::new(rule);
        prepare(&mut moderator);
        moderator.due(waiting, |n| if n <= 3 { at(12) } else { PhasedTime::NEVER })
    }

    #[test]
    fn each_rule_has_its_moment() {
        let interval = Span::us(10);
        let quiet = |_: &mut Moderator| {};
        let busy = |m: &mut Moderator| {
            m.taken(Time(4_000_000));
            m.unmask(at(7), VectorCounters::default());
        };
        assert_eq!(due(Moderation::None, busy, at(5)), at(7));
        assert_eq!(due(Moderation::Throttle { interval }, quiet, at(5)), at(5));
        assert_eq!(due(Moderation::Throttle { interval }, busy, at(8)), at(14));
        assert_eq!(due(Moderation::Timer { interval }, busy, at(8)), at(18));
        assert_eq!(due(Moderation::TimerOrCount { interval, frames: 3 }, quiet, at(8)), at(12));
        assert_eq!(due(Moderation::TimerOrCount { interval, frames: 4 }, quiet, at(8)), at(18));
        assert_eq!(due(Moderation::Periodic { interval }, quiet, at(8)), at(10));
        assert_eq!(due(Moderation::Periodic { interval }, quiet, at(10)), at(10));
        assert_eq!(
            due(Moderation::Periodic { interval }, quiet, Time(10_000_000).at_arrivals()),
            at(20)
        );
    }

    #[test]
    fn a_tick_at_the_instant_of_the_unmasking_is_missed() {
        let unmasked = |m: &mut Moderator| m.unmask(at(10), VectorCounters::default());
        assert_eq!(due(Moderation::Periodic { interval: Span::us(10) }, unmasked, at(10)), at(20));
    }
}
