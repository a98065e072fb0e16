//! The enumerations of the format: every value that a key may take, with its meaning.

use crate::scenario::schema::choice::choices;

choices! {
    /// How a core takes packets.
    pub enum StackKind {
        WindowsDpc = "windows-dpc": "an interrupt queues a DPC, which polls its rings until they are empty; \
            then the vector is unmasked (NDIS)",
        LinuxNapi = "linux-napi": "an interrupt starts a softirq, which polls by NAPI; under overload the \
            thread ksoftirqd goes on",
        BusyPoll = "busy-poll": "no interrupts: the core polls its rings for ever (DPDK)",
        InterruptPerPacket = "interrupt-per-packet": "the handler takes one packet, and queues it for \
            protocol work: the stack of receive livelock",
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
        Defers = "defers": "a running ksoftirqd takes the softirqs (Linux up to 6.5)",
        Shares = "shares": "a softirq starts although ksoftirqd runs (later kernels)",
    }
}

choices! {
    /// The law of a random cost.
    pub enum CostLaw {
        Constant = "constant": "always the mean",
        Exponential = "exponential": "exponential, with this mean",
        Lognormal = "lognormal": "lognormal, with this mean and coefficient of variation `cv`",
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
        Sriov = "sriov": "virtual functions: packets reach the guest past the host's cores",
    }
}

choices! {
    /// What happens to a packet whose ring is full.
    pub enum WhenRingFull {
        Auto = "auto": "the driver's rule: `ideal` drops; other models hold with a single queue or with \
            flow control, and drop with several queues, with VMQ or with VFs",
        Drop = "drop": "the packet is lost as `ring_full`",
        Hold = "hold": "the packet waits in the port's buffer, and all packets behind it wait too",
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
        None = "none": "at once",
        Throttle = "throttle": "at once, but no sooner than `interval` after the last interrupt (Intel ITR)",
        Timer = "timer": "`interval` after the first packet",
        TimerOrCount = "timer-or-count": "`interval` after the first packet, or when `frames` packets wait",
        Periodic = "periodic": "at multiples of `interval`",
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

choices! {
    /// Who moves queues or table entries.
    pub enum RebalanceKind {
        Fixed = "fixed": "nobody moves anything",
        DynamicVmq = "dynamic-vmq": "Dynamic VMQ of Windows Server 2012 R2 moves queues to idle cores and \
            back (`vmq` alone)",
        RssPlusPlus = "rss++": "RSS++ moves entries of the indirection table (`rss` alone)",
        LeastLoaded = "least-loaded": "the busiest queue moves to the least loaded core",
        Irqbalance = "irqbalance": "irqbalance of Linux moves interrupts among cores",
    }
}

choices! {
    /// Where a virtual machine's packets are written.
    pub enum CopyKind {
        HostBuffer = "host-buffer": "the host copies every packet to its VM (Windows Server 2012 and later)",
        SharedMemory = "shared-memory": "the NIC writes the packets of a VM's own queue where the VM can \
            read them (Windows Server 2008 R2)",
    }
}

choices! {
    /// What a filter does.
    pub enum FilterAction {
        Drop = "drop": "discards the packets",
        Pin = "pin": "sends the packets to `queue`, whatever their hash",
    }
}

choices! {
    /// Where a filter acts.
    pub enum FilterPlace {
        Nic = "nic": "in the NIC: a discarded packet costs the host nothing",
        Driver = "driver": "in the driver (XDP): a discarded packet costs `filter_packet`",
    }
}

choices! {
    /// Whether the network's switch knows of a team.
    pub enum TeamMode {
        SwitchIndependent = "switch-independent": "the network's switch knows nothing of the team",
        SwitchDependent = "switch-dependent": "the network's switch spreads flows over the ports (static, LACP)",
    }
}

choices! {
    /// How a team spreads.
    pub enum TeamBalance {
        AddressHash = "address-hash": "switch-independent: all packets come by the first port",
        HypervPort = "hyperv-port": "switch-independent: each virtual NIC receives by one port (sum of queues)",
        Dynamic = "dynamic": "receives as hyperv-port does",
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
        Pinned = "pinned": "a vCPU has its core",
        Floating = "floating": "a vCPU wakes up on the least loaded of `cores`",
    }
}

choices! {
    /// When packets come.
    pub enum ArrivalsKind {
        Constant = "constant": "at even gaps",
        Poisson = "poisson": "at exponential gaps",
        OnOff = "on-off": "Poisson during spans, none between them; see `on_off`",
        Burst = "burst": "packets back to back; see `burst`",
        Capture = "capture": "as recorded; see `capture`",
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
        Uniform = "uniform": "every flow is as likely",
    }
}

choices! {
    /// The law of the spans of on-off traffic.
    pub enum SpanLaw {
        Exponential = "exponential": "exponential spans",
        Pareto = "pareto": "Pareto spans with the tail index `shape`",
        Constant = "constant": "spans of one length",
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
        AttachVf = "attach-vf": "`vm` is given a virtual function",
        StopVm = "stop-vm": "`vm` stops; its queues and functions are free for others",
        StartVm = "start-vm": "`vm` starts, and takes the queues and functions that are free",
        Set = "set": "not simulated: all numbers hold for the whole run",
        LinkDown = "link-down": "the link of `nic` goes down",
        LinkUp = "link-up": "the link of `nic` comes back",
        LoseAffinity = "lose-affinity": "the driver of `nic` moves all queues to its first core",
    }
}
