//! Which core of a host takes a packet, what it may stop, and which stacks can do so.

use crate::rx::cpu::Stack;
use crate::scenario::schema::rows::hosts::HostKeys;
use crate::scenario::schema::rows::values::{DispatchKind, Priority};
use crate::scenario::schema::setting::WordOr;
use crate::scenario::text::findings::Findings;
use crate::world::Dispatch;

/// How packets in rings find a core.
pub fn read(host: &HostKeys) -> Dispatch {
    match &host.dispatch.value {
        Some(WordOr::Table(options)) => {
            options.jbsq.value.map_or(Dispatch::PerQueue, Dispatch::Jbsq)
        }
        Some(WordOr::Word(DispatchKind::Shared)) => Dispatch::Shared,
        Some(WordOr::Word(DispatchKind::WorkStealing)) => Dispatch::WorkStealing,
        Some(WordOr::Word(DispatchKind::PerQueue)) | None => Dispatch::PerQueue,
    }
}

/// Whether what a core has in hand is finished first. Checks that its stack can do that.
pub fn is_non_preemptive(host: &HostKeys, stack: Stack, findings: &mut Findings) -> bool {
    let is = host.priority.value == Some(Priority::NonPreemptive);
    let why = match stack {
        Stack::LinuxNapi { .. } => {
            "the bounds of its softirqs suppose that interrupts come at once"
        }
        Stack::BusyPoll => "it has no interrupts that could wait",
        Stack::WindowsDpc | Stack::InterruptPerPacket => return is,
    };
    if is {
        findings.mistake(
            host.priority
                .mistake(format!("{} is not non-preemptive", name(stack)))
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
pub fn check_host(host: &HostKeys, dispatch: Dispatch, stack: Stack, findings: &mut Findings) {
    if dispatch == Dispatch::PerQueue {
        return;
    }
    if !matches!(stack, Stack::WindowsDpc | Stack::BusyPoll) {
        findings.mistake(
            host.dispatch
                .mistake(format!("cores under {} cannot share packets", name(stack)))
                .because("that stack ties a packet to the core that its interrupt is sent to")
                .help("write stack = \"windows-dpc\" or \"busy-poll\", or leave `dispatch` out"),
        );
    }
    if host.smt.value == Some(2) {
        findings.mistake(
            host.dispatch
                .mistake("hyper-thread siblings cannot share packets")
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
