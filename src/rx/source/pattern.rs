//! Arrival patterns that are asked packet by packet: back to back, on and off, in bursts.

use super::gaps::SteadyGaps;
use super::spec::{Gap, link_time};
use crate::engine::chance::Stream;
use crate::engine::sample::{Draw, Sampler};
use crate::engine::time::{Span, Time};

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Constant gaps whose fraction needs more than 64 bits.
    Fine(SteadyGaps<u128>),
    Line(LineRate),
    OnOff(OnOff),
    Burst(Burst),
}

impl Pattern {
    /// When the next packet, of `size` bytes, comes; none behind the end of the clock.
    pub(super) fn next(&mut self, size: u32) -> Option<Time> {
        match self {
            Self::Fine(steady) => steady.next(),
            Self::Line(line) => line.send(size),
            Self::OnOff(on_off) => on_off.next(),
            Self::Burst(burst) => burst.next(size),
        }
    }
}

/// A link that is never idle.
#[derive(Clone, Debug)]
pub(super) struct LineRate {
    bits: u64,
    free: Time,
    /// The size sent last and its time on the link, which need no division again.
    last: (u32, Span),
}

impl LineRate {
    pub(super) const fn new(bits: u64, start: Time) -> Self {
        Self { bits, free: start, last: (0, Span::ZERO) }
    }

    fn send(&mut self, size: u32) -> Option<Time> {
        let start = self.free;
        if start > Time::END {
            return None;
        }
        if self.last.0 != size {
            self.last = (size, link_time(size, self.bits));
        }
        self.free = later(start, self.last.1);
        Some(start)
    }
}

/// Constant gaps while on, nothing while off.
#[derive(Clone, Debug)]
pub(super) struct OnOff {
    gaps: SteadyGaps<u128>,
    on: Sampler,
    off: Sampler,
    words: Stream,
    /// End of the current on span; packets come before it.
    end: Time,
}

impl OnOff {
    pub(super) fn new(start: Time, gap: Gap, on: &Draw, off: &Draw, mut words: Stream) -> Self {
        assert!(on.mean_ps() > 0.0, "an on-off source that is never on");
        let gaps = SteadyGaps::new(start, gap).expect("a u128 holds every fraction");
        let (on, off) = (Sampler::new(on), Sampler::new(off));
        let end = later(start, on.span(words.word()));
        Self { gaps, on, off, words, end }
    }

    fn next(&mut self) -> Option<Time> {
        loop {
            let time = self.gaps.next();
            if time.is_some_and(|time| time < self.end) {
                return time;
            }
            if self.end > Time::END {
                return None;
            }
            let start = later(self.end, self.off.span(self.words.word()));
            self.gaps.restart(start);
            self.end = later(start, self.on.span(self.words.word()));
        }
    }
}

/// Bursts, each back to back at the link's rate.
#[derive(Clone, Debug)]
pub(super) struct Burst {
    packets: u64,
    every: Sampler,
    words: Stream,
    /// None: a burst takes no time.
    link: Option<LineRate>,
    /// Start of the current burst.
    start: Time,
    /// Packets of the current burst still to come.
    left: u64,
}

impl Burst {
    pub(super) fn new(
        start: Time,
        packets: u64,
        every: &Draw,
        link: Option<u64>,
        words: Stream,
    ) -> Self {
        assert!(packets > 0, "a burst of no packets");
        assert!(link.is_some() || every.mean_ps() > 0.0, "all bursts at one instant");
        let every = Sampler::new(every);
        let link = link.map(|link| LineRate::new(link, start));
        Self { packets, every, words, link, start, left: packets }
    }

    fn next(&mut self, size: u32) -> Option<Time> {
        if self.left == 0 {
            self.left = self.packets;
            self.start = later(self.start, self.every.span(self.words.word()));
            if let Some(link) = &mut self.link {
                self.start = self.start.max(link.free);
                link.free = self.start;
            }
        }
        self.left -= 1;
        match &mut self.link {
            Some(link) => link.send(size),
            None => (self.start <= Time::END).then_some(self.start),
        }
    }
}

/// `time + span`, or the greatest time that a `u64` can hold.
fn later(time: Time, span: Span) -> Time {
    Time(time.0.saturating_add(span.0))
}
