//! The port's packet buffer: bytes between the last bit on the wire and the end of DMA.
//!
//! Before: [`wire`](super::wire). After: [`steering`](super::steering).
//!
//! Frames leave in the order in which they came, unless they are given up. The buffer finds out how
//! many have left only when it may be full, so that a frame costs two queue operations and no
//! search.

use crate::engine::time::Time;
use std::collections::VecDeque;

/// A buffer of bounded or unlimited size.
#[derive(Debug)]
pub struct PacketBuffer {
    capacity: Option<u64>,
    /// Bytes in the buffer, including frames that have left since the last release.
    held: u64,
    /// Departures at the end of DMA, and of frames given up: each list in the order of time.
    leaving: VecDeque<(Time, u32)>,
    given_up: VecDeque<(Time, u32)>,
}

impl PacketBuffer {
    /// A buffer of `capacity` bytes.
    #[must_use]
    pub const fn new(capacity: Option<u64>) -> Self {
        Self { capacity, held: 0, leaving: VecDeque::new(), given_up: VecDeque::new() }
    }

    /// Takes a frame in at `now`; false if there is no room.
    #[inline]
    #[must_use]
    pub fn enter(&mut self, now: Time, size: u32) -> bool {
        let Some(capacity) = self.capacity else { return true };
        if self.held + u64::from(size) > capacity {
            self.release(now);
            if self.held + u64::from(size) > capacity {
                return false;
            }
        }
        self.held += u64::from(size);
        true
    }

    /// The DMA of a frame will end at `time`, not before that of the frame of the last call.
    #[inline]
    pub fn leave(&mut self, time: Time, size: u32) {
        if self.capacity.is_some() {
            self.leaving.push_back((time, size));
        }
    }

    /// A frame is given up at `time`, before its DMA.
    pub fn give_up(&mut self, time: Time, size: u32) {
        if self.capacity.is_some() {
            self.given_up.push_back((time, size));
        }
    }

    /// Bytes in the buffer, as of the last release.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.held
    }

    /// Releases frames one by one, in the order of time, of those that leave by `by`, until at most
    /// `low` bytes are held: the time at which the last of them left.
    pub fn falls_to(&mut self, low: u64, by: Time) -> Option<Time> {
        let mut last = None;
        while self.held > low {
            let due = |list: &VecDeque<(Time, u32)>| list.front().map_or(Time::END, |one| one.0);
            let first = if due(&self.given_up) < due(&self.leaving) {
                &mut self.given_up
            } else {
                &mut self.leaving
            };
            let (time, size) = first.front().copied().filter(|(time, _)| *time <= by)?;
            first.pop_front();
            self.held -= u64::from(size);
            last = Some(time);
        }
        last
    }

    /// Releases the frames that have left by `now`.
    pub fn release(&mut self, now: Time) {
        for list in [&mut self.leaving, &mut self.given_up] {
            while let Some((time, size)) = list.front().copied()
                && time <= now
            {
                list.pop_front();
                self.held -= u64::from(size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_leaves_at_the_instant_of_an_arrival_has_made_room() {
        let mut buffer = PacketBuffer::new(Some(128));
        assert!(buffer.enter(Time(0), 64) && buffer.enter(Time(1), 64));
        buffer.leave(Time(10), 64);
        assert!(!buffer.enter(Time(9), 64));
        assert!(buffer.enter(Time(10), 64));
    }

    #[test]
    fn it_falls_frame_by_frame_in_the_order_of_time() {
        let mut buffer = PacketBuffer::new(Some(1_000));
        assert!((0..4).all(|at| buffer.enter(Time(at), 100)));
        buffer.leave(Time(10), 100);
        buffer.leave(Time(30), 100);
        buffer.give_up(Time(20), 100);
        assert_eq!(buffer.falls_to(200, Time(19)), None);
        assert_eq!((buffer.falls_to(200, Time(20)), buffer.held()), (Some(Time(20)), 200));
        assert_eq!((buffer.falls_to(0, Time(100)), buffer.held()), (None, 100));
    }

    #[test]
    fn a_frame_given_up_makes_room_before_slower_ones() {
        let mut buffer = PacketBuffer::new(Some(128));
        assert!(buffer.enter(Time(0), 64) && buffer.enter(Time(1), 64));
        buffer.leave(Time(10), 64);
        buffer.give_up(Time(2), 64);
        assert!(buffer.enter(Time(3), 64));
        assert!(!buffer.enter(Time(3), 64));
    }
}
