//! The stack `busy-poll`: no interrupts; the core visits its rings in turn, for ever.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::Kind;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::{Advance, Core};
use crate::sim::core::round::{Pace, Stop};
use crate::sim::queue::rx_queue::RxQueue;

impl Core {
    pub(crate) fn advance_polling(
        &mut self,
        bound: PhasedTime,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Advance {
        loop {
            if !self.round.is_in_hand() {
                // It polls from the start on, also what it passes over now.
                self.sheet.enter(Kind::Deferred, self.see.time());
                self.skip_empty_visits(bound, rings);
                let end = self.round_begins();
                self.visit_begun = self.see.time();
                self.round.begin(self.visit, 0, end);
                self.visit = (self.visit + 1) % self.vectors.len();
            }
            self.sheet.enter(self.round.kind(), self.see.time());
            let vector = &self.vectors[self.round.vector];
            let (see, sheet, budget) = (&mut self.see, &mut self.sheet, self.budget);
            let pace = Pace { vector, see, sheet, limit: bound, budget };
            match self.round.run(pace, rings, ledger) {
                Stop::Limit => return Advance::Reached,
                Stop::Freed => return Advance::Freed,
                Stop::HandsOver => return Advance::HandsOver,
                Stop::Ended => {
                    if self.round.taken == 0 {
                        self.idle_polls += self.see.time() - self.visit_begun;
                    }
                    self.round.clear();
                    self.hand_over_from(|core| &mut core.round);
                }
            }
        }
    }

    /// Passes over the visits that find nothing, by arithmetic, where a visit always costs the
    /// same.
    fn skip_empty_visits(&mut self, bound: PhasedTime, rings: &[RxQueue]) {
        let Some(visit) = self.costs.round.law.constant() else { return };
        let (now, rings_n) = (self.see.time(), self.vectors.len() as u64);
        let before_bound = Time(bound.0.saturating_sub(1) >> 1).since(now).0 / visit.0;
        let empty = |(index, vector): (usize, &crate::sim::queue::vector::Vector)| {
            let visible = vector.first_visible(rings);
            if visible == PhasedTime::NEVER {
                return u64::MAX;
            }
            let first = (index + self.vectors.len() - self.visit) as u64 % rings_n;
            let wait = Time(visible.0.div_ceil(2)).since(now);
            let needed = wait.0.div_ceil(visit.0).saturating_sub(1);
            first + needed.saturating_sub(first).next_multiple_of(rings_n)
        };
        let skipped =
            self.vectors.iter().enumerate().map(empty).min().unwrap_or(u64::MAX).min(before_bound);
        self.tally.rounds += skipped;
        self.idle_polls += visit * skipped;
        self.see = self.see.max((now + Span(visit.0 * skipped)).before_arrivals());
        self.visit = ((self.visit as u64 + skipped) % rings_n) as usize;
    }
}
