//! Figures of hosts and their cores.

use super::by_name::ByName;
use super::figure::Figure;
use super::record::record;
use crate::engine::time::Span;
use crate::world::World;
use crate::world::outcome::{CoreTally, Outcome};
use std::collections::BTreeSet;

record! {
    /// What the traffic cost the cores of a host.
    pub struct HostFigures {
        /// Cores that traffic kept busy, in sum.
        pub busy_cores: Figure as "cores",
        /// Cores that traffic kept busy outside of guests.
        pub host_cores: Figure as "cores",
        /// Cores that traffic left.
        pub cores_left: Figure as "cores",
        /// Packets delivered per second and busy core.
        pub packets_per_core_second: Figure as "packets/s",
        /// Busiest core over the mean, of cores that serve receive queues; 1 is even.
        pub imbalance: Figure as "times",
        /// Fairness (Jain's index) of the cores that serve receive queues: 1 where all are busy alike,
        /// 1/n where one of n does everything.
        pub fairness: Figure as "share",
        /// Fraction of the window that a core spent.
        pub core: Vec<CoreFigures>,
    }
}

record! {
    /// What a core did, in fractions of the window.
    pub struct CoreFigures {
        /// On all traffic, which is all but `work`.
        pub busy: Figure as "share",
        /// In interrupt handlers and wake-ups.
        pub interrupt: Figure as "share",
        /// In deferred work, polling included.
        pub deferred: Figure as "share",
        /// In the virtual switch.
        pub vswitch: Figure as "share",
        /// In guests.
        pub guest: Figure as "share",
        /// In apps on the host.
        pub app: Figure as "share",
        /// On CPU load that is not networking.
        pub work: Figure as "share",
    }
}

/// The figures of all hosts of a world, in its order.
pub(super) fn hosts(world: &World, outcome: &Outcome) -> ByName<HostFigures> {
    let hosts = world.hosts.iter().enumerate();
    let figures = |index| HostFigures::new(world, outcome, index);
    ByName(hosts.map(|(index, host)| (host.name.clone(), figures(index))).collect())
}

/// The time a core spent on traffic.
fn busy(core: &CoreTally) -> Span {
    core.busy.total() - core.busy.work
}

impl HostFigures {
    fn new(world: &World, outcome: &Outcome, host: usize) -> Self {
        let (cores, window) = (&outcome.hosts[host].cores, outcome.window);
        let cores_of = |part: fn(&CoreTally) -> Span| -> f64 {
            cores.iter().map(|core| Figure::share(part(core), window).or_zero()).sum()
        };
        let busy_cores = cores_of(busy);
        let delivered: u64 = world
            .sources
            .iter()
            .zip(&outcome.sources)
            .filter(|(source, _)| world.nics[source.nic].host == host)
            .map(|(_, tally)| tally.delivered.packets)
            .sum();
        let serving = serving(world, outcome, host);
        let per_core_second = delivered as f64 / (busy_cores * window.as_s());
        Self {
            busy_cores: Figure::number(busy_cores),
            host_cores: Figure::number(cores_of(|core| busy(core) - core.busy.guest)),
            cores_left: Figure::number(cores.len() as f64 - busy_cores),
            packets_per_core_second: Figure::number(per_core_second),
            imbalance: Figure::maybe(imbalance(&serving)),
            fairness: Figure::maybe(fairness(&serving)),
            core: cores.iter().map(|core| CoreFigures::new(core, window)).collect(),
        }
    }
}

impl CoreFigures {
    fn new(core: &CoreTally, window: Span) -> Self {
        let share = |part: Span| Figure::share(part, window);
        Self {
            busy: share(busy(core)),
            interrupt: share(core.busy.interrupt),
            deferred: share(core.busy.deferred),
            vswitch: share(core.busy.vswitch),
            guest: share(core.busy.guest),
            app: share(core.busy.app),
            work: share(core.busy.work),
        }
    }
}

/// How long each core was busy that served a receive queue at the start or at the end, or that
/// shares the packets of all.
fn serving(world: &World, outcome: &Outcome, host: usize) -> Vec<u64> {
    let ports = world.nics.iter().zip(&outcome.nics).filter(|(nic, _)| nic.host == host);
    let owners: BTreeSet<u32> = ports
        .flat_map(|(nic, tally)| {
            nic.queues.iter().copied().chain(tally.queues.iter().map(|queue| queue.core))
        })
        .collect();
    let shared = world.hosts[host].shares_packets();
    let cores = outcome.hosts[host].cores.iter().zip(0..);
    cores.filter(|(_, n)| shared || owners.contains(n)).map(|(core, _)| busy(core).0).collect()
}

/// The busiest core over the mean: 1 is even. None where they did nothing.
fn imbalance(busy: &[u64]) -> Option<f64> {
    let (max, sum) = (*busy.iter().max()?, busy.iter().sum::<u64>());
    (sum > 0).then(|| max as f64 * busy.len() as f64 / sum as f64)
}

/// Jain's index: 1 where all cores were busy alike, 1 / n where one of n did everything. None where
/// they did nothing.
fn fairness(busy: &[u64]) -> Option<f64> {
    let sum: f64 = busy.iter().map(|busy| *busy as f64).sum();
    let squares: f64 = busy.iter().map(|busy| (*busy as f64).powi(2)).sum();
    (sum > 0.0).then(|| sum * sum / (busy.len() as f64 * squares))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_and_uneven_loads_have_their_indices() {
        assert_eq!((imbalance(&[5, 5, 5]), fairness(&[5, 5, 5])), (Some(1.0), Some(1.0)));
        assert_eq!((imbalance(&[8, 0, 0, 0]), fairness(&[8, 0, 0, 0])), (Some(4.0), Some(0.25)));
        assert_eq!((imbalance(&[3, 1]), fairness(&[3, 1])), (Some(1.5), Some(0.8)));
        assert_eq!((imbalance(&[0, 0]), fairness(&[0])), (None, None));
    }
}
