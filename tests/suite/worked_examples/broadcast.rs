//! Broadcasts worked out by hand. Times are in nanoseconds.

use super::virtual_machines::{busy, notifications, vms_on};
use crate::fixtures::minimal;
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::run;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{Action, Consumer, EventSpec, Filter, RxPath, SteeringSpec, VnicOwner, World};

/// Two machines on cores of their own and a virtual NIC of the host between them (driver 200,
/// switch 60 and 128 to copy, notification 40, guest 30 and 70), and one broadcast packet at each
/// of these.
fn broadcast(at: &[u64]) -> World {
    let mut world = vms_on(&[1, 2], &[at, &[]]);
    world.sources.truncate(1);
    world.sources[0].to = Consumer::Broadcast;
    world.vnics.insert(1, minimal::vnic(1, VnicOwner::Host));
    let costs = &mut world.hosts[0].costs;
    (costs.vswitch_copy, costs.vswitch_lookup) = (ns(2), ns(5000));
    (costs.stack_packet, costs.stack_byte) = (ns(5000), ns(5000));
    world
}

#[test]
fn each_virtual_nic_has_its_copy_and_the_last_one_the_packet() {
    let verdict = run(&broadcast(&[0]));
    // Driver up to 350, switch up to 538, 726 (the host's, delivered) and 914; notified at 994.
    let shown: Vec<_> =
        verdict.records.iter().map(|record| (in_ns(record.start), in_ns(record.end))).collect();
    assert_eq!(shown, [(150, 726), (150, 1094), (150, 1094)]);
    assert!(
        verdict.records.iter().all(|record| record.fate == Fate::Delivered && record.number == 0)
    );
    assert_eq!((verdict.offered, verdict.replicated[0]), (1, 2));
    assert_eq!(notifications(&verdict), [1, 0, 1]);
    assert_eq!(busy(&verdict, 0), [100, 250, 3 * 188 + 80, 0]);
}

#[test]
fn it_comes_the_common_way_and_holds_its_descriptor_to_the_last_copy() {
    let mut world = broadcast(&[0, 913, 914]);
    world.nics[0].queues = vec![0, 0];
    world.nics[0].vectors = vec![vec![0], vec![1]];
    world.nics[0].steering = SteeringSpec::Vmq { shared_memory: true };
    (world.vnics[0].rx_path, world.nics[0].ring) = (RxPath::queue(1), 1);
    let verdict = run(&world);
    assert!(verdict.records.iter().all(|record| record.queue == 0));
    let full =
        |record: &&rxsim::vocab::packet::Record| record.fate == Fate::Dropped(DropReason::RingFull);
    let lost: Vec<_> = verdict.records.iter().filter(full).collect();
    assert_eq!((lost.len(), lost[0].number), (1, 1));
    assert_eq!(verdict.replicated, [4]);
}

#[test]
fn it_counts_once_for_the_round() {
    let mut world = broadcast(&[0, 0]);
    world.hosts[0].budget = 2;
    assert_eq!(run(&world).cores[0][0].rounds, 1);
    // What the driver discards is not copied.
    world.sources[0].filter = Filter::DropInDriver;
    let verdict = run(&world);
    assert_eq!((verdict.records.len(), verdict.replicated[0]), (2, 0));
}

#[test]
fn the_copy_for_a_machine_that_does_not_run_is_lost() {
    let mut world = broadcast(&[0]);
    let action = Action::Stop { vm: 1, reason: DropReason::WrongHost };
    world.events = vec![EventSpec { at: Time::ZERO + Span::ns(900), action }];
    let verdict = run(&world);
    let ends: Vec<_> =
        verdict.records.iter().map(|record| (record.fate, in_ns(record.end))).collect();
    // The first guest is notified alone, at 954.
    let lost = Fate::Dropped(DropReason::WrongHost);
    assert_eq!(ends, [(Fate::Delivered, 726), (lost, 914), (Fate::Delivered, 1054)]);
}

#[test]
fn an_interrupt_per_packet_leaves_the_switch_a_round() {
    let mut world = broadcast(&[0]);
    world.hosts[0].stack = Stack::InterruptPerPacket;
    // The handler starts it at 0; the rest as ever.
    let verdict = run(&world);
    let shown: Vec<_> =
        verdict.records.iter().map(|record| (in_ns(record.start), in_ns(record.end))).collect();
    assert_eq!(shown, [(0, 726), (0, 1094), (0, 1094)]);
}
