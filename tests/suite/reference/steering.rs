//! Which receive queue a frame goes to.

use super::functions::first_ring;
use super::model::{Frame, Model};
use rxsim::host::world::{Consumer, Filter, SteeringSpec};
use rxsim::rx::steering::rss::{HashTypes, RssSpec};
use rxsim::vocab::flow_key::{Addresses, FlowKey, Protocol};

impl Model<'_> {
    /// The ring of a frame, and the entry of the port's indirection table that named it.
    pub(super) fn steer(&self, frame: &Frame) -> (u32, Option<usize>) {
        let source = &self.world.sources[frame.source];
        if let Filter::Pin(queue) = source.filter {
            return (queue, None);
        }
        let vnic = match source.to {
            Consumer::Vnic(vnic) => Some(vnic),
            Consumer::Host | Consumer::App(_) | Consumer::Flood => None,
        };
        let key = || self.feeds[frame.source].key(frame.packet.flow);
        if let Some((vnic, vf)) = vnic.and_then(|at| Some((at, self.world.vnics[at].vf.as_ref()?)))
        {
            let entry = vf.rss.as_ref().and_then(|rss| Some(rss.table[entry(rss, &key())?]));
            return (first_ring(self.world, vnic) + entry.unwrap_or(0), None);
        }
        match &self.world.nics[frame.nic].steering {
            SteeringSpec::SingleQueue => (0, None),
            SteeringSpec::Vmq { .. } => {
                let own = vnic.and_then(|vnic| self.world.vnics[vnic].way.own().first().copied());
                (own.unwrap_or(0), None)
            }
            SteeringSpec::Rss(rss) => {
                let entry = entry(rss, &key());
                (entry.map_or(0, |entry| self.nics[frame.nic].table[entry]), entry)
            }
        }
    }
}

/// The entry of the indirection table; none without a hash.
fn entry(rss: &RssSpec, key: &FlowKey) -> Option<usize> {
    let input = hash_input(rss.types, key);
    let hash = (!input.is_empty()).then(|| toeplitz(&rss.key, &input))?;
    Some(hash as usize & (rss.table.len() - 1))
}

/// The bytes that are hashed: the longest input that is switched on; none, and there is no hash.
fn hash_input(types: HashTypes, key: &FlowKey) -> Vec<u8> {
    let (mut input, addresses, tcp, udp) = match key.addresses {
        Addresses::V4(source, destination) => (
            [source.octets(), destination.octets()].concat(),
            types.ipv4,
            types.tcp_ipv4,
            types.udp_ipv4,
        ),
        Addresses::V6(source, destination) => (
            [source.octets(), destination.octets()].concat(),
            types.ipv6,
            types.tcp_ipv6,
            types.udp_ipv6,
        ),
        Addresses::None => return Vec::new(),
    };
    let ports = match key.protocol {
        Protocol::Tcp => tcp,
        Protocol::Udp => udp,
        Protocol::Other(_) => false,
    };
    if ports && !key.fragment {
        input.extend(key.ports.0.to_be_bytes());
        input.extend(key.ports.1.to_be_bytes());
    } else if !addresses {
        input.clear();
    }
    input
}

/// For every bit of the input that is set, the 32 bits of the key that begin at its position.
fn toeplitz(key: &[u8; 40], input: &[u8]) -> u32 {
    let key_bit = |at: usize| u32::from(key[at / 8] >> (7 - at % 8) & 1);
    let window = |at: usize| (at..at + 32).fold(0, |word, bit| word << 1 | key_bit(bit));
    (0..input.len() * 8)
        .filter(|at| input[at / 8] >> (7 - at % 8) & 1 == 1)
        .fold(0, |hash, at| hash ^ window(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worlds::MICROSOFT_KEY;

    /// Microsoft, verifying-the-RSS-hash-calculation, first row.
    #[test]
    fn the_hash_is_the_published_one() {
        let key = FlowKey {
            addresses: Addresses::V4([66, 9, 149, 187].into(), [161, 142, 100, 80].into()),
            protocol: Protocol::Tcp,
            ports: (2794, 1766),
            fragment: false,
        };
        let mut types = HashTypes {
            ipv4: true,
            tcp_ipv4: true,
            udp_ipv4: false,
            ipv6: false,
            tcp_ipv6: false,
            udp_ipv6: false,
        };
        assert_eq!(toeplitz(&MICROSOFT_KEY, &hash_input(types, &key)), 0x51cc_c178);
        types.tcp_ipv4 = false;
        assert_eq!(toeplitz(&MICROSOFT_KEY, &hash_input(types, &key)), 0x323e_8fc2);
    }
}
