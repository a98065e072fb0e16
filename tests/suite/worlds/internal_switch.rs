//! Random sources inside their ports. Nothing here draws on other levels.

use super::{Dice, INSIDE};
use rxsim::world::TrafficSpec;

impl Dice {
    /// Some sources send from inside, whoever receives: the engine does not look.
    pub(super) fn insides(&mut self, sources: &mut [TrafficSpec]) {
        if !self.has(INSIDE) {
            return;
        }
        for source in sources {
            source.by_internal_switch = self.one_in(2);
        }
    }
}
