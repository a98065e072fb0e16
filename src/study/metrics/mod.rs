//! From an outcome to the result's metrics: the figures by which people, expectations, comparisons
//! and exporters name what happened.

mod flow;
mod guest;
mod machine;

use crate::engine::time::Span;
use crate::measure::growth::{Growth, growth};
use crate::measure::tree::Tree;
use crate::rx::source::Arrivals;
use crate::world::outcome::{
    CoreTally, HostTally, NicTally, Outcome, QueueTally, SourceTally, VnicTally,
};
use crate::world::{HostSpec, NicSpec, TrafficSpec, World};
use std::time::Duration;

/// The largest share of lost packets at which a load still counts as carried: 0.1 %.
pub const TOLERATED_LOSS: f64 = 0.001;

/// The metrics of one run of `world` that took `elapsed` on the clock of this machine.
///
/// Every key is present, zeros included; a figure without data is null. Rates are per second of
/// the measured window.
#[must_use]
pub fn metrics(world: &World, outcome: &Outcome, elapsed: Duration) -> Tree {
    let total = flow::sum(&outcome.sources);
    let growth = growth(&outcome.inside);
    let guests = guest::Guests::new(world, outcome);
    let mut entries = flow::figures(&total, outcome.window);
    entries.extend(overall(outcome, &total, &growth));
    let speed = outcome.packets as f64 / elapsed.as_secs_f64();
    entries.extend([
        ("host".to_owned(), machine::hosts(world, outcome)),
        ("nic".to_owned(), machine::nics(world, outcome)),
        ("vm".to_owned(), guests.vms()),
        ("vm_groups".to_owned(), guests.vm_groups()),
        ("vnic".to_owned(), guests.further()),
        ("traffic".to_owned(), traffic(world, outcome)),
        (
            "engine".to_owned(),
            Tree::table([
                ("packets_per_second", Tree::figure(Some(speed))),
                ("events", Tree::count(outcome.events)),
            ]),
        ),
    ]);
    Tree::Table(entries)
}

/// The metrics of a run in which nothing happened: every path that a run of `world` has.
#[must_use]
pub fn shape(world: &World) -> Tree {
    let nothing = Outcome {
        window: Span::ZERO,
        fingerprint: 0,
        sources: vec![SourceTally::default(); world.sources.len()],
        hosts: world.hosts.iter().map(idle_host).collect(),
        nics: world.nics.iter().map(idle_nic).collect(),
        vnics: vec![VnicTally::default(); world.vnics.len()],
        series: Vec::new(),
        inside: Vec::new(),
        events: 0,
        packets: 0,
    };
    metrics(world, &nothing, Duration::ZERO)
}

fn idle_host(host: &HostSpec) -> HostTally {
    HostTally { cores: vec![CoreTally::default(); host.cores as usize] }
}

fn idle_nic(nic: &NicSpec) -> NicTally {
    let queue = |core: &u32| QueueTally { core: *core, ..QueueTally::default() };
    NicTally { queues: nic.queues.iter().map(queue).collect(), ..NicTally::default() }
}

/// Whether the load was carried: at most [`TOLERATED_LOSS`] was lost and no queue kept growing.
fn is_carried(total: &SourceTally, growth: &Growth) -> bool {
    flow::loss(total) <= TOLERATED_LOSS && !growth.is_lasting(total.offered.packets)
}

/// What exists for the whole run only.
fn overall(outcome: &Outcome, total: &SourceTally, growth: &Growth) -> Vec<(String, Tree)> {
    let interrupts: u64 = outcome.nics.iter().map(|nic| nic.interrupts).sum();
    let queues = outcome.nics.iter().flat_map(|nic| &nic.queues);
    let taken: u64 = queues.map(|queue| queue.packets.saturating_sub(queue.dropped)).sum();
    let taken = taken + guest::by_functions(outcome);
    let per_interrupt = (interrupts > 0).then(|| taken as f64 / interrupts as f64);
    [
        ("sustained", Tree::Flag(is_carried(total, growth))),
        ("backlog", Tree::table([("growth_pps", Tree::figure(Some(growth.pps)))])),
        (
            "interrupts",
            Tree::table([
                ("per_second", flow::rate(interrupts as f64, outcome.window)),
                ("packets_per_interrupt", Tree::figure(per_interrupt)),
            ]),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Per traffic group its sums, and the instances' own figures where there are several.
fn traffic(world: &World, outcome: &Outcome) -> Tree {
    let mut groups: Vec<(String, Tree)> = Vec::new();
    for spec in &world.sources {
        if groups.iter().all(|(name, _)| *name != spec.group) {
            groups.push((spec.group.clone(), group(world, outcome, &spec.group)));
        }
    }
    Tree::Table(groups)
}

fn group(world: &World, outcome: &Outcome, name: &str) -> Tree {
    let members: Vec<(&TrafficSpec, &SourceTally)> =
        world.sources.iter().zip(&outcome.sources).filter(|(spec, _)| spec.group == name).collect();
    let mut entries =
        flow::figures(&flow::sum(members.iter().map(|(_, tally)| *tally)), outcome.window);
    if let Some(Arrivals::Capture(capture)) = members.first().map(|(spec, _)| &spec.source.arrivals)
    {
        let file = Tree::table([
            ("packets", Tree::count(capture.packets.len() as u64)),
            ("bytes", Tree::count(capture.captured_bytes)),
            ("flows", Tree::count(capture.tuples)),
        ]);
        entries.push(("capture".to_owned(), file));
    }
    let streams = streams(&members);
    if streams.len() > 1 {
        let figures = |tally: &SourceTally| Tree::Table(flow::figures(tally, outcome.window));
        let instances = streams.iter().map(figures).collect();
        entries.push(("instance".to_owned(), Tree::List(instances)));
    }
    Tree::Table(entries)
}

/// What became of each stream: sources of one name are one stream that comes by several ports.
fn streams(members: &[(&TrafficSpec, &SourceTally)]) -> Vec<SourceTally> {
    let mut streams: Vec<(&str, Vec<&SourceTally>)> = Vec::new();
    for (spec, tally) in members {
        match streams.iter_mut().rev().find(|(name, _)| *name == spec.source.name) {
            Some((_, tallies)) => tallies.push(tally),
            None => streams.push((&spec.source.name, vec![tally])),
        }
    }
    streams.into_iter().map(|(_, tallies)| flow::sum(tallies)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Time;
    use crate::study::fixture;
    use crate::vocab::drop_reason::DropReason;
    use crate::world::outcome::PolicyTally;

    fn close(tree: &Tree, path: &str, expected: f64) {
        let found = tree.number(path).unwrap_or_else(|| panic!("{path}: {:?}", tree.get(path)));
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{path}: {found}");
    }

    fn sample() -> Tree {
        metrics(&fixture::world(2, 1), &fixture::outcome(2, 1), Duration::from_millis(500))
    }

    #[test]
    fn rates_are_those_of_frames_wire_and_payload() {
        let tree = sample();
        close(&tree, "offered.packets", 162_550.0);
        close(&tree, "offered.pps", 162_550.0 * 5.0);
        close(&tree, "delivered.gbps", 57_640.0 * 1518.0 * 8.0 * 5.0 / 1e9);
        close(&tree, "delivered.wire_gbps", 57_640.0 * 1538.0 * 8.0 * 5.0 / 1e9);
        close(&tree, "delivered.goodput_gbps", 57_640.0 * 1460.0 * 8.0 * 5.0 / 1e9);
        close(&tree, "loss", 104_910.0 / 162_550.0);
        close(&tree, "dropped.ring_full", 104_910.0);
        close(&tree, "engine.packets_per_second", 325_100.0);
    }

    #[test]
    fn stages_sum_to_the_mean_and_the_guest_s_are_there() {
        let mut outcome = fixture::outcome(2, 1);
        let sum = outcome.sources[0].latency.sum_ps();
        outcome.sources[0].stages = [0, 0, sum / 4, sum - sum / 4, 0, 0, 0, 0, 0];
        let tree = metrics(&fixture::world(2, 1), &outcome, Duration::from_secs(1));
        let stages = tree.get("latency.stage").unwrap();
        assert_eq!(stages.entries().len(), 9);
        let total: f64 = stages.walk().iter().filter_map(|(_, value)| value.as_number()).sum();
        close(&tree, "latency.mean_us", total);
        close(&tree, "latency.stage.vswitch.mean_us", 0.0);
    }

    #[test]
    fn cores_and_queues_are_lists_and_work_is_no_cost_of_traffic() {
        let mut outcome = fixture::outcome(2, 1);
        outcome.hosts[0].cores[1].busy.work = Span(outcome.window.0 / 2);
        let tree = metrics(&fixture::world(2, 1), &outcome, Duration::from_secs(1));
        close(&tree, "host.alpha.busy_cores", 1.0);
        close(&tree, "host.alpha.cores_left", 1.0);
        close(&tree, "host.alpha.core[1].work", 0.5);
        close(&tree, "host.alpha.core[1].busy", 0.0);
        close(&tree, "host.alpha.packets_per_core_second", 57_640.0 * 5.0);
        close(&tree, "host.alpha.imbalance", 1.0);
        close(&tree, "nic.port0.queue[0].dropped", 104_910.0);
        close(&tree, "nic.port0.moderation.interval_us", 50.0);
        close(&tree, "interrupts.packets_per_interrupt", 57_640.0 / 4_000.0);
    }

    #[test]
    fn moves_and_where_they_led_are_counted() {
        let (world, mut outcome) = (fixture::world(4, 2), fixture::outcome(4, 2));
        let tree = metrics(&world, &outcome, Duration::from_secs(1));
        close(&tree, "nic.port0.policy.moves", 0.0);
        assert_eq!(tree.get("nic.port0.policy.settled_at_us"), Some(&Tree::Null));
        outcome.nics[0].policy = PolicyTally { moves: 3, settled: Some(Span::us(70)) };
        outcome.nics[0].queues[1].core = 3;
        let tree = metrics(&world, &outcome, Duration::from_secs(1));
        close(&tree, "nic.port0.policy.moves", 3.0);
        close(&tree, "nic.port0.policy.settled_at_us", 70.0);
        close(&tree, "nic.port0.queue[1].core", 3.0);
        // Cores 0 and 1 were busy alike, and core 3 counts though it was idle.
        close(&tree, "host.alpha.imbalance", 1.5);
    }

    #[test]
    fn nothing_offered_is_no_loss_and_has_no_latency() {
        let tree = shape(&fixture::world(1, 1));
        close(&tree, "loss", 0.0);
        assert_eq!(tree.get("latency.p99_us"), Some(&Tree::Null));
        assert_eq!(tree.get("interrupts.packets_per_interrupt"), Some(&Tree::Null));
        let paths = |tree: &Tree| -> Vec<String> {
            tree.walk().into_iter().map(|(path, _)| path).collect()
        };
        let one = metrics(&fixture::world(1, 1), &fixture::outcome(1, 1), Duration::from_secs(1));
        assert_eq!(paths(&tree), paths(&one));
    }

    #[test]
    fn copies_count_among_what_can_be_lost() {
        let mut outcome = fixture::outcome(2, 1);
        outcome.sources[0].replicated = outcome.sources[0].offered.packets;
        let tree = metrics(&fixture::world(2, 1), &outcome, Duration::from_secs(1));
        close(&tree, "replicated", 162_550.0);
        close(&tree, "traffic.bulk.replicated", 162_550.0);
        close(&tree, "loss", 104_910.0 / 162_550.0 / 2.0);
    }

    #[test]
    fn slowdown_is_there_where_it_is_recorded() {
        assert_eq!(sample().get("latency.slowdown.mean"), Some(&Tree::Null));
        let mut outcome = fixture::outcome(2, 1);
        outcome.sources[0].slowdown.record(Span(1_500));
        outcome.sources[0].slowdown.record(Span(2_500));
        let tree = metrics(&fixture::world(2, 1), &outcome, Duration::from_secs(1));
        close(&tree, "latency.slowdown.mean", 2.0);
        close(&tree, "traffic.bulk.latency.slowdown.p999", 2.5);
    }

    #[test]
    fn instances_of_a_group_are_summed_and_shown() {
        let (mut world, mut outcome) = (fixture::world(1, 1), fixture::outcome(1, 1));
        world.sources.push(fixture::traffic("traffic.bulk[1]", "bulk"));
        outcome.sources.push(outcome.sources[0].clone());
        let tree = metrics(&world, &outcome, Duration::from_secs(1));
        close(&tree, "traffic.bulk.offered.packets", 325_100.0);
        close(&tree, "traffic.bulk.instance[1].offered.packets", 162_550.0);
        close(&tree, "traffic.bulk.loss", 104_910.0 / 162_550.0);
    }

    #[test]
    fn a_load_is_carried_unless_packets_are_lost_or_pile_up() {
        let mut outcome = fixture::outcome(1, 3);
        let world = fixture::world(3, 3);
        let sustained = |outcome: &Outcome| {
            metrics(&world, outcome, Duration::from_secs(1)).get("sustained").cloned()
        };
        outcome.hosts[0].cores = fixture::outcome(3, 3).hosts[0].cores.clone();
        assert_eq!(sustained(&outcome), Some(Tree::Flag(true)));
        outcome.sources[0].dropped[DropReason::LinkFull as usize] = 162;
        assert_eq!(sustained(&outcome), Some(Tree::Flag(true)));
        outcome.sources[0].dropped[DropReason::LinkFull as usize] = 163;
        assert_eq!(sustained(&outcome), Some(Tree::Flag(false)));
        outcome.sources[0].dropped = [0; DropReason::ALL.len()];
        outcome.inside = (1..=200).map(|ms| (Time::ZERO + Span::ms(ms), 20 * ms)).collect();
        assert_eq!(sustained(&outcome), Some(Tree::Flag(false)));
    }
}
