//! What happens next in the thread class of a core, and when.

use crate::engine::time::PhasedTime;

/// What happens next in the thread class; variants in the order in which they come at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ThreadEvent {
    /// A work asks for its demand.
    Release(usize),
    /// A virtual function interrupts: the vCPU among the threads, and its ring.
    Interrupt(usize, usize),
    /// What the current thread does ends.
    End,
    /// Its slice ends.
    SliceEnd,
    /// The switch to the current thread ends.
    Switched,
    /// Something was handed over by this core.
    Handoff(usize),
}

/// What may come next, and when.
pub(crate) type Upcoming = Option<(PhasedTime, ThreadEvent)>;

/// The sooner of two.
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
