//! A receive queue: its ring and its core.

use crate::engine::time::Time;
use crate::rx::ring::Ring;

/// The queue number of a packet that ended before it had a queue.
pub(crate) const NO_QUEUE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct RxQueue {
    pub(crate) ring: Ring,
    /// Number within its NIC; the rings of virtual functions follow the port's own queues.
    pub(crate) number: u32,
    /// Index within the host.
    pub(crate) core: usize,
    /// The ring belongs to a virtual function, and a vCPU serves it.
    pub(crate) is_vf: bool,
    /// The core to which the queue is moving.
    pub(crate) target: Option<usize>,
    /// Serial number of that move: moves of one instant take effect in the order of their
    /// decisions.
    pub(crate) move_number: u64,
    /// The port holds a frame until this ring has a free descriptor.
    pub(crate) watched: bool,
    /// Packets that found no free descriptor.
    pub(crate) refused: u64,
    /// Packets that found the backlog full.
    pub(crate) dropped: u64,
}

impl RxQueue {
    /// The core that serves the queue once its move, if any, is complete.
    pub(crate) fn place(&self) -> usize {
        self.target.unwrap_or(self.core)
    }
}

/// A queue that has been detached from one core and not yet attached to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueTransfer {
    /// The transfer ends behind all else of this instant.
    pub(crate) at: Time,
    /// The core that the queue left.
    pub(crate) core: usize,
    pub(crate) queue: usize,
}
