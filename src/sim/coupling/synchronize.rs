//! Advancing the cores of a host that interact.

use crate::engine::time::PhasedTime;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Advance;
use crate::sim::coupling::rank::{Bounds, Rank};
use crate::sim::host::host::Host;

impl Host {
    /// Brings one core up to `bound`, or all of them if cores interact. True if it was all.
    #[inline(never)]
    pub(crate) fn catch_up(
        &mut self,
        core: usize,
        bound: PhasedTime,
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let all = self.interacting || self.moves_pending > 0 || self.pool.is_some();
        if all {
            self.advance_all(bound, ledger);
        } else {
            self.advance_alone(core, bound, ledger);
        }
        all
    }

    pub(crate) fn advance_all(&mut self, bound: PhasedTime, ledger: &mut Ledger<'_>) {
        if self.pool.is_some() {
            self.advance_pool(bound, ledger);
            return;
        }
        if self.interacting && (self.holds || self.has_unpinned_vcpus()) || self.moves_pending > 0 {
            let all: Vec<usize> = (0..self.cores.len()).collect();
            self.synchronize(&all, bound, ledger);
        } else if self.interacting {
            self.advance_givers(bound, ledger);
        }
        for core in 0..self.cores.len() {
            self.advance_alone(core, bound, ledger);
        }
    }

    /// Brings a pool of cores up to `bound`, or until one of them frees a descriptor that a port
    /// waits for.
    pub(crate) fn advance_pool(
        &mut self,
        bound: PhasedTime,
        ledger: &mut Ledger<'_>,
    ) -> Option<()> {
        let pool = self.pool.as_mut()?;
        let advance = pool.advance(bound, &mut self.cores, &mut self.queues, ledger);
        (advance == Advance::Freed).then_some(())
    }

    /// Advances the cores that send to others, one handoff after the other, up to `bound`.
    ///
    /// Threads run up to the next handoff that any other core may make. Host work runs up to the
    /// next turn of a core that distributes packets by RPS. A core that sends nothing is caught up
    /// only when the state of its channels or its backlog is needed.
    fn advance_givers(&mut self, bound: PhasedTime, ledger: &mut Ledger<'_>) {
        self.joint.lock_step = false;
        self.joint.front = bound;
        self.joint.gives.clear();
        self.joint.gives.extend(self.cores.iter_mut().map(|core| core.next_give(&self.queues)));
        while let Some((core, rival)) = self.first_giver() {
            if self.joint.gives[core].gives() {
                self.perform_handoff(core, ledger);
            } else {
                let all = self.rps_bound(core);
                let bounds = Bounds::joint(all, rival, core);
                self.cores[core].advance(bounds, &mut self.queues, ledger);
                self.deliver_outbox(core);
            }
            self.joint.gives[core] = self.cores[core].next_give(&self.queues);
        }
    }

    /// The core that may send first, if that is before the front, and the time when another one
    /// may.
    fn first_giver(&self) -> Option<(usize, Rank)> {
        let end = Rank::before(self.joint.front);
        let (mut first, mut rival) = ((end, None), end);
        for (core, rank) in self.joint.gives.iter().enumerate() {
            if *rank < first.0 {
                rival = first.0;
                first = (*rank, Some(core));
            } else {
                rival = rival.min(*rank);
            }
        }
        Some((first.1?, rival))
    }

    /// Brings a core's threads up to the handoff of another core at `rank`.
    pub(crate) fn catch_up_for(&mut self, core: usize, rank: Rank, ledger: &mut Ledger<'_>) {
        let is_there = self.cores[core].is_past(rank.moment());
        if core != rank.core() && !self.joint.lock_step && !is_there {
            let mut bounds = Bounds::joint(self.joint.front, rank, core);
            if self.rps_map.is_some() {
                bounds.all = bounds.threads;
            }
            self.cores[core].advance(bounds, &mut self.queues, ledger);
            self.deliver_outbox(core);
            self.update_give(core);
        }
    }

    /// Updates the bound of a core's next handoff, where these bounds are kept.
    pub(crate) fn update_give(&mut self, core: usize) {
        if !self.joint.lock_step {
            self.joint.gives[core] = self.cores[core].next_give(&self.queues);
        }
    }

    /// Brings a core that no other core reaches up to `bound`.
    fn advance_alone(&mut self, core: usize, bound: PhasedTime, ledger: &mut Ledger<'_>) {
        let bounds = Bounds::alone(bound);
        while self.cores[core].advance(bounds, &mut self.queues, ledger) == Advance::WantsHandoff {
            self.perform_handoff(core, ledger);
        }
        assert!(self.cores[core].outbox.is_empty(), "cores that feed others are synchronized");
    }

    /// Advances these cores together until one frees a descriptor that a port waits for (`Some`),
    /// or until all have reached `bound` (`None`).
    ///
    /// Threads run up to the next event of another core that may reach them. Host work runs ahead,
    /// unless a port waits for descriptors or a queue is in transfer.
    pub(crate) fn synchronize(
        &mut self,
        cores: &[usize],
        bound: PhasedTime,
        ledger: &mut Ledger<'_>,
    ) -> Option<()> {
        self.joint.lock_step = self.holds || self.has_unpinned_vcpus() || self.moves_pending > 0;
        loop {
            let first = self.first_of(cores, bound);
            let arrival = Rank::before(self.next_transfer_bound());
            if arrival <= first.map_or(Rank::before(bound), |(rank, ..)| rank) {
                if self.has_frame_before_transfer(ledger) {
                    return None;
                }
                self.finish_transfer(ledger);
                continue;
            }
            let (_, core, rival) = first?;
            let mut bounds = Bounds::joint(bound, rival.min(arrival), core);
            if self.joint.lock_step {
                bounds.all = bounds.threads;
            }
            match self.cores[core].advance(bounds, &mut self.queues, ledger) {
                Advance::Reached => {}
                Advance::Detached => self.collect_detached(core),
                Advance::Freed => {
                    self.deliver_outbox(core);
                    self.interrupt_others(core);
                    return Some(());
                }
                Advance::WantsHandoff => {
                    // An earlier handoff of this core to apps may concern other cores first.
                    let from = &mut self.cores[core];
                    if from.outbox.is_empty() && from.next_rank(&self.queues) < rival {
                        self.perform_handoff(core, ledger);
                        self.collect_detached(core);
                    }
                }
            }
            self.deliver_outbox(core);
        }
    }

    /// A core has freed a descriptor. The other cores take the interrupts that are due at that
    /// instant, before the port's next frame causes anything.
    fn interrupt_others(&mut self, core: usize) {
        let now = self.cores[core].clock;
        if now.is_at_arrivals() {
            for other in self.cores.iter_mut().filter(|other| other.number != core) {
                other.take_due_interrupt(now, &self.queues);
            }
        }
    }

    /// The next event of all cores if it is before `bound`: its rank, its core, and the rank of the
    /// next event of another core.
    fn first_of(&mut self, cores: &[usize], bound: PhasedTime) -> Option<(Rank, usize, Rank)> {
        let end = Rank::before(bound);
        let (mut first, mut rival) = ((end, None), end);
        for core in cores {
            let rank = self.cores[*core].next_rank(&self.queues);
            if rank < first.0 {
                rival = first.0;
                first = (rank, Some(*core));
            } else {
                rival = rival.min(rank);
            }
        }
        Some((first.0, first.1?, rival))
    }
}
