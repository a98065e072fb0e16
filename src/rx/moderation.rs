//! Interrupt moderation: when a vector with waiting packets interrupts.
//!
//! Before: [`ring`](super::ring). After: [`cpu`](super::cpu).

use crate::engine::time::Span;

/// The rule of one NIC's vectors. Intervals are as the NIC uses them, rounded down to its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moderation {
    /// At once.
    None,
    /// At once when quiet, then at least `interval` from the start of one interrupt to the next.
    Throttle {
        /// Least time from interrupt to interrupt.
        interval: Span,
    },
    /// `interval` after the first packet that waits.
    Timer {
        /// From the first packet to the interrupt (rx-usecs).
        interval: Span,
    },
    /// As `Timer`, or with the n-th waiting packet, whichever comes first.
    TimerOrCount {
        /// From the first packet to the interrupt (rx-usecs).
        interval: Span,
        /// Waiting packets that interrupt at once (rx-frames).
        frames: u32,
    },
    /// At multiples of `interval` from t = 0, if something waits.
    Periodic {
        /// From tick to tick.
        interval: Span,
    },
    /// Linux `net_dim`: chooses among five pairs of rx-usecs and rx-frames.
    NetDim,
    /// The legacy `ixgbe` adaptive throttle: chooses among three rates by bytes per microsecond.
    Ixgbe,
}
