//! Coincidences around virtual machines, and threads beside guests. Times are in nanoseconds.

use super::basics::{delivered, work};
use super::virtual_machines::{busy, notifications, vms_on};
use crate::fixtures::nanoseconds::ns;
use crate::reference::run;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;

#[test]
fn a_packet_handed_over_as_the_guest_empties_its_channel_finds_it_armed() {
    let mut world = vms_on(&[1], &[&[0, 1070]]);
    world.hosts[0].costs.guest_packet = ns(1000);
    // Handed over at 1480, when the first one ends: notified at 1520, interrupted up to 1550.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1480), (0, 1220, 2550)]);
    assert_eq!(notifications(&verdict), [2]);
    // One earlier it finds the guest polling.
    world.sources = vms_on(&[1], &[&[0, 1069]]).sources;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 1480), (0, 1219, 2480)]);
    assert_eq!(notifications(&verdict), [1]);
}

/// The second packet becomes visible during the notification, 410 to 450, of a guest on its core.
fn a_packet_during_a_notification(stack: Stack) -> (Vec<(u32, u64, u64)>, u64) {
    let mut world = vms_on(&[0], &[&[0, 420]]);
    world.hosts[0].stack = stack;
    world.hosts[0].costs.guest_preempt = Span::ns(500);
    let verdict = run(&world);
    assert_eq!(notifications(&verdict), [1]);
    (delivered(&verdict), busy(&verdict, 0)[0])
}

#[test]
fn a_dpc_sees_what_came_during_its_notifications() {
    let expected = vec![(0, 150, 860), (0, 500, 930)];
    assert_eq!(a_packet_during_a_notification(Stack::WindowsDpc), (expected, 100));
}

#[test]
fn an_unmasked_vector_with_packets_interrupts_before_the_guest_runs() {
    let napi = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: true };
    let expected = vec![(0, 150, 960), (0, 600, 1030)];
    assert_eq!(a_packet_during_a_notification(napi), (expected, 200));
}

#[test]
fn an_interrupt_preempts_also_the_switch_to_a_guest() {
    let mut world = vms_on(&[0], &[&[0, 5500]]);
    let costs = &mut world.hosts[0].costs;
    (costs.guest_packet, costs.guest_preempt) = (ns(1000), Span::ns(500));
    costs.context_switch = Span::ns(200);
    world.works = vec![work(Span::us(10), Span::us(5))];
    world.duration = Some(Span::us(9));
    // The work has the core from 450 to 5450; the switch is resumed at 6410, up to 6560.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 7590), (0, 6150, 8590)]);
    assert_eq!(busy(&verdict, 0), [100 + 600, 500, 160, 200 + 30 + 2000]);
}

#[test]
fn a_guest_shares_its_core_in_slices() {
    let mut world = vms_on(&[1], &[&[0, 0]]);
    world.hosts[0].quantum = Span::ns(100);
    world.works = vec![work(Span::us(10), Span::ns(1000))];
    world.works[0].core = 1;
    // Notified at 710, behind the work, whose slice ends at 800: interrupt and first packet fill a
    // slice, and the second packet comes in the next one.
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 150, 900), (0, 410, 1070)]);
}

/// Each round of 310 is a pass, and ten of them leave the rest to `ksoftirqd`, at 3600.
#[test]
fn ksoftirqd_whose_slice_ends_with_a_packet_hands_over_now_and_notifies_in_its_next_turn() {
    let mut world = vms_on(&[1], &[&[0; 12]]);
    (world.hosts[0].budget, world.hosts[0].quantum) = (1, Span::ns(310));
    world.hosts[0].stack = Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers: true };
    world.works = vec![work(Span::ms(2), Span::ms(2))];
    let packets = delivered(&run(&world));
    // Slices of the work up to 3910, 4530 and 5150. The first round's packet ends with the slice,
    // at 4220, the notification at 4570; the second one's is switched at 5190.
    assert_eq!(packets[10..], [(0, 3960, 4670), (0, 4620, 5330)]);
}

/// Ten packets for another core's guest end the softirq at 3600, two for one on this core follow.
#[test]
fn ksoftirqd_whose_slice_ends_with_a_notification_goes_behind_the_guest() {
    let mut world = vms_on(&[1, 0], &[&[0; 10], &[0; 2]]);
    (world.hosts[0].budget, world.hosts[0].quantum) = (1, Span::ns(350));
    world.hosts[0].stack = Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers: true };
    let packets = delivered(&run(&world));
    // A round and its notification up to 3950; the guest up to 4050; both again.
    assert_eq!(packets[10..], [(1, 3650, 4050), (1, 4100, 4500)]);
}
