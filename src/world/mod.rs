//! A world: all that a run is given, and what it leaves behind ([`outcome`]), in plain numbers.
//!
//! Times are picoseconds, sizes bytes, rates bits per second; names serve random streams and
//! results. A scenario that has been checked becomes a world; a world that breaks a stated bound is
//! a bug of the program that made it.
//!
//! A program that builds a world by hand starts each specification with its `new`, which makes the
//! plainest thing of its kind, and then sets the fields that differ:
//!
//! ```
//! use rxsim::Span;
//! use rxsim::world::{Arrivals, Draw, HostSpec, NicSpec, TrafficSpec, World};
//!
//! let mut world = World::new(Span::ms(10));
//! let mut host = HostSpec::new("alpha", 2);
//! host.costs.packet = Draw::Constant(Span::us(2));
//! world.hosts.push(host);
//! // One receive queue on each of the two cores: packets are spread by RSS.
//! world.nics.push(NicSpec::new("port0", 0, &[0, 1]));
//! let mut bulk = TrafficSpec::new("bulk", 0, Arrivals::poisson(Span::us(2)));
//! bulk.source.flows.count = 100;
//! world.sources.push(bulk);
//!
//! let outcome = rxsim::run(&world)?;
//! assert_eq!(outcome.nics[0].queues.len(), 2);
//! assert!(outcome.sources[0].delivered.packets > 4_000);
//! # Ok::<(), rxsim::Error>(())
//! ```

mod host;
mod nic;
mod vm;
mod traffic;
mod event;
mod run_error;
pub mod outcome;

pub use crate::engine::sample::Draw;
pub use crate::rx::cpu::{Costs, Stack};
pub use crate::rx::dma::DmaSpec;
pub use crate::rx::moderation::Moderation;
pub use crate::rx::source::capture::{Capture, Captured};
pub use crate::rx::source::keys::Keys;
pub use crate::rx::source::{
    Arrivals, ClosedLoop, Flows, Gap, Popularity, Sizes, SourceSpec, Window,
};
pub use crate::rx::steering::rss::{HashTypes, RssSpec};
pub use crate::vocab::drop_reason::DropReason;
pub use event::{Action, EventSpec};
pub use host::{AppSpec, Dispatch, HostSpec, WorkSpec};
pub use nic::{FlowControl, FlowMap, Maker, NicSpec, Rebalance, RpsSpec, SteeringSpec};
pub use run_error::RunError;
pub use traffic::{Consumer, Filter, Part, TrafficSpec};
pub use vm::{PathReason, RxPath, VmSpec, VnicOwner, VnicSpec};

use crate::engine::time::Span;
use crate::policy::Kind;

/// Everything that is simulated together.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct World {
    /// Seed of all randomness.
    pub seed: u64,
    /// Simulated before the measured window.
    pub warmup: Span,
    /// Length of the measured window; none (captures only): until the last packet has ended.
    pub duration: Option<Span>,
    /// Step of the recorded series; none: no series.
    pub step: Option<Span>,
    /// Upper bound of the spans between two points at which all cores are caught up; results do
    /// not depend on it. None: only where control events need it.
    pub batch: Option<Span>,
    /// The hosts.
    pub hosts: Vec<HostSpec>,
    /// The ports; their order is the order of simultaneous events.
    pub nics: Vec<NicSpec>,
    /// The traffic sources; likewise.
    pub sources: Vec<TrafficSpec>,
    /// Consumers on hosts.
    pub apps: Vec<AppSpec>,
    /// CPU load that is not networking.
    pub works: Vec<WorkSpec>,
    /// Virtual machines.
    pub vms: Vec<VmSpec>,
    /// Virtual NICs: those of the virtual machines, and further ones of hosts.
    pub vnics: Vec<VnicSpec>,
    /// What changes while it runs; those of one instant in this order.
    pub events: Vec<EventSpec>,
    /// Record every delivered packet's slowdown: its latency over what its own processing costs.
    pub slowdown: bool,
}

impl World {
    /// A world without anything in it, of seed 1, that is measured for `duration` from its start.
    #[must_use]
    pub fn new(duration: Span) -> Self {
        Self {
            seed: 1,
            warmup: Span::ZERO,
            duration: Some(duration),
            step: None,
            batch: None,
            hosts: vec![],
            nics: vec![],
            sources: vec![],
            apps: vec![],
            works: vec![],
            vms: vec![],
            vnics: vec![],
            events: vec![],
            slowdown: false,
        }
    }

    /// The virtual NIC by whose virtual function the packets of a source come, if they do: a filter
    /// that names a queue of the port leads past it.
    #[must_use]
    pub fn function_of(&self, source: usize) -> Option<usize> {
        let traffic = &self.sources[source];
        match traffic.to {
            Consumer::Vnic(vnic) if !matches!(traffic.filter, Filter::Pin(_)) => {
                self.vnics[vnic].rx_path.is_function().then_some(vnic)
            }
            _ => None,
        }
    }

    /// Whether software spreads the packets of a source over cores, unless they come by a virtual
    /// function.
    #[must_use]
    pub fn uses_rps(&self, source: usize) -> bool {
        let traffic = &self.sources[source];
        traffic.filter != Filter::DropInDriver && self.nics[traffic.nic].rps.is_some()
    }

    /// The sources whose packets' way changes while it runs, by events of their virtual NIC.
    #[must_use]
    pub fn changing(&self) -> Vec<usize> {
        let mut changes = vec![false; self.vnics.len()];
        for event in &self.events {
            if let Action::SetRoute { vnic, .. } = event.action {
                changes[vnic] = true;
            }
        }
        let to =
            |source: &usize| matches!(self.sources[*source].to, Consumer::Vnic(at) if changes[at]);
        (0..self.sources.len()).filter(to).collect()
    }

    /// The virtual NICs on the virtual switch of a port.
    pub fn vnics_of(&self, nic: usize) -> impl Iterator<Item = usize> {
        (0..self.vnics.len()).filter(move |vnic| self.vnics[*vnic].nic == nic)
    }

    /// Whether an event lets a port lose the affinity of its queues.
    #[must_use]
    pub fn loses_affinity(&self, nic: usize) -> bool {
        let loses =
            |action: &Action| matches!(action, Action::LoseAffinity { nic: its } if *its == nic);
        self.events.iter().any(|event| loses(&event.action))
    }

    /// Whether anything may move a port's queues.
    #[must_use]
    pub fn moves_queues(&self, nic: usize) -> bool {
        let spec = &self.nics[nic];
        let by_policy = spec.rebalance.as_ref().is_some_and(|rebalance| match &rebalance.maker {
            Maker::BuiltIn(policy) => policy.kind != Kind::Fixed && !policy.kind.moves_entries(),
            Maker::Own(_) => self.hosts[spec.host].stack.masks(),
        });
        by_policy || self.loses_affinity(nic)
    }
}
