//! Several queues or channels of one virtual NIC, over which its flows are hashed.

use super::*;
use rxsim::rx::source::Arrivals;
use rxsim::rx::source::capture::{Capture, Captured};
use rxsim::rx::steering::rss::{HashTypes, Rss, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::vocab::flow_key::{Addresses, FlowKey, Protocol};
use std::net::Ipv4Addr;
use std::sync::Arc;

fn rss(types: HashTypes) -> RssSpec {
    RssSpec { key: KEY_MICROSOFT, types, table: vec![1, 0, 1, 2] }
}

/// The flow of this port.
fn flow(port: u16) -> FlowKey {
    FlowKey {
        addresses: Addresses::V4(Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)),
        protocol: Protocol::Tcp,
        ports: (port, 80),
        fragment: false,
    }
}

/// A packet of each of 40 flows, every 10 us; and their places by hash and table.
fn flows(types: HashTypes) -> (Arrivals, Vec<u32>) {
    let spec = rss(types);
    let keys: Vec<FlowKey> = (0..40).map(|n| flow(1000 + n)).collect();
    let packet = |n: u32| Captured { offset: Span::us(10 * u64::from(n)), size: 64, flow: n };
    let capture = Capture {
        packets: (0..40).map(packet).collect(),
        flows: keys.clone(),
        ..Capture::default()
    };
    let hash = Rss::new(&spec);
    let place = |key| spec.table.get(usize::from(hash.bucket(key))).copied().unwrap_or(0);
    (Arrivals::Capture(Arc::new(capture)), keys.iter().map(place).collect())
}

#[test]
fn own_queues_take_the_packets_that_hash_and_table_send_them() {
    for types in [HashTypes::USUAL, HashTypes::NONE] {
        let (arrivals, places) = flows(types);
        let mut world = with_own_queue(&[&[]]);
        let nic = &mut world.nics[0];
        (nic.queues, nic.vectors) = (vec![0, 0, 0, 0], (0..4).map(|queue| vec![queue]).collect());
        world.sources[0].source.arrivals = arrivals;
        let over = vec![3, 1, 2];
        world.vnics[0].rx_path =
            RxPath::VmQueues(FlowMap { targets: over.clone(), rss: Some(rss(types)) });
        let (run, ends) = run(&world);
        for (n, (place, end)) in (0..).zip(places.iter().zip(&ends)) {
            let came = 10_000 * n;
            // By its own queue: no lookup.
            let expected = (0, Some(over[*place as usize]), came + 150, came + 550, None);
            assert_eq!(*end, expected);
        }
        assert_eq!(run.nics[0].queues[0].packets, 0);
        let spread = places.iter().any(|place| *place != places[0]);
        assert_eq!(spread, types == HashTypes::USUAL);
    }
}

#[test]
fn each_channel_has_its_own_vcpu_bound_arming_and_notifications() {
    let (arrivals, places) = flows(HashTypes::USUAL);
    let mut world = guests(&[&[]]);
    world.vms[0].vcpus = vec![1, 2];
    let channels = FlowMap { targets: vec![0, 1, 1], rss: Some(rss(HashTypes::USUAL)) };
    world.vnics[0].channels = Some(channels);
    let Arrivals::Capture(capture) = &arrivals else { unreachable!("just made") };
    let at_once = capture.packets.iter().map(|packet| Captured { offset: Span::ZERO, ..*packet });
    let all =
        Capture { packets: at_once.collect(), flows: capture.flows.clone(), ..Capture::default() };
    world.sources[0].source.arrivals = Arrivals::Capture(Arc::new(all));
    let count = |place: u32| places.iter().filter(|one| **one == place).count() as u64;
    let counts = [count(0), count(1), count(2)];
    assert!(counts.iter().all(|count| *count > 2), "{counts:?}");
    let (all, _) = run(&world);
    // All in one round, and three channels are to be notified.
    assert_eq!(all.vnics[0].notifications, 3);
    assert_eq!(busy(&all, 0)[2], 40 * 70 + 3 * 40);
    assert_eq!(busy(&all, 1)[3], 30 + 70 * counts[0]);
    assert_eq!(busy(&all, 2)[3], 60 + 70 * (counts[1] + counts[2]));
    world.vnics[0].channel = 2;
    let (bounded, _) = run(&world);
    let lost = bounded.sources[0].dropped[DropReason::VmChannelFull as usize];
    assert_eq!((lost, bounded.sources[0].delivered.packets), (40 - 6, 6));
    // One packet after the other: as often notified as there are packets.
    world.sources[0].source.arrivals = arrivals;
    let (single, ends) = run(&world);
    assert_eq!(single.vnics[0].notifications, 40);
    assert!(ends.iter().zip(0..).all(|(end, n)| end.3 == 10_000 * n + 560));
    assert_eq!(busy(&single, 1)[3], 100 * counts[0]);
    assert_eq!(busy(&single, 2)[3], 100 * (counts[1] + counts[2]));
}

#[test]
fn a_channel_without_a_table_takes_everything() {
    let mut world = guests(&[&[0, 1000]]);
    world.vms[0].vcpus = vec![1, 2];
    world.vnics[0].channels = Some(FlowMap { targets: vec![1, 0], rss: None });
    let (run, _) = run(&world);
    assert_eq!([busy(&run, 1)[3], busy(&run, 2)[3]], [0, 200]);
}
