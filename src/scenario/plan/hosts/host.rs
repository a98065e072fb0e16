//! A host: its cores, its stack, its costs.

use super::cost;
use super::dispatch;
use crate::rx::cpu::{Costs, Stack};
use crate::rx::steering::placement::Processors;
use crate::scenario::profile;
use crate::scenario::schema::rows::hosts::{HostKeys, StackKeys, VirtualizationKeys};
use crate::scenario::schema::rows::values::{Ksoftirqd, StackKind};
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::text::findings::Findings;
use crate::world::{Dispatch, HostSpec, PathReason};

/// A host as NICs and consumers need it.
#[derive(Debug)]
pub struct Host {
    /// What the world knows of it.
    pub spec: HostSpec,
    /// Its processors.
    pub processors: Processors,
    /// Its clock in hertz, which turns cycles into time.
    pub clock: u64,
    /// Sigma of the contention among cores that own queues of one NIC.
    pub contention: f64,
    /// What keeps it from virtual functions.
    pub no_vfs: Option<PathReason>,
}

impl Host {
    /// Checks that the host has the core that a key names.
    pub fn check_core(&self, setting: &Setting<u32>, findings: &mut Findings) {
        if let Some(core) = setting.value.filter(|core| *core >= self.spec.cores) {
            let last = self.spec.cores - 1;
            findings.mistake(
                setting
                    .mistake(format!("`{}` has no core {core}", self.spec.name))
                    .because(format!("it has the cores 0 to {last}"))
                    .help(format!("write core = 0 to {last}")),
            );
        }
    }
}

/// Reads a host.
pub fn read(keys: &HostKeys, findings: &mut Findings) -> Host {
    let processors = processors(keys, findings);
    let clock = keys.clock.value.unwrap_or(1);
    let profile = keys.costs.value.unwrap_or_else(|| profile::find_or(None, "zero"));
    let costs = cost::read(keys, profile, clock, findings);
    let dispatch = dispatch::read(keys);
    let stack = stack(keys, dispatch, &costs, findings);
    dispatch::check_host(keys, dispatch, stack, findings);
    Host {
        spec: HostSpec {
            name: keys.name().to_owned(),
            cores: processors.logical,
            stack,
            budget: keys.budget.value.unwrap_or(1),
            quantum: keys.quantum.value.unwrap_or_default(),
            backlog: keys.backlog.value.unwrap_or(1),
            idle_before_sleep: keys.idle_before_sleep.value.unwrap_or_default(),
            dispatch,
            non_preemptive: dispatch::is_non_preemptive(keys, stack, findings),
            exits_per_interrupt: keys.virtualization.value.as_ref().map_or(0, exits),
            halt_poll: keys
                .virtualization
                .value
                .as_ref()
                .and_then(|can| can.halt_poll.value)
                .unwrap_or_default(),
            costs,
        },
        processors,
        clock,
        contention: keys.contention.value.unwrap_or(0.0),
        no_vfs: keys.virtualization.value.as_ref().and_then(no_vfs),
    }
}

/// Exits that the interrupt of a virtual function costs its guest: without posted interrupts the
/// interrupt itself and the guest's completion of it leave the guest (ELI, ASPLOS'12).
fn exits(virtualization: &VirtualizationKeys) -> u32 {
    let posted = virtualization.posted_interrupts.value == Some(true);
    virtualization.exits_per_interrupt.value.unwrap_or(if posted { 0 } else { 2 })
}

/// What a host lacks for virtual functions.
fn no_vfs(virtualization: &VirtualizationKeys) -> Option<PathReason> {
    let links = [
        (&virtualization.firmware, PathReason::Firmware),
        (&virtualization.iommu, PathReason::Iommu),
    ];
    let broken = links.into_iter().find(|(link, _)| link.value == Some(false));
    broken.map(|(_, reason)| reason)
}

fn processors(keys: &HostKeys, findings: &mut Findings) -> Processors {
    let [cores, smt, nodes] =
        [&keys.cores, &keys.smt, &keys.numa_nodes].map(|key| key.value.unwrap_or(1));
    if cores % nodes != 0 {
        findings.mistake(
            keys.numa_nodes
                .mistake(format!("{nodes} NUMA nodes cannot share {cores} cores evenly"))
                .because(format!("{cores} is no multiple of {nodes}"))
                .help("write a number of nodes that divides `cores`"),
        );
    }
    Processors { logical: cores * smt, smt, nodes }
}

fn stack(keys: &HostKeys, dispatch: Dispatch, costs: &Costs, findings: &mut Findings) -> Stack {
    let (kind, options) = match &keys.stack.value {
        Some(WordOr::Word(kind)) => (Some(*kind), None),
        Some(WordOr::Table(options)) => (options.kind.value, Some(&**options)),
        None => (None, None),
    };
    if let Some(options) = options.filter(|_| kind != Some(StackKind::LinuxNapi)) {
        refuse_options(options, kind, findings);
    }
    match kind {
        Some(StackKind::LinuxNapi) => Stack::LinuxNapi {
            hz: options.and_then(|options| options.hz.value).unwrap_or(250),
            ksoftirqd_defers: options
                .is_none_or(|options| options.ksoftirqd.value == Some(Ksoftirqd::Defers)),
        },
        Some(StackKind::BusyPoll) => {
            // Cores that share packets pay nothing for looking.
            if costs.round.mean_ps() == 0.0 && dispatch == Dispatch::PerQueue {
                findings.mistake(
                    keys.stack
                        .mistake(format!("`{}` polls for nothing", keys.name()))
                        .because("busy-poll pays `round` at every visit of a ring, and it is zero")
                        .help("write a cost above zero: `cost = { round = \"50 ns\" }`"),
                );
            }
            Stack::BusyPoll
        }
        Some(StackKind::InterruptPerPacket) => Stack::InterruptPerPacket,
        Some(StackKind::WindowsDpc) | None => Stack::WindowsDpc,
    }
}

/// Refuses the options of `linux-napi` for another stack.
fn refuse_options(options: &StackKeys, kind: Option<StackKind>, findings: &mut Findings) {
    let kind = kind.map_or("another", StackKind::name);
    let given = [
        options.hz.given.then(|| options.hz.mistake("`hz` is an option of linux-napi alone")),
        options
            .ksoftirqd
            .given
            .then(|| options.ksoftirqd.mistake("`ksoftirqd` is an option of linux-napi alone")),
    ];
    for mistake in given.into_iter().flatten() {
        findings.mistake(
            mistake
                .because(format!("the stack is {kind}"))
                .help("remove it, or write kind = \"linux-napi\""),
        );
    }
}
