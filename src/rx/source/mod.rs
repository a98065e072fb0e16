//! Traffic: when packets are offered to the wire, how large they are, to which flow they belong.
//!
//! Before: nothing. After: [`wire`](super::wire).
//!
//! Each instance of a traffic group is one source with random streams of its own, named after the
//! instance; all flows of a source are one aggregated stream. The common case, the next packet at a
//! constant or Poisson rate, is inlined into the caller and neither allocates nor divides. A single
//! flow and a single size draw nothing.

pub mod capture;
pub mod keys;
mod choice;
mod closed_loop;
mod gaps;
mod part;
mod pattern;
mod spec;

pub use closed_loop::{ClosedLoop, Window};
pub use spec::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec, link_time};

use crate::engine::chance::Stream;
use crate::engine::time::Time;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::id::FlowId;
use crate::vocab::packet::Packet;
use capture::{Capture, Captured};
use choice::{FlowChoice, SizeChoice};
use closed_loop::Connections;
use gaps::{EvenGaps, Gaps, PoissonGaps, SteadyGaps};
use part::OfferedPart;
use pattern::{Burst, LineRate, OnOff, Pattern};
use std::sync::Arc;

/// A running source: it draws its packets one by one, or many at a time.
#[derive(Clone, Debug)]
pub struct Source {
    arrivals: ArrivalProcess,
    sizes: SizeChoice,
    flows: FlowChoice,
    number: u64,
    /// When the next packet is due, and its size.
    due: Time,
    size: u32,
    /// The last instant at which a packet may be due.
    last: Time,
    /// Which of its packets are offered; none: all.
    part: Option<OfferedPart>,
}

/// How the times of packets are drawn; the most frequent processes come first.
#[derive(Clone, Debug)]
enum ArrivalProcess {
    Even(EvenGaps),
    Steady(SteadyGaps<u64>),
    Poisson(PoissonGaps),
    Pattern(Box<Pattern>),
    Recorded(Arc<Capture>),
    Closed(Box<Connections>),
}

impl ArrivalProcess {
    /// The times of a source whose own clock starts at `from`.
    fn new(spec: &SourceSpec, seed: u64, from: Time) -> Self {
        let words = |purpose| Stream::new(seed, &spec.name, purpose);
        let pattern = match &spec.arrivals {
            Arrivals::Constant(gap) => {
                let phase = words("phase").below(whole_ps(*gap));
                let start = Time(from.0.saturating_add(phase));
                if let Some(steady) = SteadyGaps::new(start, *gap) {
                    return Self::of(steady);
                }
                Pattern::Fine(SteadyGaps::new(start, *gap).expect("a u128 holds every fraction"))
            }
            Arrivals::Poisson(gap) => {
                return Self::Poisson(PoissonGaps::new(from, *gap, words("gaps")));
            }
            Arrivals::Line { link } => {
                if let Some(steady) = back_to_back(&spec.sizes, *link, from) {
                    return Self::of(steady);
                }
                Pattern::Line(LineRate::new(*link, from))
            }
            Arrivals::OnOff { gap, on, off } => {
                Pattern::OnOff(OnOff::new(from, *gap, on, off, words("on-off")))
            }
            Arrivals::Burst { packets, every, link } => {
                Pattern::Burst(Burst::new(from, *packets, every, *link, words("gaps")))
            }
            Arrivals::Capture(capture) => return Self::Recorded(Arc::clone(capture)),
        };
        Self::Pattern(Box::new(pattern))
    }

    fn of(steady: SteadyGaps<u64>) -> Self {
        steady.even().map_or(Self::Steady(steady), Self::Even)
    }
}

/// The gaps of frames of one size back to back: the time of one frame on the link.
fn back_to_back(sizes: &Sizes, link: u64, from: Time) -> Option<SteadyGaps<u64>> {
    let Sizes::Fixed(size) = sizes else { return None };
    let gap = Gap { ps: link_time(*size, link).0.into(), packets: 1 };
    SteadyGaps::new(from, gap)
}

/// The number of whole picoseconds in [0, gap).
fn whole_ps(gap: Gap) -> u64 {
    u64::try_from(gap.ps.div_ceil(gap.packets)).unwrap_or(u64::MAX)
}

impl Source {
    /// A source that sends from the start of the run, without end.
    #[must_use]
    pub fn new(spec: &SourceSpec, seed: u64) -> Self {
        Self::between(spec, seed, Time::ZERO, None)
    }

    /// A source whose own clock starts at `from`, and that sends nothing at or after `until`. A
    /// recording is played from the start of the run.
    #[must_use]
    pub fn between(spec: &SourceSpec, seed: u64, from: Time, until: Option<Time>) -> Self {
        Self::with(ArrivalProcess::new(spec, seed, from), spec, seed, until)
    }

    /// A closed loop with this spec: each flow is a connection.
    #[must_use]
    pub fn closed(
        spec: &SourceSpec,
        closed: &ClosedLoop,
        seed: u64,
        from: Time,
        until: Option<Time>,
    ) -> Self {
        let connections = Connections::new(closed, spec.flows.count, &spec.name, seed, from);
        Self::with(ArrivalProcess::Closed(Box::new(connections)), spec, seed, until)
    }

    fn with(arrivals: ArrivalProcess, spec: &SourceSpec, seed: u64, until: Option<Time>) -> Self {
        let last = until.map_or(Time::END, |until| Time(until.0.saturating_sub(1)).min(Time::END));
        let mut source = Self {
            arrivals,
            sizes: SizeChoice::new(&spec.sizes, &spec.name, seed),
            flows: FlowChoice::new(&spec.flows, &spec.name, seed),
            number: 0,
            due: Time::ZERO,
            size: 0,
            last,
            part: None,
        };
        source.look_ahead();
        source
    }

    /// Restricts the offered packets to those due at or after `since`, of the marked flows (none:
    /// of all). The other packets are still drawn and numbered.
    #[must_use]
    pub fn only(mut self, since: Time, flows: Option<Arc<[bool]>>) -> Self {
        self.part = OfferedPart::new(since, flows);
        self
    }

    /// When the next packet is due, whether it is offered or not. After the last packet, the time
    /// is behind the end of the clock.
    #[inline(always)]
    #[must_use]
    pub const fn due(&self) -> Time {
        self.due
    }

    /// Takes the packet that is due. There must be one.
    #[inline]
    pub fn take(&mut self) -> Packet {
        let (time, size, number) = (self.due, self.size, self.number);
        let flow = match &mut self.arrivals {
            ArrivalProcess::Closed(connections) => connections.send(),
            ArrivalProcess::Recorded(capture) => FlowId(capture.packets[number as usize].flow),
            _ => self.flows.next(),
        };
        self.number += 1;
        self.look_ahead();
        Packet { time, number, size, flow }
    }

    /// Whether the source offers a packet that was taken, or only numbers it.
    #[inline]
    #[must_use]
    pub fn offers(&self, packet: &Packet) -> bool {
        self.part.as_ref().is_none_or(|part| part.holds(packet.time, packet.flow.0))
    }

    /// The next packet that is offered, never before the one before, if there is one.
    pub fn emit(&mut self) -> Option<Packet> {
        while self.due <= Time::END {
            let packet = self.take();
            if self.offers(&packet) {
                return Some(packet);
            }
        }
        None
    }

    /// Tells a closed loop which of its packets (end, number) have been delivered by `now` since
    /// the last call. Returns how many more it takes for lost by then. Afterwards its sends up to
    /// `feedback` after `now` are known. Its packets due by `now` must have been taken.
    pub fn learn(&mut self, ends: &mut [(Time, u64)], now: Time) -> u64 {
        let ArrivalProcess::Closed(connections) = &mut self.arrivals else { return 0 };
        connections.learn(ends, now);
        self.due = connections.due().filter(|due| *due <= self.last).unwrap_or(NEVER);
        connections.lost_by(now)
    }

    /// Appends at most `most` packets offered by `limit` to `frames`, with source `id`.
    pub fn fill(&mut self, limit: Time, most: usize, id: u32, frames: &mut FrameQueue) {
        let Some(part) = self.part.clone() else { return self.draw(limit, most, id, frames) };
        let full = frames.len() + most;
        while frames.len() < full && self.due <= limit {
            let before = frames.len();
            self.draw(limit, full - before, id, frames);
            frames.retain(before, |frame| part.holds(frame.time, frame.flow));
        }
    }

    /// Appends at most `most` packets due by `limit` to `frames`.
    fn draw(&mut self, limit: Time, most: usize, id: u32, frames: &mut FrameQueue) {
        let limit = limit.min(self.last);
        let room = frames.room(most);
        let n = match &mut self.arrivals {
            ArrivalProcess::Even(gaps) => times(gaps, &mut self.due, limit, room),
            ArrivalProcess::Steady(gaps) => times(gaps, &mut self.due, limit, room),
            ArrivalProcess::Poisson(gaps) => times(gaps, &mut self.due, limit, room),
            ArrivalProcess::Pattern(_)
            | ArrivalProcess::Recorded(_)
            | ArrivalProcess::Closed(_) => {
                for n in 0..most {
                    if self.due > limit {
                        return frames.add(n);
                    }
                    frames.room(most)[n] = Frame::of(&self.take(), id);
                }
                return frames.add(most);
            }
        };
        for (frame, number) in room[..n].iter_mut().zip(self.number..) {
            (frame.number, frame.source) = (number, id);
        }
        self.sizes.fill(&mut self.size, &mut room[..n]);
        self.flows.fill(&mut room[..n]);
        self.number += n as u64;
        frames.add(n);
        if self.due > self.last {
            self.due = NEVER;
        }
    }

    /// Draws the time and the size of the next packet. The size comes first for a link that sends
    /// frames back to back, because it determines the time.
    fn look_ahead(&mut self) {
        let (due, size) = match &mut self.arrivals {
            ArrivalProcess::Even(even) => (Some(even.step()), self.sizes.next()),
            ArrivalProcess::Steady(steady) => (Some(steady.step()), self.sizes.next()),
            ArrivalProcess::Poisson(poisson) => (Some(poisson.step()), self.sizes.next()),
            ArrivalProcess::Pattern(pattern) => {
                let size = self.sizes.next();
                (pattern.next(size), size)
            }
            ArrivalProcess::Recorded(capture) => match capture.packets.get(self.number as usize) {
                Some(Captured { offset, size, .. }) => (Some(Time(offset.0)), *size),
                None => (None, 0),
            },
            ArrivalProcess::Closed(connections) => (connections.due(), self.sizes.next()),
        };
        self.due = due.filter(|due| *due <= self.last).unwrap_or(NEVER);
        self.size = size;
    }
}

/// Writes the times due by `limit` into the frames; returns how many there are.
#[inline(always)]
fn times<P: Gaps>(its: &mut P, due: &mut Time, limit: Time, frames: &mut [Frame]) -> usize {
    // A local copy, so that its state stays in registers.
    let mut gaps = its.clone();
    let (mut next, mut n) = (*due, 0);
    for frame in frames {
        if next > limit {
            break;
        }
        frame.time = next;
        next = gaps.step();
        n += 1;
    }
    (*its, *due) = (gaps, next);
    n
}

/// Behind the end of the clock.
const NEVER: Time = Time(u64::MAX);
