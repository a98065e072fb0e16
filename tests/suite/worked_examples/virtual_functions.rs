//! Virtual functions worked out by hand. Times are in nanoseconds.

use super::basics::{delivered, lost, work};
use super::virtual_machines::{busy, notifications, vms_on};
use crate::fixtures::minimal::packets_at;
use crate::fixtures::nanoseconds::ns;
use crate::reference::{Verdict, run};
use rxsim::engine::time::Span;
use rxsim::rx::moderation::Moderation;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::world::{Filter, FlowMap, RxPath, VnicOwner, World};

/// As `vms_on` (virtual interrupt 30, a guest's packet 70), each virtual NIC with a virtual
/// function of one ring; two exits of 20 per interrupt.
pub(super) fn functions_on(cores: &[u32], at: &[&[u64]]) -> World {
    let mut world = vms_on(cores, at);
    world.hosts[0].exits_per_interrupt = 2;
    world.hosts[0].costs.vm_exit = Span::ns(20);
    world.hosts[0].halt_poll = Span::ns(1000);
    for vnic in &mut world.vnics {
        (vnic.vf, vnic.rx_path) = (Some(FlowMap::one(0)), RxPath::VirtualFunction);
    }
    world
}

fn queues(verdict: &Verdict) -> Vec<u32> {
    verdict.records.iter().map(|record| record.queue).collect()
}

#[test]
fn a_packet_pays_exits_interrupt_and_guest_and_the_host_takes_no_part() {
    let mut world = functions_on(&[1], &[&[0]]);
    world.nics[0].contention = 3.0;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 70, 140)]);
    assert_eq!((busy(&verdict, 0), busy(&verdict, 1)), ([0; 4], [0, 0, 0, 140]));
    assert_eq!((queues(&verdict), notifications(&verdict)), (vec![1], vec![0]));
    assert_eq!((verdict.interrupts[0], verdict.cores[0][1].interrupts), (1, 0));
}

#[test]
fn a_halted_vcpu_is_woken_by_who_finds_it_so() {
    let mut world = functions_on(&[1], &[&[0, 1139, 2350]]);
    world.hosts[0].costs.vm_wakeup = Span::ns(500);
    // It waits from 140, and from 1279 on: 999 and 1071 long.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 70, 140), (0, 1209, 1279), (0, 2920, 2990)]);
    assert_eq!((verdict.functions.wakeups, verdict.functions.interrupts), (1, 3));
}

#[test]
fn a_ring_is_masked_until_its_guest_finds_it_empty() {
    let verdict = run(&functions_on(&[1], &[&[0, 100, 210]]));
    // The third comes as the second ends, with arrivals, and is not seen by that.
    assert_eq!(delivered(&verdict), [(0, 70, 140), (0, 140, 210), (0, 280, 350)]);
    assert_eq!(verdict.interrupts[0], 2);
}

#[test]
fn rings_of_a_vcpu_take_turns_of_a_budget_without_another_interrupt() {
    let mut world = functions_on(&[1], &[&[0, 0, 0], &[10]]);
    world.vnics[1].owner = VnicOwner::Vm { vm: 0, vcpu: 0 };
    world.hosts[0].budget = 2;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 70, 140), (0, 140, 210), (1, 280, 350), (0, 350, 420)]);
    assert_eq!(queues(&verdict), [1, 1, 2, 1]);
    assert_eq!((verdict.interrupts[0], verdict.functions.requeues), (2, 1));
}

#[test]
fn two_due_at_one_instant_are_appended_by_their_rings() {
    let mut world = functions_on(&[1], &[&[0], &[0]]);
    world.vnics[1].owner = VnicOwner::Vm { vm: 0, vcpu: 0 };
    world.nics[0].dma.latency = Span::ns(50);
    world.sources.swap(0, 1);
    // Both are visible at 50, ring 2 with the first packet.
    assert_eq!(delivered(&run(&world)), [(1, 120, 190), (0, 260, 330)]);
}

#[test]
fn a_ring_that_is_full_drops_or_holds_until_the_guest_is_done() {
    let mut world = functions_on(&[1], &[&[0, 0, 139, 140]]);
    world.nics[0].ring = 1;
    assert_eq!(lost(&run(&world), DropReason::RingFull), [(1, 0), (2, 139)]);
    world.nics[0].hold = true;
    let verdict = run(&world);
    let ends: Vec<u64> = delivered(&verdict).iter().map(|packet| packet.2).collect();
    assert_eq!((ends, verdict.interrupts[0]), (vec![140, 280, 420, 560], 4));
}

#[test]
fn a_pinned_packet_goes_by_the_virtual_switch() {
    let mut world = functions_on(&[1], &[&[0]]);
    world.sources[0].filter = Filter::Pin(0);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 550)]);
    assert_eq!((queues(&verdict), notifications(&verdict)), (vec![0], vec![1]));
}

#[test]
fn channels_and_rings_of_a_vcpu_wait_in_one_list() {
    let mut world = functions_on(&[1], &[&[0], &[440]]);
    world.vnics[1].owner = VnicOwner::Vm { vm: 0, vcpu: 0 };
    (world.vnics[0].vf, world.vnics[0].rx_path) = (None, RxPath::DefaultQueue);
    // Handed over at 410, notified at 450: behind the ring, due at 440, which ends at 580.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(1, 510, 580), (0, 150, 680)]);
}

#[test]
fn moderation_holds_for_rings_of_guests_too() {
    let mut world = functions_on(&[1], &[&[0, 200, 300]]);
    world.nics[0].moderation = Moderation::Throttle { interval: Span::ns(1000) };
    assert_eq!(delivered(&run(&world)), [(0, 70, 140), (0, 1070, 1140), (0, 1140, 1210)]);
}

#[test]
fn a_guest_of_a_function_shares_its_core_and_starts_a_packet_in_its_turn() {
    let mut world = functions_on(&[0], &[&[100, 100]]);
    world.hosts[0].costs.context_switch = Span::ns(10);
    world.hosts[0].quantum = Span::ns(140);
    world.works = vec![work(Span::us(900), Span::ns(300))];
    // The work has its slice up to 140; after a switch the interrupt and a packet, up to 290,
    // which is the end of that slice. The work runs from 300 to 440.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 220, 290), (0, 450, 520)]);
}

#[test]
fn its_interrupt_neither_preempts_a_guest_nor_wakes_the_core() {
    let mut world = functions_on(&[1], &[&[0, 5000]]);
    let costs = &mut world.hosts[0].costs;
    (costs.wakeup, costs.guest_preempt, costs.interrupt) = (Span::ns(900), Span::ns(900), ns(77));
    world.hosts[0].idle_before_sleep = Span::ns(100);
    world.sources[0].source.arrivals = packets_at(&[2000, 2090], 64);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 2070, 2140), (0, 2140, 2210)]);
    assert_eq!(busy(&verdict, 1), [0, 0, 0, 210]);
}
