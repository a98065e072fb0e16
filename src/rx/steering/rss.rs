//! Receive side scaling: hash types, and the indirection table's entry of each flow.

use super::toeplitz::{KEY_BYTES, KEY_MICROSOFT, Toeplitz};
use crate::vocab::flow_key::{Addresses, FlowKey, Protocol};

/// Most entries of an indirection table.
pub const MAX_ENTRIES: usize = 32_768;

/// RSS of one port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RssSpec {
    /// The 40-byte hash key.
    pub key: [u8; KEY_BYTES],
    /// Which headers are hashed.
    pub types: HashTypes,
    /// The indirection table: a queue per entry; a power of two of them, at most 32768.
    pub table: Vec<u32>,
}

impl RssSpec {
    /// As drivers set it up for so many queues: Microsoft's key, the hash types of Linux `ixgbe`,
    /// 128 entries that name the queues in turn.
    #[must_use]
    pub fn new(queues: u32) -> Self {
        let table = default_table(128, queues);
        Self { key: KEY_MICROSOFT, types: HashTypes::USUAL, table }
    }
}

/// The hash types that are switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the hardware register")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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

/// Finds one of the flags.
type Flag = fn(&mut HashTypes) -> &mut bool;

impl HashTypes {
    /// The word of each type, with the flag that it sets.
    const NAMES: [(&'static str, Flag); 6] = [
        ("ipv4", |types| &mut types.ipv4),
        ("tcp-ipv4", |types| &mut types.tcp_ipv4),
        ("udp-ipv4", |types| &mut types.udp_ipv4),
        ("ipv6", |types| &mut types.ipv6),
        ("tcp-ipv6", |types| &mut types.tcp_ipv6),
        ("udp-ipv6", |types| &mut types.udp_ipv6),
    ];

    /// Nothing is hashed.
    pub const NONE: Self = Self {
        ipv4: false,
        tcp_ipv4: false,
        udp_ipv4: false,
        ipv6: false,
        tcp_ipv6: false,
        udp_ipv6: false,
    };

    /// The default of Linux `ixgbe`: addresses, and the ports of TCP but not of UDP.
    pub const USUAL: Self =
        Self { ipv4: true, tcp_ipv4: true, ipv6: true, tcp_ipv6: true, ..Self::NONE };

    /// The words that [`HashTypes::switch_on`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// Switches on the type of this name; false if there is none.
    #[must_use]
    pub fn switch_on(&mut self, name: &str) -> bool {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, flag)| *flag(self) = true).is_some()
    }

    /// What of a packet is hashed.
    ///
    /// The ports are, where the protocol's type is on and the packet is no fragment; else the
    /// addresses, where their type is on; else nothing (Microsoft, "RSS hashing types").
    fn input(self, key: &FlowKey) -> Input {
        let (tcp, udp, addresses) = match key.addresses {
            Addresses::V4(..) => (self.tcp_ipv4, self.udp_ipv4, self.ipv4),
            Addresses::V6(..) => (self.tcp_ipv6, self.udp_ipv6, self.ipv6),
            Addresses::None => return Input::Nothing,
        };
        let ports = match key.protocol {
            Protocol::Tcp => tcp,
            Protocol::Udp => udp,
            Protocol::Other(_) => false,
        };
        if ports && !key.fragment {
            Input::Ports
        } else if addresses {
            Input::Addresses
        } else {
            Input::Nothing
        }
    }
}

/// What of a packet is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Nothing,
    Addresses,
    /// Addresses and ports.
    Ports,
}

/// RSS of one port, ready to sort flows into the entries of the indirection table.
#[derive(Clone, Debug)]
pub struct Rss {
    toeplitz: Toeplitz,
    types: HashTypes,
    entries: u16,
}

impl Rss {
    /// Prepares `spec`.
    ///
    /// # Panics
    ///
    /// If the table's length is no power of two up to 32768, which a checked scenario excludes.
    #[must_use]
    pub fn new(spec: &RssSpec) -> Self {
        let entries = spec.table.len();
        assert!(entries.is_power_of_two() && entries <= MAX_ENTRIES, "{entries} table entries");
        Self { toeplitz: Toeplitz::new(&spec.key), types: spec.types, entries: entries as u16 }
    }

    /// The entry of the indirection table that a flow's packets use, by the low bits of their
    /// hash; the number of entries stands for packets without a hash (they go to queue 0).
    #[must_use]
    pub fn bucket(&self, key: &FlowKey) -> u16 {
        self.hash(key).map_or(self.entries, |hash| hash as u16 & (self.entries - 1))
    }

    /// The hash of a flow's packets; none where no type that is on fits them.
    #[must_use]
    pub fn hash(&self, key: &FlowKey) -> Option<u32> {
        let input = self.types.input(key);
        if input == Input::Nothing {
            return None;
        }
        let mut bytes = [0; 36];
        let addresses = match key.addresses {
            Addresses::V4(source, destination) => {
                bytes[..4].copy_from_slice(&source.octets());
                bytes[4..8].copy_from_slice(&destination.octets());
                8
            }
            Addresses::V6(source, destination) => {
                bytes[..16].copy_from_slice(&source.octets());
                bytes[16..32].copy_from_slice(&destination.octets());
                32
            }
            Addresses::None => return None,
        };
        bytes[addresses..addresses + 2].copy_from_slice(&key.ports.0.to_be_bytes());
        bytes[addresses + 2..addresses + 4].copy_from_slice(&key.ports.1.to_be_bytes());
        let length = if input == Input::Ports { addresses + 4 } else { addresses };
        Some(self.toeplitz.hash(&bytes[..length]))
    }
}

/// The table as drivers fill it: entry i holds queue i mod `queues` (Linux `ixgbe_main.c`).
#[must_use]
pub fn default_table(entries: u32, queues: u32) -> Vec<u32> {
    (0..entries).map(|entry| entry % queues).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rx::steering::toeplitz::KEY_MICROSOFT;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn rss(types: &[&str]) -> Rss {
        let mut flags = HashTypes::NONE;
        assert!(types.iter().all(|name| flags.switch_on(name)));
        let key = KEY_MICROSOFT;
        Rss::new(&RssSpec { key, types: flags, table: default_table(128, 4) })
    }

    fn key(protocol: Protocol, fragment: bool) -> FlowKey {
        let (source, destination) = ([66, 9, 149, 187], [161, 142, 100, 80]);
        let addresses = Addresses::V4(source.into(), destination.into());
        FlowKey { addresses, protocol, ports: (2794, 1766), fragment }
    }

    const TWO: Option<u32> = Some(0x323e_8fc2);
    const FOUR: Option<u32> = Some(0x51cc_c178);

    #[test]
    fn ports_are_hashed_only_where_their_type_is_on() {
        let usual = rss(&["ipv4", "tcp-ipv4"]);
        assert_eq!(usual.hash(&key(Protocol::Tcp, false)), FOUR);
        assert_eq!(usual.hash(&key(Protocol::Udp, false)), TWO);
        assert_eq!(usual.hash(&key(Protocol::Other(47), false)), TWO);
        assert_eq!(rss(&["udp-ipv4"]).hash(&key(Protocol::Udp, false)), FOUR);
        assert_eq!(rss(&["ipv4"]).hash(&key(Protocol::Tcp, false)), TWO);
    }

    #[test]
    fn a_fragment_is_hashed_by_its_addresses_even_the_first() {
        assert_eq!(rss(&["ipv4", "tcp-ipv4"]).hash(&key(Protocol::Tcp, true)), TWO);
        assert_eq!(rss(&["tcp-ipv4"]).hash(&key(Protocol::Tcp, true)), None);
    }

    #[test]
    fn what_no_type_fits_has_the_bucket_behind_the_table() {
        let tcp_only = rss(&["tcp-ipv4", "tcp-ipv6"]);
        assert_eq!(tcp_only.bucket(&key(Protocol::Udp, false)), 128);
        assert_eq!(tcp_only.bucket(&key(Protocol::Tcp, false)), 120);
        let arp = FlowKey { addresses: Addresses::None, ..key(Protocol::Other(0), false) };
        assert_eq!(rss(&["ipv4", "ipv6"]).bucket(&arp), 128);
        let six = Addresses::V6(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        let six = FlowKey { addresses: six, ..key(Protocol::Tcp, false) };
        assert_eq!(rss(&["ipv4", "tcp-ipv4"]).bucket(&six), 128);
        assert!(tcp_only.hash(&six).is_some());
    }

    #[test]
    fn the_largest_table_has_a_bucket_for_each_entry_and_one_more() {
        let spec = RssSpec {
            key: KEY_MICROSOFT,
            types: HashTypes::USUAL,
            table: default_table(MAX_ENTRIES as u32, 16),
        };
        let largest = Rss::new(&spec);
        assert_eq!(largest.bucket(&key(Protocol::Tcp, false)), 0x4178);
        let none = Addresses::V4(Ipv4Addr::BROADCAST, Ipv4Addr::BROADCAST);
        let arp = FlowKey { addresses: Addresses::None, ..key(Protocol::Tcp, false) };
        assert_eq!(largest.bucket(&arp), 32_768);
        assert!(largest.bucket(&FlowKey { addresses: none, ..arp }) < 32_768);
    }

    #[test]
    fn an_unknown_type_is_refused() {
        let mut types = HashTypes::NONE;
        assert!(!types.switch_on("ipv5"));
        assert_eq!(types, HashTypes::NONE);
        assert_eq!(HashTypes::names().count(), 6);
    }
}
