//! Random ports that ask for pauses. Nothing here draws on other levels.

use super::{Dice, FLOW_CONTROL, INTERNAL_SWITCH};
use rxsim::world::{FlowControl, NicSpec};

impl Dice {
    /// Most ports have a link and a packet buffer, and ask for a pause where that fills.
    pub(super) fn flow_control(&mut self, nics: &mut [NicSpec]) {
        if !self.has(FLOW_CONTROL) && !self.has(INTERNAL_SWITCH) {
            return;
        }
        for nic in nics {
            if self.one_in(4) {
                continue;
            }
            nic.link.get_or_insert(self.pick(&[960_000_000, 9_600_000_000]));
            nic.hold = !self.one_in(3);
            let buffer = self.pick(&[100, 300, 1_600, 8_000]);
            nic.buffer = Some(buffer);
            let high = self.between(1, buffer);
            nic.flow_control = Some(FlowControl { high, low: self.below(high) });
        }
    }
}
