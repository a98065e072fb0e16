//! Receive packet steering (RPS): rounds send packets to the backlogs of cores when they end. An
//! inter-processor interrupt (IPI) starts the work on an idle backlog of another core.

use crate::engine::time::PhasedTime;
use crate::rx::cpu::Activity;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::backlog::BACKLOG;
use crate::sim::core::core::{Core, Handler};
use crate::sim::core::delivery::Turn;
use crate::sim::coupling::rank::{Bounds, Rank};
use crate::sim::host::host::Host;
use crate::sim::queue::rx_queue::RxQueue;

impl Host {
    /// The time before which no packet that another core distributes reaches this core.
    pub(super) fn rps_bound(&self, core: usize) -> PhasedTime {
        let front = self.joint.front;
        let Some(rps_map) = &self.rps_map else { return front };
        let others = rps_map.senders.iter().filter(|sender| **sender != core);
        let first = others.map(|sender| self.joint.gives[*sender]).min();
        first.map_or(front, |first| Bounds::joint(front, first, core).threads)
    }

    /// Packets of rounds that this core has ended go to their backlogs.
    pub(crate) fn apply_rps(&mut self, from: usize, ledger: &mut Ledger<'_>) {
        let now = self.cores[from].clock;
        let turn = Turn { time: now, core: from };
        let mut rps_pending = std::mem::take(&mut self.cores[from].rps_pending);
        for to in 0..self.cores.len() {
            if rps_pending.iter().any(|done| self.target(done).0 == to)
                || self.cores[to].has_unreceived(turn)
            {
                self.catch_up_for(to, Rank::spreads(now, from), ledger);
                self.cores[to].receive_with_rps(turn, &self.queues, ledger);
                self.update_give(to);
            }
        }
        for done in rps_pending.drain(..) {
            let (to, bound) = self.target(&done);
            let core = &mut self.cores[to];
            let accepts = core.backlog.accept(done, bound, now.time(), ledger);
            if accepts && !std::mem::replace(&mut core.backlog.is_at_work, true) {
                if to == from {
                    core.schedule_backlog();
                } else {
                    core.send_ipi(now);
                }
                self.update_give(to);
            }
        }
        self.cores[from].rps_pending = rps_pending;
    }

    /// The core to which a packet goes, and the capacity of its backlog.
    fn target(&self, done: &RxPacket) -> (usize, u32) {
        let rps_map = self.rps_map.as_ref().expect("a port of the host uses RPS");
        rps_map.target(&done.packet.frame)
    }
}

impl Core {
    /// Whether a handoff of this time and core, or an earlier one, has not been received here.
    fn has_unreceived(&self, by: Turn) -> bool {
        self.threads.as_ref().is_some_and(|threads| threads.has_unreceived(by))
    }

    /// Receives what the core whose turn it is handed off to apps, together with the packets that
    /// it distributes. A thread that this wakes takes an idle core at once. What the thread causes
    /// (an app's packet of zero cost, say) comes after the whole handoff.
    fn receive_with_rps(&mut self, turn: Turn, rings: &[RxQueue], ledger: &mut Ledger<'_>) {
        let moment = turn.time;
        if !self.has_unreceived(turn) {
            return;
        }
        let rests = self.handler.is_none() && !self.round.is_active() && self.clock <= moment;
        let Some(threads) = &mut self.threads else { return };
        if rests {
            self.clock = moment;
            threads.pause(moment);
        }
        threads.catch_up_before(Turn { core: turn.core + 1, ..turn }, rings, ledger);
        if rests {
            threads.run(moment.time(), rings, ledger);
            self.sheet.enter(threads.activity(), moment.time());
        }
        self.wake_by(moment);
    }

    fn send_ipi(&mut self, moment: PhasedTime) {
        self.backlog.interrupt = Some(moment);
        self.wake_by(moment);
    }

    /// How far threads may go: the packets for backlogs come before the handoffs of higher cores.
    #[inline(always)]
    pub(crate) fn thread_bounds(&self, bounds: Bounds) -> Bounds {
        let gives = !self.rps_pending.is_empty();
        if gives { bounds.ahead_of(Rank::spreads(self.clock, self.number)) } else { bounds }
    }

    /// The interrupt for the backlog is taken now.
    pub(crate) fn take_ipi(&mut self) {
        let start = self.clock.time();
        let end = start + self.costs.ipi + self.interrupt_penalty(start);
        self.backlog.interrupt = None;
        self.handle(Handler { vector: BACKLOG, start, end });
        self.sheet.enter(Activity::Deferred, start);
    }

    /// Queues the work on the backlog on this core, at its clock.
    fn schedule_backlog(&mut self) {
        if let Some(threads) = &mut self.threads {
            threads.pause_behind(self.clock, true);
        }
        self.deferred_queue.push_back(BACKLOG);
        self.raise_softirq();
        self.wake_by(self.clock);
    }
}
