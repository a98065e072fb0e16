//! Random virtual functions. Nothing here draws below [`FUNCTIONS`], so that other levels stay as
//! they are.

use super::{Dice, FUNCTIONS};
use rxsim::engine::time::Span;
use rxsim::world::{FlowMap, HostSpec, RxPath, VmSpec, VnicOwner, VnicSpec};

impl Dice {
    /// Virtual functions for half of the virtual machines' virtual NICs, and what they cost.
    pub(super) fn functions(
        &mut self,
        hosts: &mut [HostSpec],
        vms: &[VmSpec],
        vnics: &mut [VnicSpec],
    ) {
        if self.level < FUNCTIONS {
            return;
        }
        for host in hosts {
            host.exits_per_interrupt = self.pick(&[0, 0, 1, 2, 3]);
            host.costs.vm_exit = self.cost(Span::ns(500));
            host.costs.vm_wakeup = self.cost(Span::us(1));
            host.halt_poll = self.cost(Span::us(3));
        }
        for vnic in vnics {
            let VnicOwner::Vm { vm, .. } = vnic.owner else {
                continue;
            };
            if self.one_in(2) {
                vnic.vf = Some(self.function(vms[vm].vcpus.len() as u64));
                vnic.rx_path = RxPath::VirtualFunction;
            }
        }
    }

    pub(super) fn function(&mut self, vcpus: u64) -> FlowMap {
        let rings = self.between(1, 4);
        let vcpus = (0..rings).map(|_| self.below(vcpus) as u32).collect();
        FlowMap { targets: vcpus, rss: if self.one_in(3) { None } else { Some(self.rss(rings)) } }
    }
}
