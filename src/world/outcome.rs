//! What a run leaves behind: plain counts, before they become metrics.

use crate::engine::time::{Span, Time};
use crate::vocab::drop_reason::DropReason;

pub use crate::measure::histogram::Histogram;
pub use crate::vocab::busy::Busy;
pub use crate::vocab::stage::Stage;

/// The outcome of one run. Counts belong to the measured window, `fingerprint` to the whole run.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Outcome {
    /// Length of the measured window.
    pub window: Span,
    /// The hash of all packets' records, and of the seedless parts of the world.
    pub fingerprint: u64,
    /// Per traffic source, in the world's order.
    pub sources: Vec<SourceTally>,
    /// Per host.
    pub hosts: Vec<HostTally>,
    /// Per NIC.
    pub nics: Vec<NicTally>,
    /// Per virtual NIC.
    pub vnics: Vec<VnicTally>,
    /// The series, one entry per step of the whole run (warm-up included); empty without a step.
    pub series: Vec<SeriesStep>,
    /// Packets inside the system at points spread evenly over the window, for the growth of
    /// queues: (time, packets). At least two points.
    pub inside: Vec<(Time, u64)>,
    /// Control events that the engine handled in the whole run.
    pub events: u64,
    /// Packets offered in the whole run.
    pub packets: u64,
}

/// What became of one source's packets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SourceTally {
    /// Offered.
    pub offered: Volume,
    /// Delivered.
    pub delivered: Volume,
    /// Of them, taken by guests from the rings of virtual functions: packets.
    pub by_function: u64,
    /// Lost, by reason (in the order of [`DropReason::ALL`]).
    pub dropped: [u64; DropReason::ALL.len()],
    /// Discarded because a filter asked for it.
    pub filtered: u64,
    /// Copies made of them by the virtual switch.
    pub replicated: u64,
    /// Taken for lost by their sender, which sends another one in their place (closed loops).
    pub resent: u64,
    /// Packets inside at the window's end minus at its start.
    pub in_flight: i64,
    /// Delivered after a later packet of their own flow.
    pub reordered: u64,
    /// Last bit on the wire until processing ended, of delivered packets.
    pub latency: Histogram,
    /// Latency over what the packet's own processing costs, in thousandths, rounded down; without
    /// packets that cost nothing, and empty where the world does not ask for it.
    pub slowdown: Histogram,
    /// Sums of the latency's parts in picoseconds (in the order of [`Stage::ALL`]).
    pub stages: [u128; Stage::ALL.len()],
}

impl SourceTally {
    /// Lost, whatever the reason: packets.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.dropped.iter().sum()
    }
}

/// Packets and their bytes (frames, FCS included).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What a host's cores did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HostTally {
    /// Per core.
    pub cores: Vec<CoreTally>,
}

/// What one core did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CoreTally {
    /// Time in each kind of work.
    pub busy: Busy,
    /// Hardware interrupts taken.
    pub interrupts: u64,
    /// Poll rounds.
    pub rounds: u64,
}

/// What a NIC did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct NicTally {
    /// Per receive queue.
    pub queues: Vec<QueueTally>,
    /// Frames that ended their way over the link, and their bytes.
    pub wire: Volume,
    /// Time the link was held (preamble and gap included).
    pub link_busy: Span,
    /// Time the DMA engine transferred.
    pub dma_busy: Span,
    /// Time the head of the port waited for a descriptor (`hold`).
    pub held: Span,
    /// Time the port had asked its peer to pause.
    pub paused: Span,
    /// Interrupts raised by this NIC, those of its virtual functions included.
    pub interrupts: u64,
    /// What its policy did.
    pub policy: PolicyTally,
}

/// What a port's policy did, and what events moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicyTally {
    /// Moves decided in the window.
    pub moves: u64,
    /// When the last of them was, from the window's start; none without any.
    pub settled: Option<Span>,
}

/// What happened at one receive queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct QueueTally {
    /// Packets steered to it, drops included.
    pub packets: u64,
    /// Packets lost at it.
    pub dropped: u64,
    /// Its core at the end.
    pub core: u32,
}

/// What happened at one virtual NIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct VnicTally {
    /// Notifications sent to its guest.
    pub notifications: u64,
    /// What became of packets for all virtual NICs here.
    pub broadcast: BroadcastTally,
}

/// Packets for all virtual NICs of a port that came to one of them, as copies or themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BroadcastTally {
    /// Processed.
    pub delivered: u64,
    /// Lost on the way from the virtual switch.
    pub dropped: u64,
}

/// One step of the recorded series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SeriesStep {
    /// The step's end.
    pub end: Time,
    /// Offered within the step.
    pub offered: Volume,
    /// Delivered within the step.
    pub delivered: Volume,
    /// Lost within the step.
    pub dropped: u64,
    /// Interrupts within the step.
    pub interrupts: u64,
    /// Per host and core: busy time within the step.
    pub cores: Vec<Vec<Busy>>,
    /// Per source of [`World::changing`](crate::world::World::changing): delivered within the step.
    pub changing: Vec<Volume>,
    /// Per NIC and queue: (descriptors held at the step's end, core).
    pub queues: Vec<Vec<(u32, u32)>>,
}
