//! The current receive path of each virtual NIC, and which virtual machines run. Events change
//! both.

use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, Consumer, RxPath, VnicOwner, World};

/// The receive paths of all virtual NICs.
pub(crate) struct RxPaths {
    rx_paths: Vec<RxPath>,
    /// Per virtual machine why its packets are lost; none while it runs.
    stopped: Vec<Option<DropReason>>,
}

impl RxPaths {
    /// The receive paths at the start of the run.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            rx_paths: world.vnics.iter().map(|vnic| vnic.rx_path.clone()).collect(),
            stopped: (0..world.vms.len()).map(|vm| world.stopped_at_start(vm)).collect(),
        }
    }

    /// The receive path of a source's packets. The virtual function of a virtual machine that does
    /// not run drops them.
    pub(crate) fn of(&self, world: &World, source: usize) -> RxPath {
        let Consumer::Vnic(vnic) = world.sources[source].to else { return RxPath::DefaultQueue };
        match (&self.rx_paths[vnic], world.vnics[vnic].owner) {
            (RxPath::VirtualFunction, VnicOwner::Vm { vm, .. }) => {
                self.stopped[vm].map_or(RxPath::VirtualFunction, RxPath::Drop)
            }
            (rx_path, _) => rx_path.clone(),
        }
    }

    pub(crate) fn set(&mut self, vnic: usize, rx_path: RxPath) {
        self.rx_paths[vnic] = rx_path;
    }

    /// Stops a virtual machine for this reason, or starts it (none). Returns whether it ran before.
    pub(crate) fn set_stopped(&mut self, vm: usize, reason: Option<DropReason>) -> bool {
        std::mem::replace(&mut self.stopped[vm], reason).is_none()
    }
}

impl World {
    /// Why the packets of a virtual machine are lost at the start; none if it runs.
    pub(crate) fn stopped_at_start(&self, vm: usize) -> Option<DropReason> {
        (!self.vms[vm].running).then_some(DropReason::NoFilter)
    }

    /// The receive paths that events give a virtual NIC.
    pub(crate) fn later_rx_paths(&self, vnic: usize) -> impl Iterator<Item = &RxPath> {
        self.events.iter().filter_map(move |event| match &event.action {
            Action::SetRoute { vnic: its, rx_path } if *its == vnic => Some(rx_path),
            _ => None,
        })
    }

    /// The sources to the virtual NICs that `concerns` selects.
    pub(crate) fn sources_to(&self, concerns: impl Fn(usize) -> bool) -> Vec<usize> {
        let to = |source: &usize| match self.sources[*source].to {
            Consumer::Vnic(vnic) => concerns(vnic),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => false,
        };
        (0..self.sources.len()).filter(to).collect()
    }

    /// Whether all packets of a source come by a virtual function during the whole run.
    pub(crate) fn always_by_vf(&self, source: usize) -> bool {
        let vnic = self.function_of(source);
        vnic.is_some_and(|vnic| self.later_rx_paths(vnic).all(RxPath::is_function))
    }

    /// Whether events change the receive path of a source's packets.
    pub(crate) fn changes_rx_path(&self, source: usize) -> bool {
        match self.sources[source].to {
            Consumer::Vnic(vnic) => self.later_rx_paths(vnic).next().is_some(),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => false,
        }
    }
}
