//! The enumerations of the format: every value that a key may take, with its meaning.

use crate::policy::Kind;
use crate::scenario::schema::Choice;
use crate::scenario::schema::choice::choices;

choices! {
    /// How a core takes packets.
    pub enum StackKind {
        WindowsDpc = "windows-dpc": "an interrupt queues a DPC, which polls the rings until they are empty and then \
            unmasks the vector (NDIS)",
        LinuxNapi = "linux-napi": "an interrupt raises a softirq, which polls by NAPI; under overload the \
            thread ksoftirqd takes over",
        BusyPoll = "busy-poll": "no interrupts: the core polls its rings for ever (DPDK)",
        InterruptPerPacket = "interrupt-per-packet": "the interrupt handler takes one packet and \
            queues it for protocol processing (the stack that suffers receive livelock)",
    }
}

choices! {
    /// Which core takes a packet.
    pub enum DispatchKind {
        PerQueue = "per-queue": "each queue has its core",
        Shared = "shared": "the first idle core takes the packet that waits longest",
        WorkStealing = "work-stealing": "each queue has its core; an idle core takes packets from another",
    }
}

choices! {
    /// Whether interrupts and deferred work stop what a core is doing.
    pub enum Priority {
        Preemptive = "preemptive": "an interrupt stops what the core is doing at once",
        NonPreemptive = "non-preemptive": "an interrupt waits until what the core is doing ends",
    }
}

choices! {
    /// What a running `ksoftirqd` does to softirqs.
    pub enum Ksoftirqd {
        Defers = "defers": "the running ksoftirqd handles the softirq (Linux up to 6.5)",
        Shares = "shares": "the softirq runs although ksoftirqd runs (later kernels)",
    }
}

choices! {
    /// The law of a random cost.
    pub enum CostLaw {
        Constant = "constant": "the cost is always `mean`",
        Exponential = "exponential": "exponential, with the mean `mean`",
        Lognormal = "lognormal": "lognormal, with the mean `mean` and the coefficient of variation `cv`",
        Uniform = "uniform": "uniform from `min` to `max`",
        Bimodal = "bimodal": "one of `values`, by weight",
    }
}

choices! {
    /// How packets find their queue.
    pub enum PathKind {
        SingleQueue = "single-queue": "all packets go to one queue",
        Rss = "rss": "a hash of the flow chooses the queue",
        Vmq = "vmq": "the MAC address chooses the queue: virtual machines have queues of their own",
        Sriov = "sriov": "the MAC address chooses a virtual function, by which packets reach the guest past the \
            host's cores",
    }
}

choices! {
    /// What happens to a packet whose ring is full.
    pub enum WhenRingFull {
        Auto = "auto": "the driver of the model decides. The model `ideal` drops. Other models hold with a \
            single queue or with flow control, and drop with several queues, VMQ or VFs",
        Drop = "drop": "the packet is lost as `ring_full`",
        Hold = "hold": "the packet waits in the port's buffer, and so do all packets behind it",
    }
}

choices! {
    /// Whether a port may pause its peer.
    pub enum FlowControlKind {
        None = "none": "the port never asks its peer to pause",
        Pause = "pause": "the port asks its peer to pause while its packet buffer fills (IEEE 802.3x)",
    }
}

choices! {
    /// Moderation without options.
    pub enum ModerationWord {
        None = "none": "a vector interrupts as soon as a packet is visible",
    }
}

choices! {
    /// The rule that decides when a vector interrupts.
    pub enum ModerationPolicy {
        None = "none": "the vector interrupts as soon as a packet is visible",
        Throttle = "throttle": "the vector interrupts at once, but no sooner than `interval` after its last interrupt \
            (Intel ITR)",
        Timer = "timer": "the vector interrupts `interval` after the first waiting packet",
        TimerOrCount = "timer-or-count": "the vector interrupts `interval` after the first waiting packet, or \
            when `frames` packets wait",
        Periodic = "periodic": "the vector interrupts at multiples of `interval`",
        Adaptive = "adaptive": "an algorithm of the driver adapts the interval to the traffic",
    }
}

choices! {
    /// The algorithm that adapts the interval.
    pub enum AdaptiveAlgorithm {
        NetDim = "net-dim": "dynamic interrupt moderation of Linux (lib/dim)",
        Ixgbe = "ixgbe": "the legacy algorithm of the ixgbe driver",
    }
}

choices! {
    /// A packet type that is hashed.
    pub enum HashType {
        Ipv4 = "ipv4": "IPv4 addresses",
        TcpIpv4 = "tcp-ipv4": "IPv4 addresses and TCP ports",
        UdpIpv4 = "udp-ipv4": "IPv4 addresses and UDP ports",
        Ipv6 = "ipv6": "IPv6 addresses",
        TcpIpv6 = "tcp-ipv6": "IPv6 addresses and TCP ports",
        UdpIpv6 = "udp-ipv6": "IPv6 addresses and UDP ports",
    }
}

choices! {
    /// Which cores RSS takes.
    pub enum RssProfile {
        Closest = "closest": "cores in ascending order from `base_processor` (Windows: Closest)",
        NumaStatic = "numa-static": "the cores of the base processor's NUMA node first (Windows: NUMAStatic)",
        Conservative = "conservative": "as few cores as possible (Windows: Conservative)",
    }
}

/// Who moves queues or table entries: the policies, as they name and describe themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebalanceKind(pub Kind);

impl RebalanceKind {
    /// All values, in the order in which they are explained.
    pub const ALL: &'static [Choice] = &{
        let mut all = [Choice { name: "", meaning: "" }; Kind::ALL.len()];
        let mut at = 0;
        while at < all.len() {
            let kind = Kind::ALL[at];
            all[at] = Choice { name: kind.name(), meaning: kind.meaning() };
            at += 1;
        }
        all
    };

    /// The value of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Kind::named(name).map(Self)
    }
}

choices! {
    /// Where a virtual machine's packets are written.
    pub enum CopyKind {
        HostBuffer = "host-buffer": "the NIC writes into buffers of the host, which copies every packet to its VM \
            (Windows Server 2012 and later)",
        SharedMemory = "shared-memory": "the NIC writes the packets of a VM's own queue into memory \
            that the VM shares, so that no copy is needed (Windows Server 2008 R2)",
    }
}

choices! {
    /// What a filter does.
    pub enum FilterAction {
        Drop = "drop": "the rule discards the packets",
        Pin = "pin": "the rule sends the packets to `queue`, whatever their hash",
    }
}

choices! {
    /// Where a filter acts.
    pub enum FilterPlace {
        Nic = "nic": "the NIC applies the rule: a discarded packet costs the host nothing",
        Driver = "driver": "the driver applies the rule (XDP): a discarded packet costs `filter_packet`",
    }
}

choices! {
    /// Whether the network's switch knows of a team.
    pub enum TeamMode {
        SwitchIndependent = "switch-independent": "the network's switch does not know the team",
        SwitchDependent = "switch-dependent": "the network's switch distributes flows over the ports by \
            hash (static, LACP). A virtual NIC needs a queue on every port (min of queues)",
    }
}

choices! {
    /// How a team spreads.
    pub enum TeamBalance {
        AddressHash = "address-hash": "all packets arrive by the first port. A virtual NIC needs a queue on \
            every port (min of queues)",
        HypervPort = "hyperv-port": "each virtual NIC receives by one port, assigned in turn (sum of queues)",
        Dynamic = "dynamic": "packets are received as with hyperv-port",
    }
}

choices! {
    /// A policy on a port of the virtual switch.
    pub enum PortPolicy {
        Acl = "acl": "access control lists",
        Qos = "qos": "bandwidth limits",
        NetworkVirtualization = "network-virtualization": "Hyper-V network virtualization",
        Extension = "extension": "an extension of the switch",
        MacSpoofing = "mac-spoofing": "the guest may use other MAC addresses",
    }
}

choices! {
    /// Where a vCPU runs.
    pub enum VcpuPlacement {
        Pinned = "pinned": "each vCPU stays on one core of `cores`",
        Floating = "floating": "a vCPU wakes up on the least loaded of `cores`",
    }
}

choices! {
    /// When packets come.
    pub enum ArrivalsKind {
        Constant = "constant": "packets arrive at even gaps",
        Poisson = "poisson": "packets arrive at random gaps (exponential)",
        OnOff = "on-off": "periods with and without packets alternate; see `on_off`",
        Burst = "burst": "bursts of packets arrive back to back; see `burst`",
        Capture = "capture": "packets arrive as recorded; see `capture`",
        RequestResponse = "request-response": "closed loop: each flow is a client with one request in flight",
        Windowed = "windowed": "closed loop: each flow is a connection with a window; see `window`",
    }
}

choices! {
    /// The addresses and ports of flows.
    pub enum KeysKind {
        Random = "random": "random addresses and ports",
        SequentialPorts = "sequential-ports": "one pair of addresses, source ports from 40000 upwards",
    }
}

choices! {
    /// How packets choose among flows.
    pub enum PopularityKind {
        Uniform = "uniform": "all flows are equally likely",
    }
}

choices! {
    /// The law of the spans of on-off traffic.
    pub enum SpanLaw {
        Exponential = "exponential": "exponential",
        Pareto = "pareto": "Pareto, with the tail index `shape`",
        Constant = "constant": "all of one length",
    }
}

choices! {
    /// The transport.
    pub enum Protocol {
        Tcp = "tcp": "TCP",
        Udp = "udp": "UDP",
    }
}

choices! {
    /// What an event does.
    pub enum EventAction {
        LiveMigrate = "live-migrate": "`vm` moves to the host `to`",
        DetachVf = "detach-vf": "the virtual function of `vm` is taken away",
        AttachVf = "attach-vf": "`vm` receives a virtual function",
        StopVm = "stop-vm": "`vm` stops, and its queues and virtual functions become free for others",
        StartVm = "start-vm": "`vm` starts, and receives free queues and virtual functions as it requests them",
        Set = "set": "not simulated",
        LinkDown = "link-down": "the link of `nic` goes down",
        LinkUp = "link-up": "the link of `nic` comes back",
        LoseAffinity = "lose-affinity": "the driver of `nic` moves all queues to its first core",
    }
}
