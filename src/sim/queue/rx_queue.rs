//! A receive queue: its ring, and where it belongs.

use crate::engine::time::Time;
use crate::rx::ring::Ring;

/// A receive queue of a NIC.
#[derive(Debug)]
pub(crate) struct RxQueue {
    pub(crate) ring: Ring,
    /// Its number within its NIC.
    pub(crate) number: u32,
    /// Its core within the host.
    pub(crate) core: usize,
    /// It belongs to a virtual function: a guest serves it.
    pub(crate) of_function: bool,
    /// The core to which it is on the move.
    pub(crate) target: Option<usize>,
    /// The place of that move among all moves.
    pub(crate) decided: u64,
    /// Its port waits for one of its descriptors.
    pub(crate) watched: bool,
    /// Packets lost for want of a descriptor ...
    pub(crate) refused: u64,
    /// ... or of backlog.
    pub(crate) dropped: u64,
}

impl RxQueue {
    /// Its core, or the one to which it is on the move.
    pub(crate) fn place(&self) -> usize {
        self.target.unwrap_or(self.core)
    }
}

/// A queue that has left its core and not reached the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transit {
    /// The instant at whose end it arrives.
    pub(crate) at: Time,
    /// The core that it left.
    pub(crate) core: usize,
    pub(crate) queue: usize,
}
