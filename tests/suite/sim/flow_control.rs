//! Ports that ask their peer to pause: worlds worked out by hand, in nanoseconds; random ones.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::random::{seeds, worlds};
use crate::fixtures::replicated::world;
use crate::fixtures::runs::{same_in_windows, traced};
use crate::worlds::{FUNCTIONS, HARDWARE, MIXED, MOVES, STACKS, THREADS, VMS, random_world};
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::outcome::Outcome;
use rxsim::world::{FlowControl, World};

/// Frames of 80 B at these instants to a link on which a byte takes 1 ns: one holds it for 100, and
/// has arrived after 88. At 160 B the peer pauses, down to 80.
fn paused(at: &[u64]) -> World {
    let mut world = minimal::world();
    let nic = &mut world.nics[0];
    (nic.link, nic.buffer) = (Some(8_000_000_000), Some(1_000));
    nic.flow_control = Some(FlowControl { high: 160, low: 80 });
    world.sources = vec![minimal::source(0, packets_at(at, 80))];
    world
}

/// A ring of one descriptor that is held, whose core takes 1000 for a packet.
fn held(at: &[u64]) -> World {
    let mut world = paused(at);
    (world.nics[0].hold, world.nics[0].ring) = (true, 1);
    world.hosts[0].costs.packet = Draw::Constant(Span::us(1));
    world
}

/// A run, and the records of its packets in their order.
fn run(world: &World) -> (Outcome, Vec<Record>) {
    let (run, mut records) = traced(world);
    records.sort_by_key(|record| record.number);
    (run, records)
}

fn arrivals(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.arrival.0 / 1_000).collect()
}

#[test]
fn a_peer_pauses_until_descriptors_have_emptied_the_buffer() {
    let mut world = held(&[0; 6]);
    world.duration = Some(Span::us(10));
    let (run, records) = run(&world);
    // The third arrives at 288 and makes 160 B; from then on one frame goes as one is taken.
    assert_eq!(arrivals(&records), [88, 188, 288, 1176, 2176, 3176]);
    let ends: Vec<u64> = records.iter().map(|record| record.end.0 / 1_000).collect();
    assert_eq!(ends, [1088, 2088, 3088, 4088, 5088, 6088]);
    // 288 to 1088, 1176 to 2088, 2176 to 3088, 3176 to 4088.
    assert_eq!(run.nics[0].paused, Span::ns(800 + 3 * 912));
    assert_eq!(run.nics[0].link_busy, Span::ns(600));
    assert_eq!(run.sources[0].dropped, [0; DropReason::ALL.len()]);
    // A window that ends while the peer pauses counts what has passed.
    world.duration = Some(Span::ns(1_500));
    let (run, _) = self::run(&world);
    assert_eq!(run.nics[0].paused, Span::ns(800 + 1_500 - 1_176));
    assert_eq!((run.nics[0].wire.packets, run.sources[0].in_flight), (4, 5));
}

#[test]
fn a_slow_bus_fills_the_buffer_too_and_a_frame_may_begin_as_the_pause_ends() {
    let mut world = paused(&[0; 6]);
    world.nics[0].dma.latency = Span::us(1);
    let (run, records) = run(&world);
    assert_eq!(arrivals(&records), [88, 188, 1176, 1276, 2264, 2364]);
    // 188 to 1088, 1176 to 1188 (when the link is free), and so on; the last one until 3264.
    assert_eq!(run.nics[0].paused, Span::ns(3 * 900 + 2 * 12));
    // Where the marks are apart no frame is let in between.
    world.nics[0].flow_control = Some(FlowControl { high: 160, low: 0 });
    let (run, records) = self::run(&world);
    assert_eq!(arrivals(&records), [88, 188, 1276, 1376, 2464, 2564]);
    assert_eq!(run.nics[0].paused, Span::ns(3 * 1_000));
}

#[test]
fn what_waits_before_the_link_is_bounded_by_the_egress_buffer() {
    let lost = |egress: u64, at: &[u64]| -> Vec<u64> {
        let mut world = held(at);
        world.nics[0].egress = egress;
        let (_, records) = run(&world);
        let lost = records.iter().filter(|record| {
            let full = record.fate == Fate::Dropped(DropReason::LinkFull);
            assert!(!full || (record.start, record.end) == (record.arrival, record.arrival));
            full
        });
        lost.map(|record| record.number).collect()
    };
    // One begins at once, three wait; the fourth that would have to is too much.
    assert_eq!(lost(240, &[0; 6]), [4, 5]);
    assert_eq!(lost(239, &[0; 6]), [3, 4, 5]);
    // The second frame begins at 100, and makes room for one offered at that very instant.
    assert_eq!(lost(240, &[0, 0, 0, 0, 99, 100, 100]), [4, 6]);
    // Frames that find the link free wait for nothing.
    assert_eq!(lost(0, &[0, 100, 200]), [0_u64; 0]);
    // ... unless the peer pauses: from 288 to 1088.
    assert_eq!(lost(0, &[0, 100, 200, 288, 300, 1087, 1088]), [3, 4, 5]);
    assert_eq!(lost(160, &[0, 100, 200, 400, 500, 600, 1088, 1089]), [5, 7]);
}

/// A random world whose ports pause their peers, and hold what finds its ring full in half of the
/// cases.
fn random_pauses(seed: u64, level: u8) -> World {
    let mut world = random_world(seed, level);
    let mut dice = Stream::new(seed, "random pauses", &level.to_string());
    for nic in &mut world.nics {
        let buffer = [200, 2_000, 8_000][dice.below(3) as usize];
        let link = nic.link.unwrap_or(9_600_000_000);
        (nic.link, nic.buffer) = (Some(link), Some(buffer));
        let high = 1 + dice.below(buffer);
        nic.flow_control = Some(FlowControl { high, low: dice.below(high) });
        nic.hold = dice.below(2) == 0;
    }
    world
}

fn on_random_pauses(look: impl Fn(&World, &str) -> Outcome) -> Vec<Outcome> {
    let levels = [HARDWARE, MIXED, STACKS, THREADS, VMS, MOVES, FUNCTIONS];
    let one = |(seed, level)| {
        look(&random_pauses(seed, level), &format!("random_pauses({seed}, {level})"))
    };
    seeds(worlds(100), &levels).map(one).collect()
}

#[test]
fn the_length_of_a_window_changes_nothing() {
    let batches = [Span::us(1), Span(3_333_333), Span::us(10)];
    let runs = on_random_pauses(|world, name| same_in_windows(world, &batches, name));
    let some = runs.iter().filter(|run| run.nics.iter().any(|nic| nic.paused > Span::ZERO));
    assert!(some.count() * 3 > runs.len(), "too few of them pause");
}

#[test]
fn a_pause_that_begins_a_frame_ahead_of_the_end_loses_nothing_in_the_buffer() {
    let runs = on_random_pauses(|world, _| {
        let mut world = world.clone();
        for nic in &mut world.nics {
            (nic.buffer, nic.flow_control) =
                (Some(8_000), Some(FlowControl { high: 6_482, low: 3_000 }));
        }
        traced(&world).0
    });
    let lost = |run: &Outcome, reason: DropReason| -> u64 {
        run.sources.iter().map(|source| source.dropped[reason as usize]).sum()
    };
    assert_eq!(runs.iter().map(|run| lost(run, DropReason::BufferFull)).sum::<u64>(), 0);
    assert!(runs.iter().map(|run| lost(run, DropReason::LinkFull)).sum::<u64>() > 10_000);
}

#[test]
fn the_marks_are_shares_of_the_buffer_and_a_driver_that_pauses_holds() {
    let port = |keys: &str| {
        let head =
            "duration = \"1 ms\"\n[host.alpha]\ncores = 4\n[nic.port0]\nmodel = \"intel-82599\"\n";
        let rest = "[traffic.bulk]\nto = \"host.alpha\"\nrate = \"1 Gbps\"\n";
        let nic = world(&format!("{head}path = \"rss\"\n{keys}\n{rest}")).nics.remove(0);
        (nic.flow_control.map(|pause| (pause.high, pause.low)), nic.hold)
    };
    assert_eq!(port(""), (None, false));
    assert_eq!(port("flow_control = \"none\""), (None, false));
    assert_eq!(port("flow_control = \"pause\""), (Some((384 << 10, 256 << 10)), true));
    let drops = "flow_control = \"pause\"\nwhen_ring_full = \"drop\"";
    assert_eq!(port(drops), (Some((384 << 10, 256 << 10)), false));
    let marks = "buffer = \"8 KiB\"\nflow_control = { high = \"7 KiB\" }";
    assert_eq!(port(marks), (Some((7 << 10, 4 << 10)), true));
    assert_eq!(port("flow_control = { low = \"0 B\" }"), (Some((384 << 10, 0)), true));
}
