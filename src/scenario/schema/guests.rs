//! The keys of virtual machines and their NICs.

use super::key::Default::{Says, Value};
use super::key::{Key, Kind, Table, word};

/// The weight of a virtual function.
const VF_WEIGHT: Key = word(
    "vf_weight",
    Kind::Integer(0, 100),
    Value("100"),
    "0: no virtual function, whatever `vf` says; else no difference",
)
.known_as(&["IovWeight"]);

/// Rings of a virtual function.
const VF_QUEUES: Key = word(
    "vf_queues",
    Kind::Integer(1, 256),
    Value("1"),
    "rings of its virtual function, spread by hash over as many vCPUs; more than one only where \
     the model has a table per virtual function",
)
.known_as(&["IovQueuePairsRequested"]);

/// Hardware queues of its own.
const VMQ_QUEUES: Key = word(
    "vmq_queues",
    Kind::Integer(1, 256),
    Value("1"),
    "queues that `vmq` wants, with an indirection table of their own, each with its channel to a \
     vCPU as far as these go (VMMQ, Windows Server 2016); the first that are left",
)
.known_as(&["VMMQ", "VmmqEnabled", "VmmqQueuePairs", "VrssMaxQueuePairs"]);

/// Spreading in software.
const VRSS: Key = word(
    "vrss",
    Kind::Flag,
    Value("false"),
    "spread by software over the host's cores, as `spread` of its port says, and over its vCPUs: a \
     channel to each (virtual RSS, Windows Server 2012 R2); needs a queue of its own, a link of \
     10 Gbps, two vCPUs, and no virtual function",
)
.known_as(&["VrssEnabled", "virtual RSS", "VrssQueueSchedulingMode"]);

/// The address by which recorded frames find it.
const MAC: Key = word(
    "mac",
    Kind::Text,
    Says("none; recordings with to = \"addresses\" need it"),
    "its MAC address, such as \"02:00:00:00:00:10\"; those of a group follow one another",
)
.known_as(&["MacAddress", "StaticMacAddress"]);

/// The VLAN of the frames that are for it.
const VLAN: Key = word(
    "vlan",
    Kind::Integer(0, 4094),
    Says("whatever VLAN, or none"),
    "recorded frames are for it only with this tag; 0: only without one",
)
.known_as(&["VlanId", "AccessVlanId"]);

/// What the virtual switch is asked to do to its packets.
const PORT_POLICY: Key = word(
    "port_policy",
    Kind::Choices(&["acl", "qos", "network-virtualization", "extension", "mac-spoofing"]),
    Says("none"),
    "policies on its port of the virtual switch; any takes the virtual function away",
)
.known_as(&["Add-VMNetworkAdapterAcl", "MaximumBandwidth", "MacAddressSpoofing"]);

pub(super) static VM: Table = Table {
    path: "vm.NAME",
    about: "a group of virtual machines",
    words: &[
        word("count", Kind::Integer(1, 4096), Value("1"), "how many: NAME[0], NAME[1], ..."),
        word(
            "nic",
            Kind::Text,
            Says("the only NIC"),
            "the port, or team, whose virtual switch it is on",
        ),
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
            Kind::Choice(&["pinned", "floating"]),
            Value("pinned"),
            "a vCPU has its core, or wakes up on the least loaded of `cores`",
        ),
        word(
            "vmq",
            Kind::Flag,
            Value("false"),
            "wants a queue of its own: first come, first served, in the order of the file",
        )
        .known_as(&["VmqWeight"]),
        VMQ_QUEUES,
        VRSS,
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
            "packets in each channel from the virtual switch",
        ),
        MAC,
        VLAN,
    ],
};

pub(super) static VNIC: Table = Table {
    path: "vnic.NAME",
    about: "a further virtual NIC, of a VM or of the host",
    words: &[
        word("vm", Kind::Text, Says("none: it belongs to the host"), "its group of VMs"),
        word(
            "nic",
            Kind::Text,
            Says("the only NIC"),
            "the port, or team, whose virtual switch it is on",
        ),
        word("vmq", Kind::Flag, Value("false"), "wants a queue of its own, after all VMs"),
        VMQ_QUEUES,
        VRSS,
        word("vf", Kind::Flag, Value("false"), "wants a virtual function, after all VMs"),
        VF_WEIGHT,
        VF_QUEUES,
        PORT_POLICY,
        word(
            "channel",
            Kind::Integer(1, 1 << 20),
            Value("1024"),
            "packets in each channel from the virtual switch",
        ),
        MAC,
        VLAN,
    ],
};
