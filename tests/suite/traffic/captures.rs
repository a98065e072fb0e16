//! Recorded traffic: sound files of every kind, damaged ones, and real ones where they are at hand.

use flate2::Compression;
use flate2::write::GzEncoder;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::capture::{Capture, Flaw, read, read_from};
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Popularity, Sizes, Source, SourceSpec};
use rxsim::vocab::flow_key::{Addresses, FlowKey, Protocol};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Writes the numbers of a file in one byte order.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

const LITTLE: Order = Order { big: false };
const BIG: Order = Order { big: true };

impl Order {
    fn words<const N: usize>(self, words: [u32; N]) -> Vec<u8> {
        words.map(|word| if self.big { word.to_be_bytes() } else { word.to_le_bytes() }).concat()
    }

    fn halves<const N: usize>(self, halves: [u16; N]) -> Vec<u8> {
        halves.map(|half| if self.big { half.to_be_bytes() } else { half.to_le_bytes() }).concat()
    }

    fn pcap_head(self, magic: u32, link: u32) -> Vec<u8> {
        [self.words([magic]), self.halves([2, 4]), self.words([0, 0, 65_535, link])].concat()
    }

    fn pcap_packet(self, seconds: u32, fraction: u32, original: u32, bytes: &[u8]) -> Vec<u8> {
        let head = self.words([seconds, fraction, bytes.len() as u32, original]);
        [head, bytes.to_vec()].concat()
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = (12 + body.len() + padding.len()) as u32;
        let head = self.words([kind, length]);
        [head, body.to_vec(), padding, self.words([length])].concat()
    }

    fn section(self) -> Vec<u8> {
        let version = [self.words([0x1a2b_3c4d]), self.halves([1, 0]), vec![255; 8]].concat();
        self.block(0x0a0d_0d0a, &version)
    }

    /// With the byte of `if_tsresol`, where there is one.
    fn interface(self, link: u16, resolution: Option<u8>) -> Vec<u8> {
        let option = resolution
            .map(|unit| [self.halves([9, 1]), vec![unit, 0, 0, 0], self.halves([0, 0])].concat());
        let body = [self.halves([link, 0]), self.words([65_535]), option.unwrap_or_default()];
        self.block(1, &body.concat())
    }

    fn enhanced(self, interface: u32, ticks: u64, original: u32, bytes: &[u8]) -> Vec<u8> {
        let (high, low) = ((ticks >> 32) as u32, ticks as u32);
        let head = self.words([interface, high, low, bytes.len() as u32, original]);
        self.block(6, &[head, bytes.to_vec()].concat())
    }
}

/// Behind the addresses of an Ethernet frame: EtherType and payload.
fn ethernet(behind: &[u8]) -> Vec<u8> {
    [&[2; 12], behind].concat()
}

/// An IPv4 packet from 10.0.0.1 to 10.0.0.2 with `fragment` in the field of flags and offset.
fn ipv4(protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let [length, fragment] = [20 + payload.len() as u16, fragment].map(u16::to_be_bytes);
    let mut packet =
        vec![0x45, 0, length[0], length[1], 0, 7, fragment[0], fragment[1], 64, protocol];
    packet.extend([0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.extend(payload);
    packet
}

/// The start of a UDP or (as far as steering looks) TCP header: ports 1000 and 2000.
fn ports() -> Vec<u8> {
    [1000_u16.to_be_bytes().to_vec(), 2000_u16.to_be_bytes().to_vec(), vec![0, 28], vec![0; 22]]
        .concat()
}

fn udp_frame() -> Vec<u8> {
    ethernet(&[vec![8, 0], ipv4(17, 0, &ports())].concat())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

fn plain(bytes: &[u8]) -> Capture {
    read_from(bytes, 1.0, None).expect("a sound file")
}

fn offsets(capture: &Capture) -> Vec<u64> {
    capture.packets.iter().map(|packet| packet.offset.0).collect()
}

/// Four packets of a pcap file with these times.
fn recorded(times: [(u32, u32); 4]) -> Vec<u8> {
    let packets = times.map(|time| LITTLE.pcap_packet(time.0, time.1, 100, &udp_frame())).concat();
    [LITTLE.pcap_head(0xa1b2_c3d4, 1), packets].concat()
}

#[test]
fn pcap_is_read_in_both_byte_orders_and_both_units() {
    for order in [LITTLE, BIG] {
        for (magic, unit) in [(0xa1b2_c3d4, 1_000_000), (0xa1b2_3c4d, 1_000)] {
            let packets = [
                order.pcap_head(magic, 1),
                order.pcap_packet(1_600_000_000, 999_990, 1514, &udp_frame()),
                order.pcap_packet(1_600_000_001, 10, 40, &udp_frame()),
            ];
            let capture = plain(&packets.concat());
            let gap = 1_000_000_000_000 - 999_980 * unit;
            assert_eq!(offsets(&capture), [0, gap]);
            let sizes: Vec<_> = capture.packets.iter().map(|packet| packet.size).collect();
            assert_eq!(sizes, [1518, 64]);
            assert_eq!((capture.flows.len(), capture.tuples), (1, 1));
            assert_eq!(capture.captured_bytes, 2 * udp_frame().len() as u64);
        }
    }
}

#[test]
fn pcapng_is_read_with_the_unit_of_each_interface() {
    for order in [LITTLE, BIG] {
        let frame = udp_frame();
        let file = [
            order.section(),
            order.interface(1, None),
            order.interface(1, Some(9)),
            order.interface(1, Some(0x8a)),
            order.block(5, &[0; 12]),
            order.enhanced(0, 5_000_000, 60, &frame),
            order.enhanced(1, 5_000_000_007, 60, &frame),
            order.enhanced(2, 5 * 1024 + 512, 60, &frame),
            // A simple packet has no time: that of the one before.
            order.block(3, &[order.words([frame.len() as u32]), frame.clone()].concat()),
            order.section(),
            order.interface(1, Some(6)),
            order.enhanced(0, 6_000_000, 60, &frame),
        ];
        let capture = plain(&file.concat());
        let half = 500_000_000_000;
        assert_eq!(offsets(&capture), [0, 7_000, half, half, 2 * half]);
        assert_eq!(capture.packets[3].size, frame.len() as u32 + 4);
        assert_eq!(capture.captured_bytes, 5 * frame.len() as u64);
        let other = if order.big { LITTLE } else { BIG };
        let second = [other.section(), other.interface(1, None)].concat();
        let second = [second, other.enhanced(0, 7_000_000, 60, &frame)].concat();
        assert_eq!(plain(&[file.concat(), second].concat()).packets.len(), 6);
    }
}

#[test]
fn gzip_is_unpacked_even_in_several_members() {
    let file = recorded([(0, 0), (0, 1), (0, 2), (0, 3)]);
    let whole = plain(&file);
    assert_eq!(plain(&gzip(&file)).packets, whole.packets);
    let (start, end) = file.split_at(100);
    assert_eq!(plain(&[gzip(start), gzip(end)].concat()).packets, whole.packets);
}

#[test]
fn times_are_rescaled_and_never_go_back() {
    let file = recorded([(10, 0), (11, 0), (10, 500_000), (14, 0)]);
    let capture = plain(&file);
    let second = 1_000_000_000_000;
    assert_eq!(offsets(&capture), [0, second, second, 4 * second]);
    assert_eq!((capture.backwards, capture.shortened), (1, 0));
    let faster = read_from(&file[..], 3.0, None).expect("a sound file");
    assert_eq!(offsets(&faster), [0, second / 3, second / 3, second / 3 + second]);
    let shorter = read_from(&file[..], 2.0, Some(Span::ms(600))).expect("a sound file");
    assert_eq!(offsets(&shorter), [0, second / 2, second / 2, second / 2 + 600_000_000_000]);
    assert_eq!(shorter.shortened, 1);
}

#[test]
fn a_gap_too_long_for_the_clock_is_named_and_max_gap_suggested() {
    let file = recorded([(0, 0), (1, 0), (6_000_000, 0), (6_000_001, 0)]);
    let flaw = read_from(&file[..], 1.0, None).expect_err("longer than the clock");
    assert!(matches!(flaw, Flaw::TooLate { packet: 3, .. }), "{flaw:?}");
    let shown = flaw.to_string();
    assert!(shown.contains("packet 3, 69.444 days after") && shown.contains("max_gap"), "{shown}");
    let shortened = read_from(&file[..], 1.0, Some(Span::ms(1))).expect("short enough");
    assert_eq!(shortened.shortened, 3);
}

#[test]
fn flows_are_told_apart_by_what_the_headers_say() {
    let tagged = |tag: &[u8]| ethernet(&[tag, &[8, 0], &ipv4(17, 0, &ports())].concat());
    let plain_ip = |packet: Vec<u8>| ethernet(&[vec![8, 0], packet].concat());
    let v4 = Addresses::V4([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
    let udp =
        FlowKey { addresses: v4, protocol: Protocol::Udp, ports: (1000, 2000), fragment: false };
    let none = FlowKey {
        addresses: Addresses::None,
        protocol: Protocol::Other(0),
        ports: (0, 0),
        fragment: false,
    };
    let mut six = vec![0x60, 0, 0, 0, 0, 28, 6, 64];
    six.extend([[0; 15].as_slice(), &[1], &[0; 15], &[2], &ports()].concat());
    let v6 = Addresses::V6(1_u128.to_be_bytes().into(), 2_u128.to_be_bytes().into());
    let cases = [
        (udp_frame(), udp),
        (tagged(&[0x81, 0, 0, 5]), udp),
        (tagged(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6]), udp),
        (plain_ip(ipv4(6, 0, &ports())), FlowKey { protocol: Protocol::Tcp, ..udp }),
        (
            ethernet(&[vec![0x86, 0xdd], six].concat()),
            FlowKey { addresses: v6, protocol: Protocol::Tcp, ..udp },
        ),
        // The first fragment has ports, the others payload in their place.
        (plain_ip(ipv4(17, 0x2000, &ports())), FlowKey { fragment: true, ..udp }),
        (plain_ip(ipv4(17, 0x0003, &ports())), FlowKey { fragment: true, ports: (0, 0), ..udp }),
        (
            plain_ip(ipv4(1, 0, &[8, 0, 1, 2])),
            FlowKey { protocol: Protocol::Other(1), ports: (0, 0), ..udp },
        ),
        (ethernet(&[&[0x88, 0x47, 0, 0, 1, 64], &ipv4(17, 0, &ports())[..]].concat()), none),
        (ethernet(&[&[8, 6], &[0; 28][..]].concat()), none),
        (vec![1, 2, 3], none),
        (Vec::new(), none),
    ];
    for (frame, expected) in cases {
        let packet = BIG.pcap_packet(0, 0, 100, &frame);
        let capture = plain(&[BIG.pcap_head(0xa1b2_c3d4, 1), packet].concat());
        assert_eq!(capture.flows, [expected], "{frame:02x?}");
        assert_eq!(capture.tuples, u64::from(expected.addresses != Addresses::None));
    }
}

#[test]
fn other_links_than_ethernet_are_read_where_they_carry_ip() {
    let ip = ipv4(17, 0, &ports());
    let cooked = [vec![0; 14], vec![8, 0], ip.clone()].concat();
    let newer = [vec![8, 0], vec![0; 18], ip.clone()].concat();
    let loopback = [vec![2, 0, 0, 0], ip.clone()].concat();
    for (link, bytes) in [(101, ip), (113, cooked), (276, newer), (0, loopback)] {
        let packet = LITTLE.pcap_packet(0, 0, 100, &bytes);
        let file = [LITTLE.pcap_head(0xa1b2_c3d4, link), packet].concat();
        assert_eq!(plain(&file).flows[0].ports, (1000, 2000), "link type {link}");
        assert!((0..24).all(|short| {
            let packet = LITTLE.pcap_packet(0, 0, 100, &bytes[..short]);
            plain(&[LITTLE.pcap_head(0xa1b2_c3d4, link), packet].concat()).tuples == 0
                || short >= 20
        }));
    }
    let radio = [LITTLE.pcap_head(0xa1b2_c3d4, 105), LITTLE.pcap_packet(0, 0, 9, &[0; 9])].concat();
    assert_eq!(
        read_from(&radio[..], 1.0, None).err(),
        Some(Flaw::LinkType { packet: 1, kind: 105 })
    );
}

#[test]
fn what_is_no_recording_is_refused_in_words() {
    let refused = |bytes: &[u8]| read_from(bytes, 1.0, None).expect_err("not sound");
    assert_eq!(refused(&[]), Flaw::Empty);
    assert_eq!(refused(b"\x7fELF and more"), Flaw::Unknown);
    assert_eq!(refused(&gzip(b"just some text")), Flaw::Unknown);
    assert_eq!(refused(&gzip(&[])), Flaw::Empty);
    assert_eq!(refused(&LITTLE.pcap_head(0xa1b2_c3d4, 1)), Flaw::NoPackets);
    assert_eq!(refused(&LITTLE.section()), Flaw::NoPackets);
    let missing = read(Path::new("/nowhere/trace.pcap"), 1.0, None).expect_err("no such file");
    assert!(missing.to_string().starts_with("/nowhere/trace.pcap: cannot be read: "), "{missing}");
    let folder = read(Path::new(env!("CARGO_MANIFEST_DIR")), 1.0, None).expect_err("a directory");
    assert_eq!(folder.flaw, Flaw::Directory);
}

#[test]
fn a_file_cut_anywhere_names_the_packet_that_is_cut() {
    let frame = udp_frame();
    let pcap = recorded([(0, 0), (0, 1), (0, 2), (0, 3)]);
    let packet = 16 + frame.len();
    for length in 1..pcap.len() {
        let found = read_from(&pcap[..length], 1.0, None);
        let (whole, rest) =
            (length.saturating_sub(24) / packet, length.saturating_sub(24) % packet);
        match found {
            Ok(capture) => assert_eq!((capture.packets.len(), rest), (whole, 0)),
            Err(Flaw::NoPackets) => assert_eq!(length, 24),
            Err(flaw) => assert_eq!(flaw, Flaw::CutShort { packet: whole as u64 + 1 }),
        }
    }
    let flaw = read_from(&pcap[..pcap.len() - 1], 1.0, None).expect_err("cut").to_string();
    assert!(flaw.contains("packet 4") && flaw.contains("1-3"), "{flaw}");
    let zipped = gzip(&pcap);
    for length in 3..zipped.len() {
        assert!(read_from(&zipped[..length], 1.0, None).is_err(), "{length} bytes");
    }
}

#[test]
fn no_damage_makes_the_reader_panic_or_take_much_memory() {
    let frame = udp_frame();
    let order = LITTLE;
    let pcapng = [
        order.section(),
        order.interface(1, Some(9)),
        order.enhanced(0, 5, 60, &frame),
        order.block(3, &[order.words([60]), frame].concat()),
    ];
    for file in [recorded([(0, 0), (0, 1), (0, 2), (0, 3)]), pcapng.concat()] {
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = file.clone();
                damaged[at] = value;
                let _ = read_from(&damaged[..], 1.0, None);
            }
        }
        let zipped = gzip(&file);
        for at in 0..zipped.len() {
            let mut damaged = zipped.clone();
            damaged[at] ^= 0xff;
            let _ = read_from(&damaged[..], 1.0, None);
        }
    }
    let huge = [order.section(), order.words([6, 0xffff_fffc]), vec![0; 64]].concat();
    let flaw = read_from(&huge[..], 1.0, None).expect_err("a huge block");
    assert_eq!(
        flaw.to_string(),
        "is damaged at packet 1: a block of 4294967292 bytes; copy it again"
    );
}

#[test]
fn a_capture_is_played_once_with_its_own_sizes_and_flows() {
    let capture = Arc::new(plain(&recorded([(5, 0), (5, 10), (5, 10), (6, 0)])));
    let spec = SourceSpec {
        name: "traffic.played".into(),
        arrivals: Arrivals::Capture(Arc::clone(&capture)),
        sizes: Sizes::Fixed(1518),
        flows: Flows { count: 9, keys: Keys::Random, popularity: Popularity::Uniform },
    };
    let mut source = Source::new(&spec, 1);
    for (number, packet) in (0..).zip(&capture.packets) {
        let played = source.emit().expect("as many packets as recorded");
        assert_eq!(played.time.since(Time::ZERO), packet.offset);
        assert_eq!((played.number, played.size, played.flow.0), (number, 104, packet.flow));
    }
    assert_eq!((source.emit(), source.emit()), (None, None));
    assert!(spec.flow_keys(1).eq(capture.flows.iter().copied()));
}

#[test]
fn real_captures_have_the_counts_of_an_independent_reader() {
    let Ok(folder) = std::env::var("RXSIM_CAPTURES") else {
        eprintln!("skipped: RXSIM_CAPTURES does not name the folder of real captures");
        return;
    };
    // Packets, captured bytes and directed 5-tuples as dpkt 1.9 counts them.
    let table = [
        ("echo-connections.pcap.gz", 82_582, 5_512_362, 1_000),
        ("smb3_multichannel.pcap", 1_448, 2_594_719, 9),
        ("bro.org.pcap", 751, 494_493, 26),
        ("alexa-app.pcapng", 3_103, 1_171_135, 309),
    ];
    for (file, packets, bytes, tuples) in table {
        let capture = read(&Path::new(&folder).join(file), 1.0, None).expect(file);
        let found = (capture.packets.len(), capture.captured_bytes, capture.tuples);
        assert_eq!(found, (packets, bytes, tuples), "{file}");
    }
    // Its packets were recorded years apart.
    let mixed = Path::new(&folder).join("mixed-vlan-mpls.pcap");
    let error = read(&mixed, 1.0, None).expect_err("longer than the clock").to_string();
    assert!(error.contains("packet 12, 2044.191 days"), "{error}");
    let mixed = read(&mixed, 1.0, Some(Span::ms(1))).expect("a sound file");
    assert_eq!((mixed.packets.len(), mixed.captured_bytes), (47, 16_403));
    assert!(
        mixed.flows.iter().any(|key| key.addresses == Addresses::None),
        "MPLS has no addresses"
    );
    assert!(mixed.tuples > 0, "VLAN tags are skipped");
}
