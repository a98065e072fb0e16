//! How far each resource was used, and at which load it would be full.

use super::resource::{Place, Resource, ResourceKind};
use crate::rx::cpu::Stack;
use crate::study::figures::Figures;
use crate::study::figures::flow::Flow;
use crate::world::{Consumer, NicSpec, TrafficSpec, VnicOwner, World};
use std::collections::BTreeSet;

/// All cores, links and PCIe connections.
pub(super) fn resources(world: &World, figures: &Figures) -> Vec<Resource> {
    let delivered = figures.flow.delivered.gbps.or_zero();
    let carried =
        |utilization: f64| (utilization * delivered > 0.0).then(|| delivered / utilization);
    let mut all = Vec::new();
    for (index, host) in world.hosts.iter().enumerate() {
        for core in 0..host.cores as usize {
            let utilization = of_core(world, figures, index, core);
            let place = Place::Cores(host.name.clone(), vec![core]);
            let capacity_gbps = carried(utilization);
            all.push(Resource { kind: ResourceKind::Core, place, utilization, capacity_gbps });
        }
    }
    for (index, nic) in world.nics.iter().enumerate() {
        let place = || Place::Port(nic.name.clone());
        let utilization = figures.nic[index].link.utilization.or_zero();
        let capacity_gbps = link_capacity(world, figures, index);
        all.push(Resource { kind: ResourceKind::Link, place: place(), utilization, capacity_gbps });
        let utilization = figures.nic[index].dma.utilization.or_zero();
        let capacity_gbps = carried(utilization);
        all.push(Resource { kind: ResourceKind::Pcie, place: place(), utilization, capacity_gbps });
    }
    all
}

/// The core of a queue at the end.
pub(super) fn queue_core(world: &World, figures: &Figures, nic: usize, queue: usize) -> usize {
    let core = figures.nic[nic].queue[queue].core.get();
    core.map_or(world.nics[nic].queues[queue] as usize, |core| core as usize)
}

/// The load of all ports at which the link of one is full: what it carries is known, and so is the
/// port's share of what is offered.
fn link_capacity(world: &World, figures: &Figures, nic: usize) -> Option<f64> {
    let sources =
        world.sources.iter().filter(|source| source.nic == nic && !source.by_internal_switch);
    let groups: BTreeSet<&str> = sources.map(|source| source.group.as_str()).collect();
    let on_wire = groups.into_iter().map(|group| flow(figures, group).offered.wire_gbps.or_zero());
    let on_wire: f64 = on_wire.sum();
    let link = world.nics[nic].link? as f64 * 1e-9;
    (on_wire > 0.0).then(|| link * figures.flow.offered.gbps.or_zero() / on_wire)
}

/// What became of the packets of a group of sources.
fn flow<'d>(figures: &'d Figures, group: &str) -> &'d Flow {
    &figures.traffic[group].flow
}

/// The share of the window that traffic took of a core. A polling core with rings of its own is
/// always busy: there the mean cost of the packets it took counts.
fn of_core(world: &World, figures: &Figures, host: usize, core: usize) -> f64 {
    let spec = &world.hosts[host];
    let shares = &figures.host[host].core[core];
    if spec.stack != Stack::BusyPoll || spec.shares_packets() {
        return shares.busy.or_zero();
    }
    let Flow { offered, delivered, .. } = &figures.flow;
    let size = ratio(delivered.gbps.or_zero() * 1.25e8, delivered.pps.or_zero());
    let per_second = ratio(offered.pps.or_zero(), offered.packets.or_zero());
    let mut polled = 0.0;
    for (index, nic) in world.nics.iter().enumerate().filter(|(_, nic)| nic.host == host) {
        let queues = figures.nic[index].queue.iter().enumerate();
        for (_, queue) in queues.filter(|(q, _)| queue_core(world, figures, index, *q) == core) {
            let taken = (queue.packets.or_zero() - queue.dropped.or_zero()) * per_second;
            polled += taken * packet_cost(world, figures, nic, size);
        }
    }
    let elsewhere = shares.app.or_zero() + shares.guest.or_zero() + shares.vswitch.or_zero();
    elsewhere + polled.min(shares.deferred.or_zero())
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Mean seconds of deferred work per packet of `size` bytes, the virtual switch apart.
fn packet_cost(world: &World, figures: &Figures, nic: &NicSpec, size: f64) -> f64 {
    let costs = &world.hosts[nic.host].costs;
    let stack = stack_share(world, figures, nic);
    let packet = costs.packet.mean_ps() + stack * costs.stack_packet.mean_ps();
    let byte = costs.byte.mean_ps() + stack * costs.stack_byte.mean_ps();
    (packet + byte * size) * nic.contention * 1e-12
}

/// The share of the packets that the host takes from a port that pass its own stack: all but those
/// of VMs.
fn stack_share(world: &World, figures: &Figures, nic: &NicSpec) -> f64 {
    let to_guest = |to: Consumer| match to {
        Consumer::Vnic(vnic) => world.vnics[vnic].owner != VnicOwner::Host,
        Consumer::Broadcast => true,
        Consumer::Host | Consumer::App(_) => false,
    };
    let ours = |(index, one): &(usize, &TrafficSpec)| {
        world.nics[one.nic].name == nic.name && world.function_of(*index).is_none()
    };
    let sources = world.sources.iter().enumerate().filter(ours).map(|(_, source)| source);
    let groups: BTreeSet<(&str, bool)> =
        sources.map(|source| (source.group.as_str(), to_guest(source.to))).collect();
    let offered = |guests: bool| -> f64 {
        let groups = groups.iter().filter(|(_, to_guest)| *to_guest == guests);
        groups.map(|(group, _)| flow(figures, group).offered.packets.or_zero()).sum()
    };
    let (host, guests) = (offered(false), offered(true));
    if guests > 0.0 { host / (host + guests) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sample::Draw;
    use crate::engine::time::Span;
    use crate::study::fixture;
    use std::time::Duration;

    #[test]
    fn a_polling_core_is_used_by_its_packets_and_their_switch_not_by_their_stack() {
        let (mut world, mut outcome) = (fixture::guests(3), fixture::guests_outcome(3));
        world.hosts[0].stack = Stack::BusyPoll;
        world.hosts[0].costs.stack_packet = Draw::Constant(Span::us(9));
        outcome.hosts[0].cores[1].busy.deferred = outcome.window;
        let figures = Figures::new(&world, &outcome, Duration::from_secs(1));
        // 16 255 packets of 3.47 us in 200 ms, and 12 % of switch.
        let share = of_core(&world, &figures, 0, 1);
        assert!((share - (16_255.0 * 3.47e-6 / 0.2 + 0.12)).abs() < 1e-9, "{share}");
    }
}
