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
mod pace;
mod shape;
mod spec;

pub use spec::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec, byte_times, link_time};

use crate::engine::chance::Stream;
use crate::engine::time::Time;
use crate::vocab::id::FlowId;
use crate::vocab::packet::Packet;
use capture::{Capture, Captured};
use choice::{FlowChoice, SizeChoice};
use pace::{Poisson, Steady};
use shape::{Burst, Line, OnOff, Shape};
use std::sync::Arc;

/// A running source: gives its packets one after the other.
#[derive(Clone, Debug)]
pub struct Source {
    when: When,
    sizes: SizeChoice,
    flows: FlowChoice,
    number: u64,
}

/// Where the next time comes from; what is asked most often comes first.
#[derive(Clone, Debug)]
enum When {
    Steady(Steady<u64>),
    Poisson(Poisson),
    Shaped(Box<Shape>),
    Recorded(Arc<Capture>),
}

impl When {
    fn new(arrivals: &Arrivals, name: &str, seed: u64) -> Self {
        let words = |purpose| Stream::new(seed, name, purpose);
        let shape = match arrivals {
            Arrivals::Constant(gap) => {
                let start = Time(words("phase").below(whole_ps(*gap)));
                if let Some(steady) = Steady::new(start, *gap) {
                    return Self::Steady(steady);
                }
                Shape::Fine(Steady::new(start, *gap).expect("a u128 holds every fraction"))
            }
            Arrivals::Poisson(gap) => return Self::Poisson(Poisson::new(*gap, words("gaps"))),
            Arrivals::Line { link } => Shape::Line(Line::new(*link)),
            Arrivals::OnOff { gap, on, off } => {
                Shape::OnOff(OnOff::new(*gap, on, off, words("on-off")))
            }
            Arrivals::Burst { packets, every, link } => {
                Shape::Burst(Burst::new(*packets, every, *link, words("gaps")))
            }
            Arrivals::Capture(capture) => return Self::Recorded(Arc::clone(capture)),
        };
        Self::Shaped(Box::new(shape))
    }
}

/// How many whole picoseconds lie in [0, gap).
fn whole_ps(gap: Gap) -> u64 {
    u64::try_from(gap.ps.div_ceil(gap.packets)).unwrap_or(u64::MAX)
}

impl Source {
    /// The source at the start of the run.
    #[must_use]
    pub fn new(spec: &SourceSpec, seed: u64) -> Self {
        Self {
            when: When::new(&spec.arrivals, &spec.name, seed),
            sizes: SizeChoice::new(&spec.sizes, &spec.name, seed),
            flows: FlowChoice::new(&spec.flows, &spec.name, seed),
            number: 0,
        }
    }

    /// The next packet, never before the one before; none once a capture has been played or the
    /// clock would run out.
    #[inline]
    pub fn emit(&mut self) -> Option<Packet> {
        let (time, size) = match &mut self.when {
            When::Steady(steady) => (steady.next()?, self.sizes.next()),
            When::Poisson(poisson) => (poisson.next()?, self.sizes.next()),
            When::Shaped(shape) => {
                let size = self.sizes.next();
                (shape.next(size)?, size)
            }
            When::Recorded(capture) => {
                let Captured { offset, size, flow } = *capture.packets.get(self.number as usize)?;
                return Some(self.numbered(Time(offset.0), size, FlowId(flow)));
            }
        };
        let flow = self.flows.next();
        Some(self.numbered(time, size, flow))
    }

    #[inline]
    fn numbered(&mut self, time: Time, size: u32, flow: FlowId) -> Packet {
        let number = self.number;
        self.number += 1;
        Packet { time, number, size, flow }
    }
}
