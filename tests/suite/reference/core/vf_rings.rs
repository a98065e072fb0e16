//! Virtual functions: rings that vCPUs serve, without the host.
//!
//! Rules F4 to F14, I27 and I28.

use crate::reference::core::guests::{Pending, Vcpu};
use crate::reference::model::{Model, VectorAt};
use rxsim::engine::time::Span;
use rxsim::vocab::packet::Fate;
use rxsim::world::{VnicOwner, World};

/// The number of a virtual function's first ring within its port.
pub(in crate::reference) fn first_ring(world: &World, vnic: usize) -> u32 {
    let nic = world.vnics[vnic].nic;
    let before = world.vnics[..vnic].iter().filter(|other| other.nic == nic);
    let rings = before.filter_map(|other| other.vf.as_ref()).map(|vf| vf.targets.len());
    (world.nics[nic].queues.len() + rings.sum::<usize>()) as u32
}

/// The vCPU of each ring that a port has for virtual functions.
pub(in crate::reference) fn vcpus_of_rings(world: &World, nic: usize) -> Vec<usize> {
    let mut vcpus = Vec::new();
    for vnic in world.vnics.iter().filter(|vnic| vnic.nic == nic) {
        if let (Some(vf), VnicOwner::Vm { vm, .. }) = (&vnic.vf, vnic.owner) {
            vcpus.extend(vf.targets.iter().map(|vcpu| Vcpu::number(world, vm, *vcpu)));
        }
    }
    vcpus
}

impl Model<'_> {
    /// A virtual function's vector interrupts its vCPU, whatever the core does.
    pub(in crate::reference) fn guest_interrupt(&mut self, number: usize, at: VectorAt) {
        let now = self.agenda.time();
        self.mask(at);
        self.functions.interrupts += 1;
        let vcpu = &self.vcpus[number];
        let (core, waited) = (vcpu.core, vcpu.pending.is_empty());
        let host = &self.world.hosts[core.host];
        let costs = &host.costs;
        let mut cost = costs.vm_exit * u64::from(host.exits_per_interrupt) + costs.guest_interrupt;
        if waited && now - vcpu.waits_since >= host.halt_poll {
            cost += costs.vm_wakeup;
            self.functions.wakeups += 1;
        }
        self.vector(at).pending_interrupt = Some(cost);
        self.append(number, Pending::Ring(at));
    }

    /// A ring of the list: its interrupt, or its next packet.
    pub(in crate::reference) fn begin_ring_activity(
        &mut self,
        number: usize,
        at: VectorAt,
    ) -> Span {
        if let Some(cost) = self.vector(at).pending_interrupt.take() {
            return cost;
        }
        let queue = self.vector(at).queues[0] as usize;
        let frame = self.nics[at.nic].rings[queue].visible.pop_front();
        let frame = frame.expect("a ring in the list has packets");
        self.vcpus[number].in_service = Some(frame);
        self.guest_cost(&frame)
    }

    /// The packet in a vCPU's hands is its own from now on, if it is a virtual function's.
    pub(in crate::reference) fn guest_packet_starts(&mut self, vcpu: usize) {
        let now = self.agenda.time();
        if let Some(frame) = &mut self.vcpus[vcpu].in_service {
            frame.start.get_or_insert(now);
        }
    }

    /// A packet's descriptor is free; with none visible then, the vector is unmasked. Returns
    /// whether there are more packets.
    pub(in crate::reference) fn ring_packet_ends(&mut self, number: usize, at: VectorAt) -> bool {
        let done = self.vcpus[number].in_service.take().expect("a packet was in processing");
        self.functions.packets += 1;
        self.free_descriptor(&done);
        self.end(done, Fate::Delivered);
        let more = self.waiting(at).next().is_some();
        if !more {
            self.unmask(at);
        }
        more
    }
}
