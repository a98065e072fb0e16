//! The reference model: the contract of ARCHITECTURE.md ("what happens when") as a plain event
//! heap, one item per step, with nothing optimised. Slow and meant to be obviously right.
//!
//! It shares with the engine only what cannot disagree about order: the world's types, the
//! generator of arrivals and flow keys, and random words. Adaptive moderation is the one rule
//! that it does not restate.

mod agenda;
mod cores;
mod costs;
mod guests;
mod hand_off;
mod model;
mod moderation;
mod nic;
mod rounds;
mod steering;
mod threads;
mod traffic;

mod by_hand;
mod by_hand_ties;
mod by_hand_vm_ties;
mod by_hand_vms;
mod on_random_worlds;

use rxsim::host::outcome::{CoreTally, VnicTally};
use rxsim::host::world::World;
use rxsim::vocab::packet::Record;

/// What the model says about a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// The record of every packet that ended in the run, in the order of their ends.
    pub records: Vec<Record>,
    /// Per host and core, over the whole run, warm-up included.
    pub cores: Vec<Vec<CoreTally>>,
    /// Per virtual NIC, over the whole run.
    pub vnics: Vec<VnicTally>,
    /// Packets offered in the whole run.
    pub offered: u64,
}

/// Runs `world` from t = 0 to the end of its window.
pub(crate) fn run(world: &World) -> Verdict {
    model::Model::new(world).run()
}
