//! Random sources behind the NIC's internal switch. Nothing here draws on other levels.

use super::{Dice, INTERNAL_SWITCH};
use rxsim::world::TrafficSpec;

impl Dice {
    /// Some sources send from inside, whoever receives: the engine does not look.
    pub(super) fn internal_switch(&mut self, sources: &mut [TrafficSpec]) {
        if !self.has(INTERNAL_SWITCH) {
            return;
        }
        for source in sources {
            source.by_internal_switch = self.one_in(2);
        }
    }
}
