//! What limits a run, and what would limit it next.
//!
//! Where the load is not carried, the symptom that hit most packets (the reason of loss, or else
//! the growth of queues) leads to the resource behind it. A resource's capacity is what the run
//! delivered over the share of the resource that this took; costs that shrink under load
//! (interrupts, poll rounds) make it a lower bound.

use super::metrics::TOLERATED_LOSS;
use super::paths;
use crate::engine::time::Time;
use crate::measure::tree::Tree;
use crate::rx::cpu::Stack;
use crate::vocab::drop_reason::DropReason;
use crate::world::{Consumer, NicSpec, TrafficSpec, VmSpec, VnicOwner, VnicSpec, World};
use std::collections::BTreeSet;

/// From this share of the window on a resource counts as saturated.
const SATURATED: f64 = 0.95;
/// Likewise of a polling core, whose visits of rings take the rest.
const SATURATED_POLL: f64 = 0.8;

/// The kinds of work of [`Bottleneck::work`], as metrics name them.
pub const WORK: [&str; 6] = ["interrupt", "deferred", "vswitch", "guest", "app", "work"];

/// What a core mostly does. The virtual switch works in the deferred class, on the packets that the
/// core took itself: both are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Interrupt handlers.
    Interrupts,
    /// Deferred work; with the virtual switch where it has a share.
    Deferred,
    /// Guests.
    Guests,
    /// Consumers on the host.
    Apps,
    /// Volume that is not networking.
    Work,
}

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A core.
    Core,
    /// A link.
    Link,
    /// The PCIe bandwidth of a port.
    Pcie,
    /// A ring, a packet buffer or a backlog that is too small for the bursts it sees.
    Buffer,
    /// A consumer on a host.
    App,
    /// None: the load is carried.
    None,
}

impl Kind {
    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Link => "link",
            Self::Pcie => "pcie",
            Self::Buffer => "buffer",
            Self::App => "app",
            Self::None => "none",
        }
    }
}

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Host and cores; several where they are saturated alike, by the same kind of work.
    Cores(String, Vec<usize>),
    /// A port: its link, its PCIe or its packet buffer.
    Port(String),
    /// Port and queue: its ring.
    Ring(String, usize),
    /// App, host and core.
    App(String, String, usize),
    /// A VM: its channel from the virtual switch.
    Channel(String),
    /// A VM: the rings of its virtual function.
    Function(String),
}

/// Something that can be used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
    /// The share of the window in which it was in use.
    pub utilization: f64,
    /// The load of all ports together, in Gbps of frames, at which it would be full while the load
    /// stays spread as it is; none where that cannot be told: it was not used, or nothing was
    /// delivered.
    pub capacity_gbps: Option<f64>,
}

/// What limits a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Bottleneck {
    /// What is in the way; none: the load is carried.
    pub limit: Option<Resource>,
    /// What saturates next, once the limit is lifted.
    pub next: Option<Resource>,
    /// Where cores limit: the mean shares of their window by kind of work, in the order of
    /// [`WORK`].
    pub work: [f64; WORK.len()],
}

impl Bottleneck {
    /// What limiting cores mostly do.
    #[must_use]
    pub fn doing(&self) -> Doing {
        doing(&self.work)
    }
}

impl Place {
    /// The name that results use, of the first where there are several.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cores(host, cores) => format!("{host}.core[{}]", cores[0]),
            Self::Port(port) => port.clone(),
            Self::Ring(port, queue) => format!("{port}.queue[{queue}]"),
            Self::App(name, ..) | Self::Channel(name) | Self::Function(name) => name.clone(),
        }
    }
}

/// Finds what limits the run of `world` that had these metrics.
#[must_use]
pub fn bottleneck(world: &World, metrics: &Tree) -> Bottleneck {
    let all = resources(world, metrics);
    let carried = metrics.get("sustained") == Some(&Tree::Flag(true));
    let limit = if carried { None } else { limit(world, metrics, &all) };
    let limit = limit.map(|limit| with_peers(limit, &all, metrics));
    let work = limit.as_ref().map_or([0.0; 6], |limit| work_of(&limit.place, metrics));
    Bottleneck { next: next(&all, limit.as_ref()), limit, work }
}

/// From the symptom that hit most packets to the resource behind it.
fn limit(world: &World, metrics: &Tree, all: &[Resource]) -> Option<Resource> {
    let dropped =
        |reason: &DropReason| metrics.number(&format!("dropped.{}", reason.name())).unwrap_or(0.0);
    if metrics.number("loss").unwrap_or(0.0) <= TOLERATED_LOSS {
        return busiest(all, |_| true).cloned();
    }
    let worst = DropReason::ALL.iter().max_by(|a, b| dropped(a).total_cmp(&dropped(b)))?;
    match worst {
        DropReason::LinkFull if pauses(world, metrics) => behind_buffer(world, metrics, all),
        DropReason::LinkFull => busiest(all, |one| one.kind == Kind::Link).cloned(),
        DropReason::BufferFull => behind_buffer(world, metrics, all),
        DropReason::RingFull => behind_ring(world, metrics, all),
        DropReason::BacklogFull => behind_backlog(world, metrics, all),
        DropReason::VmChannelFull => behind_channel(world, metrics, all),
        // What changed, not what is scarce.
        DropReason::LinkDown
        | DropReason::NoFilter
        | DropReason::VmPaused
        | DropReason::WrongHost => None,
    }
}

/// Whether a port asked its peer to pause: then the link is full because the buffer behind it was.
fn pauses(world: &World, metrics: &Tree) -> bool {
    let paused = |nic: &NicSpec| metrics.number(&format!("nic.{}.paused", nic.name));
    world.nics.iter().filter_map(paused).any(|part| part > 0.0)
}

/// A packet buffer overflows because PCIe is too slow, because cores do not free descriptors
/// (`hold`), or because it is small for the burst.
fn behind_buffer(world: &World, metrics: &Tree, all: &[Resource]) -> Option<Resource> {
    let full = |kind: Kind| busiest(all, move |one| one.kind == kind).filter(|one| saturated(one));
    let figure = |nic: &NicSpec, what: &str| {
        metrics.number(&format!("nic.{}.{what}", nic.name)).unwrap_or(0.0)
    };
    let by = |what| move |a: &&NicSpec, b: &&NicSpec| figure(a, what).total_cmp(&figure(b, what));
    let nic = world.nics.iter().filter(|nic| nic.buffer.is_some()).max_by(by("dma.utilization"))?;
    let waits_for_cores = figure(nic, "held") > 0.0;
    let cause = full(Kind::Pcie).or_else(|| full(Kind::Core).filter(|_| waits_for_cores));
    Some(cause.cloned().unwrap_or_else(|| overflowing(Place::Port(nic.name.clone()))))
}

/// A ring overflows because its core is busy, or because it is small for what comes between two
/// rounds.
fn behind_ring(world: &World, metrics: &Tree, all: &[Resource]) -> Option<Resource> {
    let mut worst: Option<(f64, &NicSpec, usize)> = None;
    for nic in &world.nics {
        for queue in 0..nic.queues.len() {
            let path = format!("nic.{}.queue[{queue}].dropped", nic.name);
            let dropped = metrics.number(&path).unwrap_or(0.0);
            if worst.is_none_or(|(most, ..)| dropped > most) {
                worst = Some((dropped, nic, queue));
            }
        }
    }
    let (lost, nic, queue) = worst?;
    if let Some((_, vm)) = worst_function(world, metrics).filter(|(more, _)| *more > lost) {
        return behind_guest(world, metrics, all, vm, Place::Function(name(vm)));
    }
    let host = &world.hosts[nic.host];
    let core = core_at(world, metrics, all, nic.host, queue_core(metrics, nic, queue))?;
    let polls = host.stack == Stack::BusyPoll && !host.shares_packets();
    let full = saturated(&core) || polls && core.utilization > SATURATED_POLL;
    Some(if full { core } else { overflowing(Place::Ring(nic.name.clone(), queue)) })
}

/// The core of a queue at the end.
fn queue_core(metrics: &Tree, nic: &NicSpec, queue: usize) -> usize {
    let path = format!("nic.{}.queue[{queue}].core", nic.name);
    metrics.number(&path).map_or(nic.queues[queue] as usize, |core| core as usize)
}

/// A backlog overflows because the core behind it is busy, or because it is small for the burst.
fn behind_backlog(world: &World, metrics: &Tree, all: &[Resource]) -> Option<Resource> {
    let share = |host: usize, core: usize| {
        let path = format!("host.{}.core[{core}].app", world.hosts[host].name);
        metrics.number(&path).unwrap_or(0.0)
    };
    let apps = world.apps.iter().map(|app| (share(app.host, app.core as usize), app));
    let Some((_, app)) = apps.max_by(|a, b| a.0.total_cmp(&b.0)) else {
        let core = busiest(all, |one| one.kind == Kind::Core)?;
        return Some(if saturated(core) { core.clone() } else { overflowing(core.place.clone()) });
    };
    let core = core_at(world, metrics, all, app.host, app.core as usize)?;
    let host = world.hosts[app.host].name.clone();
    let place = Place::App(app.name.clone(), host, app.core as usize);
    Some(if saturated(&core) {
        Resource { kind: Kind::App, place, ..core }
    } else {
        overflowing(place)
    })
}

/// A channel overflows because the core of its guest is busy, or because it is small for what comes
/// in one round.
fn behind_channel(world: &World, metrics: &Tree, all: &[Resource]) -> Option<Resource> {
    let flooded = |vm: &VmSpec| metrics.number(&format!("vm.{}.flooded.dropped", name(vm)));
    let lost =
        |vm: &VmSpec| lost(metrics, vm, DropReason::VmChannelFull) + flooded(vm).unwrap_or(0.0);
    let vms = where_they_are(world).into_iter().map(|vm| &world.vms[vm]);
    let (_, vm) = vms.map(|vm| (lost(vm), vm)).rev().max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    behind_guest(world, metrics, all, vm, Place::Channel(name(vm)))
}

/// The VM that lost most at the rings of its virtual functions, and how much; the first of equals.
fn worst_function<'w>(world: &'w World, metrics: &Tree) -> Option<(f64, &'w VmSpec)> {
    let owner = |vnic: &VnicSpec| match vnic.owner {
        VnicOwner::Vm { vm, .. } if vnic.vf.is_some() => Some(vm),
        _ => None,
    };
    let owners: BTreeSet<usize> = world.vnics.iter().filter_map(owner).collect();
    let vms = where_they_are(world).into_iter().filter(|vm| owners.contains(vm));
    let vms = vms.map(|vm| &world.vms[vm]);
    let losses = vms.map(|vm| (lost(metrics, vm, DropReason::RingFull), vm));
    losses.rev().max_by(|(a, _), (b, _)| a.total_cmp(b))
}

/// All VMs, those that run at the end first: of one that migrates, where it is then.
fn where_they_are(world: &World) -> Vec<usize> {
    let running = paths::running(world, Time::END);
    let mut vms: Vec<usize> = (0..world.vms.len()).collect();
    vms.sort_by_key(|vm| !running[*vm]);
    vms
}

/// The name of a VM in results.
fn name(vm: &VmSpec) -> String {
    format!("{}[{}]", vm.group, vm.index)
}

/// What a VM lost for a reason.
fn lost(metrics: &Tree, vm: &VmSpec, why: DropReason) -> f64 {
    metrics.number(&format!("vm.{}.dropped.{}", name(vm), why.name())).unwrap_or(0.0)
}

/// Where a guest leaves packets lying: its core is busy, or the place is small.
fn behind_guest(
    world: &World,
    metrics: &Tree,
    all: &[Resource],
    vm: &VmSpec,
    place: Place,
) -> Option<Resource> {
    let cores = vm.vcpus.iter().map(|core| core_at(world, metrics, all, vm.host, *core as usize));
    let busy = |one: &Resource| one.utilization;
    let core = cores.flatten().max_by(|a, b| busy(a).total_cmp(&busy(b)))?;
    Some(if saturated(&core) { core } else { overflowing(place) })
}

/// A core as a suspect: load that is not networking counts too, it stood in the way.
fn core_at(
    world: &World,
    metrics: &Tree,
    all: &[Resource],
    host: usize,
    core: usize,
) -> Option<Resource> {
    let name = &world.hosts[host].name;
    let place = Place::Cores(name.clone(), vec![core]);
    let work = metrics.number(&format!("host.{name}.core[{core}].work")).unwrap_or(0.0);
    let found = all.iter().find(|one| one.place == place)?;
    Some(Resource { utilization: found.utilization + work, ..found.clone() })
}

fn overflowing(place: Place) -> Resource {
    Resource { kind: Kind::Buffer, place, utilization: 1.0, capacity_gbps: None }
}

fn saturated(resource: &Resource) -> bool {
    resource.utilization >= SATURATED
}

/// The busiest of some resources, the first of equals.
fn busiest(all: &[Resource], of: impl Fn(&Resource) -> bool) -> Option<&Resource> {
    all.iter().filter(|one| of(one)).rev().max_by(|a, b| a.utilization.total_cmp(&b.utilization))
}

/// Adds to a limiting core those of its host that are saturated like it, and by the same work.
fn with_peers(limit: Resource, all: &[Resource], metrics: &Tree) -> Resource {
    let (Kind::Core, Place::Cores(host, own)) = (limit.kind, &limit.place) else { return limit };
    let does = |place: &Place| doing(&work_of(place, metrics));
    let like = |one: &Resource| saturated(one) && does(&one.place) == does(&limit.place);
    let cores = all.iter().filter_map(|one| match &one.place {
        Place::Cores(at, cores) if at == host && (cores == own || like(one)) => Some(cores[0]),
        _ => None,
    });
    let place = Place::Cores(host.clone(), cores.collect());
    Resource { place, ..limit }
}

/// The resource in use that carries least, the limit itself and its like apart.
fn next(all: &[Resource], limit: Option<&Resource>) -> Option<Resource> {
    let lifted = |one: &Resource| match (limit.map(|limit| (limit.kind, &limit.place)), &one.place)
    {
        (Some((Kind::Core, Place::Cores(host, cores))), Place::Cores(at, core)) => {
            host == at && cores.contains(&core[0])
        }
        (Some((Kind::App, Place::App(_, host, core))), Place::Cores(at, cores)) => {
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

/// The kind of work with the largest share.
fn doing(work: &[f64; WORK.len()]) -> Doing {
    let [interrupt, deferred, vswitch, guest, app, other] = *work;
    let shares = [
        (interrupt, Doing::Interrupts),
        (deferred + vswitch, Doing::Deferred),
        (guest, Doing::Guests),
        (app, Doing::Apps),
        (other, Doing::Work),
    ];
    let most = shares.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b));
    most.expect("there are five kinds").1
}

/// What cores were busy with.
fn work_of(place: &Place, metrics: &Tree) -> [f64; WORK.len()] {
    let Place::Cores(host, cores) = place else { return [0.0; WORK.len()] };
    WORK.map(|kind| {
        let share = |core| metrics.number(&format!("host.{host}.core[{core}].{kind}"));
        cores.iter().filter_map(share).sum::<f64>() / cores.len() as f64
    })
}

/// All that can be used up, with how far it was.
fn resources(world: &World, metrics: &Tree) -> Vec<Resource> {
    let figure = |path: &str| metrics.number(path).unwrap_or(0.0);
    let delivered = figure("delivered.gbps");
    let carried =
        |utilization: f64| (utilization * delivered > 0.0).then(|| delivered / utilization);
    let mut all = Vec::new();
    for (index, host) in world.hosts.iter().enumerate() {
        for core in 0..host.cores as usize {
            let utilization = core_share(world, metrics, index, core);
            let place = Place::Cores(host.name.clone(), vec![core]);
            let capacity_gbps = carried(utilization);
            all.push(Resource { kind: Kind::Core, place, utilization, capacity_gbps });
        }
    }
    for (index, nic) in world.nics.iter().enumerate() {
        let place = || Place::Port(nic.name.clone());
        let utilization = figure(&format!("nic.{}.link.utilization", nic.name));
        let capacity_gbps = link_capacity(world, metrics, index);
        all.push(Resource { kind: Kind::Link, place: place(), utilization, capacity_gbps });
        let utilization = figure(&format!("nic.{}.dma.utilization", nic.name));
        let capacity_gbps = carried(utilization);
        all.push(Resource { kind: Kind::Pcie, place: place(), utilization, capacity_gbps });
    }
    all
}

/// The load of all ports at which the link of one is full: what it carries is known, and so is the
/// port's share of what is offered.
fn link_capacity(world: &World, metrics: &Tree, nic: usize) -> Option<f64> {
    let figure = |path: &str| metrics.number(path).unwrap_or(0.0);
    let sources =
        world.sources.iter().filter(|source| source.nic == nic && !source.by_internal_switch);
    let groups: BTreeSet<&str> = sources.map(|source| source.group.as_str()).collect();
    let on_wire = groups.iter().map(|group| figure(&format!("traffic.{group}.offered.wire_gbps")));
    let on_wire: f64 = on_wire.sum();
    let link = world.nics[nic].link? as f64 * 1e-9;
    (on_wire > 0.0).then(|| link * figure("offered.gbps") / on_wire)
}

/// The share of the window that traffic took of a core. A polling core with rings of its own is
/// always busy: there the mean cost of the packets it took counts.
fn core_share(world: &World, metrics: &Tree, host: usize, core: usize) -> f64 {
    let spec = &world.hosts[host];
    let figure = |path: &str| metrics.number(path).unwrap_or(0.0);
    let kind = |kind: &str| figure(&format!("host.{}.core[{core}].{kind}", spec.name));
    if spec.stack != Stack::BusyPoll || spec.shares_packets() {
        return kind("busy");
    }
    let size = ratio(figure("delivered.gbps") * 1.25e8, figure("delivered.pps"));
    let per_second = ratio(figure("offered.pps"), figure("offered.packets"));
    let mut polled = 0.0;
    for nic in world.nics.iter().filter(|nic| nic.host == host) {
        for queue in (0..nic.queues.len()).filter(|q| queue_core(metrics, nic, *q) == core) {
            let count = |what: &str| figure(&format!("nic.{}.queue[{queue}].{what}", nic.name));
            let taken = (count("packets") - count("dropped")) * per_second;
            polled += taken * packet_cost(world, metrics, nic, size);
        }
    }
    kind("app") + kind("guest") + kind("vswitch") + polled.min(kind("deferred"))
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Mean seconds of deferred work per packet of `size` bytes, the virtual switch apart.
fn packet_cost(world: &World, metrics: &Tree, nic: &NicSpec, size: f64) -> f64 {
    let costs = &world.hosts[nic.host].costs;
    let stack = stack_share(world, metrics, nic);
    let packet = costs.packet.mean_ps() + stack * costs.stack_packet.mean_ps();
    let byte = costs.byte.mean_ps() + stack * costs.stack_byte.mean_ps();
    (packet + byte * size) * nic.contention * 1e-12
}

/// The share of the packets that the host takes from a port that pass its own stack: all but those
/// of VMs.
fn stack_share(world: &World, metrics: &Tree, nic: &NicSpec) -> f64 {
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
        let packets = groups.map(|(group, _)| format!("traffic.{group}.offered.packets"));
        packets.filter_map(|path| metrics.number(&path)).sum()
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
    use crate::study::metrics::metrics;
    use crate::world::outcome::{Outcome, Volume};
    use std::time::Duration;

    fn found(world: &World, outcome: &Outcome) -> Bottleneck {
        bottleneck(world, &metrics(world, outcome, Duration::from_secs(1)))
    }

    #[test]
    fn a_full_core_behind_a_full_ring_limits_and_the_link_is_next() {
        let found = found(&fixture::world(8, 1), &fixture::outcome(8, 1));
        let limit = found.limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (Kind::Core, "alpha.core[0]".into()));
        assert!((limit.utilization - 1.0).abs() < 1e-9);
        assert!((found.work[1] - 0.94).abs() < 1e-9);
        let next = found.next.unwrap();
        assert_eq!((next.kind, next.place.name()), (Kind::Link, "port0".into()));
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
        assert_eq!((limit.kind, limit.place.name()), (Kind::Buffer, "port0.queue[0]".into()));
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
        assert_eq!(with(0, &|_| ()), Kind::Link);
        assert_eq!(with(1, &|_| ()), Kind::Buffer);
        assert_eq!(with(1, &|outcome| outcome.nics[0].dma_busy = outcome.window), Kind::Pcie);
        assert_eq!(with(1, &|outcome| outcome.nics[0].held.0 = 1), Kind::Core);
        assert_eq!(with(3, &|_| ()), Kind::Core);
    }

    #[test]
    fn a_channel_overflows_because_of_its_guest_s_core_or_for_want_of_room() {
        let (world, mut outcome) = (fixture::guests(3), fixture::guests_outcome(3));
        let busy = found(&world, &outcome);
        assert_eq!(busy.doing(), Doing::Guests);
        let limit = busy.limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (Kind::Core, "alpha.core[5]".into()));
        outcome.hosts[0].cores[5].busy.guest.0 /= 2;
        let limit = found(&world, &outcome).limit.unwrap();
        assert_eq!((limit.kind, limit.place.name()), (Kind::Buffer, "web[0]".into()));
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
    fn a_polling_core_is_used_by_its_packets_and_their_switch_not_by_their_stack() {
        let (mut world, mut outcome) = (fixture::guests(3), fixture::guests_outcome(3));
        world.hosts[0].stack = Stack::BusyPoll;
        world.hosts[0].costs.stack_packet = Draw::Constant(Span::us(9));
        outcome.hosts[0].cores[1].busy.deferred = outcome.window;
        let metrics = metrics(&world, &outcome, Duration::from_secs(1));
        // 16 255 packets of 3.47 us in 200 ms, and 12 % of switch.
        let share = core_share(&world, &metrics, 0, 1);
        assert!((share - (16_255.0 * 3.47e-6 / 0.2 + 0.12)).abs() < 1e-9, "{share}");
    }

    #[test]
    fn where_nothing_was_delivered_only_the_link_s_capacity_is_known() {
        let mut outcome = fixture::outcome(8, 1);
        outcome.sources[0].delivered = Volume::default();
        let next = found(&fixture::world(8, 1), &outcome).next.unwrap();
        assert_eq!(next.kind, Kind::Link);
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
        assert_eq!((next.kind, next.place.name()), (Kind::Link, "port0".into()));
        let offered = 2.0 * 162_550.0 * 1518.0 * 8e-9 * 5.0;
        let on_wire = 162_550.0 * 1538.0 * 8e-9 * 5.0;
        assert!((next.capacity_gbps.unwrap() - 10.0 * offered / on_wire).abs() < 1e-9);
    }

    #[test]
    fn a_carried_load_has_no_limit_but_a_next_one() {
        let found = found(&fixture::world(8, 3), &fixture::outcome(8, 3));
        assert_eq!(found.limit, None);
        assert_eq!(found.next.unwrap().kind, Kind::Link);
    }
}
