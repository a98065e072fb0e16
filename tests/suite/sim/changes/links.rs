//! Links that go down and up.

use super::*;
use crate::fixtures::minimal;

const DOWN: Option<DropReason> = Some(DropReason::LinkDown);

#[test]
fn what_is_offered_while_a_link_is_down_is_lost_when_it_is_offered() {
    let mut world = minimal::world();
    world.sources = vec![minimal::source(0, packets_at(&[99, 100, 101, 200, 201], 64))];
    event(&mut world, 100, Action::Link { nic: 0, up: false });
    event(&mut world, 200, Action::Link { nic: 0, up: true });
    let (run, ends) = run(&world);
    let lost = |at: u64| (0, None, at, at, DOWN);
    let came = |at: u64| (0, Some(0), at, at, None);
    assert_eq!(ends, [came(99), came(100), lost(101), lost(200), came(201)]);
    assert_eq!((run.nics[0].wire.packets, run.sources[0].offered.packets), (3, 5));
}

#[test]
fn what_was_offered_before_goes_its_way_and_what_is_lost_holds_no_link() {
    let mut world = minimal::world();
    // A frame of 100 bytes holds the link for 960 ns, and has arrived after 864.
    world.nics[0].link = Some(1_000_000_000);
    world.sources = vec![
        minimal::source(0, packets_at(&[0, 10, 500, 1920], 100)),
        minimal::source(1, packets_at(&[20], 100)),
    ];
    event(&mut world, 15, Action::Link { nic: 0, up: false });
    event(&mut world, 1000, Action::Link { nic: 0, up: true });
    let (run, ends) = run(&world);
    let expected = [
        (1, None, 20, 20, DOWN),
        (0, None, 500, 500, DOWN),
        (0, Some(0), 864, 864, None),
        (0, Some(0), 1824, 1824, None),
        (0, Some(0), 2784, 2784, None),
    ];
    assert_eq!(ends, expected);
    assert_eq!(in_ns(Time(run.nics[0].link_busy.0)), 3 * 960);
}
