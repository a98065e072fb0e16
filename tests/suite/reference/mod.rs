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
mod model;
mod nic;
mod traffic;

mod on_random_worlds;

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

/// Counts of what changes met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changes {
    /// Packets that went to a channel other than their virtual NIC's first.
    pub other_channels: u64,
    /// Frames that a source drew and that came nowhere.
    pub not_in_part: u64,
    /// Steps of a machine that stopped: lost from channels ...
    pub from_channels: u64,
    /// ... and rings ...
    pub from_rings: u64,
    /// ... of which so many were under DMA ...
    pub from_transfers: u64,
    /// ... while its vCPU had the core, or waited for it ...
    pub turns_ended: u64,
    /// ... and notifications that were under way.
    pub forgotten: u64,
    /// Packets that came to a channel of a machine that did not run.
    pub came_in_vain: u64,
    /// Held frames that a change let go.
    pub unheld: u64,
}

/// Counts of what closed loops, broadcasts, RPS and pauses met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tallies {
    pub loops: Loops,
    pub rps: RpsCounts,
    pub pauses: Pauses,
    /// vCPUs that woke up on another core than last time.
    pub floated: u64,
}

/// Of closed loops.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Loops {
    pub sent: u64,
    /// Packets known to be delivered ...
    pub delivered: u64,
    /// ... and taken for lost, of which so many had been delivered, or were later.
    pub lost: u64,
    pub too_late: u64,
    /// Windows that grew, or halved.
    pub grown: u64,
    pub halved: u64,
}

/// Of receive packet steering.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RpsCounts {
    /// Packets that made work due on the handing core itself ...
    pub at_home: u64,
    /// ... on another one ...
    pub ipis: u64,
    /// ... or came to work that was due already.
    pub came_to_work: u64,
    /// Packets that found a backlog full.
    pub lost: u64,
    /// Rounds after which the work was not complete.
    pub requeues: u64,
}

/// Of pauses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pauses {
    /// Times that a port asked for one ...
    pub asked: u64,
    /// ... that lasted ...
    pub lasted: u64,
    /// ... and at whose end a frame waited.
    pub waited: u64,
}

/// Runs `world` from t = 0 to the end of its window.
pub(crate) fn run(world: &World) -> Verdict {
    model::Model::new(world).run()
}
