//! What a source does, in plain numbers.

use super::capture::Capture;
use super::keys::{Keys, flow_key};
use crate::engine::chance::Stream;
use crate::engine::sample::Draw;
use crate::engine::time::Span;
use crate::vocab::flow_key::FlowKey;
use crate::vocab::span_table::byte_time;
use std::sync::Arc;

/// What a source does, checked and in plain numbers.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SourceSpec {
    /// The instance's full name (`traffic.bulk`, `traffic.bulk[3]`); names its random streams.
    pub name: String,
    /// When packets come.
    pub arrivals: Arrivals,
    /// How large they are; a capture has its own.
    pub sizes: Sizes,
    /// Its flows; a capture has its own.
    pub flows: Flows,
}

impl SourceSpec {
    /// The keys of all its flows, in order; those of a capture are the recorded ones.
    pub fn flow_keys(&self, seed: u64) -> impl Iterator<Item = FlowKey> {
        let (recorded, made) = match &self.arrivals {
            Arrivals::Capture(capture) => (capture.flows.as_slice(), 0),
            _ => (&[][..], self.flows.count),
        };
        let mut stream = Stream::new(seed, &self.name, "keys");
        let keys = self.flows.keys.clone();
        let made = (0..made).map(move |flow| flow_key(&keys, flow, &mut stream));
        recorded.iter().copied().chain(made)
    }
}

/// The mean gap between packets as an exact fraction of picoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Picoseconds ...
    pub ps: u128,
    /// ... per this many packets. Above 0.
    pub packets: u128,
}

/// When packets come; t = 0 is where the source's own clock starts.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Arrivals {
    /// Packet n at phase + floor(n x gap), no drift; the phase is drawn once in [0, gap).
    Constant(Gap),
    /// Back to back from t = 0: each as soon as the link has sent the one before.
    Line {
        /// Bits per second of the link.
        link: u64,
    },
    /// Exponential gaps.
    Poisson(Gap),
    /// Alternating on and off spans, starting on at t = 0; constant gaps while on, the first
    /// packet of an on span at its start.
    OnOff {
        /// The gap while on.
        gap: Gap,
        /// Length of an on span.
        on: Draw,
        /// Length of an off span.
        off: Draw,
    },
    /// Bursts of packets, back to back at the link's rate; the first at t = 0.
    Burst {
        /// Packets of a burst.
        packets: u64,
        /// From the start of one burst to the start of the next; never less than the burst lasts
        /// on the link (a burst due earlier starts when the link is free).
        every: Draw,
        /// Bits per second of the link; none: all at one instant.
        link: Option<u64>,
    },
    /// A recording, played once; the first packet at t = 0.
    Capture(Arc<Capture>),
}

impl Arrivals {
    /// Exponential gaps with this mean.
    #[must_use]
    pub const fn poisson(mean: Span) -> Self {
        Self::Poisson(Gap { ps: mean.0 as u128, packets: 1 })
    }

    /// A packet every `gap`.
    #[must_use]
    pub const fn constant(gap: Span) -> Self {
        Self::Constant(Gap { ps: gap.0 as u128, packets: 1 })
    }
}

/// Frame sizes in bytes, FCS included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Sizes {
    /// All the same.
    Fixed(u32),
    /// (size, weight), drawn independently for each packet.
    Mix(Vec<(u32, u64)>),
}

impl Sizes {
    /// The mean size as an exact fraction: (weighted bytes, weights).
    #[must_use]
    pub fn mean(&self) -> (u128, u128) {
        match self {
            Self::Fixed(size) => (u128::from(*size), 1),
            Self::Mix(sizes) => sizes.iter().fold((0, 0), |(bytes, weights), (size, weight)| {
                (bytes + u128::from(*size) * u128::from(*weight), weights + u128::from(*weight))
            }),
        }
    }
}

/// The flows of a source.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Flows {
    /// How many, 1 to 16 M.
    pub count: u32,
    /// Their addresses and ports.
    pub keys: Keys,
    /// How packets choose among them.
    pub popularity: Popularity,
}

/// How packets choose among flows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Popularity {
    /// Each equally likely.
    Uniform,
    /// Flow k (from 1) with probability proportional to `k^-exponent`.
    Zipf(f64),
}

/// How long a frame of `size` bytes holds a link of `bits` per second: (size + 20) x 8 bit times,
/// 8 bytes of preamble and 12 of gap, rounded to the nearest picosecond.
#[must_use]
pub fn link_time(size: u32, bits: u64) -> Span {
    byte_time(u64::from(size) + 20, bits)
}
