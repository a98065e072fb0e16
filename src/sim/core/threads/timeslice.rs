//! A stretch of time for which a thread has its core to itself, and works off what it has.

use crate::engine::time::{PhasedTime, Span, Time};

/// How far a thread has come, and may go.
pub(crate) struct Timeslice {
    /// The thread's clock ...
    pub(crate) now: Time,
    /// ... and its core's.
    pub(crate) clock: PhasedTime,
    /// What it does has to end before this ...
    pub(crate) until: PhasedTime,
    /// ... and within what is left of its slice.
    pub(crate) slice: Span,
}

/// What came of the thread's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// What it has in hand lasts up to the timeslice's end or beyond.
    Running,
    /// Something has ended, and something else follows.
    Continue,
    /// Likewise, and a ring was unmasked, which may interrupt before the timeslice's end.
    Unmasked,
    /// Something has ended, and nothing follows.
    Idle,
}

impl Timeslice {
    /// Passes so much time, if that ends within the timeslice.
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
