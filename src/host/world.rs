//! A world in plain numbers: what a checked scenario becomes, and all that a run is given.
//!
//! Times are picoseconds, sizes bytes, rates bits per second; names serve random streams and
//! results. Everything here has been checked: a world that breaks a stated bound is a bug.

use crate::engine::sample::Draw;
use crate::engine::time::{Span, Time};
use crate::policy::spec::Kind;
use crate::policy::{Policy, PolicySpec};
use crate::rx::cpu::{Costs, Stack};
use crate::rx::dma::DmaSpec;
use crate::rx::moderation::Moderation;
use crate::rx::source::SourceSpec;
pub use crate::rx::source::{ClosedLoop, Window};
use crate::vocab::drop_reason::DropReason;
use std::sync::Arc;

/// Everything that is simulated together.
#[derive(Clone, Debug)]
pub struct World {
    /// Seed of all randomness.
    pub seed: u64,
    /// Simulated before the measured window.
    pub warmup: Span,
    /// Length of the measured window; none (captures only): until the last packet has ended.
    pub duration: Option<Span>,
    /// Step of the recorded series; none: no series.
    pub step: Option<Span>,
    /// Upper bound of the spans between two points at which all cores are caught up; results do
    /// not depend on it. None: only where control events need it.
    pub batch: Option<Span>,
    /// The hosts.
    pub hosts: Vec<HostSpec>,
    /// The ports; their order is the order of simultaneous events.
    pub nics: Vec<NicSpec>,
    /// The traffic sources; likewise.
    pub sources: Vec<TrafficSpec>,
    /// Consumers on hosts.
    pub apps: Vec<AppSpec>,
    /// CPU load that is not networking.
    pub works: Vec<WorkSpec>,
    /// Virtual machines.
    pub vms: Vec<VmSpec>,
    /// Virtual NICs: those of the virtual machines, and further ones of hosts.
    pub vnics: Vec<VnicSpec>,
    /// What changes while it runs; those of one instant in this order.
    pub events: Vec<EventSpec>,
    /// Record every delivered packet's slowdown: its latency over what its own processing costs.
    pub slowdown: bool,
}

impl World {
    /// The virtual NIC by whose virtual function the packets of a source come, if they do: a filter
    /// that names a queue of the port leads past it.
    #[must_use]
    pub fn function_of(&self, source: usize) -> Option<usize> {
        let traffic = &self.sources[source];
        match traffic.to {
            Consumer::Vnic(vnic) if !matches!(traffic.filter, Filter::Pin(_)) => {
                self.vnics[vnic].way.is_function().then_some(vnic)
            }
            _ => None,
        }
    }

    /// Whether software spreads the packets of a source over cores, unless they come by a virtual
    /// function.
    #[must_use]
    pub fn is_spread(&self, source: usize) -> bool {
        let traffic = &self.sources[source];
        traffic.filter != Filter::DropInDriver && self.nics[traffic.nic].spread.is_some()
    }

    /// The sources whose packets' way changes while it runs, by events of their virtual NIC.
    #[must_use]
    pub fn changing(&self) -> Vec<usize> {
        let mut changes = vec![false; self.vnics.len()];
        for event in &self.events {
            if let Action::Steer { vnic, .. } = event.action {
                changes[vnic] = true;
            }
        }
        let to =
            |source: &usize| matches!(self.sources[*source].to, Consumer::Vnic(at) if changes[at]);
        (0..self.sources.len()).filter(to).collect()
    }

    /// The virtual NICs on the virtual switch of a port.
    pub fn vnics_of(&self, nic: usize) -> impl Iterator<Item = usize> {
        (0..self.vnics.len()).filter(move |vnic| self.vnics[*vnic].nic == nic)
    }

    /// Whether an event lets a port lose the affinity of its queues.
    #[must_use]
    pub fn loses_affinity(&self, nic: usize) -> bool {
        let loses =
            |action: &Action| matches!(action, Action::LoseAffinity { nic: its } if *its == nic);
        self.events.iter().any(|event| loses(&event.action))
    }

    /// Whether anything may move a port's queues.
    #[must_use]
    pub fn moves_queues(&self, nic: usize) -> bool {
        let spec = &self.nics[nic];
        let by_policy = spec.rebalance.is_some_and(|rebalance| match rebalance.maker {
            Maker::BuiltIn(policy) => policy.kind != Kind::Fixed && !policy.kind.moves_entries(),
            Maker::Own(_) => self.hosts[spec.host].stack.masks(),
        });
        by_policy || self.loses_affinity(nic)
    }
}

/// A host and its cores.
#[derive(Clone, Debug)]
pub struct HostSpec {
    /// Its name; with a core's number it names the core's random streams (`host.alpha.core[0]`).
    pub name: String,
    /// Logical processors.
    pub cores: u32,
    /// How cores take packets.
    pub stack: Stack,
    /// Packets per poll round (NAPI: the weight).
    pub budget: u32,
    /// Time slice of threads that share a core.
    pub quantum: Span,
    /// Bound of the backlog of protocol work per core under `interrupt-per-packet`.
    pub backlog: u32,
    /// An idle core sleeps after this long (and then pays `costs.wakeup`).
    pub idle_before_sleep: Span,
    /// How packets in rings find a core.
    pub dispatch: Dispatch,
    /// What is in hand is finished before work of a higher class begins.
    pub non_preemptive: bool,
    /// Exits that the interrupt of a virtual function costs its guest.
    pub exits_per_interrupt: u32,
    /// A vCPU that has waited this long is halted: the interrupt of a virtual function then costs
    /// `costs.vm_wakeup` more.
    pub halt_poll: Span,
    /// What things cost.
    pub costs: Costs,
}

impl HostSpec {
    /// All cores take packets of all rings, as one group.
    #[must_use]
    pub fn shares_packets(&self) -> bool {
        self.dispatch != Dispatch::PerQueue
    }
}

/// How packets in rings find a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// Each ring has its core (d-FCFS).
    PerQueue,
    /// One line of all packets for all cores (c-FCFS).
    Shared,
    /// One line, from which every core is given so many packets ahead (joining the shortest bounded
    /// queue).
    Jbsq(u32),
    /// Each ring has its core; cores without work take over packets of others.
    WorkStealing,
}

/// A port of a NIC.
#[derive(Clone, Debug)]
pub struct NicSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// Bits per second; none: unlimited.
    pub link: Option<u64>,
    /// Bytes of the egress buffer before the link.
    pub egress: u64,
    /// Bytes of the packet buffer; none: unlimited.
    pub buffer: Option<u64>,
    /// PCIe.
    pub dma: DmaSpec,
    /// Descriptors per ring.
    pub ring: u32,
    /// A packet whose ring is full waits at the head of the port's buffer instead of being lost.
    pub hold: bool,
    /// Receive queues: the core of each.
    pub queues: Vec<u32>,
    /// Interrupt vectors; each queue belongs to exactly one, all of one vector to one core.
    pub vectors: Vec<Vec<u32>>,
    /// When a vector interrupts.
    pub moderation: Moderation,
    /// How packets find their queue.
    pub steering: SteeringSpec,
    /// Factor on the per-packet costs of this NIC's packets (static lock contention).
    pub contention: f64,
    /// Who moves its queues, or the entries of its indirection table; none: nobody.
    pub rebalance: Option<Rebalance>,
    /// Queues of one core share its vector, also those that are moved to it; false: each vector
    /// moves with its only queue.
    pub shared_interrupts: bool,
    /// The cores that queues may be moved to, the home core first.
    pub usable: Vec<u32>,
    /// Software spreads the packets over cores once the driver is done with them (RPS, vRSS); none:
    /// the core that took a packet from its ring does all of the host's work on it.
    pub spread: Option<SoftSpread>,
    /// The port asks its peer to pause where its packet buffer fills; none: it never does.
    pub pause: Option<Pause>,
}

/// Several of a kind (queues, rings, channels, cores) that packets are spread over.
#[derive(Clone, Debug)]
pub struct Spread {
    /// What they are spread over. At least one.
    pub over: Vec<u32>,
    /// Which of them a packet goes to, by its place in `over`: the entries of the table. None, or no
    /// hash: all go to the first.
    pub rss: Option<crate::rx::steering::rss::RssSpec>,
}

impl Spread {
    /// All to this one.
    #[must_use]
    pub fn one(only: u32) -> Self {
        Self { over: vec![only], rss: None }
    }
}

/// Spreading in software: the core that takes a packet from its ring hands it over to the backlog
/// of another one.
#[derive(Clone, Debug)]
pub struct SoftSpread {
    /// The cores.
    pub cores: Spread,
    /// Bound of the backlog of each core, the packet in processing included.
    pub backlog: u32,
}

/// When a port asks its peer to pause (IEEE 802.3x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// As soon as so many bytes are in the packet buffer ...
    pub high: u64,
    /// ... until no more than so many are left.
    pub low: u64,
}

/// Who moves a port's queues or table entries, and how often it looks.
#[derive(Clone, Copy, Debug)]
pub struct Rebalance {
    /// From look to look.
    pub interval: Span,
    /// Makes the policy, before its first look.
    pub maker: Maker,
}

/// Makes a policy.
#[derive(Clone, Copy, Debug)]
pub enum Maker {
    /// One that comes with the program.
    BuiltIn(PolicySpec),
    /// One of the library's user.
    Own(fn() -> Box<dyn Policy>),
}

impl Maker {
    /// The policy, before its first look.
    #[must_use]
    pub fn make(&self) -> Box<dyn Policy> {
        match self {
            Self::BuiltIn(spec) => spec.build(),
            Self::Own(make) => make(),
        }
    }
}

/// How packets find their queue.
#[derive(Clone, Debug)]
pub enum SteeringSpec {
    /// By virtual NIC, as its [`Way`] says; everything else to queue 0, the default queue.
    Vmq {
        /// Packets of a virtual NIC's own queue lie in memory that its guest can read, and need no
        /// copy (Windows Server 2008 R2); false: every packet is copied (2012 and later).
        shared_memory: bool,
    },
    /// All to queue 0.
    SingleQueue,
    /// By Toeplitz hash and indirection table.
    Rss(crate::rx::steering::rss::RssSpec),
}

/// A source, and where its packets go.
#[derive(Clone, Debug)]
pub struct TrafficSpec {
    /// Its group's name in results (`bulk`).
    pub group: String,
    /// Index of the port it sends to.
    pub nic: usize,
    /// Its packets come from the port's own switch, not over the link: their sender has a virtual
    /// function of the port.
    pub inside: bool,
    /// Who consumes its packets.
    pub to: Consumer,
    /// An early verdict on its packets.
    pub filter: Filter,
    /// When it begins to send: its own clock starts there.
    pub from: Time,
    /// When it stops; none: never.
    pub until: Option<Time>,
    /// Which of its packets come here.
    pub part: Part,
    /// Its packets follow what becomes of those before; `source.arrivals` are not looked at. None:
    /// they come whatever becomes of them.
    pub closed: Option<ClosedLoop>,
    /// When, how large, which flow.
    pub source: SourceSpec,
}

/// Which of the packets of a source come by a port. The others are counted and numbered, and come
/// by other ports (as sources of the same name), or not at all.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Those offered at this instant or later.
    pub since: Time,
    /// Those of the flows that are marked here; none: of all.
    pub flows: Option<Arc<[bool]>>,
}

/// Who consumes a source's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The host's stack: delivered when the deferred work ends.
    Host,
    /// An app, by index.
    App(usize),
    /// A virtual NIC, by index: through the virtual switch to its VM, or (one of the host's own)
    /// back into the host's stack.
    Vnic(usize),
    /// Every virtual NIC of its port's virtual switch: broadcast.
    Flood,
}

/// An early verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// None.
    Pass,
    /// Discarded by the NIC with its last bit.
    DropInNic,
    /// Sent to this queue whatever its hash.
    Pin(u32),
    /// Discarded by the driver for `filter_packet`.
    DropInDriver,
}

/// A consumer on a host: a thread with a bounded backlog.
#[derive(Clone, Debug)]
pub struct AppSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// The core it runs on.
    pub core: u32,
    /// Packets handed over and not yet finished.
    pub backlog: u32,
    /// Per packet, instead of the host's.
    pub packet: Draw,
    /// Per byte, instead of the host's.
    pub byte: Draw,
}

/// CPU load that is not networking: on one core, every `period` it asks for `demand` of CPU.
#[derive(Clone, Debug)]
pub struct WorkSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// The core it runs on.
    pub core: u32,
    /// From demand to demand, the first at t = 0. What it did not get by then is forgone.
    pub period: Span,
    /// CPU time asked for; equal to the period: always runnable.
    pub demand: Span,
}

/// A virtual machine.
#[derive(Clone, Debug)]
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
    pub floats: Option<Vec<u32>>,
    /// It runs from the start on; else an event starts it.
    pub runs: bool,
}

/// A virtual NIC: a port of the virtual switch.
#[derive(Clone, Debug)]
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
    pub channels: Option<Spread>,
    /// How its packets come, at the start.
    pub way: Way,
    /// The virtual function that it has, or will be given by an event: a ring for each of these
    /// vCPUs (their numbers within the VM).
    pub vf: Option<Spread>,
    /// Why it has no better path; for results only.
    pub path_reason: PathReason,
}

/// How the packets of a virtual NIC come.
#[derive(Clone, Debug)]
pub enum Way {
    /// As the port's steering sends all that has no way of its own: by the default queue, or by hash.
    Common,
    /// By queues of its own (steering `vmq` only).
    Own(Spread),
    /// By the rings of its virtual function.
    Function,
    /// Nowhere: they are lost, for this reason, where their DMA would start.
    Nowhere(DropReason),
}

impl Way {
    /// By this queue.
    #[must_use]
    pub fn queue(queue: u32) -> Self {
        Self::Own(Spread::one(queue))
    }

    /// Its own queues, if that is its way.
    #[must_use]
    pub fn own(&self) -> &[u32] {
        if let Self::Own(queues) = self { &queues.over } else { &[] }
    }

    /// By its virtual function.
    #[must_use]
    pub const fn is_function(&self) -> bool {
        matches!(self, Self::Function)
    }
}

/// Something that changes while a world runs, as an item of the class *control*.
#[derive(Clone, Debug)]
pub struct EventSpec {
    /// When.
    pub at: Time,
    /// What.
    pub action: Action,
}

/// What changes.
#[derive(Clone, Debug)]
pub enum Action {
    /// A port's driver forgets which core each queue belongs to: all are moved to the home core.
    LoseAffinity {
        /// Index of the NIC.
        nic: usize,
    },
    /// The packets of a virtual NIC come another way.
    Steer {
        /// Index of the virtual NIC.
        vnic: usize,
        /// How.
        way: Way,
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

/// Why a virtual NIC's packets take no better path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
