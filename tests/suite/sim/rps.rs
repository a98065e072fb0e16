//! Receive packet steering: worlds worked out by hand, in nanoseconds; random ones
//! in windows of any length; and as queues whose laws are known.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::fixtures::random::{seeds, worlds};
use crate::fixtures::replicated::{check, delivered_mpps, mean_us, replications, total, within};
use crate::fixtures::runs::{host_and_guest, same_in_windows, traced_by_end};
use crate::worlds::{FUNCTIONS, MOVES, RPS, THREADS, VMS, random_world};
use rayon::prelude::*;
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::rx::moderation::Moderation;
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Gap};
use rxsim::rx::steering::rss::{HashTypes, Rss, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::vocab::stage::Stage;
use rxsim::world::outcome::Outcome;
use rxsim::world::{
    AppSpec, Consumer, Filter, FlowMap, NicSpec, RpsSpec, VnicOwner, WorkSpec, World,
};

/// The random world of this seed and level, but for stacks without RPS.
fn rps_world(seed: u64, level: u8) -> World {
    let mut world = random_world(seed, level);
    let mut dice = Stream::new(seed, "spreading world", "");
    for host in &mut world.hosts {
        if !host.stack.masks() {
            let ksoftirqd_defers = dice.below(2) == 0;
            let napi = Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers };
            host.stack = [Stack::WindowsDpc, napi][dice.below(2) as usize];
        }
        host.cores = host.cores.max(1 + dice.below(4) as u32);
        host.costs.ipi = Span::ns(100) * dice.below(8);
    }
    for nic in &mut world.nics {
        let cores = world.hosts[nic.host].cores.into();
        let over = (0..=dice.below(3)).map(|_| dice.below(cores) as u32).collect();
        let backlog = [1, 2, 5, 1000][dice.below(4) as usize];
        nic.rps = (dice.below(5) > 0).then(|| by_hash(over, backlog));
    }
    world
}

/// Spreads over these cores by a hash of addresses and ports, where there are any; else all goes
/// to the first one.
fn by_hash(over: Vec<u32>, backlog: u32) -> RpsSpec {
    let types = HashTypes {
        ipv4: true,
        tcp_ipv4: true,
        udp_ipv4: true,
        ipv6: true,
        tcp_ipv6: true,
        udp_ipv6: true,
    };
    let table = (0..128).map(|entry| entry % over.len() as u32).collect();
    let rss = Some(RssSpec { key: KEY_MICROSOFT, types, table });
    RpsSpec { cores: FlowMap { targets: over, rss }, backlog }
}

const NAPI: Stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: false };

/// Packets at these instants into a ring on core 0, all steered to core `to`: interrupt 100, round
/// 50, driver 200, stack 300, IPI 70, a filter in the driver 30, switch 60, notification 40,
/// virtual interrupt 30, guest 80.
fn steered_to(to: u32, at: &[u64]) -> World {
    let mut world = minimal::world();
    let host = &mut world.hosts[0];
    host.cores = 3;
    let costs = &mut host.costs;
    (costs.interrupt, costs.round, costs.ipi) = (ns(100), ns(50), Span::ns(70));
    (costs.packet, costs.stack_packet, costs.filter_packet) = (ns(200), ns(300), ns(30));
    (costs.vswitch_packet, costs.vm_notify) = (ns(60), Span::ns(40));
    (costs.guest_interrupt, costs.guest_packet) = (Span::ns(30), ns(80));
    world.nics[0].rps = Some(by_hash(vec![to], 100));
    world.sources = vec![minimal::source(0, packets_at(at, 64))];
    world
}

/// One more port, with a ring on `core`, without RPS, and packets at these instants.
fn add_plain_port(world: &mut World, core: u32, at: &[u64]) {
    let nic = world.nics.len();
    world.nics.push(NicSpec { queues: vec![core], rps: None, ..world.nics[0].clone() });
    let index = world.sources.len();
    world.sources.push(minimal::source(index, packets_at(at, 64)));
    world.sources[index].nic = nic;
}

/// A VM on `core`, and a virtual NIC of it or (none) of the host, to which the first source sends.
fn add_vnic(world: &mut World, core: Option<u32>) {
    let owner = if core.is_some() { minimal::of_vm(0) } else { VnicOwner::Host };
    world.vms = core.iter().map(|core| minimal::vm(0, &[*core])).collect();
    world.vnics = vec![minimal::vnic(0, owner)];
    world.sources[0].to = Consumer::Vnic(0);
}

/// A work that always has something to do.
fn hog(core: u32) -> WorkSpec {
    let (period, demand) = (Span::us(10), Span::us(10));
    WorkSpec { name: "hog".into(), host: 0, core, period, demand }
}

/// A run, and (source, start, end) of its packets in the order of their ends; lost ones with 0 as
/// their end.
fn run(world: &World) -> (Outcome, Vec<(u32, u64, u64)>) {
    let (run, records) = traced_by_end(world);
    let end = |record: &Record| match record.fate {
        Fate::Delivered | Fate::Filtered => in_ns(record.end),
        Fate::Dropped(reason) => {
            assert_eq!(reason, DropReason::BacklogFull);
            0
        }
    };
    let shown = |record: &Record| (record.source.0, in_ns(record.start), end(record));
    (run, records.iter().map(shown).collect())
}

/// Interrupt, deferred, vswitch.
fn busy(run: &Outcome, core: usize) -> [u64; 3] {
    let [interrupt, deferred, vswitch, _] = host_and_guest(run.hosts[0].cores[core].busy);
    [interrupt, deferred, vswitch]
}

/// Interrupts and rounds.
fn counts(run: &Outcome, core: usize) -> (u64, u64) {
    let core = run.hosts[0].cores[core];
    (core.interrupts, core.rounds)
}

/// Ring, deferred, vswitch.
fn stages(run: &Outcome) -> [u128; 3] {
    let stages = run.sources[0].stages;
    [Stage::Ring, Stage::Deferred, Stage::Vswitch].map(|stage| stages[stage as usize] / 1_000)
}

const BOTH: [Stack; 2] = [Stack::WindowsDpc, NAPI];

#[test]
fn the_core_itself_goes_on_without_an_interrupt() {
    for stack in BOTH {
        let mut world = steered_to(0, &[1000]);
        world.hosts[0].stack = stack;
        let (run, packets) = run(&world);
        assert_eq!(packets, [(0, 1150, 1350 + 50 + 300)]);
        assert_eq!((busy(&run, 0), counts(&run, 0)), ([100, 50 + 200 + 50 + 300, 0], (1, 2)));
        assert_eq!(stages(&run), [150 + 50, 500, 0]);
    }
}

#[test]
fn another_core_is_interrupted_which_counts_as_deferred() {
    for stack in BOTH {
        let mut world = steered_to(1, &[1000]);
        world.hosts[0].stack = stack;
        let (run, packets) = run(&world);
        assert_eq!(packets, [(0, 1150, 1350 + 70 + 50 + 300)]);
        assert_eq!((busy(&run, 0), counts(&run, 0)), ([100, 250, 0], (1, 1)));
        assert_eq!((busy(&run, 1), counts(&run, 1)), ([0, 70 + 50 + 300, 0], (0, 1)));
        assert_eq!(stages(&run), [150 + 70 + 50, 500, 0]);
    }
}

#[test]
fn an_interrupt_wakes_a_sleeping_core() {
    let mut world = steered_to(1, &[1000, 2500]);
    world.hosts[0].costs.wakeup = Span::ns(40);
    world.hosts[0].idle_before_sleep = Span::ns(1000);
    let (run, packets) = run(&world);
    // Core 1 is idle from 1850 to 2900, which is long enough again; core 0 from 1390 to 2500.
    assert_eq!(packets, [(0, 1190, 1390 + 110 + 350), (0, 2690, 2890 + 110 + 350)]);
    assert_eq!(busy(&run, 1), [0, 2 * (110 + 350), 0]);
    world.hosts[0].idle_before_sleep = Span::ns(1355);
    let (_, packets) = self::run(&world);
    // Neither core has slept when the first packet comes, and core 1 is not idle for 1355 later.
    assert_eq!(packets, [(0, 1150, 1350 + 70 + 350), (0, 2650, 2850 + 70 + 350)]);
}

#[test]
fn an_interrupt_waits_for_the_handler_that_runs_and_for_vectors_due_as_early() {
    let mut world = steered_to(1, &[1000]);
    add_plain_port(&mut world, 1, &[1300]);
    // A handler until 1400; its vector's round comes first.
    let (_, packets) = run(&world);
    assert_eq!(packets, [(1, 1520, 2020), (0, 1150, 2020 + 350)]);
    // Another vector is due at 1350, as is the IPI.
    add_plain_port(&mut world, 1, &[1000]);
    world.nics[2].moderation = Moderation::Timer { interval: Span::ns(350) };
    let (_, packets) = run(&world);
    let first = 1400 + 100 + 70 + 50;
    let expected =
        [(1, first, first + 500), (2, first + 550, first + 1050), (0, 1150, first + 1400)];
    assert_eq!(packets, expected);
}

#[test]
fn an_interrupt_preempts_threads_and_pays_for_a_guest() {
    let mut world = steered_to(1, &[1000]);
    world.works = vec![hog(1)];
    let (run, packets) = run(&world);
    assert_eq!(packets, [(0, 1150, 1770)]);
    assert_eq!(run.hosts[0].cores[1].busy.work, Span::us(1000) - Span::ns(420));
    // The guest runs from 3000 + 350 on.
    let mut world = steered_to(1, &[3150]);
    world.hosts[0].costs.guest_preempt = Span::ns(25);
    world.hosts[0].costs.guest_packet = ns(1000);
    add_plain_port(&mut world, 2, &[3000]);
    add_vnic(&mut world, Some(1));
    world.vnics[0].nic = 1;
    (world.sources[0].to, world.sources[1].to) = (Consumer::Host, Consumer::Vnic(0));
    let (run, packets) = self::run(&world);
    let notified = 3000 + 100 + 50 + 200 + 60 + 40;
    assert!(notified < 3500);
    assert_eq!(packets[0], (0, 3300, 3500 + 25 + 70 + 350));
    assert_eq!(packets[1], (1, 3150, notified + 30 + 1000 + 25 + 70 + 350));
    assert_eq!(busy(&run, 1), [0, 25 + 70 + 350, 0]);
}

#[test]
fn a_full_backlog_counts_the_packet_in_processing() {
    let mut world = steered_to(1, &[1000, 1000, 1600, 2000]);
    world.nics[0].rps = Some(by_hash(vec![1], 2));
    let (run, packets) = run(&world);
    // The third comes at 1950, 20 before the first one ends; the fourth finds the backlog idle.
    let lost = (0, 1750, 0);
    assert_eq!(packets, [lost, (0, 1150, 1970), (0, 1350, 2270), (0, 2150, 2350 + 420)]);
    assert_eq!(run.sources[0].dropped[DropReason::BacklogFull as usize], 1);
    assert_eq!(run.nics[0].queues[0].dropped, 0, "the ring had room");
}

#[test]
fn what_a_round_brings_comes_with_its_end_in_the_order_of_processing() {
    let mut world = steered_to(1, &[1000, 1000, 1000]);
    world.nics[0].rps = Some(by_hash(vec![1], 2));
    let (_, packets) = run(&world);
    assert_eq!(packets, [(0, 1550, 0), (0, 1150, 1750 + 420), (0, 1350, 1750 + 720)]);
}

#[test]
fn a_spent_budget_sends_both_works_to_the_tail() {
    let mut world = steered_to(1, &[1000, 1000, 1000]);
    world.hosts[0].budget = 2;
    let (run, packets) = run(&world);
    // The first two are handed over at 1550, the third at 1800.
    assert_eq!(packets, [(0, 1150, 1970), (0, 1350, 2270), (0, 1600, 2270 + 350)]);
    assert_eq!((counts(&run, 0), counts(&run, 1)), ((1, 2), (0, 2)));
}

#[test]
fn a_full_round_completes_at_windows_and_is_queued_again_at_napi() {
    // Two packets at 1550, which end at 2270; one at 2300.
    let mut world = steered_to(1, &[1000, 1000, 1950]);
    world.hosts[0].budget = 2;
    let (run, packets) = run(&world);
    assert_eq!(packets[2], (0, 2100, 2300 + 420));
    assert_eq!((counts(&run, 1), busy(&run, 1)), ((0, 2), [0, 2 * 120 + 900, 0]));
    world.hosts[0].stack = NAPI;
    let (run, packets) = self::run(&world);
    assert_eq!(packets[2], (0, 2100, 2270 + 350), "a round is there already");
    assert_eq!((counts(&run, 1), busy(&run, 1)), ((0, 2), [0, 70 + 2 * 50 + 900, 0]));
}

#[test]
fn ksoftirqd_runs_rounds_over_the_backlog_too() {
    // A pass is over after 200, so with each round; the tenth leaves the rest to `ksoftirqd`.
    let mut world = steered_to(0, &[1000; 12]);
    world.hosts[0].stack = Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers: false };
    world.hosts[0].budget = 1;
    world.works = vec![hog(0)];
    world.hosts[0].quantum = Span::us(2);
    let (_, packets) = run(&world);
    // The vector's of 250 and the backlog's of 350 take turns from 1350 on, the vector's first,
    // until 4000. Then the hog has the rest of its slice, 1000 of which it had at the start.
    let ends: Vec<u64> = packets.iter().map(|packet| packet.2).collect();
    assert_eq!(ends[..4], [1950, 2550, 3150, 3750]);
    assert_eq!(ends[4..6], [4000 + 1000 + 350, 5350 + 600]);
}

#[test]
fn apps_and_guests_are_handed_what_leaves_the_backlog() {
    let mut world = steered_to(1, &[1000]);
    let (packet, byte) = (ns(400), Draw::ZERO);
    world.apps = vec![AppSpec { name: "app".into(), host: 0, core: 2, backlog: 9, packet, byte }];
    world.sources[0].to = Consumer::App(0);
    let (run, packets) = run(&world);
    assert_eq!(packets, [(0, 1150, 1770 + 400)]);
    assert_eq!(stages(&run), [150 + 120, 500, 0]);
    let mut world = steered_to(1, &[1000]);
    add_vnic(&mut world, Some(2));
    let (run, packets) = self::run(&world);
    assert_eq!(packets, [(0, 1150, 1350 + 120 + 60 + 40 + 30 + 80)]);
    assert_eq!((busy(&run, 0), busy(&run, 1)), ([100, 250, 0], [0, 120, 60 + 40]));
    assert_eq!(stages(&run), [150 + 120, 200, 60]);
}

#[test]
fn a_virtual_nic_of_the_host_has_stack_and_switch_in_the_backlog() {
    let mut world = steered_to(1, &[1000]);
    add_vnic(&mut world, None);
    let (run, packets) = run(&world);
    assert_eq!(packets, [(0, 1150, 1350 + 120 + 300 + 60)]);
    assert_eq!(stages(&run), [150 + 120, 500, 60]);
}

#[test]
fn what_the_driver_filters_stays_where_it_is() {
    let mut world = steered_to(1, &[1000, 1000]);
    world.sources[0].filter = Filter::DropInDriver;
    let (run, packets) = run(&world);
    assert_eq!(packets, [(0, 1150, 1180), (0, 1180, 1210)]);
    assert_eq!((busy(&run, 1), run.sources[0].filtered), ([0, 0, 0], 2));
}

#[test]
fn contention_makes_both_parts_longer() {
    let mut world = steered_to(1, &[1000]);
    world.nics[0].contention = 2.0;
    assert_eq!(run(&world).1, [(0, 1150, 1550 + 120 + 600)]);
}

#[test]
fn the_length_of_a_window_changes_nothing() {
    let levels = [THREADS, VMS, MOVES, FUNCTIONS, RPS];
    let all: Vec<(u64, u8)> = seeds(worlds(150), &levels).collect();
    all.into_par_iter().for_each(|(seed, level)| {
        let batches = [Span::us(1), Span(3_333_333), Span::us(10)];
        let name = format!("rps_world({seed}, {level})");
        same_in_windows(&rps_world(seed, level), &batches, &name);
    });
}

/// Poisson arrivals of mean `gap` into a ring on core 0 that is never full, 0.4 s of them after
/// 10 ms; nothing but packets costs anything, and each is a round of its own.
fn poisson(gap: Span, over: Vec<u32>) -> World {
    let mut world = minimal::world();
    (world.warmup, world.duration) = (Span::ms(10), Some(Span::ms(400)));
    world.hosts[0].cores = 5;
    world.hosts[0].budget = 1;
    world.nics[0].ring = 1 << 20;
    world.nics[0].rps = Some(by_hash(over, 1 << 20));
    let gap = Gap { ps: gap.0.into(), packets: 1 };
    world.sources = vec![minimal::source(0, Arrivals::Poisson(gap))];
    world
}

#[test]
fn driver_and_stack_are_two_queues_in_a_row() {
    // Jackson: by Burke's theorem each is M/M/1 by itself.
    let mut world = poisson(Span::us(2), vec![1]);
    let exponential = |ns| Draw::Exponential { mean: Span::ns(ns) };
    let costs = &mut world.hosts[0].costs;
    (costs.packet, costs.stack_packet) = (exponential(1000), exponential(1400));
    let sojourn = |mean: f64| mean / (1.0 - mean / 2.0);
    let exact = sojourn(1.0) + sojourn(1.4);
    check("spreading: M/M/1 behind M/M/1, W", &replications(&world, 30), mean_us, exact);
}

#[test]
fn each_core_is_m_d_1_by_its_share_of_the_flows() {
    let mut world = poisson(Span::ns(400), vec![1, 2, 3, 4]);
    world.duration = Some(Span::ms(80));
    world.hosts[0].costs.stack_packet = ns(1000);
    world.sources[0].source.flows.count = 4000;
    world.sources[0].source.flows.keys = Keys::SequentialPorts;
    let spread = world.nics[0].rps.clone().expect("set").cores;
    let spec = spread.rss.expect("by hash");
    let rss = Rss::new(&spec);
    let mut flows = [0_u32; 4];
    for key in world.sources[0].source.flow_keys(world.seed) {
        flows[spec.table[usize::from(rss.bucket(&key))] as usize] += 1;
    }
    let exact = flows.iter().map(|flows| {
        let share = f64::from(*flows) / 4000.0;
        let rho = share / 0.4;
        share * (1.0 + rho / (2.0 * (1.0 - rho)))
    });
    check("spreading: M/D/1 each, W", &replications(&world, 30), mean_us, exact.sum());
}

#[test]
fn n_cores_carry_n_times_as_much_until_the_drivers_is_full() {
    for cores in [1_u32, 2, 4, 8, 12, 16] {
        // One every 90 ns; the driver takes 100, the stack 900.
        let mut world = poisson(Span::ns(90), (1..=cores).collect());
        world.duration = Some(Span::ms(20));
        let host = &mut world.hosts[0];
        (host.cores, host.budget) = (1 + cores, 64);
        (host.costs.packet, host.costs.stack_packet) = (ns(100), ns(900));
        world.nics[0].ring = 512;
        world.nics[0].rps = Some(by_hash((1..=cores).collect(), 1000));
        world.sources[0].source.flows.count = 8000;
        let run = sim::run(&world, &mut |_| ()).unwrap();
        let ceiling = (f64::from(cores) / 0.9).min(10.0);
        let what = format!("spreading over {cores}: Mpps");
        within(&what, delivered_mpps(&run), ceiling, 0.005 * ceiling);
        let lost = total(&run, |source| source.dropped.iter().sum());
        assert!(lost > 0, "the driver's core is full");
    }
}
