//! Spreading in software (RPS, vRSS): to which core's backlog each packet goes, by a hash.

use crate::sim::itinerary::flow_map::place_in;
use crate::vocab::frame::Frame;
use crate::world::{Dispatch, World};
use std::collections::BTreeSet;

/// To which core's backlog the packets of a host go: per source of the world.
pub(crate) struct Spreading {
    sources: Vec<Targets>,
    /// The cores that may take such packets from rings.
    pub(crate) takers: Vec<usize>,
}

/// Where the packets of one source go.
#[derive(Default)]
struct Targets {
    /// The core of each flow; none where the source's packets are not spread.
    cores: Vec<u16>,
    /// A packet is lost that finds so many in the backlog.
    bound: u32,
}

impl Spreading {
    /// That of a host's packets, if any are spread.
    pub(crate) fn new(world: &World, host: usize) -> Option<Self> {
        let on_host = |source: usize| world.nics[world.sources[source].nic].host == host;
        let uses_rps = |source: usize| on_host(source) && world.uses_rps(source);
        let all = 0..world.sources.len();
        all.clone().any(uses_rps).then(|| {
            let spec = &world.hosts[host];
            assert!(spec.stack.masks(), "{:?} spreads nothing in software", spec.stack);
            assert!(spec.dispatch == Dispatch::PerQueue, "cores share packets or spread them");
            assert!(!spec.non_preemptive, "what is spread interrupts others");
            let targets = |source| {
                if uses_rps(source) { Targets::of(world, source) } else { Targets::default() }
            };
            let spreads =
                |nic: &usize| world.nics[*nic].host == host && world.nics[*nic].rps.is_some();
            let ports = (0..world.nics.len()).filter(spreads);
            let takers = ports.flat_map(|nic| cores_of_queues(world, nic)).collect::<BTreeSet<_>>();
            let takers = takers.into_iter().collect();
            Self { sources: all.map(targets).collect(), takers }
        })
    }

    /// The core of a packet, and the bound of its backlog.
    pub(crate) fn target(&self, frame: &Frame) -> (usize, u32) {
        let targets = &self.sources[frame.source as usize];
        (targets.cores[frame.flow as usize].into(), targets.bound)
    }
}

/// The cores that queues of a port may be on.
fn cores_of_queues(world: &World, nic: usize) -> impl Iterator<Item = usize> {
    let spec = &world.nics[nic];
    let others = if world.moves_queues(nic) { &spec.usable[..] } else { &[] };
    spec.queues.iter().chain(others).map(|core| *core as usize)
}

impl Targets {
    fn of(world: &World, source: usize) -> Self {
        let traffic = &world.sources[source];
        let spread = world.nics[traffic.nic].rps.as_ref().expect("the port spreads");
        let place = place_in(&spread.cores);
        let core = |key| {
            let core = spread.cores.targets[place(&key)];
            u16::try_from(core).expect("a host has at most 1024 cores")
        };
        let cores = traffic.source.flow_keys(world.seed).map(core).collect();
        Self { cores, bound: spread.backlog }
    }
}
