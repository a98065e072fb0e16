//! Where the packets of virtual machines that migrate come, and when: the sources of a file, shared
//! out among ports.

use crate::engine::time::Time;
use crate::rx::source::keys::Keys;
use crate::rx::source::{Arrivals, Flows, Popularity, Sizes, SourceSpec};
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::traffic::rate;
use crate::scenario::plan::traffic::source;
use crate::scenario::schema::rows::events::EventKeys;
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::Rate;
use crate::world::{Consumer, Filter, Part, TrafficSpec, VnicSpec};
use std::collections::{BTreeMap, BTreeSet};

/// The traffic that copies the memory of machines that migrate, as results name it.
const MIGRATION: &str = "migration";
/// The frames of that traffic: full ones.
const FRAME: u32 = 1518;

/// Where virtual NICs are reached.
#[derive(Debug, Default)]
pub struct Relocations {
    /// Those of a virtual NIC of the file once its VM has migrated, in the order of time.
    later: BTreeMap<usize, Vec<Attachment>>,
    /// What is copied meanwhile.
    pub memory_copies: Vec<MemoryCopy>,
}

/// The network sends the packets of a virtual NIC to another one.
#[derive(Clone, Copy, Debug)]
pub struct Attachment {
    /// From this instant on.
    pub since: Time,
    /// The other one.
    pub vnic: usize,
}

/// The memory of a VM is copied to another host.
#[derive(Debug)]
pub struct MemoryCopy {
    /// Index of the event.
    pub event: usize,
    /// The port by which it comes.
    pub nic: usize,
    /// When it begins ...
    pub from: Time,
    /// ... and ends.
    pub until: Time,
    /// How fast.
    pub rate: Rate,
}

impl Extend<(usize, Attachment)> for Relocations {
    fn extend<I: IntoIterator<Item = (usize, Attachment)>>(&mut self, attachments: I) {
        for (vnic, attachment) in attachments {
            self.later.entry(vnic).or_default().push(attachment);
        }
    }
}

impl Relocations {
    /// The sources of a file, each shared out among the ports by which its packets come.
    #[must_use]
    pub fn share_out(
        &self,
        sources: Vec<TrafficSpec>,
        vnics: &[VnicSpec],
        nics: &[Nic],
    ) -> Vec<TrafficSpec> {
        let parts = |source: TrafficSpec| match source.to {
            Consumer::Vnic(vnic) if self.later.contains_key(&vnic) => {
                parts(&source, &self.later[&vnic], vnics, nics)
            }
            _ => vec![source],
        };
        sources.into_iter().flat_map(parts).collect()
    }

    /// Checks what goes to VMs that migrate: a connection does not follow them, and their new ports
    /// must take the frames.
    pub fn check(
        &self,
        sources: &[TrafficSpec],
        traffics: &[TrafficKeys],
        vnics: &[VnicSpec],
        nics: &[Nic],
        findings: &mut Findings,
    ) {
        let later = |source: &TrafficSpec| match source.to {
            Consumer::Vnic(vnic) => self.later.get(&vnic),
            _ => None,
        };
        for keys in traffics {
            let ours = || sources.iter().filter(|source| source.group == keys.name());
            let attachments = ours().filter_map(later).flatten();
            let ports: BTreeSet<usize> =
                attachments.map(|attachment| vnics[attachment.vnic].nic).collect();
            for (nic, first) in ports.into_iter().zip(ours().cycle()) {
                source::check_port(keys, &nics[nic], &first.source, findings);
            }
            if ours().any(|source| source.closed.is_some() && later(source).is_some()) {
                findings.unsupported(
                    keys.to
                        .mistake(format!("\"{}\" does not follow its receiver", keys.name()))
                        .because(
                            "a closed loop to a virtual machine that migrates is not simulated",
                        )
                        .help("leave the event out, or send traffic that waits for nothing"),
                );
            }
        }
    }

    /// The sources that copy memory.
    pub fn copies(
        &self,
        events: &[&EventKeys],
        nics: &[Nic],
        taken: bool,
        findings: &mut Findings,
    ) -> Vec<TrafficSpec> {
        let mut all = Vec::new();
        for (number, memory_copy) in self.memory_copies.iter().enumerate() {
            let keys = events[memory_copy.event];
            let name = if self.memory_copies.len() > 1 {
                format!("traffic.{MIGRATION}[{number}]")
            } else {
                format!("traffic.{MIGRATION}")
            };
            if taken {
                findings.mistake(
                    keys.rate
                        .mistake("the copy of its memory has no name of its own")
                        .because(format!("it would be traffic.{MIGRATION}, which the file has"))
                        .help("give the traffic of the file another name"),
                );
                return vec![];
            }
            let sizes = Sizes::Fixed(FRAME);
            let link = nics[memory_copy.nic].spec.link;
            let Some(arrivals) = rate::even(&keys.rate, memory_copy.rate, &sizes, link, findings)
            else {
                continue;
            };
            all.push(copy(memory_copy, name, arrivals, sizes));
        }
        all
    }
}

fn copy(memory_copy: &MemoryCopy, name: String, arrivals: Arrivals, sizes: Sizes) -> TrafficSpec {
    let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
    TrafficSpec {
        group: MIGRATION.to_owned(),
        nic: memory_copy.nic,
        to: Consumer::Host,
        by_internal_switch: false,
        filter: Filter::Pass,
        from: memory_copy.from,
        until: Some(memory_copy.until),
        part: Part::default(),
        closed: None,
        source: SourceSpec { name, arrivals, sizes, flows },
    }
}

/// The parts of a source: where its packets come first, and where later.
fn parts(
    source: &TrafficSpec,
    later: &[Attachment],
    vnics: &[VnicSpec],
    nics: &[Nic],
) -> Vec<TrafficSpec> {
    let end = |at: usize| later.get(at).map(|attachment| attachment.since);
    let sooner = |a: Option<Time>, b: Option<Time>| a.into_iter().chain(b).min();
    let first = TrafficSpec { until: sooner(source.until, end(0)), ..source.clone() };
    let mut parts = vec![first];
    for (at, attachment) in later.iter().enumerate() {
        let nic = vnics[attachment.vnic].nic;
        let filter = nics[nic].filters.iter().find(|(name, _)| *name == source.group);
        parts.push(TrafficSpec {
            nic,
            to: Consumer::Vnic(attachment.vnic),
            // Elsewhere it comes over the link.
            by_internal_switch: source.by_internal_switch && nic == source.nic,
            filter: filter.map_or(Filter::Pass, |(_, filter)| *filter),
            until: sooner(source.until, end(at + 1)),
            part: Part { since: attachment.since, ..source.part.clone() },
            ..source.clone()
        });
    }
    parts
        .retain(|part| part.until.is_none_or(|until| until > part.from && until > part.part.since));
    parts
}
