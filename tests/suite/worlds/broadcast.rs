//! Random floods. Nothing here draws on other levels.

use super::{Dice, FLOODS};
use rxsim::world::{Consumer, TrafficSpec, VnicSpec};

impl Dice {
    /// Some sources send to all virtual NICs of their port, if there are any.
    pub(super) fn floods(&mut self, sources: &mut [TrafficSpec], vnics: &[VnicSpec]) {
        if !self.has(FLOODS) {
            return;
        }
        for source in sources {
            if vnics.iter().any(|vnic| vnic.nic == source.nic) && self.one_in(3) {
                source.to = Consumer::Broadcast;
            }
        }
    }
}
