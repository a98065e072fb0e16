//! Line-rate arithmetic: a frame of F bytes holds the link for (F + 20) x 8 bit times.

use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Popularity, Sizes, Source, SourceSpec, link_time};

const GIGABIT: u64 = 1_000_000_000;

fn line(sizes: Sizes, link: u64) -> Source {
    let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
    let arrivals = Arrivals::Line { link };
    Source::new(&SourceSpec { name: "traffic.line".into(), arrivals, sizes, flows }, 1)
}

fn start_of(packet: usize, source: Source) -> Time {
    let mut packets = source;
    (0..=packet).filter_map(|_| packets.emit()).last().expect("a line never ends").time
}

#[test]
fn a_million_smallest_frames_take_exactly_67_2_ms_at_10_gbps() {
    let millionth = start_of(1_000_000, line(Sizes::Fixed(64), 10 * GIGABIT));
    assert_eq!(millionth.since(Time::ZERO), Span::us(67_200));
}

#[test]
fn frame_times_and_rates_are_those_of_the_standard() {
    // Bytes; frames per second at 1, 10, 25, 40 and 100 Gbps; ns per frame and Gbps of L2 at 10.
    let table = [
        (
            64,
            [1_488_095.2, 14_880_952.4, 37_202_381.0, 59_523_809.5, 148_809_523.8],
            67.2,
            7.619_048,
        ),
        (256, [452_898.6, 4_528_985.5, 11_322_463.8, 18_115_942.0, 45_289_855.1], 220.8, 9.275_362),
        (512, [234_962.4, 2_349_624.1, 5_874_060.2, 9_398_496.2, 23_496_240.6], 425.6, 9.624_060),
        (1024, [119_731.8, 1_197_318.0, 2_993_295.0, 4_789_272.0, 11_973_180.1], 835.2, 9.808_429),
        (1518, [81_274.4, 812_743.8, 2_031_859.6, 3_250_975.3, 8_127_438.2], 1230.4, 9.869_961),
        (9018, [13_830.5, 138_304.9, 345_762.3, 553_219.7, 1_383_049.3], 7230.4, 9.977_871),
    ];
    for (bytes, rates, nanoseconds, l2) in table {
        let ps = |gigabits: u64| link_time(bytes, gigabits * GIGABIT).0 as f64;
        for (rate, gigabits) in rates.iter().zip([1, 10, 25, 40, 100]) {
            assert!((1e12 / ps(gigabits) - rate).abs() < 0.06, "{bytes} B at {gigabits} Gbps");
        }
        assert!((ps(10) / 1e3 - nanoseconds).abs() < 1e-9, "{bytes} B");
        assert!((f64::from(bytes) * 8e3 / ps(10) - l2).abs() < 1e-6, "{bytes} B");
    }
}

#[test]
fn each_frame_of_a_mix_starts_when_the_link_has_sent_the_one_before() {
    let mix = Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]);
    let mut source = line(mix, 3 * GIGABIT);
    let mut free = Time::ZERO;
    for number in 0..10_000 {
        let packet = source.emit().expect("a line never ends");
        assert_eq!((packet.time, packet.number), (free, number));
        free += link_time(packet.size, 3 * GIGABIT);
    }
}

#[test]
fn a_link_time_is_rounded_to_the_nearest_picosecond() {
    assert_eq!(link_time(64, 7), Span(96_000_000_000_000));
    assert_eq!(link_time(64, 9_000_000_007), Span(74_667));
    assert_eq!(link_time(65_539, 400 * GIGABIT), Span(1_311_180));
}
