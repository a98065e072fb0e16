//! What changes while a world runs: receive paths, virtual machines that stop and start, links.
//!
//! Rules E1 to E16, I9 and I32.

use crate::reference::core::guests::{Doing, Vcpu};
use crate::reference::core::threads::ThreadKind;
use crate::reference::model::{Model, VectorAt};
use crate::reference::nic::moderation::Vector;
use crate::reference::traffic::Feed;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Packet};
use rxsim::world::{Action, RxPath, VmSpec, VnicOwner, World};
use std::collections::BTreeSet;

/// The virtual machine of a virtual NIC; none for the host's own.
pub(in crate::reference) fn vm_of(world: &World, vnic: usize) -> Option<usize> {
    match world.vnics[vnic].owner {
        VnicOwner::Host => None,
        VnicOwner::Vm { vm, .. } => Some(vm),
    }
}

/// Why the packets of a virtual machine are lost at the start of the run, if they are.
pub(in crate::reference) fn does_not_run(vm: &VmSpec) -> Option<DropReason> {
    (!vm.running).then_some(DropReason::NoFilter)
}

impl Model<'_> {
    pub(in crate::reference) fn event(&mut self, event: usize) {
        match &self.world.events[event].action {
            Action::LoseAffinity { nic } => self.lose_affinity(*nic),
            Action::SetRoute { vnic, rx_path } => self.set_route(*vnic, rx_path),
            Action::Stop { vm, reason } => self.stop(*vm, *reason),
            Action::Start { vm } => self.start_vm(*vm),
            Action::Link { nic, up } => self.nics[*nic].link.up = *up,
        }
    }

    /// Whether a source's packet comes by its port at all.
    pub(in crate::reference) fn is_in_part(&mut self, source: usize, packet: &Packet) -> bool {
        let is_in = Feed::is_in(&self.world.sources[source].part, packet);
        self.changes.not_in_part += u64::from(!is_in);
        is_in
    }

    /// A held frame is steered anew at once.
    fn set_route(&mut self, vnic: usize, rx_path: &RxPath) {
        self.vnics[vnic].rx_path = rx_path.clone();
        let nic = self.world.vnics[vnic].nic;
        let waiting = self.nics[nic].waiting();
        self.start_dma(nic);
        self.changes.unheld += (waiting - self.nics[nic].waiting()) as u64;
    }

    fn stop(&mut self, vm: usize, reason: DropReason) {
        if self.stopped[vm].replace(reason).is_some() {
            return;
        }
        self.end_turns(vm);
        self.forget_notifications(vm);
        for vnic in 0..self.vnics.len() {
            if vm_of(self.world, vnic) == Some(vm) {
                self.empty_channels(vnic, reason);
                for vector in self.vectors_of_function(vnic) {
                    self.empty_ring(vector, reason);
                }
                self.start_dma(self.world.vnics[vnic].nic);
            }
        }
    }

    fn start_vm(&mut self, vm: usize) {
        let now = self.agenda.time();
        self.stopped[vm] = None;
        for vnic in 0..self.vnics.len() {
            if vm_of(self.world, vnic) == Some(vm) {
                self.vnics[vnic].channels.iter_mut().for_each(|channel| channel.armed = true);
            }
        }
        for number in self.vcpus_of(vm) {
            self.vcpus[number].waits_since = now;
        }
    }

    fn vcpus_of(&self, vm: usize) -> Vec<usize> {
        let number = |vcpu: usize| Vcpu::number(self.world, vm, vcpu as u32);
        (0..self.world.vms[vm].vcpus.len()).map(number).collect()
    }

    /// The vCPUs, all together, give up what they began (what is in processing is lost with
    /// its channel or ring) and leave the run queues of their cores.
    fn end_turns(&mut self, vm: usize) {
        let mut cores = BTreeSet::new();
        for number in self.vcpus_of(vm) {
            let core = self.vcpus[number].core;
            self.pause(core);
            cores.insert(core);
            let vcpu = &mut self.vcpus[number];
            self.changes.turns_ended += u64::from(!vcpu.pending.is_empty());
            vcpu.pending.clear();
            vcpu.doing = Doing::Nothing;
            self.core(core).threads.sleep(ThreadKind::Guest(number));
        }
        for core in cores {
            self.dispatch(core);
        }
    }

    /// Notifications that are under way do not arrive; what they cost is paid.
    fn forget_notifications(&mut self, vm: usize) {
        let world = self.world;
        for core in self.cores.iter_mut().flatten() {
            for round in core.rounds() {
                let before = round.to_notify.len();
                round.to_notify.retain(|channel| vm_of(world, channel.vnic) != Some(vm));
                self.changes.forgotten += (before - round.to_notify.len()) as u64;
            }
        }
    }

    fn empty_channels(&mut self, vnic: usize, reason: DropReason) {
        for index in 0..self.vnics[vnic].channels.len() {
            let channel = &mut self.vnics[vnic].channels[index];
            channel.notified = false;
            for frame in std::mem::take(&mut channel.packets) {
                self.changes.from_channels += 1;
                self.end(frame, Fate::Dropped(reason));
            }
        }
    }

    /// The vectors of the rings that a virtual NIC's function has.
    fn vectors_of_function(&self, vnic: usize) -> Vec<VectorAt> {
        let Some(function) = &self.world.vnics[vnic].vf else {
            return Vec::new();
        };
        let first = crate::reference::core::vf_rings::first_ring(self.world, vnic);
        let vector = |ring: usize| {
            let at = self.vector_of_queue(self.world.vnics[vnic].nic, first + ring as u32);
            at.expect("each ring of a function has a vector")
        };
        (0..function.targets.len()).map(vector).collect()
    }

    /// All packets that hold a descriptor are lost, and the vector is as at the start of a run.
    fn empty_ring(&mut self, at: VectorAt, reason: DropReason) {
        let now = self.agenda.now();
        let vector = self.vector(at);
        let queue = vector.queues[0];
        *vector = Vector::new(vector.server, vector.queues.clone());
        vector.unmasked = Some(now);
        let in_service = self.vcpus.iter_mut().find_map(|vcpu| {
            vcpu.in_service.take_if(|frame| (frame.nic, frame.queue) == (at.nic, queue))
        });
        let visible = std::mem::take(&mut self.nics[at.nic].rings[queue as usize].visible);
        let under_dma = self.nics[at.nic].give_up_transfers(queue);
        self.changes.from_transfers += under_dma.len() as u64;
        for mut frame in in_service.into_iter().chain(visible).chain(under_dma) {
            frame.start = None;
            self.changes.from_rings += 1;
            self.free_descriptor(&frame);
            self.end(frame, Fate::Dropped(reason));
        }
    }
}
