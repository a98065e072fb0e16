//! The channels of virtual NICs, numbered through by virtual NIC and channel.

use crate::sim::itinerary::flow_map::picker;
use crate::world::{VnicOwner, VnicSpec, World};
use std::ops::Range;

/// The channels of a virtual NIC. A virtual NIC of the host has one number and no channel.
pub(crate) fn channels_of(world: &World, vnic: usize) -> Range<usize> {
    let first = world.vnics[..vnic].iter().map(count).sum();
    first..first + count(&world.vnics[vnic])
}

/// The number of channels in the world.
pub(crate) fn channels(world: &World) -> usize {
    world.vnics.iter().map(count).sum()
}

fn count(vnic: &VnicSpec) -> usize {
    vnic.channels.as_ref().map_or(1, |channels| channels.targets.len())
}

/// The channels that a vCPU serves, in order, each with its virtual NIC.
pub(crate) fn served_by(world: &World, owner: VnicOwner) -> Vec<(usize, usize)> {
    let VnicOwner::Vm { vm, vcpu } = owner else { return Vec::new() };
    let of_vnic = |(vnic, spec): (usize, &VnicSpec)| -> Vec<(usize, usize)> {
        let VnicOwner::Vm { vm: its, vcpu: first } = spec.owner else { return Vec::new() };
        let served = match &spec.channels {
            Some(channels) => channels.targets.clone(),
            None => vec![first],
        };
        let numbered = channels_of(world, vnic).zip(served);
        let here = numbered.filter(|(_, one)| its == vm && *one == vcpu);
        here.map(|(channel, _)| (channel, vnic)).collect()
    };
    world.vnics.iter().enumerate().flat_map(of_vnic).collect()
}

/// Per flow of a source its channel of this virtual NIC; empty if there is only one.
pub(crate) fn by_flow(world: &World, source: usize, vnic: usize) -> Vec<u32> {
    let several = world.vnics[vnic].channels.as_ref().filter(|channels| channels.targets.len() > 1);
    let Some(channels) = several else { return Vec::new() };
    let place = picker(channels);
    world.sources[source].source.flow_keys(world.seed).map(|key| place(&key) as u32).collect()
}
