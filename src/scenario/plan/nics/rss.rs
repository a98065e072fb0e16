//! Receive side scaling: queues, their cores, key, hash types, indirection table.

use super::rebalance;
use crate::policy::OwnPolicy;
use crate::rx::steering::placement::{self, Profile as Order};
use crate::rx::steering::rss::{HashTypes, RssSpec, default_table};
use crate::rx::steering::toeplitz::{KEY_BYTES, KEY_MICROSOFT, KEY_SYMMETRIC, parse_key};
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::profile::Profile;
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::rows::queues::{HashKeys, ProcessorKeys};
use crate::scenario::schema::rows::values::{HashType, RssProfile};
use crate::scenario::text::findings::Findings;
use crate::world::Rebalance;

/// The RSS of a port.
#[derive(Debug)]
pub struct Rss {
    /// Key, hash types and table.
    pub spec: RssSpec,
    /// The core of each queue at the start.
    pub cores: Vec<u32>,
    /// The cores that queues may use.
    pub usable: Vec<u32>,
    /// Who moves queues or entries of the table.
    pub rebalance: Option<Rebalance>,
}

/// Reads the RSS of a NIC; none where it is wrong, which has been reported.
pub fn read(
    nic: &NicKeys,
    host: &Host,
    model: &Profile,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Rss> {
    let keys = nic.rss.value.as_ref()?;
    let physical = host.processors.logical / host.processors.smt;
    let limit = model.number("rss.queues").unwrap_or(u64::MAX);
    let usual = u64::from(physical).min(limit) as u32;
    let queues = if keys.queues.given { keys.queues.value? } else { usual };
    if u64::from(queues) > limit {
        findings.mistake(
            keys.queues
                .mistake(format!("{queues} queues are more than {} has", model.name))
                .because(format!("its RSS has at most {limit} queues"))
                .help(format!("write queues = {limit}, or model = \"ideal\"")),
        );
    }
    let order = match keys.profile.value {
        Some(RssProfile::NumaStatic) => Order::NumaStatic,
        Some(RssProfile::Conservative) => Order::Conservative,
        _ => Order::Closest,
    };
    let usable = usable(&keys.processors, host, order, u32::MAX, findings)?;
    let rebalance = rebalance::of_rss(&keys.reader, host, policies, findings);
    let entries = entries(&keys.hashing, model, findings)?;
    if entries < queues {
        findings.warn(format!(
            "nic.{}: an indirection table of {entries} entries reaches {entries} of \
             {queues} queues",
            nic.name()
        ));
    }
    let spec = hash(&keys.hashing, queues, findings)?;
    let cores = rebalance::start(queues, &usable, rebalance.as_ref());
    Some(Rss { spec, cores, usable, rebalance })
}

/// The cores that queues may use, at most so many; for RSS and VMQ alike.
pub(super) fn usable(
    keys: &ProcessorKeys,
    host: &Host,
    order: Order,
    most: u32,
    findings: &mut Findings,
) -> Option<Vec<u32>> {
    let base = keys.base_processor.value?;
    let asked = if keys.max_processors.given { keys.max_processors.value? } else { u32::MAX };
    let usable = placement::usable(order, base, asked.min(most), host.processors);
    if usable.is_empty() {
        let last = host.processors.logical - host.processors.smt;
        findings.mistake(
            keys.base_processor
                .mistake(format!("`{}` has no processor {base}", host.spec.name))
                .because(format!("receive queues use its physical cores, numbered 0 to {last}"))
                .help(format!("write base_processor = 0 to {last}")),
        );
        return None;
    }
    Some(usable)
}

/// The hash of a table with `key`, `hash` and `table`, over `n` that packets are spread over.
pub(super) fn hash(keys: &HashKeys, n: u32, findings: &mut Findings) -> Option<RssSpec> {
    let entries = whole_power(keys, findings)?;
    let table = default_table(entries, n);
    Some(RssSpec { key: key(keys, findings)?, types: types(keys), table })
}

/// The entries of an indirection table, where they are a power of two.
fn whole_power(keys: &HashKeys, findings: &mut Findings) -> Option<u32> {
    let entries = keys.table.value?;
    if !entries.is_power_of_two() {
        findings.mistake(
            keys.table
                .mistake(format!("an indirection table cannot have {entries} entries"))
                .because("the low bits of the hash index it: a power of two is due")
                .help(format!("write {}", (entries.next_power_of_two()).min(32_768))),
        );
        return None;
    }
    Some(entries)
}

/// The entries of the indirection table of a model.
fn entries(keys: &HashKeys, model: &Profile, findings: &mut Findings) -> Option<u32> {
    let entries = whole_power(keys, findings)?;
    let limit = model.number("rss.table").unwrap_or(u64::MAX);
    if u64::from(entries) > limit {
        findings.mistake(
            keys.table
                .mistake(format!("{entries} entries are more than {} has", model.name))
                .because(format!("its indirection table has {limit} entries"))
                .help(format!("write table = {limit}, or model = \"ideal\"")),
        );
    }
    Some(entries)
}

fn key(keys: &HashKeys, findings: &mut Findings) -> Option<[u8; KEY_BYTES]> {
    match keys.key.value? {
        "microsoft" => Some(KEY_MICROSOFT),
        "symmetric" => Some(KEY_SYMMETRIC),
        text => findings.take(parse_key(text).map_err(|error| {
            keys.key.mistake("this is no hash key").because(error.to_string()).help(
                "write \"microsoft\", \"symmetric\" (6d5a repeated), or 40 bytes in hexadecimal",
            )
        })),
    }
}

fn types(keys: &HashKeys) -> HashTypes {
    if !keys.hash.given {
        return HashTypes::USUAL;
    }
    let mut types = HashTypes::NONE;
    for hash in keys.hash.items() {
        let _known = types.switch_on(HashType::name(*hash));
    }
    types
}
