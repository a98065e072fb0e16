//! The header fields by which a NIC tells flows apart.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Source and destination address of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addresses {
    /// IPv4: source, destination.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6: source, destination.
    V6(Ipv6Addr, Ipv6Addr),
    /// No IP header that the NIC can read (ARP, MPLS, a truncated frame).
    None,
}

/// The transport protocol, as far as steering cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Any other, by its IP protocol number; 0 where there is no IP header.
    Other(u8),
}

/// A directed flow: what the hash of the packet is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Source and destination address.
    pub addresses: Addresses,
    /// The protocol above IP.
    pub protocol: Protocol,
    /// Source and destination port; 0 where there are none.
    pub ports: (u16, u16),
    /// A fragment, even the first one: its ports must not be hashed.
    pub fragment: bool,
}
