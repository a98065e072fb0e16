//! The Toeplitz hash against what Microsoft publishes ("Verifying the RSS hash calculation").

use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};
use rxsim::rx::steering::rss::{HashTypes, Rss, RssSpec, default_table};
use rxsim::rx::steering::toeplitz::{KEY_MICROSOFT, KEY_SYMMETRIC};
use rxsim::vocab::flow_key::{Addresses, FlowKey, Protocol};
use std::net::IpAddr;

/// Source, its port, destination, its port; hash of the addresses, with ports, under the symmetric
/// key with ports.
type Vector = (&'static str, u16, &'static str, u16, u32, u32, u32);

const VECTORS: [Vector; 8] = [
    ("66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e_8fc2, 0x51cc_c178, 0x9fcc_9fcc),
    ("199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718_262a, 0xc626_b0ea, 0x60d7_60d7),
    ("24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0_a5de, 0x5c2b_394a, 0x3a3e_3a3e),
    ("38.27.205.30", 48228, "209.142.163.6", 2217, 0x8298_9176, 0xafc7_327f, 0xd26e_d26e),
    ("153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d18_09c5, 0x10e8_28a2, 0xf23e_f23e),
    (
        "3ffe:2501:200:1fff::7",
        2794,
        "3ffe:2501:200:3::1",
        1766,
        0x2cc1_8cd5,
        0x4020_7d3d,
        0x13eb_13eb,
    ),
    (
        "3ffe:501:8::260:97ff:fe40:efab",
        14230,
        "ff02::1",
        4739,
        0x0f0c_461c,
        0xdde5_1bbf,
        0x3691_3691,
    ),
    (
        "3ffe:1900:4545:3:200:f8ff:fe21:67cf",
        44251,
        "fe80::200:f8ff:fe21:67cf",
        38024,
        0x4b61_e985,
        0x02d1_feef,
        0x0809_0809,
    ),
];

fn tcp(source: &str, sport: u16, destination: &str, dport: u16) -> FlowKey {
    let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
    let addresses = match (parse(source), parse(destination)) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => Addresses::V4(source, destination),
        (IpAddr::V6(source), IpAddr::V6(destination)) => Addresses::V6(source, destination),
        _ => panic!("addresses of two kinds"),
    };
    FlowKey { addresses, protocol: Protocol::Tcp, ports: (sport, dport), fragment: false }
}

fn rss(key: [u8; 40], queues: u32) -> Rss {
    Rss::new(&RssSpec { key, types: HashTypes::USUAL, table: default_table(128, queues) })
}

#[test]
fn all_sixteen_published_hashes_come_out() {
    for (source, sport, destination, dport, addresses, with_ports, _) in VECTORS {
        let key = tcp(source, sport, destination, dport);
        let rss = rss(KEY_MICROSOFT, 8);
        assert_eq!(rss.hash(&key), Some(with_ports), "{source}");
        let fragment = FlowKey { fragment: true, ..key };
        assert_eq!(rss.hash(&fragment), Some(addresses), "{source}");
    }
}

#[test]
fn source_and_destination_are_not_mixed_up() {
    let reversed = tcp("161.142.100.80", 1766, "66.9.149.187", 2794);
    assert_eq!(rss(KEY_MICROSOFT, 8).hash(&reversed), Some(0xfde7_99b2));
}

#[test]
fn the_published_vectors_land_on_these_entries_and_queues() {
    let entries = [120, 106, 74, 127, 34, 61, 63, 111];
    for (vector, entry) in VECTORS.iter().zip(entries) {
        let key = tcp(vector.0, vector.1, vector.2, vector.3);
        assert_eq!(rss(KEY_MICROSOFT, 8).bucket(&key), entry);
    }
    for (queues, landed) in [(4, [0, 2, 2, 3, 2]), (8, [0, 2, 2, 7, 2]), (16, [8, 10, 10, 15, 2])] {
        let table = default_table(128, queues);
        let queue = |entry: usize| table[entries[entry] as usize];
        assert_eq!([0, 1, 2, 3, 4].map(queue), landed);
    }
}

#[test]
fn under_the_symmetric_key_both_directions_hash_alike() {
    for (source, sport, destination, dport, _, _, symmetric) in VECTORS {
        let rss = rss(KEY_SYMMETRIC, 8);
        assert_eq!(rss.hash(&tcp(source, sport, destination, dport)), Some(symmetric));
        assert_eq!(rss.hash(&tcp(destination, dport, source, sport)), Some(symmetric));
    }
}

/// Flows per queue of the first `count` sequential ports.
fn sequential(count: u32, queues: u32) -> Vec<u32> {
    let spec = SourceSpec {
        name: "traffic.sequential".into(),
        arrivals: Arrivals::Constant(Gap { ps: 1, packets: 1 }),
        sizes: Sizes::Fixed(64),
        flows: Flows { count, keys: Keys::SequentialPorts, popularity: Popularity::Uniform },
    };
    let (rss, table) = (rss(KEY_MICROSOFT, queues), default_table(128, queues));
    let mut flows = vec![0; queues as usize];
    for key in spec.flow_keys(1) {
        flows[table[usize::from(rss.bucket(&key))] as usize] += 1;
    }
    flows
}

#[test]
fn sequential_ports_are_spread_evenly_as_no_random_hash_would() {
    assert_eq!(sequential(64, 128).iter().filter(|flows| **flows == 1).count(), 64);
    assert_eq!(sequential(64, 4), [16; 4]);
    assert_eq!(sequential(64, 8), [8; 8]);
    assert_eq!(sequential(64, 16), [4; 16]);
    assert_eq!(sequential(64, 6), [11, 11, 12, 12, 9, 9]);
    assert_eq!(sequential(128, 128), [1; 128]);
    assert_eq!(sequential(128, 8), [16; 8]);
    assert_eq!(sequential(128, 6), [22, 22, 21, 21, 21, 21]);
}
