//! A stretch of time for which a thread has its core to itself, and works off what it has.

use crate::engine::time::{Moment, Span, Time};

/// How far a thread has come, and may go.
pub(super) struct Stint {
    /// The thread's clock ...
    pub(super) now: Time,
    /// ... and its core's.
    pub(super) see: Moment,
    /// What it does has to end before this ...
    pub(super) until: Moment,
    /// ... and within what is left of its slice.
    pub(super) slice: Span,
}

/// What came of the thread's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What it has in hand lasts up to the stint's end or beyond.
    Lasts,
    /// Something has ended, and something else follows.
    GoesOn,
    /// Likewise, and a ring was unmasked, which may interrupt before the stint's end.
    Unmasked,
    /// Something has ended, and nothing follows.
    Waits,
}

impl Stint {
    /// Passes so much time, if that ends within the stint.
    #[inline(always)]
    pub(super) fn pass(&mut self, span: Span) -> bool {
        let end = self.now + span;
        if span >= self.slice || end.before_arrivals() >= self.until {
            return false;
        }
        self.now = end;
        self.see = self.see.max(end.before_arrivals());
        self.slice -= span;
        true
    }
}
