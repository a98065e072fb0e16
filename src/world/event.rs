//! What changes while a world runs.

use super::vm::RxPath;
use crate::engine::time::Time;
use crate::vocab::drop_reason::DropReason;

/// Something that changes while a world runs, as an item of the class *control*.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct EventSpec {
    /// When.
    pub at: Time,
    /// What.
    pub action: Action,
}

impl EventSpec {
    /// An event.
    #[must_use]
    pub fn new(at: Time, action: Action) -> Self {
        Self { at, action }
    }
}

/// What changes.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Action {
    /// A port's driver forgets which core each queue belongs to: all are moved to the home core.
    LoseAffinity {
        /// Index of the NIC.
        nic: usize,
    },
    /// The packets of a virtual NIC come another way.
    SetRoute {
        /// Index of the virtual NIC.
        vnic: usize,
        /// How.
        rx_path: RxPath,
    },
    /// A virtual machine stops, or is paused: what it has is lost.
    Stop {
        /// Index of the VM.
        vm: usize,
        /// Why its packets are lost from now on.
        reason: DropReason,
    },
    /// A virtual machine that does not run starts.
    Start {
        /// Index of the VM.
        vm: usize,
    },
    /// The link of a port goes up or down.
    Link {
        /// Index of the NIC.
        nic: usize,
        /// Up.
        up: bool,
    },
}
