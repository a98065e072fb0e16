//! From the bytes of a recorded packet to the key of its flow.

use crate::vocab::flow_key::{Addresses, FlowKey, Protocol};
use etherparse::{EtherType, IpNumber, Ipv6ExtensionSlice, LaxNetSlice, LaxSlicedPacket};

/// Where an Ethernet frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Destination {
    /// The address.
    pub mac: [u8; 6],
    /// The VLAN of its outer tag; none: it has no tag.
    pub vlan: Option<u16>,
}

/// What a NIC sees that finds no IP header: ARP, MPLS, a truncated frame.
const NO_ADDRESSES: FlowKey = FlowKey {
    addresses: Addresses::None,
    protocol: Protocol::Other(0),
    ports: (0, 0),
    fragment: false,
};

/// The key of a packet's flow; none if the kind of link is not known.
///
/// Link types by number (registry of tcpdump.org): 1 Ethernet; 12, 14, 101, 228, 229 raw IP; 0, 108
/// loopback; 113, 276 Linux cooked.
pub(super) fn flow_key(link: u32, bytes: &[u8]) -> Option<FlowKey> {
    let packet = match link {
        1 => LaxSlicedPacket::from_ethernet(bytes).ok(),
        12 | 14 | 101 | 228 | 229 => LaxSlicedPacket::from_ip(bytes).ok(),
        0 | 108 => bytes.get(4..).and_then(|ip| LaxSlicedPacket::from_ip(ip).ok()),
        113 => cooked(bytes, 14, 16),
        276 => cooked(bytes, 0, 20),
        _ => return None,
    };
    Some(packet.and_then(|packet| packet.net).map_or(NO_ADDRESSES, |net| key(&net)))
}

/// Where a frame goes; none without an Ethernet header. A tag has type 0x8100 (IEEE 802.1Q), or
/// 0x88a8 in front of another one (802.1ad).
pub(super) fn destination(link: u32, bytes: &[u8]) -> Option<Destination> {
    let mac = bytes.get(..6).filter(|_| link == 1 && bytes.len() >= 14)?.try_into().ok()?;
    let half = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let tagged = matches!(half(12), Some(0x8100 | 0x88a8));
    let vlan = if tagged { half(14).map(|tag| tag & 0xfff) } else { None };
    Some(Destination { mac, vlan })
}

/// A packet whose pseudo-header has the EtherType at `kind` and ends at `end`.
fn cooked(bytes: &[u8], kind: usize, end: usize) -> Option<LaxSlicedPacket<'_>> {
    let payload = bytes.get(end..)?;
    let kind = u16::from_be_bytes([bytes[kind], bytes[kind + 1]]);
    Some(LaxSlicedPacket::from_ether_type(EtherType(kind), payload))
}

fn key(net: &LaxNetSlice<'_>) -> FlowKey {
    let (addresses, offset) = match net {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            let addresses = Addresses::V4(header.source_addr(), header.destination_addr());
            (addresses, header.fragments_offset().value())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            let addresses = Addresses::V6(header.source_addr(), header.destination_addr());
            let mut extensions = ip.extensions().clone().into_iter();
            let offset = extensions.find_map(|extension| match extension {
                Ipv6ExtensionSlice::Fragment(part) => Some(part.fragment_offset().value()),
                _ => None,
            });
            (addresses, offset.unwrap_or(0))
        }
        LaxNetSlice::Arp(_) => return NO_ADDRESSES,
    };
    let Some(payload) = net.ip_payload_ref() else { return NO_ADDRESSES };
    let protocol = match payload.ip_number {
        IpNumber::TCP => Protocol::Tcp,
        IpNumber::UDP => Protocol::Udp,
        other => Protocol::Other(other.0),
    };
    // Behind the first fragment, what stands in the place of ports is payload.
    let ports = match (protocol, payload.payload) {
        (Protocol::Tcp | Protocol::Udp, &[a, b, c, d, ..]) if offset == 0 => {
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        }
        _ => (0, 0),
    };
    FlowKey { addresses, protocol, ports, fragment: payload.fragmented }
}
