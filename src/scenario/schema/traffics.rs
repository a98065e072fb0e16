//! The keys of traffic.

use super::key::Default::{Required, Says, Value};
use super::key::{Kind, Table, word};

/// Frames in bytes, FCS included.
const FRAME: Kind = Kind::Size(64, 65_539);

pub(super) static TRAFFIC: Table = Table {
    path: "traffic.NAME",
    about: "what the wire brings",
    words: &[
        word(
            "to",
            Kind::Text,
            Required,
            "\"host.NAME\", \"app.NAME\", \"vm.NAME\" or \"vnic.NAME\"; each \
             instance of a group receives `rate`. A recording: also \"addresses\", to the virtual \
             NICs of a port by their `mac` and `vlan`, and to the host what is for none of them; \"broadcast\": the virtual \
             switch of the port copies each packet for all its virtual NICs",
        ),
        word(
            "nic",
            Kind::Text,
            Says("the only NIC of the host; with \"broadcast\", of the file"),
            "the port it comes in by",
        ),
        word(
            "rate",
            Kind::Rate,
            Says("none; all but captures, bursts and closed loops need it"),
            "bits of L2 frames incl. FCS, or packets, per second; \"line\" is the link's own rate",
        ),
        word("frame", Kind::Frame, Value("1518 B"), "frame size incl. FCS"),
        word(
            "sender",
            Kind::Text,
            Says("none: it comes over the link"),
            "\"vm.NAME[0]\" or \"vnic.NAME[0]\", a virtual NIC behind the same port: the NIC's own \
             switch forwards what it sends, past the link; it or the receiver has a virtual \
             function. What sending costs is not simulated",
        ),
        word(
            "arrivals",
            Kind::Choice(&[
                "constant",
                "poisson",
                "on-off",
                "burst",
                "capture",
                "request-response",
                "windowed",
            ]),
            Says(
                "poisson; constant with rate = \"line\"; else as `burst`, `on_off` and \
                 `capture` say",
            ),
            "when packets come; the last two are closed loops: each flow is a client with one \
             request under way, or a connection with a window",
        ),
        word("burst", Kind::Table(&BURST), Says("none"), "packets back to back"),
        word("on_off", Kind::Table(&ON_OFF), Says("none"), "spans with and without packets"),
        word(
            "window",
            Kind::IntegerOr(1, 65_536, &WINDOW),
            Says("none; arrivals = \"windowed\" needs it"),
            "packets that a connection may have under way: always so many, or a table for a window \
             that grows with deliveries and is halved by losses",
        ),
        word(
            "think",
            Kind::Cost,
            Value("0 s"),
            "from a client's knowing of the last packet's delivery to its next request",
        ),
        word(
            "feedback",
            Kind::Time,
            Says("none; closed loops need it"),
            "from a packet's delivery to its sender's knowing of it: the way back",
        ),
        word(
            "timeout",
            Kind::Time,
            Says("200 ms for requests; arrivals = \"windowed\" needs it"),
            "a packet whose delivery is not known so long after it was offered is taken for lost, \
             and another one is sent",
        ),
        word(
            "from",
            Kind::TimeOrZero,
            Value("0 s"),
            "when it begins, from the start of the run, warm-up included; its bursts and spans \
             count from there",
        ),
        word("until", Kind::Time, Says("the end of the run"), "when it ends, counted likewise"),
        word(
            "flows",
            Kind::Integer(1, 1 << 24),
            Value("1"),
            "flows of each instance; the connections of a closed loop",
        ),
        word(
            "keys",
            Kind::ChoiceOr(&["random", "sequential-ports"], &KEYS),
            Value("random"),
            "their addresses and ports",
        ),
        word(
            "popularity",
            Kind::ChoiceOr(&["uniform"], &POPULARITY),
            Value("uniform"),
            "how packets choose among flows",
        ),
        word(
            "capture",
            Kind::Text,
            Says("none"),
            "a recording to play, beside the scenario file: pcap, pcapng, gzip of both",
        ),
        word(
            "speed",
            Kind::Number(1e-6, 1e6),
            Value("1"),
            "the recording's gaps are divided by this",
        ),
        word(
            "max_gap",
            Kind::Time,
            Says("none"),
            "longer gaps of the recording are shortened to this",
        ),
    ],
};

/// A frame size of a mix.
pub static SIZE: Table = Table {
    path: "SIZE",
    about: "a frame size of a mix",
    words: &[
        word("size", FRAME, Required, "frame size incl. FCS"),
        word("weight", Kind::Integer(1, 1_000_000), Required, "how often, relative to the others"),
    ],
};

pub(super) static BURST: Table = Table {
    path: "traffic.NAME.burst",
    about: "packets back to back at the link's rate",
    words: &[
        word("packets", Kind::Integer(1, 1_000_000_000_000), Required, "packets of a burst"),
        word("every", Kind::Time, Required, "from the start of one to the start of the next"),
        word("poisson", Kind::Flag, Value("false"), "draw the gaps between bursts"),
    ],
};

pub(super) static ON_OFF: Table = Table {
    path: "traffic.NAME.on_off",
    about: "spans with and without packets; `rate` is the rate while on",
    words: &[
        word("on", Kind::Time, Required, "mean length of a span with packets"),
        word("off", Kind::Time, Required, "mean length of a span without"),
        word(
            "distribution",
            Kind::Choice(&["exponential", "pareto", "constant"]),
            Value("exponential"),
            "the law of both",
        ),
        word("shape", Kind::Number(1.01, 100.0), Value("1.5"), "tail index of pareto"),
    ],
};

pub(super) static WINDOW: Table = Table {
    path: "traffic.NAME.window",
    about: "grows by one packet for each window delivered, is halved where packets are lost",
    words: &[
        word("initial", Kind::Integer(1, 65_536), Value("10"), "packets at the start"),
        word("most", Kind::Integer(1, 65_536), Required, "packets at most"),
    ],
};

pub(super) static KEYS: Table = Table {
    path: "traffic.NAME.keys",
    about: "ranges of addresses and ports, enumerated",
    words: &[
        word("src", Kind::Text, Value("10.0.0.1"), "source addresses: one, or FIRST-LAST"),
        word("dst", Kind::Text, Value("10.0.0.2"), "destination addresses"),
        word("sport", Kind::Ports, Value("40000"), "source ports"),
        word("dport", Kind::Ports, Value("5001"), "destination ports"),
        word("protocol", Kind::Choice(&["tcp", "udp"]), Value("tcp"), "the transport"),
    ],
};

pub(super) static POPULARITY: Table = Table {
    path: "traffic.NAME.popularity",
    about: "some flows are busier",
    words: &[word("zipf", Kind::Number(0.0, 20.0), Required, "flow k has weight k^-zipf")],
};
