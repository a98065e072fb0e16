//! A virtual processor of a guest: a thread that works off the channels of its virtual NICs, and
//! the rings of their virtual functions.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::threads::timeslice::{Progress, Timeslice};
use crate::sim::core::threads::vf_ring::{PacketInService, VfRing, rings_of};
use crate::sim::itinerary::channels::served_by;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::vocab::stage::Stage;
use crate::world::{VnicOwner, World};
use std::collections::VecDeque;

/// A channel from the virtual switch to a virtual NIC.
pub(crate) struct Channel {
    /// Its number in the world ...
    pub(crate) number: usize,
    /// ... and its virtual NIC's.
    pub(crate) vnic: usize,
    /// Notifications that its guest has received.
    pub(crate) notifications: u64,
    /// Packets handed over and not yet finished; the first may be in hand.
    packets: VecDeque<RxPacket>,
    capacity: usize,
    /// Its guest waits, and wants to be notified of the next packet.
    armed: bool,
    /// Its guest was notified, and has not looked since.
    notified: bool,
    /// Its machine does not run: why its packets are lost.
    stopped: Option<DropReason>,
}

/// A vCPU.
pub(crate) struct Vcpu {
    /// Its machine, and its number there.
    pub(crate) vm: usize,
    pub(crate) number: u32,
    pub(crate) channels: Vec<Channel>,
    pub(crate) rings: Vec<VfRing>,
    /// Left of what is in hand.
    pub(crate) left: Span,
    /// What has packets that the guest knows of; the first one is taken up.
    pending: VecDeque<Pending>,
    state: VcpuState,
    /// Packets taken since the first one of the list was taken up.
    taken: u32,
    budget: u32,
    /// Since when the list is empty, if it is.
    idle_since: Option<Time>,
    costs: InterruptCosts,
}

/// Where packets wait for a vCPU: a channel, or a ring of a virtual function, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Channel(usize),
    Ring(usize),
}

/// What virtual interrupts cost.
struct InterruptCosts {
    /// That of a notification.
    notification: Span,
    /// That of a virtual function, exits included ...
    of_vf: Span,
    /// ... and what it costs more where the vCPU has waited for at least `halt_poll`.
    wakeup: Span,
    halt_poll: Span,
}

/// What a vCPU has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VcpuState {
    Idle,
    Interrupt,
    /// A packet; since when, once it has really begun.
    Packet(Option<Time>),
    /// About to turn to what comes next, at the core's own time.
    SelectNext,
}

impl Channel {
    /// Takes a packet in at `now`, or loses it for want of room, or of a machine that runs. True if
    /// the guest is to be notified of it.
    pub(crate) fn accept(&mut self, done: &RxPacket, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let is_full = self.packets.len() >= self.capacity;
        let reason = self.stopped.or_else(|| is_full.then_some(DropReason::VmChannelFull));
        if let Some(reason) = reason {
            let fate = Fate::Dropped(reason);
            ledger.lost(&done.packet, done.queue, done.start, now, fate);
            ledger.note_flooded(done, self.vnic, false);
            return false;
        }
        self.packets.push_back(*done);
        std::mem::replace(&mut self.armed, false)
    }

    /// Finishes the packet in hand and those behind it, as long as they end within the timeslice. True if
    /// one is in hand then.
    #[inline(never)]
    fn drain(
        &mut self,
        service: &mut PacketInService,
        timeslice: &mut Timeslice,
        ledger: &mut Ledger<'_>,
    ) -> bool {
        while timeslice.pass(service.left) {
            self.finish(service.started, timeslice.now, ledger);
            service.budget -= 1;
            let Some(next) = self.packets.front().filter(|_| service.budget > 0) else {
                return false;
            };
            let frame = &next.packet.frame;
            (service.started, service.left) =
                (timeslice.now, ledger.costs_of(frame.source).guest(frame));
        }
        true
    }

    /// The packet in hand, begun at `begun`, has been processed.
    #[inline(always)]
    fn finish(&mut self, started: Time, now: Time, ledger: &mut Ledger<'_>) {
        let done = self.packets.front().expect("a packet was in service");
        let parts = [(Stage::Channel, started - done.end), (Stage::Guest, now - started)];
        ledger.delivered(done, now, parts);
        ledger.note_flooded(done, self.vnic, true);
        self.packets.pop_front();
    }

    /// Its machine stops at `now`: what it holds is lost.
    fn stop(&mut self, reason: DropReason, now: Time, ledger: &mut Ledger<'_>) {
        for done in self.packets.drain(..) {
            ledger.lost(&done.packet, done.queue, done.start, now, Fate::Dropped(reason));
            ledger.note_flooded(&done, self.vnic, false);
        }
        (self.stopped, self.notified) = (Some(reason), false);
    }
}

impl Vcpu {
    /// The vCPUs that are on this core at the start, and hollow ones for those that may float here,
    /// in the order (VM, vCPU).
    pub(crate) fn of_core(world: &World, host: usize, core: u32) -> Vec<Self> {
        let mut all = Vec::new();
        for (vm, spec) in world.vms.iter().enumerate().filter(|(_, vm)| vm.host == host) {
            let floats_here =
                spec.allowed_cores.as_ref().is_some_and(|cores| cores.contains(&core));
            for (vcpu, its_core) in (0..).zip(&spec.vcpus) {
                if *its_core == core || floats_here {
                    let mut one = Self::new(world, vm, vcpu);
                    if *its_core != core {
                        one.channels.clear();
                        one.rings.clear();
                    }
                    all.push(one);
                }
            }
        }
        all
    }

    fn new(world: &World, vm: usize, vcpu: u32) -> Self {
        let (owner, host) = (VnicOwner::Vm { vm, vcpu }, world.vms[vm].host);
        let channels = served_by(world, owner).into_iter().map(|(number, vnic)| Channel {
            number,
            vnic,
            notifications: 0,
            packets: VecDeque::new(),
            capacity: world.vnics[vnic].channel as usize,
            armed: true,
            notified: false,
            stopped: world.stopped_at_start(vm),
        });
        let spec = &world.hosts[host];
        let costs = &spec.costs;
        let exits = costs.vm_exit * spec.exits_per_interrupt.into();
        Self {
            vm,
            number: vcpu,
            channels: channels.collect(),
            rings: rings_of(world, owner, host),
            left: Span::ZERO,
            pending: VecDeque::new(),
            state: VcpuState::Idle,
            taken: 0,
            budget: spec.budget,
            idle_since: Some(Time::ZERO),
            costs: InterruptCosts {
                notification: costs.guest_interrupt,
                of_vf: costs.guest_interrupt + exits,
                wakeup: costs.vm_wakeup,
                halt_poll: spec.halt_poll,
            },
        }
    }

    /// Its machine stops at `now`: what it has in hand is given up, all that waits for it is lost.
    pub(crate) fn stop(
        &mut self,
        reason: DropReason,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        (self.state, self.left, self.taken) = (VcpuState::Idle, Span::ZERO, 0);
        self.pending.clear();
        for channel in &mut self.channels {
            channel.stop(reason, now, ledger);
        }
        for ring in &mut self.rings {
            ring.stop(reason, now, rings, ledger);
        }
    }

    /// Its machine starts at `now`.
    pub(crate) fn start(&mut self, now: Time) {
        self.idle_since = Some(now);
        for channel in &mut self.channels {
            (channel.stopped, channel.armed) = (None, true);
        }
    }

    /// The guest is notified of packets in a channel.
    pub(crate) fn notify(&mut self, channel: usize) {
        self.pending.push_back(Pending::Channel(channel));
        self.idle_since = None;
        self.channels[channel].notified = true;
        self.channels[channel].notifications += 1;
    }

    /// The interrupt of a virtual function's ring is taken.
    pub(crate) fn interrupt(&mut self, ring: usize, now: Time) {
        let halted = self.idle_since.is_some_and(|since| now - since >= self.costs.halt_poll);
        let wakeup = if halted { self.costs.wakeup } else { Span::ZERO };
        self.rings[ring].interrupt(now, self.costs.of_vf + wakeup);
        self.pending.push_back(Pending::Ring(ring));
        self.idle_since = None;
    }

    /// Takes in hand what comes next, if nothing is. Something is pending.
    pub(crate) fn start_next(&mut self, rings: &[RxQueue], ledger: &Ledger<'_>) {
        if self.state != VcpuState::Idle {
            return;
        }
        let (interrupt, packet) = match self.pending[0] {
            Pending::Channel(number) => {
                let channel = &mut self.channels[number];
                let notified = std::mem::replace(&mut channel.notified, false);
                let interrupt = notified.then_some(self.costs.notification);
                (interrupt, &channel.packets[0].packet)
            }
            Pending::Ring(number) => {
                let ring = &mut self.rings[number];
                (ring.take_interrupt_cost(), ring.first(rings))
            }
        };
        (self.state, self.left) = if let Some(cost) = interrupt {
            (VcpuState::Interrupt, cost)
        } else {
            let frame = &packet.frame;
            (VcpuState::Packet(None), ledger.costs_of(frame.source).guest(frame))
        };
    }

    /// It ran for so long, from `from` on.
    pub(crate) fn spend(&mut self, from: Time, ran: Span) {
        self.left -= ran;
        if self.state == VcpuState::Packet(None) {
            self.state = VcpuState::Packet(Some(from));
        }
    }

    /// What is in hand has ended. True if that freed a descriptor that a port waits for; in any case
    /// it has to choose what comes next.
    pub(crate) fn finish(
        &mut self,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let state = std::mem::replace(&mut self.state, VcpuState::SelectNext);
        let VcpuState::Packet(started) = state else { return false };
        let started = started.unwrap_or(now); // without a length, and right behind a switch
        self.taken += 1;
        match self.pending[0] {
            Pending::Channel(number) => {
                self.channels[number].finish(started, now, ledger);
                false
            }
            Pending::Ring(number) => self.rings[number].finish(started, now, rings),
        }
    }

    /// Whether it freed a descriptor for a port, and has to choose what comes next.
    pub(crate) fn is_selecting(&self) -> bool {
        self.state == VcpuState::SelectNext
    }

    /// Finishes what is in hand, packets of a ring many at a time, and takes up what comes next, as
    /// far as that is within the timeslice.
    #[inline(always)]
    pub(crate) fn work(
        &mut self,
        timeslice: &mut Timeslice,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Progress {
        if self.is_watched(rings) {
            return Progress::Running;
        }
        let started = timeslice.now;
        if let VcpuState::Packet(since) = self.state {
            if self.drain(since.unwrap_or(started), timeslice, rings, ledger) {
                return Progress::Running;
            }
        } else if timeslice.pass(self.left) {
            self.spend(started, self.left);
            self.finish(timeslice.now, rings, ledger);
        } else {
            return Progress::Running;
        }
        let progress = self.select(timeslice.clock, rings);
        if progress != Progress::Idle {
            self.start_next(rings, ledger);
        }
        progress
    }

    /// Finishes the packet in hand, begun at `begun`, and those behind it in its channel or ring. True
    /// if one is in hand that lasts.
    fn drain(
        &mut self,
        started: Time,
        timeslice: &mut Timeslice,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let most = self.budget - self.taken;
        let mut service = PacketInService { started, left: self.left, budget: most };
        let unfinished = match self.pending[0] {
            Pending::Channel(number) => {
                self.channels[number].drain(&mut service, timeslice, ledger)
            }
            Pending::Ring(number) => {
                self.rings[number].drain(&mut service, timeslice, rings, ledger)
            }
        };
        if service.budget < most {
            self.taken += most - service.budget;
            self.state = VcpuState::Packet(None);
        }
        self.left = service.left;
        unfinished
    }

    /// What comes next once something has ended at `see`.
    #[inline(always)]
    pub(crate) fn select(&mut self, clock: PhasedTime, rings: &[RxQueue]) -> Progress {
        self.state = VcpuState::Idle;
        let first = self.pending[0];
        let is_empty = match first {
            Pending::Channel(number) => {
                let channel = &mut self.channels[number];
                channel.armed = channel.packets.is_empty();
                channel.armed
            }
            Pending::Ring(number) => {
                let is_empty = !self.rings[number].vector.has_visible(clock, rings);
                if is_empty {
                    self.rings[number].vector.unmask(clock);
                }
                is_empty
            }
        };
        if is_empty || self.taken >= self.budget {
            self.pending.pop_front();
            self.taken = 0;
            if !is_empty {
                self.pending.push_back(first);
            }
        }
        if self.pending.is_empty() {
            self.idle_since = Some(clock.time());
            Progress::Idle
        } else if is_empty && matches!(first, Pending::Ring(_)) {
            Progress::Unmasked
        } else {
            Progress::Continue
        }
    }

    /// Whether a port waits for a descriptor of the packet that it may have in hand.
    #[inline(always)]
    pub(crate) fn is_watched(&self, rings: &[RxQueue]) -> bool {
        match self.pending.front() {
            Some(Pending::Ring(number)) => rings[self.rings[*number].queue()].watched,
            _ => false,
        }
    }

    /// Packets in its channels.
    pub(crate) fn packets(&self) -> usize {
        self.channels.iter().map(|channel| channel.packets.len()).sum()
    }
}
