//! Receive paths that change.

use super::*;
use rxsim::vocab::stage::Stage;
use rxsim::world::Filter;

/// A transfer of a frame of 64 bytes takes 100 ns.
const BUS: Option<u64> = Some(10_050_000_000);

#[test]
fn a_way_that_leads_nowhere_loses_a_frame_where_its_dma_would_start() {
    let mut world = guests(&[&[10], &[0, 20]]);
    world.nics[0].dma.bits = BUS;
    world.vnics[0].rx_path = RxPath::Drop(DropReason::WrongHost);
    let (run, ends) = run(&world);
    // The engine is busy until 100, and takes the frame behind the lost one up then.
    assert_eq!(ends[0], (0, None, 100, 100, Some(DropReason::WrongHost)));
    assert_eq!(ends[1..], [(1, Some(0), 250, 930, None), (1, Some(0), 520, 1000, None)]);
    assert_eq!(run.sources[0].dropped[DropReason::WrongHost as usize], 1);
    assert_eq!(in_ns(Time(run.nics[0].dma_busy.0)), 200);
    assert_eq!((run.nics[0].queues[0].packets, run.nics[0].queues[0].dropped), (2, 0));
}

#[test]
fn a_way_holds_from_the_start_of_a_frames_dma_on() {
    let mut world = guests(&[&[0, 40, 50]]);
    world.nics[0].dma.bits = BUS;
    steer(&mut world, 100, RxPath::VirtualFunction);
    let (run, ends) = run(&world);
    // The second one's DMA starts at 100, before the event; the third one's at 200.
    let came =
        [(0, Some(1), 380, 450, None), (0, Some(0), 250, 930, None), (0, Some(0), 520, 1000, None)];
    assert_eq!(ends, came);
    assert_eq!(run.sources[0].by_function, 1);
    assert_eq!(run.sources[0].reordered, 2, "both end behind a later one");
    let guest = run.sources[0].stages[Stage::Guest as usize];
    assert_eq!(guest, 3 * 70_000);
}

#[test]
fn a_pin_filter_goes_before_every_way() {
    for rx_path in
        [RxPath::Drop(DropReason::NoFilter), RxPath::VirtualFunction, RxPath::DefaultQueue]
    {
        let mut world = with_own_queue(&[&[0, 1000]]);
        world.sources[0].filter = Filter::Pin(1);
        steer(&mut world, 500, rx_path);
        // The first one's switch begins at 350, with the queue still its own; the second one's not.
        let (_, ends) = run(&world);
        let came = [(0, Some(1), 150, 550, None), (0, Some(1), 1150, 1560, None)];
        assert_eq!(ends, came);
    }
}

#[test]
fn whether_a_packet_came_by_an_own_queue_is_settled_when_the_switch_begins_with_it() {
    for (when, delivered) in [(349, 560), (350, 550), (500, 550)] {
        let mut world = with_own_queue(&[&[0]]);
        steer(&mut world, when, RxPath::DefaultQueue);
        assert_eq!(run(&world).1, [(0, Some(1), 150, delivered, None)], "{when}");
    }
    let mut given = with_own_queue(&[&[0, 1000]]);
    given.vnics[0].rx_path = RxPath::DefaultQueue;
    steer(&mut given, 300, RxPath::queue(0));
    steer(&mut given, 700, RxPath::queue(1));
    let (_, ends) = run(&given);
    assert_eq!(ends, [(0, Some(0), 150, 550, None), (0, Some(1), 1150, 1550, None)]);
}

#[test]
fn the_drivers_filter_sees_what_the_driver_sees() {
    let mut world = guests(&[&[0, 1000]]);
    world.hosts[0].costs.filter_packet = ns(20);
    world.sources[0].filter = Filter::DropInDriver;
    steer(&mut world, 500, RxPath::VirtualFunction);
    let (run, ends) = run(&world);
    assert_eq!(ends, [(0, Some(0), 150, 170, None), (0, Some(1), 1080, 1150, None)]);
    assert_eq!((run.sources[0].filtered, run.sources[0].delivered.packets), (1, 1));
}

/// A ring of one, held until 350 (or 420 with the switch), and a second frame at its door.
fn held() -> World {
    let mut world = with_own_queue(&[&[0, 10], &[20]]);
    (world.nics[0].ring, world.nics[0].hold) = (1, true);
    world
}

#[test]
fn a_held_frame_is_steered_anew_at_once() {
    let (_, ends) = run(&held());
    let came = |end: &End| (end.0, end.1, end.2);
    // The first one's descriptor is free at 410; its round notifies until 450, the next one begins.
    let expected = [(0, Some(1), 150), (0, Some(1), 500), (1, Some(0), 560)];
    assert_eq!(ends.iter().map(came).collect::<Vec<_>>(), expected);
    let mut other = held();
    steer(&mut other, 50, RxPath::DefaultQueue);
    let (moved, ends) = run(&other);
    // At 50 to queue 0, which then has no descriptor for the frame behind it until 470; its guest
    // has not found its channel empty by then, so no notification delays the round's end.
    let mut came: Vec<_> = ends.iter().map(came).collect();
    came.sort_unstable();
    assert_eq!(came, [(0, Some(0), 200), (0, Some(1), 150), (1, Some(0), 620)]);
    assert_eq!(in_ns(Time(moved.nics[0].held.0)), 40 + 420);
}

#[test]
fn a_held_frame_that_leads_nowhere_is_lost_at_once() {
    let mut world = held();
    steer(&mut world, 50, RxPath::Drop(DropReason::NoFilter));
    let (run, ends) = run(&world);
    assert_eq!(ends[0], (0, None, 50, 50, Some(DropReason::NoFilter)));
    // The frame behind it starts at that instant.
    assert_eq!((ends[2].0, ends[2].2), (1, 200));
    assert_eq!(in_ns(Time(run.nics[0].held.0)), 40);
}

#[test]
fn events_of_one_instant_happen_in_their_order() {
    let mut world = guests(&[&[100]]);
    steer(&mut world, 50, RxPath::Drop(DropReason::NoFilter));
    steer(&mut world, 50, RxPath::VirtualFunction);
    assert_eq!(run(&world).1, [(0, Some(1), 180, 250, None)]);
}
