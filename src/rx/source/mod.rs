//! Traffic: when packets are offered to the wire, how large they are, to which flow they belong.
//!
//! Before: nothing. After: [`wire`](super::wire).
//!
//! Each instance of a traffic group is one source with its own random streams, named after the
//! instance; the populations of flows of one source are one aggregated stream. What a source is
//! asked for most often, the next packet at a constant or Poisson rate, is inlined into the caller
//! and neither allocates nor divides; one flow and one size draw nothing.

pub mod capture;
pub mod keys;
mod choice;
mod closed_loop;
mod pace;
mod part;
mod shape;
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
use pace::{Even, Pace, Poisson, Steady};
use part::Part;
use shape::{Burst, Line, OnOff, Shape};
use std::sync::Arc;

/// A running source: gives its packets one after the other, or many at a time.
#[derive(Clone, Debug)]
pub struct Source {
    when: When,
    sizes: SizeChoice,
    flows: FlowChoice,
    number: u64,
    /// When the next packet comes, and its size.
    due: Time,
    size: u32,
    /// The last instant at which one may come.
    last: Time,
    /// Its packets that are offered; none: all.
    part: Option<Part>,
}

/// Where the next time comes from; what is asked most often comes first.
#[derive(Clone, Debug)]
enum When {
    Even(Even),
    Steady(Steady<u64>),
    Poisson(Poisson),
    Shaped(Box<Shape>),
    Recorded(Arc<Capture>),
    Closed(Box<Connections>),
}

impl When {
    /// The times of a source whose own clock starts at `from`.
    fn new(spec: &SourceSpec, seed: u64, from: Time) -> Self {
        let words = |purpose| Stream::new(seed, &spec.name, purpose);
        let shape = match &spec.arrivals {
            Arrivals::Constant(gap) => {
                let phase = words("phase").below(whole_ps(*gap));
                let start = Time(from.0.saturating_add(phase));
                if let Some(steady) = Steady::new(start, *gap) {
                    return Self::of(steady);
                }
                Shape::Fine(Steady::new(start, *gap).expect("a u128 holds every fraction"))
            }
            Arrivals::Poisson(gap) => {
                return Self::Poisson(Poisson::new(from, *gap, words("gaps")));
            }
            Arrivals::Line { link } => {
                if let Some(steady) = back_to_back(&spec.sizes, *link, from) {
                    return Self::of(steady);
                }
                Shape::Line(Line::new(*link, from))
            }
            Arrivals::OnOff { gap, on, off } => {
                Shape::OnOff(OnOff::new(from, *gap, on, off, words("on-off")))
            }
            Arrivals::Burst { packets, every, link } => {
                Shape::Burst(Burst::new(from, *packets, every, *link, words("gaps")))
            }
            Arrivals::Capture(capture) => return Self::Recorded(Arc::clone(capture)),
        };
        Self::Shaped(Box::new(shape))
    }

    fn of(steady: Steady<u64>) -> Self {
        steady.even().map_or(Self::Steady(steady), Self::Even)
    }
}

/// Frames of one size back to back keep a constant pace: the time of one on the link.
fn back_to_back(sizes: &Sizes, link: u64, from: Time) -> Option<Steady<u64>> {
    let Sizes::Fixed(size) = sizes else { return None };
    let gap = Gap { ps: link_time(*size, link).0.into(), packets: 1 };
    Steady::new(from, gap)
}

/// How many whole picoseconds lie in [0, gap).
fn whole_ps(gap: Gap) -> u64 {
    u64::try_from(gap.ps.div_ceil(gap.packets)).unwrap_or(u64::MAX)
}

impl Source {
    /// A source that sends from the start of the run on, and never stops.
    #[must_use]
    pub fn new(spec: &SourceSpec, seed: u64) -> Self {
        Self::between(spec, seed, Time::ZERO, None)
    }

    /// A source whose own clock starts at `from`, and that sends nothing at `until` or later. A
    /// recording is played from the start of the run.
    #[must_use]
    pub fn between(spec: &SourceSpec, seed: u64, from: Time, until: Option<Time>) -> Self {
        Self::with(When::new(spec, seed, from), spec, seed, until)
    }

    /// The same, as a closed loop: each flow is a connection.
    #[must_use]
    pub fn closed(
        spec: &SourceSpec,
        closed: &ClosedLoop,
        seed: u64,
        from: Time,
        until: Option<Time>,
    ) -> Self {
        let connections = Connections::new(closed, spec.flows.count, &spec.name, seed, from);
        Self::with(When::Closed(Box::new(connections)), spec, seed, until)
    }

    fn with(when: When, spec: &SourceSpec, seed: u64, until: Option<Time>) -> Self {
        let last = until.map_or(Time::END, |until| Time(until.0.saturating_sub(1)).min(Time::END));
        let mut source = Self {
            when,
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

    /// The part of it that is due at `since` or later, and of the flows that are marked (none: of
    /// all); the other packets are drawn and numbered all the same.
    #[must_use]
    pub fn only(mut self, since: Time, flows: Option<Arc<[bool]>>) -> Self {
        self.part = Part::new(since, flows);
        self
    }

    /// When the next packet comes, which may not be one that is offered; behind the end of the clock once it has stopped, a capture has
    /// been played or the clock would run out.
    #[inline(always)]
    #[must_use]
    pub const fn due(&self) -> Time {
        self.due
    }

    /// The packet that is due. There must be one.
    #[inline]
    pub fn take(&mut self) -> Packet {
        let (time, size, number) = (self.due, self.size, self.number);
        let flow = match &mut self.when {
            When::Closed(connections) => connections.send(),
            When::Recorded(capture) => FlowId(capture.packets[number as usize].flow),
            _ => self.flows.next(),
        };
        self.number += 1;
        self.look_ahead();
        Packet { time, number, size, flow }
    }

    /// Whether a packet that was taken is offered.
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

    /// Tells a closed loop which of its packets (end, number) have been delivered up to `now` since
    /// the last time; returns how many more are known to be lost by then. What it sends up to
    /// `feedback` later is then known. Its packets due by `now` must have been taken.
    pub fn know(&mut self, ends: &mut [(Time, u64)], now: Time) -> u64 {
        let When::Closed(connections) = &mut self.when else { return 0 };
        connections.know(ends, now);
        self.due = connections.due().filter(|due| *due <= self.last).unwrap_or(NEVER);
        connections.lost_by(now)
    }

    /// Adds the packets offered by `limit`, at most so many, to `frames`, as those of source `id`.
    pub fn fill(&mut self, limit: Time, most: usize, id: u32, frames: &mut FrameQueue) {
        let Some(part) = self.part.clone() else { return self.draw(limit, most, id, frames) };
        let full = frames.len() + most;
        while frames.len() < full && self.due <= limit {
            let before = frames.len();
            self.draw(limit, full - before, id, frames);
            frames.retain(before, |frame| part.holds(frame.time, frame.flow));
        }
    }

    /// Adds the packets due by `limit`, at most so many, to `frames`.
    fn draw(&mut self, limit: Time, most: usize, id: u32, frames: &mut FrameQueue) {
        let limit = limit.min(self.last);
        let room = frames.room(most);
        let n = match &mut self.when {
            When::Even(pace) => times(pace, &mut self.due, limit, room),
            When::Steady(pace) => times(pace, &mut self.due, limit, room),
            When::Poisson(pace) => times(pace, &mut self.due, limit, room),
            When::Shaped(_) | When::Recorded(_) | When::Closed(_) => {
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

    /// Works out when the next packet comes and how large it is: a link that sends frames back to
    /// back needs the size to tell the time.
    fn look_ahead(&mut self) {
        let (due, size) = match &mut self.when {
            When::Even(even) => (Some(even.step()), self.sizes.next()),
            When::Steady(steady) => (Some(steady.step()), self.sizes.next()),
            When::Poisson(poisson) => (Some(poisson.step()), self.sizes.next()),
            When::Shaped(shape) => {
                let size = self.sizes.next();
                (shape.next(size), size)
            }
            When::Recorded(capture) => match capture.packets.get(self.number as usize) {
                Some(Captured { offset, size, .. }) => (Some(Time(offset.0)), *size),
                None => (None, 0),
            },
            When::Closed(connections) => (connections.due(), self.sizes.next()),
        };
        self.due = due.filter(|due| *due <= self.last).unwrap_or(NEVER);
        self.size = size;
    }
}

/// Notes the times due by `limit`; returns how many they are.
#[inline(always)]
fn times<P: Pace>(its: &mut P, due: &mut Time, limit: Time, frames: &mut [Frame]) -> usize {
    // A copy of its own, so that its state stays in registers.
    let mut pace = its.clone();
    let (mut next, mut n) = (*due, 0);
    for frame in frames {
        if next > limit {
            break;
        }
        frame.time = next;
        next = pace.step();
        n += 1;
    }
    (*its, *due) = (pace, next);
    n
}

/// Behind the end of the clock.
const NEVER: Time = Time(u64::MAX);
