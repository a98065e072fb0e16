//! Addresses and ports of a source's flows.

use std::net::Ipv4Addr;

/// Where the keys of flows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
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
