//! A descriptor ring: packets that the NIC has handed to the host and the host has not finished.
//!
//! Before: [`dma`](super::dma). After: [`moderation`](super::moderation).
//!
//! Three counters only grow: packets put in, packets finished, packets booked. A finished packet
//! frees its descriptor at once, but stays in memory until it is booked, many at a time. Memory
//! grows with the packets that are really inside. Whoever takes packets out to finish them in
//! another order holds their descriptors meanwhile, and gives them back one by one.

use crate::engine::time::{PhasedTime, Time};
use crate::vocab::frame::Frame;

/// A packet in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The frame; its time is that of its last bit on the wire.
    pub frame: Frame,
    /// Start of its DMA.
    pub dma_start: Time,
    /// From when on the host sees it.
    pub visible: PhasedTime,
}

/// When a packet was processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processing {
    /// When its own processing started.
    pub start: Time,
    /// When it ended.
    pub end: Time,
    /// When the interrupt that led to it was taken.
    pub interrupt: Time,
}

/// A packet, and when it was processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The packet.
    pub packet: Descriptor,
    /// Its processing.
    pub work: Processing,
}

/// Slots to begin with.
const FIRST_SLOTS: usize = 64;

/// A ring of `capacity` descriptors.
#[derive(Debug)]
pub struct Ring {
    slots: Box<[Finished]>,
    booked: u64,
    finished: u64,
    put: u64,
    /// Descriptors of packets that were taken out and are not finished.
    lent: u64,
    capacity: u64,
    /// How far `put` may grow before somebody must look: at the packets that have been finished
    /// meanwhile, or at the memory.
    open_until: u64,
}

impl Ring {
    /// An empty ring.
    ///
    /// # Panics
    /// Without a descriptor, which a checked world excludes.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        assert!(capacity > 0, "a ring has at least one descriptor");
        let slots = vec![Finished::default(); FIRST_SLOTS].into_boxed_slice();
        let open_until = u64::from(capacity).min(FIRST_SLOTS as u64);
        let capacity = capacity.into();
        Self { slots, booked: 0, finished: 0, put: 0, lent: 0, capacity, open_until }
    }

    /// Packets inside.
    #[inline(always)]
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.put - self.finished
    }

    /// Descriptors held: by the packets inside, and by those that were taken out unfinished.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.len() + self.lent
    }

    /// Whether nothing is inside.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.put == self.finished
    }

    /// Whether every descriptor is held.
    #[inline(always)]
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.held() >= self.capacity
    }

    /// Packets put in so far.
    #[must_use]
    pub const fn put_in_all(&self) -> u64 {
        self.put
    }

    /// Whether one packet more needs the host to be caught up, and [`Ring::open`], first.
    #[inline(always)]
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.put >= self.open_until
    }

    /// Opens the ring for packets as far as descriptors and memory go. All that is finished must
    /// have been booked.
    pub fn open(&mut self) {
        debug_assert_eq!(self.booked, self.finished, "what is finished is booked first");
        let slots = self.slots.len() as u64;
        if 2 * self.len() > slots && slots < self.capacity {
            self.grow();
        }
        let free = self.capacity - self.lent;
        self.open_until = self.finished + free.min(self.slots.len() as u64);
    }

    /// Puts a packet in. The ring must not be closed.
    #[inline(always)]
    pub fn push(&mut self, packet: Descriptor) {
        debug_assert!(!self.is_closed(), "a closed ring takes no packet");
        let mask = self.slots.len() - 1;
        self.slots[self.put as usize & mask].packet = packet;
        self.put += 1;
    }

    /// The oldest packet.
    #[inline(always)]
    #[must_use]
    pub fn first(&self) -> Option<&Descriptor> {
        self.get(0)
    }

    /// The packet `n` places behind the oldest.
    #[inline(always)]
    fn get(&self, n: u64) -> Option<&Descriptor> {
        let mask = self.slots.len() - 1;
        (n < self.len()).then(|| &self.slots[(self.finished + n) as usize & mask].packet)
    }

    /// When `n` packets are visible, `n` above 0.
    #[inline(always)]
    #[must_use]
    pub fn visible(&self, n: u32) -> PhasedTime {
        self.get(u64::from(n) - 1).map_or(PhasedTime::NEVER, |packet| packet.visible)
    }

    /// The oldest packets inside, at most so many, as far as they lie in one piece: up to the
    /// memory's edge.
    #[inline(always)]
    #[must_use]
    pub fn front_mut(&mut self, most: usize) -> &mut [Finished] {
        let from = self.finished as usize & (self.slots.len() - 1);
        let to = self.slots.len().min(from + most.min(self.len() as usize));
        &mut self.slots[from..to]
    }

    /// The `n` oldest packets are finished, and their `work` is noted: their descriptors are free;
    /// they stay to be booked.
    #[inline(always)]
    pub fn finish(&mut self, n: usize) {
        self.finished += n as u64;
        debug_assert!(self.finished <= self.put, "only packets inside can be finished");
    }

    /// Takes the oldest packet out, its descriptor free; whoever takes it books it. All that was
    /// finished before must have been booked.
    ///
    /// # Panics
    /// If there is none: a bug of the host.
    pub fn take_first(&mut self) -> Descriptor {
        let first = *self.first().expect("only a packet inside can be taken");
        debug_assert_eq!(self.booked, self.finished, "what is finished is booked first");
        self.finished += 1;
        self.booked += 1;
        first
    }

    /// Takes the oldest packet out, unfinished: its descriptor is held until it is given back.
    pub fn lend_first(&mut self) -> Descriptor {
        self.lent += 1;
        self.take_first()
    }

    /// A packet that was taken out unfinished is finished: its descriptor is free.
    pub fn give_back(&mut self) {
        debug_assert!(self.lent > 0, "only what was taken out comes back");
        self.lent -= 1;
    }

    /// Whether packets are finished and not booked yet.
    #[inline(always)]
    #[must_use]
    pub const fn has_unbooked(&self) -> bool {
        self.booked < self.finished
    }

    /// The packets finished and not booked yet, in order, in two parts; they count as booked.
    pub fn book(&mut self) -> [&[Finished]; 2] {
        let mask = self.slots.len() - 1;
        let (from, n) = (self.booked as usize & mask, (self.finished - self.booked) as usize);
        self.booked = self.finished;
        let first = n.min(self.slots.len() - from);
        [&self.slots[from..from + first], &self.slots[..n - first]]
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut slots = vec![Finished::default(); self.slots.len() * 2].into_boxed_slice();
        let (old, new) = (self.slots.len() - 1, slots.len() - 1);
        for at in self.finished..self.put {
            slots[at as usize & new] = self.slots[at as usize & old];
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(number: u64) -> Descriptor {
        Descriptor { frame: Frame { number, ..Frame::default() }, ..Descriptor::default() }
    }

    fn numbers(parts: [&[Finished]; 2]) -> Vec<u64> {
        parts.into_iter().flatten().map(|one| one.packet.frame.number).collect()
    }

    #[test]
    fn packets_leave_in_order_while_the_memory_grows() {
        let mut ring = Ring::new(1000);
        let mut put = 0;
        let mut booked = Vec::new();
        let mut fill = |ring: &mut Ring, n: u64| {
            for _ in 0..n {
                if ring.is_closed() {
                    booked.extend(numbers(ring.book()));
                    ring.open();
                }
                ring.push(numbered(put));
                put += 1;
            }
        };
        for _ in 0..50 {
            fill(&mut ring, 3);
            ring.finish(3);
        }
        fill(&mut ring, 1000);
        assert!(ring.is_full() && ring.is_closed());
        ring.finish(1000);
        booked.extend(numbers(ring.book()));
        assert_eq!(booked, (0..1150).collect::<Vec<_>>());
        assert!(ring.is_empty());
    }

    #[test]
    fn a_packet_taken_out_is_not_booked_again() {
        let mut ring = Ring::new(2);
        for number in 0..2 {
            ring.push(numbered(number));
        }
        assert_eq!(ring.take_first().frame.number, 0);
        ring.finish(1);
        assert_eq!(numbers(ring.book()), [1]);
    }

    #[test]
    fn a_packet_taken_out_unfinished_keeps_its_descriptor() {
        let mut ring = Ring::new(2);
        for number in 0..2 {
            ring.push(numbered(number));
        }
        assert_eq!(ring.lend_first().frame.number, 0);
        ring.open();
        assert!(ring.is_full() && ring.is_closed());
        assert_eq!(ring.lend_first().frame.number, 1);
        ring.give_back();
        ring.open();
        assert!(ring.is_empty() && !ring.is_closed() && ring.held() == 1);
        ring.push(numbered(2));
        assert!(ring.is_full() && ring.is_closed());
    }
}
