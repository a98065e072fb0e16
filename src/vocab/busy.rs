//! The time of a core by kind of work.

use crate::engine::time::Span;

/// A core's time by kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Busy {
    /// Hardware interrupts and wake-ups.
    pub interrupt: Span,
    /// Deferred work, `ksoftirqd` and polling included.
    pub deferred: Span,
    /// The virtual switch.
    pub vswitch: Span,
    /// Guests: vCPUs at work.
    pub guest: Span,
    /// Consumers on the host.
    pub app: Span,
    /// CPU load that is not networking.
    pub work: Span,
}

impl Busy {
    /// The time that moves to another core together with the receive queues: interrupts, deferred
    /// work and the virtual switch. Guests, apps and other work stay.
    #[must_use]
    pub fn receive(self) -> Span {
        self.interrupt + self.deferred + self.vswitch
    }

    /// All of it.
    #[must_use]
    pub fn total(self) -> Span {
        self.receive() + self.guest + self.app + self.work
    }

    /// The time spent since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            interrupt: self.interrupt - before.interrupt,
            deferred: self.deferred - before.deferred,
            vswitch: self.vswitch - before.vswitch,
            guest: self.guest - before.guest,
            app: self.app - before.app,
            work: self.work - before.work,
        }
    }
}
