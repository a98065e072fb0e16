//! Why a packet was lost. Every loss has a name.

/// The place and cause of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The egress buffer before the link was full: more was offered than the link carries.
    LinkFull,
    /// The port's packet buffer was full.
    BufferFull,
    /// No free descriptor in the ring.
    RingFull,
    /// A bounded backlog in the host was full: of protocol work, or of a consumer.
    BacklogFull,
    /// The channel from the virtual switch to the guest was full.
    VmChannelFull,
}

impl DropReason {
    /// All reasons, in the order of the packet's trip.
    pub const ALL: [Self; 5] =
        [Self::LinkFull, Self::BufferFull, Self::RingFull, Self::BacklogFull, Self::VmChannelFull];

    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkFull => "link_full",
            Self::BufferFull => "buffer_full",
            Self::RingFull => "ring_full",
            Self::BacklogFull => "backlog_full",
            Self::VmChannelFull => "vm_channel_full",
        }
    }
}
