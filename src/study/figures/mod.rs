//! Figures of a result: what people, expectations, comparisons and exporters read.
//!
//! Each record declares its figures with their unit and meaning, and renders into a part of the
//! tree in which a path (`host.alpha.core[0].busy`) names each of them.

pub mod by_name;
pub mod figure;
pub mod flow;
pub mod host;
pub mod nic;
pub mod record;
pub mod traffic;
pub mod vm;

use crate::engine::time::Span;
use crate::measure::growth::{Growth, growth};
use crate::world::outcome::{
    CoreTally, HostTally, NicTally, Outcome, QueueTally, SourceTally, VnicTally,
};
use crate::world::{HostSpec, NicSpec, World};
use by_name::{ByName, OneOrMany};
use figure::Figure;
use flow::Flow;
use host::HostFigures;
use nic::NicFigures;
use record::record;
use std::time::Duration;
use traffic::TrafficFigures;
use vm::{Received, VmFigures};

/// The largest share of lost packets at which a load still counts as carried: 0.1 %.
pub const TOLERATED_LOSS: f64 = 0.001;

record! {
    /// All figures of one run of a world, or the means of several. Every key is present, zeros
    /// included. Rates are per second of the measured window.
    pub struct Figures {
        ..flow: Flow,
        /// Whether the load was carried: at most 0.1 % was lost, and no queue kept growing.
        pub sustained: bool as "flag",
        /// All queues together.
        pub backlog: BacklogFigures,
        /// Hardware interrupts, those of virtual functions included.
        pub interrupts: InterruptFigures,
        /// A host.
        pub host: ByName<HostFigures>,
        /// A port.
        pub nic: ByName<NicFigures>,
        /// A virtual machine.
        pub vm: ByName<Vec<VmFigures>>,
        /// A group of virtual machines together.
        pub vm_groups: ByName<Received>,
        /// A further virtual NIC, of a virtual machine or of the host.
        pub vnic: ByName<OneOrMany<VmFigures>>,
        /// A source of traffic, its instances together.
        pub traffic: ByName<TrafficFigures>,
        /// The program itself.
        pub engine: EngineFigures,
    }
}

record! {
    /// What waits inside.
    pub struct BacklogFigures {
        /// Growth through the window.
        pub growth_pps: Figure as "packets/s",
    }
}

record! {
    /// Hardware interrupts of all ports.
    pub struct InterruptFigures {
        /// Per second.
        pub per_second: Figure as "1/s",
        /// Packets taken from rings per interrupt.
        pub packets_per_interrupt: Figure as "packets",
    }
}

record! {
    /// How fast the program was.
    pub struct EngineFigures {
        /// Packets simulated per second on the clock of this computer.
        pub packets_per_second: Figure as "packets/s",
        /// Control events handled in the whole run.
        pub events: Figure as "events",
    }
}

impl Figures {
    /// The figures of one run of `world` that took `elapsed` on the clock of this computer.
    #[must_use]
    pub fn new(world: &World, outcome: &Outcome, elapsed: Duration) -> Self {
        let total = flow::sum(&outcome.sources);
        let growth = growth(&outcome.inside);
        let guests = vm::Guests::new(world, outcome);
        Self {
            flow: Flow::new(&total, outcome.window),
            sustained: is_carried(&total, &growth),
            backlog: BacklogFigures { growth_pps: Figure::number(growth.pps) },
            interrupts: InterruptFigures::new(outcome),
            host: host::hosts(world, outcome),
            nic: nic::nics(world, outcome),
            vm: guests.vms(),
            vm_groups: guests.vm_groups(),
            vnic: guests.further(),
            traffic: traffic::groups(world, outcome),
            engine: EngineFigures {
                packets_per_second: Figure::number(outcome.packets as f64 / elapsed.as_secs_f64()),
                events: Figure::count(outcome.events),
            },
        }
    }

    /// The figures of a run of `world` in which nothing happened: they have the same paths.
    #[must_use]
    pub fn of_nothing(world: &World) -> Self {
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
        Self::new(world, &nothing, Duration::ZERO)
    }
}

impl InterruptFigures {
    fn new(outcome: &Outcome) -> Self {
        let interrupts: u64 = outcome.nics.iter().map(|nic| nic.interrupts).sum();
        let queues = outcome.nics.iter().flat_map(|nic| &nic.queues);
        let by_port: u64 = queues.map(|queue| queue.packets.saturating_sub(queue.dropped)).sum();
        let by_function: u64 = outcome.sources.iter().map(|tally| tally.by_function).sum();
        let taken = by_port + by_function;
        Self {
            per_second: Figure::per_second(interrupts as f64, outcome.window),
            packets_per_interrupt: Figure::number(taken as f64 / interrupts as f64),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Time;
    use crate::measure::tree::Tree;
    use crate::study::fixture::{self, metrics};
    use crate::study::metrics::shape;
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
