//! The bounds of a softirq, and `ksoftirqd`, under the stack `linux-napi`.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::Stack;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::backlog::BACKLOG;
use crate::sim::core::core::Core;
use crate::sim::core::round::{Pace, Round, Stop};
use crate::sim::core::threads::scheduler::Threads;
use crate::sim::queue::rx_queue::RxQueue;

/// Packet budget of one pass over the poll list (`netdev_budget`, Linux net/core/hotdata.c).
const PASS_BUDGET: u32 = 300;
/// Passes before the rest is left to `ksoftirqd` (`MAX_SOFTIRQ_RESTART`, kernel/softirq.c).
const MAX_PASSES: u32 = 10;
/// Time before the rest is left to `ksoftirqd` (`MAX_SOFTIRQ_TIME`, the same file).
const MAX_TIME: Span = Span::ms(2);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Softirq {
    started: Time,
    pass_started: Time,
    pass_taken: u32,
    passes: u32,
}

/// The thread that continues the deferred work which a softirq left.
#[derive(Default)]
pub(crate) struct Ksoftirqd {
    pub(crate) round: Round,
    /// Time left of the round's current step.
    pub(crate) left: Span,
}

impl Ksoftirqd {
    /// Sets the end of the round's current step, which resumes at `now`.
    pub(crate) fn set_clock(&mut self, now: Time) {
        if self.round.is_active() {
            self.round.end = now + self.left;
        }
    }

    /// Records the time left of the round's current step at `now`.
    fn record_left(&mut self, now: Time) {
        let is_active = self.round.is_active();
        self.left = if is_active { self.round.end.since(now) } else { Span::ZERO };
    }
}

impl Core {
    /// Whether queued work may run in the deferred class. Under NAPI it may only run in a softirq.
    pub(crate) const fn softirq_may_run(&self) -> bool {
        self.softirq.is_some() || !matches!(self.stack, Stack::LinuxNapi { .. })
    }

    /// A handler has queued work. A softirq starts for it, unless one runs or the work is left to
    /// `ksoftirqd`.
    pub(crate) fn raise_softirq(&mut self) {
        let Stack::LinuxNapi { ksoftirqd_defers, .. } = self.stack else { return };
        if self.softirq.is_some() || ksoftirqd_defers && self.ksoftirqd().ksoftirqd_is_runnable() {
            return;
        }
        let now = self.clock.time();
        self.softirq = Some(Softirq { started: now, pass_started: now, pass_taken: 0, passes: 0 });
    }

    /// Checks the softirq's bounds at the end of a round that took `taken` packets.
    pub(crate) fn account_softirq_round(
        &mut self,
        taken: u32,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        let (Stack::LinuxNapi { hz, .. }, Some(softirq)) = (self.stack, &mut self.softirq) else {
            return;
        };
        let now = self.clock.time();
        let two_jiffies = Span(2 * 1_000_000_000_000 / u64::from(hz));
        softirq.pass_taken += taken;
        if self.deferred_queue.is_empty() {
            self.softirq = None;
        } else if softirq.pass_taken >= PASS_BUDGET || now - softirq.pass_started >= two_jiffies {
            softirq.passes += 1;
            (softirq.pass_started, softirq.pass_taken) = (now, 0);
            if softirq.passes >= MAX_PASSES || now - softirq.started >= MAX_TIME {
                self.softirq = None;
                let clock = self.clock;
                let ksoftirqd = self.ksoftirqd();
                // Threads that became runnable earlier are queued ahead of `ksoftirqd`.
                ksoftirqd.catch_up(clock, rings, ledger);
                ksoftirqd.wake_ksoftirqd();
            }
        }
    }

    fn ksoftirqd(&mut self) -> &mut Threads {
        self.threads.as_mut().expect("a core with softirqs has a ksoftirqd")
    }

    /// The current step of `ksoftirqd` has ended. Runs it on until a step takes time.
    pub(crate) fn run_ksoftirqd(&mut self, rings: &mut [RxQueue], ledger: &mut Ledger<'_>) -> Stop {
        let now = self.clock.time();
        if !self.running_ksoftirqd().round.is_active() {
            let Some(vector) = self.deferred_queue.pop_front() else {
                self.ksoftirqd().sleep();
                return Stop::Limit;
            };
            let (cursor, end) = (self.first_ring(vector), self.start_round());
            let ksoftirqd = self.running_ksoftirqd();
            ksoftirqd.round.start(vector, cursor, end);
            ksoftirqd.record_left(now);
            return Stop::Limit;
        }
        let mut round = std::mem::take(&mut self.running_ksoftirqd().round);
        let slice_is_over = self.threads.as_ref().is_some_and(|threads| threads.slice_is_over());
        let single_step = slice_is_over || round.is_selecting();
        let stop = self.run_thread_round(&mut round, single_step, rings, ledger);
        if stop == Stop::Ended {
            self.end_ksoftirqd_round(&mut round);
        }
        let ksoftirqd = self.running_ksoftirqd();
        ksoftirqd.round = round;
        ksoftirqd.record_left(now);
        if !matches!(stop, Stop::Freed | Stop::WantsHandoff) {
            self.keep_or_release_ksoftirqd(stop == Stop::Ended);
        }
        stop
    }

    /// Runs a round of `ksoftirqd` on at the core's clock.
    fn run_thread_round(
        &mut self,
        round: &mut Round,
        single_step: bool,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        let limit = PhasedTime(self.clock.0 + 1);
        if round.vector == BACKLOG {
            return if single_step {
                self.step_backlog(round, ledger)
            } else {
                self.run_backlog(round, limit, ledger)
            };
        }
        let vector = &self.vectors[round.vector];
        let (clock, sheet, budget) = (&mut self.clock, &mut self.sheet, self.budget);
        let pace = Pace { vector, clock, sheet, limit, budget };
        if single_step { round.step(pace, rings, ledger) } else { round.run(pace, rings, ledger) }
    }

    /// A step of `ksoftirqd` has ended, perhaps its round. `ksoftirqd` sleeps if nothing is queued,
    /// and goes to the tail if its slice has ended.
    fn keep_or_release_ksoftirqd(&mut self, round_ended: bool) {
        let nothing_queued = self.deferred_queue.is_empty();
        let ksoftirqd = self.ksoftirqd();
        if round_ended && nothing_queued {
            ksoftirqd.sleep();
        } else if ksoftirqd.slice_is_over() {
            ksoftirqd.rotate();
        }
    }

    /// Whether a round of `ksoftirqd` waits for its turn to send packets or to notify.
    #[inline(always)]
    pub(crate) fn ksoftirqd_wants_handoff(&mut self) -> bool {
        self.threads.as_mut().is_some_and(|threads| {
            threads.current_ksoftirqd().is_some_and(|one| one.round.wants_handoff())
        })
    }

    /// The round of `ksoftirqd` has handed off or notified. It goes on or ends, after the threads
    /// that this made runnable were queued.
    pub(crate) fn resume_ksoftirqd(&mut self) {
        let now = self.clock.time();
        let mut round = std::mem::take(&mut self.running_ksoftirqd().round);
        let ended = round.is_finished();
        if ended {
            self.end_ksoftirqd_round(&mut round);
        }
        let ksoftirqd = self.running_ksoftirqd();
        ksoftirqd.round = round;
        ksoftirqd.record_left(now);
        self.keep_or_release_ksoftirqd(ended);
    }

    /// A round of `ksoftirqd` has ended: its vector is unmasked or queued again.
    fn end_ksoftirqd_round(&mut self, round: &mut Round) {
        self.close_round(round.sum(), &[]);
        round.clear();
        self.send(&mut round.delivery);
    }

    /// Whether a round of `ksoftirqd` freed a descriptor and has not been resumed since.
    pub(crate) fn ksoftirqd_is_selecting(&mut self) -> bool {
        let ksoftirqd = self.threads.as_mut().and_then(|threads| threads.current_ksoftirqd());
        ksoftirqd.is_some_and(|one| one.round.is_selecting())
    }

    pub(crate) fn running_ksoftirqd(&mut self) -> &mut Ksoftirqd {
        self.ksoftirqd().current_ksoftirqd().expect("ksoftirqd has the core")
    }
}
