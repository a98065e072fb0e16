//! Whose the rings of virtual functions are, and where they lie among those of their port.

use crate::world::{FlowMap, VnicOwner, World};

/// The virtual functions of a port, each with its virtual NIC.
fn of_nic(world: &World, nic: usize) -> impl Iterator<Item = (usize, &FlowMap)> {
    let vnics = world.vnics.iter().enumerate().filter(move |(_, vnic)| vnic.nic == nic);
    vnics.filter_map(|(number, vnic)| Some((number, vnic.vf.as_ref()?)))
}

/// Whose the rings of a port's virtual functions are, in the order of their numbers.
pub(crate) fn owners(world: &World, nic: usize) -> Vec<VnicOwner> {
    let owner = |vnic: usize, vcpu: u32| match world.vnics[vnic].owner {
        VnicOwner::Vm { vm, .. } => VnicOwner::Vm { vm, vcpu },
        VnicOwner::Host => unreachable!("virtual functions belong to guests"),
    };
    let rings = |(vnic, vf): (usize, &FlowMap)| -> Vec<VnicOwner> {
        vf.targets.iter().map(|vcpu| owner(vnic, *vcpu)).collect()
    };
    of_nic(world, nic).flat_map(rings).collect()
}

/// The first ring of a virtual NIC's virtual function among those of its port.
pub(crate) fn first_ring(world: &World, vnic: usize) -> usize {
    let before = of_nic(world, world.vnics[vnic].nic).take_while(|(number, _)| *number < vnic);
    before.map(|(_, vf)| vf.targets.len()).sum()
}
