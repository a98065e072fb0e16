//! The fast path: a core that serves one ring behind one vector and has nothing else to do.
//!
//! One pass goes from idle to idle: interrupt, rounds until no packet is visible, unmask. If the
//! horizon falls into a pass, the step in service is left in the state that the general loop in
//! `core` keeps, and that loop resumes it. Both loops do the same; this one does not check for what
//! cannot occur.

use crate::engine::time::PhasedTime;
use crate::rx::cpu::{Activity, Stack};
use crate::rx::ring::Ring;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::core::round::{RunStop, Terms, run_on};
use crate::sim::queue::rx_queue::RxQueue;

impl Core {
    /// Whether the core serves one ring and has nothing else to do.
    pub(crate) fn may_take_fast_path(&self) -> bool {
        let one_ring = matches!(&self.vectors[..], [only] if only.queues.len() == 1);
        one_ring && self.stack == Stack::WindowsDpc && self.threads.is_none()
    }

    /// Whether nothing is in service and nothing is queued.
    #[inline(always)]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.handler.is_none() && !self.round.is_active() && self.deferred_queue.is_empty()
    }

    /// Runs passes from idle to idle, as far as they go before `bound`.
    #[inline(never)]
    pub(crate) fn run_fast_path(
        &mut self,
        bound: PhasedTime,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let ring = &mut rings[self.vectors[0].queues[0]].ring;
        self.sheet.enter(Activity::Idle, self.clock.time());
        loop {
            let due = self.vectors[0].moderator.due(ring.visible(1), |n| ring.visible(n));
            if due >= bound {
                return;
            }
            self.clock = self.clock.max(due);
            let handler_end = self.take_interrupt(0);
            if handler_end.before_arrivals() >= bound {
                return;
            }
            self.clock = self.clock.max(handler_end.before_arrivals());
            self.handler = None;
            self.sheet.enter(Activity::Deferred, self.clock.time());
            while ring.visible(1) <= self.clock {
                if !self.run_fast_round(bound, ring, ledger) {
                    return;
                }
            }
            self.vectors[0].unmask(self.clock);
            self.sheet.enter(Activity::Idle, self.clock.time());
        }
    }

    /// Runs a round over the only ring, which has a visible packet. False if the round is left
    /// active.
    #[inline(always)]
    fn run_fast_round(&mut self, bound: PhasedTime, ring: &mut Ring, ledger: &Ledger<'_>) -> bool {
        let end = self.start_round();
        if end.before_arrivals() >= bound {
            self.round.start(0, 0, end);
            return false;
        }
        self.clock = self.clock.max(end.before_arrivals());
        let vector = &mut self.vectors[0];
        let terms = Terms { limit: bound, interrupt: vector.moderator.last_taken(), ledger };
        let budget = self.budget as usize;
        let (mut taken, mut bytes) = (0, 0);
        loop {
            let run = run_on(ring.front_mut(budget - taken), self.clock, None, &terms);
            ring.finish(run.n);
            self.clock = run.clock;
            taken += run.n;
            bytes += run.bytes;
            match run.stop {
                RunStop::NotVisible => break,
                RunStop::Done if taken == budget || ring.is_empty() => break,
                // The slots wrap around here; the round continues at their start.
                RunStop::Done => {}
                RunStop::Limit | RunStop::NextHop => {
                    self.round.resume(0, run.end, taken as u32, bytes);
                    return false;
                }
            }
        }
        vector.counters.packets += taken as u64;
        vector.counters.bytes += bytes;
        true
    }
}
