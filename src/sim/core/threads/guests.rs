//! The vCPUs among the threads of a core.

use super::scheduler::{Thread, Threads};
use crate::engine::time::Time;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::delivery::{ChannelAt, Handoff, Payload, Turn};
use crate::sim::core::threads::vcpu::{Channel, Vcpu};
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;

impl Threads {
    /// The vCPUs here, each with its index among the threads.
    pub(in crate::sim) fn vcpus(&self) -> impl Iterator<Item = (usize, &Vcpu)> {
        self.list.iter().enumerate().filter_map(|(at, thread)| match thread {
            Thread::Vcpu(vcpu) => Some((at, vcpu)),
            Thread::App(_) | Thread::Work(_) | Thread::Ksoftirqd(_) => None,
        })
    }

    fn vcpus_of(&mut self, vm: usize) -> impl Iterator<Item = (usize, &mut Vcpu)> {
        self.list.iter_mut().enumerate().filter_map(move |(at, thread)| match thread {
            Thread::Vcpu(vcpu) if vcpu.vm == vm => Some((at, vcpu)),
            _ => None,
        })
    }

    pub(crate) fn vcpu(&mut self, thread: usize) -> &mut Vcpu {
        let Thread::Vcpu(vcpu) = &mut self.list[thread] else {
            unreachable!("channels belong to vCPUs")
        };
        vcpu
    }

    /// Whether any vCPU of this VM is here.
    pub(in crate::sim) fn serves_vm(&self, vm: usize) -> bool {
        self.vcpus().any(|(_, vcpu)| vcpu.vm == vm)
    }

    /// Whether a vCPU of this VM, or the switch to it, has the core.
    pub(in crate::sim) fn runs_vm(&self, vm: usize) -> bool {
        let running = self.current.filter(|current| current.since.is_some());
        running.is_some_and(
            |current| matches!(&self.list[current.thread], Thread::Vcpu(vcpu) if vcpu.vm == vm),
        )
    }

    /// A VM stops: its vCPUs lose their packets and leave the run queue.
    pub(in crate::sim) fn stop_vm(
        &mut self,
        vm: usize,
        reason: DropReason,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let mut stopped = Vec::new();
        for (thread, vcpu) in self.vcpus_of(vm) {
            vcpu.stop(reason, now, rings, ledger);
            stopped.push(thread);
        }
        self.current = self.current.filter(|current| !stopped.contains(&current.thread));
        self.runnable.retain(|thread| !stopped.contains(thread));
    }

    pub(in crate::sim) fn start_vm(&mut self, vm: usize, now: Time) {
        self.vcpus_of(vm).for_each(|(_, vcpu)| vcpu.start(now));
    }

    pub(in crate::sim) fn channel(&mut self, at: ChannelAt) -> &mut Channel {
        &mut self.vcpu(at.thread).channels[at.channel]
    }

    pub(in crate::sim) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.vcpus().flat_map(|(_, vcpu)| &vcpu.channels)
    }

    /// The channels of all vCPUs of this core by number, with their places.
    pub(in crate::sim) fn places(&self) -> impl Iterator<Item = (usize, ChannelAt)> {
        self.vcpus().flat_map(|(thread, vcpu)| {
            let places = vcpu.channels.iter().enumerate();
            places.map(move |(channel, one)| (one.number, ChannelAt { thread, channel }))
        })
    }

    /// Whether a vCPU is idle, and no handoff in the inbox wakes it.
    pub(in crate::sim) fn is_waiting(&self, thread: usize) -> bool {
        !self.is_runnable(thread) && !self.inbox.iter().any(|one| self.target(one) == Some(thread))
    }

    /// The number of runnable threads at a turn of another core, up to which this core has been
    /// advanced. Counts the threads that earlier handoffs wake.
    pub(in crate::sim) fn load(
        &mut self,
        turn: Turn,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> usize {
        if self.current.is_none_or(|current| current.since.is_none()) {
            self.catch_up_before(turn, rings, ledger);
        }
        // A handoff of the same core at this instant is still in the inbox. Handoffs of higher
        // cores at this instant come later and do not count.
        let before = |one: &&Handoff| one.key.turn <= turn;
        let ahead = self.inbox.iter().take_while(before);
        let mut woken: Vec<usize> = ahead.filter_map(|one| self.target(one)).collect();
        woken.retain(|thread| !self.is_runnable(*thread));
        woken.sort_unstable();
        woken.dedup();
        self.runnable.len() + usize::from(self.current.is_some()) + woken.len()
    }

    /// The thread that a handoff wakes.
    fn target(&self, one: &Handoff) -> Option<usize> {
        match one.payload {
            Payload::Packet(app, _) => self.place_of(app),
            Payload::Notification(at) => Some(at.thread),
        }
    }

    /// An idle vCPU moves from another core to its place here.
    pub(in crate::sim) fn migrate_from(&mut self, thread: usize, from: &mut Self, its: usize) {
        std::mem::swap(self.vcpu(thread), from.vcpu(its));
    }
}
