//! What events change: the ways of packets, virtual machines that stop and start, links.

use crate::engine::time::Time;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::host::host::Host;
use crate::sim::itinerary::channels::channels_of;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, VnicOwner, World};

impl World {
    /// The host that an event concerns.
    pub(crate) fn host_of(&self, action: &Action) -> usize {
        match action {
            Action::LoseAffinity { nic } | Action::Link { nic, .. } => self.nics[*nic].host,
            Action::SetRoute { vnic, .. } => self.nics[self.vnics[*vnic].nic].host,
            Action::Stop { vm, .. } | Action::Start { vm } => self.vms[*vm].host,
        }
    }
}

impl Host {
    /// An event happens at `now`, up to which the site has been brought, with all that follows.
    pub(crate) fn change(
        &mut self,
        world: &World,
        action: &Action,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) {
        match action {
            Action::LoseAffinity { nic } => self.lose_affinity(*nic, now),
            Action::SetRoute { vnic, rx_path: way } => {
                self.ways.steer(*vnic, way.clone());
                ledger.set_own(world, *vnic, way.own());
            }
            Action::Stop { vm, reason } => self.stop(world, *vm, *reason, now, ledger),
            Action::Start { vm } => self.start(*vm, now),
            Action::Link { nic, up } => {
                let mut ports = self.ports.iter_mut();
                let port = ports.find(|port| port.nic == *nic).expect("a port of this host");
                port.port.set_link(*up);
            }
        }
        self.lead_anew(world, action, now, ledger);
        self.run(now, ledger);
    }

    /// Leads the frames of those sources anew whose way an event has changed.
    fn lead_anew(&mut self, world: &World, action: &Action, now: Time, ledger: &mut Ledger<'_>) {
        let concerns = |vnic: usize| match action {
            Action::SetRoute { vnic: its, .. } => vnic == *its,
            Action::Stop { vm, .. } | Action::Start { vm } => is_of(world, vnic, *vm),
            Action::LoseAffinity { .. } | Action::Link { .. } => false,
        };
        let sources = world.sources_to(concerns);
        for at in 0..self.ports.len() {
            for source in &sources {
                self.ports[at].port.lead(world, *source, &self.ways);
            }
            self.steer_anew(at, now, ledger);
        }
    }

    /// A virtual machine stops: all that it has is lost, and what is to come until it starts.
    fn stop(
        &mut self,
        world: &World,
        vm: usize,
        reason: DropReason,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) {
        self.ways.stop(vm, Some(reason));
        let vnics = (0..world.vnics.len()).filter(|vnic| is_of(world, *vnic, vm));
        let channels: Vec<usize> = vnics.flat_map(|vnic| channels_of(world, vnic)).collect();
        for core in &mut self.cores {
            core.forget_notifications(&channels);
            core.stop_vm(vm, reason, now, &mut self.queues, ledger);
        }
    }

    /// A virtual machine starts, if it does not run.
    fn start(&mut self, vm: usize, now: Time) {
        if self.ways.stop(vm, None) {
            return;
        }
        for threads in self.cores.iter_mut().filter_map(|core| core.threads.as_mut()) {
            threads.start_vm(vm, now);
        }
    }
}

impl Core {
    /// The guests of these channels will not be notified by the rounds in hand.
    fn forget_notifications(&mut self, channels: &[usize]) {
        let of_ksoftirqd = self.threads.as_mut().and_then(|threads| threads.round_of_ksoftirqd());
        let rounds = [Some(&mut self.round), of_ksoftirqd];
        for round in rounds.into_iter().flatten() {
            round.delivery.notify.retain(|channel| !channels.contains(channel));
        }
    }

    /// The vCPUs of a machine that are here stop at `now`.
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
            // An interrupt that waits for what is in hand may be due now.
            self.interrupt_deferred_until = None;
        }
        threads.stop_vm(vm, reason, now, rings, ledger);
        self.stand_at(now.at_arrivals());
    }
}

/// Whether a virtual NIC is this machine's.
fn is_of(world: &World, vnic: usize, vm: usize) -> bool {
    matches!(world.vnics[vnic].owner, VnicOwner::Vm { vm: its, .. } if its == vm)
}
