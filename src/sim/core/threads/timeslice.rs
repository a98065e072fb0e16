//! A stretch of time in which a thread has the core to itself and does its work in a row.

use crate::engine::time::{PhasedTime, Span, Time};

/// How far a thread has come, and how far it may go.
pub(crate) struct Timeslice {
    /// The thread's clock.
    pub(crate) now: Time,
    /// The core's clock.
    pub(crate) clock: PhasedTime,
    /// A step has to end before this time.
    pub(crate) until: PhasedTime,
    /// Time left of the thread's slice.
    pub(crate) slice: Span,
}

/// What came of one step of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The step in service does not end within the timeslice.
    Running,
    /// The step has ended, and another one follows.
    Continue,
    /// As `Continue`, and a ring was unmasked, which may interrupt within the timeslice.
    Unmasked,
    /// The step has ended, and nothing follows.
    Idle,
}

impl Timeslice {
    /// Advances by `span`, if that ends within the timeslice.
    #[inline(always)]
    pub(crate) fn pass(&mut self, span: Span) -> bool {
        let end = self.now + span;
        if span >= self.slice || end.before_arrivals() >= self.until {
            return false;
        }
        self.now = end;
        self.clock = self.clock.max(end.before_arrivals());
        self.slice -= span;
        true
    }
}
