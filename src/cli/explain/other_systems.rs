//! Words of other systems: the keys that come nearest, or that rxsim does not model the thing.
//!
//! Names that mean the same as one key stand in the row of that key. This is the table of all
//! other words that people type.

use crate::scenario::schema::plain;

/// A word of another system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// The word, and others that mean nearly the same.
    pub(super) names: &'static [&'static str],
    /// What rxsim has in its place, in sentences.
    pub(super) answer: &'static str,
    /// The nearest keys and tables.
    pub(super) keys: &'static [&'static str],
    /// The page of the documentation that says more.
    pub(super) page: Option<&'static str>,
}

const NOT_MODELLED: Option<&str> = Some("docs/not-modelled.md");

/// The entry for a word, whatever its case, spaces and hyphens.
pub(super) fn find(word: &str) -> Option<&'static Word> {
    let word = plain(word);
    WORDS.iter().find(|entry| entry.names.iter().any(|name| plain(name) == word))
}

/// All words, those of one subject together.
pub(super) const WORDS: &[Word] = &[
    Word {
        names: &[
            "GRO",
            "LRO",
            "RSC",
            "generic receive offload",
            "large receive offload",
            "receive segment coalescing",
            "*RscIPv4",
            "*RscIPv6",
            "-K gro",
            "-K lro",
        ],
        answer: "Not modelled. No layer merges segments: every cost is paid per packet of the \
                 wire. Costs or frames that stand for merged segments have to be chosen in the \
                 scenario.",
        keys: &["host.NAME.cost", "traffic.NAME.frame"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["TSO", "LSO", "GSO", "USO", "segmentation offload", "*LsoV2IPv4", "*LsoV2IPv6"],
        answer: "Not modelled. Segmentation offloads belong to the transmit path, and rxsim \
                 simulates the receive path.",
        keys: &[],
        page: NOT_MODELLED,
    },
    Word {
        names: &["TX", "transmit", "XPS", "qdisc", "txqueuelen", "*TransmitBuffers", "-G tx"],
        answer: "Not modelled. The transmit path costs neither cores nor bus; the cost per packet \
                 has to include it.",
        keys: &["host.NAME.cost.stack_packet"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["MTU", "jumbo frames", "jumbo", "*JumboPacket", "max frame size"],
        answer: "There is no MTU. The sizes of frames belong to the traffic, and each NIC model \
                 has a largest frame.",
        keys: &["traffic.NAME.frame", "nic.NAME.model"],
        page: None,
    },
    Word {
        names: &[
            "bonding",
            "bond",
            "teaming",
            "NIC teaming",
            "LBFO",
            "link aggregation",
            "802.3ad",
            "SET",
            "Switch Embedded Teaming",
        ],
        answer: "A team of ports serves virtual NICs together. Failover is not modelled.",
        keys: &["team.NAME"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["XDP", "eBPF", "BPF"],
        answer: "A filter with at = \"driver\" discards packets as an XDP program does. The \
                 profile `xdp` has measured costs. Other programs are not modelled.",
        keys: &["nic.NAME.filter", "host.NAME.cost.filter_packet", "host.NAME.costs"],
        page: None,
    },
    Word {
        names: &["DPDK", "poll mode driver", "PMD", "kernel bypass"],
        answer: "A host with stack = \"busy-poll\" polls its rings for ever as DPDK does. The \
                 profile `dpdk` has measured costs.",
        keys: &["host.NAME.stack", "host.NAME.costs"],
        page: None,
    },
    Word {
        names: &["NAPI", "softirq", "NET_RX_SOFTIRQ"],
        answer: "A host with stack = \"linux-napi\" polls in softirqs and in ksoftirqd.",
        keys: &["host.NAME.stack", "host.NAME.stack.ksoftirqd", "host.NAME.budget"],
        page: None,
    },
    Word {
        names: &["DPC", "NDIS", "deferred procedure call"],
        answer: "A host with stack = \"windows-dpc\" polls its rings in deferred procedure calls.",
        keys: &["host.NAME.stack", "host.NAME.budget"],
        page: None,
    },
    Word {
        names: &["RFS", "aRFS", "receive flow steering", "accelerated RFS"],
        answer: "Not modelled. Packets do not follow the application: RSS and `spread` choose \
                 cores by hash alone. A filter can pin one traffic to a queue.",
        keys: &["nic.NAME.spread", "nic.NAME.rss", "nic.NAME.filter"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["Flow Director", "ntuple", "ATR", "-N"],
        answer: "A filter with action = \"pin\" sends one traffic to a queue. Rules that the NIC \
                 learns from transmitted packets are not modelled.",
        keys: &["nic.NAME.filter"],
        page: None,
    },
    Word {
        names: &["IRQ affinity", "smp_affinity", "interrupt affinity", "IRQ", "affinity"],
        answer: "The interrupts of a queue go to the core of the queue. Keys of RSS, VMQ and the \
                 port choose the cores; a policy may move queues during the run.",
        keys: &[
            "nic.NAME.core",
            "nic.NAME.rss.base_processor",
            "nic.NAME.rss.profile",
            "nic.NAME.rss.rebalance",
            "nic.NAME.vmq.base_processor",
        ],
        page: Some("docs/policies.md"),
    },
    Word {
        names: &[
            "coalescing",
            "interrupt coalescing",
            "interrupt moderation",
            "interrupt throttling",
            "interrupt rate",
            "DIM",
        ],
        answer: "Interrupt moderation decides when a vector may interrupt.",
        keys: &["nic.NAME.moderation"],
        page: None,
    },
    Word {
        names: &["C-states", "C1E", "sleep states", "idle states"],
        answer: "One sleep state: a core without work sleeps, and the next interrupt costs more.",
        keys: &["host.NAME.idle_before_sleep", "host.NAME.cost.wakeup"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["P-states", "turbo", "frequency scaling", "cpufreq", "SpeedStep", "SMI"],
        answer: "Not modelled. All cores of a host run at one clock rate all the time.",
        keys: &["host.NAME.clock"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["cache", "DDIO", "DCA", "cache misses", "prefetch"],
        answer: "Not modelled. Costs do not depend on what is in a cache.",
        keys: &["host.NAME.cost"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["lock", "lock contention", "spinlock"],
        answer: "One factor stands for all contention among the cores that own queues of a port.",
        keys: &["host.NAME.contention"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["PFC", "DCB", "priority flow control", "802.1Qbb", "ETS"],
        answer: "Not modelled. A pause stops all traffic of the port, whatever its priority.",
        keys: &["nic.NAME.flow_control"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["pause frames", "802.3x", "XOFF"],
        answer: "A port with flow_control = \"pause\" pauses its peer while its buffer fills.",
        keys: &["nic.NAME.flow_control", "nic.NAME.egress"],
        page: NOT_MODELLED,
    },
    Word {
        names: &[
            "congestion control",
            "slow start",
            "fast retransmit",
            "delayed ACK",
            "SACK",
            "ECN",
            "retransmission",
            "RTO",
        ],
        answer: "Not modelled, but for closed loops: a window that grows with deliveries and is \
                 halved by losses, and a timeout.",
        keys: &["traffic.NAME.window", "traffic.NAME.timeout", "traffic.NAME.arrivals"],
        page: Some("docs/closed-loops.md"),
    },
    Word {
        names: &["failover", "standby"],
        answer: "Not modelled for teams: virtual NICs and flows keep their port. Events can take \
                 a link down and a virtual function away.",
        keys: &["event.action", "team.NAME"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["multicast"],
        answer: "Traffic to = \"broadcast\" is copied for all virtual NICs of a port. Groups of \
                 receivers are not modelled.",
        keys: &["traffic.NAME.to"],
        page: NOT_MODELLED,
    },
    Word {
        names: &["vhost", "virtio", "vmbus", "netvsc", "tap", "synthetic NIC"],
        answer: "The virtual switch brings packets to a VM by channels of bounded size.",
        keys: &["vm.NAME.channel", "host.NAME.cost.vswitch_packet", "host.NAME.cost.vm_notify"],
        page: Some("docs/virtual-machines.md"),
    },
    Word {
        names: &["virtual switch", "vSwitch", "Hyper-V switch", "Open vSwitch", "bridge"],
        answer: "The virtual switch of a port is a cost per packet and byte of its core.",
        keys: &[
            "host.NAME.cost.vswitch_packet",
            "host.NAME.cost.vswitch_byte",
            "host.NAME.cost.vswitch_lookup",
            "host.NAME.cost.vswitch_copy",
        ],
        page: Some("docs/virtual-machines.md"),
    },
    Word {
        names: &["VEB", "VEPA", "internal switch", "eswitch"],
        answer: "The internal switch of a NIC forwards traffic that has a `sender` behind the \
                 same port.",
        keys: &["traffic.NAME.sender"],
        page: Some("docs/sr-iov.md"),
    },
    Word {
        names: &["socket buffer", "rmem", "SO_RCVBUF", "receive buffer", "rmem_max"],
        answer: "An app has a backlog of bounded length, counted in packets.",
        keys: &["app.NAME.backlog"],
        page: None,
    },
    Word {
        names: &["ring buffer", "receive ring", "RX ring", "descriptor ring"],
        answer: "Each queue has a ring of descriptors.",
        keys: &["nic.NAME.ring"],
        page: None,
    },
    Word {
        names: &["pktgen", "TRex", "iperf", "netperf", "load generator", "generator"],
        answer: "A traffic of the scenario stands for a load generator.",
        keys: &["traffic.NAME", "traffic.NAME.rate", "traffic.NAME.arrivals"],
        page: None,
    },
    Word {
        names: &["pcap", "pcapng", "tcpdump", "Wireshark", "recording", "replay"],
        answer: "A traffic can play a recording.",
        keys: &["traffic.NAME.capture", "traffic.NAME.speed", "traffic.NAME.max_gap"],
        page: None,
    },
    Word {
        names: &["MSI-X", "MSI", "vector", "interrupt vector"],
        answer: "A queue, or the queues of one core, have an interrupt vector. The NIC model \
                 bounds their number.",
        keys: &["nic.NAME.model", "nic.NAME.vmq.shared_interrupts", "nic.NAME.moderation"],
        page: None,
    },
    Word {
        names: &["live migration", "vMotion"],
        answer: "The event `live-migrate` moves a VM to another host.",
        keys: &["event.action", "event.to"],
        page: Some("docs/migration.md"),
    },
    Word {
        names: &["posted interrupts", "vAPIC", "AVIC"],
        answer: "A CPU with posted interrupts delivers them to a running guest without an exit.",
        keys: &["host.NAME.virtualization.posted_interrupts"],
        page: Some("docs/sr-iov.md"),
    },
];
