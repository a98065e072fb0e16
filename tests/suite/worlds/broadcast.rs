//! Random broadcasts. Nothing here draws on other levels.

use super::{BROADCASTS, Dice};
use rxsim::world::{Consumer, TrafficSpec, VnicSpec};

impl Dice {
    /// Some sources send to all virtual NICs of their port, if there are any.
    pub(super) fn broadcasts(&mut self, sources: &mut [TrafficSpec], vnics: &[VnicSpec]) {
        if !self.has(BROADCASTS) {
            return;
        }
        for source in sources {
            if vnics.iter().any(|vnic| vnic.nic == source.nic) && self.one_in(3) {
                source.to = Consumer::Broadcast;
            }
        }
    }
}
