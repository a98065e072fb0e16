//! The keys of teams.

use super::key::Default::{Required, Value};
use super::key::{Kind, Table, word};

pub(super) static TEAM: Table = Table {
    path: "team.NAME",
    about: "ports that serve virtual NICs together (LBFO; failing over is not simulated); each names it \
            with `nic`",
    words: &[
        word("nics", Kind::Names, Required, "its ports, two or more").known_as(&[
            "TeamMembers",
            "Members",
            "slaves",
        ]),
        word(
            "mode",
            Kind::Choice(&["switch-independent", "switch-dependent"]),
            Value("switch-independent"),
            "whether the network's switch knows of it (static, LACP) and spreads what it sends",
        )
        .known_as(&["TeamingMode", "LACP", "Static"]),
        word(
            "balance",
            Kind::Choice(&["address-hash", "hyperv-port", "dynamic"]),
            Value("dynamic"),
            "switch-independent: \"hyperv-port\" and \"dynamic\" give each virtual NIC one port in \
             turn, which receives for it (sum of queues); \"address-hash\" receives by the first \
             port alone. switch-dependent: each flow comes by the port that its hash names. Both \
             of these need a queue on every port (min of queues)",
        )
        .known_as(&["LoadBalancingAlgorithm", "xmit_hash_policy"]),
    ],
};
