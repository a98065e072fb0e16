//! Virtual machines that stop and start.

use super::*;
use rxsim::rx::moderation::Moderation;

const PAUSED: DropReason = DropReason::VmPaused;

#[test]
fn a_machine_that_stops_loses_what_its_channels_hold_and_gives_up_what_it_has_begun() {
    let mut world = guests(&[&[0, 1, 2, 2000, 4000]]);
    stop(&mut world, 1130, PAUSED);
    start(&mut world, 3000);
    let (run, ends) = run(&world);
    // Handed over at 960, notified at 1000; the first one is processed at 1100.
    let expected = [
        (0, Some(0), 150, 1100, None),
        (0, Some(0), 420, 1130, Some(PAUSED)),
        (0, Some(0), 690, 1130, Some(PAUSED)),
        (0, Some(0), 2150, 2420, Some(PAUSED)),
        (0, Some(0), 4150, 4560, None),
    ];
    assert_eq!(ends, expected);
    assert_eq!(busy(&run, 1), [0, 0, 0, 130 + 100]);
    assert_eq!(busy(&run, 0)[2], 5 * 70 + 2 * 40);
    assert_eq!(run.vnics[0].notifications, 2);
}

#[test]
fn notifications_under_way_are_forgotten_and_paid() {
    for (begins, notified) in [(990, 1), (5000, 0)] {
        let mut world = guests(&[&[0, 1, 2, 2000]]);
        stop(&mut world, 980, PAUSED);
        start(&mut world, begins);
        let (run, ends) = run(&world);
        assert!(ends[..3].iter().all(|end| (end.3, end.4) == (980, Some(PAUSED))));
        assert_eq!(busy(&run, 1)[3], notified * 100);
        assert_eq!(busy(&run, 0)[2], 4 * 70 + (1 + notified) * 40);
        assert_eq!(run.vnics[0].notifications, notified);
    }
}

#[test]
fn the_next_thread_has_the_core_when_a_machine_stops() {
    let mut world = guests(&[&[0, 1], &[2]]);
    world.hosts[0].costs.context_switch = Span::ns(7);
    let (_, undisturbed) = run(&world);
    // Notified at 960 + 80, 30 and 2 x 70 for the first machine; then the other one.
    assert_eq!(undisturbed[2], (1, Some(0), 690, 1040 + 170 + 7 + 100, None));
    stop(&mut world, 1050, PAUSED);
    let (stopped, ends) = run(&world);
    assert_eq!(ends[2], (1, Some(0), 690, 1050 + 7 + 100, None));
    assert_eq!(busy(&stopped, 1)[3], 10 + 107);
    assert_eq!(stopped.vnics[1].notifications, 1);
}

/// The first machine's packets come by its function, whose ring holds two.
fn with_function(sent: &[&[u64]]) -> World {
    let mut world = guests(sent);
    world.vnics[0].rx_path = RxPath::VirtualFunction;
    world
}

#[test]
fn a_machine_that_stops_loses_all_that_hold_a_descriptor_of_its_function() {
    let mut world = with_function(&[&[0, 10, 90, 300, 1000]]);
    // Visible 20 after they came: the third one is on its way at 100.
    world.nics[0].dma.latency = Span::ns(20);
    stop(&mut world, 100, PAUSED);
    start(&mut world, 600);
    let (run, ends) = run(&world);
    let expected = [
        (0, Some(1), 100, 100, Some(PAUSED)),
        (0, Some(1), 100, 100, Some(PAUSED)),
        (0, Some(1), 100, 100, Some(PAUSED)),
        (0, None, 300, 300, Some(PAUSED)),
        (0, Some(1), 1100, 1170, None),
    ];
    assert_eq!(ends, expected);
    // It ran the first one's virtual interrupt since 20, and waits since 600.
    assert_eq!(busy(&run, 1)[3], 80 + 150);
    assert_eq!(run.nics[0].interrupts, 2);
    assert_eq!(run.sources[0].by_function, 1);
}

#[test]
fn a_vcpu_waits_since_its_machine_started() {
    for (begins, ended) in [(2500, 7480 + 150), (2400, 7480 + 500 + 150)] {
        let mut world = with_function(&[&[7480]]);
        world.vms[0].running = false;
        start(&mut world, begins);
        assert_eq!(run(&world).1, [(0, Some(1), ended - 70, ended, None)]);
    }
}

#[test]
fn the_vectors_of_a_stopped_machine_are_as_at_the_start_and_unmasked_since_then() {
    // Taken at 0; with a throttle the next one were due at 900, if that were still known.
    let mut world = with_function(&[&[0, 500]]);
    world.nics[0].moderation = Moderation::Throttle { interval: Span::ns(900) };
    stop(&mut world, 300, PAUSED);
    start(&mut world, 400);
    assert_eq!(run(&world).1[1], (0, Some(1), 580, 650, None));
}

#[test]
fn a_machine_that_does_not_run_has_no_filter() {
    const NONE: Option<DropReason> = Some(DropReason::NoFilter);
    let mut world = guests(&[&[0, 1000]]);
    world.vms[0].running = false;
    start(&mut world, 420);
    let (_, ends) = run(&world);
    assert_eq!(ends, [(0, Some(0), 150, 420, NONE), (0, Some(0), 1150, 1560, None)]);
    world.events.clear();
    start(&mut world, 419);
    assert_eq!(run(&world).1[0], (0, Some(0), 150, 560, None));
    let mut world = with_function(&[&[0, 1000]]);
    world.vms[0].running = false;
    start(&mut world, 1000);
    let (_, ends) = run(&world);
    assert_eq!(ends, [(0, None, 0, 0, NONE), (0, None, 1000, 1000, NONE)]);
}

#[test]
fn another_stop_replaces_the_reason_and_a_start_of_what_runs_is_nothing() {
    let mut world = with_function(&[&[0, 1500, 2500]]);
    start(&mut world, 40);
    stop(&mut world, 1000, PAUSED);
    stop(&mut world, 2000, DropReason::WrongHost);
    let (_, ends) = run(&world);
    let expected = [
        (0, Some(1), 80, 150, None),
        (0, None, 1500, 1500, Some(PAUSED)),
        (0, None, 2500, 2500, Some(DropReason::WrongHost)),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn a_frame_held_for_a_stopped_machine_is_lost_with_it() {
    let mut world = with_function(&[&[0, 10], &[20]]);
    (world.nics[0].ring, world.nics[0].hold) = (1, true);
    stop(&mut world, 100, PAUSED);
    let (run, ends) = run(&world);
    let lost = Some(PAUSED);
    assert_eq!(ends[..2], [(0, Some(1), 100, 100, lost), (0, None, 100, 100, lost)]);
    assert_eq!((ends[2].0, ends[2].2), (1, 250), "the frame behind it starts then");
    assert_eq!(in_ns(Time(run.nics[0].held.0)), 90);
}
