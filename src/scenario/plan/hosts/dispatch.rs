//! Which core of a host takes a packet, what it may stop, and which stacks can do so.

use crate::rx::cpu::{Feature, Stack, Unsupported};
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

/// Whether what a core is doing is finished before interrupts and deferred work come. Checks that
/// its stack can do that.
pub fn is_non_preemptive(host: &HostKeys, stack: Stack, findings: &mut Findings) -> bool {
    let is = host.priority.value == Some(Priority::NonPreemptive);
    if is && let Err(Unsupported { reason, help }) = stack.supports(Feature::NonPreemptive) {
        findings.mistake(
            host.priority
                .mistake(format!("{} is not non-preemptive", stack.name()))
                .because(reason)
                .help(help),
        );
    }
    is
}

/// Checks whether the cores of this host can share packets.
pub fn check_host(host: &HostKeys, dispatch: Dispatch, stack: Stack, findings: &mut Findings) {
    if dispatch == Dispatch::PerQueue {
        return;
    }
    if let Err(Unsupported { reason, help }) = stack.supports(Feature::SharedPackets) {
        findings.mistake(
            host.dispatch
                .mistake(format!("cores under {} cannot share packets", stack.name()))
                .because(reason)
                .help(help),
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
