//! Receive packet steering in software (RPS, vRSS): a hash chooses the core whose backlog gets a
//! packet.

use crate::rx::cpu::Feature;
use crate::sim::itinerary::flow_map::picker;
use crate::vocab::frame::Frame;
use crate::world::World;
use std::collections::BTreeSet;

/// Per source of the world the cores that take its packets, on one host.
pub(crate) struct RpsMap {
    sources: Vec<Targets>,
    /// The cores that may serve rings whose packets RPS distributes.
    pub(crate) senders: Vec<usize>,
}

/// The RPS targets of one source.
#[derive(Default)]
struct Targets {
    /// Per flow the core; empty if RPS does not apply to the source.
    cores: Vec<u16>,
    /// Bound of the backlog: a packet that finds this many in it is dropped.
    bound: u32,
}

impl RpsMap {
    /// The RPS map of a host; none if no port uses RPS.
    pub(crate) fn new(world: &World, host: usize) -> Option<Self> {
        let on_host = |source: usize| world.nics[world.sources[source].nic].host == host;
        let uses_rps = |source: usize| on_host(source) && world.uses_rps(source);
        let all = 0..world.sources.len();
        all.clone().any(uses_rps).then(|| {
            let spec = &world.hosts[host];
            assert_eq!(spec.supports(Feature::Rps), Ok(()), "host {}", spec.name);
            let targets = |source| {
                if uses_rps(source) { Targets::of(world, source) } else { Targets::default() }
            };
            let spreads =
                |nic: &usize| world.nics[*nic].host == host && world.nics[*nic].rps.is_some();
            let ports = (0..world.nics.len()).filter(spreads);
            let senders =
                ports.flat_map(|nic| cores_of_queues(world, nic)).collect::<BTreeSet<_>>();
            let senders = senders.into_iter().collect();
            Self { sources: all.map(targets).collect(), senders }
        })
    }

    /// The core of a packet, and the bound of that core's backlog.
    pub(crate) fn target(&self, frame: &Frame) -> (usize, u32) {
        let targets = &self.sources[frame.source as usize];
        (targets.cores[frame.flow as usize].into(), targets.bound)
    }
}

/// The cores that may serve queues of a port.
fn cores_of_queues(world: &World, nic: usize) -> impl Iterator<Item = usize> {
    let spec = &world.nics[nic];
    let others = if world.moves_queues(nic) { &spec.usable[..] } else { &[] };
    spec.queues.iter().chain(others).map(|core| *core as usize)
}

impl Targets {
    fn of(world: &World, source: usize) -> Self {
        let traffic = &world.sources[source];
        let rps = world.nics[traffic.nic].rps.as_ref().expect("the port spreads");
        let place = picker(&rps.cores);
        let core = |key| {
            let core = rps.cores.targets[place(&key)];
            u16::try_from(core).expect("a host has at most 1024 cores")
        };
        let cores = traffic.source.flow_keys(world.seed).map(core).collect();
        Self { cores, bound: rps.backlog }
    }
}
