//! The stack `busy-poll`: no interrupts. The core polls its rings in turn, without end.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::Activity;
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
            if !self.round.is_active() {
                // The core is busy from here on, including the polls that are skipped.
                self.sheet.enter(Activity::Deferred, self.clock.time());
                self.skip_empty_polls(bound, rings);
                let end = self.start_round();
                self.poll_started = self.clock.time();
                self.round.start(self.poll_cursor, 0, end);
                self.poll_cursor = (self.poll_cursor + 1) % self.vectors.len();
            }
            self.sheet.enter(self.round.activity(), self.clock.time());
            let vector = &self.vectors[self.round.vector];
            let (clock, sheet, budget) = (&mut self.clock, &mut self.sheet, self.budget);
            let pace = Pace { vector, clock, sheet, limit: bound, budget };
            match self.round.run(pace, rings, ledger) {
                Stop::Limit => return Advance::Reached,
                Stop::Freed => return Advance::Freed,
                Stop::WantsHandoff => return Advance::WantsHandoff,
                Stop::Ended => {
                    if self.round.taken == 0 {
                        self.empty_poll_time += self.clock.time() - self.poll_started;
                    }
                    self.round.clear();
                    self.send_from(|core| &mut core.round);
                }
            }
        }
    }

    /// Skips empty polls by arithmetic, if every poll costs the same.
    fn skip_empty_polls(&mut self, bound: PhasedTime, rings: &[RxQueue]) {
        let Some(poll) = self.costs.round.law.constant() else { return };
        let (now, rings_n) = (self.clock.time(), self.vectors.len() as u64);
        let before_bound = Time(bound.0.saturating_sub(1) >> 1).since(now).0 / poll.0;
        let empty = |(index, vector): (usize, &crate::sim::queue::vector::Vector)| {
            let visible = vector.first_visible(rings);
            if visible == PhasedTime::NEVER {
                return u64::MAX;
            }
            let first = (index + self.vectors.len() - self.poll_cursor) as u64 % rings_n;
            let wait = Time(visible.0.div_ceil(2)).since(now);
            let needed = wait.0.div_ceil(poll.0).saturating_sub(1);
            first + needed.saturating_sub(first).next_multiple_of(rings_n)
        };
        let skipped =
            self.vectors.iter().enumerate().map(empty).min().unwrap_or(u64::MAX).min(before_bound);
        self.counters.rounds += skipped;
        self.empty_poll_time += poll * skipped;
        self.clock = self.clock.max((now + Span(poll.0 * skipped)).before_arrivals());
        self.poll_cursor = ((self.poll_cursor as u64 + skipped) % rings_n) as usize;
    }
}
