//! How packets come to the backlogs of cores when a round is over: with an interrupt from processor
//! to processor (IPI) where the backlog of another core rests.

use super::backlog::BACKLOG;
use super::core::{Core, Handler};
use super::ledger::{Ledger, Processed};
use super::rank::{Bounds, Rank};
use super::site::Site;
use crate::engine::time::Moment;
use crate::rx::cpu::Kind;

impl Site {
    /// The bound before which nothing that another core spreads reaches this one.
    pub(super) fn bound_of_spreading(&self, core: usize) -> Moment {
        let front = self.joint.front;
        let Some(spreading) = &self.spreading else { return front };
        let others = spreading.takers.iter().filter(|taker| **taker != core);
        let first = others.map(|taker| self.joint.gives[*taker]).min();
        first.map_or(front, |first| Bounds::joint(front, first, core).threads)
    }

    /// Packets of rounds that this core has ended go to their backlogs.
    pub(super) fn spread(&mut self, from: usize, ledger: &mut Ledger<'_>) {
        let now = self.cores[from].see;
        let mut outgoing = std::mem::take(&mut self.cores[from].outgoing);
        // What follows from the item comes behind all of it.
        for done in &outgoing {
            let (to, _) = self.target(done);
            self.catch_up_for(to, Rank::given(now, from), ledger);
        }
        for done in outgoing.drain(..) {
            let (to, bound) = self.target(&done);
            let core = &mut self.cores[to];
            let accepts = core.backlog.accept(done, bound, now.time(), ledger);
            if accepts && !std::mem::replace(&mut core.backlog.is_at_work, true) {
                if to == from {
                    core.queue_backlog();
                } else {
                    core.interrupt_for_backlog(now);
                }
                self.note_give(to);
            }
        }
        self.cores[from].outgoing = outgoing;
    }

    /// To which core a packet goes, and the bound of its backlog.
    fn target(&self, done: &Processed) -> (usize, u32) {
        let spreading = self.spreading.as_ref().expect("a port of the host spreads");
        spreading.target(&done.packet.frame)
    }
}

impl Core {
    /// Another processor interrupts this one at `moment`.
    fn interrupt_for_backlog(&mut self, moment: Moment) {
        self.backlog.interrupt = Some(moment);
        self.wake_by(moment);
    }

    /// How far threads may go: packets that go to backlogs come before what cores of higher numbers
    /// hand over.
    #[inline(always)]
    pub(super) fn bounds_of_threads(&self, bounds: Bounds) -> Bounds {
        let gives = !self.outgoing.is_empty();
        if gives { bounds.ahead_of(Rank::given(self.see, self.number)) } else { bounds }
    }

    /// That interrupt is taken now.
    pub(super) fn take_ipi(&mut self) {
        let start = self.see.time();
        let end = start + self.costs.ipi + self.disturbance(start);
        self.backlog.interrupt = None;
        self.handle(Handler { vector: BACKLOG, start, end });
        self.sheet.enter(Kind::Deferred, start);
    }

    /// The backlog's work is due on this core, at its time.
    fn queue_backlog(&mut self) {
        if let Some(threads) = &mut self.threads {
            threads.pause_behind(self.see, true);
        }
        self.waiting.push_back(BACKLOG);
        self.raise_softirq();
        self.wake_by(self.see);
    }
}
