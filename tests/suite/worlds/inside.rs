//! Random sources inside their ports. Nothing here draws on other levels.

use super::{Dice, INSIDE};
use rxsim::host::world::TrafficSpec;

impl Dice {
    /// Some sources send from inside, whoever receives: the engine does not look.
    pub(super) fn insides(&mut self, sources: &mut [TrafficSpec]) {
        if !self.has(INSIDE) {
            return;
        }
        for source in sources {
            source.inside = self.one_in(2);
        }
    }
}
