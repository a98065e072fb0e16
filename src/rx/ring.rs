//! A descriptor ring: packets that the NIC has handed to the host and the host has not finished.
//!
//! Before: [`dma`](super::dma). After: [`moderation`](super::moderation).
//!
//! Head and tail only grow: they are the counters. Memory grows with the packets that are really
//! inside, up to the ring's capacity.

use crate::engine::time::{Moment, Time};

/// A packet in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// From when on the host sees it.
    pub visible: Moment,
    /// Last bit on the wire.
    pub arrival: Time,
    /// Start of its DMA.
    pub dma_start: Time,
    /// Its number within its source.
    pub number: u64,
    /// Bytes of the frame, FCS included.
    pub size: u32,
    /// Its flow within its source.
    pub flow: u32,
    /// Its source.
    pub source: u32,
}

/// Slots to begin with; also the fewest that a full ring grows by.
const FIRST_SLOTS: usize = 64;

/// A ring of `capacity` descriptors.
#[derive(Debug)]
pub struct Ring {
    slots: Box<[Descriptor]>,
    head: u64,
    tail: u64,
    capacity: u64,
    /// Packets that fit before the ring or its memory is full.
    room: u64,
}

impl Ring {
    /// An empty ring.
    ///
    /// # Panics
    /// Without a descriptor, which a checked world excludes.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        assert!(capacity > 0, "a ring has at least one descriptor");
        let slots = (capacity as usize).next_power_of_two().min(FIRST_SLOTS);
        let room = u64::from(capacity).min(slots as u64);
        let slots = vec![Descriptor::default(); slots].into_boxed_slice();
        Self { slots, head: 0, tail: 0, capacity: capacity.into(), room }
    }

    /// Packets inside.
    #[inline(always)]
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.tail - self.head
    }

    /// Whether nothing is inside.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tail == self.head
    }

    /// Whether every descriptor is held.
    #[inline(always)]
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    /// Whether a packet more needs the host to be caught up first: the ring is full, or its memory
    /// is.
    #[inline(always)]
    #[must_use]
    pub const fn needs_room(&self) -> bool {
        self.len() >= self.room
    }

    /// Puts a packet in. The ring must not be full.
    #[inline(always)]
    pub fn push(&mut self, descriptor: Descriptor) {
        debug_assert!(!self.is_full(), "a full ring takes no packet");
        if self.len() >= self.room {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        self.slots[self.tail as usize & mask] = descriptor;
        self.tail += 1;
    }

    /// The oldest packet.
    #[inline(always)]
    #[must_use]
    pub fn first(&self) -> Option<&Descriptor> {
        self.get(0)
    }

    /// The packet `n` places behind the oldest.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, n: u64) -> Option<&Descriptor> {
        let mask = self.slots.len() - 1;
        (n < self.len()).then(|| &self.slots[(self.head + n) as usize & mask])
    }

    /// Frees the oldest packet's descriptor, and tells what it held.
    ///
    /// # Panics
    /// If none is held: a bug of the host.
    #[inline(always)]
    pub fn free_first(&mut self) -> Descriptor {
        assert!(self.head < self.tail, "only a held descriptor can be freed");
        let mask = self.slots.len() - 1;
        let first = self.slots[self.head as usize & mask];
        self.head += 1;
        first
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut slots = vec![Descriptor::default(); self.slots.len() * 2].into_boxed_slice();
        let (old, new) = (self.slots.len() - 1, slots.len() - 1);
        for at in self.head..self.tail {
            slots[at as usize & new] = self.slots[at as usize & old];
        }
        self.room = self.capacity.min(slots.len() as u64);
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_in_order_while_the_memory_grows() {
        let mut ring = Ring::new(1000);
        let packet = |number| Descriptor { number, ..Descriptor::default() };
        for number in 0..10 {
            ring.push(packet(number));
            ring.free_first();
        }
        (0..1000).for_each(|number| ring.push(packet(number)));
        assert!(ring.is_full());
        for number in 0..1000 {
            assert_eq!(ring.first().map(|d| d.number), Some(number));
            ring.free_first();
        }
        assert!(ring.is_empty());
    }
}
