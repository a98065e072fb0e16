//! Random vCPUs that are not pinned. Nothing here draws on other levels.

use super::{Dice, UNPINNED};
use rxsim::world::{HostSpec, RxPath, VmSpec, VnicOwner, VnicSpec};

impl Dice {
    /// The vCPUs of most virtual machines float over some of the cores, those that they start on
    /// among them; such a machine has no virtual functions.
    pub(super) fn unpinned(
        &mut self,
        hosts: &[HostSpec],
        vms: &mut [VmSpec],
        vnics: &mut [VnicSpec],
    ) {
        if !self.has(UNPINNED) {
            return;
        }
        for (number, vm) in vms.iter_mut().enumerate() {
            if self.one_in(4) {
                continue;
            }
            let mut over: Vec<u32> = (0..hosts[vm.host].cores).collect();
            for core in 0..hosts[vm.host].cores {
                if !vm.vcpus.contains(&core) && self.one_in(4) {
                    over.retain(|other| *other != core);
                }
            }
            let first = self.below(over.len() as u64) as usize;
            over.rotate_left(first);
            vm.allowed_cores = Some(over);
            let mine = |vnic: &&mut VnicSpec| matches!(vnic.owner, VnicOwner::Vm { vm, .. } if vm == number);
            for vnic in vnics.iter_mut().filter(mine) {
                vnic.vf = None;
                if vnic.rx_path.is_function() {
                    vnic.rx_path = RxPath::DefaultQueue;
                }
            }
        }
    }
}
