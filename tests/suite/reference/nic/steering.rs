//! Which receive path a frame takes, and which of several queues or rings it is hashed to.
//!
//! Rules N1 to N4, G6, G7, F2, F3 and R1 to R7.

use crate::reference::control::events::vm_of;
use crate::reference::core::vf_rings::first_ring;
use crate::reference::model::{Frame, Model};
use rxsim::rx::steering::rss::{HashTypes, RssSpec};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::flow_key::{Addresses, FlowKey, Protocol};
use rxsim::world::{Consumer, Filter, FlowMap, RxPath, SteeringSpec};

/// Where steering leads a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Steered {
    /// To this ring, by this entry of the port's indirection table, if by any.
    To {
        queue: u32,
        entry: Option<usize>,
    },
    Nowhere(DropReason),
}

impl Model<'_> {
    /// Where a frame goes: a filter names a queue, or the way of its virtual NIC leads there.
    pub(in crate::reference) fn steer(&self, frame: &Frame) -> Steered {
        let to = |queue| Steered::To { queue, entry: None };
        if let Filter::Pin(queue) = self.world.sources[frame.source].filter {
            return to(queue);
        }
        let Consumer::Vnic(vnic) = frame.to else {
            return self.by_default_queue(frame);
        };
        match &self.vnics[vnic].rx_path {
            RxPath::DefaultQueue => self.by_default_queue(frame),
            RxPath::VmQueues(queues) => to(queues.targets[self.pick(queues, frame)]),
            RxPath::Drop(reason) => Steered::Nowhere(*reason),
            RxPath::VirtualFunction => {
                if let Some(reason) = vm_of(self.world, vnic).and_then(|vm| self.stopped[vm]) {
                    return Steered::Nowhere(reason);
                }
                let rings = self.world.vnics[vnic].vf.as_ref().expect("it has a function");
                to(first_ring(self.world, vnic) + self.pick(rings, frame) as u32)
            }
        }
    }

    /// As the port sends all that has no way of its own.
    fn by_default_queue(&self, frame: &Frame) -> Steered {
        match &self.world.nics[frame.nic].steering {
            SteeringSpec::SingleQueue | SteeringSpec::Vmq { .. } => {
                Steered::To { queue: 0, entry: None }
            }
            SteeringSpec::Rss(rss) => {
                let entry = entry(rss, &self.key(frame));
                let queue = entry.map_or(0, |entry| self.nics[frame.nic].table[entry]);
                Steered::To { queue, entry }
            }
        }
    }

    /// Which of several a frame goes to.
    pub(in crate::reference) fn pick(&self, spread: &FlowMap, frame: &Frame) -> usize {
        let place = |rss: &RssSpec| Some(rss.table[entry(rss, &self.key(frame))?] as usize);
        spread.rss.as_ref().and_then(place).unwrap_or(0)
    }

    fn key(&self, frame: &Frame) -> FlowKey {
        self.feeds[frame.source].key(frame.packet.flow)
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
    use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;

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
        assert_eq!(toeplitz(&KEY_MICROSOFT, &hash_input(types, &key)), 0x51cc_c178);
        types.tcp_ipv4 = false;
        assert_eq!(toeplitz(&KEY_MICROSOFT, &hash_input(types, &key)), 0x323e_8fc2);
    }
}
