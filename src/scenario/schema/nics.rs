//! The keys of NICs.

use super::key::Default::{Required, Says, Value};
use super::key::{Key, Kind, Table, word};

/// What stands for "of the model".
const MODEL: crate::scenario::schema::key::Default = Says("the model's, see `model`");

pub(super) static NIC: Table =
    Table {
        path: "nic.NAME",
        about: "a port",
        words: &[
            word("host", Kind::Text, Says("the only host"), "its host"),
            word(
                "model",
                Kind::Choice(crate::scenario::profile::MODEL_NAMES),
                Value("ideal"),
                "the NIC profile; `rxsim show intel-82599` prints one",
            ),
            word("link", Kind::Link, MODEL, "the link's rate").known_as(&["speed", "*SpeedDuplex"]),
            word(
                "egress",
                Kind::Size(1, 1 << 40),
                Value("1 MiB"),
                "buffer upstream of the link; what does not fit is lost as link_full",
            ),
            word(
                "path",
                Kind::Choice(&["single-queue", "rss", "vmq", "sriov"]),
                Value("single-queue"),
                "how packets find their queue",
            ),
            word(
                "core",
                Kind::Integer(0, 2047),
                Value("0"),
                "the core of the only queue on single-queue",
            ),
            word(
                "ring",
                Kind::Integer(1, 1 << 20),
                Value("512"),
                "descriptors per queue; one is held from DMA until its packet's \
                 processing ends",
            )
            .known_as(&[
                "*ReceiveBuffers",
                "NumRxBuffers",
                "rx_ring",
                "-G rx",
                "rx",
                "descriptors",
            ]),
            word("buffer", Kind::Size(1, 1 << 40), MODEL, "the port's packet buffer"),
            word("checksum_offload", Kind::Flag, Value("true"), "off also turns RSS off").known_as(
                &["*TCPChecksumOffloadIPv4", "*UDPChecksumOffloadIPv4", "-K rx", "rx-checksumming"],
            ),
            word("rss", Kind::Table(&RSS), Says("its defaults"), "receive side scaling")
                .known_as(&["*RSS"]),
            word(
                "spread",
                Kind::Table(&SPREAD),
                Says("none; where a VM has `vrss`, its defaults"),
                "software spreads the packets over cores once the driver is done with them",
            )
            .known_as(&["RPS", "rps_cpus", "vRSS", "VrssEnabled"]),
            word("vmq", Kind::Table(&VMQ), Says("its defaults"), "virtual machine queues")
                .known_as(&["*VMQ", "VMDq"]),
            word("sriov", Kind::Table(&SRIOV), Says("its defaults"), "virtual functions")
                .known_as(&["*SRIOV"]),
            word(
                "when_ring_full",
                Kind::Choice(&["auto", "drop", "hold"]),
                Value("auto"),
                "drop; hold: wait in the port's buffer, head of line; auto: the driver's rule \
                 (ideal: drop; else hold with a single queue or with flow control, drop with several \
                 queues, with VMQ or with VFs)",
            )
            .known_as(&["drop_en"]),
            word(
                "flow_control",
                Kind::ChoiceOr(&["none", "pause"], &FLOW_CONTROL),
                Value("none"),
                "pause: the port asks its peer to pause while its packet buffer fills; what the \
                 peer cannot keep then (`egress`) is lost as link_full, and latency does not \
                 count how long the rest waits there",
            )
            .known_as(&["*FlowControl", "-A tx"]),
            word(
                "moderation",
                Kind::ChoiceOr(&["none"], &MODERATION),
                Says("none on ideal, else throttle at 50 us (assumed)"),
                "when a vector interrupts",
            )
            .known_as(&["*InterruptModeration", "ITR", "EITR", "coalesce", "-C"]),
            word("pcie", Kind::Table(&PCIE), MODEL, "the bus"),
            word(
                "filter",
                Kind::Tables(&FILTER),
                Says("none"),
                "early verdicts: drop or pin to a queue",
            ),
        ],
    };

/// The indirection table of a hash.
const TABLE: Key = word(
    "table",
    Kind::Integer(1, 32_768),
    Value("128"),
    "entries of the indirection table, a power of two",
)
.known_as(&["IndirectionTableSize", "indir"]);

/// The key of a hash.
const KEY: Key = word(
    "key",
    Kind::Text,
    Value("microsoft"),
    "the hash key: \"microsoft\", \"symmetric\", or 40 bytes in hexadecimal",
)
.known_as(&["hkey", "HashSecretKey"]);

/// What is hashed.
const HASH: Key = word(
    "hash",
    Kind::Choices(&["ipv4", "tcp-ipv4", "udp-ipv4", "ipv6", "tcp-ipv6", "udp-ipv6"]),
    Says("ipv4, tcp-ipv4, ipv6, tcp-ipv6"),
    "the hash types that are on",
)
.known_as(&["rx-flow-hash", "HashInformation"]);

pub(super) static SPREAD: Table = Table {
    path: "nic.NAME.spread",
    about: "spreading in software (Linux: RPS; Windows: virtual RSS): the core that takes a packet \
            from its ring does the driver's work, another one the rest",
    words: &[
        word(
            "cores",
            Kind::Cpus,
            Says("those that the port's queues may use; on single-queue all"),
            "the cores that packets are spread over, by hash",
        )
        .known_as(&["rps_cpus"]),
        word(
            "backlog",
            Kind::Integer(1, 1 << 24),
            Value("1000"),
            "packets that wait on each core, the one in processing included",
        )
        .known_as(&["netdev_max_backlog"]),
        TABLE,
        KEY,
        HASH,
    ],
};

pub(super) static FLOW_CONTROL: Table = Table {
    path: "nic.NAME.flow_control",
    about: "marks of the packet buffer between which the port's peer pauses",
    words: &[
        word(
            "high",
            Kind::Size(1, 1 << 40),
            Says("75 % of `buffer` (assumed)"),
            "as soon as so many bytes are in the packet buffer the peer pauses ...",
        ),
        word(
            "low",
            Kind::Size(0, 1 << 40),
            Says("50 % of `buffer` (assumed)"),
            "... until no more than so many are left",
        ),
    ],
};

pub(super) static RSS: Table = Table {
    path: "nic.NAME.rss",
    about: "receive side scaling",
    words: &[
        word(
            "enabled",
            Kind::Flag,
            Says("true on path = \"rss\""),
            "off: all packets go to queue 0",
        )
        .known_as(&["*RSS"]),
        word(
            "queues",
            Kind::Integer(1, 32_768),
            Says("the smaller of the host's cores and the model's limit"),
            "receive queues",
        )
        .known_as(&[
            "NumberOfReceiveQueues",
            "*NumRSSQueues",
            "-L rx",
            "-L combined",
            "num_queues",
            "channels",
        ]),
        word(
            "base_processor",
            Kind::Integer(0, 2047),
            Value("0"),
            "the first processor that may be used",
        )
        .known_as(&["BaseProcessorNumber", "*RssBaseProcNumber"]),
        word(
            "max_processors",
            Kind::Integer(1, 2048),
            Says("all from base_processor"),
            "how many physical cores may be used",
        )
        .known_as(&["MaxProcessors", "*MaxRssProcessors", "MaxNumRssCpus"]),
        TABLE,
        KEY,
        word(
            "profile",
            Kind::Choice(&["closest", "numa-static", "conservative"]),
            Value("closest"),
            "which cores are taken",
        )
        .known_as(&["*RSSProfile"]),
        HASH,
        word(
            "rebalance",
            Kind::ChoiceOr(POLICIES, &RSS_REBALANCE),
            Value("fixed"),
            "who moves queues among cores, or entries of the table among queues, while it runs",
        ),
    ],
};

pub(super) static VMQ: Table = Table {
    path: "nic.NAME.vmq",
    about: "virtual machine queues",
    words: &[
        word(
            "queues",
            Kind::Integer(1, 4097),
            Says("the model's limit; ideal: one per VM that wants one, plus the default queue"),
            "queues, the default queue included; those that nobody was given do not exist",
        )
        .known_as(&["NumQueues"]),
        word(
            "shared_interrupts",
            Kind::Flag,
            Value("true"),
            "queues of one core share one vector; false: each has its own, as far as the model's \
             vectors go",
        )
        .known_as(&["VMQ coalescing"]),
        word(
            "base_processor",
            Kind::Integer(0, 2047),
            Value("0"),
            "the first processor that may be used, the default queue's",
        )
        .known_as(&["BaseProcessorNumber"]),
        word(
            "max_processors",
            Kind::Integer(1, 2048),
            Says("all from base_processor"),
            "how many physical cores may be used",
        )
        .known_as(&["MaxProcessors"]),
        word(
            "rebalance",
            Kind::ChoiceOr(POLICIES, &VMQ_REBALANCE),
            Value("fixed"),
            "who moves queues among cores while it runs",
        )
        .known_as(&["DVMQ", "Dynamic VMQ"]),
        word("below_10g", Kind::Flag, Value("false"), "use VMQ on slower links too")
            .known_as(&["BelowTenGigVmqEnabled"]),
        word(
            "copy",
            Kind::Choice(&["host-buffer", "shared-memory"]),
            Value("host-buffer"),
            "host-buffer (2012 and later): the host copies every packet to its VM; \
             shared-memory (2008 R2): the NIC writes those of a VM's own queue where it can read",
        ),
    ],
};

/// Who moves queues or table entries.
pub(super) const POLICIES: &[&str] =
    &["fixed", "dynamic-vmq", "rss++", "least-loaded", "irqbalance"];

pub(super) static VMQ_REBALANCE: Table = Table {
    path: "nic.NAME.vmq.rebalance",
    about: "who moves the queues of virtual machines, with its numbers",
    words: REBALANCE,
};

pub(super) static RSS_REBALANCE: Table = Table {
    path: "nic.NAME.rss.rebalance",
    about: "who moves queues or entries of the indirection table, with its numbers",
    words: REBALANCE,
};

const REBALANCE: &[Key] = &[
    word(
        "policy",
        Kind::Choice(POLICIES),
        Required,
        "dynamic-vmq (vmq alone), rss++ (rss alone: it moves table entries), least-loaded, \
         irqbalance, or fixed: nobody",
    ),
    word(
        "interval",
        Kind::Time,
        Says(
            "irqbalance 10 s (its manual); rss++ 100 ms (FastClick's DeviceBalancer); the others \
             100 ms (assumed)",
        ),
        "how often it looks",
    ),
    word(
        "expand_above",
        Kind::Percent,
        Value("90 %"),
        "dynamic-vmq: a core that is busier gives queues away (assumed)",
    ),
    word(
        "traffic_above",
        Kind::Percent,
        Value("25 %"),
        "dynamic-vmq: if it spends more than this on receiving (assumed)",
    ),
    word(
        "contract_below",
        Kind::Percent,
        Value("60 %"),
        "dynamic-vmq: how busy a core may become by queues that return (assumed)",
    ),
    word(
        "tolerance",
        Kind::Percent,
        Value("2 %"),
        "rss++: a core this far above the mean gives entries away (IMBALANCE_THRESHOLD of \
         FastClick)",
    ),
    word(
        "power_save",
        Kind::Integer(1, 1024),
        Says("never"),
        "irqbalance: how many cores must be idle for one of them to be spared",
    )
    .known_as(&["powerthresh", "--powerthresh"]),
];

pub(super) static SRIOV: Table = Table {
    path: "nic.NAME.sriov",
    about: "virtual functions",
    words: &[
        word(
            "vfs",
            Kind::Integer(0, 4096),
            Says("the model's limit; ideal: one for each that wants one"),
            "virtual functions beside the port's physical one",
        )
        .known_as(&["*NumVFs", "max_vfs", "sriov_numvfs", "MaxNumVFs"]),
        word(
            "driver",
            Kind::Flag,
            Value("true"),
            "the driver of the physical function has virtual ones, and they are on",
        )
        .known_as(&["*SRIOV"]),
        word(
            "switch_iov",
            Kind::Flag,
            Value("true"),
            "the virtual switch was created with I/O virtualization",
        )
        .known_as(&["EnableIov", "IovEnabled"]),
    ],
};

pub(super) static MODERATION: Table = Table {
    path: "nic.NAME.moderation",
    about: "when a vector interrupts",
    words: &[
        word(
            "policy",
            Kind::Choice(&["none", "throttle", "timer", "timer-or-count", "periodic", "adaptive"]),
            Required,
            "the rule",
        ),
        word(
            "interval",
            Kind::Time,
            Says("throttle 50 us (assumed); else it must be given"),
            "of the timer; rounded down to the NIC's unit",
        )
        .known_as(&["rx-usecs", "InterruptThrottleRate", "ITR"]),
        word(
            "frames",
            Kind::Integer(1, 1 << 20),
            Says("none; timer-or-count needs it"),
            "packets that interrupt at once",
        )
        .known_as(&["rx-frames"]),
        word(
            "algorithm",
            Kind::Choice(&["net-dim", "ixgbe"]),
            Says("none; adaptive needs it"),
            "who adapts",
        )
        .known_as(&["adaptive-rx"]),
    ],
};

pub(super) static PCIE: Table = Table {
    path: "nic.NAME.pcie",
    about: "the bus",
    words: &[
        word("generation", Kind::Integer(1, 5), MODEL, "PCI Express generation")
            .known_as(&["gen", "LnkSta"]),
        word("lanes", Kind::Integer(1, 32), MODEL, "lanes: 1, 2, 4, 8, 12, 16 or 32")
            .known_as(&["width"]),
        word(
            "max_payload",
            Kind::Integer(128, 4096),
            MODEL,
            "bytes of the largest payload: 128, 256, ... 4096",
        )
        .known_as(&["MPS", "MaxPayload"]),
        word(
            "latency",
            Kind::TimeOrZero,
            MODEL,
            "from the end of a transfer until the host sees the packet",
        ),
    ],
};

pub(super) static FILTER: Table = Table {
    path: "nic.NAME.filter",
    about: "an early verdict",
    words: &[
        word("match", Kind::Table(&MATCH), Required, "the packets it concerns"),
        word("action", Kind::Choice(&["drop", "pin"]), Required, "discard, or send to a queue"),
        word(
            "at",
            Kind::Choice(&["nic", "driver"]),
            Value("nic"),
            "in the NIC, or in the driver for `filter_packet`",
        ),
        word("queue", Kind::Integer(0, 32_767), Says("none; pin needs it"), "the queue"),
    ],
};

pub(super) static MATCH: Table = Table {
    path: "nic.NAME.filter.match",
    about: "the packets that a filter concerns",
    words: &[word("traffic", Kind::Text, Required, "the traffic's name")],
};
