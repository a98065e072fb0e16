//! What can be counted by hand: frames on a link, bursts into a ring, transfers over a bus.

use crate::fixtures::replicated::{OneCore, delivered_mpps, outcome, total, within, world};
use rxsim::engine::time::{Span, Time};
use rxsim::sim;

/// Frames back to back on 10 Gbps into an ideal port.
fn line(frame: u32, duration: &str, nic: &str, cost: &str) -> String {
    format!(
        r#"
        duration = "{duration}"
        [host.alpha]
        [host.alpha.cost]
        {cost}
        [nic.port0]
        link = "10 Gbps"
        {nic}
        [traffic.bulk]
        to = "host.alpha"
        rate = "line"
        frame = "{frame} B"
        "#
    )
}

#[test]
fn a_million_smallest_frames_take_67_2_ms_from_the_file_to_the_host() {
    let text = line(64, "67.2 ms", "", "");
    let mut last = Time::ZERO;
    let run = sim::run_traced(&world(&text), &mut |record| {
        if record.number == 999_999 {
            last = record.end;
        }
    })
    .unwrap();
    // The last bit of the millionth frame comes before its gap of 12 bytes, 9.6 ns.
    assert_eq!(last, Time::ZERO + Span::us(67_200) - Span::ps(9_600));
    assert_eq!(run.nics[0].wire.packets, 1_000_000);
    assert_eq!(run.nics[0].link_busy, Span::us(67_200));
    assert_eq!(total(&run, |source| source.delivered.packets), 1_000_000);
}

#[test]
fn line_rate_reaches_the_host_for_every_frame_size() {
    for (frame, pps) in [
        (64, 14_880_952.4),
        (256, 4_528_985.5),
        (512, 2_349_624.1),
        (1024, 1_197_318.0),
        (1518, 812_743.8),
        (9018, 138_304.9),
    ] {
        let run = outcome(&line(frame, "100 ms", "", ""));
        within(&format!("A01 {frame} B"), delivered_mpps(&run), pps / 1e6, 1e-5);
    }
}

/// Losses of one burst of `packets` into a ring of `ring`.
fn lost_of_a_burst(packets: u64, frame: u32, ring: u32, service: &str) -> u64 {
    let text = OneCore {
        cost: &format!("packet = \"{service}\""),
        nic: &format!("link = \"10 Gbps\"\nring = {ring}"),
        traffic: &format!(
            "frame = \"{frame} B\"\nburst = {{ packets = {packets}, every = \"1 s\" }}"
        ),
        warmup_us: 0.0,
        packets: 100.0,
        ..OneCore::PLAIN
    }
    .text()
    .replace("rate = \"1 kpps\"", "");
    let run = outcome(&text);
    assert_eq!(total(&run, |source| source.offered.packets), packets);
    let dropped = total(&run, |source| source.dropped.iter().sum());
    assert_eq!(total(&run, |source| source.delivered.packets), packets - dropped);
    assert_eq!(total(&run, |source| source.dropped[2]), dropped, "the ring is the only limit");
    dropped
}

#[test]
fn a_burst_loses_what_the_ring_cannot_hold() {
    assert_eq!(lost_of_a_burst(1_000, 64, 256, "200 ns"), 409);
    assert_eq!(lost_of_a_burst(2_000, 1518, 1024, "3515.4 ns"), 277);
}

#[test]
fn a_burst_just_fits_where_the_ring_grows_as_the_law_says() {
    // B frames 67.2 ns apart, service 200 ns: when the last one comes, floor((B - 1) x 67.2 / 200)
    // have left, and all others are in the ring.
    let packets = 1_000_u64;
    let room = packets as u32 - (packets as u32 - 1) * 672 / 2000;
    assert_eq!(lost_of_a_burst(packets, 64, room, "200 ns"), 0);
    assert_eq!(lost_of_a_burst(packets, 64, room - 1, "200 ns"), 1);
}

/// Bytes of a frame without FCS; Gbps of data and millions of frames per second in one direction
/// of generation 3 x8 with payloads of 256 B (pcie-bench, SIGCOMM 2018, run without descriptors).
const WRITES: [(f64, f64, f64); 6] = [
    (60.0, 41.35, 86.14),
    (64.0, 42.10, 82.22),
    (256.0, 52.92, 25.84),
    (257.0, 48.78, 23.72),
    (1024.0, 52.92, 6.46),
    (1500.0, 52.81, 4.40),
];

/// Millions of frames per second that the host gets where the bus alone limits, and what the bus
/// model says. Descriptors: 40 bytes with each frame, 52 with every 32.
fn over_a_bus(generation: u32, lanes: u32, bits: f64, bytes: f64) -> (f64, f64) {
    let overhead = 24.0 * (bytes / 256.0).ceil();
    let exact = bits / 8.0 / (bytes + overhead + 40.0 + 52.0 / 32.0) / 1e6;
    let frame = bytes + 4.0;
    let nic = format!(
        "ring = 4096\npcie = {{ generation = {generation}, lanes = {lanes}, max_payload = 256, \
         latency = \"900 ns\" }}"
    );
    let traffic = format!("arrivals = \"constant\"\nframe = \"{frame} B\"");
    let (kpps, packets) = (2e3 * exact, 1e6);
    let run =
        outcome(&OneCore { nic: &nic, traffic: &traffic, kpps, packets, ..OneCore::PLAIN }.text());
    (delivered_mpps(&run), exact)
}

#[test]
fn a_bus_carries_frames_as_pcie_arithmetic_says() {
    let bits = 8e9 * 8.0 * 128.0 / 130.0 * 0.918;
    for (bytes, gbps, mtrans) in WRITES {
        let tlps = bytes + 24.0 * (bytes / 256.0).ceil();
        let without_descriptors = bits / 1e9 * bytes / tlps;
        within(&format!("A22 write of {bytes} B, Gbps"), without_descriptors, gbps, 0.001 * gbps);
        let transfers = bits / 8e6 / tlps;
        within(&format!("A22 write of {bytes} B, M/s"), transfers, mtrans, 0.0015 * mtrans);
        let (found, exact) = over_a_bus(3, 8, bits, bytes);
        within(&format!("A22 {bytes} B over gen 3 x8, Mpps"), found, exact, 1e-4 * exact);
    }
}

#[test]
fn a_narrow_bus_limits_a_port_below_its_line_rate() {
    // Generation 1: 2.5 GT/s, 8 of 10 bits, 0.896 of them.
    for lanes in [1, 2, 4] {
        let bits = 2.5e9 * f64::from(lanes) * 0.8 * 0.896;
        for bytes in [60.0, 1514.0] {
            let (found, exact) = over_a_bus(1, lanes, bits, bytes);
            within(&format!("A22 {bytes} B over gen 1 x{lanes}"), found, exact, 1e-4 * exact);
        }
    }
    let pcie = "pcie = { generation = 1, lanes = 4, max_payload = 256, latency = \"900 ns\" }\n\
                buffer = \"64 KiB\"";
    let run = outcome(&line(1518, "100 ms", pcie, ""));
    let exact = 7.168e9 / 8.0 / (1514.0 + 24.0 * 6.0 + 40.0 + 52.0 / 32.0) / 1e6;
    within("A22 line rate over gen 1 x4, Mpps", delivered_mpps(&run), exact, 1e-3 * exact);
    let dropped = run.sources[0].dropped;
    assert!(dropped[1] > 0, "what the bus does not carry overflows the packet buffer");
    assert_eq!(dropped[1], dropped.iter().sum::<u64>());
}
