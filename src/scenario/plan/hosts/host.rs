//! A host: its cores, its stack, its costs.

use super::cost;
use super::dispatch;
use crate::rx::cpu::{Costs, Stack};
use crate::rx::steering::placement::Processors;
use crate::scenario::profile;
use crate::scenario::schema::table_reader::TableReader;
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

/// Reads a host.
pub fn read(view: &TableReader, findings: &mut Findings) -> Host {
    let processors = processors(view, findings);
    let clock = view.frequency("clock").unwrap_or(1);
    let profile = profile::find_or(view.text("costs"), "zero");
    let costs = cost::read(view, profile, clock, findings);
    let dispatch = dispatch::read(view);
    let stack = stack(view, dispatch, &costs, findings);
    dispatch::check_host(view, dispatch, stack, findings);
    let time = |key| view.time(key).unwrap_or_default();
    let virtualization = view.options("virtualization");
    Host {
        spec: HostSpec {
            name: view.name.to_owned(),
            cores: processors.logical,
            stack,
            budget: view.count("budget").unwrap_or(1),
            quantum: time("quantum"),
            backlog: view.count("backlog").unwrap_or(1),
            idle_before_sleep: time("idle_before_sleep"),
            dispatch,
            non_preemptive: dispatch::is_non_preemptive(view, stack, findings),
            exits_per_interrupt: exits(&virtualization),
            halt_poll: virtualization.time("halt_poll").unwrap_or_default(),
            costs,
        },
        processors,
        clock,
        contention: view.number("contention").unwrap_or(0.0),
        no_vfs: no_vfs(&virtualization),
    }
}

/// Exits that the interrupt of a virtual function costs its guest: without posted interrupts the
/// interrupt itself and the guest's completion of it leave the guest (ELI, ASPLOS'12).
fn exits(virtualization: &TableReader) -> u32 {
    let posted = virtualization.flag("posted_interrupts") == Some(true);
    virtualization.count("exits_per_interrupt").unwrap_or(if posted { 0 } else { 2 })
}

/// What a host lacks for virtual functions.
fn no_vfs(virtualization: &TableReader) -> Option<PathReason> {
    let links = [("firmware", PathReason::Firmware), ("iommu", PathReason::Iommu)];
    let broken = links.into_iter().find(|(key, _)| virtualization.flag(key) == Some(false));
    broken.map(|(_, reason)| reason)
}

fn processors(view: &TableReader, findings: &mut Findings) -> Processors {
    let count = |key| view.count(key).unwrap_or(1);
    let (cores, smt, nodes) = (count("cores"), count("smt"), count("numa_nodes"));
    if cores % nodes != 0 {
        findings.mistake(
            view.mistake(
                "numa_nodes",
                format!("{nodes} NUMA nodes cannot share {cores} cores evenly"),
            )
            .because(format!("{cores} is no multiple of {nodes}"))
            .help("write a number of nodes that divides `cores`"),
        );
    }
    Processors { logical: cores * smt, smt, nodes }
}

fn stack(view: &TableReader, dispatch: Dispatch, costs: &Costs, findings: &mut Findings) -> Stack {
    let options = view.table("stack");
    let kind = options.as_ref().map_or(view.text("stack"), |options| options.text("kind"));
    if let Some(options) = options.filter(|_| kind != Some("linux-napi")) {
        for key in ["hz", "ksoftirqd"].into_iter().filter(|key| options.has(key)) {
            findings.mistake(
                options
                    .mistake(key, format!("`{key}` is an option of linux-napi alone"))
                    .because(format!("the stack is {}", kind.unwrap_or("another")))
                    .help("remove it, or write kind = \"linux-napi\""),
            );
        }
    }
    match kind {
        Some("linux-napi") => Stack::LinuxNapi {
            hz: options.and_then(|options| options.count("hz")).unwrap_or(250),
            ksoftirqd_defers: options.is_none_or(|o| o.text("ksoftirqd") == Some("defers")),
        },
        Some("busy-poll") => {
            // Cores that share packets pay nothing for looking.
            if costs.round.mean_ps() == 0.0 && dispatch == Dispatch::PerQueue {
                findings.mistake(
                    view.mistake("stack", format!("`{}` polls for nothing", view.name))
                        .because("busy-poll pays `round` at every visit of a ring, and it is zero")
                        .help("write a cost above zero: `cost = { round = \"50 ns\" }`"),
                );
            }
            Stack::BusyPoll
        }
        Some("interrupt-per-packet") => Stack::InterruptPerPacket,
        _ => Stack::WindowsDpc,
    }
}
