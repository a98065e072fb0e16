//! A receive queue: its ring, and where it belongs.

use crate::engine::time::Time;
use crate::rx::ring::Ring;

/// A receive queue of a NIC.
#[derive(Debug)]
pub(super) struct RxQueue {
    pub(super) ring: Ring,
    /// Its number within its NIC.
    pub(super) number: u32,
    /// Its core within the host.
    pub(super) core: usize,
    /// It belongs to a virtual function: a guest serves it.
    pub(super) of_function: bool,
    /// The core to which it is on the move.
    pub(super) target: Option<usize>,
    /// The place of that move among all moves.
    pub(super) decided: u64,
    /// Its port waits for one of its descriptors.
    pub(super) watched: bool,
    /// Packets lost for want of a descriptor ...
    pub(super) refused: u64,
    /// ... or of backlog.
    pub(super) dropped: u64,
}

impl RxQueue {
    /// Its core, or the one to which it is on the move.
    pub(super) fn place(&self) -> usize {
        self.target.unwrap_or(self.core)
    }
}

/// A queue that has left its core and not reached the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transit {
    /// The instant at whose end it arrives.
    pub(super) at: Time,
    /// The core that it left.
    pub(super) core: usize,
    pub(super) queue: usize,
}
