//! A descriptor ring: packets that the NIC has handed to the host and the host has not finished.
//!
//! Before: [`dma`](super::dma). After: [`moderation`](super::moderation).
//!
//! Three counters only grow: packets put in, finished, and booked. A finished packet frees its
//! descriptor at once, but stays in memory until it is booked, many at a time; so memory grows with
//! the packets that are really inside. A pool of cores takes packets out unfinished; their
//! descriptors stay held until each of them is released.

use crate::engine::time::{PhasedTime, Time};
use crate::vocab::frame::Frame;

/// A packet in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// The frame; its time is that of its last bit on the wire.
    pub frame: Frame,
    /// Start of its DMA.
    pub dma_start: Time,
    /// From when on the host can see it.
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

/// Slots of a new ring.
const FIRST_SLOTS: usize = 64;

/// A ring of `capacity` descriptors.
#[derive(Debug)]
pub struct Ring {
    slots: Box<[Finished]>,
    booked: u64,
    finished: u64,
    put: u64,
    /// Descriptors of packets that were taken out unfinished.
    unfinished: u64,
    capacity: u64,
    /// How far `put` may grow before the ring must be synced: the host books finished packets, and
    /// the memory may have to grow.
    sync_at: u64,
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
        let sync_at = u64::from(capacity).min(FIRST_SLOTS as u64);
        let capacity = capacity.into();
        Self { slots, booked: 0, finished: 0, put: 0, unfinished: 0, capacity, sync_at }
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
        self.len() + self.unfinished
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

    /// Whether the host must be caught up, and call [`Ring::synced`], before it puts one packet
    /// more in.
    #[inline(always)]
    #[must_use]
    pub const fn needs_sync(&self) -> bool {
        self.put >= self.sync_at
    }

    /// The host has been caught up: the ring takes packets as far as descriptors and memory go. All
    /// finished packets must have been booked.
    pub fn synced(&mut self) {
        debug_assert_eq!(self.booked, self.finished, "what is finished is booked first");
        let slots = self.slots.len() as u64;
        if 2 * self.len() > slots && slots < self.capacity {
            self.grow();
        }
        let free = self.capacity - self.unfinished;
        self.sync_at = self.finished + free.min(self.slots.len() as u64);
    }

    /// Puts a packet in. The ring must not need a sync.
    #[inline(always)]
    pub fn push(&mut self, packet: Descriptor) {
        debug_assert!(!self.needs_sync(), "a closed ring takes no packet");
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

    /// The oldest packets inside, at most `most`, up to the end of the memory.
    #[inline(always)]
    #[must_use]
    pub fn front_mut(&mut self, most: usize) -> &mut [Finished] {
        let from = self.finished as usize & (self.slots.len() - 1);
        let to = self.slots.len().min(from + most.min(self.len() as usize));
        &mut self.slots[from..to]
    }

    /// Finishes the `n` oldest packets, whose `work` has been recorded. Their descriptors are free;
    /// the packets stay until they are booked.
    #[inline(always)]
    pub fn finish(&mut self, n: usize) {
        self.finished += n as u64;
        debug_assert!(self.finished <= self.put, "only packets inside can be finished");
    }

    /// Takes the oldest packet out and frees its descriptor; the caller books it. All finished
    /// packets must have been booked.
    ///
    /// # Panics
    ///
    /// If there is none, which is a bug of the host.
    pub fn take_first(&mut self) -> Descriptor {
        let first = *self.first().expect("only a packet inside can be taken");
        debug_assert_eq!(self.booked, self.finished, "what is finished is booked first");
        self.finished += 1;
        self.booked += 1;
        first
    }

    /// Takes the oldest packet out unfinished: its descriptor stays held until [`Ring::release`].
    pub fn take_unfinished(&mut self) -> Descriptor {
        self.unfinished += 1;
        self.take_first()
    }

    /// Frees the descriptor of a packet that was taken out unfinished.
    pub fn release(&mut self) {
        debug_assert!(self.unfinished > 0, "only what was taken out comes back");
        self.unfinished -= 1;
    }

    /// Whether packets are finished and not booked yet.
    #[inline(always)]
    #[must_use]
    pub const fn has_unbooked(&self) -> bool {
        self.booked < self.finished
    }

    /// Books the packets finished since the last call, in order and in two parts.
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
                if ring.needs_sync() {
                    booked.extend(numbers(ring.book()));
                    ring.synced();
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
        assert!(ring.is_full() && ring.needs_sync());
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
        assert_eq!(ring.take_unfinished().frame.number, 0);
        ring.synced();
        assert!(ring.is_full() && ring.needs_sync());
        assert_eq!(ring.take_unfinished().frame.number, 1);
        ring.release();
        ring.synced();
        assert!(ring.is_empty() && !ring.needs_sync() && ring.held() == 1);
        ring.push(numbered(2));
        assert!(ring.is_full() && ring.needs_sync());
    }
}
