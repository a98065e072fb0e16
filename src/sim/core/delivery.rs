//! What a round brings to apps and guests, and what of it is handed over to a core's threads.

use crate::engine::time::PhasedTime;
use crate::sim::accounting::ledger::{Next, RxPacket};

/// What a round brings to apps and guests.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) packets: Vec<(Next, RxPacket)>,
    /// Some of them are for guests.
    pub(crate) has_guests: bool,
    /// Channels whose guests are to be notified.
    pub(crate) notify: Vec<usize>,
}

/// What is handed over to a core's threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handoff {
    pub(crate) key: HandoffKey,
    pub(crate) payload: Payload,
}

/// What is handed over together; fields in the order in which they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HandoffKey {
    pub(crate) time: PhasedTime,
    /// The core that hands over.
    pub(crate) core: usize,
    /// How often rounds of that core had their turn before: what comes behind one of them is another
    /// item, also at the same moment.
    pub(crate) seq: u64,
}

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Payload {
    /// A packet to an app.
    Packet(usize, RxPacket),
    /// A notification to a guest of packets in a channel.
    Notification(ChannelAt),
}

/// Where a channel is on its vCPU's core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelAt {
    /// The vCPU among the core's threads.
    pub(crate) thread: usize,
    /// The channel among the vCPU's.
    pub(crate) channel: usize,
}

impl Delivery {
    /// A packet is processed: `next` is who has it from now on.
    pub(crate) fn add(&mut self, next: Next, done: RxPacket) {
        if next != Next::Ended {
            self.packets.push((next, done));
            self.has_guests |= matches!(next, Next::Guest(_));
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets on their way.
    pub(crate) const fn len(&self) -> usize {
        self.packets.len()
    }
}
