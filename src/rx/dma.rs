//! DMA over PCIe: bandwidth shared by the port, then latency.
//!
//! Before: [`steering`](super::steering). After: [`ring`](super::ring).

use crate::engine::time::Span;

/// A port's share of PCIe, resolved to plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DmaSpec {
    /// Effective bits per second upstream; none: unlimited.
    pub bits: Option<u64>,
    /// Largest payload of one TLP in bytes.
    pub max_payload: u32,
    /// From the end of the transfer until the host can see the packet.
    pub latency: Span,
}
