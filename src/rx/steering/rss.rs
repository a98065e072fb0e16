//! Receive side scaling: hash types, indirection table, and which cores serve the queues.

/// RSS of one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RssSpec {
    /// The 40-byte hash key.
    pub key: [u8; 40],
    /// Which headers are hashed.
    pub types: HashTypes,
    /// The indirection table: a queue per entry; a power of two of them, at most 32768.
    pub table: Vec<u32>,
}

/// The hash types that are switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the hardware register")]
pub struct HashTypes {
    /// Addresses of IPv4.
    pub ipv4: bool,
    /// Addresses and ports of TCP over IPv4.
    pub tcp_ipv4: bool,
    /// Addresses and ports of UDP over IPv4.
    pub udp_ipv4: bool,
    /// Addresses of IPv6.
    pub ipv6: bool,
    /// Addresses and ports of TCP over IPv6.
    pub tcp_ipv6: bool,
    /// Addresses and ports of UDP over IPv6.
    pub udp_ipv6: bool,
}
