//! Recorded traffic: pcap and pcapng files, plain or gzip.

use crate::engine::time::Span;
use crate::vocab::flow_key::FlowKey;

/// A recording, ready to be played: times and sizes as the simulation uses them.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// The packets in order.
    pub packets: Vec<Captured>,
    /// The directed flows by first appearance; `Captured::flow` points here.
    pub flows: Vec<FlowKey>,
    /// Captured bytes of all packets, as the file holds them.
    pub captured_bytes: u64,
    /// Directed 5-tuples among them (frames without an IP header have none).
    pub tuples: u64,
    /// Packets whose recorded time lay before that of their predecessor.
    pub backwards: u64,
    /// Gaps that `max_gap` shortened.
    pub shortened: u64,
}

/// One packet of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Since the first packet, after rescaling.
    pub offset: Span,
    /// Original length plus 4 bytes of FCS, at least 64.
    pub size: u32,
    /// Index into `flows`.
    pub flow: u32,
}
