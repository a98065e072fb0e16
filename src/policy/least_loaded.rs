//! `least-loaded`: the simplest rule that can help; a yardstick for the others.
//!
//! At every tick the largest queue of the busiest core goes to the least busy core, if that core is
//! then less busy than the other one was. One queue per tick, and only the largest: if it does not
//! fit, nothing moves.

use super::contract::{Loads, Move, Policy};
use super::rebalancing::Rebalancing;
use crate::vocab::busy::Busy;

/// Moves the largest queue of the busiest core.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeastLoaded;

impl Policy for LeastLoaded {
    fn name(&self) -> &'static str {
        "least-loaded"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let mut rebalancing = Rebalancing::new(loads, Busy::total);
        let serving = loads.usable().filter(|core| rebalancing.serves(*core));
        let Some(from) = rebalancing.busiest(serving) else { return Vec::new() };
        let others = loads.usable().filter(|core| *core != from);
        let (Some(to), Some(queue)) =
            (rebalancing.idlest(others), rebalancing.largest(rebalancing.queues_of(from)))
        else {
            return Vec::new();
        };
        if rebalancing.with(to, queue) < rebalancing.core(from) {
            rebalancing.assign(queue, to);
        }
        rebalancing.into_moves()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Bench, queue_move, random};
    use super::*;
    use crate::engine::chance::Stream;
    use crate::engine::time::Span;

    #[test]
    fn the_largest_queue_of_the_busiest_core_goes_to_the_idlest() {
        let mut bench = Bench::new(&[30, 40, 20], 3);
        bench.place(&[0, 0, 2]);
        assert_eq!(LeastLoaded.rebalance(&bench.look()), [queue_move(1, 1)]);
    }

    #[test]
    fn among_equals_the_lowest_index_counts() {
        let mut bench = Bench::new(&[20; 4], 4);
        bench.place(&[1, 1, 2, 2]);
        assert_eq!(LeastLoaded.rebalance(&bench.look()), [queue_move(0, 0)]);
    }

    #[test]
    fn a_core_that_is_busy_without_queues_does_not_stand_in_the_way() {
        let mut bench = Bench::new(&[30, 20], 3);
        bench.work[2] = 90;
        assert_eq!(LeastLoaded.rebalance(&bench.look()), [queue_move(0, 1)]);
    }

    #[test]
    fn a_move_that_would_only_swap_the_cores_is_not_made() {
        assert!(LeastLoaded.rebalance(&Bench::new(&[40], 2).look()).is_empty());
        let mut bench = Bench::new(&[60, 20], 2);
        bench.place(&[0, 1]);
        assert!(LeastLoaded.rebalance(&bench.look()).is_empty());
        // Where the target has other work to do, too.
        let mut bench = Bench::new(&[40, 20], 2);
        bench.work[1] = 30;
        assert!(LeastLoaded.rebalance(&bench.look()).is_empty());
    }

    #[test]
    fn it_never_makes_the_maximum_worse() {
        let mut stream = Stream::new(7, "policy", "least-loaded");
        let mut moved = 0;
        for _ in 0..2_000 {
            let loads = random(&mut stream);
            let times = loads.queue_times();
            let mut cores: Vec<Span> = loads.cores.iter().map(|core| core.busy.total()).collect();
            let before = cores.iter().max().copied();
            for step in LeastLoaded.rebalance(&loads) {
                let Move::Queue { queue, to } = step else { panic!("{step:?}") };
                cores[loads.queues[queue.at()].core.at()] -= times[queue.at()];
                cores[to.at()] += times[queue.at()];
                moved += 1;
            }
            assert!(cores.iter().max().copied() <= before);
        }
        assert!(moved > 500, "{moved} moves: the test is empty");
    }
}
