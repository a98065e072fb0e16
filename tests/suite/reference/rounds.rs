//! Rounds: how each stack takes packets and when its deferred work is complete.

use super::agenda::Item;
use super::model::{CoreAt, Frame, Model, VectorAt};
use rxsim::engine::time::{Span, Time};
use rxsim::host::world::{Consumer, Filter};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::packet::Fate;

/// A round in progress: first its own cost, then packets.
pub(super) struct Round {
    work: Work,
    /// Of the round's own cost, or of the packet's.
    pub(super) left: Span,
    taken: u32,
    pub(super) packet: Option<Frame>,
    /// Packets for apps, handed over when the round ends.
    for_apps: Vec<Frame>,
}

/// Where a round takes its packets.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// The rings of a vector, one after the other.
    Vector(VectorAt),
    /// One ring, under `busy-poll`.
    Ring(usize, u32),
    /// The core's backlog, under `interrupt-per-packet`.
    Backlog,
}

/// A softirq that polls queued vectors.
#[derive(Clone, Copy)]
pub(super) struct Softirq {
    started: Time,
    /// Passes made so far.
    passes: u32,
    /// When the pass in hand started, and the packets it took.
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
    /// A handler's end appends its vector's deferred work; under NAPI a softirq starts for it if
    /// none runs and `ksoftirqd` is not entitled to the work.
    pub(super) fn queue_deferred_work(&mut self, at: CoreAt, vector: VectorAt) {
        let now = self.agenda.time();
        let stack = self.world.hosts[at.host].stack;
        let core = self.core(at);
        core.queue.push_back(vector);
        if let Stack::LinuxNapi { ksoftirqd_defers, .. } = stack {
            let left_to_thread = ksoftirqd_defers && core.threads.ksoftirqd_is_runnable();
            if core.softirq.is_none() && !left_to_thread {
                core.softirq =
                    Some(Softirq { started: now, passes: 0, pass_started: now, pass_taken: 0 });
            }
        }
    }

    /// Begins the next round of the deferred class, if there is work.
    pub(super) fn begin_deferred_round(&mut self, at: CoreAt) {
        let stack = self.world.hosts[at.host].stack;
        let core = self.core(at);
        let work = match stack {
            Stack::WindowsDpc => core.queue.pop_front().map(Work::Vector),
            Stack::LinuxNapi { .. } => {
                core.softirq.and_then(|_| core.queue.pop_front()).map(Work::Vector)
            }
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
    pub(super) fn begin_round(&mut self, at: CoreAt, work: Work) -> Round {
        if let Work::Vector(VectorAt { nic, index }) = work {
            let rings = self.world.nics[nic].vectors[index].len();
            let vector = &mut self.nics[nic].vectors[index];
            vector.look_at = vector.served.map_or(0, |served| (served + 1) % rings);
        }
        self.core(at).tally.rounds += 1;
        Round { work, left: self.round_cost(at), taken: 0, packet: None, for_apps: Vec::new() }
    }

    /// The round's own cost or its packet has been paid. Goes on with the next packet and is true,
    /// or ends the round.
    pub(super) fn goes_on(&mut self, at: CoreAt, round: &mut Round) -> bool {
        if let Some(frame) = round.packet.take() {
            self.processed(at, frame, &mut round.for_apps);
        }
        if round.taken < self.world.hosts[at.host].budget
            && let Some(mut frame) = self.next_packet(at, round.work)
        {
            let now = self.agenda.time();
            frame.start = frame.start.or(Some(now));
            round.left = self.deferred_cost(&frame);
            round.taken += 1;
            round.packet = Some(frame);
            return true;
        }
        if !round.for_apps.is_empty() {
            let now = self.agenda.time();
            self.core(at).leaving.append(&mut round.for_apps);
            self.agenda.put(now, Item::HandOff { core: at });
        }
        false
    }

    fn next_packet(&mut self, at: CoreAt, work: Work) -> Option<Frame> {
        match work {
            Work::Backlog => self.core(at).backlog.pop_front(),
            Work::Ring(nic, queue) => self.nics[nic].rings[queue as usize].visible.pop_front(),
            Work::Vector(VectorAt { nic, index }) => {
                let queues = &self.world.nics[nic].vectors[index];
                let nic = &mut self.nics[nic];
                let from = nic.vectors[index].look_at;
                let turn = (from..queues.len()).chain(0..from);
                for position in turn {
                    let ring = &mut nic.rings[queues[position] as usize];
                    if let Some(frame) = ring.visible.pop_front() {
                        nic.vectors[index].look_at = position;
                        nic.vectors[index].served = Some(position);
                        return Some(frame);
                    }
                }
                None
            }
        }
    }

    /// A packet's deferred work ends.
    fn processed(&mut self, at: CoreAt, frame: Frame, for_apps: &mut Vec<Frame>) {
        if self.world.hosts[at.host].stack != Stack::InterruptPerPacket {
            self.free_descriptor(&frame);
        }
        let source = &self.world.sources[frame.source];
        match source.to {
            _ if source.filter == Filter::DropInDriver => self.end(frame, Fate::Filtered),
            Consumer::Host => self.end(frame, Fate::Delivered),
            Consumer::App(_) => for_apps.push(frame),
        }
    }

    /// What the deferred class does when its activity ends.
    pub(super) fn deferred_step(&mut self, at: CoreAt) {
        let mut round = self.core(at).deferred.take().expect("deferred work ran");
        if self.goes_on(at, &mut round) {
            self.core(at).deferred = Some(round);
            return;
        }
        self.complete_or_requeue(at, &round);
        if let Stack::LinuxNapi { hz, .. } = self.world.hosts[at.host].stack {
            self.look_at_bounds(at, round.taken, hz);
        }
    }

    /// At the end of a vector's round.
    pub(super) fn complete_or_requeue(&mut self, at: CoreAt, round: &Round) {
        let Work::Vector(vector) = round.work else {
            return;
        };
        let host = &self.world.hosts[at.host];
        let complete = match host.stack {
            Stack::LinuxNapi { .. } => round.taken < host.budget,
            _ => self.waiting(vector).next().is_none(),
        };
        if complete {
            self.unmask(vector);
        } else {
            self.core(at).queue.push_back(vector);
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
