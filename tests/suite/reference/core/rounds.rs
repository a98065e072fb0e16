//! Rounds: how each stack takes packets and when its deferred work is complete.
//!
//! Rules C4 to C9, K1 to K16, G1, G8, G16 to G19, B2 to B6 and X10 to X14.

use crate::reference::agenda::Item;
use crate::reference::core::guests::ChannelAt;
use crate::reference::model::{CoreAt, Frame, Model, VectorAt};
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::packet::Fate;
use rxsim::world::outcome::Busy;
use rxsim::world::{Consumer, Filter, VnicOwner};

/// A round in progress: first its own cost, then packets, then perhaps notifications.
pub(in crate::reference) struct Round {
    work: Work,
    pub(in crate::reference) step: Step,
    /// Of the step's activity.
    pub(in crate::reference) left: Span,
    pub(in crate::reference) taken: u32,
    /// What it costs itself.
    own: Span,
    /// Packets for apps and channels, delivered after the last packet.
    pub(in crate::reference) leaving: Vec<Leaving>,
    /// Channels whose guests are to be notified, in the order of disarming.
    pub(in crate::reference) to_notify: Vec<ChannelAt>,
}

/// Where a round is.
#[derive(Clone, Copy)]
pub(in crate::reference) enum Step {
    /// Its own cost.
    Own,
    /// The driver's activity for a packet, and the stack's where RPS does not move it.
    Driver(Frame),
    /// The stack's for a packet of a backlog.
    Stack(Frame),
    /// The virtual switch's, for the n-th of the virtual NICs that the packet goes to.
    Switch(Frame, usize),
    /// After its last packet the round waits, at that instant, for its handoff.
    Delivers,
    /// The virtual switch's, for notifications.
    Notify,
    /// After that activity it waits, at that instant, for their turn.
    Notifies,
}

/// A packet that a round leaves to others.
#[derive(Clone, Copy)]
pub(in crate::reference) enum Leaving {
    /// To the backlog of a core.
    FlowMap(Frame),
    /// To an app or a channel.
    Consumed(Frame),
}

/// Which round of a core: that of the deferred class, or that of `ksoftirqd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reference) enum Holder {
    Deferred,
    Ksoftirqd,
}

/// What comes after an activity.
pub(in crate::reference) enum Next {
    /// Another one.
    Activity,
    /// The handoff, still at this instant; then the round continues or ends.
    Handoff,
    /// None.
    End,
}

impl Leaving {
    fn is_for_channel(&self) -> bool {
        matches!(self, Self::Consumed(Frame { to: Consumer::Vnic(_), .. }))
    }
}

impl Round {
    /// Whether the round has nothing to do until its handoff.
    pub(in crate::reference) fn waits(&self) -> bool {
        matches!(self.step, Step::Delivers | Step::Notifies)
    }

    /// Whether a packet is in processing.
    pub(in crate::reference) fn has_packet(&self) -> bool {
        matches!(self.step, Step::Driver(_) | Step::Stack(_) | Step::Switch(..))
    }

    pub(in crate::reference) fn of_backlog(&self) -> bool {
        matches!(self.work, Work::Backlog)
    }

    /// Time spent on a poll that has found no packet yet.
    pub(in crate::reference) fn visited(&self) -> Span {
        match (self.step, self.work) {
            (Step::Own, Work::Ring(..)) => self.own - self.left,
            _ => Span::ZERO,
        }
    }

    /// Where its time is charged.
    pub(in crate::reference) fn account<'b>(&self, busy: &'b mut Busy) -> &'b mut Span {
        match self.step {
            Step::Switch(..) | Step::Notify => &mut busy.vswitch,
            _ => &mut busy.deferred,
        }
    }

    pub(in crate::reference) fn begin(&mut self, step: Step, left: Span) {
        (self.step, self.left) = (step, left);
    }
}

/// Where a round takes its packets.
#[derive(Clone, Copy)]
pub(in crate::reference) enum Work {
    /// The rings of a vector, one after the other.
    Vector(VectorAt),
    /// One ring, under `busy-poll`.
    Ring(usize, u32),
    /// The core's backlog, under `interrupt-per-packet` or RPS.
    Backlog,
}

/// A softirq that polls queued vectors.
#[derive(Clone, Copy)]
pub(in crate::reference) struct Softirq {
    started: Time,
    /// Passes made so far.
    passes: u32,
    /// When the current pass started, and the packets it took.
    pass_started: Time,
    pass_taken: u32,
}

/// Packets that end a pass (Linux `netdev_budget`).
const PASS_PACKETS: u32 = 300;
/// Passes (Linux `MAX_SOFTIRQ_RESTART`) and time after which `ksoftirqd` takes over.
const PASSES: u32 = 10;
const SOFTIRQ_TIME: Span = Span::ms(2);
/// Time that ends a pass: two ticks (Linux `netdev_budget_usecs`).
fn pass_time(hz: u32) -> Span {
    Span(2_000_000_000_000 / u64::from(hz))
}

impl Model<'_> {
    /// Deferred work is appended; under NAPI a softirq starts for it if
    /// none runs and `ksoftirqd` is not entitled to the work.
    pub(in crate::reference) fn queue_deferred_work(&mut self, at: CoreAt, work: Work) {
        let now = self.agenda.time();
        let stack = self.world.hosts[at.host].stack;
        let core = self.core(at);
        core.queue.push_back(work);
        if let Stack::LinuxNapi { ksoftirqd_defers, .. } = stack {
            let left_to_thread = ksoftirqd_defers && core.threads.ksoftirqd_is_runnable();
            if core.softirq.is_none() && !left_to_thread {
                core.softirq =
                    Some(Softirq { started: now, passes: 0, pass_started: now, pass_taken: 0 });
            }
        }
    }

    /// Begins the next round of the deferred class, if there is work.
    pub(in crate::reference) fn begin_deferred_round(&mut self, at: CoreAt) {
        let stack = self.world.hosts[at.host].stack;
        let core = self.core(at);
        let work = match stack {
            Stack::WindowsDpc => core.queue.pop_front(),
            Stack::LinuxNapi { .. } => core.softirq.and_then(|_| core.queue.pop_front()),
            Stack::InterruptPerPacket => (!core.backlog.is_empty()).then_some(Work::Backlog),
            Stack::BusyPoll => {
                let ring = core.rings.get(core.next_ring).copied();
                core.next_ring = (core.next_ring + 1) % core.rings.len().max(1);
                ring.map(|(nic, queue)| Work::Ring(nic, queue))
            }
        };
        if let Some(work) = work {
            let round = self.begin_round(at, work);
            self.core(at).deferred = Some(round);
        }
    }

    /// A round begins with its own cost, and looks first into the ring after the last one served.
    pub(in crate::reference) fn begin_round(&mut self, at: CoreAt, work: Work) -> Round {
        if let Work::Vector(VectorAt { nic, index }) = work {
            let vector = &mut self.nics[nic].vectors[index];
            vector.look_at = vector.next;
        }
        self.core(at).tally.rounds += 1;
        let left = self.round_cost(at) + self.cost_of_moves(at);
        let (leaving, to_notify) = (Vec::new(), Vec::new());
        Round { work, step: Step::Own, left, taken: 0, own: left, leaving, to_notify }
    }

    /// The round's activity has ended. Starts the next one, or expects the handoff.
    pub(in crate::reference) fn continue_round(
        &mut self,
        at: CoreAt,
        holder: Holder,
        round: &mut Round,
    ) -> Next {
        match round.step {
            Step::Driver(frame) if self.uses_rps(&frame) => {
                self.free_descriptor(&frame);
                round.leaving.push(Leaving::FlowMap(frame));
            }
            Step::Driver(frame) | Step::Stack(frame) if self.is_switched(&frame) => {
                round.begin(Step::Switch(frame, 0), self.switch_cost(&frame));
                return Next::Activity;
            }
            Step::Driver(frame) | Step::Stack(frame) => self.processed(at, frame, round),
            Step::Switch(frame, place) => {
                let targets = self.targets(&frame);
                let switched = Frame { to: Consumer::Vnic(targets[place]), ..frame };
                if place + 1 < targets.len() {
                    self.replicated[frame.source] += 1;
                    self.consumed(switched, round);
                    round.begin(Step::Switch(frame, place + 1), self.switch_cost(&frame));
                    return Next::Activity;
                }
                self.processed(at, switched, round);
            }
            Step::Notify => return self.expect_handoff(at, holder, round, Step::Notifies),
            Step::Own => {}
            Step::Delivers | Step::Notifies => unreachable!("no activity"),
        }
        if round.taken < self.world.hosts[at.host].budget
            && let Some(mut frame) = self.next_packet(at, round.work)
        {
            let now = self.agenda.time();
            frame.start = frame.start.or(Some(now));
            round.taken += 1;
            if round.of_backlog() && self.uses_rps(&frame) {
                self.begin_stack(round, frame);
            } else {
                round.begin(Step::Driver(frame), self.driver_cost(&frame));
            }
            return Next::Activity;
        }
        if let (Step::Own, Work::Ring(..)) = (round.step, round.work) {
            self.core(at).in_vain += round.own;
        }
        if round.leaving.iter().any(Leaving::is_for_channel) {
            return self.expect_handoff(at, holder, round, Step::Delivers);
        }
        if !round.leaving.is_empty() {
            let now = self.agenda.time();
            self.core(at).leaving.append(&mut round.leaving);
            self.agenda.put(now, Item::Handoff { core: at });
        }
        Next::End
    }

    /// The round is not over before its handoff.
    fn expect_handoff(
        &mut self,
        core: CoreAt,
        holder: Holder,
        round: &mut Round,
        step: Step,
    ) -> Next {
        round.begin(step, Span::ZERO);
        self.agenda.put(self.agenda.time(), Item::RoundHandoff { core, holder });
        Next::Handoff
    }

    /// The next activity for a packet whose driver's work another core has done.
    fn begin_stack(&self, round: &mut Round, frame: Frame) {
        let to_stack = match frame.to {
            Consumer::Host | Consumer::App(_) => true,
            Consumer::Vnic(vnic) => self.world.vnics[vnic].owner == VnicOwner::Host,
            Consumer::Broadcast => false,
        };
        if to_stack {
            round.begin(Step::Stack(frame), self.stack_cost(&frame));
        } else {
            round.begin(Step::Switch(frame, 0), self.switch_cost(&frame));
        }
    }

    /// The virtual NICs that a packet goes to.
    fn targets(&self, frame: &Frame) -> Vec<usize> {
        let on_port = |vnic: &usize| self.world.vnics[*vnic].nic == frame.nic;
        match frame.to {
            Consumer::Vnic(vnic) => vec![vnic],
            Consumer::Broadcast => (0..self.world.vnics.len()).filter(on_port).collect(),
            Consumer::Host | Consumer::App(_) => Vec::new(),
        }
    }

    /// Whether a packet has to pass the virtual switch.
    fn is_switched(&self, frame: &Frame) -> bool {
        matches!(frame.to, Consumer::Vnic(_) | Consumer::Broadcast)
            && self.world.sources[frame.source].filter != Filter::DropInDriver
    }

    fn next_packet(&mut self, at: CoreAt, work: Work) -> Option<Frame> {
        match work {
            Work::Backlog => self.core(at).backlog.pop_front(),
            Work::Ring(nic, queue) => self.nics[nic].rings[queue as usize].visible.pop_front(),
            Work::Vector(VectorAt { nic, index }) => {
                let nic = &mut self.nics[nic];
                let vector = &mut nic.vectors[index];
                let (from, rings) = (vector.look_at, vector.queues.len());
                for position in (from..rings).chain(0..from) {
                    let ring = &mut nic.rings[vector.queues[position] as usize];
                    if let Some(frame) = ring.visible.pop_front() {
                        vector.look_at = position;
                        vector.next = (position + 1) % rings;
                        return Some(frame);
                    }
                }
                None
            }
        }
    }

    /// A packet's deferred work ends.
    fn processed(&mut self, at: CoreAt, frame: Frame, round: &mut Round) {
        let per_packet = self.world.hosts[at.host].stack == Stack::InterruptPerPacket;
        if !per_packet && !self.uses_rps(&frame) {
            self.free_descriptor(&frame);
        }
        if self.world.sources[frame.source].filter == Filter::DropInDriver {
            self.end(frame, Fate::Filtered);
        } else {
            self.consumed(frame, round);
        }
    }

    /// A packet or a copy of it has come to the host's stack, or leaves for an app or a channel.
    fn consumed(&mut self, frame: Frame, round: &mut Round) {
        let of_host = |vnic: usize| self.world.vnics[vnic].owner == VnicOwner::Host;
        match frame.to {
            Consumer::Host => self.end(frame, Fate::Delivered),
            Consumer::Vnic(vnic) if of_host(vnic) => self.end(frame, Fate::Delivered),
            Consumer::App(_) | Consumer::Vnic(_) => round.leaving.push(Leaving::Consumed(frame)),
            Consumer::Broadcast => unreachable!("the switch sends it to virtual NICs"),
        }
    }

    /// What the deferred class does when its activity ends.
    pub(in crate::reference) fn deferred_step(&mut self, at: CoreAt) {
        let mut round = self.core(at).deferred.take().expect("deferred work ran");
        match self.continue_round(at, Holder::Deferred, &mut round) {
            Next::Activity | Next::Handoff => self.core(at).deferred = Some(round),
            Next::End => self.deferred_round_ends(at, &round),
        }
    }

    pub(in crate::reference) fn deferred_round_ends(&mut self, at: CoreAt, round: &Round) {
        self.complete_or_requeue(at, round);
        if let Stack::LinuxNapi { hz, .. } = self.world.hosts[at.host].stack {
            self.look_at_bounds(at, round.taken, hz);
        }
    }

    /// At the end of a round.
    pub(in crate::reference) fn complete_or_requeue(&mut self, at: CoreAt, round: &Round) {
        let host = &self.world.hosts[at.host];
        let vector = match round.work {
            Work::Vector(vector) => vector,
            Work::Backlog if host.stack.masks() => return self.backlog_round_ends(at, round),
            Work::Backlog | Work::Ring(..) => return,
        };
        if self.queues_leave(vector) {
            // It is completed where it goes to.
            return;
        }
        let complete = match host.stack {
            Stack::LinuxNapi { .. } => round.taken < host.budget,
            _ => self.waiting(vector).next().is_none(),
        };
        if complete {
            self.unmask(vector);
        } else {
            self.core(at).queue.push_back(Work::Vector(vector));
        }
    }

    /// At the end of a softirq's round: nothing left ends it, a pass ends at its bounds, and too
    /// many passes leave the rest to `ksoftirqd`.
    fn look_at_bounds(&mut self, at: CoreAt, taken: u32, hz: u32) {
        let now = self.agenda.time();
        let core = self.core(at);
        if core.queue.is_empty() {
            core.softirq = None;
            return;
        }
        let softirq = core.softirq.as_mut().expect("rounds belong to a softirq");
        softirq.pass_taken += taken;
        if softirq.pass_taken < PASS_PACKETS && now - softirq.pass_started < pass_time(hz) {
            return;
        }
        softirq.passes += 1;
        (softirq.pass_started, softirq.pass_taken) = (now, 0);
        if softirq.passes == PASSES || now - softirq.started >= SOFTIRQ_TIME {
            core.softirq = None;
            let quantum = self.world.hosts[at.host].quantum;
            self.core(at).threads.wake_ksoftirqd(quantum);
        }
    }
}
