//! Queues that move to other cores, and the vectors behind them.
//!
//! A queue whose vector is unmasked moves at once. Else it is on the move: it leaves its core when
//! the next round over its vector ends, and reaches its new one at the end of that instant. In
//! between no core goes further than any other.

use crate::engine::time::{PhasedTime, Time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::coupling::rank::Bounds;
use crate::sim::host::host::Host;
use crate::sim::queue::rx_queue::Transit;

impl Core {
    /// Something comes to the core from outside at `moment`, up to which it has been brought.
    pub(crate) fn stand_at(&mut self, moment: PhasedTime) {
        self.clock = self.clock.max(moment);
        self.wake_by(moment);
    }

    /// A round over a vector is over: its queues that are on the move leave it, with the vector
    /// itself where that moves.
    #[inline(never)]
    pub(crate) fn let_go(&mut self, index: usize) {
        let (vector, now) = (&mut self.vectors[index], self.clock.time());
        for queue in std::mem::take(&mut vector.leaving) {
            if !vector.moves {
                vector.remove(queue);
            }
            self.departed.push((now, queue));
        }
    }
}

impl Host {
    /// A queue of port `at` is to move to another core at `now`, up to which the site has been
    /// brought.
    pub(crate) fn move_queue(&mut self, at: usize, number: usize, to: usize, now: Time) {
        let index = self.ports[at].base + number;
        let (from, target) = (self.queues[index].core, self.queues[index].target);
        let slot = self.ports[at].slot(from, number);
        let vector = &mut self.cores[from].vectors[slot];
        if target.is_some() && to == from {
            vector.leaving.retain(|leaving| *leaving != index);
            self.queues[index].target = None;
            self.moving -= 1;
        } else if target.is_some() || vector.masked {
            if target.is_none() {
                vector.leaving.push(index);
                self.moving += 1;
                self.decisions += 1;
                self.queues[index].decided = self.decisions;
            }
            self.queues[index].target = Some(to);
        } else {
            if !vector.moves {
                vector.give_up(index, now.at_arrivals(), &self.queues);
            }
            self.join(index, to, now.at_arrivals());
        }
        self.ports[at].note_move(now);
    }

    /// All queues of a port are to move to its home core at `now`.
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

    /// Takes note of the queues that have just left a core.
    #[inline(always)]
    pub(crate) fn see_off(&mut self, core: usize) {
        if !self.cores[core].departed.is_empty() {
            self.put_in_transit(core);
        }
    }

    #[inline(never)]
    fn put_in_transit(&mut self, core: usize) {
        for (at, queue) in std::mem::take(&mut self.cores[core].departed) {
            let rank = |at: Time, core, queue: usize| (at, core, self.queues[queue].decided);
            let place = self.transit.partition_point(|other| {
                rank(other.at, other.core, other.queue) < rank(at, core, queue)
            });
            self.transit.insert(place, Transit { at, core, queue });
        }
    }

    /// The bound before which nothing is left to happen when the next queue in transit arrives.
    #[inline(always)]
    pub(crate) fn next_arrival(&self) -> PhasedTime {
        self.transit.first().map_or(PhasedTime::NEVER, |first| first.at.after())
    }

    /// Whether frames arrive at the instant of the next queue in transit that have not been admitted:
    /// they come first, with all that they bring about.
    pub(crate) fn waits_for_frames(&mut self, ledger: &mut Ledger<'_>) -> bool {
        self.transit.first().copied().is_some_and(|first| self.front(first.at, ledger).is_some())
    }

    /// The first queue in transit arrives.
    pub(crate) fn arrive(&mut self, ledger: &mut Ledger<'_>) {
        let Transit { at, queue, .. } = self.transit.remove(0);
        let to = self.queues[queue].target.take().expect("a queue in transit has a target");
        self.moving -= 1;
        // Nothing is left to happen there, but it may not have turned to rest yet.
        self.cores[to].advance(Bounds::alone(at.after()), &mut self.queues, ledger);
        self.join(queue, to, at.at_arrivals());
    }

    /// A queue that no round visits joins a vector of core `to` at `moment`, or brings its own.
    fn join(&mut self, index: usize, to: usize, moment: PhasedTime) {
        let (from, number) = (self.queues[index].core, self.queues[index].number as usize);
        let port = self.ports.iter().rfind(|port| port.base <= index).expect("it has a port");
        let (left, joined) = (port.slot(from, number), port.slot(to, number));
        let both = self.cores.get_disjoint_mut([from, to]);
        let [old, new] = both.expect("a queue moves from one core of the site to another one");
        if old.vectors[left].moves {
            std::mem::swap(&mut old.vectors[left], &mut new.vectors[joined]);
            new.vectors[joined].masked = false;
            new.vectors[joined].hold_back(moment);
        } else {
            new.vectors[joined].add(index, moment, &self.queues);
        }
        new.owes += new.costs.queue_move;
        new.stand_at(moment);
        self.queues[index].core = to;
    }
}
