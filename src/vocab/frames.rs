//! Frames on their way from the source to the ring's door, in order.
//!
//! One column per property: each station goes over the column that it cares about in a loop of its
//! own, with its state in registers.

use super::packet::Packet;
use crate::engine::time::Time;

/// A frame on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it was offered; behind the link, when its last bit has arrived.
    pub time: Time,
    /// Its number within its source.
    pub number: u64,
    /// Bytes, FCS included.
    pub size: u32,
    /// Its flow within its source.
    pub flow: u32,
    /// Its source's number in the world.
    pub source: u32,
}

impl Frame {
    /// A packet as its source `id` offers it.
    #[inline]
    #[must_use]
    pub const fn of(packet: &Packet, source: u32) -> Self {
        let Packet { time, number, size, flow } = *packet;
        Self { time, number, size, flow: flow.0, source }
    }
}

/// Frames in order, as columns of one length.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    /// [`Frame::time`].
    pub times: Vec<Time>,
    /// [`Frame::number`].
    pub numbers: Vec<u64>,
    /// [`Frame::size`].
    pub sizes: Vec<u32>,
    /// [`Frame::flow`].
    pub flows: Vec<u32>,
    /// [`Frame::source`].
    pub sources: Vec<u32>,
}

impl Frames {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The frame at this place.
    #[inline]
    #[must_use]
    pub fn get(&self, at: usize) -> Frame {
        Frame {
            time: self.times[at],
            number: self.numbers[at],
            size: self.sizes[at],
            flow: self.flows[at],
            source: self.sources[at],
        }
    }

    /// Adds a frame at the end.
    #[inline]
    pub fn push(&mut self, frame: Frame) {
        self.times.push(frame.time);
        self.numbers.push(frame.number);
        self.sizes.push(frame.size);
        self.flows.push(frame.flow);
        self.sources.push(frame.source);
    }

    /// Takes out the frame at this place.
    pub fn remove(&mut self, at: usize) -> Frame {
        Frame {
            time: self.times.remove(at),
            number: self.numbers.remove(at),
            size: self.sizes.remove(at),
            flow: self.flows.remove(at),
            source: self.sources.remove(at),
        }
    }

    /// Forgets the first `n` frames.
    pub fn forget(&mut self, n: usize) {
        self.times.drain(..n);
        self.numbers.drain(..n);
        self.sizes.drain(..n);
        self.flows.drain(..n);
        self.sources.drain(..n);
    }
}
