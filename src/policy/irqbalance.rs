//! `irqbalance`: Linux' daemon that spreads interrupts (Irqbalance/irqbalance: irqlist.c,
//! procinterrupts.c, placement.c).
//!
//! As there: a core's load is its time in hard and soft interrupts; what a queue takes is its
//! share of that. A core above the least loaded one gives up queues, largest first, each if the
//! least loaded core with it stayed below the giver without it; so a core's only queue stays. The
//! queues given up then go, largest first, to the least loaded core, among equals to the one with
//! the fewest queues. So two cores may stay as far apart as two queues.
//!
//! Power saving (`--powerthresh`, off by default): after five ticks, if no core is a standard
//! deviation above the average and at least so many are one below it, one of these gives all its
//! queues up and gets none, until some core is above again.
//!
//! Simplified: shares are by packets, where the daemon counts interrupts; cores are one flat
//! set, without packages, caches and NUMA nodes; a spared core is not the least loaded one, for
//! which the others give queues up; affinity hints, banned interrupts and scripts do not exist.

use super::contract::{Loads, Move, Policy};
use super::rebalancing::Rebalancing;
use crate::engine::time::Span;
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, QueueId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Ticks before power saving may begin (irqlist.c).
const LOOKS_BEFORE_SLEEP: u64 = 5;

/// Spreads queues by the load of their cores.
#[derive(Clone, Debug)]
pub(super) struct Irqbalance {
    /// How many cores must be idle for one of them to be spared; none: power saving is off.
    power_save: Option<u32>,
    spared: BTreeSet<CoreId>,
    looks: u64,
}

impl Irqbalance {
    /// Before its first tick; `power_save` is the daemon's `--powerthresh`.
    #[must_use]
    pub(super) fn new(power_save: Option<u32>) -> Self {
        Self { power_save, spared: BTreeSet::new(), looks: 0 }
    }

    /// Spares one more core, or none any more; the core that is newly spared.
    fn spare(&mut self, rebalancing: &Rebalancing, cores: &[CoreId]) -> Option<CoreId> {
        let threshold = self.power_save.filter(|_| self.looks > LOOKS_BEFORE_SLEEP)?;
        let (average, deviation) = spread(rebalancing, cores);
        let is_low = |core: &CoreId| rebalancing.core(*core).0 + deviation <= average;
        let is_high =
            |core: &CoreId| !is_low(core) && rebalancing.core(*core).0 >= average + deviation;
        if cores.iter().any(is_high) {
            self.spared.clear();
            return None;
        }
        let low: Vec<CoreId> = cores.iter().copied().filter(is_low).collect();
        let core = low.iter().copied().find(|core| !self.spared.contains(core))?;
        // The last core is never spared: its queues would have nowhere to go.
        let others = cores.iter().any(|other| *other != core && !self.spared.contains(other));
        (others && low.len() >= threshold as usize).then(|| {
            self.spared.insert(core);
            core
        })
    }
}

impl Policy for Irqbalance {
    fn name(&self) -> &'static str {
        "irqbalance"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        self.looks += 1;
        let rebalancing = Rebalancing::new(loads, Busy::receive);
        let mut cores: Vec<CoreId> = loads.usable().collect();
        let awake: Vec<CoreId> =
            cores.iter().copied().filter(|core| !self.spared.contains(core)).collect();
        let mut given = given_up(&rebalancing, &awake);
        if let Some(core) = self.spare(&rebalancing, &cores) {
            given.retain(|queue| loads.queues[queue.at()].core != core);
            given.extend(rebalancing.queues_of(core));
        }
        given.sort_by_key(|queue| (Reverse(rebalancing.queue(*queue)), *queue));
        cores.retain(|core| !self.spared.contains(core));
        placed(loads, &rebalancing, &given, &cores)
    }
}

/// Average and standard deviation of the cores' loads, in picoseconds, rounded down.
fn spread(rebalancing: &Rebalancing, cores: &[CoreId]) -> (u64, u64) {
    let count = cores.len() as u64;
    let sum: u64 = cores.iter().map(|core| rebalancing.core(*core).0).sum();
    let average = sum.checked_div(count).unwrap_or(0);
    let square = |core: &CoreId| u128::from(rebalancing.core(*core).0.abs_diff(average)).pow(2);
    let squares: u128 = cores.iter().map(square).sum();
    let variance = squares.checked_div(u128::from(count.saturating_sub(1))).unwrap_or(0);
    (average, variance.isqrt() as u64)
}

/// The queues that would leave their cores without turning the imbalance around.
fn given_up(rebalancing: &Rebalancing, cores: &[CoreId]) -> Vec<QueueId> {
    let mut given = Vec::new();
    let Some(least) = rebalancing.idlest(cores.iter().copied()) else { return given };
    // The load of the least loaded core. All moves are charged to it, as in the daemon.
    let mut least = rebalancing.core(least);
    for &core in cores {
        let mut own: Vec<QueueId> = rebalancing.queues_of(core).collect();
        let mut load = rebalancing.core(core);
        if load <= least {
            continue;
        }
        own.sort_by_key(|queue| (Reverse(rebalancing.queue(*queue)), *queue));
        for queue in own {
            let time = rebalancing.queue(queue);
            if time > Span::ZERO && least + time < load - time {
                load -= time;
                least = (least + time).min(load);
                given.push(queue);
            }
        }
    }
    given
}

/// Each of these queues, taken off its core, goes to the core that is then least loaded.
fn placed(
    loads: &Loads,
    rebalancing: &Rebalancing,
    given: &[QueueId],
    cores: &[CoreId],
) -> Vec<Move> {
    let mut state: BTreeMap<CoreId, (Span, usize)> = BTreeMap::new();
    for &core in cores {
        let kept = rebalancing.queues_of(core).filter(|queue| !given.contains(queue)).count();
        let gone = rebalancing.queues_of(core).filter(|queue| given.contains(queue));
        let gone: u64 = gone.map(|queue| rebalancing.queue(queue).0).sum();
        state.insert(core, (rebalancing.core(core) - Span(gone), kept));
    }
    let mut moves = Vec::new();
    for &queue in given {
        let least = state.iter_mut().min_by_key(|(core, state)| (**state, **core));
        let Some((&to, (load, queues))) = least else { break };
        *load += rebalancing.queue(queue);
        *queues += 1;
        if loads.queues[queue.at()].core != to {
            moves.push(Move::Queue { queue, to });
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Bench, queue_move};
    use super::super::spec::{Kind, PolicySpec};
    use super::*;

    fn policy() -> Box<dyn Policy> {
        PolicySpec::of(Kind::Irqbalance).build()
    }

    #[test]
    fn queues_are_spread_until_two_cores_are_at_most_two_queues_apart() {
        let mut bench = Bench::new(&[10; 8], 4);
        bench.run(&mut *policy(), 10);
        assert_eq!((bench.used(), bench.busiest()), (4, 30));
        assert_eq!(bench.run(&mut *policy(), 10), 0, "it has settled");
    }

    #[test]
    fn a_core_keeps_its_last_queue() {
        let mut bench = Bench::new(&[90, 5], 2);
        bench.place(&[0, 1]);
        assert_eq!(bench.run(&mut *policy(), 10), 0);
    }

    #[test]
    fn guests_and_apps_are_not_seen() {
        let mut bench = Bench::new(&[10; 3], 2);
        bench.work[1] = 85;
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(0, 1)]);
    }

    #[test]
    fn among_equally_loaded_cores_the_one_with_the_fewest_queues_takes_next() {
        let mut bench = Bench::new(&[10, 10, 10, 0], 3);
        bench.place(&[0, 0, 0, 1]);
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(0, 2)]);
    }

    #[test]
    fn a_gift_that_would_turn_the_imbalance_around_is_not_made() {
        // 60 > 30, but 30 + 20 is not below 60 - 20.
        let mut bench = Bench::new(&[20, 20, 20, 30], 2);
        bench.place(&[0, 0, 0, 1]);
        assert_eq!(bench.run(&mut *policy(), 10), 0);
        // 30 + 10 is below 70 - 10, and 40 + 10 not below 60 - 10.
        let mut bench = Bench::new(&[20, 20, 20, 30, 10], 2);
        bench.place(&[0, 0, 0, 1, 0]);
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(4, 1)]);
    }

    #[test]
    fn power_saving_spares_an_idle_core_and_takes_it_back_under_load() {
        let mut bench = Bench::new(&[4; 16], 4);
        bench.place(&[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
        let mut saver = Irqbalance::new(Some(1));
        assert_eq!(bench.run(&mut saver, 5), 0, "too early");
        assert_eq!(bench.run(&mut saver, 1), 4, "the queues of core 0");
        assert_eq!(bench.cores_used(), [CoreId(1), CoreId(2), CoreId(3)]);
        assert_eq!(bench.run(&mut saver, 10), 0, "core 0 gets none, and no other is spared");
        bench.place(&[1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]);
        assert_eq!(bench.run(&mut saver, 10), 0, "the others do not swap for its sake");
        // One queue that fills its core makes that core stand out.
        bench.demand[0] = 90;
        bench.run(&mut saver, 3);
        assert!(saver.spared.is_empty());
        assert_eq!(bench.used(), 4);
    }

    #[test]
    fn power_saving_leaves_one_core_on() {
        let mut bench = Bench::new(&[0; 4], 2);
        let mut saver = Irqbalance::new(Some(1));
        bench.run(&mut saver, 30);
        assert_eq!((saver.spared.len(), bench.used()), (1, 1));
    }

    #[test]
    fn power_saving_waits_for_as_many_idle_cores_as_it_is_told() {
        for (threshold, used) in [(4, 3), (5, 4)] {
            let mut bench = Bench::new(&[4; 4], 4);
            bench.place(&[0, 1, 2, 3]);
            bench.run(&mut Irqbalance::new(Some(threshold)), 30);
            assert_eq!(bench.used(), used, "all four are alike, and idle");
        }
    }

    #[test]
    fn without_power_saving_no_core_is_spared() {
        let mut bench = Bench::new(&[4; 12], 4);
        bench.run(&mut *policy(), 30);
        assert_eq!(bench.used(), 4);
    }
}
