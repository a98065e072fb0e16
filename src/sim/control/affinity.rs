//! Moves receive queues, and the interrupt vectors in front of them, to other cores.
//!
//! A queue whose vector is unmasked moves at once. A queue whose vector is masked belongs to a
//! round: it is detached when the next round over its vector ends, and attached to its new core at
//! the end of that instant. While a move is pending, the cores of the host advance in lock step.

use crate::engine::time::{PhasedTime, Time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::coupling::rank::Bounds;
use crate::sim::host::host::Host;
use crate::sim::queue::rx_queue::QueueTransfer;

impl Core {
    /// Work reaches the core from outside at `moment`, up to which the core has been advanced.
    pub(crate) fn wake_at(&mut self, moment: PhasedTime) {
        self.clock = self.clock.max(moment);
        self.wake_by(moment);
    }

    /// Detaches the queues that are to leave a vector whose round has ended. A vector of its own
    /// moves with its queue.
    #[inline(never)]
    pub(crate) fn detach(&mut self, index: usize) {
        let (vector, now) = (&mut self.vectors[index], self.clock.time());
        for queue in std::mem::take(&mut vector.detaching) {
            if !vector.moves_with_queue {
                vector.remove_queue(queue);
            }
            self.detached.push((now, queue));
        }
    }
}

impl Host {
    /// Starts the move of a queue of port `at` to another core at `now`, up to which the host has
    /// been advanced.
    pub(crate) fn move_queue(&mut self, at: usize, number: usize, to: usize, now: Time) {
        let index = self.ports[at].base + number;
        let (from, target) = (self.queues[index].core, self.queues[index].target);
        let slot = self.ports[at].slot(from, number);
        let vector = &mut self.cores[from].vectors[slot];
        if target.is_some() && to == from {
            vector.detaching.retain(|leaving| *leaving != index);
            self.queues[index].target = None;
            self.moves_pending -= 1;
        } else if target.is_some() || vector.masked {
            if target.is_none() {
                vector.detaching.push(index);
                self.moves_pending += 1;
                self.moves_decided += 1;
                self.queues[index].move_number = self.moves_decided;
            }
            self.queues[index].target = Some(to);
        } else {
            if !vector.moves_with_queue {
                vector.detach_unmasked(index, now.at_arrivals(), &self.queues);
            }
            self.attach(index, to, now.at_arrivals());
        }
        self.ports[at].record_move(now);
    }

    /// Moves all queues of a port to its home core at `now`.
    pub(crate) fn lose_affinity(&mut self, nic: usize, now: Time) {
        let Some(at) = self.ports.iter().position(|port| port.nic == nic) else { return };
        let home = self.ports[at].usable[0];
        for number in 0..self.queues_of(&self.ports[at]).len() {
            let queue = &self.queues[self.ports[at].base + number];
            if queue.place() != home {
                self.move_queue(at, number, home, now);
            }
        }
    }

    /// Collects the queues that a core has just detached.
    #[inline(always)]
    pub(crate) fn collect_detached(&mut self, core: usize) {
        if !self.cores[core].detached.is_empty() {
            self.begin_transfers(core);
        }
    }

    #[inline(never)]
    fn begin_transfers(&mut self, core: usize) {
        for (at, queue) in std::mem::take(&mut self.cores[core].detached) {
            let rank = |at: Time, core, queue: usize| (at, core, self.queues[queue].move_number);
            let place = self.in_transfer.partition_point(|other| {
                rank(other.at, other.core, other.queue) < rank(at, core, queue)
            });
            self.in_transfer.insert(place, QueueTransfer { at, core, queue });
        }
    }

    /// The bound up to which everything must have happened before the next queue is attached.
    #[inline(always)]
    pub(crate) fn next_transfer_bound(&self) -> PhasedTime {
        self.in_transfer.first().map_or(PhasedTime::NEVER, |first| first.at.after())
    }

    /// Whether frames that arrive at the instant of the next transfer have not been admitted yet.
    /// Those frames, and all that follows from them, come before the transfer.
    pub(crate) fn has_frame_before_transfer(&mut self, ledger: &mut Ledger<'_>) -> bool {
        self.in_transfer
            .first()
            .copied()
            .is_some_and(|first| self.front(first.at, ledger).is_some())
    }

    /// Attaches the first queue in transfer to its new core.
    pub(crate) fn finish_transfer(&mut self, ledger: &mut Ledger<'_>) {
        let QueueTransfer { at, queue, .. } = self.in_transfer.remove(0);
        let to = self.queues[queue].target.take().expect("a queue in transit has a target");
        self.moves_pending -= 1;
        // The core has nothing left to do up to then, but it may not have gone idle yet.
        self.cores[to].advance(Bounds::alone(at.after()), &mut self.queues, ledger);
        self.attach(queue, to, at.at_arrivals());
    }

    /// Attaches a queue to core `to` at `moment`: it joins a vector there, or brings its own. No
    /// round may be working on the queue.
    fn attach(&mut self, index: usize, to: usize, moment: PhasedTime) {
        let (from, number) = (self.queues[index].core, self.queues[index].number as usize);
        let port = self.ports.iter().rfind(|port| port.base <= index).expect("it has a port");
        let (left, joined) = (port.slot(from, number), port.slot(to, number));
        let both = self.cores.get_disjoint_mut([from, to]);
        let [old, new] = both.expect("a queue moves from one core of the host to another one");
        if old.vectors[left].moves_with_queue {
            std::mem::swap(&mut old.vectors[left], &mut new.vectors[joined]);
            new.vectors[joined].masked = false;
            new.vectors[joined].defer_until(moment);
        } else {
            new.vectors[joined].add_queue(index, moment, &self.queues);
        }
        new.pending_move_cost += new.costs.queue_move;
        new.wake_at(moment);
        self.queues[index].core = to;
    }
}
