//! Figures of traffic sources: of groups, and of their instances.

use super::by_name::ByName;
use super::figure::Figure;
use super::flow::{self, Flow};
use super::record::record;
use crate::rx::source::Arrivals;
use crate::world::outcome::{Outcome, SourceTally};
use crate::world::{TrafficSpec, World};

record! {
    /// What became of the packets of a group of sources.
    pub struct TrafficFigures {
        ..flow: Flow,
        /// The recording that is played.
        pub capture: Option<CaptureFigures>,
        /// One of several instances of a source.
        pub instance: Option<Vec<Flow>>,
    }
}

record! {
    /// What a recording holds.
    pub struct CaptureFigures {
        /// Packets.
        pub packets: Figure as "packets",
        /// Bytes recorded.
        pub bytes: Figure as "bytes",
        /// Flows: directed pairs of addresses and ports.
        pub flows: Figure as "flows",
    }
}

/// The figures of all groups of sources, in the order of the world.
pub(super) fn groups(world: &World, outcome: &Outcome) -> ByName<TrafficFigures> {
    let mut groups: Vec<(String, TrafficFigures)> = Vec::new();
    for spec in &world.sources {
        if groups.iter().all(|(name, _)| *name != spec.group) {
            groups.push((spec.group.clone(), TrafficFigures::new(world, outcome, &spec.group)));
        }
    }
    ByName(groups)
}

impl TrafficFigures {
    fn new(world: &World, outcome: &Outcome, group: &str) -> Self {
        let all = world.sources.iter().zip(&outcome.sources);
        let members: Vec<(&TrafficSpec, &SourceTally)> =
            all.filter(|(spec, _)| spec.group == group).collect();
        let tallies = members.iter().map(|(_, tally)| *tally);
        let streams = streams(&members);
        let instance = |tally: &SourceTally| Flow::new(tally, outcome.window);
        Self {
            flow: Flow::new(&flow::sum(tallies), outcome.window),
            capture: members.first().and_then(|(spec, _)| CaptureFigures::new(spec)),
            instance: (streams.len() > 1).then(|| streams.iter().map(instance).collect()),
        }
    }
}

impl CaptureFigures {
    fn new(spec: &TrafficSpec) -> Option<Self> {
        let Arrivals::Capture(capture) = &spec.source.arrivals else { return None };
        Some(Self {
            packets: Figure::count(capture.packets.len() as u64),
            bytes: Figure::count(capture.captured_bytes),
            flows: Figure::count(capture.tuples),
        })
    }
}

/// What became of each stream: sources of one name are one stream that comes by several ports.
fn streams(members: &[(&TrafficSpec, &SourceTally)]) -> Vec<SourceTally> {
    let mut streams: Vec<(&str, Vec<&SourceTally>)> = Vec::new();
    for (spec, tally) in members {
        match streams.iter_mut().rev().find(|(name, _)| *name == spec.source.name) {
            Some((_, tallies)) => tallies.push(tally),
            None => streams.push((&spec.source.name, vec![tally])),
        }
    }
    streams.into_iter().map(|(_, tallies)| flow::sum(tallies)).collect()
}
