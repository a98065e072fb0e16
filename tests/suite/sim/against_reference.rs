//! The engine against the reference model, record by record.
//!
//! `RXSIM_WORLDS=10000 cargo test --release against_reference` looks harder than CI does;
//! `RXSIM_FIRST=451 RXSIM_WORLDS=1` looks at one world again.

use crate::fixtures::minimal;
use crate::fixtures::random::{number, worlds};
use crate::reference;
use crate::worlds::{
    BROADCASTS, CHANGES, EVERYTHING, FLOW_CONTROL, FUNCTIONS, HARDWARE, INTERNAL_SWITCH, LOOPS,
    MIXED, MOVES, PLAIN, RPS, STACKS, THREADS, UNPINNED, VMS, probing_policy, random_world,
};
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::sim;
use rxsim::vocab::packet::Record;
use rxsim::world::outcome::VnicTally;
use rxsim::world::{Consumer, Filter, World};
use std::fmt::Write;

/// Worlds per level of a thorough run.
const WORLDS: u64 = 300;

/// Runs both on every world of a level.
fn compare_level(level: u8) {
    let first = number("RXSIM_FIRST", 0);
    for seed in first..first + worlds(WORLDS) {
        compare(seed, level);
    }
}

/// Runs both on one world.
fn compare(seed: u64, level: u8) {
    let world = random_world(seed, level);
    if let Some(difference) = difference(&world) {
        panic!("random_world({seed}, {level}): {difference}\n{}", summary(&world));
    }
}

/// The first thing on which the engine and the reference disagree.
fn difference(world: &World) -> Option<String> {
    probing_policy::seen();
    let expected = reference::run(world);
    let expected_loads = probing_policy::seen();
    let mut records = Vec::new();
    let outcome =
        sim::run_traced(world, &mut |record| records.push(record)).expect("its moves can be made");
    let loads = probing_policy::seen();
    if let Some(difference) = first_difference(records, expected.records) {
        return Some(difference);
    }
    if let Some(at) = (0..loads.len().max(expected_loads.len()))
        .find(|at| loads.get(*at) != expected_loads.get(*at))
    {
        let (engine, reference) = (loads.get(at), expected_loads.get(at));
        return Some(format!("look {at}\n   engine {engine:?}\nreference {reference:?}"));
    }
    if outcome.packets != expected.offered {
        return Some(format!("offered {} for {}", outcome.packets, expected.offered));
    }
    for (at, nic) in outcome.nics.iter().enumerate() {
        let places: Vec<u32> = nic.queues.iter().map(|queue| queue.core).collect();
        if (nic.policy, &places) != (expected.policies[at], &expected.places[at]) {
            return Some(format!(
                "NIC {at}\n   engine {:?} {places:?}\nreference {:?} {:?}",
                nic.policy, expected.policies[at], expected.places[at]
            ));
        }
    }
    if world.warmup > Span::ZERO {
        return None;
    }
    let interrupts: Vec<u64> = outcome.nics.iter().map(|nic| nic.interrupts).collect();
    if interrupts != expected.interrupts {
        return Some(format!("interrupts {interrupts:?} for {:?}", expected.interrupts));
    }
    let resent: Vec<u64> = outcome.sources.iter().map(|source| source.resent).collect();
    if resent != expected.resent {
        return Some(format!("resent {resent:?} for {:?}", expected.resent));
    }
    let copies: Vec<u64> = outcome.sources.iter().map(|source| source.replicated).collect();
    if copies != expected.replicated {
        return Some(format!("replicated {copies:?} for {:?}", expected.replicated));
    }
    let paused: Vec<Span> = outcome.nics.iter().map(|nic| nic.paused).collect();
    if paused != expected.paused {
        return Some(format!("paused {paused:?} for {:?}", expected.paused));
    }
    let notifications =
        |vnics: &[VnicTally]| -> Vec<u64> { vnics.iter().map(|vnic| vnic.notifications).collect() };
    let (notified, expected_ones) = (notifications(&outcome.vnics), notifications(&expected.vnics));
    if notified != expected_ones {
        return Some(format!("notified {notified:?} for {expected_ones:?}"));
    }
    for (at, (host, cores)) in outcome.hosts.iter().zip(&expected.cores).enumerate() {
        for (core, (engine, reference)) in host.cores.iter().zip(cores).enumerate() {
            if engine != reference {
                return Some(format!(
                    "host {at} core {core}\n   engine {engine:?}\nreference {reference:?}"
                ));
            }
        }
    }
    None
}

/// The first differing record by end time, on both sides.
fn first_difference(mut engine: Vec<Record>, mut reference: Vec<Record>) -> Option<String> {
    // Copies of a broadcast packet differ in their fates at most.
    let by_end = |record: &Record| (record.end, record.source, record.number, record.fate);
    engine.sort_by_key(by_end);
    reference.sort_by_key(by_end);
    let longest = engine.len().max(reference.len());
    let at = (0..longest).find(|at| engine.get(*at) != reference.get(*at))?;
    Some(format!(
        "record {at} of {} / {}\n   engine {:?}\nreference {:?}",
        engine.len(),
        reference.len(),
        engine.get(at),
        reference.get(at)
    ))
}

/// A world on a few lines.
fn summary(world: &World) -> String {
    let mut text = format!("duration {:?}, batch {:?}\n", world.duration, world.batch);
    let mut line = |entry: &dyn std::fmt::Debug| writeln!(text, "{entry:?}").expect("a string");
    world.hosts.iter().for_each(|entry| line(entry));
    world.nics.iter().for_each(|entry| line(entry));
    world.sources.iter().for_each(|entry| line(entry));
    world.apps.iter().for_each(|entry| line(entry));
    world.works.iter().for_each(|entry| line(entry));
    world.vms.iter().for_each(|entry| line(entry));
    world.vnics.iter().for_each(|entry| line(entry));
    world.events.iter().for_each(|entry| line(entry));
    text
}

/// Worlds (seed, level) on which the two disagreed once, beyond those that CI looks at.
const ONCE_DIFFERENT: &[(u64, u8)] = &[
    (1258, MIXED),
    (1483, STACKS),
    (960, THREADS),
    (1296, THREADS),
    (6207, THREADS),
    (11807, THREADS),
    (7030, THREADS),
    (6920, STACKS),
    (8480, THREADS),
    (16622, THREADS),
    (2796, MIXED),
    (14947, MIXED),
    (7210, VMS),
    (10063, VMS),
    (12025, VMS),
    (17612, VMS),
    (21698, VMS),
    (486, CHANGES),
    (3682, CHANGES),
    (345, RPS),
    (1021, RPS),
    (4466, MOVES),
    (1872, UNPINNED),
    (4862, FUNCTIONS),
    (6059, CHANGES),
    (766, RPS),
    (1497, RPS),
    (1593, RPS),
    (207, EVERYTHING),
    (801, EVERYTHING),
    (919, EVERYTHING),
    (1462, EVERYTHING),
];

#[test]
fn worlds_that_once_differed_agree() {
    for &(seed, level) in ONCE_DIFFERENT {
        compare(seed, level);
    }
}

/// Wherever the guest runs: it is notified of each packet, as it ends the one before in between.
#[test]
fn several_cores_may_bring_packets_to_one_guest_at_one_instant() {
    for (guest, hold) in (0..3).flat_map(|core| [(core, false), (core, true)]) {
        let mut world = minimal::world();
        world.hosts[0].cores = 3;
        world.hosts[0].costs.packet = Draw::Constant(Span::ns(100));
        let nic = &mut world.nics[0];
        (nic.hold, nic.dma.latency) = (hold, Span::ns(50));
        (nic.queues, nic.vectors) = (vec![0, 1, 2], vec![vec![0], vec![1], vec![2]]);
        world.vms = vec![minimal::vm(0, &[guest])];
        world.vnics = vec![minimal::vnic(0, minimal::of_vm(0))];
        let at = minimal::packets_at(&[1000, 2000], 64);
        world.sources = (0..3).map(|index| minimal::source(index, at.clone())).collect();
        for (source, queue) in world.sources.iter_mut().zip(0..) {
            (source.to, source.filter) = (Consumer::Vnic(0), Filter::Pin(queue));
        }
        assert_eq!(difference(&world), None, "a guest on core {guest}, hold = {hold}");
    }
}

/// Sources that begin and end somewhere in the run, of which some never begin.
#[test]
fn worlds_with_traffic_that_begins_and_ends_agree() {
    for seed in 0..worlds(WORLDS) {
        let mut world = random_world(seed, VMS);
        let mut stream = Stream::new(seed, "random world", "traffic that begins and ends");
        let run = world.warmup + world.duration.expect("random worlds have one");
        for source in &mut world.sources {
            source.from = Time(stream.below(run.0 + run.0 / 8));
            let ends = stream.below(2) == 0;
            source.until = ends.then(|| source.from + Span(1 + stream.below(run.0)));
        }
        let found = difference(&world);
        assert_eq!(found, None, "random_world({seed}, VMS): {}", summary(&world));
    }
}

#[test]
fn plain_worlds_agree() {
    compare_level(PLAIN);
}

#[test]
fn worlds_with_hardware_agree() {
    compare_level(HARDWARE);
}

#[test]
fn mixed_worlds_agree() {
    compare_level(MIXED);
}

#[test]
fn worlds_of_all_stacks_agree() {
    compare_level(STACKS);
}

#[test]
fn worlds_with_threads_agree() {
    compare_level(THREADS);
}

#[test]
fn worlds_with_virtual_machines_agree() {
    compare_level(VMS);
}

#[test]
fn worlds_with_moves_agree() {
    compare_level(MOVES);
}

#[test]
fn worlds_with_virtual_functions_agree() {
    compare_level(FUNCTIONS);
}

#[test]
fn worlds_with_changes_agree() {
    compare_level(CHANGES);
}

#[test]
fn worlds_with_closed_loops_agree() {
    compare_level(LOOPS);
}

#[test]
fn worlds_with_broadcasts_agree() {
    compare_level(BROADCASTS);
}

#[test]
fn worlds_with_rps_agree() {
    compare_level(RPS);
}

#[test]
fn worlds_with_flow_control_agree() {
    compare_level(FLOW_CONTROL);
}

#[test]
fn worlds_with_unpinned_vcpus_agree() {
    compare_level(UNPINNED);
}

#[test]
fn worlds_with_internal_switches_agree() {
    compare_level(INTERNAL_SWITCH);
}

#[test]
fn worlds_with_everything_agree() {
    compare_level(EVERYTHING);
}
