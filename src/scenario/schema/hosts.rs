//! The keys of hosts, costs, apps and works.

use super::key::Default::{Required, Says, Value};
use super::key::{Key, Kind, Table, word};

/// What stands for "of the profile".
const PROFILE: crate::scenario::schema::key::Default = Says("the profile's, see `costs`");

pub(super) static HOST: Table = Table {
    path: "host.NAME",
    about: "a server",
    words: &[
        word("cores", Kind::Integer(1, 1024), Value("1"), "physical cores"),
        word("smt", Kind::Integer(1, 2), Value("1"), "threads per core; siblings are adjacent")
            .known_as(&["hyperthreading", "ht"]),
        word("numa_nodes", Kind::Integer(1, 64), Value("1"), "nodes that share the cores evenly")
            .known_as(&["*NumaNodeId", "numa"]),
        word("clock", Kind::Frequency, Value("2.66 GHz"), "turns cycles into time"),
        word(
            "costs",
            Kind::Choice(crate::scenario::profile::COST_NAMES),
            Value("zero"),
            "the cost profile; `rxsim show hyperv-2012` prints one",
        ),
        word("cost", Kind::Table(&COSTS), Says("none"), "entries that replace the profile's"),
        word(
            "stack",
            Kind::ChoiceOr(STACKS, &STACK),
            Value("windows-dpc"),
            "how a core takes packets",
        ),
        word("budget", Kind::Integer(1, 1 << 20), Value("64"), "packets per poll round")
            .known_as(&["weight", "dev_weight", "netdev_budget"]),
        word("quantum", Kind::Time, Value("1 ms"), "time slice of threads (assumed)"),
        word(
            "backlog",
            Kind::Integer(1, 1 << 24),
            Value("1000"),
            "packets of protocol work per core under `interrupt-per-packet`",
        )
        .known_as(&["netdev_max_backlog"]),
        word(
            "idle_before_sleep",
            Kind::TimeOrZero,
            Value("100 us"),
            "an idle core sleeps after this, then pays `wakeup` (assumed)",
        ),
        word(
            "contention",
            Kind::Number(0.0, 10.0),
            Value("0"),
            "sigma of 1 + sigma (n - 1) on the cost per packet, n = cores that own \
             a queue of the NIC",
        ),
        word(
            "dispatch",
            Kind::ChoiceOr(&["per-queue", "shared", "work-stealing"], &DISPATCH),
            Value("per-queue"),
            "which core takes a packet: its queue's, or any (the first idle, the least loaded, a thief)",
        ),
        word(
            "priority",
            Kind::Choice(&["preemptive", "non-preemptive"]),
            Value("preemptive"),
            "whether interrupts and deferred work stop what a core has in hand, or come at its end",
        ),
        word(
            "virtualization",
            Kind::Table(&VIRTUALIZATION),
            Says("none"),
            "what CPU and hypervisor can do",
        ),
    ],
};

/// How a core takes packets.
const STACKS: &[&str] = &["windows-dpc", "linux-napi", "busy-poll", "interrupt-per-packet"];

pub(super) static STACK: Table = Table {
    path: "host.NAME.stack",
    about: "how a core takes packets, with options",
    words: &[
        word("kind", Kind::Choice(STACKS), Required, "the stack"),
        word(
            "hz",
            Kind::Integer(24, 10_000),
            Value("250"),
            "timer ticks per second of linux-napi (CONFIG_HZ)",
        ),
        word(
            "ksoftirqd",
            Kind::Choice(&["defers", "shares"]),
            Value("defers"),
            "\"defers\" (Linux up to 6.5): a running ksoftirqd takes the softirqs; \
             \"shares\": later kernels",
        ),
    ],
};

pub(super) static DISPATCH: Table = Table {
    path: "host.NAME.dispatch",
    about: "join bounded shortest queue: one line, from which cores are given packets ahead",
    words: &[word(
        "jbsq",
        Kind::Integer(1, 1024),
        Required,
        "packets that a core may have, the one in hand included; 1 is \"shared\"",
    )],
};

pub(super) static VIRTUALIZATION: Table = Table {
    path: "host.NAME.virtualization",
    about: "what CPU and hypervisor can do",
    words: &[
        word(
            "posted_interrupts",
            Kind::Flag,
            Value("false"),
            "interrupts reach a running guest without exits",
        )
        .known_as(&["APICv", "VT-d PI"]),
        word(
            "exits_per_interrupt",
            Kind::Integer(0, 100),
            Says("0 with posted interrupts, else 2"),
            "exits that the interrupt of a virtual function costs its guest",
        ),
        word(
            "halt_poll",
            Kind::TimeOrZero,
            Value("0 s"),
            "a vCPU that has waited this long is halted: the interrupt of a virtual function then \
             costs `vm_wakeup` more (assumed; KVM on x86 polls up to 200 us)",
        )
        .known_as(&["halt_poll_ns"]),
        word(
            "firmware",
            Kind::Flag,
            Value("true"),
            "the firmware lets the operating system control PCI Express; without it there are no \
             virtual functions",
        )
        .known_as(&["BIOS", "IovSupport"]),
        word(
            "iommu",
            Kind::Flag,
            Value("true"),
            "the chipset remaps DMA and interrupts; without it there are no virtual functions",
        )
        .known_as(&["VT-d", "AMD-Vi", "intel_iommu"]),
    ],
};

/// The names of the cost entries of this version's receive path.
pub(super) static COSTS: Table = Table {
    path: "host.NAME.cost",
    about: "what things cost on this host",
    words: &[
        cost("interrupt", "per hardware interrupt: handler, and scheduling of the deferred work"),
        cost("round", "per poll round; under busy-poll per visit of a ring"),
        cost("packet", "driver, per packet that the host processes"),
        cost("byte", "driver, per byte of the frame"),
        cost("stack_packet", "protocol stack, per packet for the host itself"),
        cost("stack_byte", "protocol stack, per byte of it"),
        cost(
            "filter_packet",
            "per packet that a filter in the driver discards, instead of all else",
        ),
        cost("app_packet", "an app, per packet"),
        cost("app_byte", "an app, per byte"),
        constant("context_switch", "per turn of a core from one thread to another"),
        constant("wakeup", "leaving a sleep state, added to the interrupt that ends it"),
        cost("vswitch_packet", "virtual switch, per packet for a virtual NIC"),
        cost("vswitch_byte", "virtual switch, per byte of it, the copy apart"),
        cost(
            "vswitch_lookup",
            "finding a packet's virtual NIC in software; not where it came by its own queue",
        ),
        cost(
            "vswitch_copy",
            "copying a packet to its guest, per byte; not from its own queue into shared memory",
        ),
        constant("vm_notify", "telling a guest that waits that packets have come, each time"),
        constant("guest_interrupt", "guest, per virtual interrupt: once per notification"),
        cost("guest_packet", "guest's driver and stack, per packet"),
        cost("guest_byte", "guest's driver and stack, per byte"),
        constant("guest_preempt", "what an interrupt costs more where it stops a running guest"),
        constant("vm_exit", "per exit from a guest and back, of a virtual function's interrupt"),
        constant("vm_wakeup", "per interrupt of a virtual function that finds its vCPU halted"),
        constant("ipi", "per interrupt between processors: where `spread` wakes a core"),
        constant(
            "move",
            "moving a queue to another core, which pays it with the next round that it begins",
        ),
    ],
};

const fn cost(key: &'static str, meaning: &'static str) -> Key {
    word(key, Kind::Cost, PROFILE, meaning)
}

const fn constant(key: &'static str, meaning: &'static str) -> Key {
    word(key, Kind::Work, PROFILE, meaning)
}

/// A cost with chance: not under one path, but wherever a cost is due.
pub static COST: Table = Table {
    path: "COST",
    about: "a cost with chance",
    words: &[
        word("mean", Kind::Work, Says("none; uniform and bimodal have their own"), "the mean"),
        word(
            "distribution",
            Kind::Choice(&["constant", "exponential", "lognormal", "uniform", "bimodal"]),
            Required,
            "the law",
        ),
        word(
            "cv",
            Kind::Number(0.0, 10.0),
            Says("none; lognormal needs it"),
            "standard deviation over mean",
        ),
        word("min", Kind::Work, Says("none; uniform needs it"), "least value"),
        word("max", Kind::Work, Says("none; uniform needs it"), "greatest value"),
        word(
            "values",
            Kind::Tables(&BIMODAL),
            Says("none; bimodal needs them"),
            "values and weights",
        ),
    ],
};

pub(super) static BIMODAL: Table = Table {
    path: "VALUE",
    about: "one of a bimodal cost's values",
    words: &[
        word("value", Kind::Work, Required, "the value"),
        word("weight", Kind::Integer(1, 1_000_000), Required, "how often, relative to the others"),
    ],
};

pub(super) static APP: Table = Table {
    path: "app.NAME",
    about: "a consumer on a host: thread class, bounded backlog",
    words: &[
        word("host", Kind::Text, Says("the only host"), "its host"),
        word("core", Kind::Integer(0, 2047), Value("0"), "the core it runs on"),
        word(
            "backlog",
            Kind::Integer(1, 1 << 24),
            Value("1000"),
            "packets handed over and not yet finished",
        ),
        word("packet", Kind::Cost, Says("the host's `app_packet`"), "per packet"),
        word("byte", Kind::Cost, Says("the host's `app_byte`"), "per byte"),
    ],
};

pub(super) static WORK: Table = Table {
    path: "work.NAME",
    about: "CPU load that is not networking, in the thread class",
    words: &[
        word(
            "on",
            Kind::Text,
            Required,
            "where: \"host.alpha\"; or \"vm.web\", \"vm.web[3]\": the core of each of its vCPUs",
        ),
        word("cores", Kind::Cpus, Says("all"), "the cores of a host that it loads"),
        word("load", Kind::Percent, Required, "share of each core that it asks for"),
        word(
            "period",
            Kind::Time,
            Value("10 ms"),
            "it asks for its share anew at every multiple (assumed)",
        ),
    ],
};
