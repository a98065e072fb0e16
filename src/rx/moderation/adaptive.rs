//! Rules that adapt their interval to the traffic: Linux `net_dim`, and the legacy one of `ixgbe`.

use super::counters::VectorCounters;
use crate::engine::time::{Span, Time};

/// `net_dim`'s receive profiles: microseconds, packets (Linux lib/dim/net_dim.c, EQE mode).
const PROFILES: [(u64, u32); 5] = [(1, 256), (8, 256), (64, 256), (128, 256), (256, 256)];
/// The profile to begin with (the same file).
const FIRST_PROFILE: usize = 1;
/// Interrupts per sample (Linux include/linux/dim.h).
const EVENTS: u64 = 64;
/// A change of more than this many percent counts (the same file).
const SIGNIFICANT: u64 = 10;

/// Linux `net_dim`: climbs towards more bytes, then more packets, then fewer interrupts.
#[derive(Clone, Debug)]
pub(super) struct NetDim {
    index: usize,
    state: Tune,
    steps_right: u32,
    steps_left: u32,
    tired: usize,
    previous: Rates,
    sample: Option<(Time, VectorCounters)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tune {
    ParkedOnTop,
    ParkedTired,
    Right,
    Left,
}

/// Bytes, packets and interrupts per millisecond.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    bytes: u64,
    packets: u64,
    events: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Better,
    Worse,
    Same,
}

impl Default for NetDim {
    fn default() -> Self {
        Self {
            index: FIRST_PROFILE,
            state: Tune::ParkedOnTop,
            steps_right: 0,
            steps_left: 0,
            tired: 0,
            previous: Rates::default(),
            sample: None,
        }
    }
}

impl NetDim {
    /// rx-usecs and rx-frames in force.
    pub(super) fn profile(&self) -> (Span, u32) {
        let (us, packets) = PROFILES[self.index];
        (Span::us(us), packets)
    }

    /// Called at every completion; decides every 64 interrupts.
    pub(super) fn completed(&mut self, now: Time, counters: VectorCounters) {
        let Some((since, before)) = self.sample else {
            self.sample = Some((now, counters));
            return;
        };
        let us = now.since(since).0 / 1_000_000;
        if counters.interrupts - before.interrupts < EVENTS || us == 0 {
            return;
        }
        let per_ms = |count: u64| (count * 1_000).div_ceil(us);
        let current = Rates {
            bytes: per_ms(counters.bytes - before.bytes),
            packets: per_ms(counters.packets - before.packets),
            events: per_ms(EVENTS),
        };
        // A new profile starts a fresh sample at the next completion, as the driver's work does.
        self.sample = if self.decide(current) { None } else { Some((now, counters)) };
    }

    /// Returns whether the profile changed.
    fn decide(&mut self, current: Rates) -> bool {
        let (state, index) = (self.state, self.index);
        match self.state {
            Tune::ParkedOnTop => {
                if compare(current, self.previous) != Verdict::Same {
                    self.leave_parking();
                }
            }
            Tune::ParkedTired => {
                self.tired -= 1;
                if self.tired == 0 {
                    self.leave_parking();
                }
            }
            Tune::Right | Tune::Left => self.climb(compare(current, self.previous)),
        }
        if state != Tune::ParkedOnTop || self.state != Tune::ParkedOnTop {
            self.previous = current;
        }
        self.index != index
    }

    fn climb(&mut self, verdict: Verdict) {
        if verdict != Verdict::Better {
            self.turn();
        }
        if self.is_on_top() {
            self.park_on_top();
        } else if self.tired == 2 * PROFILES.len() {
            (self.steps_right, self.steps_left, self.state) = (0, 0, Tune::ParkedTired);
        } else if !self.step() {
            self.park_on_top();
        }
    }

    fn turn(&mut self) {
        if self.state == Tune::Right {
            (self.state, self.steps_left) = (Tune::Left, 0);
        } else {
            (self.state, self.steps_right) = (Tune::Right, 0);
        }
    }

    const fn is_on_top(&self) -> bool {
        match self.state {
            Tune::Right => self.steps_left > 1 && self.steps_right == 1,
            Tune::Left => self.steps_right > 1 && self.steps_left == 1,
            Tune::ParkedOnTop | Tune::ParkedTired => true,
        }
    }

    /// Moves to the next profile; false at the last one.
    fn step(&mut self) -> bool {
        if self.state == Tune::Right {
            if self.index == PROFILES.len() - 1 {
                return false;
            }
            self.index += 1;
            self.steps_right += 1;
        } else {
            if self.index == 0 {
                return false;
            }
            self.index -= 1;
            self.steps_left += 1;
        }
        self.tired += 1;
        true
    }

    fn park_on_top(&mut self) {
        (self.steps_right, self.steps_left, self.tired) = (0, 0, 0);
        self.state = Tune::ParkedOnTop;
    }

    fn leave_parking(&mut self) {
        self.state = if self.index > 0 { Tune::Left } else { Tune::Right };
        self.step();
    }
}

/// More bytes are better, then more packets, then fewer interrupts.
fn compare(now: Rates, before: Rates) -> Verdict {
    for (now, before, more_is_better) in [
        (now.bytes, before.bytes, true),
        (now.packets, before.packets, true),
        (now.events, before.events, false),
    ] {
        if before == 0 {
            return if now > 0 && more_is_better { Verdict::Better } else { Verdict::Same };
        }
        if 100 * now.abs_diff(before) / before > SIGNIFICANT {
            return if (now > before) == more_is_better { Verdict::Better } else { Verdict::Worse };
        }
    }
    Verdict::Same
}

/// The legacy `ixgbe` throttle: a class by bytes per microsecond, one step at a time, smoothed
/// (Linux drivers/net/ethernet/intel/ixgbe/ixgbe_main.c).
#[derive(Clone, Debug)]
pub(super) struct Ixgbe {
    class: usize,
    /// In quarters of a microsecond, as the driver keeps it.
    quarters: u64,
    bytes: u64,
}

/// 100 000, 20 000 and 12 000 interrupts per second in quarters of a microsecond.
const CLASSES: [u64; 3] = [40, 200, 336];
/// Bytes per microsecond above which the next class follows.
const ABOVE: [u64; 2] = [10, 20];

impl Default for Ixgbe {
    fn default() -> Self {
        Self { class: 0, quarters: CLASSES[1], bytes: 0 }
    }
}

impl Ixgbe {
    /// The throttle in force.
    pub(super) const fn interval(&self) -> Span {
        Span::ns(self.quarters * 250)
    }

    /// Called at every completion.
    pub(super) fn completed(&mut self, counters: VectorCounters) {
        let per_us = (counters.bytes - self.bytes) / (self.quarters / 4).max(1);
        self.bytes = counters.bytes;
        if self.class < ABOVE.len() && per_us > ABOVE[self.class] {
            self.class += 1;
        } else if self.class > 0 && per_us <= ABOVE[self.class - 1] {
            self.class -= 1;
        }
        let (new, old) = (CLASSES[self.class], self.quarters);
        if new != old {
            self.quarters = 10 * new * old / (9 * new + old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_dim_moves_right_while_more_moderation_brings_fewer_interrupts() {
        let mut dim = NetDim::default();
        let (mut now, mut counters) = (Time(0), VectorCounters::default());
        for _ in 0..64 * 40 {
            let (interval, _) = dim.profile();
            now += interval + Span::us(1);
            counters.interrupts += 1;
            counters.packets += interval.0 / 100_000;
            counters.bytes += interval.0 / 100;
            dim.completed(now, counters);
        }
        assert!(dim.index > FIRST_PROFILE, "profile {}", dim.index);
    }

    #[test]
    fn ixgbe_changes_one_class_at_a_time_and_smoothly() {
        let (mut rule, mut counters) = (Ixgbe::default(), VectorCounters::default());
        let mut last = rule.interval();
        for _ in 0..100 {
            counters.bytes += 100_000;
            rule.completed(counters);
            assert!(rule.interval().0.abs_diff(last.0) < 20_000_000);
            last = rule.interval();
        }
        assert_eq!(rule.class, 2);
        assert!((80..=84).contains(&(last.0 / 1_000_000)), "{last}");
        (0..100).for_each(|_| rule.completed(counters));
        assert!(rule.interval() <= Span::us(11), "{}", rule.interval());
    }
}
