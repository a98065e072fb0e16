//! What is known of a packet, and of its end.

use super::drop_reason::DropReason;
use super::id::{FlowId, SourceId};
use crate::engine::time::Time;

/// A packet as its source makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When the source offers it to the wire.
    pub time: Time,
    /// Its number within its source, from 0.
    pub number: u64,
    /// Bytes of the frame, FCS included.
    pub size: u32,
    /// Its flow within its source.
    pub flow: FlowId,
}

/// How a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Processed by its consumer.
    Delivered,
    /// Lost.
    Dropped(DropReason),
    /// Discarded early because a filter asked for it; no loss.
    Filtered,
}

/// The record of one packet's end: what digests and comparisons are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Its source.
    pub source: SourceId,
    /// Its number within the source.
    pub number: u64,
    /// The receive queue of its NIC; `u32::MAX` where it ended before steering.
    pub queue: u32,
    /// Last bit on the wire; the time it was offered, where it never reached the wire.
    pub arrival: Time,
    /// When its own processing started (the interrupt handler's under `interrupt-per-packet`, else
    /// the deferred work's); for a packet that ended before, the time of its end.
    pub start: Time,
    /// When it ended.
    pub end: Time,
    /// How it ended.
    pub fate: Fate,
}
