//! Spreading in software: over the cores of a host (RPS, virtual RSS), and over the channels of a
//! virtual NIC.

use super::rss;
use crate::rx::cpu::{Feature, Unsupported};
use crate::rx::steering::rss::{HashTypes, RssSpec, default_table};
use crate::rx::steering::toeplitz::KEY_MICROSOFT;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::rows::values::PathKind;
use crate::scenario::text::findings::Findings;
use crate::world::{FlowMap, RpsSpec, RxPath, VnicOwner};

/// Entries of the tables of virtual NICs (Microsoft, "RSSv2": 128 is the most of native RSS).
const ENTRIES: u32 = 128;

/// Reads the table `spread` of a port whose queues may use these cores; none: it has no such table,
/// or a wrong one, which has been reported.
pub fn read(
    nic: &NicKeys,
    host: &Host,
    usable: &[u32],
    findings: &mut Findings,
) -> Option<RpsSpec> {
    if !nic.spread.given {
        return None;
    }
    if let Err(Unsupported { reason, help }) = host.spec.supports(Feature::Rps) {
        findings.mistake(
            nic.spread
                .mistake(format!("nothing spreads packets on `{}`", host.spec.name))
                .because(reason)
                .help(help),
        );
    }
    over_cores(nic, host, usable, findings)
}

/// What a table `spread` says, or its defaults where there is none.
pub fn over_cores(
    nic: &NicKeys,
    host: &Host,
    usable: &[u32],
    findings: &mut Findings,
) -> Option<RpsSpec> {
    let keys = nic.spread.value.as_ref()?;
    let all = keys.cores.given || nic.path.value == Some(PathKind::SingleQueue);
    let cores = if all {
        findings.take(keys.cores.within(keys.name(), host.spec.cores))?
    } else {
        usable.to_vec()
    };
    if cores.is_empty() {
        return None; // no list of processors, which has been reported
    }
    let rss = rss::hash(&keys.hashing, cores.len() as u32, findings)?;
    let cores = FlowMap { targets: cores, rss: Some(rss) };
    Some(RpsSpec { cores, backlog: keys.backlog.value? })
}

/// Over some of a kind, by hash and a table of its own.
#[must_use]
pub fn by_hash(over: Vec<u32>) -> FlowMap {
    let n = over.len() as u32;
    let rss = || RssSpec {
        key: KEY_MICROSOFT,
        types: HashTypes::USUAL,
        table: default_table(ENTRIES.max(n.next_power_of_two()), n),
    };
    FlowMap { rss: (n > 1).then(rss), targets: over }
}

/// The channels of a virtual NIC whose VM has `vcpus`: as many as wanted, one to a vCPU, from its
/// own on. None: one.
#[must_use]
pub fn channels(owner: VnicOwner, vcpus: u32, wanted: u32) -> Option<FlowMap> {
    let VnicOwner::Vm { vcpu, .. } = owner else { return None };
    let channels = wanted.min(vcpus);
    (channels > 1).then(|| by_hash((0..channels).map(|k| (vcpu + k) % vcpus).collect()))
}

/// Why a virtual NIC that wants virtual RSS does without (Microsoft, "vRSS"), if it does; `way` is how
/// its packets come at the start.
#[must_use]
pub fn no_vrss(rx_path: &RxPath, link: Option<u64>, vcpus: u32) -> Option<&'static str> {
    const TEN_GIGABIT: u64 = 10_000_000_000;
    match rx_path {
        RxPath::VirtualFunction => {
            Some("its packets come by a virtual function, which spreads them itself")
        }
        RxPath::DefaultQueue => Some("it has no queue of its own"),
        _ if link.is_some_and(|bits| bits < TEN_GIGABIT) => Some("its link is slower than 10 Gbps"),
        _ => (vcpus < 2).then_some("it takes two vCPUs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_go_to_the_vcpus_in_turn_and_are_no_more_than_these() {
        let owner = |vcpu| VnicOwner::Vm { vm: 0, vcpu };
        let over =
            |vcpu, vcpus, wanted| channels(owner(vcpu), vcpus, wanted).map(|all| all.targets);
        assert_eq!(over(0, 4, 4), Some(vec![0, 1, 2, 3]));
        assert_eq!(over(1, 4, 2), Some(vec![1, 2]));
        assert_eq!(over(3, 4, 3), Some(vec![3, 0, 1]));
        assert_eq!(over(0, 2, 8), Some(vec![0, 1]));
        assert_eq!((over(0, 1, 8), over(0, 4, 1)), (None, None));
        assert_eq!(channels(VnicOwner::Host, 4, 4).map(|all| all.targets), None);
    }
}
