//! Virtual NICs whose path changes while a world runs, over time.

use crate::engine::time::Time;
use crate::host::outcome::Load;
use crate::host::world::{Consumer, World};
use crate::study::paths;

/// What each of them received within a step, by name: one that migrates has one name.
pub(super) fn delivered<'w>(world: &'w World, changing: &[Load]) -> Vec<(&'w str, Load)> {
    let mut all: Vec<(&str, Load)> = Vec::new();
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

/// The path of a virtual NIC at some time, in the words of the metric `path`.
pub(super) fn path(world: &World, name: &str, time: Time) -> &'static str {
    let (ways, running) = (paths::ways(world, time), paths::running(world, time));
    let named = world.vnics.iter().zip(ways).filter(|(vnic, _)| vnic.name == name);
    let mut in_use = named.filter(|(vnic, _)| paths::is_in_use(vnic, &running));
    in_use.next().map_or("none", |(vnic, way)| paths::word(world, vnic, way))
}
