//! What a traffic is made of: frame sizes, flows, their addresses and ports.

use crate::rx::source::keys::Keys;
use crate::rx::source::{Flows, Popularity, Sizes};
use crate::scenario::schema::rows::traffics::{FlowKeysKeys, TrafficKeys};
use crate::scenario::schema::rows::values::{KeysKind, Protocol};
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::schema::value;
use crate::scenario::text::document::{Node, Value};
use crate::scenario::text::findings::Findings;
use std::net::Ipv4Addr;

/// The frame sizes of a traffic; none where they are wrong, which has been reported.
pub(super) fn sizes(keys: &TrafficKeys) -> Option<Sizes> {
    let frame = &keys.reader;
    if let Some(Value::List(_)) = keys.frame.value.map(|node| &node.value) {
        let one = |size: TableReader| Some((size.size("size")? as u32, size.integer("weight")?));
        let sizes = frame.list("frame").into_iter().map(one).collect::<Option<Vec<_>>>();
        return sizes.filter(|sizes| !sizes.is_empty()).map(Sizes::Mix);
    }
    if frame.text("frame") == Some("imix") {
        return Some(Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]));
    }
    frame.size("frame").map(|size| Sizes::Fixed(size as u32))
}

/// The flows of a traffic: how many, their addresses and ports, how packets choose among them.
pub(super) fn read(keys: &TrafficKeys, findings: &mut Findings) -> Option<Flows> {
    let flow_keys = match &keys.keys.value {
        Some(WordOr::Table(table)) => ranges(table, findings)?,
        Some(WordOr::Word(KeysKind::SequentialPorts)) => Keys::SequentialPorts,
        Some(WordOr::Word(KeysKind::Random)) | None => Keys::Random,
    };
    let popularity = match &keys.popularity.value {
        Some(WordOr::Table(popularity)) => Popularity::Zipf(popularity.zipf.value?),
        Some(WordOr::Word(_)) | None => Popularity::Uniform,
    };
    Some(Flows { count: keys.flows.value?, keys: flow_keys, popularity })
}

fn ranges(keys: &FlowKeysKeys, findings: &mut Findings) -> Option<Keys> {
    let mut addresses = |setting: &Setting<&str>| {
        let range = range(setting.value?);
        if range.is_none() {
            findings.mistake(
                setting
                    .mistake(format!("`{}` is no range of IPv4 addresses", setting.key))
                    .because("an address, or FIRST-LAST, is due")
                    .help("write \"198.18.10.1\" or \"198.19.10.1-198.19.10.100\""),
            );
        }
        range
    };
    let (src, dst) = (addresses(&keys.src), addresses(&keys.dst));
    let ports = |setting: &Setting<&Node>, usual: u16| match setting.value {
        Some(node) => value::ports(node).ok(),
        None => Some((usual, usual)),
    };
    Some(Keys::Ranges {
        src: src?,
        dst: dst?,
        sport: ports(&keys.sport, 40_000)?,
        dport: ports(&keys.dport, 5_001)?,
        udp: keys.protocol.value == Some(Protocol::Udp),
    })
}

/// One address or a range of them.
fn range(text: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (Ipv4Addr, Ipv4Addr) =
        (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}
