//! The parts into which a delivered packet's latency is split.

/// A part of the trip from the last bit on the wire to the end of processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Last bit on the wire to start of DMA.
    Buffer,
    /// Start of DMA until the host can see the packet.
    Dma,
    /// Visible until the interrupt was taken; zero while the ring is being polled.
    Moderation,
    /// Interrupt taken (or visible, while polled) until the packet's own processing starts.
    Ring,
    /// The packet's own deferred work, with all that preempts it.
    Deferred,
    /// Deferred work done until the consumer on the host has processed it; zero without one.
    App,
}

impl Stage {
    /// All stages in the order of the trip.
    pub const ALL: [Self; 6] =
        [Self::Buffer, Self::Dma, Self::Moderation, Self::Ring, Self::Deferred, Self::App];

    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buffer => "buffer",
            Self::Dma => "dma",
            Self::Moderation => "moderation",
            Self::Ring => "ring",
            Self::Deferred => "deferred",
            Self::App => "app",
        }
    }
}
