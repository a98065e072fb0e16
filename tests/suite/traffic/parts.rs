//! Parts of a source, by flow or by time, offer together what the whole source offers.

use crate::fixtures::minimal;
use crate::fixtures::runs::traced;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, Source, SourceSpec};
use rxsim::vocab::frame::{Frame, FrameQueue};
use rxsim::vocab::packet::Record;
use rxsim::world::{Part, World};
use std::sync::Arc;

const LINK: u64 = 10_000_000_000;
const END: Time = Time(500_000_000);

fn arrivals() -> [Arrivals; 6] {
    let gap = Gap { ps: 1_000_000, packets: 3 };
    let span = || Draw::Exponential { mean: Span::us(4) };
    [
        Arrivals::Constant(Gap { ps: 333_333, packets: 1 }),
        Arrivals::Constant(gap),
        Arrivals::Poisson(gap),
        Arrivals::Line { link: LINK },
        Arrivals::OnOff { gap, on: span(), off: span() },
        Arrivals::Burst { packets: 9, every: span(), link: Some(LINK) },
    ]
}

fn spec(arrivals: Arrivals) -> SourceSpec {
    let sizes = Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]);
    let flows = Flows { count: 20, keys: Keys::Random, popularity: Popularity::Zipf(1.1) };
    SourceSpec { name: "traffic.test".into(), arrivals, sizes, flows }
}

/// Every third flow, or all others.
fn flows(third: bool) -> Arc<[bool]> {
    (0..20_u32).map(|flow| flow.is_multiple_of(3) == third).collect()
}

/// What is offered by the end, in steps of `step`, at most `most` at a time.
fn filled(mut source: Source, step: u64, most: usize) -> Vec<Frame> {
    let mut frames = FrameQueue::default();
    for limit in (0..=END.0).step_by(step as usize) {
        let mut before = usize::MAX;
        while frames.len() != before {
            before = frames.len();
            source.fill(Time(limit), most, 7, &mut frames);
        }
    }
    frames.waiting().to_vec()
}

#[test]
fn parts_of_a_source_offer_together_what_the_whole_one_offers() {
    let since = Time(200_000_000);
    for arrivals in arrivals() {
        let spec = spec(arrivals);
        let until = Some(Time(400_000_000));
        let whole = || Source::between(&spec, 3, Time(50_000_000), until);
        let expected = filled(whole(), END.0, 1 << 20);
        assert!(expected.len() > 300, "{}", expected.len());
        for (step, most) in [(END.0, 1 << 20), (1_000_000, 5), (7_000_000, 256)] {
            let parts = [(Time::ZERO, flows(true)), (since, flows(false))]
                .map(|(since, flows)| filled(whole().only(since, Some(flows)), step, most));
            let belongs = |frame: &&Frame, third: bool| frame.flow.is_multiple_of(3) == third;
            let first: Vec<Frame> =
                expected.iter().filter(|frame| belongs(frame, true)).copied().collect();
            let second = expected.iter().filter(|frame| belongs(frame, false));
            let second: Vec<Frame> = second.filter(|frame| frame.time >= since).copied().collect();
            assert_eq!(parts, [first, second]);
        }
        let mut part = whole().only(since, None);
        let emitted: Vec<u64> =
            std::iter::from_fn(|| part.emit()).map(|packet| packet.number).collect();
        let late = expected.iter().filter(|frame| frame.time >= since);
        assert_eq!(emitted, late.map(|frame| frame.number).collect::<Vec<_>>());
    }
}

/// A world of two equal ports; the second one's core is another one.
fn two_ports(parts: &[(usize, Part)], arrivals: &Arrivals, more: bool) -> World {
    let mut world = minimal::world();
    world.hosts[0].cores = 2;
    world.nics.push(world.nics[0].clone());
    world.nics[1].queues = vec![1];
    let mut source = |index, nic, part: &Part, spec| {
        let mut source = minimal::source(index, arrivals.clone());
        (source.nic, source.part, source.source) = (nic, part.clone(), spec);
        world.sources.push(source);
    };
    for (at, (nic, part)) in parts.iter().enumerate() {
        source(at, *nic, part, spec(arrivals.clone()));
        if more {
            // So that the port has more than one source.
            source(at, *nic, &Part::default(), minimal::source(9, arrivals.clone()).source);
        }
    }
    world
}

/// (number, arrival, end) of the packets of sources other than the one of `more`.
fn packets(world: &World) -> Vec<(u64, Time, Time)> {
    let (run, records) = traced(world);
    let named = |record: &&Record| world.sources[record.source.at()].source.name == "traffic.test";
    let mut all: Vec<_> = records
        .iter()
        .filter(named)
        .map(|record| (record.number, record.arrival, record.end))
        .collect();
    all.sort_unstable();
    assert_eq!(run.sources.iter().map(|source| source.in_flight).sum::<i64>(), 0);
    all
}

#[test]
fn two_ports_share_a_source_out() {
    for arrivals in arrivals() {
        for more in [false, true] {
            let world = |parts: &[(usize, Part)]| two_ports(parts, &arrivals, more);
            let whole = packets(&world(&[(0, Part::default())]));
            let part = |third, since| Part { since, flows: Some(flows(third)) };
            let halves = world(&[(0, part(true, Time::ZERO)), (1, part(false, Time::ZERO))]);
            assert_eq!(packets(&halves), whole);
            let late = Time(700_000_000);
            let cut = packets(&world(&[(1, Part { since: late, flows: None })]));
            let expected: Vec<_> = whole.iter().filter(|one| one.1 >= late).copied().collect();
            assert_eq!(cut, expected);
            let batched = World { batch: Some(Span::us(1)), ..halves.clone() };
            assert_eq!(packets(&batched), whole);
        }
    }
}

#[test]
fn a_part_without_flows_offers_nothing_and_ends() {
    let none: Arc<[bool]> = (0..20).map(|_| false).collect();
    for arrivals in arrivals() {
        let world = two_ports(
            &[(0, Part { since: Time::ZERO, flows: Some(Arc::clone(&none)) })],
            &arrivals,
            false,
        );
        assert_eq!(packets(&world), []);
    }
}
