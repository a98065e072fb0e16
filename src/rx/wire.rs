//! The link: one frame after the other, with a bounded egress buffer before it.
//!
//! Before: [`source`](super::source). After: [`buffer`](super::buffer).

use crate::engine::time::{Span, Time};
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::span_table::{SpanTable, byte_time};

/// Bytes that occupy the link with each frame: preamble and start delimiter before it ...
const PREAMBLE: u64 = 8;
/// ... and the inter-frame gap behind it.
const GAP: u64 = 12;

/// A link of a given rate, or an unlimited one, which takes no time.
#[derive(Debug)]
pub struct Wire {
    limited: Option<Limited>,
}

#[derive(Debug)]
struct Limited {
    line: LinkState,
    /// How long a frame occupies the link, and how long after its start its last bit arrives.
    times: SpanTable<2>,
}

/// How far frames have filled a link.
#[derive(Clone, Copy, Debug)]
struct LinkState {
    free: Time,
    held: Span,
    /// The longest backlog that the egress buffer takes.
    backlog: Span,
}

impl Wire {
    /// A link of `bits` per second behind an egress buffer of `egress` bytes.
    #[must_use]
    pub fn new(bits: Option<u64>, egress: u64) -> Self {
        let limited = bits.map(|bits| Limited {
            line: LinkState {
                free: Time::ZERO,
                held: Span::ZERO,
                // A backlog longer than the clock is unlimited, and cannot overflow when it is
                // added up.
                backlog: byte_time(egress, bits).min(Span(Time::END.0)),
            },
            times: SpanTable::new(move |size| {
                let last_bit = u64::from(size) + PREAMBLE;
                [byte_time(last_bit + GAP, bits), byte_time(last_bit, bits)]
            }),
        });
        Self { limited }
    }

    /// Carries the frames behind the first `n`: replaces the time at which each was offered by the
    /// arrival of its last bit. Takes out and returns the frames that find no room in the egress
    /// buffer.
    pub fn carry(&mut self, frames: &mut FrameQueue, n: usize) -> Vec<Frame> {
        let Some(Limited { line, times }) = &mut self.limited else { return Vec::new() };
        let mut refused = Vec::new();
        let mut now = *line;
        for (frame, at) in frames.behind_mut(n).iter_mut().zip(n..) {
            match now.send(frame.time, times.get(frame.size)) {
                Some(arrival) => frame.time = arrival,
                None => refused.push(at),
            }
        }
        *line = now;
        // From the last to the first, so that earlier indices stay valid.
        refused.into_iter().rev().map(|at| frames.remove(at)).collect()
    }

    /// When the link has sent all frames so far.
    #[must_use]
    pub fn free(&self) -> Time {
        self.limited.as_ref().map_or(Time::ZERO, |link| link.line.free)
    }

    /// Begins a frame of `size` bytes at `start`, when the link is free; returns the arrival of its
    /// last bit.
    pub fn begin(&mut self, start: Time, size: u32) -> Time {
        let Some(Limited { line, times }) = &mut self.limited else { return start };
        let [hold, last_bit] = times.get(size);
        debug_assert!(line.free <= start, "one frame at a time");
        line.held += hold;
        line.free = start + hold;
        start + last_bit
    }

    /// Time for which the frames sent so far occupy the link, in the past and the future.
    #[must_use]
    pub fn held(&self) -> Span {
        self.limited.as_ref().map_or(Span::ZERO, |link| link.line.held)
    }

    /// The part of [`Wire::held`] that comes after `now`.
    #[must_use]
    pub fn ahead(&self, now: Time) -> Span {
        self.limited.as_ref().map_or(Span::ZERO, |link| link.line.free.since(now))
    }
}

impl LinkState {
    /// Sends a frame offered at `now`: the arrival of its last bit, or none if the egress buffer is
    /// full.
    #[inline(always)]
    fn send(&mut self, now: Time, [hold, last_bit]: [Span; 2]) -> Option<Time> {
        if self.free > now + self.backlog {
            return None;
        }
        let start = self.free.max(now);
        self.held += hold;
        self.free = start + hold;
        Some(start + last_bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When frames offered at these times have arrived; the refused are missing.
    fn arrivals(wire: &mut Wire, offered: &[u64]) -> Vec<u64> {
        let mut frames = FrameQueue::default();
        for (number, time) in (0..).zip(offered) {
            frames.push(Frame { time: Time(*time), number, size: 64, flow: 0, source: 0 });
        }
        let refused = wire.carry(&mut frames, 0);
        assert_eq!(refused.len() + frames.len(), offered.len());
        frames.waiting().iter().map(|frame| frame.time.0).collect()
    }

    #[test]
    fn frames_queue_for_the_link_and_arrive_with_their_last_bit() {
        let mut wire = Wire::new(Some(10_000_000_000), 1 << 20);
        assert_eq!(arrivals(&mut wire, &[0, 0, 1_000_000]), [57_600, 67_200 + 57_600, 1_057_600]);
        assert_eq!(wire.held(), Span(3 * 67_200));
    }

    #[test]
    fn a_backlog_longer_than_the_egress_buffer_is_refused() {
        let mut wire = Wire::new(Some(10_000_000_000), 168);
        let sent = arrivals(&mut wire, &[0; 5]).len();
        assert_eq!(sent, 3, "two frames fill 168 bytes exactly, and a third may follow them");
    }

    #[test]
    fn an_unlimited_link_takes_no_time() {
        assert_eq!(arrivals(&mut Wire::new(None, 0), &[5]), [5]);
    }
}
