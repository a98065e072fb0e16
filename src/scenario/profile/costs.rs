//! What receiving costs on measured systems.

use super::numbers::{Profile, Row, choices, row};
use crate::scenario::schema::Choice;

/// The cost profiles as values of a key.
pub const COST_PROFILES: &[Choice] = &choices::<{ ALL.len() }>(ALL);

pub(super) const ALL: &[Profile] = &[
    Profile {
        name: "zero",
        about: "nothing costs anything; a file states all that it uses",
        rows: &[],
    },
    Profile {
        name: "hyperv-2012",
        about: "a Windows Server 2012 host: packet + stack (or, without VMQ, vswitch) + 1518 B + \
                round / 64 = 3.47 us, the 3.5 Gbps of full frames per core that \
                workinghardinit.work (2012) reports; with VMQ the lookup falls away",
        rows: HYPERV,
    },
    Profile {
        name: "linux-4.18-drop",
        about: "Linux 4.18, netfilter raw-table drop, Xeon E5-1650 v4 3.6 GHz, ConnectX-5",
        rows: LINUX_DROP,
    },
    Profile {
        name: "xdp",
        about: "XDP drop in the driver, Linux 4.18, Xeon E5-1650 v4 3.6 GHz, ConnectX-5",
        rows: XDP,
    },
    Profile {
        name: "freebsd-12-forward",
        about: "FreeBSD 12 forwarding, Xeon E5-2650 v4 2.2 GHz, ConnectX-4",
        rows: FREEBSD,
    },
    Profile {
        name: "dpdk",
        about: "DPDK receive only, busy polling, Xeon E5-1650 v4 3.6 GHz, ConnectX-5",
        rows: DPDK,
    },
];

/// The split that makes the sum; no source tells its parts apart.
const SPLIT: &str = "modelling choice within the sum of 3.47 us";
/// Likewise of what a queue of one's own saves; the post has its effect, 8 Gbps and more.
const LOOKUP: &str = "modelling choice within the sum of 3.47 us; VMQ saves it, so that a full frame \
                      costs 2.67 us (9.87 Gbps: 2.17 cores)";
/// Likewise of the copy.
const COPY: &str = "modelling choice within the sum of 3.47 us: a copy at 5 GB/s per core; hosts up \
                    to 2008 R2 save it with VMQ";

static HYPERV: &[Row] = &[
    row("interrupt", "2 us", "assumed, within 1 to 5 us; outside of the 3.47 us"),
    row("round", "640 ns", SPLIT),
    row("packet", "1 us", SPLIT),
    row("byte", "0.25 ns", SPLIT),
    row("stack_packet", "1.701 us", SPLIT),
    row("stack_byte", "0.25 ns", SPLIT),
    row("filter_packet", "200 ns", "assumed, as a netfilter raw-table drop"),
    row("app_packet", "1 us", "assumed"),
    row("app_byte", "0.2 ns", "assumed: a copy at 5 GB/s per core"),
    row("context_switch", "1.5 us", "assumed, within 1 to 3 us"),
    row("wakeup", "0 s", "assumed: a host configured for performance does not sleep"),
    row("vswitch_packet", "901 ns", SPLIT),
    row("vswitch_byte", "0.05 ns", SPLIT),
    row("vswitch_lookup", "800 ns", LOOKUP),
    row("vswitch_copy", "0.2 ns", COPY),
    row("vm_notify", "1 us", "assumed: a hypercall; outside of the 3.47 us"),
    row("guest_interrupt", "2 us", "assumed, as a host's interrupt"),
    row("guest_packet", "1 us", "assumed, as `packet`"),
    row("guest_byte", "0.25 ns", "assumed, as `byte`"),
    row(
        "vm_exit",
        "1 us",
        "assumed; 2528 cycles were measured on AMD SVM (linux-kernel list, 2020)",
    ),
    row("vm_wakeup", "1 us", "assumed: the hypervisor enters the guest again, as `vm_exit`"),
    row("guest_preempt", "1 us", "assumed: an exit and an entry"),
    row("ipi", "1 us", IPI),
    row("move", "10 us", MOVE),
];

/// Likewise of waking another core.
const IPI: &str = "assumed, within 0.5 to 2 us";

/// No source found tells what moving a queue takes; its parts are a few things of about 1 us.
const MOVE: &str = "assumed: an interrupt between processors, a register of the NIC written and read \
                    back over the bus, a cold cache for the ring and its driver's state; no source \
                    tells what moving a queue takes";

/// The measurements that came with the XDP paper.
const BENCH01: &str = "xdp-paper (CoNEXT'18), benchmarks/bench01_baseline.org";

static LINUX_DROP: &[Row] = &[
    row(
        "interrupt",
        "1.248 us",
        "fitted to the utilisation at 0.25 and 1 Mpps of bench01_baseline.org, \
         with a timer of 2.141 us",
    ),
    row(
        "packet",
        "198.02 ns",
        "1 / 5.05 Mpps, xdp-paper (CoNEXT'18), benchmarks/bench01_baseline.org",
    ),
    row("filter_packet", "41.6 ns", "XDP drop, 24 Mpps per core, xdp-paper (CoNEXT'18)"),
    row("app_packet", "1 us", "assumed"),
    row("context_switch", "1.5 us", "assumed, within 1 to 3 us"),
    row("ipi", "1 us", IPI),
    row("move", "10 us", MOVE),
];

static XDP: &[Row] = &[
    row("interrupt", "1.248 us", "assumed, as linux-4.18-drop"),
    row("packet", "41.6 ns", BENCH01),
    row("filter_packet", "41.6 ns", BENCH01),
    row("app_packet", "1 us", "assumed"),
    row("context_switch", "1.5 us", "assumed, within 1 to 3 us"),
    row("ipi", "1 us", IPI),
    row("move", "10 us", MOVE),
];

static FREEBSD: &[Row] = &[
    row("interrupt", "1.248 us", "assumed, as linux-4.18-drop"),
    row(
        "packet",
        "648.088 ns",
        "1 / 1.543 Mpps, netbenches, Xeon_E5-2650v4 ConnectX-4, fbsd12-head.r335286",
    ),
    row("context_switch", "1.5 us", "assumed, within 1 to 3 us"),
    row("ipi", "1 us", IPI),
    row("move", "10 us", MOVE),
];

static DPDK: &[Row] = &[
    row("round", "32 ns", "assumed; with `packet` 22.9 ns at full rounds of 64"),
    row(
        "packet",
        "22.4 ns",
        "43.5 Mpps per core: 22.9 ns with its share of the round, bench01_baseline.org",
    ),
    row("filter_packet", "22.4 ns", "assumed, as `packet`"),
];
