//! Closed loops worked out by hand. Times are in nanoseconds.

use super::basics::base;
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::Sizes;
use rxsim::world::{ClosedLoop, Filter, Window, World};

/// `base` (a packet alone ends 350 after its arrival) with one connection, which knows of a
/// delivery 1000 after it and gives up 3000 after sending. Times of tests are from its beginning
/// on.
fn one_loop(window: Window, think: Draw) -> World {
    let mut world = base(&[]);
    world.sources[0].closed =
        Some(ClosedLoop { window, think, feedback: Span::ns(1000), timeout: Span::ns(3000) });
    world.duration = Some(Span::us(12));
    world
}

fn phase(world: &World) -> Time {
    let closed = world.sources[0].closed.as_ref().expect("a loop");
    let mut words = Stream::new(world.seed, &world.sources[0].source.name, "start");
    world.sources[0].from + Span(words.below(closed.feedback.0))
}

/// When each packet was offered, in nanoseconds after the beginning, in the order of their numbers.
fn offered(world: &World, verdict: &Verdict) -> Vec<u64> {
    let mut records = verdict.records.clone();
    records.sort_by_key(|record| record.number);
    assert!(records.iter().zip(0..).all(|(record, number)| record.number == number));
    let after = |time: Time| in_ns(Time((time - phase(world)).0));
    records.iter().map(|record| after(record.arrival)).collect()
}

#[test]
fn a_connection_sends_when_it_knows_and_has_thought() {
    let mut world = one_loop(Window::Fixed(1), ns(650));
    world.duration = Some(Span::us(7));
    assert_eq!(offered(&world, &run(&world)), [0, 2000, 4000]);
}

#[test]
fn a_window_of_packets_is_sent_at_once_and_each_makes_room_for_one() {
    let mut world = one_loop(Window::Fixed(2), Draw::ZERO);
    world.sources[0].until = Some(phase(&world) + Span::ns(1550));
    // They end at 350 and 550; what would be sent at 1550 is not.
    let verdict = run(&world);
    assert_eq!(offered(&world, &verdict), [0, 0, 1350]);
    assert_eq!((verdict.offered, verdict.tallies.loops.delivered), (3, 3));
}

#[test]
fn what_is_not_known_in_time_is_taken_for_lost_and_sent_for_anew_without_thinking() {
    let mut world = one_loop(Window::Fixed(1), ns(100_000));
    // It takes 2350: known at 3350, which is too late.
    world.hosts[0].costs.packet = ns(2200);
    let verdict = run(&world);
    assert_eq!(offered(&world, &verdict), [0, 3000, 6000]);
    assert_eq!((verdict.tallies.loops.too_late, verdict.tallies.loops.delivered), (3, 0));
    // And at 3000, in time: the next one thinks.
    world.hosts[0].costs.packet = ns(1850);
    let verdict = run(&world);
    assert_eq!((verdict.offered, verdict.tallies.loops.lost), (1, 0));
    // What a filter discards is lost, too.
    world.sources[0].filter = Filter::DropInNic;
    assert_eq!(offered(&world, &run(&world)), [0, 3000, 6000, 9000]);
}

#[test]
fn a_window_grows_by_one_for_each_window_that_is_known() {
    let mut world = one_loop(Window::Aimd { initial: 1, most: 3 }, Draw::ZERO);
    world.hosts[0].costs.packet = ns(0);
    (world.hosts[0].costs.interrupt, world.hosts[0].costs.round) = (ns(0), ns(0));
    world.duration = Some(Span(phase(&world).0) + Span::ns(4000));
    // Each is delivered at once. One known, of a window of 1: two. Two known: three at 2000, where
    // it stays, though the count goes on.
    let verdict = run(&world);
    assert_eq!(
        offered(&world, &verdict),
        [0, 1000, 1000, 2000, 2000, 2000, 3000, 3000, 3000, 4000, 4000, 4000]
    );
    assert_eq!(verdict.tallies.loops.grown, 2);
}

#[test]
fn a_window_is_halved_once_for_what_was_sent_before() {
    let mut world = one_loop(Window::Aimd { initial: 5, most: 8 }, Draw::ZERO);
    world.sources[0].filter = Filter::DropInNic;
    world.duration = Some(Span(phase(&world).0) + Span::ns(9000));
    // Five are lost at 3000: the window becomes 2, once. The two sent then are lost at 6000, 1.
    let verdict = run(&world);
    assert_eq!(offered(&world, &verdict), [0, 0, 0, 0, 0, 3000, 3000, 6000, 9000]);
    assert_eq!((verdict.tallies.loops.halved, verdict.tallies.loops.lost), (2, 8));
}

#[test]
fn a_halving_clears_the_count() {
    let mut world = one_loop(Window::Aimd { initial: 2, most: 8 }, Draw::ZERO);
    (world.hosts[0].costs.interrupt, world.hosts[0].costs.round) = (ns(0), ns(0));
    // Packets of 1200 each: 0 is known at 2200 (count 1), 1 at 3400, too late: lost at 3000.
    world.hosts[0].costs.packet = ns(1200);
    world.duration = Some(Span(phase(&world).0) + Span::ns(4600));
    // Number 2 is sent at 2200 and known at 4600, after it ends at 3600: with a window of 1 that
    // makes 2.
    let verdict = run(&world);
    assert_eq!(verdict.tallies.loops.halved, 1);
    assert_eq!((verdict.offered, verdict.tallies.loops.grown), (5, 1));
}

#[test]
fn sizes_come_in_the_order_of_sending_and_connections_are_flows() {
    let mut world = one_loop(Window::Fixed(2), Draw::ZERO);
    world.sources[0].source.flows.count = 3;
    world.sources[0].source.sizes = Sizes::Mix(vec![(64, 1), (1518, 1)]);
    world.sources[0].from = Time::ZERO + Span::us(2);
    world.hosts[0].costs.packet = Draw::ZERO;
    (world.hosts[0].costs.round, world.hosts[0].costs.interrupt) = (ns(0), ns(0));
    world.duration = Some(Span::us(3));
    world.hosts[0].costs.byte = Draw::Constant(Span::ps(1));
    let verdict = run(&world);
    let mut phases = Stream::new(1, "traffic.s[0]", "start");
    let mut starts: Vec<u64> = (0..3).map(|_| phases.below(1_000_000)).collect();
    starts.sort_unstable();
    let mut sizes = Stream::new(1, "traffic.s[0]", "sizes");
    for pair in verdict.records[..6].chunks(2) {
        let sent = pair[0].arrival;
        assert_eq!((sent, pair[1].arrival), (Time(2_000_000 + starts.remove(0)), sent));
        for record in pair {
            let size = [64, 1518][sizes.below(2) as usize];
            assert_eq!((record.end - record.start).0, size);
        }
    }
}
