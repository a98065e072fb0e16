//! Virtual machines worked out by hand. Times are in nanoseconds.

use super::basics::{app, base, delivered, lost, two_vectors};
use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::fixtures::runs::host_and_guest;
use crate::reference::{Verdict, run};
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{Consumer, Filter, RxPath, SteeringSpec, VnicOwner, World};

/// `base` with a VM on each of these cores, each with a virtual NIC, and `at[i]` sent to the i-th:
/// switch 60, notification 40, virtual interrupt 30, a guest's packet 70. Alone on an idle host a
/// packet is handed over 410 after its arrival, and delivered 140 later.
pub(super) fn vms_on(cores: &[u32], at: &[&[u64]]) -> World {
    let mut world = base(&[]);
    world.hosts[0].cores = 1 + cores.iter().max().expect("a VM");
    let costs = &mut world.hosts[0].costs;
    (costs.vswitch_packet, costs.guest_packet) = (ns(60), ns(70));
    (costs.vm_notify, costs.guest_interrupt) = (Span::ns(40), Span::ns(30));
    world.vms = (0..).zip(cores).map(|(number, core)| minimal::vm(number, &[*core])).collect();
    world.vnics = (0..at.len()).map(|i| minimal::vnic(i, minimal::of_vm(i))).collect();
    world.sources = (0..at.len()).map(|i| minimal::source(i, packets_at(at[i], 64))).collect();
    for (i, source) in world.sources.iter_mut().enumerate() {
        source.to = Consumer::Vnic(i);
    }
    world
}

/// Interrupt, deferred, vswitch, guest.
pub(super) fn busy(verdict: &Verdict, core: usize) -> [u64; 4] {
    host_and_guest(verdict.cores[0][core].busy)
}

pub(super) fn notifications(verdict: &Verdict) -> Vec<u64> {
    verdict.vnics.iter().map(|vnic| vnic.notifications).collect()
}

#[test]
fn a_packet_pays_driver_switch_notification_and_guest() {
    let mut world = vms_on(&[1], &[&[0]]);
    let costs = &mut world.hosts[0].costs;
    (costs.byte, costs.vswitch_byte) = (ns(1), ns(2));
    (costs.vswitch_lookup, costs.vswitch_copy, costs.guest_byte) = (ns(20), ns(3), ns(4));
    (costs.stack_packet, costs.stack_byte) = (ns(9000), ns(9000));
    // Driver 200 + 64, switch 60 + 128 + 20 + 192 up to 814, notification up to 854; then 30 and
    // 70 + 256 of the guest.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1210)]);
    assert_eq!(busy(&verdict, 0), [100, 50 + 264, 400 + 40, 0]);
    assert_eq!(busy(&verdict, 1), [0, 0, 0, 356]);
    assert_eq!(notifications(&verdict), [1]);
    // Of which contention doubles the driver's and the switch's parts alone.
    world.nics[0].contention = 2.0;
    assert_eq!(delivered(&run(&world)), [(0, 150, 1210 + 264 + 400)]);
}

#[test]
fn a_packet_for_a_virtual_nic_of_the_host_ends_in_the_switch() {
    let mut world = vms_on(&[0], &[&[0]]);
    world.vnics = vec![minimal::vnic(0, VnicOwner::Host)];
    (world.hosts[0].costs.stack_packet, world.hosts[0].costs.stack_byte) = (ns(100), ns(1));
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 150 + 200 + 100 + 64 + 60)]);
    assert_eq!(busy(&verdict, 0), [100, 414, 60, 0]);
    assert_eq!(notifications(&verdict), [0]);
}

#[test]
fn what_the_driver_discards_does_not_reach_the_switch() {
    let mut world = vms_on(&[1], &[&[0]]);
    world.hosts[0].costs.filter_packet = ns(30);
    world.sources[0].filter = Filter::DropInDriver;
    let verdict = run(&world);
    let record = verdict.records[0];
    assert_eq!((record.fate, in_ns(record.end)), (Fate::Filtered, 180));
    assert_eq!(busy(&verdict, 0), [100, 80, 0, 0]);
    assert_eq!(notifications(&verdict), [0]);
}

#[test]
fn a_guest_that_polls_needs_no_second_notification() {
    let mut world = vms_on(&[1], &[&[0, 500, 3000]]);
    world.hosts[0].costs.guest_packet = ns(1000);
    let verdict = run(&world);
    // The first is in processing from 480 to 1480, the second handed over at 910.
    assert_eq!(delivered(&verdict), [(0, 150, 1480), (0, 650, 2480), (0, 3150, 4480)]);
    assert_eq!(notifications(&verdict), [2]);
    assert_eq!(busy(&verdict, 0), [300, 750, 3 * 60 + 2 * 40, 0]);
}

#[test]
fn a_full_channel_drops_what_the_switch_has_worked_on() {
    let mut world = vms_on(&[1], &[&[0, 0, 0, 0]]);
    world.vnics[0].channel = 2;
    let verdict = run(&world);
    // The last of the round is switched at 1190.
    assert_eq!(lost(&verdict, DropReason::VmChannelFull), [(2, 1190), (3, 1190)]);
    let starts: Vec<u64> = verdict.records.iter().map(|record| in_ns(record.start)).collect();
    assert_eq!(starts, [670, 930, 150, 410]);
    let ends: Vec<u64> = verdict.records.iter().map(|record| in_ns(record.end)).collect();
    assert_eq!(ends, [1190, 1190, 1330, 1400]);
    assert_eq!(busy(&verdict, 0), [100, 850, 4 * 60 + 40, 0]);
}

#[test]
fn a_channel_counts_the_packet_in_processing() {
    let mut world = vms_on(&[1], &[&[0, 500]]);
    world.hosts[0].costs.guest_packet = ns(1000);
    world.vnics[0].channel = 1;
    assert_eq!(lost(&run(&world), DropReason::VmChannelFull), [(1, 910)]);
}

/// Three packets, two for the first of two virtual NICs of one VM.
fn two_virtual_nics_of_a_vcpu(budget: u32) -> Verdict {
    let mut world = vms_on(&[1], &[&[0, 0], &[0]]);
    world.vnics[1].owner = VnicOwner::Vm { vm: 0, vcpu: 0 };
    world.hosts[0].costs.guest_packet = ns(1000);
    world.hosts[0].budget = budget;
    run(&world)
}

#[test]
fn virtual_nics_of_a_vcpu_take_turns_of_a_budget() {
    // Handed over at 410, 760 and 1070 by three rounds. Taken up at 450, and then at the tail: the
    // other one is taken up at 1480, interrupting; the rest at 2510, without an interrupt.
    let verdict = two_virtual_nics_of_a_vcpu(1);
    assert_eq!(delivered(&verdict), [(0, 150, 1480), (1, 810, 2510), (0, 500, 3510)]);
    assert_eq!(notifications(&verdict), [1, 1]);
    assert_eq!(busy(&verdict, 1), [0, 0, 0, 3060]);
}

#[test]
fn a_round_notifies_all_guests_in_one_activity() {
    // Handed over at 930, notified at 1010.
    let verdict = two_virtual_nics_of_a_vcpu(64);
    assert_eq!(delivered(&verdict), [(0, 150, 2040), (0, 410, 3040), (1, 670, 4070)]);
    assert_eq!(busy(&verdict, 0), [100, 650, 3 * 60 + 2 * 40, 0]);
}

#[test]
fn the_vcpus_of_a_vm_work_side_by_side() {
    let mut world = vms_on(&[1], &[&[0], &[0]]);
    world.hosts[0].cores = 3;
    world.vms[0].vcpus = vec![1, 2];
    world.vnics[1].owner = VnicOwner::Vm { vm: 0, vcpu: 1 };
    // Handed over at 670, notified at 750.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 850), (1, 410, 850)]);
    assert_eq!((busy(&verdict, 1)[3], busy(&verdict, 2)[3]), (100, 100));
}

#[test]
fn apps_do_not_wait_for_notifications() {
    let mut world = vms_on(&[1, 1], &[&[0], &[0]]);
    world.hosts[0].cores = 3;
    world.apps = vec![app(2, 4, ns(70))];
    world.sources[0].to = Consumer::App(0);
    // The app's packet is handed over at 610, the guest notified at 650.
    assert_eq!(delivered(&run(&world)), [(0, 150, 680), (1, 350, 750)]);
}

/// A guest on the core that takes its packets, each of which takes it 1000.
fn guest_on_the_receiving_core(at: &[u64]) -> World {
    let mut world = vms_on(&[0], &[at]);
    world.hosts[0].costs.guest_packet = ns(1000);
    world.hosts[0].costs.guest_preempt = Span::ns(500);
    world
}

#[test]
fn an_interrupt_that_preempts_a_guest_costs_more() {
    let verdict = run(&guest_on_the_receiving_core(&[0, 600]));
    // Preempted at 600, 120 into its first packet, up to the handoff at 1510.
    assert_eq!(delivered(&verdict), [(0, 150, 2390), (0, 1250, 3390)]);
    assert_eq!(busy(&verdict, 0), [100 + 600, 500, 160, 2030]);
    assert_eq!(notifications(&verdict), [1]);
}

#[test]
fn an_interrupt_taken_when_a_handler_ends_preempts_no_guest() {
    let mut world = guest_on_the_receiving_core(&[0, 600]);
    let other = two_vectors([&[], &[650]]);
    world.nics = other.nics;
    world.sources.push(other.sources[1].clone());
    let verdict = run(&world);
    // Handlers 600 to 1200 and 1200 to 1300; the other vector's packet ends at 1860.
    assert_eq!(delivered(&verdict), [(1, 1660, 1860), (0, 150, 2740), (0, 1350, 3740)]);
    assert_eq!(busy(&verdict, 0)[0], 100 + 600 + 100);
}

/// As `vms_on` two cores with queues of their own, numbered from 1, where the switch also pays 20
/// to look a packet up and 192 to copy it.
fn vmq(shared_memory: bool) -> World {
    let mut world = vms_on(&[1, 2], &[&[0], &[0]]);
    (world.hosts[0].costs.vswitch_lookup, world.hosts[0].costs.vswitch_copy) = (ns(20), ns(3));
    world.nics[0].queues = vec![0; 3];
    world.nics[0].vectors = vec![vec![0], vec![1], vec![2]];
    world.nics[0].steering = SteeringSpec::Vmq { shared_memory };
    (world.vnics[0].rx_path, world.vnics[1].rx_path) = (RxPath::queue(1), RxPath::queue(2));
    world
}

/// The queue and the end of the only packet of this world's first source.
fn queue_and_end(mut world: World) -> (u32, u64) {
    world.sources.truncate(1);
    let record = run(&world).records[0];
    assert_eq!(record.fate, Fate::Delivered);
    (record.queue, in_ns(record.end))
}

#[test]
fn an_own_queue_saves_the_lookup_and_shared_memory_the_copy() {
    assert_eq!(queue_and_end(vmq(true)), (1, 550));
    assert_eq!(queue_and_end(vmq(false)), (1, 550 + 192));
    for shared_memory in [true, false] {
        let mut world = vmq(shared_memory);
        world.vnics[0].rx_path = RxPath::DefaultQueue;
        assert_eq!(queue_and_end(world), (0, 550 + 192 + 20));
    }
}

#[test]
fn a_queue_named_by_a_filter_is_not_the_own_one() {
    let mut world = vmq(true);
    world.sources[0].filter = Filter::Pin(2);
    assert_eq!(queue_and_end(world.clone()), (2, 550 + 192 + 20));
    world.sources[0].filter = Filter::Pin(1);
    assert_eq!(queue_and_end(world), (1, 550));
}

#[test]
fn the_hosts_own_packets_come_by_the_default_queue() {
    let mut world = vmq(true);
    world.sources[0].to = Consumer::Host;
    assert_eq!(queue_and_end(world), (0, 350));
}

#[test]
fn vms_whose_queues_share_a_vector_share_its_rounds() {
    let mut world = vmq(true);
    // Two interrupts, up to 200; then a round of its own for each packet, with a notification.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 250, 650), (1, 600, 1000)]);
    assert_eq!((verdict.cores[0][0].interrupts, verdict.cores[0][0].rounds), (2, 2));
    // One interrupt and one round; both are handed over at 670 and notified at 750.
    world.nics[0].vectors = vec![vec![0, 1, 2]];
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 850), (1, 410, 850)]);
    assert_eq!((verdict.cores[0][0].interrupts, verdict.cores[0][0].rounds), (1, 1));
}

#[test]
fn a_visit_of_a_polling_core_notifies_before_the_next_one() {
    let mut world = vms_on(&[1], &[&[60, 370]]);
    world.hosts[0].stack = Stack::BusyPoll;
    world.duration = Some(Span::ns(1000));
    let verdict = run(&world);
    // The second becomes visible during the notification, 360 to 400, and waits for a visit.
    assert_eq!(delivered(&verdict), [(0, 100, 500), (0, 450, 850)]);
    assert_eq!(busy(&verdict, 0), [0, 800, 200, 0]);
}

#[test]
fn each_packet_interrupts_also_where_it_goes_to_a_guest() {
    let mut world = vms_on(&[1], &[&[0, 420]]);
    world.hosts[0].stack = Stack::InterruptPerPacket;
    world.hosts[0].backlog = 1;
    // The second interrupts the notification, which reaches the guest at 550, and finds the
    // backlog empty.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 0, 650), (0, 420, 1000)]);
    assert_eq!(notifications(&verdict), [2]);
    // A packet in the switch's hands still counts.
    world.sources[0].source.arrivals = packets_at(&[0, 350], 64);
    assert_eq!(lost(&run(&world), DropReason::BacklogFull), [(1, 450)]);
}
