//! What the events of a scenario change: receive paths, virtual machines that stop and start,
//! links.

use crate::engine::time::Time;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::host::host::Host;
use crate::sim::itinerary::channels::channels_of;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, VnicOwner, World};

impl World {
    /// The host on which an event acts.
    pub(crate) fn host_of(&self, action: &Action) -> usize {
        match action {
            Action::LoseAffinity { nic } | Action::Link { nic, .. } => self.nics[*nic].host,
            Action::SetRoute { vnic, .. } => self.nics[self.vnics[*vnic].nic].host,
            Action::Stop { vm, .. } | Action::Start { vm } => self.vms[*vm].host,
        }
    }
}

impl Host {
    /// Performs an event at `now`, up to which the host has been advanced, and all that follows
    /// from it at that instant.
    pub(crate) fn change(
        &mut self,
        world: &World,
        action: &Action,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) {
        match action {
            Action::LoseAffinity { nic } => self.lose_affinity(*nic, now),
            Action::SetRoute { vnic, rx_path } => {
                self.rx_paths.set(*vnic, rx_path.clone());
                ledger.set_vm_queues(world, *vnic, rx_path.own());
            }
            Action::Stop { vm, reason } => self.stop(world, *vm, *reason, now, ledger),
            Action::Start { vm } => self.start(*vm, now),
            Action::Link { nic, up } => {
                let mut ports = self.ports.iter_mut();
                let port = ports.find(|port| port.nic == *nic).expect("a port of this host");
                port.port.set_link(*up);
            }
        }
        self.reroute(world, action, now, ledger);
        self.run(now, ledger);
    }

    /// Steers the frames of all sources whose receive path an event has changed.
    fn reroute(&mut self, world: &World, action: &Action, now: Time, ledger: &mut Ledger<'_>) {
        let concerns = |vnic: usize| match action {
            Action::SetRoute { vnic: its, .. } => vnic == *its,
            Action::Stop { vm, .. } | Action::Start { vm } => belongs_to(world, vnic, *vm),
            Action::LoseAffinity { .. } | Action::Link { .. } => false,
        };
        let sources = world.sources_to(concerns);
        for at in 0..self.ports.len() {
            for source in &sources {
                self.ports[at].port.set_route(world, *source, &self.rx_paths);
            }
            self.resteer_blocked(at, now, ledger);
        }
    }

    /// Stops a virtual machine. The packets that it holds are lost, and so are later ones until it
    /// starts again.
    fn stop(
        &mut self,
        world: &World,
        vm: usize,
        reason: DropReason,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) {
        self.rx_paths.set_stopped(vm, Some(reason));
        let vnics = (0..world.vnics.len()).filter(|vnic| belongs_to(world, *vnic, vm));
        let channels: Vec<usize> = vnics.flat_map(|vnic| channels_of(world, vnic)).collect();
        for core in &mut self.cores {
            core.forget_notifications(&channels);
            core.stop_vm(vm, reason, now, &mut self.queues, ledger);
        }
    }

    /// Starts a virtual machine that does not run.
    fn start(&mut self, vm: usize, now: Time) {
        if self.rx_paths.set_stopped(vm, None) {
            return;
        }
        for threads in self.cores.iter_mut().filter_map(|core| core.threads.as_mut()) {
            threads.start_vm(vm, now);
        }
    }
}

impl Core {
    /// Cancels the notifications of unfinished rounds to the guests of these channels.
    fn forget_notifications(&mut self, channels: &[usize]) {
        let of_ksoftirqd = self.threads.as_mut().and_then(|threads| threads.round_of_ksoftirqd());
        let rounds = [Some(&mut self.round), of_ksoftirqd];
        for round in rounds.into_iter().flatten() {
            round.delivery.notify.retain(|channel| !channels.contains(channel));
        }
    }

    /// Stops the vCPUs of a virtual machine on this core at `now`.
    fn stop_vm(
        &mut self,
        vm: usize,
        reason: DropReason,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let Some(threads) = self.threads.as_mut().filter(|threads| threads.serves_vm(vm)) else {
            return;
        };
        if threads.runs_vm(vm) {
            // The core deferred an interrupt until the vCPU had finished a packet; the vCPU has
            // stopped.
            self.interrupt_deferred_until = None;
        }
        threads.stop_vm(vm, reason, now, rings, ledger);
        self.wake_at(now.at_arrivals());
    }
}

/// Whether a virtual NIC belongs to this virtual machine.
fn belongs_to(world: &World, vnic: usize, vm: usize) -> bool {
    matches!(world.vnics[vnic].owner, VnicOwner::Vm { vm: its, .. } if its == vm)
}
