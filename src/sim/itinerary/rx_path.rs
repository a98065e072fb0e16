//! How the packets of virtual NICs come now, and which virtual machines run: events change both.

use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, Consumer, RxPath, VnicOwner, World};

/// The ways of all virtual NICs.
pub(crate) struct Ways {
    ways: Vec<RxPath>,
    /// Per virtual machine why its packets are lost; none while it runs.
    stopped: Vec<Option<DropReason>>,
}

impl Ways {
    /// Those at the start.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            ways: world.vnics.iter().map(|vnic| vnic.rx_path.clone()).collect(),
            stopped: (0..world.vms.len()).map(|vm| world.stopped_at_start(vm)).collect(),
        }
    }

    /// The way of a source's packets: for virtual NICs theirs, but the function of a machine that
    /// does not run leads nowhere.
    pub(crate) fn of(&self, world: &World, source: usize) -> RxPath {
        let Consumer::Vnic(vnic) = world.sources[source].to else { return RxPath::DefaultQueue };
        match (&self.ways[vnic], world.vnics[vnic].owner) {
            (RxPath::VirtualFunction, VnicOwner::Vm { vm, .. }) => {
                self.stopped[vm].map_or(RxPath::VirtualFunction, RxPath::Drop)
            }
            (way, _) => way.clone(),
        }
    }

    /// A virtual NIC's packets come this way from now on.
    pub(crate) fn steer(&mut self, vnic: usize, way: RxPath) {
        self.ways[vnic] = way;
    }

    /// A virtual machine stops, or (without a reason) starts; whether it ran before.
    pub(crate) fn stop(&mut self, vm: usize, reason: Option<DropReason>) -> bool {
        std::mem::replace(&mut self.stopped[vm], reason).is_none()
    }
}

impl World {
    /// Why the packets of a virtual machine are lost at the start; none where it runs.
    pub(crate) fn stopped_at_start(&self, vm: usize) -> Option<DropReason> {
        (!self.vms[vm].running).then_some(DropReason::NoFilter)
    }

    /// The ways that events give a virtual NIC.
    pub(crate) fn later_ways(&self, vnic: usize) -> impl Iterator<Item = &RxPath> {
        self.events.iter().filter_map(move |event| match &event.action {
            Action::SetRoute { vnic: its, rx_path: way } if *its == vnic => Some(way),
            _ => None,
        })
    }

    /// The sources to those virtual NICs that `concerns` marks.
    pub(crate) fn sources_to(&self, concerns: impl Fn(usize) -> bool) -> Vec<usize> {
        let to = |source: &usize| match self.sources[*source].to {
            Consumer::Vnic(vnic) => concerns(vnic),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => false,
        };
        (0..self.sources.len()).filter(to).collect()
    }

    /// Whether all packets of a source come by a virtual function, whatever happens.
    pub(crate) fn always_by_function(&self, source: usize) -> bool {
        let vnic = self.function_of(source);
        vnic.is_some_and(|vnic| self.later_ways(vnic).all(RxPath::is_function))
    }

    /// Whether events change the way of a source's packets.
    pub(crate) fn changes_way(&self, source: usize) -> bool {
        match self.sources[source].to {
            Consumer::Vnic(vnic) => self.later_ways(vnic).next().is_some(),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => false,
        }
    }
}
