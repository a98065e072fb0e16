//! What a core does next, as far as other cores must know, and its turn to hand over.

use crate::engine::time::PhasedTime;
use crate::rx::cpu::Stack;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::backlog::BACKLOG;
use crate::sim::core::core::Core;
use crate::sim::core::round::Round;
use crate::sim::coupling::rank::Rank;
use crate::sim::queue::rx_queue::RxQueue;

impl Core {
    /// Whether a round waits for its turn to hand over, or to notify.
    #[inline(always)]
    pub(crate) fn wants_handoff(&mut self) -> bool {
        self.round.wants_handoff() || self.ksoftirqd_wants_handoff()
    }

    /// That round.
    pub(crate) fn round_awaiting_handoff(&mut self) -> &mut Round {
        if self.round.wants_handoff() {
            &mut self.round
        } else {
            &mut self.running_ksoftirqd().round
        }
    }

    /// It has handed over, or notified; so many guests are to be notified now.
    pub(crate) fn handoff_done(
        &mut self,
        guests: usize,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let (cost, of_ksoftirqd) = (self.costs.vm_notify, self.ksoftirqd_wants_handoff());
        self.round_awaiting_handoff().handoff_done(guests, cost);
        // What it handed over to threads of this core is there before the core turns to them; what
        // cores of higher numbers hand over at this moment is not.
        let behind = (self.clock, self.number + 1);
        if let Some(threads) = &mut self.threads {
            threads.catch_up_before(behind, rings, ledger);
        }
        if of_ksoftirqd {
            self.resume_ksoftirqd();
        } else if self.round.is_finished() && self.handler.is_some() && self.stack.masks() {
            // It ends at this instant, also where an interrupt has come in between.
            self.after_round(rings, ledger);
        }
    }

    /// A lower bound of what this core does next that concerns others.
    pub(crate) fn next_rank(&mut self, rings: &[RxQueue]) -> Rank {
        self.turn(rings).unwrap_or_else(|| self.next_of_its_own(rings))
    }

    /// Where it has something to spread, or a round waits for its turn: that turn, or what comes
    /// before it.
    fn turn(&mut self, rings: &[RxQueue]) -> Option<Rank> {
        let spreads = !self.rps_pending.is_empty();
        let spread = Rank::spreads(self.clock, self.number);
        if self.wants_handoff() {
            let given = Rank::given(self.clock, self.number);
            return Some(if spreads { spread } else { given });
        }
        spreads.then(|| self.next_of_its_own(rings).min(spread))
    }

    /// Likewise, but for handing over.
    fn next_of_its_own(&self, rings: &[RxQueue]) -> Rank {
        let core = self.number;
        let moment = self.next_in_hand(rings);
        let received = self.threads.as_ref().and_then(|threads| threads.next_handoff(rings));
        match received {
            // Even where all else of that moment is done; unless host work has gone beyond it.
            Some((first, core)) if first == moment && first >= self.clock => {
                Rank::received(moment, core)
            }
            _ => Rank::own(moment.max(self.done_until), core),
        }
    }

    /// A packet has come that is visible at `moment`, perhaps at the instant up to which the core
    /// has been advanced.
    #[inline]
    pub(crate) fn wake_by(&mut self, moment: PhasedTime) {
        self.done_until = self.done_until.min(moment);
    }

    /// Whether nothing that comes by `moment` is left to happen here, what others have handed over
    /// included: a guest may end a packet at the very moment at which it is notified.
    pub(crate) fn is_past(&self, moment: PhasedTime) -> bool {
        let received = self.threads.as_ref().is_none_or(|threads| threads.has_received(moment));
        self.done_until > moment && received
    }

    fn next_in_hand(&self, rings: &[RxQueue]) -> PhasedTime {
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

    /// A lower bound of when this core hands something over to others next.
    pub(crate) fn next_give(&mut self, rings: &[RxQueue]) -> Rank {
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
            self.next_in_hand(rings)
        } else {
            self.next_interrupt(rings)
        };
        Rank::own(moment.max(self.done_until), core)
    }

    /// Whether host work goes on without an interrupt: some is queued, left to a thread, or polls.
    fn host_work_waits(&self) -> bool {
        let left = self.threads.as_ref().is_some_and(|threads| threads.ksoftirqd_has_round());
        let is_polling = self.stack == Stack::BusyPoll;
        left || is_polling || !self.deferred_queue.is_empty() || self.backlog_waits()
    }

    /// Whether a round over the backlog begins as soon as the core can.
    fn backlog_waits(&self) -> bool {
        self.stack == Stack::InterruptPerPacket && !self.backlog.is_empty()
    }

    /// Takes the interrupt that is due at `moment`, before which nothing is left to happen here, if
    /// nothing has happened at it and nothing in hand is finished first.
    pub(crate) fn take_due_interrupt(&mut self, moment: PhasedTime, rings: &[RxQueue]) {
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

    /// When the next interrupt is due, or what it waits for ends.
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
