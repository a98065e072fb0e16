//! A rebalancing in progress: the estimated load of each queue and core, as moves are added.

use super::contract::{Loads, Move};
use crate::engine::time::Span;
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, QueueId};
use std::cmp::Reverse;

/// Estimated loads, updated by each move.
#[derive(Clone)]
pub(super) struct Rebalancing {
    /// Core time per queue.
    times: Vec<Span>,
    /// Core per queue.
    places: Vec<CoreId>,
    /// Time per core.
    cores: Vec<Span>,
    moves: Vec<Move>,
}

impl Rebalancing {
    /// No move yet; `load` selects which part of a core's time counts.
    pub(super) fn new(loads: &Loads, load: fn(Busy) -> Span) -> Self {
        Self {
            times: loads.queue_times(),
            places: loads.queues.iter().map(|queue| queue.core).collect(),
            cores: loads.cores.iter().map(|core| load(core.busy)).collect(),
            moves: Vec::new(),
        }
    }

    /// What a core takes.
    pub(super) fn core(&self, core: CoreId) -> Span {
        self.cores[core.at()]
    }

    /// What a queue takes of its core.
    pub(super) fn queue(&self, queue: QueueId) -> Span {
        self.times[queue.at()]
    }

    /// The queues of a core, lowest index first.
    pub(super) fn queues_of(&self, core: CoreId) -> impl Iterator<Item = QueueId> + '_ {
        let all = (0..).map(QueueId).zip(&self.places);
        all.filter(move |(_, place)| **place == core).map(|(queue, _)| queue)
    }

    /// Whether a core has any queue.
    pub(super) fn serves(&self, core: CoreId) -> bool {
        self.places.contains(&core)
    }

    /// The least loaded of these cores, the lowest number among equals.
    pub(super) fn idlest(&self, cores: impl Iterator<Item = CoreId>) -> Option<CoreId> {
        cores.min_by_key(|core| (self.core(*core), *core))
    }

    /// The most loaded of these cores, the lowest number among equals.
    pub(super) fn busiest(&self, cores: impl Iterator<Item = CoreId>) -> Option<CoreId> {
        cores.max_by_key(|core| (self.core(*core), Reverse(*core)))
    }

    /// The largest of these queues, the lowest index among equals; none that takes nothing.
    pub(super) fn largest(&self, queues: impl Iterator<Item = QueueId>) -> Option<QueueId> {
        let some = queues.filter(|queue| self.queue(*queue) > Span::ZERO);
        some.max_by_key(|queue| (self.queue(*queue), Reverse(*queue)))
    }

    /// What a core would take with this queue of another core on it.
    pub(super) fn with(&self, core: CoreId, queue: QueueId) -> Span {
        self.core(core) + self.queue(queue)
    }

    /// Adds a move, which must lead to another core.
    pub(super) fn assign(&mut self, queue: QueueId, to: CoreId) {
        let time = self.queue(queue);
        let from = std::mem::replace(&mut self.places[queue.at()], to);
        debug_assert_ne!(from, to, "queue {} is there already", queue.0);
        // Estimates are rounded down, so a core's queues never take more than the core.
        self.cores[from.at()] -= time;
        self.cores[to.at()] += time;
        self.moves.push(Move::Queue { queue, to });
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.moves.is_empty()
    }

    /// The moves, in the order in which they were added.
    pub(super) fn into_moves(self) -> Vec<Move> {
        self.moves
    }
}
