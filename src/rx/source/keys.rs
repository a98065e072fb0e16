//! Addresses and ports of a source's flows.

use crate::engine::chance::Stream;
use crate::vocab::flow_key::{Addresses, FlowKey, Protocol};
use std::net::Ipv4Addr;

/// Where the keys of flows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Keys {
    /// Addresses and ports drawn from the source's own stream; TCP over IPv4.
    Random,
    /// 10.0.0.1, ports from 40000 -> 10.0.0.2:5001, TCP; after port 65535 the next source address.
    SequentialPorts,
    /// Ranges, enumerated: source port fastest, then destination port, source, destination
    /// address; starts again when all combinations are used.
    Ranges {
        /// First and last source address.
        src: (Ipv4Addr, Ipv4Addr),
        /// First and last destination address.
        dst: (Ipv4Addr, Ipv4Addr),
        /// First and last source port.
        sport: (u16, u16),
        /// First and last destination port.
        dport: (u16, u16),
        /// UDP instead of TCP.
        udp: bool,
    },
}

/// First port of [`Keys::SequentialPorts`], and how many follow up to 65535.
const FIRST_PORT: u32 = 40_000;
const PORTS: u32 = 65_536 - FIRST_PORT;

/// The key of flow number `flow`; random ones take their words from `stream`, in order.
pub(super) fn flow_key(keys: &Keys, flow: u32, stream: &mut Stream) -> FlowKey {
    match keys {
        Keys::Random => {
            let (addresses, ports) = (stream.word(), stream.word());
            let source = Ipv4Addr::from_bits((addresses >> 32) as u32);
            let destination = Ipv4Addr::from_bits(addresses as u32);
            over_ipv4(source, destination, [(ports >> 48) as u16, (ports >> 32) as u16], false)
        }
        Keys::SequentialPorts => {
            let source = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 1).to_bits() + flow / PORTS);
            let port = (FIRST_PORT + flow % PORTS) as u16;
            over_ipv4(source, Ipv4Addr::new(10, 0, 0, 2), [port, 5001], false)
        }
        Keys::Ranges { src, dst, sport, dport, udp } => {
            let mut left = u64::from(flow);
            let mut digit = |first: u32, last: u32| {
                let values = u64::from(last - first) + 1;
                let digit = left % values;
                left /= values;
                first + digit as u32
            };
            let sport = digit(sport.0.into(), sport.1.into()) as u16;
            let dport = digit(dport.0.into(), dport.1.into()) as u16;
            let source = Ipv4Addr::from_bits(digit(src.0.to_bits(), src.1.to_bits()));
            let destination = Ipv4Addr::from_bits(digit(dst.0.to_bits(), dst.1.to_bits()));
            over_ipv4(source, destination, [sport, dport], *udp)
        }
    }
}

fn over_ipv4(source: Ipv4Addr, destination: Ipv4Addr, ports: [u16; 2], udp: bool) -> FlowKey {
    FlowKey {
        addresses: Addresses::V4(source, destination),
        protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
        ports: ports.into(),
        fragment: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(keys: &Keys, flow: u32) -> (String, String, (u16, u16)) {
        let key = flow_key(keys, flow, &mut Stream::new(1, "test", "keys"));
        let Addresses::V4(source, destination) = key.addresses else { panic!("not IPv4") };
        (source.to_string(), destination.to_string(), key.ports)
    }

    #[test]
    fn after_the_last_port_comes_the_next_source_address() {
        let [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(String::from);
        let keys = Keys::SequentialPorts;
        assert_eq!(key(&keys, 0), (a.clone(), b.clone(), (40_000, 5001)));
        assert_eq!(key(&keys, 25_535), (a, b.clone(), (65_535, 5001)));
        assert_eq!(key(&keys, 25_536), (b.clone(), b.clone(), (40_000, 5001)));
        assert_eq!(key(&keys, 51_072), (c, b, (40_000, 5001)));
    }

    #[test]
    fn ranges_turn_like_a_counter_and_start_again() {
        let at = |d| Ipv4Addr::new(198, 18, 0, d);
        let keys = Keys::Ranges {
            src: (at(1), at(2)),
            dst: (at(8), at(9)),
            sport: (2000, 2002),
            dport: (7, 8),
            udp: true,
        };
        let shown = |flow| {
            let (source, destination, (sport, dport)) = key(&keys, flow);
            format!("{source}:{sport} {destination}:{dport}")
        };
        assert_eq!(shown(0), "198.18.0.1:2000 198.18.0.8:7");
        assert_eq!(shown(2), "198.18.0.1:2002 198.18.0.8:7");
        assert_eq!(shown(3), "198.18.0.1:2000 198.18.0.8:8");
        assert_eq!(shown(6), "198.18.0.2:2000 198.18.0.8:7");
        assert_eq!(shown(12), "198.18.0.1:2000 198.18.0.9:7");
        assert_eq!(shown(23), "198.18.0.2:2002 198.18.0.9:8");
        assert_eq!(shown(24), shown(0));
    }
}
