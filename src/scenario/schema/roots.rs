//! The keys of the file itself and of expectations.

use super::key::Default::{Required, Says, Value};
use super::key::{Kind, Table, word};

/// The file itself.
pub static SCENARIO: Table = Table {
    path: "",
    about: "the scenario",
    words: &[
        word("format", Kind::Integer(1, 1), Value("1"), "version of the file format"),
        word("title", Kind::Text, Value(""), "one line that names the scenario"),
        word("about", Kind::Text, Value(""), "what it shows, and from which source"),
        word(
            "duration",
            Kind::Time,
            Says("with captures alone: until their last packet has ended; else it must be given"),
            "length of the measured window",
        ),
        word(
            "warmup",
            Kind::Warmup,
            Value("0 s"),
            "simulated before the window, not measured; \"auto\" finds it by MSER-5",
        ),
        word("seed", Kind::Integer(0, u64::MAX as i128), Value("1"), "seed of all chance"),
        word(
            "replications",
            Kind::Integer(1, 100_000),
            Value("1"),
            "independent runs; above 1 every figure has a 95 % interval",
        ),
        word(
            "slowdown",
            Kind::Flag,
            Value("false"),
            "record each packet's slowdown: its latency over what its own processing costs",
        ),
        word("host", Kind::Named(&crate::scenario::schema::hosts::HOST), Required, "the servers"),
        word("nic", Kind::Named(&crate::scenario::schema::nics::NIC), Required, "their ports"),
        word(
            "team",
            Kind::Named(&crate::scenario::schema::teams::TEAM),
            Says("none"),
            "ports that work together",
        ),
        word(
            "vm",
            Kind::Named(&crate::scenario::schema::guests::VM),
            Says("none"),
            "groups of virtual machines",
        ),
        word(
            "vnic",
            Kind::Named(&crate::scenario::schema::guests::VNIC),
            Says("none"),
            "further virtual NICs",
        ),
        word(
            "app",
            Kind::Named(&crate::scenario::schema::hosts::APP),
            Says("none"),
            "consumers on hosts",
        ),
        word(
            "work",
            Kind::Named(&crate::scenario::schema::hosts::WORK),
            Says("none"),
            "CPU load that is not networking",
        ),
        word(
            "traffic",
            Kind::Named(&crate::scenario::schema::traffics::TRAFFIC),
            Required,
            "what the wire brings",
        ),
        word(
            "event",
            Kind::Tables(&crate::scenario::schema::events::EVENT),
            Says("none"),
            "what changes while it runs",
        ),
        word("design", Kind::Designs, Says("none"), "alternatives for `compare`"),
        word("sweep", Kind::Axes, Says("none"), "axes for `sweep`"),
        word("expect", Kind::Tables(&EXPECT), Says("none"), "what the file claims"),
    ],
};

pub(super) static EXPECT: Table = Table {
    path: "expect",
    about: "a claim of the file; `run` and `compare` fail where it is not so",
    words: &[
        word("metric", Kind::Text, Required, "path of the metric: \"delivered.gbps\""),
        word("design", Kind::Text, Says("the plain file"), "the design that it concerns"),
        word("min", Kind::Figure, Says("no bound"), "least value"),
        word("max", Kind::Figure, Says("no bound"), "greatest value"),
        word("equals", Kind::Scalar, Says("none"), "the word, or true or false"),
        word("why", Kind::Text, Value(""), "the source of the claim"),
    ],
};
