//! Hosts: their cores, what things cost on them, and what runs there beside the network.

use crate::engine::sample::Draw;
use crate::engine::time::Span;
use crate::rx::cpu::{Costs, Feature, Stack, Unsupported};

/// A host and its cores.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HostSpec {
    /// Its name; with a core's number it names the core's random streams (`host.alpha.core[0]`).
    pub name: String,
    /// Logical processors.
    pub cores: u32,
    /// How cores take packets.
    pub stack: Stack,
    /// Packets per poll round (NAPI: the weight).
    pub budget: u32,
    /// Time slice of threads that share a core.
    pub quantum: Span,
    /// Bound of the backlog of protocol work per core under `interrupt-per-packet`.
    pub backlog: u32,
    /// An idle core sleeps after this long (and then pays `costs.wakeup`).
    pub idle_before_sleep: Span,
    /// How packets in rings find a core.
    pub dispatch: Dispatch,
    /// What is in service is finished before work of a higher class begins.
    pub non_preemptive: bool,
    /// Exits that the interrupt of a virtual function costs its guest.
    pub exits_per_interrupt: u32,
    /// A vCPU that has waited this long is halted: the interrupt of a virtual function then costs
    /// `costs.vm_wakeup` more.
    pub halt_poll: Span,
    /// What things cost.
    pub costs: Costs,
}

impl HostSpec {
    /// A host with so many cores, on which nothing costs anything. Its cores take packets as the
    /// DPCs of Windows do, each from the rings that are its own.
    #[must_use]
    pub fn new(name: &str, cores: u32) -> Self {
        Self {
            name: name.to_owned(),
            cores,
            stack: Stack::WindowsDpc,
            budget: 64,
            quantum: Span::ms(1),
            backlog: 1000,
            idle_before_sleep: Span::us(100),
            dispatch: Dispatch::PerQueue,
            non_preemptive: false,
            exits_per_interrupt: 0,
            halt_poll: Span::ZERO,
            costs: Costs::ZERO,
        }
    }

    /// Whether a feature can be simulated on this host: its dispatch, its stack and its priority
    /// must allow it.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn supports(&self, feature: Feature) -> Result<(), Unsupported> {
        let refuse = |reason, help| Err(Unsupported { reason, help });
        if self.shares_packets() {
            match feature {
                Feature::MovingQueues => {
                    return refuse(
                        "with the host's `dispatch` a queue has no core of its own",
                        "leave `dispatch` out",
                    );
                }
                Feature::Rps => {
                    return refuse(
                        "with the host's `dispatch` any core takes a packet anyway",
                        "leave `dispatch` out",
                    );
                }
                Feature::NonPreemptive | Feature::SharedPackets => {}
            }
        }
        self.stack.supports(feature)?;
        if self.non_preemptive && feature == Feature::Rps {
            return refuse(
                "a core of `priority = \"non-preemptive\"` stops nothing for an interrupt of \
                 another core",
                "leave `priority` out",
            );
        }
        Ok(())
    }

    /// All cores take packets of all rings, as one group.
    #[must_use]
    pub fn shares_packets(&self) -> bool {
        self.dispatch != Dispatch::PerQueue
    }
}

/// How packets in rings find a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Dispatch {
    /// Each ring has its core (d-FCFS).
    PerQueue,
    /// One line of all packets for all cores (c-FCFS).
    Shared,
    /// One line, from which every core is given so many packets ahead (joining the shortest bounded
    /// queue).
    Jbsq(u32),
    /// Each ring has its core; cores without work take over packets of others.
    WorkStealing,
}

/// A consumer on a host: a thread with a bounded backlog.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AppSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// The core it runs on.
    pub core: u32,
    /// Packets handed over and not yet finished.
    pub backlog: u32,
    /// Per packet, instead of the host's.
    pub packet: Draw,
    /// Per byte, instead of the host's.
    pub byte: Draw,
}

impl AppSpec {
    /// A consumer on a core of a host, with a backlog of 1000 packets that cost it nothing.
    #[must_use]
    pub fn new(name: &str, host: usize, core: u32) -> Self {
        let (packet, byte) = (Draw::ZERO, Draw::ZERO);
        Self { name: name.to_owned(), host, core, backlog: 1000, packet, byte }
    }
}

/// CPU load that is not networking: on one core, every `period` it asks for `demand` of CPU.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WorkSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// The core it runs on.
    pub core: u32,
    /// From demand to demand, the first at t = 0. What it did not get by then is forgone.
    pub period: Span,
    /// CPU time asked for; equal to the period: always runnable.
    pub demand: Span,
}

impl WorkSpec {
    /// Load on a core of a host that asks for `demand` of every `period`.
    #[must_use]
    pub fn new(name: &str, host: usize, core: u32, demand: Span, period: Span) -> Self {
        Self { name: name.to_owned(), host, core, period, demand }
    }
}
