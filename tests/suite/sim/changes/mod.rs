//! Receive paths, channels and changes: worlds worked out by hand, in nanoseconds; random ones in
//! windows of any length.

mod unpinned;
mod links;
mod stop_and_start;
mod random;
mod several_queues;
mod rx_paths;

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{at, in_ns, ns};
use crate::fixtures::runs::{host_and_guest, traced_by_end};
use rxsim::engine::time::{Span, Time};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::outcome::Outcome;
use rxsim::world::{Action, Consumer, EventSpec, FlowMap, RxPath, SteeringSpec, VnicSpec, World};

/// A virtual machine on core 1 for each of these sources; the port's only queue is on core 0.
///
/// Interrupt 100, round 50, packet 200, switch 60 and 10 for the lookup, notification 40; a virtual
/// interrupt 30 (by a function 50 more), a guest's packet 70. So a single packet for a guest that
/// comes at 0 is with the driver from 150, with the switch from 350, in its channel at 420, its
/// guest is notified at 460, takes it up at 490, and has processed it at 560.
fn guests(sent: &[&[u64]]) -> World {
    let mut world = minimal::world();
    let host = &mut world.hosts[0];
    host.cores = 3;
    (host.exits_per_interrupt, host.halt_poll) = (1, Span::ns(5000));
    let costs = &mut host.costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(100), ns(50), ns(200));
    (costs.vswitch_packet, costs.vswitch_lookup) = (ns(60), ns(10));
    (costs.vm_notify, costs.vm_exit) = (Span::ns(40), Span::ns(50));
    (costs.guest_interrupt, costs.guest_packet) = (Span::ns(30), ns(70));
    costs.vm_wakeup = Span::ns(500);
    for (number, sent) in sent.iter().enumerate() {
        world.vms.push(minimal::vm(number as u32, &[1]));
        let vnic = minimal::vnic(number, minimal::of_vm(number));
        world.vnics.push(VnicSpec { vf: Some(FlowMap::one(0)), ..vnic });
        let mut source = minimal::source(number, packets_at(sent, 64));
        source.to = Consumer::Vnic(number);
        world.sources.push(source);
    }
    world
}

/// The same with a queue of its own on core 2 for the first virtual NIC.
fn with_own_queue(sent: &[&[u64]]) -> World {
    let mut world = guests(sent);
    let nic = &mut world.nics[0];
    (nic.queues, nic.vectors) = (vec![0, 2], vec![vec![0], vec![1]]);
    nic.steering = SteeringSpec::Vmq { shared_memory: true };
    world.vnics[0].rx_path = RxPath::queue(1);
    world
}

fn event(world: &mut World, when: u64, action: Action) {
    world.events.push(EventSpec { at: at(when), action });
}

fn steer(world: &mut World, when: u64, rx_path: RxPath) {
    event(world, when, Action::SetRoute { vnic: 0, rx_path });
}

fn stop(world: &mut World, when: u64, reason: DropReason) {
    event(world, when, Action::Stop { vm: 0, reason });
}

fn start(world: &mut World, when: u64) {
    event(world, when, Action::Start { vm: 0 });
}

/// How a packet ended: its source, queue, start, end, and why it was lost.
type End = (u32, Option<u32>, u64, u64, Option<DropReason>);

/// A run, and how its packets ended, in the order of their ends; the same in windows of 1 us.
fn run(world: &World) -> (Outcome, Vec<End>) {
    let (run, records) = traced_by_end(world);
    let (stepped, again) = traced_by_end(&World { batch: Some(Span::us(1)), ..world.clone() });
    assert_eq!(again, records);
    assert_eq!(stepped.fingerprint, run.fingerprint);
    let shown = |record: &Record| {
        let queue = (record.queue != u32::MAX).then_some(record.queue);
        let lost = if let Fate::Dropped(reason) = record.fate { Some(reason) } else { None };
        (record.source.0, queue, in_ns(record.start), in_ns(record.end), lost)
    };
    let ends = records.iter().map(shown).collect();
    (run, ends)
}

fn busy(run: &Outcome, core: usize) -> [u64; 4] {
    host_and_guest(run.hosts[0].cores[core].busy)
}
