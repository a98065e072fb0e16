//! Lookahead: lower bounds of a core's next event and next handoff, and the turn of a round that
//! waits to send.

use crate::engine::time::PhasedTime;
use crate::rx::cpu::Stack;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::backlog::BACKLOG;
use crate::sim::core::core::Core;
use crate::sim::core::delivery::Turn;
use crate::sim::core::round::Round;
use crate::sim::coupling::rank::Rank;
use crate::sim::queue::rx_queue::RxQueue;

impl Core {
    /// Whether a round waits for its turn to send packets or to notify.
    #[inline(always)]
    pub(crate) fn wants_handoff(&mut self) -> bool {
        self.round.wants_handoff() || self.ksoftirqd_wants_handoff()
    }

    pub(crate) fn round_awaiting_handoff(&mut self) -> &mut Round {
        if self.round.wants_handoff() {
            &mut self.round
        } else {
            &mut self.running_ksoftirqd().round
        }
    }

    /// The handoff or notification is done; `guests` guests have to be notified now.
    pub(crate) fn handoff_done(
        &mut self,
        guests: usize,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let (cost, of_ksoftirqd) = (self.costs.vm_notify, self.ksoftirqd_wants_handoff());
        self.round_awaiting_handoff().handoff_done(guests, cost);
        // The threads of this core receive what was handed off to them before they run on. Handoffs
        // of higher cores at this instant come later.
        let before = Turn { time: self.clock, core: self.number + 1 };
        if let Some(threads) = &mut self.threads {
            threads.catch_up_before(before, rings, ledger);
        }
        if of_ksoftirqd {
            self.resume_ksoftirqd();
        } else if self.round.is_finished() && self.handler.is_some() && self.stack.masks() {
            // The round ends at this instant, even if an interrupt was taken in the meantime.
            self.after_round(rings, ledger);
        }
    }

    /// A lower bound of this core's next event that concerns other cores.
    pub(super) fn next_rank(&mut self, rings: &[RxQueue]) -> Rank {
        self.turn(rings).unwrap_or_else(|| self.next_of_its_own(rings))
    }

    /// The turn of a core that has packets for backlogs, or whose round waits to send; or the
    /// core's event that comes before that turn.
    fn turn(&mut self, rings: &[RxQueue]) -> Option<Rank> {
        let spreads = !self.rps_pending.is_empty();
        let spread = Rank::spreads(self.clock, self.number);
        if self.wants_handoff() {
            let given = Rank::given(self.clock, self.number);
            return Some(if spreads { spread } else { given });
        }
        spreads.then(|| self.next_of_its_own(rings).min(spread))
    }

    /// A lower bound of the core's next event other than that turn.
    fn next_of_its_own(&self, rings: &[RxQueue]) -> Rank {
        let core = self.number;
        let moment = self.next_in_service(rings);
        let received = self.threads.as_ref().and_then(|threads| threads.next_handoff(rings));
        match received {
            // A reception keeps its own rank, after everything else of its instant, unless host
            // work is already past that instant.
            Some(turn) if turn.time == moment && moment >= self.clock => {
                Rank::received(moment, turn.core)
            }
            _ => Rank::own(moment.max(self.done_until), core),
        }
    }

    /// A packet becomes visible at `moment`, perhaps the instant up to which the core has been
    /// advanced.
    #[inline]
    pub(crate) fn wake_by(&mut self, moment: PhasedTime) {
        self.done_until = self.done_until.min(moment);
    }

    /// Whether nothing is left to happen here up to and including `moment`, receptions included: a
    /// guest may finish a packet at the instant of its notification.
    pub(super) fn is_past(&self, moment: PhasedTime) -> bool {
        let received = self.threads.as_ref().is_none_or(|threads| threads.has_received(moment));
        self.done_until > moment && received
    }

    fn next_in_service(&self, rings: &[RxQueue]) -> PhasedTime {
        if let Some(handler) = self.handler {
            return handler.end.before_arrivals();
        }
        let due = self.next_interrupt(rings);
        if self.round.is_active() {
            return due.min(self.round.next_time(self.clock));
        }
        let is_polling = self.stack == Stack::BusyPoll && !self.vectors.is_empty();
        let begins = !self.deferred_queue.is_empty() && self.softirq_may_run();
        if is_polling || begins || self.backlog_waits() {
            return self.clock;
        }
        let threads = self.threads.as_ref();
        due.min(threads.map_or(PhasedTime::NEVER, |threads| threads.next_time(self.clock, rings)))
    }

    /// A lower bound of this core's next handoff to other cores.
    pub(super) fn next_give(&mut self, rings: &[RxQueue]) -> Rank {
        let core = self.number;
        if self.vectors.is_empty() && !self.backlog.is_at_work {
            return Rank::before(PhasedTime::NEVER);
        }
        if let Some(turn) = self.turn(rings) {
            return turn;
        }
        let moment = if let Some(handler) = self.handler {
            handler.end.before_arrivals()
        } else if self.round.is_active() {
            self.round.next_time(self.clock)
        } else if self.host_work_waits() {
            self.next_in_service(rings)
        } else {
            self.next_interrupt(rings)
        };
        Rank::own(moment.max(self.done_until), core)
    }

    /// Whether host work continues without an interrupt: work is queued, `ksoftirqd` has a round,
    /// or the core polls.
    fn host_work_waits(&self) -> bool {
        let left = self.threads.as_ref().is_some_and(|threads| threads.ksoftirqd_has_round());
        let is_polling = self.stack == Stack::BusyPoll;
        left || is_polling || !self.deferred_queue.is_empty() || self.backlog_waits()
    }

    /// Whether a round over the backlog starts as soon as the core is free.
    fn backlog_waits(&self) -> bool {
        self.stack == Stack::InterruptPerPacket && !self.backlog.is_empty()
    }

    /// Takes the interrupt that is due at `moment`, if the core is free and has done nothing at
    /// that instant. Nothing is left to happen here before `moment`.
    pub(super) fn take_due_interrupt(&mut self, moment: PhasedTime, rings: &[RxQueue]) {
        let is_free = self.handler.is_none() && self.clock < moment && !self.non_preemptive;
        if !is_free || self.next_interrupt(rings) != moment {
            return;
        }
        (self.clock, self.done_until) = (moment, moment);
        if self.stack == Stack::InterruptPerPacket {
            self.take_packet_interrupt(self.next_packet_interrupt(rings).1);
        } else {
            match self.next_due(rings).1 {
                BACKLOG => self.take_ipi(),
                vector => _ = self.take_interrupt(vector),
            }
        }
    }

    /// When the next interrupt is due, or when a deferred interrupt is taken.
    fn next_interrupt(&self, rings: &[RxQueue]) -> PhasedTime {
        if let Some(end) = self.interrupt_deferred_until {
            return end.before_arrivals();
        }
        match self.stack {
            Stack::InterruptPerPacket => self.next_packet_interrupt(rings).0,
            Stack::BusyPoll => PhasedTime::NEVER,
            _ => self.next_due(rings).0,
        }
    }
}
