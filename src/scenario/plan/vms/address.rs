//! MAC addresses and VLANs of virtual NICs, and the division of a recording among them.

use crate::rx::source::capture::{Capture, Destination};
use crate::scenario::schema::rows::guests::PortKeys;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::short;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which frames are for a virtual NIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Their destination.
    pub mac: [u8; 6],
    /// Their VLAN, 0: none; none: any.
    pub vlan: Option<u16>,
}

impl Address {
    /// Whether a frame is for it.
    #[must_use]
    pub fn takes(&self, to: &Destination) -> bool {
        self.mac == to.mac && self.vlan.is_none_or(|vlan| vlan == to.vlan.unwrap_or(0))
    }

    /// Whether some frame would be for both.
    #[must_use]
    pub fn clashes(&self, other: &Self) -> bool {
        let apart = |(ours, theirs)| ours != theirs;
        self.mac == other.mac && !self.vlan.zip(other.vlan).is_some_and(apart)
    }

    /// The one that stands so many behind it in a group.
    #[must_use]
    pub fn behind(self, by: u32) -> Self {
        let [_, _, mac @ ..] = (number(self.mac) + u64::from(by)).to_be_bytes();
        Self { mac, ..self }
    }
}

/// Reads the address of a group of so many virtual NICs, that of the first; none: it has none, or a
/// wrong one, which has been reported.
pub fn read(keys: &PortKeys, count: u32, findings: &mut Findings) -> Option<Address> {
    let vlan = if keys.vlan.given { keys.vlan.value.map(|vlan| vlan as u16) } else { None };
    let Some(text) = keys.mac.value else {
        if keys.vlan.given {
            findings.warn(format!(
                "`{}`: `vlan` says which recorded frames are for its `mac`, and it has none",
                keys.name()
            ));
        }
        return None;
    };
    let wrong = |reason: &str| {
        keys.mac
            .mistake(format!("\"{}\" is no address of a virtual NIC", short(text)))
            .because(reason)
            .help("write six bytes in hexadecimal, the first one even: \"02:00:00:00:00:10\"")
    };
    let Some(mac) = parse(text) else {
        findings.mistake(wrong("six bytes are due"));
        return None;
    };
    if mac[0] & 1 == 1 {
        findings.mistake(wrong("an odd first byte makes it the address of a group"));
        return None;
    }
    let last = number(mac) + u64::from(count.saturating_sub(1));
    if last >> 40 != u64::from(mac[0]) {
        findings.mistake(wrong("those that follow it would be addresses of groups"));
        return None;
    }
    Some(Address { mac, vlan })
}

/// `02:00:00:00:00:10`, `02-00-00-00-00-10`.
fn parse(text: &str) -> Option<[u8; 6]> {
    let mut parts = text.split([':', '-']);
    let mut mac = [0; 6];
    for byte in &mut mac {
        let part = parts.next()?;
        let two = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_hexdigit());
        *byte = u8::from_str_radix(part, 16).ok().filter(|_| two)?;
    }
    parts.next().is_none().then_some(mac)
}

fn number(mac: [u8; 6]) -> u64 {
    mac.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The flows of a recording that are for each of these virtual NICs, by index, and last (none)
/// those that are for none of them. Who has no flow is left out.
#[must_use]
pub fn divide(capture: &Capture, known: &[(usize, Address)]) -> Vec<(Option<usize>, Arc<[bool]>)> {
    let taker = |to: &Destination| {
        known.iter().find(|(_, address)| address.takes(to)).map(|(vnic, _)| *vnic)
    };
    let whose: Vec<Option<usize>> =
        capture.destinations.iter().map(|to| to.as_ref().and_then(taker)).collect();
    let mut flows: BTreeMap<(bool, Option<usize>), Vec<bool>> = BTreeMap::new();
    for (flow, vnic) in whose.iter().enumerate() {
        let its = flows.entry((vnic.is_none(), *vnic)).or_insert_with(|| vec![false; whose.len()]);
        its[flow] = true;
    }
    flows.into_iter().map(|((_, vnic), flows)| (vnic, flows.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_six_bytes_and_count_on() {
        assert_eq!(parse("02:00:0a:FF:00:10"), Some([2, 0, 10, 255, 0, 16]));
        assert_eq!(parse("02-00-0a-FF-00-10"), Some([2, 0, 10, 255, 0, 16]));
        for wrong in [
            "",
            "02:00:0a:ff:00",
            "02:00:0a:ff:00:10:11",
            "2:0:a:f:0:1",
            "02:00:0a:ff:00:1g",
            "02:00:0a:ff:00:+1",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let first = Address { mac: [2, 0, 0, 0, 0, 255], vlan: Some(5) };
        assert_eq!(first.behind(2), Address { mac: [2, 0, 0, 0, 1, 1], vlan: Some(5) });
    }

    #[test]
    fn a_tag_counts_where_it_is_asked_for() {
        let (mac, other) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let takes = |own, vlan| Address { mac, vlan: own }.takes(&Destination { mac, vlan });
        assert!(takes(None, None) && takes(None, Some(7)) && takes(Some(7), Some(7)));
        assert!(takes(Some(0), None) && takes(Some(0), Some(0)));
        assert!(!takes(Some(7), None) && !takes(Some(7), Some(8)) && !takes(Some(0), Some(7)));
        let at = |mac, vlan| Address { mac, vlan };
        assert!(
            at(mac, None).clashes(&at(mac, Some(7))) && at(mac, Some(7)).clashes(&at(mac, Some(7)))
        );
        assert!(
            !at(mac, Some(7)).clashes(&at(mac, Some(8)))
                && !at(mac, None).clashes(&at(other, None))
        );
    }
}
