//! Why a packet was lost. Every loss has a name.

/// The place and cause of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
    /// The link was down.
    LinkDown,
    /// No virtual NIC has its address: its virtual machine does not run.
    NoFilter,
    /// Its virtual machine was paused, on its way to another host.
    VmPaused,
    /// Its virtual machine had left the host.
    WrongHost,
}

impl DropReason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::LinkFull,
        Self::BufferFull,
        Self::RingFull,
        Self::BacklogFull,
        Self::VmChannelFull,
        Self::LinkDown,
        Self::NoFilter,
        Self::VmPaused,
        Self::WrongHost,
    ];

    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkFull => "link_full",
            Self::BufferFull => "buffer_full",
            Self::RingFull => "ring_full",
            Self::BacklogFull => "backlog_full",
            Self::VmChannelFull => "vm_channel_full",
            Self::LinkDown => "link_down",
            Self::NoFilter => "no_filter",
            Self::VmPaused => "vm_paused",
            Self::WrongHost => "wrong_host",
        }
    }

    /// What happened, as a phrase for results.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::LinkFull => {
                "the egress buffer before the link was full, because the link is too slow"
            }
            Self::BufferFull => "the packet buffer of the port was full",
            Self::RingFull => "the ring had no free descriptor",
            Self::BacklogFull => "a backlog of protocol work or of an app was full",
            Self::VmChannelFull => "the channel from the virtual switch to the guest was full",
            Self::LinkDown => "the link was down",
            Self::NoFilter => "no virtual NIC had the packet's address, because its VM did not run",
            Self::VmPaused => "the VM was paused while it migrated",
            Self::WrongHost => "the VM had left the host",
        }
    }
}
