//! What a round brings to apps and guests, and what of it is handed over to a core's threads.

use super::ledger::{Next, Processed};
use crate::engine::time::Moment;

/// What a round brings to apps and guests.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    pub(super) packets: Vec<(Next, Processed)>,
    /// Some of them are for guests.
    pub(super) has_guests: bool,
    /// Channels whose guests are to be notified.
    pub(super) notify: Vec<usize>,
}

/// What is handed over to a core's threads.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandOff {
    pub(super) item: Item,
    pub(super) what: What,
}

/// What is handed over together; fields in the order in which they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) moment: Moment,
    /// The core that hands over.
    pub(super) core: usize,
    /// How often rounds of that core had their turn before: what comes behind one of them is another
    /// item, also at the same moment.
    pub(super) turns: u64,
}

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A packet to an app.
    Packet(usize, Processed),
    /// A notification to a guest of packets in a channel.
    Notification(ChannelAt),
}

/// Where a channel is on its vCPU's core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChannelAt {
    /// The vCPU among the core's threads.
    pub(super) thread: usize,
    /// The channel among the vCPU's.
    pub(super) channel: usize,
}

impl Delivery {
    /// A packet is processed: `next` is who has it from now on.
    pub(super) fn add(&mut self, next: Next, done: Processed) {
        if next != Next::Ended {
            self.packets.push((next, done));
            self.has_guests |= matches!(next, Next::Guest(_));
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets on their way.
    pub(super) const fn len(&self) -> usize {
        self.packets.len()
    }
}
