//! Which core of a host takes a packet, what it may stop, and which stacks can do so.

use crate::rx::cpu::Stack;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::findings::Findings;
use crate::world::Dispatch;

/// Reads how packets in rings find a core.
pub fn read(host: &TableReader) -> Dispatch {
    if let Some(options) = host.table("dispatch") {
        return options.count("jbsq").map_or(Dispatch::PerQueue, Dispatch::Jbsq);
    }
    match host.text("dispatch") {
        Some("shared") => Dispatch::Shared,
        Some("work-stealing") => Dispatch::WorkStealing,
        _ => Dispatch::PerQueue,
    }
}

/// Whether what a core has in hand is finished first. Checks that its stack can do that.
pub fn is_non_preemptive(host: &TableReader, stack: Stack, findings: &mut Findings) -> bool {
    let is = host.text("priority") == Some("non-preemptive");
    let why = match stack {
        Stack::LinuxNapi { .. } => {
            "the bounds of its softirqs suppose that interrupts come at once"
        }
        Stack::BusyPoll => "it has no interrupts that could wait",
        Stack::WindowsDpc | Stack::InterruptPerPacket => return is,
    };
    if is {
        findings.mistake(
            host.mistake("priority", format!("{} is not non-preemptive", name(stack)))
                .because(why)
                .help(
                    "leave `priority` out, or write stack = \"windows-dpc\" or \
                     \"interrupt-per-packet\"",
                ),
        );
    }
    is
}

/// Checks whether the cores of this host can share packets.
pub fn check_host(host: &TableReader, dispatch: Dispatch, stack: Stack, findings: &mut Findings) {
    if dispatch == Dispatch::PerQueue {
        return;
    }
    if !matches!(stack, Stack::WindowsDpc | Stack::BusyPoll) {
        findings.mistake(
            host.mistake("dispatch", format!("cores under {} cannot share packets", name(stack)))
                .because("that stack ties a packet to the core that its interrupt is sent to")
                .help("write stack = \"windows-dpc\" or \"busy-poll\", or leave `dispatch` out"),
        );
    }
    if host.count("smt") == Some(2) {
        findings.mistake(
            host.mistake("dispatch", "hyper-thread siblings cannot share packets")
                .because("all cores take part, and how siblings slow each other is not simulated")
                .help("write smt = 1, or leave `dispatch` out"),
        );
    }
}

const fn name(stack: Stack) -> &'static str {
    match stack {
        Stack::WindowsDpc => "windows-dpc",
        Stack::LinuxNapi { .. } => "linux-napi",
        Stack::BusyPoll => "busy-poll",
        Stack::InterruptPerPacket => "interrupt-per-packet",
    }
}
