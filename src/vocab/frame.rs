//! Frames on their way from the source to their ring.

use super::packet::Packet;
use crate::engine::time::Time;

/// A packet as a frame between source and ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// When it was offered; behind the link, when its last bit arrived.
    pub time: Time,
    /// Its number within its source.
    pub number: u64,
    /// Bytes, FCS included.
    pub size: u32,
    /// Its flow within its source.
    pub flow: u32,
    /// Its source's number in the world.
    pub source: u32,
}

impl Frame {
    /// The frame of a packet, as source `source` offers it.
    #[inline]
    #[must_use]
    pub const fn of(packet: &Packet, source: u32) -> Self {
        let Packet { time, number, size, flow } = *packet;
        Self { time, number, size, flow: flow.0, source }
    }
}

/// Frames in order, filled and emptied many at a time without moving the rest.
#[derive(Clone, Debug, Default)]
pub struct FrameQueue {
    slots: Vec<Frame>,
    head: usize,
    tail: usize,
}

impl FrameQueue {
    /// The frames that wait, in order.
    #[inline(always)]
    #[must_use]
    pub fn waiting(&self) -> &[Frame] {
        &self.slots[self.head..self.tail]
    }

    /// The frames behind the first `n`.
    #[must_use]
    pub fn behind_mut(&mut self, n: usize) -> &mut [Frame] {
        &mut self.slots[self.head + n..self.tail]
    }

    /// How many wait.
    #[inline(always)]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tail - self.head
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.head == self.tail
    }

    /// Room for `n` frames behind the last one, with arbitrary content; [`FrameQueue::add`] takes
    /// them in.
    pub fn room(&mut self, n: usize) -> &mut [Frame] {
        if self.tail + n > self.slots.len() {
            self.slots.copy_within(self.head..self.tail, 0);
            (self.head, self.tail) = (0, self.len());
            let needed = self.slots.len().max(self.tail + n);
            self.slots.resize(needed, Frame::default());
        }
        &mut self.slots[self.tail..self.tail + n]
    }

    /// Takes in the first `n` frames of the room.
    ///
    /// # Panics
    /// If there was no room for them, which is a bug of the caller.
    pub const fn add(&mut self, n: usize) {
        self.tail += n;
        assert!(self.tail <= self.slots.len(), "only what has room can be added");
    }

    /// Takes in one frame.
    pub fn push(&mut self, frame: Frame) {
        self.room(1)[0] = frame;
        self.add(1);
    }

    /// Removes the first `n` frames.
    #[inline(always)]
    pub const fn consume(&mut self, n: usize) {
        self.head += n;
        debug_assert!(self.head <= self.tail, "only what waits can go");
    }

    /// Removes those of the frames behind the first `n` that `keep` refuses.
    pub fn retain(&mut self, n: usize, keep: impl Fn(&Frame) -> bool) {
        let first = self.head + n;
        let mut end = first;
        for at in first..self.tail {
            if keep(&self.slots[at]) {
                self.slots[end] = self.slots[at];
                end += 1;
            }
        }
        self.tail = end;
    }

    /// Removes the frames from index `from` up to index `to`.
    pub fn remove_between(&mut self, from: usize, to: usize) {
        let (from, to) = (self.head + from, self.head + to);
        if from < to {
            self.slots.copy_within(to..self.tail, from);
            self.tail -= to - from;
        }
    }

    /// Removes the frame at this index.
    pub fn remove(&mut self, at: usize) -> Frame {
        let at = self.head + at;
        let frame = self.slots[at];
        self.slots.copy_within(at + 1..self.tail, at);
        self.tail -= 1;
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_leave_in_order_while_others_are_added_and_taken_out() {
        let mut queue = FrameQueue::default();
        let numbered = |number| Frame { number, ..Frame::default() };
        for number in 0..4 {
            queue.push(numbered(number));
        }
        queue.consume(1);
        let room = queue.room(3);
        (room[0], room[1]) = (numbered(4), numbered(5));
        queue.add(2);
        assert_eq!(queue.remove(1).number, 2);
        assert_eq!(queue.behind_mut(2).len(), 2);
        let left = |queue: &FrameQueue| -> Vec<u64> {
            queue.waiting().iter().map(|frame| frame.number).collect()
        };
        assert_eq!(left(&queue), [1, 3, 4, 5]);
        queue.retain(1, |frame| frame.number != 4);
        assert_eq!(left(&queue), [1, 3, 5]);
        queue.remove_between(1, 2);
        queue.remove_between(1, 1);
        assert_eq!(left(&queue), [1, 5]);
        queue.consume(2);
        assert!(queue.is_empty());
    }
}
