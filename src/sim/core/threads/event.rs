//! The events of a core's threads.

use crate::engine::time::PhasedTime;

/// An event of a core's threads. The order of the variants is their order at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ThreadEvent {
    /// A background thread asks for its next demand.
    Release(usize),
    /// A virtual function interrupts: index of the vCPU among the threads, and of its ring.
    Interrupt(usize, usize),
    /// The current thread's step ends.
    End,
    /// The current thread's slice ends.
    SliceEnd,
    /// The context switch to the current thread ends.
    Switched,
    /// The threads receive a handoff of this core.
    Handoff(usize),
}

/// The next event and its time, if there is one.
pub(super) type Upcoming = Option<(PhasedTime, ThreadEvent)>;

/// The earlier of two.
#[inline(always)]
pub(crate) fn sooner(one: Upcoming, other: Upcoming) -> Upcoming {
    match (one, other) {
        (Some(one), Some(other)) if other.0 < one.0 || other.0 == one.0 && other.1 < one.1 => {
            Some(other)
        }
        (None, other) => other,
        (one, _) => one,
    }
}
