//! Policies that move at random what can be moved, to meet every rule of moves in a short time.

use rxsim::engine::chance::Stream;
use rxsim::policy::{Loads, Move, Policy};
use rxsim::vocab::id::{CoreId, EntryId, QueueId};
use std::cell::RefCell;

thread_local! {
    /// What these policies saw since it was asked for last, on this thread.
    static SEEN: RefCell<Vec<Loads>> = const { RefCell::new(Vec::new()) };
}

/// What these policies saw on this thread since this was asked last; ports of different hosts have
/// no order among themselves.
pub(crate) fn seen() -> Vec<Loads> {
    let mut seen = SEEN.take();
    seen.sort_by_cached_key(|loads| (loads.now, format!("{loads:?}")));
    seen
}

struct Probing {
    /// One look of so many moves anything ...
    looks: u64,
    /// ... and up to so many things.
    moves: u64,
    /// Table entries only.
    entries: bool,
}

/// Moves something at most looks.
pub(super) fn probing() -> Box<dyn Policy> {
    Box::new(Probing { looks: 2, moves: 3, entries: false })
}

/// Moves much at every look, and much of that twice.
pub(super) fn probing_a_lot() -> Box<dyn Policy> {
    Box::new(Probing { looks: 1, moves: 9, entries: false })
}

/// Moves table entries.
pub(super) fn of_tables() -> Box<dyn Policy> {
    Box::new(Probing { looks: 1, moves: 3, entries: true })
}

impl Policy for Probing {
    fn name(&self) -> &'static str {
        "restless"
    }

    /// What it does is a function of the loads, of every figure in them.
    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        SEEN.with_borrow_mut(|seen| seen.push(loads.clone()));
        let mut stream = Stream::new(loads.now.0, "restless", &format!("{loads:?}"));
        let mut after = loads.clone();
        let mut moves = Vec::new();
        if stream.below(self.looks) > 0 {
            return moves;
        }
        for _ in 0..=stream.below(self.moves) {
            let step = self.step(&mut stream, loads);
            if after.apply(step).is_ok() {
                moves.push(step);
            }
        }
        moves
    }
}

impl Probing {
    fn step(&self, stream: &mut Stream, loads: &Loads) -> Move {
        let mut one_of = |count: usize| stream.below(count as u64) as u32;
        let queue = QueueId(one_of(loads.queues.len()));
        let entries = loads.entries.len();
        if self.entries || entries > 0 && one_of(3) == 0 {
            return Move::Entry { entry: EntryId(one_of(entries)), to: queue };
        }
        let usable: Vec<CoreId> = loads.usable().collect();
        Move::Queue { queue, to: usable[one_of(usable.len()) as usize] }
    }
}
