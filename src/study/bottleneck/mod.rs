//! What limits a run, and what would limit it next.
//!
//! Where the load is not carried, the symptom that hit most packets (the reason of loss, or else
//! the growth of queues) leads to the resource behind it. A resource's capacity is what the run
//! delivered over the share of the resource that this took; costs that shrink under load
//! (interrupts, poll rounds) make it a lower bound.

mod cause;
mod resource;
mod utilization;
mod work;

pub use resource::{Place, Resource, ResourceKind};
pub use work::{Activity, WorkShares};

use super::figures::Figures;
use super::figures::host::CoreFigures;
use crate::world::World;
use cause::Search;

/// What limits a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Bottleneck {
    /// What is in the way; none: the load is carried.
    pub limit: Option<Resource>,
    /// What saturates next, once the limit is lifted.
    pub next: Option<Resource>,
    /// Where cores limit: what they were busy with, on average.
    pub work: WorkShares,
}

/// Finds what limits the run of `world` that had these figures.
#[must_use]
pub fn bottleneck(world: &World, figures: &Figures) -> Bottleneck {
    let search = Search::new(world, figures);
    let limit = if figures.sustained { None } else { search.limit() };
    let limit = limit.map(|limit| widen_to_peers(limit, &search.resources, figures));
    let work = limit.as_ref().map_or_else(WorkShares::default, |at| work_of(&at.place, figures));
    Bottleneck { next: next(&search.resources, limit.as_ref()), limit, work }
}

/// Adds to a limiting core those of its host that are saturated like it, and by the same work.
fn widen_to_peers(limit: Resource, all: &[Resource], figures: &Figures) -> Resource {
    let (ResourceKind::Core, Place::Cores(host, own)) = (limit.kind, &limit.place) else {
        return limit;
    };
    let activity = |place: &Place| work_of(place, figures).activity();
    let alike =
        |one: &Resource| one.is_saturated() && activity(&one.place) == activity(&limit.place);
    let cores = all.iter().filter_map(|one| match &one.place {
        Place::Cores(at, cores) if at == host && (cores == own || alike(one)) => Some(cores[0]),
        _ => None,
    });
    let place = Place::Cores(host.clone(), cores.collect());
    Resource { place, ..limit }
}

/// The resource in use that carries least, the limit itself and its like apart.
fn next(all: &[Resource], limit: Option<&Resource>) -> Option<Resource> {
    let lifted = |one: &Resource| match (limit.map(|limit| (limit.kind, &limit.place)), &one.place)
    {
        (Some((ResourceKind::Core, Place::Cores(host, cores))), Place::Cores(at, core)) => {
            host == at && cores.contains(&core[0])
        }
        (Some((ResourceKind::App, Place::App(_, host, core))), Place::Cores(at, cores)) => {
            host == at && *core == cores[0]
        }
        (Some((kind, place)), _) => kind == one.kind && *place == one.place,
        (None, _) => false,
    };
    let capacity = |one: &Resource| one.capacity_gbps.unwrap_or(f64::INFINITY);
    all.iter()
        .filter(|one| one.utilization > 0.0 && one.capacity_gbps.is_some() && !lifted(one))
        .min_by(|a, b| capacity(a).total_cmp(&capacity(b)))
        .cloned()
}

/// What the cores of a place were busy with; nothing where it is no place of cores.
fn work_of(place: &Place, figures: &Figures) -> WorkShares {
    let Place::Cores(host, cores) = place else { return WorkShares::default() };
    let all = &figures.host[host.as_str()].core;
    let cores: Vec<&CoreFigures> = cores.iter().map(|core| &all[*core]).collect();
    WorkShares::mean(&cores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::fixture;
    use crate::world::NicSpec;
    use crate::world::outcome::{Outcome, Volume};
    use std::time::Duration;

    fn found(world: &World, outcome: &Outcome) -> Bottleneck {
        bottleneck(world, &Figures::new(world, outcome, Duration::from_secs(1)))
    }

    #[test]
    fn a_full_core_behind_a_full_ring_limits_and_the_link_is_next() {
        let found = found(&fixture::world(8, 1), &fixture::outcome(8, 1));
        let limit = found.limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (ResourceKind::Core, "alpha.core[0]".into()));
        assert!((limit.utilization - 1.0).abs() < 1e-9);
        assert!((found.work.deferred - 0.94).abs() < 1e-9);
        let next = found.next.unwrap();
        assert_eq!((next.kind, next.place.name()), (ResourceKind::Link, "port0".into()));
        assert!((next.capacity_gbps.unwrap() - 10.0 * 1518.0 / 1538.0).abs() < 1e-9);
    }

    #[test]
    fn cores_that_are_full_alike_are_named_together() {
        let found = found(&fixture::world(8, 2), &fixture::outcome(8, 2));
        assert_eq!(found.limit.unwrap().place, Place::Cores("alpha".into(), vec![0, 1]));
    }

    #[test]
    fn a_ring_that_overflows_while_its_core_has_time_is_too_small() {
        let mut outcome = fixture::outcome(8, 1);
        outcome.hosts[0].cores[0].busy.deferred.0 /= 2;
        let limit = found(&fixture::world(8, 1), &outcome).limit.unwrap();
        assert_eq!(
            (limit.kind, limit.place.name()),
            (ResourceKind::Buffer, "port0.queue[0]".into())
        );
    }

    #[test]
    fn each_reason_of_loss_leads_to_its_resource() {
        let world = fixture::world(8, 1);
        let with = |reason: usize, change: &dyn Fn(&mut Outcome)| {
            let mut outcome = fixture::outcome(8, 1);
            outcome.sources[0].dropped.swap(2, reason);
            change(&mut outcome);
            found(&world, &outcome).limit.unwrap().kind
        };
        assert_eq!(with(0, &|_| ()), ResourceKind::Link);
        assert_eq!(with(1, &|_| ()), ResourceKind::Buffer);
        assert_eq!(
            with(1, &|outcome| outcome.nics[0].dma_busy = outcome.window),
            ResourceKind::Pcie
        );
        assert_eq!(with(1, &|outcome| outcome.nics[0].held.0 = 1), ResourceKind::Core);
        assert_eq!(with(3, &|_| ()), ResourceKind::Core);
    }

    #[test]
    fn a_channel_overflows_because_of_its_guest_s_core_or_for_want_of_room() {
        let (world, mut outcome) = (fixture::guests(3), fixture::guests_outcome(3));
        let busy = found(&world, &outcome);
        assert_eq!(busy.work.activity(), Activity::Guests);
        let limit = busy.limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (ResourceKind::Core, "alpha.core[5]".into()));
        outcome.hosts[0].cores[5].busy.guest.0 /= 2;
        let limit = found(&world, &outcome).limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (ResourceKind::Buffer, "web[0]".into()));
    }

    #[test]
    fn cores_that_are_full_of_other_work_are_no_peers() {
        let (world, mut outcome) = (fixture::guests(3), fixture::guests_outcome(3));
        outcome.hosts[0].cores[1].busy.vswitch = outcome.window;
        outcome.hosts[0].cores[7].busy.guest = outcome.window;
        let limit = found(&world, &outcome).limit.unwrap();
        assert_eq!(limit.place, Place::Cores("alpha".into(), vec![5, 7]));
    }

    #[test]
    fn where_nothing_was_delivered_only_the_link_s_capacity_is_known() {
        let mut outcome = fixture::outcome(8, 1);
        outcome.sources[0].delivered = Volume::default();
        let next = found(&fixture::world(8, 1), &outcome).next.unwrap();
        assert_eq!(next.kind, ResourceKind::Link);
    }

    #[test]
    fn a_link_s_capacity_is_a_load_of_all_ports() {
        let (mut world, mut outcome) = (fixture::world(8, 3), fixture::outcome(8, 3));
        world.nics.push(NicSpec { name: "port1".into(), ..world.nics[0].clone() });
        world.sources.push(fixture::traffic("traffic.more", "more"));
        world.sources[1].nic = 1;
        outcome.nics.push(outcome.nics[0].clone());
        outcome.sources.push(outcome.sources[0].clone());
        let next = found(&world, &outcome).next.unwrap();
        assert_eq!((next.kind, next.place.name()), (ResourceKind::Link, "port0".into()));
        let offered = 2.0 * 162_550.0 * 1518.0 * 8e-9 * 5.0;
        let on_wire = 162_550.0 * 1538.0 * 8e-9 * 5.0;
        assert!((next.capacity_gbps.unwrap() - 10.0 * offered / on_wire).abs() < 1e-9);
    }

    #[test]
    fn a_carried_load_has_no_limit_but_a_next_one() {
        let found = found(&fixture::world(8, 3), &fixture::outcome(8, 3));
        assert_eq!(found.limit, None);
        assert_eq!(found.next.unwrap().kind, ResourceKind::Link);
    }
}
