//! Moves: another core for a queue, another queue for an entry of the indirection table.
//!
//! Rules M1 to M21 and I31.

use crate::reference::agenda::Item;
use crate::reference::model::{CoreAt, Model, VectorAt};
use crate::reference::nic::moderation::Server;
use rxsim::engine::time::{Span, Time};

/// A queue on the move: it leaves at the end of the next round over its vector.
#[derive(Clone, Copy, Debug)]
pub(in crate::reference) struct Going {
    nic: usize,
    queue: u32,
    /// Its place among the moves of its instant.
    number: usize,
    to: u32,
}

impl Model<'_> {
    /// All queues go to the home core.
    pub(in crate::reference) fn lose_affinity(&mut self, nic: usize) {
        let home = self.world.nics[nic].usable[0];
        let before = self.policies_moves(nic);
        for queue in 0..self.world.nics[nic].queues.len() as u32 {
            if self.place(nic, queue) != home {
                self.move_queue(nic, queue, home);
            }
        }
        self.moves.lost_affinity += u64::from(self.policies_moves(nic) > before);
    }

    fn policies_moves(&self, nic: usize) -> u64 {
        self.policies[nic].moves
    }

    /// The core of a queue; where it is on the move, its target.
    pub(in crate::reference) fn place(&self, nic: usize, queue: u32) -> u32 {
        let going = self.going.iter().find(|going| (going.nic, going.queue) == (nic, queue));
        going.map_or_else(|| self.core_of_queue(nic, queue), |going| going.to)
    }

    pub(in crate::reference) fn core_of_queue(&self, nic: usize, queue: u32) -> u32 {
        let at = self.vector_of_queue(nic, queue).expect("no queue lies between two cores");
        self.core_of_vector(at).index as u32
    }

    fn core_of_vector(&self, at: VectorAt) -> CoreAt {
        match self.nics[at.nic].vectors[at.index].server {
            Server::Core(core) => core,
            Server::Vcpu(_) => unreachable!("virtual functions stay where they are"),
        }
    }

    /// A move is decided. It leads elsewhere than the queue is, or goes.
    pub(in crate::reference) fn move_queue(&mut self, nic: usize, queue: u32, to: u32) {
        self.count_move(nic);
        let from = self.vector_of_queue(nic, queue).expect("no queue lies between two cores");
        if !self.vector(from).masked {
            self.moves.at_once += 1;
            self.leave(from, queue);
            return self.arrive_at_core(nic, queue, to);
        }
        let back = self.core_of_vector(from).index as u32 == to;
        let same = |going: &Going| (going.nic, going.queue) == (nic, queue);
        let known = self.going.iter().position(same);
        match known {
            Some(at) if back => {
                self.moves.cancelled += 1;
                self.going.remove(at);
            }
            Some(at) => {
                self.moves.redirected += 1;
                self.going[at].to = to;
            }
            None => {
                self.moves.waited += 1;
                self.goings += 1;
                self.going.push(Going { nic, queue, number: self.goings, to });
            }
        }
    }

    /// Decided in the window: after the warm-up, the last instant included.
    pub(in crate::reference) fn count_move(&mut self, nic: usize) {
        let start = Time::ZERO + self.world.warmup;
        let now = self.agenda.time();
        if now > start || start == Time::ZERO {
            let tally = &mut self.policies[nic];
            tally.moves += 1;
            tally.settled = Some(now - start);
        }
    }

    /// At the end of a round: queues of its vector that are on the move leave it, and go at the end
    /// of the instant. Returns whether the vector itself is one that goes.
    pub(in crate::reference) fn queues_leave(&mut self, at: VectorAt) -> bool {
        let of_vector = |going: &Going| {
            going.nic == at.nic && self.nics[at.nic].vectors[at.index].queues.contains(&going.queue)
        };
        let leaving: Vec<Going> =
            self.going.iter().filter(|going| of_vector(going)).copied().collect();
        let from = self.core_of_vector(at);
        for Going { nic, queue, number, .. } in &leaving {
            let item = Item::Goes { from, number: *number, nic: *nic, queue: *queue };
            self.agenda.put(self.agenda.time(), item);
            self.leave(at, *queue);
        }
        !leaving.is_empty() && !self.world.nics[at.nic].shared_interrupts
    }

    /// Takes a queue out of a vector that it shares. The ring visited next stays the same.
    fn leave(&mut self, at: VectorAt, queue: u32) {
        let packets = !self.nics[at.nic].rings[queue as usize].visible.is_empty();
        self.moves.with_packets += u64::from(packets);
        if !self.world.nics[at.nic].shared_interrupts {
            return;
        }
        let vector = self.vector(at);
        let position = vector.queues.iter().position(|other| *other == queue);
        let position = position.expect("it is a queue of this vector");
        vector.queues.remove(position);
        if position < vector.next {
            vector.next -= 1;
        }
        if vector.next == vector.queues.len() {
            vector.next = 0;
        }
        if !vector.masked {
            self.moderate_anew(at);
        }
    }

    /// A queue on the move goes.
    pub(in crate::reference) fn goes(&mut self, nic: usize, queue: u32) {
        let at = self.going.iter().position(|going| (going.nic, going.queue) == (nic, queue));
        let going = self.going.remove(at.expect("it was on the move"));
        self.arrive_at_core(nic, queue, going.to);
    }

    /// A queue has a new core, whose next round pays for that. What is due by that is due now.
    fn arrive_at_core(&mut self, nic: usize, queue: u32, to: u32) {
        let spec = &self.world.nics[nic];
        let core = CoreAt { host: spec.host, index: to as usize };
        let cost = self.world.hosts[spec.host].costs.queue_move;
        self.core(core).moved += cost;
        if spec.shared_interrupts {
            let index = spec.usable.iter().position(|usable| *usable == to);
            let at = VectorAt { nic, index: index.expect("a usable core has a vector") };
            self.vector(at).queues.push(queue);
            let was_due = self.vector(at).due.is_some();
            self.moderate(at);
            let falls_due = !was_due && self.vector(at).due.is_some();
            self.moves.due_at_once += u64::from(falls_due);
            return;
        }
        let at = self.vector_of_queue(nic, queue).expect("its own");
        self.vector(at).server = Server::Core(core);
        if self.vector(at).masked {
            self.unmask(at);
        } else if self.vector(at).due.is_some() {
            let now = self.agenda.now();
            self.fall_due(at, now);
        }
        self.moves.due_at_once += u64::from(self.vector(at).due.is_some());
    }

    /// What the next round of this core pays for queues that came to it.
    pub(in crate::reference) fn cost_of_moves(&mut self, at: CoreAt) -> Span {
        let cost = std::mem::take(&mut self.core(at).moved);
        self.moves.paid += u64::from(cost > Span::ZERO);
        cost
    }

    /// Another queue for an entry of the table.
    pub(in crate::reference) fn move_entry(&mut self, nic: usize, entry: u32, to: u32) {
        self.count_move(nic);
        self.moves.entries += 1;
        self.nics[nic].table[entry as usize] = to;
    }

    /// After all moves of a look: a frame that waits for a descriptor may find one in another ring.
    pub(in crate::reference) fn steer_held_anew(&mut self, nic: usize) {
        let waiting = self.nics[nic].waiting();
        self.start_dma(nic);
        self.moves.unheld += (waiting - self.nics[nic].waiting()) as u64;
    }
}
