//! When sources send, how large, to which flow.

use crate::fixtures::minimal;
use rxsim::engine::digest;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, Source, SourceSpec, link_time};
use rxsim::sim;
use rxsim::vocab::frame::FrameQueue;
use rxsim::vocab::packet::Packet;

const SMALLEST: Sizes = Sizes::Fixed(64);
const TEN_GIGABIT: u64 = 10_000_000_000;

fn one_flow() -> Flows {
    Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform }
}

fn spec(arrivals: Arrivals) -> SourceSpec {
    SourceSpec { name: "traffic.test".into(), arrivals, sizes: SMALLEST, flows: one_flow() }
}

fn packets(spec: &SourceSpec, count: usize) -> Vec<Packet> {
    let mut source = Source::new(spec, 1);
    (0..count).map_while(|_| source.emit()).collect()
}

fn times(arrivals: Arrivals, count: usize) -> Vec<u64> {
    packets(&spec(arrivals), count).iter().map(|packet| packet.time.0).collect()
}

#[test]
fn packet_n_of_a_constant_source_is_at_phase_plus_n_gaps_rounded_down() {
    for (ps, packets) in [(1_000_000_000_000, 812_743), (67_200, 1), (2, 3), (1 << 99, 1 << 70)] {
        let times = times(Arrivals::Constant(Gap { ps, packets }), 20_000);
        let phase = times[0];
        assert!(u128::from(phase) * packets < ps, "phase {phase} not in [0, gap)");
        for (n, time) in (0..).zip(&times) {
            assert_eq!(u128::from(*time), u128::from(phase) + n * ps / packets);
        }
    }
}

#[test]
fn phases_of_instances_are_spread_over_the_gap() {
    let phase = |instance: u32| {
        let gap = Gap { ps: 1_000_000, packets: 1 };
        let name = format!("traffic.test[{instance}]");
        let spec = SourceSpec { name, ..spec(Arrivals::Constant(gap)) };
        packets(&spec, 1)[0].time.0
    };
    let mean = (0..1_000).map(phase).sum::<u64>() / 1_000;
    assert!((470_000..530_000).contains(&mean), "{mean}");
}

#[test]
fn poisson_gaps_have_the_mean_and_the_spread_of_their_law() {
    let times = times(Arrivals::Poisson(Gap { ps: 2_000_000, packets: 3 }), 200_000);
    let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let square = gaps.iter().map(|gap| gap * gap).sum::<f64>() / gaps.len() as f64;
    assert!((mean * 3.0 / 2e6 - 1.0).abs() < 0.01, "{mean}");
    assert!((square / mean.powi(2) - 2.0).abs() < 0.05, "{square}");
}

#[test]
fn an_on_span_starts_with_a_packet_and_sends_none_at_its_end() {
    let arrivals = Arrivals::OnOff {
        gap: Gap { ps: 10, packets: 3 },
        on: Draw::Constant(Span(10)),
        off: Draw::Constant(Span(90)),
    };
    assert_eq!(times(arrivals, 8), [0, 3, 6, 100, 103, 106, 200, 203]);
}

#[test]
fn an_on_off_source_sends_at_its_rate_while_on() {
    for draw in [|mean| Draw::Exponential { mean }, |mean| Draw::Pareto { mean, shape: 2.5 }] {
        let (on, off) = (draw(Span::us(100)), draw(Span::us(300)));
        let gap = Gap { ps: 1_000_000, packets: 1 };
        let times = times(Arrivals::OnOff { gap, on, off }, 400_000);
        let rate = times.len() as f64 / (*times.last().expect("packets") as f64 / 1e6);
        // On for a quarter of the time; each span ends somewhere within a gap: half a packet more.
        assert!((rate / (0.25 * 1.005) - 1.0).abs() < 0.05, "{rate}");
    }
}

#[test]
fn a_burst_is_back_to_back_and_waits_for_the_one_before() {
    let frame = link_time(64, TEN_GIGABIT).0;
    let burst = |every| Arrivals::Burst {
        packets: 3,
        every: Draw::Constant(every),
        link: Some(TEN_GIGABIT),
    };
    let apart = [0, frame, 2 * frame, 1_000_000, 1_000_000 + frame, 1_000_000 + 2 * frame];
    assert_eq!(times(burst(Span::us(1)), 6), apart);
    let crowded: Vec<u64> = (0..6).map(|n| n * frame).collect();
    assert_eq!(times(burst(Span(1)), 6), crowded);
    let at_once = Arrivals::Burst { packets: 2, every: Draw::Constant(Span(7)), link: None };
    assert_eq!(times(at_once, 6), [0, 0, 7, 7, 14, 14]);
}

#[test]
fn every_kind_of_source_ends_with_the_clock() {
    let century = || Draw::Constant(Span(Time::END.0 / 3));
    let gap = Gap { ps: u128::from(Time::END.0) / 3, packets: 1 };
    let all = [
        Arrivals::Constant(gap),
        Arrivals::Poisson(gap),
        Arrivals::Line { link: 1 },
        Arrivals::OnOff { gap, on: century(), off: century() },
        Arrivals::Burst { packets: 1, every: century(), link: None },
        Arrivals::Burst { packets: 2, every: century(), link: Some(1) },
        Arrivals::Constant(Gap { ps: u128::MAX, packets: 1 }),
    ];
    for arrivals in all {
        let times = times(arrivals.clone(), 100_000);
        assert!(times.len() < 100_000, "{arrivals:?}");
        assert!(times.is_sorted() && times.iter().all(|time| *time <= Time::END.0));
    }
}

#[test]
fn flows_are_chosen_by_their_popularity() {
    let harmonic: f64 = (1..=100).map(|rank| f64::from(rank).powf(-1.1)).sum();
    let zipf = |rank: u32| f64::from(rank).powf(-1.1) / harmonic;
    for (popularity, share) in
        [(Popularity::Uniform, &(|_| 0.01) as &dyn Fn(u32) -> f64), (Popularity::Zipf(1.1), &zipf)]
    {
        let flows = Flows { count: 100, keys: Keys::Random, popularity };
        let arrivals = Arrivals::Line { link: TEN_GIGABIT };
        let mut counts = [0_u32; 100];
        let sent = packets(&SourceSpec { flows, ..spec(arrivals) }, 300_000);
        for packet in &sent {
            counts[packet.flow.at()] += 1;
        }
        // Pearson's statistic over 99 degrees of freedom stays below this but once in 10^4.
        let chi = |(rank, count): (u32, &u32)| {
            let expected = share(rank) * sent.len() as f64;
            (f64::from(*count) - expected).powi(2) / expected
        };
        let found: f64 = (1..).zip(&counts).map(chi).sum();
        assert!(found < 161.3, "{popularity:?}: {found}");
    }
}

#[test]
fn a_further_flow_or_size_shifts_no_arrival() {
    let plain = spec(Arrivals::Poisson(Gap { ps: 1_000_000, packets: 1 }));
    let flows = Flows { count: 64, ..one_flow() };
    let sizes = Sizes::Mix(vec![(64, 1), (1518, 1)]);
    let varied = SourceSpec { flows, sizes, ..plain.clone() };
    let (plain, varied) = (packets(&plain, 1_000), packets(&varied, 1_000));
    assert!(plain.iter().zip(&varied).all(|(a, b)| (a.time, a.number) == (b.time, b.number)));
    assert!(varied.iter().any(|packet| packet.flow.0 > 0 && packet.size == 1518));
}

#[test]
fn random_keys_are_the_same_for_a_seed_and_differ_between_sources() {
    let keys = |name: &str, seed| {
        let flows = Flows { count: 50, ..one_flow() };
        let arrivals = Arrivals::Line { link: TEN_GIGABIT };
        let spec = SourceSpec { name: name.into(), flows, ..spec(arrivals) };
        spec.flow_keys(seed).collect::<Vec<_>>()
    };
    let first = keys("traffic.a", 1);
    assert_eq!(first, keys("traffic.a", 1));
    for other in [keys("traffic.b", 1), keys("traffic.a", 2)] {
        assert!(first.iter().all(|key| !other.contains(key)));
    }
}

/// One source of each kind, with several sizes and flows.
fn each_kind() -> Vec<SourceSpec> {
    let spans = || Draw::Exponential { mean: Span::us(5) };
    let gap = Gap { ps: 1_000_001, packets: 3 };
    let of = |arrivals| SourceSpec {
        sizes: Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]),
        flows: Flows { count: 64, ..one_flow() },
        ..spec(arrivals)
    };
    let fixed = |arrivals| spec(arrivals);
    vec![
        of(Arrivals::Constant(gap)),
        of(Arrivals::Constant(Gap { ps: 1_000_000, packets: 1 })),
        of(Arrivals::Constant(Gap { ps: 1 << 90, packets: (1 << 70) - 1 })),
        of(Arrivals::Poisson(gap)),
        of(Arrivals::Line { link: TEN_GIGABIT }),
        fixed(Arrivals::Line { link: TEN_GIGABIT }),
        of(Arrivals::OnOff { gap, on: spans(), off: spans() }),
        of(Arrivals::Burst { packets: 5, every: spans(), link: Some(TEN_GIGABIT) }),
        of(Arrivals::Burst { packets: 5, every: spans(), link: None }),
    ]
}

/// All packets of a source, taken in batches of odd sizes up to odd limits.
fn in_batches(mut source: Source, end: Time) -> Vec<(Time, u64, u32)> {
    let (mut all, mut frames, mut limit) = (Vec::new(), FrameQueue::default(), Time::ZERO);
    for most in (1..40).cycle() {
        source.fill(limit, most, 0, &mut frames);
        all.extend(frames.waiting().iter().map(|frame| (frame.time, frame.number, frame.size)));
        let full = frames.len() == most;
        frames.consume(frames.len());
        if !full {
            if limit >= end {
                break;
            }
            limit = end.min(limit + Span(1_777_777));
        }
    }
    all
}

#[test]
fn a_source_that_begins_and_ends_sends_what_it_would_send_later_and_no_more() {
    let (from, until) = (Time(30_000_007), Time(90_000_001));
    for spec in each_kind() {
        let mut endless = Source::new(&spec, 1);
        let shifted = std::iter::repeat_with(|| endless.take())
            .map(|packet| Packet { time: packet.time + Span(from.0), ..packet })
            .take_while(|packet| packet.time < until);
        let expected: Vec<Packet> = shifted.collect();
        assert!(expected.len() > 50, "{:?}: {}", spec.arrivals, expected.len());
        let mut source = Source::between(&spec, 1, from, Some(until));
        let found: Vec<Packet> = std::iter::from_fn(|| source.emit()).collect();
        assert_eq!(found, expected, "{:?}", spec.arrivals);
        assert!(source.due() > Time::END, "it has stopped for good");
        let batches = in_batches(Source::between(&spec, 1, from, Some(until)), until + Span::us(9));
        let plain = expected.iter().map(|packet| (packet.time, packet.number, packet.size));
        assert!(batches.into_iter().eq(plain), "{:?}", spec.arrivals);
    }
}

#[test]
fn nothing_is_sent_at_the_instant_at_which_a_source_ends() {
    let gap = Gap { ps: 1_000_000, packets: 1 };
    let spec = SourceSpec { name: "traffic.test".into(), ..spec(Arrivals::Constant(gap)) };
    let mut endless = Source::new(&spec, 1);
    let (first, second) = (endless.take().time, endless.take().time);
    let count = |until| in_batches(Source::between(&spec, 1, Time::ZERO, Some(until)), until).len();
    assert_eq!((count(first), count(second), count(second + Span(1))), (0, 1, 2));
}

/// Printed by this test before there were sources that begin and end.
const ENDLESS: u64 = 0xad19_7b31_0c47_1687;

#[test]
fn a_source_without_end_sends_what_it_always_did() {
    let words = |spec: SourceSpec| {
        packets(&spec, 2_000).into_iter().flat_map(|packet| {
            [packet.time.0, packet.number, u64::from(packet.size), u64::from(packet.flow.0)]
        })
    };
    let found = digest::sequence(each_kind().into_iter().flat_map(words));
    assert_eq!(found, ENDLESS, "{found:#018x}");
}

#[test]
fn a_run_without_a_duration_ends_when_all_sources_have_stopped() {
    let mut world = minimal::world();
    world.duration = None;
    let arrivals = |mean| Arrivals::Poisson(Gap { ps: mean, packets: 1 });
    world.sources =
        vec![minimal::source(0, arrivals(1_000_000)), minimal::source(1, arrivals(777_777))];
    for (source, end) in world.sources.iter_mut().zip([Span::ms(120), Span::ms(250)]) {
        (source.from, source.until) = (Time::ZERO + Span::ms(50), Some(Time::ZERO + end));
    }
    let outcome = sim::run(&world, &mut |_| {}).unwrap();
    let offered: Vec<u64> = outcome.sources.iter().map(|source| source.offered.packets).collect();
    assert!((69_000..71_000).contains(&offered[0]), "{offered:?}");
    assert!((256_000..259_000).contains(&offered[1]), "{offered:?}");
    assert!((Span::ms(249)..Span::ms(250)).contains(&outcome.window), "{}", outcome.window);
}
