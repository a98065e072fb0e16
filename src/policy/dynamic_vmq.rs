//! `dynamic-vmq`: the shape of Windows Server 2012's Dynamic VMQ.
//!
//! Documented: the queue of a virtual machine goes to a processor by network load and CPU load;
//! all queues start on one home processor; when traffic and CPU use reach a threshold the load is
//! spread to more processors, below a threshold it returns; what moves is a whole queue (Microsoft,
//! "VMQ Deep Dive 2 of 3"; "Windows Server 2012 performance tuning guidelines"). So it never
//! splits one queue, and one virtual machine never gets more than one core.
//!
//! Not documented anywhere found, hence ours and assumed: the thresholds, the interval, how fast,
//! which queues and to where.
//!
//! - A core is *hot* while it is busy for more than `expand_above` of the interval, receiving for
//!   more than `traffic_above` of it. Each hot core gives queues to the least busy core that is
//!   not hot, largest first, as long as that core stays below the giver and within `expand_above`.
//!   So the number of cores can double at every tick.
//! - Where nothing can be spread, one core per tick is given up: the least busy one whose queues
//!   all find room on the home core or on others in use, none of them busier than `contract_below`
//!   afterwards.
//!
//! The gap between the thresholds is the hysteresis: what was spread because it filled a core to
//! `expand_above` does not fit under `contract_below`.

use super::contract::{Loads, Move, Policy, Start};
use super::rebalancing::Rebalancing;
use super::share::Share;
use crate::engine::time::Span;
use crate::vocab::busy::Busy;
use crate::vocab::id::CoreId;

/// Spreads whole queues under load, and takes them home again.
#[derive(Clone, Copy, Debug)]
pub(super) struct DynamicVmq {
    /// A core busier than this is hot.
    pub expand_above: Share,
    /// If it receives for more than this.
    pub traffic_above: Share,
    /// How busy a core may become by a return.
    pub contract_below: Share,
}

impl Policy for DynamicVmq {
    fn name(&self) -> &'static str {
        "dynamic-vmq"
    }

    fn start(&self) -> Start {
        Start::Home
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let mut rebalancing = Rebalancing::new(loads, Busy::total);
        let hot: Vec<CoreId> = loads.usable().filter(|core| self.is_hot(loads, *core)).collect();
        for &core in &hot {
            let cool = loads.usable().filter(|core| !hot.contains(core));
            if let Some(to) = rebalancing.idlest(cool) {
                spread(&mut rebalancing, core, to, self.expand_above.of(loads.interval));
            }
        }
        if rebalancing.is_unchanged() {
            rebalancing = contracted(&rebalancing, loads, self.contract_below.of(loads.interval));
        }
        rebalancing.into_moves()
    }
}

impl DynamicVmq {
    fn is_hot(&self, loads: &Loads, core: CoreId) -> bool {
        let busy = loads.cores[core.at()].busy;
        busy.total() > self.expand_above.of(loads.interval)
            && busy.receive() > self.traffic_above.of(loads.interval)
    }
}

/// Gives queues of one core to another while that lowers the busier of the two.
fn spread(rebalancing: &mut Rebalancing, from: CoreId, to: CoreId, room: Span) {
    loop {
        let fitting = rebalancing.queues_of(from).filter(|queue| {
            let then = rebalancing.with(to, *queue);
            then <= room && then < rebalancing.core(from)
        });
        let Some(queue) = rebalancing.largest(fitting) else { return };
        rebalancing.assign(queue, to);
    }
}

/// The rebalancing without one of its cores, or unchanged.
fn contracted(rebalancing: &Rebalancing, loads: &Loads, room: Span) -> Rebalancing {
    let mut used: Vec<CoreId> = loads.usable().filter(|core| rebalancing.serves(*core)).collect();
    // Returning queues go to the home core first, then to the others in order.
    used.retain(|core| *core != loads.home);
    let mut overloaded = used.clone();
    overloaded.sort_by_key(|core| rebalancing.core(*core));
    if loads.is_usable(loads.home) {
        used.insert(0, loads.home);
    }
    overloaded
        .iter()
        .find_map(|from| without(rebalancing, *from, &used, room))
        .unwrap_or(rebalancing.clone())
}

/// The rebalancing with all queues of a core on others, if these have the room.
fn without(
    rebalancing: &Rebalancing,
    from: CoreId,
    used: &[CoreId],
    room: Span,
) -> Option<Rebalancing> {
    let mut after = rebalancing.clone();
    for queue in rebalancing.queues_of(from) {
        let mut others = used.iter().filter(|core| **core != from);
        let to = *others.find(|core| after.with(**core, queue) <= room)?;
        after.assign(queue, to);
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Bench, queue_move};
    use super::super::spec::{Kind, PolicySpec};
    use super::*;

    fn policy() -> Box<dyn Policy> {
        PolicySpec::of(Kind::DynamicVmq).build()
    }

    #[test]
    fn a_light_load_stays_on_one_core() {
        let mut bench = Bench::new(&[5; 16], 8);
        assert_eq!(bench.run(&mut *policy(), 50), 0);
        assert_eq!(bench.used(), 1);
    }

    #[test]
    fn a_heavy_load_is_spread_over_all_cores_and_comes_home_when_it_ends() {
        let mut bench = Bench::new(&[40; 16], 8);
        let mut policy = policy();
        assert_eq!(bench.delivered(), 100, "of 640 on the home core");
        bench.run(&mut *policy, 10);
        assert_eq!(bench.used(), 8);
        assert_eq!(bench.delivered(), 640);
        assert_eq!(bench.run(&mut *policy, 50), 0, "it has settled");
        bench.demand.fill(2);
        bench.run(&mut *policy, 10);
        assert_eq!((bench.used(), bench.cores_used()), (1, vec![CoreId(0)]));
    }

    #[test]
    fn the_number_of_cores_doubles_from_look_to_look() {
        let mut bench = Bench::new(&[40; 16], 8);
        let mut policy = policy();
        for cores in [2, 4, 8] {
            bench.run(&mut *policy, 1);
            assert_eq!(bench.used(), cores);
        }
    }

    #[test]
    fn traffic_without_cpu_load_and_cpu_load_without_traffic_spread_nothing() {
        let mut bench = Bench::new(&[21; 4], 4);
        assert_eq!(bench.run(&mut *policy(), 20), 0, "84 % is not above 90 %");
        let mut bench = Bench::new(&[5; 4], 4);
        bench.work[0] = 72;
        assert_eq!(bench.run(&mut *policy(), 20), 0, "92 % busy, but 20 % by traffic");
        bench.demand.fill(7);
        assert!(bench.run(&mut *policy(), 20) > 0, "28 % by traffic is enough");
    }

    #[test]
    fn a_load_at_a_threshold_does_not_flap() {
        for (level, cores) in [(90, [0; 10]), (60, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])] {
            let mut bench = Bench::new(&[level / 10; 10], 4);
            bench.place(&cores);
            let mut policy = policy();
            let mut moves = Vec::new();
            for look in 0..200 {
                // One percent of a core above and below the threshold, in turn.
                bench.demand[0] = level / 10 + 1 - 2 * (look % 2);
                moves.push(bench.run(&mut *policy, 1));
            }
            assert_eq!(moves[..2].iter().sum::<usize>(), 5, "at {level} %: {moves:?}");
            assert_eq!(moves[2..].iter().sum::<usize>(), 0, "at {level} %: {moves:?}");
        }
    }

    #[test]
    fn one_big_queue_cannot_be_helped() {
        let mut alone = Bench::new(&[250, 0], 8);
        assert_eq!(alone.run(&mut *policy(), 50), 0);
        assert_eq!(alone.delivered(), 100);
        // With others beside it these get out of its way, and that is all.
        let mut bench = Bench::new(&[250, 10, 10, 10, 10], 8);
        bench.run(&mut *policy(), 50);
        assert_eq!(bench.delivered(), 140, "the big one has a core of its own, no more");
        assert_eq!(bench.used(), 2);
    }

    #[test]
    fn among_equals_the_lowest_index_counts() {
        let bench = Bench::new(&[50; 2], 4);
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(0, 1)]);
    }

    #[test]
    fn a_core_that_would_become_hot_itself_takes_nothing() {
        let mut bench = Bench::new(&[35, 60], 2);
        bench.work[1] = 57;
        assert!(policy().rebalance(&bench.look()).is_empty(), "57 + 35 is above 90");
        bench.work[1] = 54;
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(0, 1)]);
    }

    #[test]
    fn the_least_busy_core_is_given_up_first_and_home_takes_first() {
        let mut bench = Bench::new(&[20, 20, 5, 10], 4);
        bench.place(&[0, 1, 2, 3]);
        let mut policy = policy();
        for (queue, used) in [(2, vec![0, 1, 3]), (3, vec![0, 1]), (1, vec![0])] {
            assert_eq!(policy.rebalance(&bench.look()), [queue_move(queue, 0)]);
            bench.run(&mut *policy, 1);
            assert_eq!(bench.cores_used(), used.into_iter().map(CoreId).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_core_that_cannot_be_emptied_whole_is_kept() {
        let mut bench = Bench::new(&[30, 31, 30, 31], 3);
        bench.place(&[0, 1, 2, 2]);
        // Queue 2 would find room on core 0, but queue 3 finds none.
        assert!(policy().rebalance(&bench.look()).is_empty());
        bench.demand[3] = 29;
        assert_eq!(policy().rebalance(&bench.look()), [queue_move(2, 0), queue_move(3, 1)]);
    }
}
