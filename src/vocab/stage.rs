//! The parts into which a delivered packet's latency is split.

/// A part of the trip from the last bit on the wire to the end of processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
    /// The virtual switch's work on the packet, with all that preempts it; zero without a VM.
    Vswitch,
    /// Through the switch until the guest's own processing starts; zero without a VM.
    Channel,
    /// The guest's own processing, with all that preempts it; zero without a VM.
    Guest,
    /// Deferred work done until the consumer on the host has processed it; zero without one.
    App,
}

impl Stage {
    /// All stages in the order of the trip.
    pub const ALL: [Self; 9] = [
        Self::Buffer,
        Self::Dma,
        Self::Moderation,
        Self::Ring,
        Self::Deferred,
        Self::Vswitch,
        Self::Channel,
        Self::Guest,
        Self::App,
    ];

    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buffer => "buffer",
            Self::Dma => "dma",
            Self::Moderation => "moderation",
            Self::Ring => "ring",
            Self::Deferred => "deferred",
            Self::Vswitch => "vswitch",
            Self::Channel => "channel",
            Self::Guest => "guest",
            Self::App => "app",
        }
    }

    /// From where to where it lasts, as a phrase for results.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Buffer => "last bit to start of DMA",
            Self::Dma => "transfer to the host",
            Self::Moderation => "visible to interrupt",
            Self::Ring => "waiting for its turn",
            Self::Deferred => "its own processing",
            Self::Vswitch => "virtual switch",
            Self::Channel => "rest of the round, then guest",
            Self::Guest => "in the guest",
            Self::App => "in the app, waiting included",
        }
    }
}
