//! What cores were busy with.

use crate::study::figures::figure::Figure;
use crate::study::figures::host::CoreFigures;

/// Shares of the window by kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkShares {
    /// Interrupt handlers and wake-ups.
    pub interrupt: f64,
    /// Deferred work.
    pub deferred: f64,
    /// The virtual switch.
    pub vswitch: f64,
    /// Guests.
    pub guest: f64,
    /// Apps on the host.
    pub app: f64,
    /// CPU load that is not networking.
    pub work: f64,
}

/// What a core mostly does. The virtual switch works in the deferred class, on the packets that the
/// core took itself: both are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Interrupt handlers.
    Interrupts,
    /// Deferred work; with the virtual switch where it has a share.
    Deferred,
    /// Guests.
    Guests,
    /// Consumers on the host.
    Apps,
    /// CPU load that is not networking.
    Work,
}

impl WorkShares {
    /// The means over some cores, of which there is at least one.
    pub(super) fn mean(cores: &[&CoreFigures]) -> Self {
        let mean = |of: fn(&CoreFigures) -> Figure| {
            cores.iter().map(|core| of(core).or_zero()).sum::<f64>() / cores.len() as f64
        };
        Self {
            interrupt: mean(|core| core.interrupt),
            deferred: mean(|core| core.deferred),
            vswitch: mean(|core| core.vswitch),
            guest: mean(|core| core.guest),
            app: mean(|core| core.app),
            work: mean(|core| core.work),
        }
    }

    /// The kind of work with the largest share.
    #[must_use]
    pub fn activity(&self) -> Activity {
        let shares = [
            (self.interrupt, Activity::Interrupts),
            (self.deferred + self.vswitch, Activity::Deferred),
            (self.guest, Activity::Guests),
            (self.app, Activity::Apps),
            (self.work, Activity::Work),
        ];
        let most = shares.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b));
        most.map_or(Activity::Deferred, |(_, activity)| activity)
    }
}
