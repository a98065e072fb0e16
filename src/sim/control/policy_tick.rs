//! A policy's look: what it sees of its site, and the moves it decides.

use crate::engine::time::Time;
use crate::policy::{CoreLoad, EntryLoad, Loads, Move, QueueLoad, Refusal};
use crate::sim::accounting::ledger::{Ledger, NO_QUEUE};
use crate::sim::control::policy_runner::{PolicyRunner, since};
use crate::sim::host::host::Host;
use crate::sim::itinerary::steering::reason_at;
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, QueueId};
use crate::world::outcome::Volume;
use crate::world::{RunError, World};

impl Host {
    /// The policies of all ports that are to look at `now` do so, and their moves are made; what
    /// follows from one's comes before the next one's look. The site has been brought up to `now`.
    ///
    /// # Errors
    /// A policy decides a move that cannot be made.
    pub(crate) fn look(
        &mut self,
        world: &World,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) -> Result<(), RunError> {
        for at in 0..self.ports.len() {
            let due = |governor: &mut PolicyRunner| now.0.is_multiple_of(governor.interval.0);
            if let Some(mut governor) = self.ports[at].governor.take_if(due) {
                let mut loads = self.loads(at, now, &mut governor);
                let moves = governor.policy.rebalance(&loads);
                let moved = !moves.is_empty();
                for step in moves {
                    self.accept(at, step, &mut loads).map_err(|refusal| RunError {
                        design: None,
                        seed: world.seed,
                        nic: world.nics[self.ports[at].nic].name.clone(),
                        policy: governor.policy.name().to_owned(),
                        at: now,
                        step,
                        refusal,
                    })?;
                    self.make(at, step, now);
                }
                self.ports[at].governor = Some(governor);
                if moved {
                    self.steer_anew(at, now, ledger);
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
                self.ports[at].port.steer(entry.at(), to.0);
                self.ports[at].note_move(now);
            }
        }
    }

    /// A frame that waits for a descriptor goes where it is steered to now.
    pub(crate) fn steer_anew(&mut self, at: usize, now: Time, ledger: &mut Ledger<'_>) {
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
            port.port.lose(now.at_arrivals(), NO_QUEUE, reason, ledger);
        } else {
            port.blocked = Some((new, since));
            self.queues[new].watched = true;
            self.cores[self.queues[new].core].stand_at(now.at_arrivals());
        }
    }

    /// What a port's policy sees at `now`.
    fn loads(&self, at: usize, now: Time, governor: &mut PolicyRunner) -> Loads {
        let port = &self.ports[at];
        let counts = port.port.counts();
        let all = self.queues_of(port);
        let steered = since(&counts.queues, &mut governor.queues, Volume::less);
        let queues = all.iter().zip(steered).map(|(queue, load)| QueueLoad {
            core: CoreId(queue.place() as u32),
            packets: load.packets,
            bytes: load.bytes,
            depth: queue.ring.len() as u32,
        });
        let steered = since(&counts.entries, &mut governor.entries, Volume::less);
        let entries = port.port.table().iter().zip(steered).map(|(queue, load)| EntryLoad {
            queue: QueueId(*queue),
            packets: load.packets,
            bytes: load.bytes,
        });
        let spent: Vec<Busy> =
            self.cores.iter().map(|core| core.busy_without_empty_polls(now)).collect();
        let busy = since(&spent, &mut governor.cores, Busy::less);
        let cores = (0..).zip(busy).map(|(core, busy)| {
            let usable = port.usable.contains(&core);
            CoreLoad { usable, busy }
        });
        Loads {
            now,
            interval: governor.interval,
            queues: queues.collect(),
            entries: entries.collect(),
            cores: cores.collect(),
            home: CoreId(port.usable[0] as u32),
        }
    }
}
