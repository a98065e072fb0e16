//! Figures of the machine: hosts and their cores, ports and their queues.

use super::flow::rate;
use crate::engine::time::{Span, Time};
use crate::measure::tree::Tree;
use crate::rx::moderation::Moderation;
use crate::study::paths;
use crate::world::outcome::{Busy, CoreTally, NicTally, Outcome, QueueTally};
use crate::world::{NicSpec, RxPath, World};
use std::collections::BTreeSet;

/// The time a core spent on traffic: all but work.
pub(crate) fn busy(core: &CoreTally) -> Span {
    let Busy { interrupt, deferred, vswitch, guest, app, work: _ } = core.busy;
    interrupt + deferred + vswitch + guest + app
}

/// `part` as a fraction of `window`; 0 of an empty one.
pub(crate) fn share(part: Span, window: Span) -> f64 {
    if window == Span::ZERO { 0.0 } else { part.0 as f64 / window.0 as f64 }
}

/// Per host what traffic cost its cores.
pub(super) fn hosts(world: &World, outcome: &Outcome) -> Tree {
    let hosts = world.hosts.iter().enumerate();
    Tree::Table(
        hosts.map(|(index, host)| (host.name.clone(), figures(world, outcome, index))).collect(),
    )
}

fn figures(world: &World, outcome: &Outcome, host: usize) -> Tree {
    let (cores, window) = (&outcome.hosts[host].cores, outcome.window);
    let cores_of = |part: fn(&CoreTally) -> Span| -> f64 {
        cores.iter().map(|c| share(part(c), window)).sum()
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
    Tree::table([
        ("busy_cores", Tree::Number(busy_cores)),
        ("host_cores", Tree::Number(cores_of(|core| busy(core) - core.busy.guest))),
        ("cores_left", Tree::Number(cores.len() as f64 - busy_cores)),
        ("packets_per_core_second", Tree::figure(Some(per_core_second))),
        ("imbalance", Tree::figure(imbalance(&serving))),
        ("fairness", Tree::figure(fairness(&serving))),
        ("core", Tree::List(cores.iter().map(|core| core_figures(core, window)).collect())),
    ])
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

/// Fractions of the window.
fn core_figures(core: &CoreTally, window: Span) -> Tree {
    let part = |span: Span| Tree::Number(share(span, window));
    Tree::table([
        ("busy", part(busy(core))),
        ("interrupt", part(core.busy.interrupt)),
        ("deferred", part(core.busy.deferred)),
        ("vswitch", part(core.busy.vswitch)),
        ("guest", part(core.busy.guest)),
        ("app", part(core.busy.app)),
        ("work", part(core.busy.work)),
    ])
}

/// Per port its queues, and how far it was used.
pub(super) fn nics(world: &World, outcome: &Outcome) -> Tree {
    let (nics, ways) =
        (world.nics.iter().zip(&outcome.nics).enumerate(), paths::ways(world, Time::END));
    let figures = nics.map(|(index, (nic, tally))| {
        let owners = owners(world, &ways, index);
        (nic.name.clone(), port(nic, tally, &owners, outcome.window))
    });
    Tree::Table(figures.collect())
}

/// Per queue of a port the virtual NIC that has it at the end, by name.
fn owners(world: &World, ways: &[&RxPath], nic: usize) -> Vec<Tree> {
    let mut owners = vec![Tree::Null; world.nics[nic].queues.len()];
    for (vnic, way) in world.vnics.iter().zip(ways).filter(|(vnic, _)| vnic.nic == nic) {
        for queue in way.own() {
            owners[*queue as usize] = Tree::Word(vnic.name.clone());
        }
    }
    owners
}

fn port(nic: &NicSpec, tally: &NicTally, owners: &[Tree], window: Span) -> Tree {
    let part = |span: Span| Tree::Number(share(span, window));
    let queue = |(queue, owner): (&QueueTally, &Tree)| {
        Tree::table([
            ("packets", Tree::count(queue.packets)),
            ("dropped", Tree::count(queue.dropped)),
            ("core", Tree::count(u64::from(queue.core))),
            ("vm", owner.clone()),
        ])
    };
    Tree::table([
        ("queue", Tree::List(tally.queues.iter().zip(owners).map(queue).collect())),
        (
            "policy",
            Tree::table([
                ("moves", Tree::count(tally.policy.moves)),
                ("settled_at_us", Tree::figure(tally.policy.settled.map(Span::as_us))),
            ]),
        ),
        ("link", Tree::table([("utilization", part(tally.link_busy))])),
        ("dma", Tree::table([("utilization", part(tally.dma_busy))])),
        ("held", part(tally.held)),
        ("paused", part(tally.paused)),
        ("interrupts", Tree::table([("per_second", rate(tally.interrupts as f64, window))])),
        ("moderation", moderation(nic.moderation)),
    ])
}

/// The policy and the interval in use (after rounding to the NIC's unit); null where there is none
/// or it changes.
fn moderation(rule: Moderation) -> Tree {
    let (policy, interval) = match rule {
        Moderation::None => ("none", None),
        Moderation::Throttle { interval } => ("throttle", Some(interval)),
        Moderation::Timer { interval } => ("timer", Some(interval)),
        Moderation::TimerOrCount { interval, .. } => ("timer-or-count", Some(interval)),
        Moderation::Periodic { interval } => ("periodic", Some(interval)),
        Moderation::NetDim => ("net-dim", None),
        Moderation::Ixgbe => ("ixgbe", None),
    };
    Tree::table([
        ("policy", Tree::Word(policy.to_owned())),
        ("interval_us", Tree::figure(interval.map(Span::as_us))),
    ])
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
