//! The keys of events.

use super::key::Default::{Required, Says, Value};
use super::key::{Key, Kind, Table, word};

/// A span that no source gives.
const fn assumed(key: &'static str, usual: &'static str, meaning: &'static str) -> Key {
    word(key, Kind::TimeOrZero, Value(usual), meaning)
}

pub(super) static EVENT: Table = Table {
    path: "event",
    about: "what changes while it runs",
    words: &[
        word("at", Kind::TimeOrZero, Required, "when, from the start of the run, warm-up included"),
        word(
            "action",
            Kind::Choice(&[
                "live-migrate",
                "detach-vf",
                "attach-vf",
                "stop-vm",
                "start-vm",
                "set",
                "link-down",
                "link-up",
                "lose-affinity",
            ]),
            Required,
            "what happens. live-migrate: `vm` moves to the host `to`; detach-vf, attach-vf: its \
             virtual function is taken away, or given; stop-vm, start-vm: what it has is free for \
             others, or it takes what is free; link-down, link-up: of `nic`; lose-affinity: the \
             driver of `nic` moves all queues to its first core (set is not simulated yet)",
        ),
        word(
            "vm",
            Kind::Text,
            Says("none"),
            "the virtual machine concerned: \"web[3]\"; all: \"web\"",
        ),
        word(
            "vnic",
            Kind::Text,
            Says("all of `vm`"),
            "the further virtual NIC of `vm` whose function it is: \"storage\"",
        ),
        word(
            "nic",
            Kind::Text,
            Says("live-migrate: the only one of `to`; detach-vf, attach-vf: any"),
            "the port concerned; live-migrate: the one of `to` that `vm` is on then",
        ),
        word("to", Kind::Text, Says("none"), "the host to migrate to"),
        word(
            "cores",
            Kind::Cpus,
            Says("those that it had"),
            "live-migrate: the cores of `to` that its vCPUs run on",
        ),
        word(
            "rate",
            Kind::Rate,
            Says("none: the copy of its memory is no load"),
            "live-migrate: the traffic `migration` to the host `to`, frames of 1518 B at even gaps, \
             during `precopy`",
        ),
        assumed(
            "filter_move",
            "1 ms",
            "until the NIC steers its packets past its function; assumed",
        ),
        assumed("vf_detach", "1 ms", "from then until its function is free for others; assumed"),
        assumed("vf_attach", "10 ms", "until it receives by the function it is given; assumed"),
        assumed(
            "precopy",
            "100 ms",
            "live-migrate: its memory is copied while it runs, once it has no function; assumed",
        ),
        assumed(
            "blackout",
            "10 ms",
            "live-migrate: from its stop on the one host to its start on the other; assumed",
        ),
        assumed(
            "relearn",
            "1 ms",
            "live-migrate: from there until the network sends its packets there; assumed",
        ),
        word("key", Kind::Text, Says("none"), "the dotted key that `set` changes"),
        word("value", Kind::Scalar, Says("none"), "its new value"),
    ],
};
