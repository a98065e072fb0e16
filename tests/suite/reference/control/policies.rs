//! Policies: what they see of the last interval, and the moves that they return.
//!
//! Rules P1 to P5 and I33.

use crate::reference::agenda::Item;
use crate::reference::core::rounds::Round;
use crate::reference::model::{CoreAt, Frame, Model};
use rxsim::engine::time::{Span, Time};
use rxsim::policy::{CoreLoad, EntryLoad, Loads, Move, Policy, QueueLoad};
use rxsim::vocab::id::{CoreId, QueueId};
use rxsim::world::outcome::Busy;
use rxsim::world::{NicSpec, SteeringSpec, World};

/// A port's policy, if it has one, and what it will be told of the interval that runs.
pub(in crate::reference) struct PolicyRunner {
    policy: Option<Box<dyn Policy>>,
    queues: Vec<Count>,
    entries: Vec<Count>,
    /// Per core: what it had done when the interval began.
    before: Vec<Busy>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    packets: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, frame: &Frame) {
        self.packets += 1;
        self.bytes += frame.bytes();
    }
}

impl PolicyRunner {
    pub(in crate::reference) fn new(world: &World, spec: &NicSpec) -> Self {
        let entries = match &spec.steering {
            SteeringSpec::Rss(rss) => rss.table.len(),
            _ => 0,
        };
        Self {
            policy: spec.rebalance.as_ref().map(|rebalance| rebalance.maker.make()),
            queues: vec![Count::default(); spec.queues.len()],
            entries: vec![Count::default(); entries],
            before: vec![Busy::default(); world.hosts[spec.host].cores as usize],
        }
    }

    /// A frame's DMA starts, or its ring is full.
    pub(in crate::reference) fn count(&mut self, frame: &Frame, entry: Option<usize>) {
        // Rings of virtual functions are not the port's.
        if let Some(queue) = self.queues.get_mut(frame.queue as usize) {
            queue.add(frame);
        }
        if let Some(entry) = entry {
            self.entries[entry].add(frame);
        }
    }
}

impl Model<'_> {
    /// The next multiple of the policy's interval.
    pub(in crate::reference) fn expect_look(&mut self, nic: usize) {
        if let Some(rebalance) = &self.world.nics[nic].rebalance {
            self.agenda.put(self.agenda.time() + rebalance.interval, Item::PolicyTick { nic });
        }
    }

    /// A policy looks; its moves are made in their order.
    pub(in crate::reference) fn policy_tick(&mut self, nic: usize) {
        self.expect_look(nic);
        let mut loads = self.loads(nic);
        let policy = self.policy_runners[nic].policy.as_mut().expect("only policies look");
        for step in policy.rebalance(&loads) {
            loads.apply(step).expect("a policy moves what can be moved");
            match step {
                Move::Queue { queue, to } => self.move_queue(nic, queue.0, to.0),
                Move::Entry { entry, to } => self.move_entry(nic, entry.0, to.0),
            }
        }
        self.steer_held_anew(nic);
    }

    /// The interval that ends now; the next one begins.
    fn loads(&mut self, nic: usize) -> Loads {
        let spec = &self.world.nics[nic];
        let now = self.agenda.time();
        let cores = (0..self.cores[spec.host].len())
            .map(|index| self.core_load(nic, CoreAt { host: spec.host, index }, now))
            .collect();
        let queue = |(queue, count): (u32, &Count)| QueueLoad {
            core: CoreId(self.place(nic, queue)),
            packets: count.packets,
            bytes: count.bytes,
            depth: self.nics[nic].rings[queue as usize].held,
        };
        let entry = |(queue, count): (&u32, &Count)| EntryLoad {
            queue: QueueId(*queue),
            packets: count.packets,
            bytes: count.bytes,
        };
        let runner = &self.policy_runners[nic];
        let loads = Loads {
            now,
            interval: spec.rebalance.as_ref().map_or(Span::ZERO, |rebalance| rebalance.interval),
            queues: (0..).zip(&runner.queues).map(queue).collect(),
            entries: self.nics[nic].table.iter().zip(&runner.entries).map(entry).collect(),
            cores,
            home: CoreId(spec.usable[0]),
        };
        let runner = &mut self.policy_runners[nic];
        runner.queues.fill(Count::default());
        runner.entries.fill(Count::default());
        loads
    }

    fn core_load(&mut self, nic: usize, at: CoreAt, now: Time) -> CoreLoad {
        self.charge(at, now);
        let core = self.core(at);
        let mut busy = core.tally.busy;
        let visited = core.deferred.as_ref().map_or(Span::ZERO, Round::visited);
        busy.deferred = busy.deferred - core.in_vain - visited;
        let before = std::mem::replace(&mut self.policy_runners[nic].before[at.index], busy);
        let usable = self.world.nics[nic].usable.contains(&(at.index as u32));
        CoreLoad { usable, busy: busy.since(before) }
    }
}
