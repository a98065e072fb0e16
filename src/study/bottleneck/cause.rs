//! From the symptom that hit most packets to the resource behind it.

use super::resource::{Place, Resource, ResourceKind, busiest};
use super::utilization::{queue_core, resources};
use crate::engine::time::Time;
use crate::rx::cpu::Stack;
use crate::study::figures::Figures;
use crate::study::figures::host::CoreFigures;
use crate::study::figures::vm::VmFigures;
use crate::study::metrics::TOLERATED_LOSS;
use crate::study::paths;
use crate::vocab::drop_reason::DropReason;
use crate::world::{NicSpec, VmSpec, VnicOwner, VnicSpec, World};
use std::collections::BTreeSet;

/// From this share of the window on a polling core counts as saturated: its visits of rings take
/// the rest.
const SATURATED_POLL: f64 = 0.8;

/// A run in which the limiting resource is looked for.
pub(super) struct Search<'d> {
    world: &'d World,
    figures: &'d Figures,
    /// All cores, links and PCIe connections.
    pub(super) resources: Vec<Resource>,
}

impl<'d> Search<'d> {
    pub(super) fn new(world: &'d World, figures: &'d Figures) -> Self {
        Self { world, figures, resources: resources(world, figures) }
    }

    /// The resource that limits.
    pub(super) fn limit(&self) -> Option<Resource> {
        let flow = &self.figures.flow;
        if flow.loss.or_zero() <= TOLERATED_LOSS {
            return busiest(&self.resources, |_| true).cloned();
        }
        let dropped = |reason: DropReason| flow.dropped[reason].or_zero();
        let worst = DropReason::ALL.iter().max_by(|a, b| dropped(**a).total_cmp(&dropped(**b)))?;
        match worst {
            DropReason::LinkFull if self.peer_paused() => self.cause_of_buffer_drops(),
            DropReason::LinkFull => self.busiest_of(ResourceKind::Link).cloned(),
            DropReason::BufferFull => self.cause_of_buffer_drops(),
            DropReason::RingFull => self.cause_of_ring_drops(),
            DropReason::BacklogFull => self.cause_of_backlog_drops(),
            DropReason::VmChannelFull => self.cause_of_channel_drops(),
            // What changed, not what is scarce.
            DropReason::LinkDown
            | DropReason::NoFilter
            | DropReason::VmPaused
            | DropReason::WrongHost => None,
        }
    }

    fn busiest_of(&self, kind: ResourceKind) -> Option<&Resource> {
        busiest(&self.resources, |one| one.kind == kind)
    }

    /// Whether a port asked its peer to pause: then the link is full because the buffer behind it
    /// was.
    fn peer_paused(&self) -> bool {
        self.figures.nic.iter().any(|(_, nic)| nic.paused.is_positive())
    }

    /// A packet buffer overflows because PCIe is too slow, because cores do not free descriptors
    /// (`hold`), or because it is small for the burst.
    fn cause_of_buffer_drops(&self) -> Option<Resource> {
        let ports = self.world.nics.iter().zip(self.figures.nic.iter());
        let ports = ports.filter(|(nic, _)| nic.buffer.is_some()).map(|(_, figures)| figures);
        let (name, port) = ports.max_by(|(_, a), (_, b)| {
            a.dma.utilization.or_zero().total_cmp(&b.dma.utilization.or_zero())
        })?;
        let full = |kind| self.busiest_of(kind).filter(|one| one.is_saturated());
        let waits_for_cores = port.held.is_positive();
        let cause = full(ResourceKind::Pcie)
            .or_else(|| full(ResourceKind::Core).filter(|_| waits_for_cores));
        let small = || Resource::overflowing(Place::Port(name.to_owned()));
        Some(cause.cloned().unwrap_or_else(small))
    }

    /// A ring overflows because its core is busy, or because it is small for what comes between
    /// two rounds.
    fn cause_of_ring_drops(&self) -> Option<Resource> {
        let mut worst: Option<(f64, usize, usize)> = None;
        for nic in 0..self.world.nics.len() {
            for (queue, figures) in self.figures.nic[nic].queue.iter().enumerate() {
                let dropped = figures.dropped.or_zero();
                if worst.is_none_or(|(most, ..)| dropped > most) {
                    worst = Some((dropped, nic, queue));
                }
            }
        }
        let (lost, nic, queue) = worst?;
        if let Some((_, vm)) = self.worst_function().filter(|(more, _)| *more > lost) {
            return self.guest_core_or(vm, Place::Function(name(vm)));
        }
        let spec: &NicSpec = &self.world.nics[nic];
        let host = &self.world.hosts[spec.host];
        let core = self.core(spec.host, queue_core(self.world, self.figures, nic, queue))?;
        let polls = host.stack == Stack::BusyPoll && !host.shares_packets();
        let full = core.is_saturated() || polls && core.utilization > SATURATED_POLL;
        let ring = || Resource::overflowing(Place::Ring(spec.name.clone(), queue));
        Some(if full { core } else { ring() })
    }

    /// A backlog overflows because the core behind it is busy, or because it is small for the
    /// burst.
    fn cause_of_backlog_drops(&self) -> Option<Resource> {
        let share = |host: usize, core: usize| self.core_figures(host, core).app.or_zero();
        let apps = self.world.apps.iter().map(|app| (share(app.host, app.core as usize), app));
        let Some((_, app)) = apps.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            let core = self.busiest_of(ResourceKind::Core)?;
            let small = || Resource::overflowing(core.place.clone());
            return Some(if core.is_saturated() { core.clone() } else { small() });
        };
        let core = self.core(app.host, app.core as usize)?;
        let host = self.world.hosts[app.host].name.clone();
        let place = Place::App(app.name.clone(), host, app.core as usize);
        Some(if core.is_saturated() {
            Resource { kind: ResourceKind::App, place, ..core }
        } else {
            Resource::overflowing(place)
        })
    }

    /// A channel overflows because the core of its guest is busy, or because it is small for what
    /// comes in one round.
    fn cause_of_channel_drops(&self) -> Option<Resource> {
        let lost = |vm: &VmSpec| {
            let figures = self.vm(vm);
            let own = figures.flow().dropped[DropReason::VmChannelFull].or_zero();
            own + figures.received.flooded.dropped.or_zero()
        };
        let vms = self.vms_running_first().into_iter().map(|vm| &self.world.vms[vm]);
        let (_, vm) = vms.map(|vm| (lost(vm), vm)).rev().max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        self.guest_core_or(vm, Place::Channel(name(vm)))
    }

    /// The VM that lost most at the rings of its virtual functions, and how much; the first of
    /// equals.
    fn worst_function(&self) -> Option<(f64, &'d VmSpec)> {
        let owner = |vnic: &VnicSpec| match vnic.owner {
            VnicOwner::Vm { vm, .. } if vnic.vf.is_some() => Some(vm),
            _ => None,
        };
        let owners: BTreeSet<usize> = self.world.vnics.iter().filter_map(owner).collect();
        let vms = self.vms_running_first().into_iter().filter(|vm| owners.contains(vm));
        let vms = vms.map(|vm| &self.world.vms[vm]);
        let lost = |vm: &VmSpec| self.vm(vm).flow().dropped[DropReason::RingFull].or_zero();
        vms.map(|vm| (lost(vm), vm)).rev().max_by(|(a, _), (b, _)| a.total_cmp(b))
    }

    /// All VMs, those that run at the end first: a VM that migrates is there twice, and the limit
    /// is looked for where it is at the end.
    fn vms_running_first(&self) -> Vec<usize> {
        let running = paths::running(self.world, Time::END);
        let mut vms: Vec<usize> = (0..self.world.vms.len()).collect();
        vms.sort_by_key(|vm| !running[*vm]);
        vms
    }

    /// The busiest core of a guest if it is saturated; else the place where its packets lie.
    fn guest_core_or(&self, vm: &VmSpec, place: Place) -> Option<Resource> {
        let cores = vm.vcpus.iter().map(|core| self.core(vm.host, *core as usize));
        let core = cores.flatten().max_by(|a, b| a.utilization.total_cmp(&b.utilization))?;
        Some(if core.is_saturated() { core } else { Resource::overflowing(place) })
    }

    /// A core as a suspect: load that is not networking counts too, it stood in the way.
    fn core(&self, host: usize, core: usize) -> Option<Resource> {
        let place = Place::Cores(self.world.hosts[host].name.clone(), vec![core]);
        let work = self.core_figures(host, core).work.or_zero();
        let found = self.resources.iter().find(|one| one.place == place)?;
        Some(Resource { utilization: found.utilization + work, ..found.clone() })
    }

    fn core_figures(&self, host: usize, core: usize) -> &'d CoreFigures {
        &self.figures.host[host].core[core]
    }

    /// The figures of a VM: its group lists its VMs in the order of their numbers.
    fn vm(&self, vm: &VmSpec) -> &'d VmFigures {
        let before = |one: &&VmSpec| one.group == vm.group && one.index < vm.index;
        let before: BTreeSet<u32> =
            self.world.vms.iter().filter(before).map(|one| one.index).collect();
        &self.figures.vm[vm.group.as_str()][before.len()]
    }
}

/// The name of a VM in results.
fn name(vm: &VmSpec) -> String {
    format!("{}[{}]", vm.group, vm.index)
}
