//! The reference model: the contract of ARCHITECTURE.md ("what happens when") as a plain event
//! heap, one item per step, with nothing optimised. Slow and meant to be obviously right.
//!
//! It shares with the engine only what cannot disagree about order: the world's types, the
//! generator of arrivals and flow keys, and random words. Adaptive moderation is the one rule
//! that it does not restate.

mod agenda;
mod cores;
mod costs;
mod functions;
mod guests;
mod hand_off;
mod model;
mod moderation;
mod moves;
mod nic;
mod policies;
mod rounds;
mod steering;
mod threads;
mod traffic;

mod by_hand;
mod by_hand_functions;
mod by_hand_moves;
mod by_hand_ties;
mod by_hand_vm_ties;
mod by_hand_vms;
mod on_random_worlds;

use rxsim::host::outcome::{CoreTally, PolicyTally, VnicTally};
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
    /// Packets offered in the whole run.
    pub offered: u64,
}

/// Counts of what moves met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moves {
    /// Of queues whose vector was not masked.
    pub at_once: u64,
    /// Of queues that had to wait for the end of a round ...
    pub waited: u64,
    /// ... and were called back before it ...
    pub cancelled: u64,
    /// ... or sent elsewhere.
    pub redirected: u64,
    /// Queues that left a core with packets in their ring.
    pub with_packets: u64,
    /// Interrupts at the instant of a move.
    pub due_at_once: u64,
    /// Of table entries.
    pub entries: u64,
    /// Events that moved anything.
    pub lost_affinity: u64,
    /// Rounds that paid for moves.
    pub paid: u64,
    /// Packets that a move of a table entry freed from waiting for a descriptor.
    pub unheld: u64,
}

/// Counts of what virtual functions met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Functions {
    /// Interrupts.
    pub interrupts: u64,
    /// Those that had to wake a halted vCPU.
    pub wakeups: u64,
    /// Rings that went to the tail of a vCPU's list.
    pub requeues: u64,
    /// Packets delivered.
    pub packets: u64,
    /// Rings appended behind a channel, and the other way round.
    pub behind_channels: u64,
    pub before_channels: u64,
}

/// Runs `world` from t = 0 to the end of its window.
pub(crate) fn run(world: &World) -> Verdict {
    model::Model::new(world).run()
}
