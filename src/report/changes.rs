//! Virtual NICs whose path changes while a world runs, over time.

use crate::engine::time::Time;
use crate::study::paths;
use crate::world::outcome::Volume;
use crate::world::{Consumer, RxPath, World};

/// What each of them received within a step, by name: one that migrates has one name.
pub(super) fn delivered<'w>(world: &'w World, changing: &[Volume]) -> Vec<(&'w str, Volume)> {
    let mut all: Vec<(&str, Volume)> = Vec::new();
    for (source, load) in world.changing().into_iter().zip(changing) {
        let Consumer::Vnic(vnic) = world.sources[source].to else { continue };
        let name = world.vnics[vnic].name.as_str();
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += *load,
            None => all.push((name, *load)),
        }
    }
    all
}

/// The paths of all virtual NICs at some time.
pub(super) struct Paths<'w> {
    world: &'w World,
    ways: Vec<&'w RxPath>,
    running: Vec<bool>,
}

impl<'w> Paths<'w> {
    /// Those at this time.
    pub(super) fn at(world: &'w World, time: Time) -> Self {
        Self { world, ways: paths::ways(world, time), running: paths::running(world, time) }
    }

    /// The path of the one of this name, in the words of the metric `path`.
    pub(super) fn of(&self, name: &str) -> &'static str {
        let named = self.world.vnics.iter().zip(&self.ways).filter(|(vnic, _)| vnic.name == name);
        let mut in_use = named.filter(|(vnic, _)| paths::is_in_use(vnic, &self.running));
        in_use.next().map_or("none", |(vnic, way)| paths::word(self.world, vnic, way))
    }
}
