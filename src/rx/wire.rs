//! The link: frames one behind the other, and a bounded egress buffer before it.
//!
//! Before: [`source`](super::source). After: [`buffer`](super::buffer).

use crate::engine::time::{Span, Time};
use crate::vocab::frames::{Frame, Frames};
use crate::vocab::span_table::{SpanTable, byte_time};

/// Bytes that hold the link beside the frame: preamble and start delimiter before it ...
const PREAMBLE: u64 = 8;
/// ... and the inter-frame gap behind it.
const GAP: u64 = 12;

/// A link of a given rate, or an unlimited one, which takes no time.
#[derive(Debug)]
pub struct Wire {
    limited: Option<Limited>,
    /// Time the link has been held by frames sent so far.
    pub held: Span,
}

#[derive(Debug)]
struct Limited {
    free: Time,
    backlog: Span,
    /// How long a frame holds the link, and how long after its start its last bit arrives.
    times: SpanTable<2>,
}

impl Wire {
    /// A link of `bits` per second behind an egress buffer of `egress` bytes.
    #[must_use]
    pub fn new(bits: Option<u64>, egress: u64) -> Self {
        let limited = bits.map(|bits| Limited {
            free: Time::ZERO,
            backlog: byte_time(egress, bits),
            times: SpanTable::new(move |size| {
                let last_bit = u64::from(size) + PREAMBLE;
                [byte_time(last_bit + GAP, bits), byte_time(last_bit, bits)]
            }),
        });
        Self { limited, held: Span::ZERO }
    }

    /// Takes the frames from place `first` on: turns the times at which they were offered into
    /// those at which their last bits have arrived. Takes out and returns those that the egress buffer has
    /// no room for.
    pub fn carry(&mut self, frames: &mut Frames, first: usize) -> Vec<Frame> {
        if self.limited.is_none() {
            return Vec::new();
        }
        let mut refused = Vec::new();
        let sizes = &frames.sizes[first..];
        for (at, (time, size)) in frames.times[first..].iter_mut().zip(sizes).enumerate() {
            match self.send(*time, *size) {
                Some(arrival) => *time = arrival,
                None => refused.push(first + at),
            }
        }
        // From the last to the first: places before one that is taken out stay valid.
        refused.into_iter().rev().map(|at| frames.remove(at)).collect()
    }

    /// Takes a frame offered at `now`: when its last bit has arrived, or none where the egress
    /// buffer is full.
    #[inline(always)]
    #[must_use]
    pub fn send(&mut self, now: Time, size: u32) -> Option<Time> {
        let Some(link) = &mut self.limited else { return Some(now) };
        if link.free.since(now) > link.backlog {
            return None;
        }
        let start = link.free.max(now);
        let [hold, last_bit] = link.times.get(size);
        self.held += hold;
        link.free = start + hold;
        Some(start + last_bit)
    }

    /// How much of the link time of frames sent so far lies behind `now`.
    #[must_use]
    pub fn ahead(&self, now: Time) -> Span {
        self.limited.as_ref().map_or(Span::ZERO, |link| link.free.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_queue_for_the_link_and_arrive_with_their_last_bit() {
        let mut wire = Wire::new(Some(10_000_000_000), 1 << 20);
        assert_eq!(wire.send(Time(0), 64), Some(Time(57_600)));
        assert_eq!(wire.send(Time(0), 64), Some(Time(67_200 + 57_600)));
        assert_eq!(wire.send(Time(1_000_000), 64), Some(Time(1_057_600)));
        assert_eq!(wire.held, Span(3 * 67_200));
    }

    #[test]
    fn a_backlog_longer_than_the_egress_buffer_is_refused() {
        let mut wire = Wire::new(Some(10_000_000_000), 168);
        let sent = (0..5).filter(|_| wire.send(Time(0), 64).is_some()).count();
        assert_eq!(sent, 3, "two frames fill 168 bytes exactly, and a third may follow them");
    }

    #[test]
    fn an_unlimited_link_takes_no_time() {
        assert_eq!(Wire::new(None, 0).send(Time(5), 1518), Some(Time(5)));
    }
}
