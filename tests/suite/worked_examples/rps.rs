//! Receive packet steering worked out by hand. Times are in nanoseconds.

use super::basics::{app, base, delivered, lost, two_vectors};
use super::virtual_machines::{busy, notifications, vms_on};
use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::ns;
use crate::reference::run;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{Consumer, Filter, FlowMap, RpsSpec, VnicOwner, World};

/// The world with all packets of its first port going to the backlog of this core: IPI 25, stack
/// 80, one core more.
fn steered_to(core: u32, mut world: World) -> World {
    world.hosts[0].cores = 2.max(world.hosts[0].cores);
    (world.hosts[0].costs.ipi, world.hosts[0].costs.stack_packet) = (Span::ns(25), ns(80));
    world.nics[0].rps = Some(RpsSpec { cores: FlowMap::one(core), backlog: 64 });
    world
}

#[test]
fn another_core_is_interrupted_and_does_the_rest() {
    let verdict = run(&steered_to(1, base(&[0, 0])));
    // Handed over at 550, IPI up to 575, round up to 625.
    assert_eq!(delivered(&verdict), [(0, 150, 705), (0, 350, 785)]);
    assert_eq!((busy(&verdict, 0), busy(&verdict, 1)), ([100, 450, 0, 0], [0, 235, 0, 0]));
    assert_eq!((verdict.cores[0][1].interrupts, verdict.cores[0][1].rounds), (0, 1));
}

#[test]
fn its_own_core_needs_no_interrupt() {
    let verdict = run(&steered_to(0, base(&[0])));
    assert_eq!(delivered(&verdict), [(0, 150, 480)]);
    assert_eq!(busy(&verdict, 0), [100, 380, 0, 0]);
    assert_eq!(verdict.tallies.rps.at_home, 1);
}

#[test]
fn the_descriptor_is_free_when_the_driver_is_done() {
    let mut world = steered_to(1, base(&[0, 349, 350]));
    world.nics[0].ring = 1;
    assert_eq!(lost(&run(&world), DropReason::RingFull), [(1, 349)]);
}

#[test]
fn a_backlog_counts_the_packet_in_processing() {
    let mut world = steered_to(1, base(&[0, 10, 700]));
    world.nics[0].rps.as_mut().expect("spread").backlog = 1;
    world.hosts[0].costs.stack_packet = ns(1000);
    // The first is in processing from 625 to 1625, the others handed over at 550 (with it) and
    // 1050.
    let mut verdict = run(&world);
    assert_eq!(lost(&verdict, DropReason::BacklogFull), [(1, 550), (2, 1050)]);
    verdict.records.retain(|record| record.fate == Fate::Delivered);
    assert_eq!(delivered(&verdict), [(0, 150, 1625)]);
}

#[test]
fn work_that_is_due_takes_up_what_comes_meanwhile() {
    let mut world = steered_to(1, base(&[0, 600]));
    world.hosts[0].costs.stack_packet = ns(1000);
    // The second is handed over at 950, while the first is in processing up to 1425.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1425), (0, 750, 2425)]);
    assert_eq!((verdict.tallies.rps.ipis, verdict.cores[0][1].rounds), (1, 1));
    // After a spent budget they pay a new round.
    world.hosts[0].budget = 1;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1425), (0, 750, 2475)]);
    assert_eq!(verdict.cores[0][1].rounds, 2);
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: false };
    let verdict = run(&world);
    // A round that took as many as its budget does not complete: one more finds nothing.
    assert_eq!(delivered(&verdict), [(0, 150, 1425), (0, 750, 2475)]);
    assert_eq!(verdict.cores[0][1].rounds, 3);
}

#[test]
fn what_the_driver_discards_is_not_spread() {
    let mut world = steered_to(1, base(&[0]));
    world.sources[0].filter = Filter::DropInDriver;
    world.hosts[0].costs.filter_packet = ns(30);
    let verdict = run(&world);
    assert_eq!((busy(&verdict, 0)[1], busy(&verdict, 1)), (80, [0; 4]));
}

#[test]
fn an_ipi_wakes_a_core_and_preempts_a_guest() {
    let mut world = steered_to(1, base(&[2000]));
    (world.hosts[0].idle_before_sleep, world.hosts[0].costs.wakeup) = (Span::ns(1000), Span::ns(7));
    // Both cores sleep: 2000 + 107 + 50 + 200, then 32 + 50 + 80.
    assert_eq!(delivered(&run(&world)), [(0, 2157, 2519)]);
}

#[test]
fn an_ipi_waits_for_a_handler_and_comes_behind_vectors_that_are_due_with_it() {
    let mut world = two_vectors([&[0], &[350]]);
    world.nics[0].queues = vec![0, 1, 1];
    world.nics[0].vectors = vec![vec![0], vec![1], vec![2]];
    world.nics[0].dma.latency = Span::ns(50);
    world.sources.push(minimal::source(2, packets_at(&[330], 64)));
    world.sources[2].filter = Filter::Pin(2);
    // Core 1 takes the interrupts of 380 and 400 up to 480 and 580, then the IPI of 400. The packet
    // of core 0 is the first of the backlog, the others join it from two rounds up to 855 and 1105.
    let verdict = run(&steered_to(1, world));
    assert_eq!(delivered(&verdict), [(0, 200, 1235), (2, 655, 1315), (1, 905, 1395)]);
}

#[test]
fn an_ipi_is_taken_before_an_interrupt_that_is_due_with_an_arrival_of_its_instant() {
    let mut world = two_vectors([&[0], &[350]]);
    world.nics[0].queues = vec![0, 1];
    let verdict = run(&steered_to(1, world));
    // IPI up to 375, handler up to 475; the backlog's round is the first.
    assert_eq!(delivered(&verdict), [(0, 150, 605), (1, 655, 985)]);
}

#[test]
fn a_switch_on_another_core_hands_over_and_notifies_from_there() {
    let world = steered_to(1, vms_on(&[2], &[&[0]]));
    // Handed over at 350; IPI 375, round 425, switch 485, notification 525.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 625)]);
    assert_eq!((busy(&verdict, 1), notifications(&verdict)), ([0, 75, 100, 0], vec![1]));
}

#[test]
fn a_virtual_nic_of_the_host_has_stack_and_switch_on_the_other_core() {
    let mut world = steered_to(1, vms_on(&[0], &[&[0]]));
    world.vnics = vec![minimal::vnic(0, VnicOwner::Host)];
    assert_eq!(delivered(&run(&world)), [(0, 150, 425 + 80 + 60)]);
}

#[test]
fn what_comes_while_guests_are_notified_is_not_left_behind() {
    let mut world = steered_to(1, vms_on(&[2], &[&[0, 360]]));
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: false };
    world.hosts[0].costs.vm_notify = Span::ns(1000);
    // The first is handed over at 350 and 485, and notified up to 1485; the second comes at 710. A
    // round from 1485 on takes it, up to 1595. The guest has been at work up to 1585.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1585), (0, 510, 2695)]);
    assert_eq!((verdict.cores[0][1].rounds, verdict.tallies.rps.requeues), (2, 1));
}

#[test]
fn an_app_gets_its_packet_from_the_other_cores_round() {
    let mut world = steered_to(1, base(&[0]));
    world.hosts[0].cores = 3;
    world.apps = vec![app(2, 4, ns(70))];
    world.sources[0].to = Consumer::App(0);
    assert_eq!(delivered(&run(&world)), [(0, 150, 425 + 80 + 70)]);
}
