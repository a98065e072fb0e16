//! What the model makes of coincidences, costs and filters. Times are in nanoseconds.

use super::basics::{base, busy, delivered, two_vectors};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::run;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::{Costs, Stack};
use rxsim::vocab::packet::Fate;
use rxsim::world::Filter;

/// What follows from an arrival runs to completion before the next one.
#[test]
fn where_nothing_costs_anything_each_arrival_of_an_instant_has_its_own_interrupt() {
    let mut world = base(&[0, 0]);
    world.hosts[0].costs = Costs::ZERO;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 0, 0), (0, 0, 0)]);
    assert_eq!((verdict.cores[0][0].interrupts, verdict.cores[0][0].rounds), (2, 2));
}

#[test]
fn vectors_due_with_arrivals_are_taken_in_the_order_of_arrival() {
    let mut world = two_vectors([&[0], &[0]]);
    (world.sources[0].filter, world.sources[1].filter) = (Filter::Pin(1), Filter::Pin(0));
    // The handler of vector 1 runs first; vector 0 falls due meanwhile.
    assert_eq!(delivered(&run(&world)), [(0, 250, 450), (1, 500, 700)]);
}

/// DMA done comes before all interrupts of its instant; these are taken by (NIC, vector).
#[test]
fn vectors_due_with_dma_are_taken_by_number() {
    let mut world = two_vectors([&[0], &[0]]);
    (world.sources[0].filter, world.sources[1].filter) = (Filter::Pin(1), Filter::Pin(0));
    world.nics[0].dma.latency = Span::ns(100);
    assert_eq!(delivered(&run(&world)), [(1, 350, 550), (0, 600, 800)]);
}

#[test]
fn an_interrupt_that_falls_due_in_a_handler_is_taken_before_deferred_work() {
    let verdict = run(&two_vectors([&[0], &[60]]));
    assert_eq!(delivered(&verdict), [(0, 250, 450), (1, 500, 700)]);
    assert_eq!(busy(&verdict, 0), [200, 500, 0, 0]);
}

#[test]
fn filters_discard_with_the_last_bit_or_in_the_driver() {
    let mut world = base(&[0]);
    world.hosts[0].costs.filter_packet = ns(30);
    world.sources[0].filter = Filter::DropInDriver;
    let record = run(&world).records[0];
    assert_eq!((record.fate, record.queue), (Fate::Filtered, 0));
    assert_eq!((in_ns(record.start), in_ns(record.end)), (150, 180));
    world.sources[0].filter = Filter::DropInNic;
    let record = run(&world).records[0];
    assert_eq!((record.fate, record.queue), (Fate::Filtered, u32::MAX));
    assert_eq!((record.start, record.end), (Time::ZERO, Time::ZERO));
}

#[test]
fn contention_scales_all_of_a_packets_deferred_work() {
    let mut world = base(&[0]);
    let costs = &mut world.hosts[0].costs;
    (costs.byte, costs.stack_packet) = (ns(1), ns(100));
    world.nics[0].contention = 1.5;
    // 1.5 x (200 + 64 x 1 + 100) after interrupt and round.
    assert_eq!(delivered(&run(&world)), [(0, 150, 696)]);
}

/// 40 packets keep vector 0 polled beyond 2 ms; one for vector 1 comes while `ksoftirqd` runs.
fn end_of_a_packet_beside_ksoftirqd(ksoftirqd_defers: bool) -> u64 {
    let mut world = two_vectors([&[0; 40], &[2_050_000]]);
    let costs = &mut world.hosts[0].costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(0), ns(0), ns(100_000));
    world.hosts[0].budget = 1;
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers };
    world.duration = Some(Span::ms(10));
    let packets = delivered(&run(&world));
    assert_eq!((packets.len(), packets[40].2), (41, 4_100_000));
    packets.iter().find(|packet| packet.0 == 1).expect("it was delivered").2
}

#[test]
fn interrupts_start_no_softirq_where_a_running_ksoftirqd_defers_them() {
    // Queued for ksoftirqd, which ends its packet at 2.1 ms first.
    assert_eq!(end_of_a_packet_beside_ksoftirqd(true), 2_200_000);
    // A softirq preempts ksoftirqd in the middle of that packet.
    assert_eq!(end_of_a_packet_beside_ksoftirqd(false), 2_150_000);
}
