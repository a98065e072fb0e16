//! The common case in a straight line: a core that serves one ring behind one vector, and has
//! nothing else to do.
//!
//! A cycle goes from rest to rest: interrupt, rounds until nothing is visible, unmasked. Where the
//! bound falls into a cycle, what is in hand is left as the general loop of `core` keeps it, which goes
//! on from there. Both do the same; this one does not look for what cannot be.

use super::core::Core;
use super::ledger::Ledger;
use super::queue::RxQueue;
use super::round::{RunStop, begin_first, run_on};
use crate::engine::time::Moment;
use crate::rx::cpu::{Kind, Stack};

impl Core {
    /// Whether the core can have nothing but cycles of one ring.
    pub(super) fn has_only_cycles(&self) -> bool {
        let one_ring = matches!(&self.vectors[..], [only] if only.queues.len() == 1);
        one_ring && self.stack == Stack::WindowsDpc && self.threads.is_none()
    }

    /// Whether nothing is in hand and nothing waits.
    #[inline(always)]
    pub(super) fn is_at_rest(&self) -> bool {
        self.handler.is_none() && !self.round.is_in_hand() && self.waiting.is_empty()
    }

    /// Runs cycles from rest on, as far as they go before `bound`.
    #[inline(never)]
    pub(super) fn run_cycles(
        &mut self,
        bound: Moment,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        self.sheet.enter(Kind::Idle, self.see.time());
        loop {
            let due = self.vectors[0].due(rings);
            if due >= bound {
                return;
            }
            self.see = self.see.max(due);
            let handler_end = self.take_interrupt(0);
            if handler_end.before_arrivals() >= bound {
                return;
            }
            self.see = self.see.max(handler_end.before_arrivals());
            self.handler = None;
            self.sheet.enter(Kind::Deferred, self.see.time());
            while self.run_only_round(bound, rings, ledger) {
                if self.vectors[0].has_visible(self.see, rings) {
                    continue;
                }
                self.vectors[0].unmask(self.see);
                self.sheet.enter(Kind::Idle, self.see.time());
                break;
            }
            if self.round.is_in_hand() {
                return;
            }
        }
    }

    /// A round over the only ring; false if it is left in hand.
    #[inline(always)]
    fn run_only_round(
        &mut self,
        bound: Moment,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let (vector, budget) = (&mut self.vectors[0], self.budget as usize);
        let (ring, interrupt) =
            (&mut rings[vector.queues[0]].ring, vector.moderator.last_taken());
        self.tally.rounds += 1;
        let end = self.see.time() + self.costs.round.draw();
        if end.before_arrivals() >= bound {
            self.round.begin(0, 0, end);
            return false;
        }
        self.see = self.see.max(end.before_arrivals());
        let (mut taken, mut bytes) = (0, 0);
        while taken < budget
            && let Some(end) = begin_first(ring, self.see, ledger)
        {
            let now = (end, self.see);
            let run = run_on(ring.front_mut(), budget - taken, now, bound, interrupt, ledger);
            ring.finish(run.n);
            self.see = run.see;
            taken += run.n;
            bytes += run.bytes;
            if run.stop != RunStop::Done {
                self.round.resume(0, run.end, taken as u32, bytes);
                return false;
            }
        }
        vector.seen.packets += taken as u64;
        vector.seen.bytes += bytes;
        true
    }
}
