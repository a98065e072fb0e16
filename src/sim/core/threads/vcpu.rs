//! A vCPU of a guest: a thread that processes the packets of its virtual NICs' channels and of
//! their virtual functions' rings.

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
    /// Index in the world.
    pub(crate) number: usize,
    /// The virtual NIC's index in the world.
    pub(crate) vnic: usize,
    /// Notifications that the guest has received.
    pub(crate) notifications: u64,
    /// Packets handed off and not finished; the first one may be in service.
    packets: VecDeque<RxPacket>,
    capacity: usize,
    /// The guest has found the channel empty and wants a notification of the next packet.
    armed: bool,
    /// The guest was notified and has not looked since.
    notified: bool,
    /// Why packets are dropped while the VM does not run.
    stopped: Option<DropReason>,
}

pub(crate) struct Vcpu {
    /// The VM's index in the world, and the vCPU's index in the VM.
    pub(crate) vm: usize,
    pub(crate) number: u32,
    pub(crate) channels: Vec<Channel>,
    pub(crate) rings: Vec<VfRing>,
    /// Time left of the current step.
    pub(crate) left: Span,
    /// Channels and rings whose packets the guest knows of; the first one is served.
    pending: VecDeque<Pending>,
    state: VcpuState,
    /// Packets taken from the channel or ring that is served.
    taken: u32,
    budget: u32,
    /// Since when nothing is pending, if nothing is.
    idle_since: Option<Time>,
    costs: InterruptCosts,
}

/// Where packets wait for a vCPU: a channel, or the ring of a virtual function, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    Channel(usize),
    Ring(usize),
}

/// The costs of virtual interrupts.
struct InterruptCosts {
    /// For a notification.
    notification: Span,
    /// For a virtual function's interrupt, VM exits included.
    of_vf: Span,
    /// The extra cost of that interrupt if the vCPU has been idle for at least `halt_poll`.
    wakeup: Span,
    halt_poll: Span,
}

/// The step that a vCPU is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VcpuState {
    Idle,
    Interrupt,
    /// A packet. The time is when its processing started; none if it has not run yet.
    Packet(Option<Time>),
    /// The vCPU is about to select its next work, at the core's clock.
    SelectNext,
}

impl Channel {
    /// Appends a packet at `now`, or drops it if the channel is full or the VM does not run. True
    /// if the guest has to be notified.
    pub(crate) fn accept(&mut self, done: &RxPacket, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let is_full = self.packets.len() >= self.capacity;
        let reason = self.stopped.or_else(|| is_full.then_some(DropReason::VmChannelFull));
        if let Some(reason) = reason {
            let fate = Fate::Dropped(reason);
            ledger.lost(&done.packet, done.queue, done.start, now, fate);
            ledger.record_broadcast(done, self.vnic, false);
            return false;
        }
        self.packets.push_back(*done);
        std::mem::replace(&mut self.armed, false)
    }

    /// Finishes the packet in service and those behind it, as long as they end within the
    /// timeslice. True if a packet is left in service.
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

    /// Finishes the packet in service, which was started at `started`.
    #[inline(always)]
    fn finish(&mut self, started: Time, now: Time, ledger: &mut Ledger<'_>) {
        let done = self.packets.front().expect("a packet was in service");
        let parts = [(Stage::Channel, started - done.end), (Stage::Guest, now - started)];
        ledger.delivered(done, now, parts);
        ledger.record_broadcast(done, self.vnic, true);
        self.packets.pop_front();
    }

    /// The VM stops at `now`: the channel's packets are dropped.
    fn stop(&mut self, reason: DropReason, now: Time, ledger: &mut Ledger<'_>) {
        for done in self.packets.drain(..) {
            ledger.lost(&done.packet, done.queue, done.start, now, Fate::Dropped(reason));
            ledger.record_broadcast(&done, self.vnic, false);
        }
        (self.stopped, self.notified) = (Some(reason), false);
    }
}

impl Vcpu {
    /// The vCPUs of this core at the start, in the order (VM, vCPU). For an unpinned vCPU that
    /// starts on another of its cores there is a placeholder without channels and rings.
    pub(crate) fn of_core(world: &World, host: usize, core: u32) -> Vec<Self> {
        let mut all = Vec::new();
        for (vm, spec) in world.vms.iter().enumerate().filter(|(_, vm)| vm.host == host) {
            let may_run_here =
                spec.allowed_cores.as_ref().is_some_and(|cores| cores.contains(&core));
            for (vcpu, its_core) in (0..).zip(&spec.vcpus) {
                if *its_core == core || may_run_here {
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

    /// The VM stops at `now`: the current step is abandoned, and all waiting packets are dropped.
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

    /// A virtual function's ring interrupts the guest.
    pub(crate) fn interrupt(&mut self, ring: usize, now: Time) {
        let halted = self.idle_since.is_some_and(|since| now - since >= self.costs.halt_poll);
        let wakeup = if halted { self.costs.wakeup } else { Span::ZERO };
        self.rings[ring].interrupt(now, self.costs.of_vf + wakeup);
        self.pending.push_back(Pending::Ring(ring));
        self.idle_since = None;
    }

    /// Starts the next step, if none is in service. Something is pending.
    pub(super) fn start_next(&mut self, rings: &[RxQueue], ledger: &Ledger<'_>) {
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

    /// The vCPU ran for the duration `ran` from `from` on.
    pub(crate) fn spend(&mut self, from: Time, ran: Span) {
        self.left -= ran;
        if self.state == VcpuState::Packet(None) {
            self.state = VcpuState::Packet(Some(from));
        }
    }

    /// The current step has ended. True if that freed a descriptor that a port waits for. The vCPU
    /// has to select its next work in any case.
    pub(crate) fn finish(
        &mut self,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let state = std::mem::replace(&mut self.state, VcpuState::SelectNext);
        let VcpuState::Packet(started) = state else { return false };
        let started = started.unwrap_or(now); // a packet of zero length right after a context switch
        self.taken += 1;
        match self.pending[0] {
            Pending::Channel(number) => {
                self.channels[number].finish(started, now, ledger);
                false
            }
            Pending::Ring(number) => self.rings[number].finish(started, now, rings),
        }
    }

    /// Whether the vCPU has to select its next work.
    pub(crate) fn is_selecting(&self) -> bool {
        self.state == VcpuState::SelectNext
    }

    /// Finishes the current step (packets many at a time) and starts the next one, as far as that
    /// is within the timeslice.
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

    /// Finishes the packet in service, which was started at `started`, and those behind it in its
    /// channel or ring. True if a packet is left in service.
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

    /// Selects what to serve next, once a step has ended at `clock`.
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

    /// Whether a port waits for the descriptor of the packet that may be in service.
    #[inline(always)]
    fn is_watched(&self, rings: &[RxQueue]) -> bool {
        match self.pending.front() {
            Some(Pending::Ring(number)) => rings[self.rings[*number].queue()].watched,
            _ => false,
        }
    }

    pub(crate) fn packets(&self) -> usize {
        self.channels.iter().map(|channel| channel.packets.len()).sum()
    }
}
