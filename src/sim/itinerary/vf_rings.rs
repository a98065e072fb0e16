//! The rings of virtual functions: their vCPUs, and their numbers behind the queues of the port.

use crate::world::{FlowMap, VnicOwner, World};

/// The virtual functions of a port, each with its virtual NIC.
fn of_nic(world: &World, nic: usize) -> impl Iterator<Item = (usize, &FlowMap)> {
    let vnics = world.vnics.iter().enumerate().filter(move |(_, vnic)| vnic.nic == nic);
    vnics.filter_map(|(number, vnic)| Some((number, vnic.vf.as_ref()?)))
}

/// The vCPU of each ring of a port's virtual functions, in order.
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

/// The number of the first ring of a virtual NIC's virtual function, counted from the port's first
/// such ring.
pub(crate) fn first_ring(world: &World, vnic: usize) -> usize {
    let before = of_nic(world, world.vnics[vnic].nic).take_while(|(number, _)| *number < vnic);
    before.map(|(_, vf)| vf.targets.len()).sum()
}
