//! What a round delivers to apps and guests, and the handoff of it to the threads of a core.

use crate::engine::time::PhasedTime;
use crate::sim::accounting::ledger::{NextHop, RxPacket};

/// Packets that a round has finished, for their next hop, until the round hands them off.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) packets: Vec<(NextHop, RxPacket)>,
    /// Some packets are for guests.
    pub(super) has_guests: bool,
    /// Channels whose guests have to be notified.
    pub(crate) notify: Vec<usize>,
}

/// A packet or a notification that is handed off to a core's threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handoff {
    pub(crate) key: HandoffKey,
    pub(crate) payload: Payload,
}

/// The turn of a core to send packets to other cores. Turns are ordered by time, then by core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) time: PhasedTime,
    /// The sending core.
    pub(crate) core: usize,
}

/// The order of handoffs. What has the same key is handed off together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HandoffKey {
    pub(crate) turn: Turn,
    /// Earlier handoffs of that core's rounds: it keeps the handoffs of one instant apart.
    pub(super) seq: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Payload {
    /// A packet for the app of this number.
    Packet(usize, RxPacket),
    /// A notification to a guest: a channel has packets.
    Notification(ChannelAt),
}

/// The place of a channel on the core of its vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelAt {
    /// Index of the vCPU among the core's threads.
    pub(crate) thread: usize,
    /// Index of the channel among those of the vCPU.
    pub(crate) channel: usize,
}

impl Delivery {
    /// Adds a finished packet for its next hop.
    pub(crate) fn add(&mut self, next: NextHop, done: RxPacket) {
        if next != NextHop::Ended {
            self.packets.push((next, done));
            self.has_guests |= matches!(next, NextHop::Guest(_));
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets that wait for the handoff.
    pub(crate) const fn len(&self) -> usize {
        self.packets.len()
    }
}
