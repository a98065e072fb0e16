//! The reference model: docs/contract.md as a plain event heap, one item per step, with nothing
//! optimised. Slow and meant to be obviously right. Each file cites the rules that it restates.
//!
//! It shares with the engine only what cannot disagree about order: the world's types, the
//! generator of arrivals and flow keys, and random words. Adaptive moderation is the one rule
//! that it does not restate.

mod agenda;
mod closed_loops;
mod control;
mod core;
mod costs;
mod counts;
mod model;
mod nic;
mod traffic;

mod on_random_worlds;

use counts::{Changes, Functions, Moves, Tallies};
use rxsim::engine::time::Span;
use rxsim::vocab::packet::Record;
use rxsim::world::World;
use rxsim::world::outcome::{CoreTally, PolicyTally, VnicTally};

/// What the model says about a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// The record of every packet that ended in the run, in the order of their ends.
    pub records: Vec<Record>,
    /// Per host and core, over the whole run, warm-up included.
    pub cores: Vec<Vec<CoreTally>>,
    /// Per virtual NIC, over the whole run.
    pub vnics: Vec<VnicTally>,
    /// Per NIC, in its window.
    pub policies: Vec<PolicyTally>,
    /// Per NIC: interrupts that it raised in the whole run.
    pub interrupts: Vec<u64>,
    /// Per NIC and queue: its core at the end.
    pub places: Vec<Vec<u32>>,
    /// How often moves met what makes them hard, over the whole run.
    pub moves: Moves,
    /// Likewise of virtual functions.
    pub functions: Functions,
    /// Likewise of ways, machines and links that change.
    pub changes: Changes,
    /// Likewise of all that came after these.
    pub tallies: Tallies,
    /// Packets that closed loops took for lost, per source.
    pub resent: Vec<u64>,
    /// Copies that virtual switches made, per source.
    pub replicated: Vec<u64>,
    /// Per NIC: for how long it asked for a pause.
    pub paused: Vec<Span>,
    /// Packets offered in the whole run.
    pub offered: u64,
}

/// Runs `world` from t = 0 to the end of its window.
pub(crate) fn run(world: &World) -> Verdict {
    model::Model::new(world).run()
}
