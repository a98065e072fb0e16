//! A receive queue: its ring, and where it belongs.

use crate::rx::ring::Ring;

/// A receive queue of a NIC.
#[derive(Debug)]
pub(super) struct RxQueue {
    pub(super) ring: Ring,
    /// Its number within its NIC.
    pub(super) number: u32,
    /// Its core within the host.
    pub(super) core: usize,
    /// The core to which it is on the move.
    pub(super) target: Option<usize>,
    /// Its port waits for one of its descriptors.
    pub(super) watched: bool,
    /// Packets lost for want of a descriptor ...
    pub(super) refused: u64,
    /// ... or of backlog.
    pub(super) dropped: u64,
}
