//! Virtual machines that start and stop, on the host where they are.

use super::state::Schedule;
use crate::engine::time::Time;
use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, PathReason, RxPath};

impl Schedule<'_> {
    /// A VM stops where it is: its queues are free, its packets are lost from now on.
    pub(super) fn halt(&mut self, at: Time, event: usize, vm: usize, why: DropReason) {
        let home = self.lives[vm].home();
        self.emit(at, event, Action::Stop { vm: home, reason: why });
        for vnic in self.vnics[home].clone() {
            let left = self.steer(at, event, vnic, RxPath::Drop(why), PathReason::NotRunning);
            self.guests.free_queues(self.guests.vnics[vnic].nic, &left);
        }
    }

    /// A VM starts where it is: with what it wants and is free.
    pub(super) fn start(&mut self, at: Time, event: usize, vm: usize) {
        let home = self.lives[vm].home();
        self.lives[vm].runs = true;
        self.emit(at, event, Action::Start { vm: home });
        let mut given = Vec::new();
        for vnic in self.vnics[home].clone() {
            let missing = self.take_function(vnic);
            given.extend((missing == Some(PathReason::VfDetached)).then_some(vnic));
            self.join_switch(at, event, vnic, missing, home != vm);
        }
        self.attach_later(at, event, &[vm], given);
    }
}
