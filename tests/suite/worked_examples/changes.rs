//! Changes worked out by hand. Times are in nanoseconds.

use super::basics::{lost, work};
use super::virtual_functions::functions_on;
use super::virtual_machines::{busy, notifications, vms_on};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Gap};
use rxsim::rx::steering::rss::{HashTypes, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::vocab::drop_reason::DropReason::{LinkDown, NoFilter, VmPaused, WrongHost};
use rxsim::world::{Action, EventSpec, FlowMap, Part, RxPath, SteeringSpec, World};
use std::sync::Arc;

fn at(world: &mut World, nanoseconds: u64, action: Action) {
    world.events.push(EventSpec { at: Time::ZERO + Span::ns(nanoseconds), action });
}

/// (number, queue, start, end) of all packets, in the order of their ends.
fn records(verdict: &Verdict) -> Vec<(u64, u32, u64, u64)> {
    let shown = |record: &rxsim::vocab::packet::Record| {
        (record.number, record.queue, in_ns(record.start), in_ns(record.end))
    };
    verdict.records.iter().map(shown).collect()
}

const NONE: u32 = u32::MAX;

#[test]
fn a_way_that_leads_nowhere_loses_packets_until_it_changes() {
    let mut world = vms_on(&[1], &[&[0, 99, 100, 101]]);
    world.vnics[0].rx_path = RxPath::Drop(WrongHost);
    at(&mut world, 100, Action::SetRoute { vnic: 0, rx_path: RxPath::DefaultQueue });
    // The third comes before the change of its instant.
    let verdict = run(&world);
    assert_eq!(lost(&verdict, WrongHost), [(0, 0), (1, 99), (2, 100)]);
    assert_eq!(records(&verdict)[3], (3, 0, 251, 651));
    assert_eq!(records(&verdict)[0], (0, NONE, 0, 0));
}

#[test]
fn a_held_frame_is_steered_anew_at_once() {
    let mut world = vms_on(&[1], &[&[0, 10, 20]]);
    (world.nics[0].hold, world.nics[0].ring) = (true, 1);
    at(&mut world, 120, Action::SetRoute { vnic: 0, rx_path: RxPath::Drop(NoFilter) });
    let verdict = run(&world);
    assert_eq!(lost(&verdict, NoFilter), [(1, 120), (2, 120)]);
    assert_eq!(verdict.changes.unheld, 2);
}

#[test]
fn a_queue_is_the_own_one_by_the_way_that_holds_when_the_switch_begins() {
    let mut world = vms_on(&[1], &[&[0, 0]]);
    world.hosts[0].costs.vswitch_lookup = ns(20);
    world.nics[0].queues = vec![0, 0];
    world.nics[0].vectors = vec![vec![0], vec![1]];
    world.nics[0].steering = SteeringSpec::Vmq { shared_memory: false };
    world.vnics[0].rx_path = RxPath::queue(1);
    // The first one's switch begins at 350, with what ends then; the second's at 610.
    at(&mut world, 350, Action::SetRoute { vnic: 0, rx_path: RxPath::DefaultQueue });
    assert_eq!(records(&run(&world)), [(0, 1, 150, 830), (1, 1, 410, 900)]);
}

/// Everything to the second of two.
fn second() -> RssSpec {
    let types = HashTypes {
        ipv4: true,
        tcp_ipv4: false,
        udp_ipv4: false,
        ipv6: false,
        tcp_ipv6: false,
        udp_ipv6: false,
    };
    RssSpec { key: KEY_MICROSOFT, types, table: vec![1] }
}

#[test]
fn hash_and_table_choose_among_own_queues_and_among_channels() {
    let mut world = vms_on(&[1], &[&[]]);
    world.hosts[0].cores = 3;
    world.vms[0].vcpus = vec![1, 2];
    world.nics[0].queues = vec![0; 4];
    world.nics[0].vectors = vec![vec![0, 1, 2, 3]];
    world.nics[0].steering = SteeringSpec::Vmq { shared_memory: false };
    world.vnics[0].rx_path = RxPath::VmQueues(FlowMap { targets: vec![3, 2], rss: Some(second()) });
    world.vnics[0].channels = Some(FlowMap { targets: vec![0, 1], rss: Some(second()) });
    let source = &mut world.sources[0].source;
    source.arrivals = Arrivals::Burst {
        packets: 1,
        every: rxsim::engine::sample::Draw::Constant(Span::us(1)),
        link: None,
    };
    source.flows.keys = Keys::SequentialPorts;
    world.duration = Some(Span::ns(999));
    let verdict = run(&world);
    assert_eq!(records(&verdict), [(0, 2, 150, 550)]);
    assert_eq!((busy(&verdict, 1)[3], busy(&verdict, 2)[3]), (0, 100));
    // Without a hash to the first ones.
    let first = |spread: &mut FlowMap| spread.rss = None;
    if let RxPath::VmQueues(queues) = &mut world.vnics[0].rx_path {
        first(queues);
    }
    first(world.vnics[0].channels.as_mut().expect("two"));
    let verdict = run(&world);
    assert_eq!(records(&verdict), [(0, 3, 150, 550)]);
    assert_eq!((busy(&verdict, 1)[3], busy(&verdict, 2)[3]), (100, 0));
}

#[test]
fn a_machine_that_stops_loses_what_its_channel_holds() {
    // Handed over at 670, notified at 710; the first is in processing from 740 on.
    let mut world = vms_on(&[1], &[&[0, 0, 700]]);
    world.works = vec![work(Span::us(900), Span::ns(300))];
    world.works[0].core = 1;
    at(&mut world, 760, Action::Stop { vm: 0, reason: VmPaused });
    let verdict = run(&world);
    // The third has a round from 710 on; its switch work ends at 1020, in vain.
    assert_eq!(lost(&verdict, VmPaused), [(0, 760), (1, 760), (2, 1020)]);
    assert_eq!(records(&verdict)[0], (0, 0, 150, 760));
    assert_eq!(busy(&verdict, 1)[3], 50);
    assert_eq!((notifications(&verdict), verdict.changes.came_in_vain), (vec![1], 1));
}

#[test]
fn a_notification_under_way_is_forgotten_and_a_start_arms_anew() {
    // Handed over at 410, to be notified at 450.
    let mut world = vms_on(&[1], &[&[0, 1000]]);
    at(&mut world, 420, Action::Stop { vm: 0, reason: VmPaused });
    at(&mut world, 430, Action::Start { vm: 0 });
    let verdict = run(&world);
    assert_eq!(records(&verdict), [(0, 0, 150, 420), (1, 0, 1150, 1550)]);
    assert_eq!((notifications(&verdict), verdict.changes.forgotten), (vec![1], 1));
    assert_eq!(busy(&verdict, 0), [200, 500, 2 * 60 + 2 * 40, 0]);
}

#[test]
fn a_function_of_a_machine_that_stops_gives_its_descriptors_up() {
    // The first is in processing from 70 to 140, the second visible, the third under DMA.
    let mut world = functions_on(&[1], &[&[0, 0, 95, 150, 160]]);
    world.nics[0].dma.latency = Span::ns(10);
    at(&mut world, 100, Action::Stop { vm: 0, reason: VmPaused });
    at(&mut world, 155, Action::Start { vm: 0 });
    let verdict = run(&world);
    assert_eq!(lost(&verdict, VmPaused), [(0, 100), (1, 100), (2, 100), (3, 150)]);
    assert_eq!(records(&verdict)[..2], [(0, 1, 100, 100), (1, 1, 100, 100)]);
    assert_eq!(records(&verdict)[3..], [(3, NONE, 150, 150), (4, 1, 240, 310)]);
    assert_eq!(busy(&verdict, 1)[3], 90 + 140);
    assert_eq!((verdict.interrupts[0], verdict.changes.from_transfers), (2, 1));
}

#[test]
fn a_machine_that_does_not_run_at_first_is_stopped() {
    let mut world = functions_on(&[1], &[&[0, 2000]]);
    world.vms[0].running = false;
    world.hosts[0].costs.vm_wakeup = Span::ns(500);
    at(&mut world, 1500, Action::Start { vm: 0 });
    // It waits since 1500: it has not halted yet.
    let verdict = run(&world);
    assert_eq!(records(&verdict), [(0, NONE, 0, 0), (1, 1, 2070, 2140)]);
    assert_eq!(lost(&verdict, NoFilter), [(0, 0)]);
}

#[test]
fn what_a_stopped_machine_leaves_of_its_core_others_get_at_once() {
    let mut world = vms_on(&[1], &[&[0]]);
    world.hosts[0].costs.context_switch = Span::ns(10);
    world.hosts[0].costs.guest_packet = ns(1000);
    world.hosts[0].quantum = Span::us(10);
    world.works = vec![work(Span::ns(500), Span::ns(100))];
    world.works[0].core = 1;
    world.duration = Some(Span::ns(850));
    // The work from 0 to 100. The guest from 450: switch 10, interrupt 30, a packet up to 700; then
    // the demand of 500, and a switch before it.
    at(&mut world, 700, Action::Stop { vm: 0, reason: VmPaused });
    let verdict = run(&world);
    assert_eq!(busy(&verdict, 1)[3], 250);
    assert_eq!(in_ns(Time(verdict.cores[0][1].busy.work.0)), 100 + 10 + 100);
}

#[test]
fn a_vcpu_that_floats_wakes_up_where_least_is_to_do() {
    let mut world = vms_on(&[1], &[&[0, 2000, 2420]]);
    world.hosts[0].cores = 4;
    world.hosts[0].costs.context_switch = Span::ns(10);
    world.vms[0].allowed_cores = Some(vec![1, 3, 2]);
    world.works = vec![work(Span::us(4), Span::us(1)); 2];
    (world.works[0].core, world.works[1].core) = (1, 3);
    // At 450 the works run on cores 1 and 3: it wakes up on core 2, the first thread there. At 2450
    // all are idle: core 1, which ran the work last, and where it finds the third packet, too.
    let verdict = run(&world);
    assert_eq!(records(&verdict), [(0, 0, 150, 550), (1, 0, 2150, 2560), (2, 0, 2500, 2900)]);
    assert_eq!([1, 2, 3].map(|core| busy(&verdict, core)[3]), [210, 100, 0]);
}

#[test]
fn a_link_loses_what_is_offered_while_it_is_down() {
    let mut world = super::basics::base(&[0, 100, 101, 200, 201]);
    at(&mut world, 100, Action::Link { nic: 0, up: false });
    at(&mut world, 200, Action::Link { nic: 0, up: true });
    let verdict = run(&world);
    assert_eq!(lost(&verdict, LinkDown), [(2, 101), (3, 200)]);
    assert_eq!(verdict.records.len(), 5);
}

#[test]
fn two_ports_share_a_source_out_by_flow_or_by_time() {
    let mut world = super::basics::base(&[]);
    world.nics.push(world.nics[0].clone());
    let mean = Gap { ps: 10_000_000, packets: 1 };
    world.sources[0].source.arrivals = Arrivals::Poisson(mean);
    world.sources[0].source.flows.count = 2;
    let whole = run(&world);
    let numbers = |verdict: &Verdict, source: u32| -> Vec<u64> {
        let of = verdict.records.iter().filter(|record| record.source.0 == source);
        of.map(|record| record.number).collect()
    };
    let mut other = world.sources[0].clone();
    other.nic = 1;
    world.sources.push(other);
    let mut by_flow = world.clone();
    for (source, marked) in by_flow.sources.iter_mut().zip([[true, false], [false, true]]) {
        source.part = Part { flows: Some(Arc::new(marked)), ..Part::default() };
    }
    let mut by_time = world;
    let at = Time::ZERO + Span::us(400);
    (by_time.sources[0].until, by_time.sources[1].part.since) = (Some(at), at);
    for verdict in [run(&by_flow), run(&by_time)] {
        let (first, second) = (numbers(&verdict, 0), numbers(&verdict, 1));
        assert!(!first.is_empty() && !second.is_empty());
        let mut both = [first, second].concat();
        both.sort_unstable();
        assert_eq!((both, verdict.offered), (numbers(&whole, 0), whole.offered));
    }
}
