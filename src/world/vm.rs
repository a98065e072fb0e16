//! Virtual machines and virtual NICs.

use super::nic::FlowMap;
use crate::vocab::drop_reason::DropReason;

/// A virtual machine.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct VmSpec {
    /// Its group's name (`web`) ...
    pub group: String,
    /// ... and its number within the group.
    pub index: u32,
    /// Index of its host.
    pub host: usize,
    /// The core that each of its vCPUs is pinned to, or starts on. At least one.
    pub vcpus: Vec<u32>,
    /// The cores that its vCPUs float over: each wakes up on the one with the least load; none: they
    /// stay where they start.
    pub allowed_cores: Option<Vec<u32>>,
    /// It runs from the start on; else an event starts it.
    pub running: bool,
}

impl VmSpec {
    /// A machine of a host that runs from the start on, with a vCPU pinned to each of these cores.
    #[must_use]
    pub fn new(group: &str, host: usize, vcpus: &[u32]) -> Self {
        Self {
            group: group.to_owned(),
            index: 0,
            host,
            vcpus: vcpus.to_vec(),
            allowed_cores: None,
            running: true,
        }
    }
}

/// A virtual NIC: a port of the virtual switch.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct VnicSpec {
    /// Its name in results: `vm.web[0]` for the one that each VM has, `vnic.storage[0]` for others.
    pub name: String,
    /// Index of the NIC whose virtual switch it is on.
    pub nic: usize,
    /// Whose it is.
    pub owner: VnicOwner,
    /// Packets handed over to the guest and not yet finished.
    pub channel: u32,
    /// Several channels, each to one of these vCPUs (their numbers within the VM); none: one, to the
    /// owner's.
    pub channels: Option<FlowMap>,
    /// How its packets come, at the start.
    pub rx_path: RxPath,
    /// The virtual function that it has, or will be given by an event: a ring for each of these
    /// vCPUs (their numbers within the VM).
    pub vf: Option<FlowMap>,
    /// Why it has no better path; for results only.
    pub path_reason: PathReason,
}

impl VnicSpec {
    /// A virtual NIC on a port's virtual switch, without a queue of its own, with a channel of 512
    /// packets to its guest.
    #[must_use]
    pub fn new(name: &str, nic: usize, owner: VnicOwner) -> Self {
        Self {
            name: name.to_owned(),
            nic,
            owner,
            channel: 512,
            channels: None,
            rx_path: RxPath::DefaultQueue,
            vf: None,
            path_reason: PathReason::None,
        }
    }
}

/// How the packets of a virtual NIC come.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RxPath {
    /// As the port's steering sends all that has no way of its own: by the default queue, or by hash.
    DefaultQueue,
    /// By queues of its own (steering `vmq` only).
    VmQueues(FlowMap),
    /// By the rings of its virtual function.
    VirtualFunction,
    /// Nowhere: they are lost, for this reason, where their DMA would start.
    Drop(DropReason),
}

impl RxPath {
    /// By this queue.
    #[must_use]
    pub fn queue(queue: u32) -> Self {
        Self::VmQueues(FlowMap::one(queue))
    }

    /// Its own queues, if that is its way.
    #[must_use]
    pub fn own(&self) -> &[u32] {
        if let Self::VmQueues(queues) = self { &queues.targets } else { &[] }
    }

    /// By its virtual function.
    #[must_use]
    pub const fn is_function(&self) -> bool {
        matches!(self, Self::VirtualFunction)
    }
}

/// Why a virtual NIC's packets take no better path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum PathReason {
    /// There is no better one.
    None,
    /// It does not want a queue of its own.
    NotWanted,
    /// Others came first and took all queues.
    NoFreeQueue,
    /// The NIC's VMQ is off, because its link is slower than 10 Gbps.
    OffBelow10Gbps,
    /// The NIC spreads by hash.
    Rss,
    /// The NIC has a single queue.
    SingleQueue,
    /// It does not want a virtual function.
    VfNotWanted,
    /// The firmware keeps the control of PCI Express from the operating system.
    Firmware,
    /// The chipset remaps no DMA and no interrupts.
    Iommu,
    /// The driver of the physical function has no virtual ones.
    PfDriver,
    /// The virtual switch was created without I/O virtualization.
    SwitchWithoutIov,
    /// Its weight is 0.
    VfWeightZero,
    /// A policy on its port of the switch asks that the switch sees its packets.
    PortPolicy,
    /// Others came first and took all virtual functions.
    NoFreeVf,
    /// The guest has no driver for its virtual function.
    VfDriver,
    /// Its virtual function was taken away, or is not attached yet.
    VfDetached,
    /// Its host, to which its VM migrated, has no virtual functions on this port.
    NoSriov,
    /// Its VM does not run.
    NotRunning,
}

/// Whose a virtual NIC is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VnicOwner {
    /// The host's own: the management operating system behind its virtual switch.
    Host,
    /// A VM's, by index, notifying this one of its vCPUs.
    Vm {
        /// Index of the VM.
        vm: usize,
        /// Number of the vCPU within the VM that its channel notifies; where it has several
        /// ([`VnicSpec::channels`]) each has its own.
        vcpu: u32,
    },
}
