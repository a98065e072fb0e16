//! Virtual NICs whose path changes while a world runs, over time.

use crate::world::outcome::Volume;
use crate::world::{Consumer, World};

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
