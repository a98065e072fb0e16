//! Spreading in software (RPS, vRSS): to which core's backlog each packet goes, by a hash.

use super::spread::place_in;
use super::world::{Dispatch, World};
use crate::vocab::frame::Frame;
use std::collections::BTreeSet;

/// To which core's backlog the packets of a host go: per source of the world.
pub(super) struct Spreading {
    sources: Vec<Targets>,
    /// The cores that may take such packets from rings.
    pub(super) takers: Vec<usize>,
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
    pub(super) fn new(world: &World, host: usize) -> Option<Self> {
        let on_host = |source: usize| world.nics[world.sources[source].nic].host == host;
        let is_spread = |source: usize| on_host(source) && world.is_spread(source);
        let all = 0..world.sources.len();
        all.clone().any(is_spread).then(|| {
            let spec = &world.hosts[host];
            assert!(spec.stack.masks(), "{:?} spreads nothing in software", spec.stack);
            assert!(spec.dispatch == Dispatch::PerQueue, "cores share packets or spread them");
            assert!(!spec.non_preemptive, "what is spread interrupts others");
            let targets = |source| {
                if is_spread(source) { Targets::of(world, source) } else { Targets::default() }
            };
            let spreads =
                |nic: &usize| world.nics[*nic].host == host && world.nics[*nic].spread.is_some();
            let ports = (0..world.nics.len()).filter(spreads);
            let takers = ports.flat_map(|nic| cores_of_queues(world, nic)).collect::<BTreeSet<_>>();
            let takers = takers.into_iter().collect();
            Self { sources: all.map(targets).collect(), takers }
        })
    }

    /// The core of a packet, and the bound of its backlog.
    pub(super) fn target(&self, frame: &Frame) -> (usize, u32) {
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
        let spread = world.nics[traffic.nic].spread.as_ref().expect("the port spreads");
        let place = place_in(&spread.cores);
        let core = |key| {
            let core = spread.cores.over[place(&key)];
            u16::try_from(core).expect("a host has at most 1024 cores")
        };
        let cores = traffic.source.flow_keys(world.seed).map(core).collect();
        Self { cores, bound: spread.backlog }
    }
}
