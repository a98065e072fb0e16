//! The model against small worlds worked out by hand. Times are in nanoseconds.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::rx::dma::DmaSpec;
use rxsim::rx::moderation::Moderation;
use rxsim::rx::source::{Arrivals, Sizes};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{AppSpec, Consumer, Filter, WorkSpec, World};

/// Interrupt 100, round 50, packet 200; one core, one ring of 64, an ideal NIC.
pub(super) fn base(at: &[u64]) -> World {
    let mut world = minimal::world();
    let costs = &mut world.hosts[0].costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(100), ns(50), ns(200));
    world.sources = vec![minimal::source(0, packets_at(at, 64))];
    world
}

/// As `base`, but two rings with a vector each, and a source pinned to each.
pub(super) fn two_vectors(at: [&[u64]; 2]) -> World {
    let mut world = base(&[]);
    world.nics[0].queues = vec![0, 0];
    world.nics[0].vectors = vec![vec![0], vec![1]];
    world.sources = (0..2).map(|i| minimal::source(i, packets_at(at[i], 64))).collect();
    world.sources[0].filter = Filter::Pin(0);
    world.sources[1].filter = Filter::Pin(1);
    world
}

/// (source, start, end) of all packets in the order of their ends, which were all delivered.
pub(super) fn delivered(verdict: &Verdict) -> Vec<(u32, u64, u64)> {
    let shown = |record: &rxsim::vocab::packet::Record| {
        assert_eq!(record.fate, Fate::Delivered);
        (record.source.0, in_ns(record.start), in_ns(record.end))
    };
    verdict.records.iter().map(shown).collect()
}

/// (number, end) of the packets lost for this reason.
pub(super) fn lost(verdict: &Verdict, reason: DropReason) -> Vec<(u64, u64)> {
    let lost = verdict.records.iter().filter(|record| record.fate == Fate::Dropped(reason));
    lost.map(|record| (record.number, in_ns(record.end))).collect()
}

pub(super) fn busy(verdict: &Verdict, core: usize) -> [u64; 4] {
    let busy = verdict.cores[0][core].busy;
    [busy.interrupt, busy.deferred, busy.app, busy.work].map(|span| in_ns(Time(span.0)))
}

#[test]
fn three_packets_pay_interrupt_round_and_themselves() {
    let verdict = run(&base(&[0, 10, 1000]));
    assert_eq!(delivered(&verdict), [(0, 150, 350), (0, 350, 550), (0, 1150, 1350)]);
    assert_eq!(busy(&verdict, 0), [200, 700, 0, 0]);
    let tally = verdict.cores[0][0];
    assert_eq!((tally.interrupts, tally.rounds), (2, 2));
}

#[test]
fn a_packet_that_comes_as_a_round_ends_is_not_seen_by_it() {
    let verdict = run(&base(&[0, 350]));
    assert_eq!(delivered(&verdict), [(0, 150, 350), (0, 500, 700)]);
}

#[test]
fn a_spent_budget_costs_a_new_round() {
    let mut world = base(&[0, 0, 0]);
    world.hosts[0].budget = 2;
    assert_eq!(delivered(&run(&world)), [(0, 150, 350), (0, 350, 550), (0, 600, 800)]);
}

#[test]
fn a_second_vector_preempts_and_the_first_resumes() {
    let verdict = run(&two_vectors([&[0], &[200]]));
    assert_eq!(delivered(&verdict), [(0, 150, 450), (1, 500, 700)]);
}

#[test]
fn an_activity_due_to_end_when_a_dma_interrupts_ends_after_the_handler() {
    let mut world = two_vectors([&[0], &[350]]);
    assert_eq!(delivered(&run(&world)), [(0, 150, 350), (1, 500, 700)]);
    // The same a hundred later: now visible before the ends of its instant, not with arrivals.
    world.nics[0].dma.latency = Span::ns(100);
    assert_eq!(delivered(&run(&world)), [(0, 250, 550), (1, 600, 800)]);
}

#[test]
fn two_rings_of_a_vector_take_turns() {
    let mut world = two_vectors([&[0, 0, 0], &[0, 0]]);
    world.nics[0].vectors = vec![vec![0, 1]];
    world.hosts[0].budget = 2;
    let order: Vec<u32> = delivered(&run(&world)).iter().map(|packet| packet.0).collect();
    // Round 1: two of ring 0. Round 2 begins after it: both of ring 1. Round 3: the rest.
    assert_eq!(order, [0, 0, 1, 1, 0]);
}

#[test]
fn a_full_ring_drops() {
    let mut world = base(&[0, 0, 349, 350]);
    world.nics[0].ring = 1;
    let verdict = run(&world);
    assert_eq!(lost(&verdict, DropReason::RingFull), [(1, 0), (2, 349)]);
    assert_eq!(verdict.records[3].end, Time(700_000));
}

#[test]
fn a_held_frame_of_an_immediate_nic_becomes_visible_with_the_arrivals() {
    let mut world = base(&[0, 0]);
    (world.nics[0].ring, world.nics[0].hold) = (1, true);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 350), (0, 500, 700)]);
    assert_eq!(verdict.cores[0][0].interrupts, 2);
}

#[test]
fn a_held_frame_holds_those_behind_it() {
    let mut world = two_vectors([&[0, 0], &[1]]);
    (world.nics[0].ring, world.nics[0].hold) = (1, true);
    // Ring 1 is empty, but its frame waits behind the second of ring 0, until 350.
    assert_eq!(delivered(&run(&world)), [(0, 150, 350), (0, 600, 800), (1, 850, 1050)]);
}

#[test]
fn the_packet_buffer_is_left_when_dma_is_done() {
    let mut world = base(&[0, 0, 0, 99, 100]);
    world.nics[0].buffer = Some(128);
    let bits = Some(10_050_000_000);
    world.nics[0].dma = DmaSpec { bits, max_payload: 256, latency: Span::ZERO };
    let verdict = run(&world);
    assert_eq!(lost(&verdict, DropReason::BufferFull), [(2, 0), (3, 99)]);
    assert_eq!(verdict.records.len(), 5);
}

#[test]
fn the_link_spaces_frames_and_its_egress_buffer_drops() {
    let mut world = base(&[0, 0, 0, 0]);
    // A frame holds the link for 700 and arrives after 600; 84 bytes last 700, as two wait.
    (world.nics[0].link, world.nics[0].egress) = (Some(960_000_000), 84);
    let verdict = run(&world);
    assert_eq!(lost(&verdict, DropReason::LinkFull), [(2, 0), (3, 0)]);
    let arrivals: Vec<u64> = verdict.records.iter().map(|record| in_ns(record.arrival)).collect();
    assert_eq!(arrivals, [0, 0, 600, 1300]);
}

#[test]
fn a_throttle_counts_from_interrupt_to_interrupt() {
    let mut world = base(&[0, 1000, 9000]);
    world.nics[0].moderation = Moderation::Throttle { interval: Span::ns(5000) };
    assert_eq!(delivered(&run(&world)), [(0, 150, 350), (0, 5150, 5350), (0, 10_150, 10_350)]);
}

#[test]
fn a_timer_starts_with_the_first_packet_and_a_count_overtakes_it() {
    let mut world = base(&[0, 300, 400]);
    let interval = Span::ns(1000);
    world.nics[0].moderation = Moderation::Timer { interval };
    assert_eq!(run(&world).records[0].start, Time(1_150_000));
    world.nics[0].moderation = Moderation::TimerOrCount { interval, frames: 3 };
    assert_eq!(run(&world).records[0].start, Time(550_000));
}

#[test]
fn a_periodic_tick_takes_what_came_before_it() {
    let mut world = base(&[1000, 2500]);
    world.nics[0].moderation = Moderation::Periodic { interval: Span::ns(1000) };
    assert_eq!(delivered(&run(&world)), [(0, 2150, 2350), (0, 3150, 3350)]);
}

#[test]
fn a_polling_core_pays_a_round_at_every_visit() {
    let mut world = two_vectors([&[60], &[]]);
    world.hosts[0].stack = Stack::BusyPoll;
    world.duration = Some(Span::ns(1000));
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 350)]);
    assert_eq!(busy(&verdict, 0), [0, 1000, 0, 0]);
    // Visits start at 0, 50, 100 and, after the packet, from 350 every 50 up to the end.
    assert_eq!((verdict.cores[0][0].rounds, verdict.cores[0][0].interrupts), (17, 0));
}

#[test]
fn each_packet_interrupts_and_joins_the_backlog() {
    let mut world = base(&[0, 120]);
    world.hosts[0].stack = Stack::InterruptPerPacket;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 0, 450), (0, 120, 650)]);
    assert_eq!((verdict.cores[0][0].rounds, verdict.cores[0][0].interrupts), (1, 2));
    world.hosts[0].backlog = 1;
    assert_eq!(lost(&run(&world), DropReason::BacklogFull), [(1, 220)]);
}

/// A softirq of 2 ms is followed by `ksoftirqd`, which has to wait for the work's slice.
#[test]
fn what_a_softirq_leaves_waits_for_its_turn_among_threads() {
    let mut world = base(&[0; 40]);
    let costs = &mut world.hosts[0].costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(0), ns(0), ns(100_000));
    (world.hosts[0].budget, world.hosts[0].quantum) = (1, Span::ms(1));
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: true };
    world.works = vec![work(Span::ms(20), Span::ms(20))];
    world.duration = Some(Span::ms(10));
    let ends: Vec<u64> = delivered(&run(&world)).iter().map(|packet| packet.2).collect();
    let us = |n: u64| n * 1_000;
    assert_eq!((ends[19], ends[20], ends[29]), (us(2000), us(3100), us(4000)));
    assert_eq!((ends[30], ends[39]), (us(5100), us(6000)));
}

pub(super) fn work(period: Span, demand: Span) -> WorkSpec {
    WorkSpec { name: "w".into(), host: 0, core: 0, period, demand }
}

pub(super) fn app(core: u32, backlog: u32, packet: Draw) -> AppSpec {
    AppSpec { name: "a".into(), host: 0, core, backlog, packet, byte: Draw::ZERO }
}

#[test]
fn packets_reach_an_app_when_their_round_ends() {
    let mut world = base(&[0, 0, 0]);
    world.hosts[0].cores = 2;
    world.apps = vec![app(1, 2, ns(70))];
    world.sources[0].to = Consumer::App(0);
    let verdict = run(&world);
    assert_eq!(lost(&verdict, DropReason::BacklogFull), [(2, 750)]);
    let ends: Vec<u64> = verdict.records.iter().map(|record| in_ns(record.end)).collect();
    assert_eq!(ends, [750, 820, 890]);
    assert_eq!(busy(&verdict, 1), [0, 0, 140, 0]);
}

#[test]
fn threads_share_the_rest_in_slices_and_pay_for_turns() {
    let mut world = base(&[]);
    world.hosts[0].quantum = Span::ns(300);
    world.hosts[0].costs.context_switch = Span::ns(10);
    world.works = vec![work(Span::us(10), Span::ns(500)), work(Span::us(10), Span::ns(400))];
    world.duration = Some(Span::us(10) - Span::ns(1));
    // 300 of the first; turn, 300 of the second; turn, 200; turn, 100.
    assert_eq!(busy(&run(&world), 0), [0, 0, 0, 930]);
}

#[test]
fn a_work_forgoes_what_it_did_not_get() {
    let mut world = base(&[0]);
    world.works = vec![work(Span::ns(1000), Span::ns(800))];
    world.duration = Some(Span::ns(2000) - Span(1));
    // 350 of networking first: 650 left of the first period, then a whole demand.
    assert_eq!(busy(&run(&world), 0), [100, 250, 0, 1450]);
}

#[test]
fn a_core_that_slept_pays_to_wake_up() {
    let mut world = base(&[2000, 3000]);
    world.hosts[0].idle_before_sleep = Span::ns(2000);
    world.hosts[0].costs.wakeup = Span::ns(500);
    assert_eq!(delivered(&run(&world)), [(0, 2650, 2850), (0, 3150, 3350)]);
}

/// A burst of back-to-back frames into one ring with a constant service.
fn burst_drops(packets: u64, size: u32, service: Span, ring: u32) -> usize {
    let mut world = minimal::world();
    world.hosts[0].costs.packet = Draw::Constant(service);
    world.nics[0].ring = ring;
    let every = Draw::Constant(Span::ms(500));
    world.sources =
        vec![minimal::source(0, Arrivals::Burst { packets, every, link: Some(10_000_000_000) })];
    world.sources[0].source.sizes = Sizes::Fixed(size);
    world.duration = Some(Span::ms(400));
    let full = Fate::Dropped(DropReason::RingFull);
    run(&world).records.iter().filter(|record| record.fate == full).count()
}

#[test]
fn a_finite_burst_loses_what_the_ring_and_its_service_cannot_take() {
    assert_eq!(burst_drops(1000, 64, Span::ns(200), 256), 409);
    assert_eq!(burst_drops(2000, 1518, Span(3_515_400), 1024), 277);
}

#[test]
fn at_saturation_a_round_is_shared_by_its_budget() {
    for (budget, round, packet) in [(1, 2000, 500), (8, 2000, 500), (64, 5000, 1000)] {
        let mut world = base(&vec![0; 7000]);
        let costs = &mut world.hosts[0].costs;
        (costs.interrupt, costs.round, costs.packet) = (ns(0), ns(round), ns(packet));
        world.hosts[0].budget = budget;
        world.nics[0].ring = 7000;
        let budget = u64::from(budget);
        world.duration = Some(Span::ns(round + budget * packet) * 100);
        assert_eq!(run(&world).records.len() as u64, 100 * budget);
    }
}
