//! Pauses worked out by hand. Times are in nanoseconds.

use super::basics::{base, lost};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::time::Span;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::world::{FlowControl, World};

/// `base` with frames of 64 bytes at these instants over a link of 1 ns a bit (arrival 576 after
/// the beginning, free 672 after it), and a ring of one descriptor that frames wait for. The first
/// frame's descriptor is free 350 after its arrival, those of others that wait follow at 200 each
/// in the same round or 350 with a new one.
fn paused(at: &[u64], high: u64, low: u64) -> World {
    let mut world = base(at);
    let nic = &mut world.nics[0];
    (nic.link, nic.buffer) = (Some(1_000_000_000), Some(10_000));
    (nic.hold, nic.ring) = (true, 1);
    nic.flow_control = Some(FlowControl { high, low });
    world
}

fn arrivals(verdict: &Verdict) -> Vec<u64> {
    verdict.records.iter().map(|record| in_ns(record.arrival)).collect()
}

#[test]
fn a_port_whose_buffer_fills_lets_no_frame_begin_until_it_drains() {
    let mut world = paused(&[0, 0, 0, 0], 64, 0);
    world.hosts[0].costs.packet = ns(2000);
    // The first arrives at 576, leaves the buffer at once and is in processing up to 2726. The
    // second, begun at 672, arrives at 1248 and stays in the buffer up to 2726: then the third
    // begins. It arrives at 3302 and pauses the link up to the end of the second at 4876.
    let verdict = run(&world);
    assert_eq!(arrivals(&verdict), [576, 1248, 2726 + 576, 4876 + 576]);
    // The fourth pauses it, too, when none waits; the first did for no time, when three waited.
    let pauses = verdict.tallies.pauses;
    assert_eq!((pauses.asked, pauses.lasted, pauses.waited), (4, 3, 3));
}

#[test]
fn the_pause_lasts_until_no_more_than_low_is_left() {
    let mut world = paused(&[0; 5], 128, 64);
    world.hosts[0].costs.packet = ns(2000);
    // Two wait in the buffer from 1920 (the third's arrival) on; at 2726 one is left, and the link
    // begins again.
    let verdict = run(&world);
    assert_eq!(arrivals(&verdict)[..4], [576, 1248, 1920, 2726 + 576]);
    assert!(verdict.paused[0] >= Span::ns(2726 - 1920));
}

#[test]
fn a_frame_that_begins_as_the_pause_does_arrives() {
    let mut world = paused(&[0, 672, 1248, 1250], 64, 0);
    world.hosts[0].costs.packet = ns(9000);
    // The second arrives at 1248 and pauses; the link is busy up to 1344, when nothing begins.
    assert_eq!(arrivals(&run(&world))[..2], [576, 1248]);
    // Offered over an idle link at the instant at which the pause begins, it begins.
    let mut world = paused(&[0, 672, 1920], 64, 0);
    (world.hosts[0].costs.packet, world.nics[0].dma.latency) = (ns(9000), Span::ns(672));
    // The first is in the buffer from 576 to 1248: the second waits that long and arrives at 1824.
    let verdict = run(&world);
    assert_eq!(arrivals(&verdict)[..2], [576, 1248 + 576]);
}

#[test]
fn frames_that_wait_are_lost_where_the_egress_buffer_is_full() {
    let mut world = paused(&[0, 0, 0, 0], 64, 0);
    world.nics[0].egress = 100;
    // One begins, one waits.
    assert_eq!(lost(&run(&world), DropReason::LinkFull), [(2, 0), (3, 0)]);
    world.nics[0].egress = 0;
    assert_eq!(lost(&run(&world), DropReason::LinkFull), [(1, 0), (2, 0), (3, 0)]);
}

#[test]
fn the_first_that_waits_begins_before_what_is_offered_as_the_link_becomes_free() {
    let mut world = paused(&[0, 0, 672], 10_000, 0);
    world.nics[0].egress = 64;
    let verdict = run(&world);
    assert_eq!(arrivals(&verdict), [576, 1248, 1920]);
    assert_eq!(verdict.tallies.pauses.asked, 0);
}

#[test]
fn a_buffer_that_drains_at_once_asks_for_no_time() {
    let mut world = paused(&[0, 0], 64, 0);
    (world.nics[0].hold, world.nics[0].ring) = (false, 64);
    let verdict = run(&world);
    assert_eq!((verdict.tallies.pauses.asked, verdict.tallies.pauses.lasted), (2, 0));
    assert_eq!((arrivals(&verdict), verdict.paused[0]), (vec![576, 1248], Span::ZERO));
}
