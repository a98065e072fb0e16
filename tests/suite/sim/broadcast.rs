//! Packets for all virtual NICs of a port: worlds worked out by hand, in nanoseconds; random ones.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::ns;
use crate::fixtures::random::{seeds, worlds};
use crate::fixtures::runs::{same_in_windows, traced, unaccounted};
use crate::worlds::{FUNCTIONS, MOVES, VMS, random_world};
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::stage::Stage;
use rxsim::world::outcome::{BroadcastTally, Outcome};
use rxsim::world::{Consumer, Filter, VnicOwner, World};

/// Packets for all at these instants, to a queue on core 0: interrupt 100, round 50, driver 200,
/// switch 60, notification 40. A VM on core 1, the host's own virtual NIC, a VM on core 2: virtual
/// interrupt 30, packet 70.
fn broadcast(at: &[u64]) -> World {
    let mut world = minimal::world();
    world.hosts[0].cores = 3;
    let costs = &mut world.hosts[0].costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(100), ns(50), ns(200));
    (costs.stack_packet, costs.vswitch_lookup) = (ns(5_000), ns(5_000)); // not paid
    (costs.vswitch_packet, costs.vm_notify) = (ns(60), Span::ns(40));
    (costs.guest_interrupt, costs.guest_packet) = (Span::ns(30), ns(70));
    for core in [1, 2] {
        world.vms.push(minimal::vm(core - 1, &[core]));
    }
    let owners = [minimal::of_vm(0), VnicOwner::Host, minimal::of_vm(1)];
    world.vnics = (0..).zip(owners).map(|(number, owner)| minimal::vnic(number, owner)).collect();
    world.sources = vec![minimal::source(0, packets_at(at, 64))];
    world.sources[0].to = Consumer::Broadcast;
    world
}

/// A run, and number, start and end of all packets and copies in the order of their ends.
fn run(world: &World) -> (Outcome, Vec<(u64, u64, u64)>) {
    let (run, mut records) = traced(world);
    records.sort_by_key(|record| (record.end, record.number));
    let shown = records.iter().map(|record| {
        assert_eq!(record.queue, 0);
        (record.number, record.start.0 / 1_000, record.end.0 / 1_000)
    });
    (run, shown.collect())
}

const BOTH: [BroadcastTally; 3] = [BroadcastTally { delivered: 1, dropped: 0 }; 3];

fn by_vnic(run: &Outcome) -> Vec<BroadcastTally> {
    run.vnics.iter().map(|vnic| vnic.broadcast).collect()
}

#[test]
fn each_virtual_nic_costs_an_activity_of_the_switch_and_gets_a_copy_with_the_round() {
    let world = broadcast(&[0]);
    let (run, ends) = run(&world);
    // Driver from 150 to 350, switch to 410, 470 (the host's own, delivered) and 530, both guests
    // notified at 610.
    assert_eq!(ends, [(0, 150, 470), (0, 150, 710), (0, 150, 710)]);
    let (core, source) = (run.hosts[0].cores[0], &run.sources[0]);
    assert_eq!(core.busy.vswitch, Span::ns(3 * 60 + 2 * 40));
    assert_eq!(core.busy.deferred, Span::ns(50 + 200));
    assert_eq!((source.offered.packets, source.replicated), (1, 2));
    assert_eq!((source.delivered.packets, source.in_flight), (3, 0));
    assert_eq!(by_vnic(&run), BOTH);
    // The first guest's copy is 60 in the switch and waits for the round, the last one's 180.
    let stage = |stage: Stage| source.stages[stage as usize] / 1_000;
    assert_eq!(stage(Stage::Vswitch), 60 + 120 + 180);
    assert_eq!(stage(Stage::Channel), (640 - 410) + (640 - 530));
    assert_eq!((stage(Stage::Deferred), stage(Stage::Guest)), (3 * 200, 2 * 70));
}

#[test]
fn every_stack_makes_the_same_copies() {
    let napi = |ksoftirqd_defers| Stack::LinuxNapi { hz: 1_000, ksoftirqd_defers };
    for (stack, start, ahead) in [
        (napi(false), 150, 0),
        (napi(true), 150, 0),
        (Stack::InterruptPerPacket, 0, 0), // the handler's start
        (Stack::BusyPoll, 50, 100),
    ] {
        let mut world = broadcast(&[0]);
        world.hosts[0].stack = stack;
        let (run, ends) = run(&world);
        let at = [470, 710, 710].map(|end| (0, start, end - ahead));
        assert_eq!(ends, at, "{stack:?}");
        assert_eq!(by_vnic(&run), BOTH, "{stack:?}");
    }
}

#[test]
fn a_packet_for_all_counts_once_for_its_round_and_an_interrupt_comes_between_copies() {
    let mut world = broadcast(&[0, 10]);
    world.hosts[0].budget = 1;
    // The second packet waits for a round of its own behind the first one's notifications; when its
    // guests are free they are notified anew.
    let (run, ends) = run(&world);
    let second = [(1, 660, 980), (1, 660, 1220), (1, 660, 1220)];
    assert_eq!(ends[3..], second);
    assert_eq!(run.hosts[0].cores[0].rounds, 2);
    // Another port interrupts the core while the second copy is made.
    let mut world = broadcast(&[0]);
    world.nics.push(world.nics[0].clone());
    world.sources.push(minimal::source(1, packets_at(&[420], 64)));
    world.sources[1].nic = 1;
    world.hosts[0].costs.stack_packet = Draw::ZERO;
    let (run, ends) = self::run(&world);
    assert_eq!(ends[..1], [(0, 150, 570)]);
    assert_eq!(run.sources[0].delivered.packets, 3);
}

#[test]
fn copies_are_made_by_the_byte_and_full_channels_lose_theirs() {
    let mut world = broadcast(&[0, 0, 0]);
    world.vnics[2].channel = 2;
    world.hosts[0].costs.vswitch_copy = Draw::Constant(Span(500)); // 32 ns for 64 bytes
    world.nics[0].contention = 2.0;
    let (run, ends) = run(&world);
    // Driver 400, three times 184: 150, 1102, 2054; the last round hands over at 3006.
    let of_host: Vec<_> = ends.iter().filter(|(_, _, end)| *end < 3_000).collect();
    assert_eq!(of_host, [&(0, 150, 918), &(1, 1102, 1870), &(2, 2054, 2822)]);
    let source = &run.sources[0];
    assert_eq!(source.dropped[DropReason::VmChannelFull as usize], 1);
    assert_eq!((source.replicated, source.delivered.packets), (6, 8));
    let all = |delivered, dropped| BroadcastTally { delivered, dropped };
    assert_eq!(by_vnic(&run), [all(3, 0), all(3, 0), all(2, 1)]);
    assert!(ends.contains(&(2, 2054, 3006)), "the copy that found no room: {ends:?}");
}

#[test]
fn a_filter_leaves_nothing_to_copy_and_one_virtual_nic_needs_no_copy() {
    let mut world = broadcast(&[0]);
    world.hosts[0].costs.filter_packet = ns(10);
    world.sources[0].filter = Filter::DropInDriver;
    let (run, ends) = run(&world);
    assert_eq!(ends, [(0, 150, 160)]);
    assert_eq!((run.sources[0].filtered, run.sources[0].replicated), (1, 0));
    assert_eq!(by_vnic(&run), [BroadcastTally::default(); 3]);
    let mut world = broadcast(&[0]);
    world.vnics.truncate(1);
    let (run, ends) = self::run(&world);
    assert_eq!(ends, [(0, 150, 350 + 60 + 40 + 100)]);
    assert_eq!(run.sources[0].replicated, 0);
    assert_eq!(by_vnic(&run), BOTH[..1]);
}

/// A random world with packets for all; none where it has no virtual NIC.
fn random_broadcasts(seed: u64, level: u8) -> Option<World> {
    let mut world = random_world(seed, level);
    let mut dice = Stream::new(seed, "random flood", &level.to_string());
    let ports: Vec<usize> = world.vnics.iter().map(|vnic| vnic.nic).collect();
    let mut any = false;
    for source in &mut world.sources {
        if ports.contains(&source.nic) && dice.below(2) == 0 {
            source.to = Consumer::Broadcast;
            any = true;
        }
    }
    for host in &mut world.hosts {
        let can = matches!(host.stack, Stack::WindowsDpc | Stack::InterruptPerPacket);
        host.non_preemptive = can && dice.below(4) == 0;
    }
    any.then_some(world)
}

fn on_random_broadcasts(mut look: impl FnMut(&World, &str)) {
    for (seed, level) in seeds(worlds(150), &[VMS, MOVES, FUNCTIONS]) {
        if let Some(world) = random_broadcasts(seed, level) {
            look(&world, &format!("random_broadcasts({seed}, {level})"));
        }
    }
}

#[test]
fn the_length_of_a_window_changes_nothing() {
    on_random_broadcasts(|world, name| {
        same_in_windows(world, &[Span::us(1), Span(3_333_333), Span::us(10)], name);
    });
}

#[test]
fn every_copy_is_accounted_for_in_any_window() {
    let mut copies = 0;
    on_random_broadcasts(|world, name| {
        let whole = world.duration.expect("random worlds say how long").0;
        let (warmup, duration) = (Span(whole / 3), Some(Span(whole - whole / 3)));
        let window = World { warmup, duration, ..world.clone() };
        for world in [world, &window] {
            let run = sim::run(world, &mut |_| ()).unwrap();
            for source in &run.sources {
                assert_eq!(unaccounted(source), 0, "{name}");
                copies += source.replicated;
            }
        }
        let run = sim::run(world, &mut |_| ()).unwrap();
        let copies_delivered = run.vnics.iter().map(|vnic| vnic.broadcast.delivered).sum::<u64>();
        let delivered = |at: usize| run.sources[at].delivered.packets;
        let broadcasts =
            (0..world.sources.len()).filter(|at| world.sources[*at].to == Consumer::Broadcast);
        assert_eq!(copies_delivered, broadcasts.map(delivered).sum::<u64>(), "{name}");
    });
    assert!(copies > 500 * worlds(150), "{copies} copies");
}
