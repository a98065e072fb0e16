//! The keys of virtual machines and their NICs.

use super::word::Default::{Says, Value};
use super::word::{Kind, Table, Word, word};

/// The weight of a virtual function.
const VF_WEIGHT: Word = word(
    "vf_weight",
    Kind::Integer(0, 100),
    Value("100"),
    "0: no virtual function, whatever `vf` says; else no difference",
)
.known_as(&["IovWeight"]);

/// Rings of a virtual function.
const VF_QUEUES: Word = word(
    "vf_queues",
    Kind::Integer(1, 256),
    Value("1"),
    "rings of its virtual function, spread by hash over as many vCPUs; more than one only where \
     the model has a table per virtual function",
)
.known_as(&["IovQueuePairsRequested"]);

/// What the virtual switch is asked to do to its packets.
const PORT_POLICY: Word = word(
    "port_policy",
    Kind::Words(&["acl", "qos", "network-virtualization", "extension", "mac-spoofing"]),
    Says("none"),
    "policies on its port of the virtual switch; any takes the virtual function away",
)
.known_as(&["Add-VMNetworkAdapterAcl", "MaximumBandwidth", "MacAddressSpoofing"]);

pub(super) static VM: Table = Table {
    path: "vm.NAME",
    about: "a group of virtual machines",
    words: &[
        word("count", Kind::Integer(1, 4096), Value("1"), "how many: NAME[0], NAME[1], ..."),
        word("nic", Kind::Text, Says("the only NIC"), "the port whose virtual switch it is on"),
        word(
            "running",
            Kind::Flag,
            Value("true"),
            "it runs from the start on; else the event start-vm starts it",
        ),
        word("vcpus", Kind::Integer(1, 1024), Value("1"), "virtual processors of each"),
        word("cores", Kind::Cpus, Says("all"), "where its vCPUs run"),
        word(
            "placement",
            Kind::Word(&["pinned", "floating"]),
            Value("pinned"),
            "a vCPU has its core, or takes the least loaded",
        ),
        word(
            "vmq",
            Kind::Flag,
            Value("false"),
            "wants a queue of its own: first come, first served, in the order of the file",
        )
        .known_as(&["VmqWeight"]),
        word(
            "vf",
            Kind::Flag,
            Value("false"),
            "wants a virtual function: first come, first served, in the order of the file",
        ),
        VF_WEIGHT,
        VF_QUEUES,
        word(
            "vf_driver",
            Kind::Flag,
            Value("true"),
            "its guest has a driver for virtual functions",
        ),
        PORT_POLICY,
        word(
            "channel",
            Kind::Integer(1, 1 << 20),
            Value("1024"),
            "packets in the channel from the virtual switch",
        ),
    ],
};

pub(super) static VNIC: Table = Table {
    path: "vnic.NAME",
    about: "a further virtual NIC, of a VM or of the host",
    words: &[
        word("vm", Kind::Text, Says("none: it belongs to the host"), "its group of VMs"),
        word("nic", Kind::Text, Says("the only NIC"), "the port whose virtual switch it is on"),
        word("vmq", Kind::Flag, Value("false"), "wants a queue of its own, after all VMs"),
        word("vf", Kind::Flag, Value("false"), "wants a virtual function, after all VMs"),
        VF_WEIGHT,
        VF_QUEUES,
        PORT_POLICY,
        word(
            "channel",
            Kind::Integer(1, 1 << 20),
            Value("1024"),
            "packets in the channel from the virtual switch",
        ),
    ],
};
