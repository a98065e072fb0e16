//! A port: link, buffer, bus, ring, queues and their vectors, filters.

use super::flow_control;
use super::moderation;
use super::rps;
use super::rss::{self, Rss};
use super::sriov::{Demand, Sriov};
use super::vmq::{self, Vmq};
use crate::engine::time::Span;
use crate::policy::OwnPolicy;
use crate::rx::dma::DmaSpec;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::reference;
use crate::scenario::profile::{self, Pcie, Profile};
use crate::scenario::schema::rows::nics::{FilterKeys, NicKeys};
use crate::scenario::schema::rows::values::{FilterAction, FilterPlace, PathKind, WhenRingFull};
use crate::scenario::schema::setting::Setting;
use crate::scenario::text::findings::Findings;
use crate::world::{Filter, NicSpec, Rebalance, SteeringSpec};
use std::collections::BTreeSet;

/// A port as traffic needs it.
#[derive(Debug)]
pub struct Nic {
    /// What the world knows of it.
    pub spec: NicSpec,
    /// Its model.
    pub model: &'static Profile,
    /// Verdicts on the packets of a traffic, by its name.
    pub filters: Vec<(String, Filter)>,
    /// Whether VMQ gives queues to virtual NICs: `path = "vmq"`, and the link is fast enough.
    pub gives_queues: bool,
    /// Its virtual functions, none given yet; none where the path is another one.
    pub sriov: Option<Sriov>,
}

/// The queues of a port.
struct Queues {
    steering: SteeringSpec,
    /// The core of each at the start.
    cores: Vec<u32>,
    /// The cores that they may use.
    usable: Vec<u32>,
    /// Who moves them.
    rebalance: Option<Rebalance>,
    /// Queues of one core share a vector.
    shared_interrupts: bool,
    /// The driver runs the port with several queues.
    several: bool,
    /// As in [`Nic`].
    given: bool,
}

impl Queues {
    /// A single one.
    fn single(core: u32) -> Self {
        Self {
            steering: SteeringSpec::SingleQueue,
            cores: vec![core],
            usable: vec![core],
            rebalance: None,
            shared_interrupts: false,
            several: false,
            given: false,
        }
    }
}

/// Reads a port and what virtual NICs ask of it; none where its host is unknown.
pub fn read(
    keys: &NicKeys,
    hosts: &[Host],
    traffics: &[&str],
    sriov: Option<Sriov>,
    demand: Demand,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Nic> {
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let at = findings.take(reference::named(&keys.host, keys.name(), "host", &names))?;
    let host = &hosts[at];
    let model = keys.model.value.unwrap_or_else(|| profile::find_or(None, "ideal"));
    let link = keys.link.or(model.link());
    let queues = queues(keys, host, model, link, demand, policies, findings);
    let ring = ring(keys, model, findings);
    let cores: BTreeSet<u32> = queues.cores.iter().copied().collect();
    let buffer = keys.buffer.or(model.size("buffer"));
    let share = queues.shared_interrupts || vectors_are_short(&queues.cores, model);
    let spec = NicSpec {
        name: keys.name().to_owned(),
        host: at,
        link,
        egress: keys.egress.value.unwrap_or(1),
        buffer,
        dma: dma(keys, model, findings),
        ring,
        hold: hold(keys, model, queues.several, sriov.is_some()),
        vectors: vectors(&queues.cores, share),
        moderation: moderation::read(keys, model, findings),
        steering: queues.steering,
        contention: 1.0 + host.contention * (cores.len() as f64 - 1.0),
        rebalance: queues.rebalance,
        shared_interrupts: share,
        rps: rps::read(keys, host, &queues.usable, findings),
        usable: queues.usable,
        flow_control: flow_control::read(keys, link, buffer, findings),
        queues: queues.cores,
    };
    guests(keys, model, findings);
    let filters = filters(keys, traffics, &spec, findings);
    Some(Nic { spec, model, filters, gives_queues: queues.given, sriov })
}

/// How packets find their queue, and the core of each queue.
fn queues(
    keys: &NicKeys,
    host: &Host,
    model: &Profile,
    link: Option<u64>,
    demand: Demand,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Queues {
    let single = |findings: &mut Findings| Queues::single(only(keys, host, findings));
    match keys.path.value {
        Some(PathKind::Vmq | PathKind::Sriov) => {
            let vmq = vmq::read(keys, host, model, link, demand, policies, findings);
            return vmq.map_or_else(|| Queues::single(0), of_vmq);
        }
        Some(PathKind::Rss) => {}
        _ => return single(findings),
    }
    if keys.rss.value.as_ref().and_then(|rss| rss.enabled.value) == Some(false) {
        findings
            .warn(format!("nic.{}: RSS is switched off, all packets go to one queue", keys.name()));
        return single(findings);
    }
    if keys.checksum_offload.value == Some(false) {
        findings.warn(format!(
            "nic.{}: RSS is off because checksum offload is off: RSS depends on it \
             (Disable-NetAdapterChecksumOffload); all packets go to one queue",
            keys.name()
        ));
        return single(findings);
    }
    rss::read(keys, host, model, policies, findings).map_or_else(|| Queues::single(0), of_rss)
}

fn of_rss(rss: Rss) -> Queues {
    Queues {
        several: rss.cores.len() > 1,
        steering: SteeringSpec::Rss(rss.spec),
        cores: rss.cores,
        usable: rss.usable,
        rebalance: rss.rebalance,
        shared_interrupts: false,
        given: false,
    }
}

fn of_vmq(vmq: Vmq) -> Queues {
    Queues {
        steering: vmq.steering,
        cores: vmq.cores,
        usable: vmq.usable,
        rebalance: vmq.rebalance,
        shared_interrupts: vmq.shared_interrupts,
        several: vmq.several,
        given: vmq.on,
    }
}

/// The core of the only queue.
fn only(keys: &NicKeys, host: &Host, findings: &mut Findings) -> u32 {
    host.check_core(&keys.core, findings);
    keys.core.value.unwrap_or(0)
}

fn ring(keys: &NicKeys, model: &Profile, findings: &mut Findings) -> u32 {
    let Some(ring) = keys.ring.value else { return 1 };
    let (min, max) = (model.number("ring.min"), model.number("ring.max"));
    if let (Some(min), Some(max)) = (min, max)
        && !(min..=max).contains(&u64::from(ring))
    {
        let near = u64::from(ring).clamp(min, max);
        findings.mistake(
            keys.ring
                .mistake(format!("{} has no ring of {ring} descriptors", model.name))
                .because(format!("it takes {min} to {max}"))
                .help(format!("write ring = {near}, or model = \"ideal\"")),
        );
    }
    ring
}

/// Whether a packet waits for a descriptor: the drivers' rule where the file leaves it to them
/// (Linux `ixgbe_set_rx_drop_en` drops with virtual functions, and with several queues where the
/// port does not pause its peer, to avoid head of line blocking; else a full ring holds the port).
fn hold(keys: &NicKeys, model: &Profile, several: bool, functions: bool) -> bool {
    match keys.when_ring_full.value {
        Some(WhenRingFull::Hold) => true,
        Some(WhenRingFull::Drop) => false,
        _ => !model.is_ideal() && !functions && (!several || flow_control::is_on(keys)),
    }
}

/// Whether the model has fewer vectors than queues.
fn vectors_are_short(queues: &[u32], model: &Profile) -> bool {
    model.number("vectors").is_some_and(|most| queues.len() as u64 > most)
}

/// The queues of each vector: one each, or those of one core together.
fn vectors(queues: &[u32], share: bool) -> Vec<Vec<u32>> {
    if !share {
        return (0..queues.len() as u32).map(|queue| vec![queue]).collect();
    }
    let cores: BTreeSet<u32> = queues.iter().copied().collect();
    let of =
        |core: &u32| (0..queues.len()).filter(|q| queues[*q] == *core).map(|q| q as u32).collect();
    cores.iter().map(of).collect()
}

/// The port's share of the bus.
fn dma(nic: &NicKeys, model: &Profile, findings: &mut Findings) -> DmaSpec {
    let base = model.pcie();
    let unlimited = DmaSpec { bits: None, max_payload: 256, latency: Span::ZERO };
    let Some(pcie) = nic.pcie.value.as_ref().filter(|_| nic.pcie.given) else {
        return base.map_or(unlimited, |base| base.spec());
    };
    let latency = pcie.latency.or(base.map(|base| base.latency)).unwrap_or(Span::ZERO);
    let max_payload = pcie.max_payload.or(base.map(|base| base.max_payload)).unwrap_or(256);
    if !max_payload.is_power_of_two() {
        findings.mistake(
            pcie.max_payload
                .mistake(format!("PCI Express has no payload of {max_payload} B"))
                .because("a power of two is due")
                .help("write 128, 256, 512, 1024, 2048 or 4096"),
        );
    }
    let generation = pcie.generation.or(base.map(|base| base.generation));
    let lanes = pcie.lanes.or(base.map(|base| base.lanes));
    if lanes.is_some_and(|lanes| ![1, 2, 4, 8, 12, 16, 32].contains(&lanes)) {
        findings.mistake(
            pcie.lanes
                .mistake("PCI Express has no such width")
                .because("no link has that many lanes")
                .help("write 1, 2, 4, 8, 12, 16 or 32"),
        );
    }
    match (generation, lanes) {
        (Some(generation), Some(lanes)) => Pcie { generation, lanes, max_payload, latency }.spec(),
        (None, None) => DmaSpec { max_payload, latency, ..unlimited },
        _ => {
            let (given, missing) = if lanes.is_some() {
                (&pcie.lanes, &pcie.generation)
            } else {
                (&pcie.generation, &pcie.lanes)
            };
            if given.given && !missing.given {
                findings.mistake(
                    given
                        .mistake(format!("`{}` alone gives no bandwidth", given.key))
                        .because(format!("{} has no `{}` of its own", model.name, missing.key))
                        .help("write both: { generation = 2, lanes = 8 }"),
                );
            }
            unlimited
        }
    }
}

/// Checks the tables of queues and functions for virtual machines.
fn guests(keys: &NicKeys, model: &Profile, findings: &mut Findings) {
    let path = keys.path.value;
    if !matches!(path, Some(PathKind::Vmq | PathKind::Sriov)) {
        return;
    }
    let rss = keys.rss.value.as_ref().map(|rss| &rss.enabled);
    if let Some(enabled) = rss.filter(|enabled| enabled.given && enabled.value == Some(true)) {
        let path = if path == Some(PathKind::Vmq) { "VMQ" } else { "SR-IOV (with VMQ)" };
        findings.mistake(
            enabled
                .mistake(format!("RSS and {path} exclude each other"))
                .because(
                    "Windows turns RSS off on a host adapter whose queues serve VMs: \
                     RSS cannot be enabled while VMQ or SR-IOV is",
                )
                .help("remove `enabled`, or choose path = \"rss\""),
        );
    }
    if let Some(vmq) = &keys.vmq.value {
        limit(&vmq.queues, vmq::limit(model), model, findings);
    }
    if let Some(sriov) = &keys.sriov.value {
        limit(&sriov.vfs, model.number("vfs"), model, findings);
    }
    if path == Some(PathKind::Sriov) && model.number("vfs") == Some(0) {
        findings.mistake(
            keys.path
                .mistake(format!("{} has no virtual functions", model.name))
                .because("the model does not support SR-IOV")
                .help("choose another model, such as intel-82599, or path = \"vmq\""),
        );
    }
}

/// Checks a number of queues or functions against the model's.
fn limit(asked: &Setting<u32>, most: Option<u64>, model: &Profile, findings: &mut Findings) {
    let (Some(number), Some(most)) = (asked.value.filter(|_| asked.given), most) else { return };
    if u64::from(number) > most {
        let key = asked.key;
        findings.mistake(
            asked
                .mistake(format!("{number} {key} are more than {} has", model.name))
                .because(format!("it has {most}"))
                .help(format!("write {key} = {most}, or model = \"ideal\"")),
        );
    }
}

/// The early verdicts, by the name of the traffic they concern.
fn filters(
    keys: &NicKeys,
    traffics: &[&str],
    spec: &NicSpec,
    findings: &mut Findings,
) -> Vec<(String, Filter)> {
    let mut all: Vec<(String, Filter)> = vec![];
    let by_address = matches!(spec.steering, SteeringSpec::Vmq { .. });
    let queues = if by_address { usize::MAX } else { spec.queues.len() };
    for filter in keys.filter.items() {
        let Some(matched) = &filter.matched.value else { continue };
        let Some(name) = matched.traffic.value else { continue };
        if !traffics.contains(&name) {
            findings.mistake(reference::unknown(&matched.traffic, "traffic", name, traffics));
        }
        if all.iter().any(|(known, _)| known == name) {
            findings.mistake(
                matched
                    .traffic
                    .mistake(format!("two filters for traffic \"{name}\""))
                    .because("an earlier filter decides already")
                    .help("keep one of them"),
            );
        }
        if by_address && filter.action.value == Some(FilterAction::Pin) {
            findings.unsupported(
                filter
                    .action
                    .mistake(
                        "action = \"pin\" is not simulated on path = \"vmq\" and \"sriov\" yet",
                    )
                    .because("there a packet's MAC address alone names its queue")
                    .help("remove the filter, or choose path = \"rss\""),
            );
        }
        if let Some(verdict) = verdict(filter, queues, findings) {
            all.push((name.to_owned(), verdict));
        }
    }
    all
}

fn verdict(filter: &FilterKeys, queues: usize, findings: &mut Findings) -> Option<Filter> {
    let in_driver = filter.at.value == Some(FilterPlace::Driver);
    if filter.action.value? == FilterAction::Drop {
        return Some(if in_driver { Filter::DropInDriver } else { Filter::DropInNic });
    }
    if in_driver {
        findings.mistake(
            filter
                .at
                .mistake("only the NIC can pin packets to a queue")
                .because("in the driver the packet is in its queue already")
                .help("write at = \"nic\""),
        );
    }
    if !filter.queue.given {
        findings.mistake(
            filter
                .action
                .mistake("action = \"pin\" needs a queue")
                .because("`queue` is missing")
                .help("add `queue = 0`"),
        );
    }
    let queue = filter.queue.value?;
    if queue as usize >= queues {
        findings.mistake(
            filter
                .queue
                .mistake(format!("there is no queue {queue}"))
                .because(format!("the port has the queues 0 to {}", queues - 1))
                .help(format!("write queue = 0 to {}", queues - 1)),
        );
    }
    Some(Filter::Pin(queue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::profile::Row;

    #[test]
    fn queues_of_one_core_share_a_vector_where_vectors_are_short() {
        let rows: &[Row] = &[Row { key: "vectors", value: "3", source: "made up" }];
        let model = Profile { name: "few", about: "", rows };
        let vectors = |queues: &[u32]| vectors(queues, vectors_are_short(queues, &model));
        assert_eq!(vectors(&[0, 1, 0]), [vec![0], vec![1], vec![2]]);
        assert_eq!(vectors(&[1, 0, 1, 0]), [vec![1, 3], vec![0, 2]]);
        assert_eq!(super::vectors(&[0, 1, 0], true), [vec![0, 2], vec![1]]);
    }
}
