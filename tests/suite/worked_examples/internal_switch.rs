//! Frames of the NIC's internal switch worked out by hand. Times are in nanoseconds.

use super::basics::{base, lost};
use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::time::Span;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::world::{FlowControl, World};

/// `base` with frames of 64 bytes at these instants over a link of 1 ns a bit (arrival 576 after
/// the beginning, free 672 after it), and at those from inside.
fn both(over_link: &[u64], inside: &[u64]) -> World {
    let mut world = base(over_link);
    world.nics[0].link = Some(1_000_000_000);
    world.sources.push(minimal::source(1, packets_at(inside, 64)));
    world.sources[1].by_internal_switch = true;
    world
}

/// Source and arrival, in the order in which processing began.
fn order(verdict: &Verdict) -> Vec<(usize, u64)> {
    let mut records: Vec<_> = verdict.records.iter().collect();
    records.sort_by_key(|record| record.start);
    records.iter().map(|record| (record.source.at(), in_ns(record.arrival))).collect()
}

#[test]
fn a_frame_from_inside_has_arrived_when_it_is_offered_behind_those_of_the_link() {
    let verdict = run(&both(&[0, 0], &[0, 576, 577]));
    assert_eq!(order(&verdict), [(1, 0), (0, 576), (1, 576), (1, 577), (0, 1248)]);
    // Two sources inside come in their order, after all of the link.
    let mut world = both(&[0], &[0]);
    world.nics[0].link = None;
    world.sources.swap(0, 1);
    world.sources.push(minimal::source(2, packets_at(&[0], 64)));
    world.sources[2].by_internal_switch = true;
    assert_eq!(order(&run(&world)), [(1, 0), (0, 0), (2, 0)]);
}

#[test]
fn it_fills_the_packet_buffer_and_the_link_pauses_for_it() {
    let mut world = both(&[0, 0], &[100, 101]);
    let nic = &mut world.nics[0];
    (nic.hold, nic.ring, nic.buffer) = (true, 1, Some(128));
    nic.flow_control = Some(FlowControl { high: 64, low: 0 });
    world.hosts[0].costs.packet = ns(2000);
    let verdict = run(&world);
    // The first from inside is in processing up to 2250, the second in the buffer up to then; the
    // first over the link, begun before the pause, comes to it at 576 and leaves it at 4400: then
    // the second begins.
    let arrivals = [(1, 100), (1, 101), (0, 576), (0, 4400 + 576)];
    assert_eq!(order(&verdict), arrivals);
    assert!(verdict.paused[0] >= Span::ns(4400 - 101));
    // Without a pause there is no room for the second over the link.
    world.nics[0].flow_control = None;
    assert_eq!(lost(&run(&world), DropReason::BufferFull), [(1, 1248)]);
}
