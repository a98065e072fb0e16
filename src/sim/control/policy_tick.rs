//! A policy tick: what a policy is shown of its host, and the moves that it decides.

use crate::engine::time::Time;
use crate::policy::{CoreLoad, EntryLoad, Loads, Move, QueueLoad, Refusal};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::control::policy_runner::{PolicyRunner, delta};
use crate::sim::host::host::Host;
use crate::sim::itinerary::steering::reason_at;
use crate::sim::queue::rx_queue::NO_QUEUE;
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, QueueId};
use crate::world::outcome::Volume;
use crate::world::{RunError, World};

impl Host {
    /// Runs the policies that are due at `now`, up to which the host has been advanced. The moves
    /// of one port take effect before the policy of the next port runs.
    ///
    /// # Errors
    /// A policy decides a move that cannot be made.
    pub(crate) fn policy_tick(
        &mut self,
        world: &World,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) -> Result<(), RunError> {
        for at in 0..self.ports.len() {
            let due = |runner: &mut PolicyRunner| now.0.is_multiple_of(runner.interval.0);
            if let Some(mut runner) = self.ports[at].policy_runner.take_if(due) {
                let mut loads = self.loads(at, now, &mut runner);
                let moves = runner.policy.rebalance(&loads);
                let moved = !moves.is_empty();
                for step in moves {
                    self.accept(at, step, &mut loads).map_err(|refusal| RunError {
                        design: None,
                        seed: world.seed,
                        nic: world.nics[self.ports[at].nic].name.clone(),
                        policy: runner.policy.name().to_owned(),
                        at: now,
                        step,
                        refusal,
                    })?;
                    self.make(at, step, now);
                }
                self.ports[at].policy_runner = Some(runner);
                if moved {
                    self.resteer_blocked(at, now, ledger);
                    self.run(now, ledger);
                }
            }
        }
        Ok(())
    }

    /// Notes a move in what the policy sees, if it can be made.
    fn accept(&self, at: usize, step: Move, loads: &mut Loads) -> Result<(), Refusal> {
        match step {
            Move::Queue { .. } if !self.ports[at].moves_queues() => Err(Refusal::Pinned),
            _ => loads.apply(step),
        }
    }

    fn make(&mut self, at: usize, step: Move, now: Time) {
        match step {
            Move::Queue { queue, to } => self.move_queue(at, queue.at(), to.at(), now),
            Move::Entry { entry, to } => {
                self.ports[at].port.set_entry(entry.at(), to.0);
                self.ports[at].record_move(now);
            }
        }
    }

    /// Steers anew the frame that waits for a descriptor, because the steering may have changed.
    pub(crate) fn resteer_blocked(&mut self, at: usize, now: Time, ledger: &mut Ledger<'_>) {
        let port = &mut self.ports[at];
        let (Some((old, since)), Some(queue)) = (port.blocked, port.port.first_queue()) else {
            return;
        };
        let new = port.base + queue as usize;
        if new == old {
            return;
        }
        self.queues[old].watched = false;
        if let Some(reason) = reason_at(queue) {
            port.blocked = None;
            port.held += now - since;
            port.port.drop_first(now.at_arrivals(), NO_QUEUE, reason, ledger);
        } else {
            port.blocked = Some((new, since));
            self.queues[new].watched = true;
            self.cores[self.queues[new].core].wake_at(now.at_arrivals());
        }
    }

    /// The loads that a port's policy is shown at `now`.
    fn loads(&self, at: usize, now: Time, runner: &mut PolicyRunner) -> Loads {
        let port = &self.ports[at];
        let counts = port.port.counts();
        let all = self.queues_of(port);
        let steered = delta(&counts.queues, &mut runner.queues, Volume::since);
        let queues = all.iter().zip(steered).map(|(queue, load)| QueueLoad {
            core: CoreId(queue.place() as u32),
            packets: load.packets,
            bytes: load.bytes,
            depth: queue.ring.len() as u32,
        });
        let steered = delta(&counts.entries, &mut runner.entries, Volume::since);
        let entries = port.port.table().iter().zip(steered).map(|(queue, load)| EntryLoad {
            queue: QueueId(*queue),
            packets: load.packets,
            bytes: load.bytes,
        });
        let spent: Vec<Busy> =
            self.cores.iter().map(|core| core.busy_without_empty_polls(now)).collect();
        let busy = delta(&spent, &mut runner.cores, Busy::since);
        let cores = (0..).zip(busy).map(|(core, busy)| {
            let usable = port.usable.contains(&core);
            CoreLoad { usable, busy }
        });
        Loads {
            now,
            interval: runner.interval,
            queues: queues.collect(),
            entries: entries.collect(),
            cores: cores.collect(),
            home: CoreId(port.usable[0] as u32),
        }
    }
}
