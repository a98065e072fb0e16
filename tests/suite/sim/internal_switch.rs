//! Frames that the NIC's internal switch forwards: worlds worked out by hand, in nanoseconds;
//! random ones.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::random::{seeds, worlds};
use crate::fixtures::runs::{same_in_windows, traced, unaccounted};
use crate::worlds::{EVERYTHING, INTERNAL_SWITCH, random_world};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::outcome::Volume;
use rxsim::world::{Action, EventSpec, FlowControl, World};

/// Frames of 80 B: those of source 0 over a link on which a byte takes 1 ns (one holds it for 100,
/// and has arrived after 88), those of source 1 from inside.
fn both(over_link: &[u64], inside: &[u64]) -> World {
    let mut world = minimal::world();
    (world.nics[0].link, world.nics[0].buffer) = (Some(8_000_000_000), Some(1_000));
    world.sources = vec![
        minimal::source(0, packets_at(over_link, 80)),
        minimal::source(1, packets_at(inside, 80)),
    ];
    world.sources[1].by_internal_switch = true;
    world.duration = Some(Span::us(20));
    world
}

/// Source, number and arrival of what was processed, in the order in which that began.
fn served(world: &World) -> Vec<(usize, u64, u64)> {
    let (_, mut records) = traced(world);
    records.retain(|record| record.fate == Fate::Delivered);
    records.sort_by_key(|record| record.start);
    let shown = records.iter();
    shown.map(|record| (record.source.at(), record.number, record.arrival.0 / 1_000)).collect()
}

#[test]
fn what_comes_from_inside_overtakes_what_is_on_the_link_and_lets_the_rest_by() {
    // Over the link they arrive at 88, 188 and 288.
    let mut world = both(&[0, 0, 0], &[50, 88, 188, 189]);
    world.hosts[0].costs.packet = Draw::Constant(Span::us(1));
    let order = [(1, 0, 50), (0, 0, 88), (1, 1, 88), (0, 1, 188), (1, 2, 188), (1, 3, 189)];
    assert_eq!(served(&world), [&order[..], &[(0, 2, 288)]].concat());
    // On a link that takes no time, too.
    world.nics[0].link = None;
    let order = [(0, 0, 0), (0, 1, 0), (0, 2, 0), (1, 0, 50)];
    assert_eq!(served(&world)[..4], order);
}

#[test]
fn the_link_neither_carries_nor_loses_it() {
    let mut world = both(&[0, 0, 0], &[0, 0, 0, 50]);
    world.nics[0].egress = 0;
    let down = EventSpec { at: Time::ZERO, action: Action::Link { nic: 0, up: false } };
    world.events = vec![down];
    // What is offered at the instant at which the link goes down goes its way.
    let (run, _) = traced(&world);
    let lost = |source: usize, reason: DropReason| run.sources[source].dropped[reason as usize];
    assert_eq!((lost(0, DropReason::LinkFull), lost(0, DropReason::LinkDown)), (2, 0));
    assert_eq!(run.sources[1].delivered, Volume { packets: 4, bytes: 320 });
    assert_eq!(run.nics[0].wire, Volume { packets: 1, bytes: 80 });
    assert_eq!(run.nics[0].link_busy, Span::ns(100));
    // It counts while it waits for its end, and what is on the link does not before it has come.
    world.duration = Some(Span::ns(60));
    world.hosts[0].costs.packet = Draw::Constant(Span::us(1));
    let run = sim::run(&world, &mut |_| {}).unwrap();
    assert_eq!(run.nics[0].wire, Volume::default());
    assert_eq!((run.sources[0].in_flight, run.sources[1].in_flight), (1, 4));
}

#[test]
fn it_fills_the_packet_buffer_and_makes_the_peer_pause() {
    // A frame is in the buffer for 1000 after its arrival.
    let mut world = both(&[0, 0, 0], &[10, 20, 30]);
    world.nics[0].dma.latency = Span::us(1);
    world.nics[0].buffer = Some(240);
    let (run, _) = traced(&world);
    assert_eq!(run.sources[0].dropped[DropReason::BufferFull as usize], 3);
    // The second one makes 160 B at 20: one frame is on the link by then, which finds no room
    // beside the third. The first one leaves at 1010, the second at 1020: no more than 80 are left.
    world.nics[0].flow_control = Some(FlowControl { high: 160, low: 80 });
    let order = [(1, 0, 10), (1, 1, 20), (1, 2, 30), (0, 1, 1_108), (0, 2, 1_208)];
    assert_eq!(served(&world), order);
    let (run, _) = traced(&world);
    // It pauses once more as the third of the link arrives, until the second leaves.
    assert_eq!(run.nics[0].paused, Span::ns(1_000 + 900));
}

#[test]
fn the_length_of_a_window_changes_nothing_and_nothing_is_lost_from_sight() {
    let (worlds, mut joined) = (worlds(150), 0);
    for (seed, level) in seeds(worlds, &[INTERNAL_SWITCH, EVERYTHING]) {
        let (world, name) = (random_world(seed, level), format!("random_world({seed}, {level})"));
        let batches = [Span::us(1), Span(3_333_333), Span::us(10)];
        let whole = same_in_windows(&world, &batches, &name);
        for (at, source) in whole.sources.iter().enumerate() {
            assert_eq!(unaccounted(source), 0, "{name}: source {at}");
            let [full, down] = [DropReason::LinkFull, DropReason::LinkDown];
            if world.sources[at].by_internal_switch {
                joined += source.delivered.packets;
                assert_eq!(source.dropped[full as usize] + source.dropped[down as usize], 0);
            }
        }
    }
    assert!(joined > 100 * worlds, "only {joined} packets came from inside");
}
