//! What waits before the link of a port that may ask its peer to pause.
//!
//! When a frame begins on the link depends on how full the packet buffer is by then, and so on when
//! frames before it leave: frames begin one at a time, each when that is known.

use crate::engine::time::{Span, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::wire::Wire;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::world::FlowControl;
use std::collections::VecDeque;

/// The peer of a port that may ask it to pause.
pub(crate) struct Pausing {
    rule: FlowControl,
    /// Bytes that may wait before the link.
    egress: u64,
    /// Frames that are offered, as far as nobody has looked at them.
    pub(crate) offered: FrameQueue,
    /// Frames that wait before the link, and their bytes.
    waiting: VecDeque<Frame>,
    bytes: u64,
    /// Frames that found no room there, until the port takes note of them.
    pub(crate) lost: Vec<Frame>,
    /// Since when it pauses, if it does ...
    since: Option<Time>,
    /// ... else when it paused last ...
    until: Time,
    /// ... and for how long it has, all in all.
    paused: Span,
}

/// The link and the packet buffer of the port.
pub(crate) struct Path<'a> {
    pub(crate) wire: &'a mut Wire,
    pub(crate) buffer: &'a mut PacketBuffer,
    /// What leaves the buffer by then is known.
    pub(crate) known: Time,
}

impl Pausing {
    pub(crate) fn new(rule: FlowControl, egress: u64) -> Self {
        Self {
            rule,
            egress,
            offered: FrameQueue::default(),
            waiting: VecDeque::new(),
            bytes: 0,
            lost: Vec::new(),
            since: None,
            until: Time::ZERO,
            paused: Span::ZERO,
        }
    }

    /// The next frame that begins on the link by `limit`, of those offered so far, as it will have
    /// arrived; none, too, where others may still be offered before it begins. No frame may be on
    /// the link that has not been through the buffer's door, unless it arrives after `limit`.
    pub(crate) fn begin(
        &mut self,
        limit: Time,
        all_offered: bool,
        mut path: Path<'_>,
    ) -> Option<Frame> {
        if self.waiting.is_empty() {
            let first = *self.offered.waiting().first()?;
            self.offered.pass(1);
            if self.start(first.time, &mut path) == Some(first.time) {
                return Some(send(first, first.time, path.wire));
            }
            self.wait(first);
        }
        let start = self.start(self.waiting.front()?.time, &mut path);
        while let Some(next) = self.offered.waiting().first().copied()
            && start.is_none_or(|start| next.time < start)
        {
            self.offered.pass(1);
            self.wait(next);
        }
        let decided = all_offered || !self.offered.is_empty();
        let start = start.filter(|start| decided && *start <= limit)?;
        let first = self.waiting.pop_front()?;
        self.bytes -= u64::from(first.size);
        Some(send(first, start, path.wire))
    }

    /// A frame that cannot begin at once waits, or finds no room.
    fn wait(&mut self, frame: Frame) {
        let bytes = self.bytes + u64::from(frame.size);
        if bytes > self.egress {
            self.lost.push(frame);
        } else {
            self.bytes = bytes;
            self.waiting.push_back(frame);
        }
    }

    /// When a frame that was offered at `offered` may begin; none if that is behind what is known.
    fn start(&mut self, offered: Time, path: &mut Path<'_>) -> Option<Time> {
        let next = path.wire.free().max(offered);
        if self.since.is_some_and(|since| next > since) {
            self.resume(path.buffer, path.known);
            if self.since.is_some() {
                return None;
            }
        }
        Some(next.max(self.until))
    }

    /// Ends the pause, if that is due by `now`.
    pub(crate) fn resume(&mut self, buffer: &mut PacketBuffer, now: Time) {
        if let Some(since) = self.since
            && let Some(end) = buffer.falls_to(self.rule.low, now)
        {
            (self.since, self.until) = (None, end);
            self.paused += end - since;
        }
    }

    /// A frame is at the door of the packet buffer at `now`: whether it enters.
    pub(crate) fn enter(&mut self, buffer: &mut PacketBuffer, now: Time, size: u32) -> bool {
        self.resume(buffer, now);
        buffer.release(now);
        let enters = buffer.enter(now, size);
        if enters && self.since.is_none() && buffer.held() >= self.rule.high {
            self.since = Some(now);
        }
        enters
    }

    /// How long it has paused by `now`, to which all has been brought.
    pub(crate) fn paused_by(&self, now: Time) -> Span {
        let until_now = self.since.map_or(Span::ZERO, |since| now - since);
        // When a pause ends may be known beforehand.
        self.paused + until_now - self.until.since(now)
    }

    /// Frames before the link.
    pub(crate) fn len(&self) -> usize {
        self.offered.len() + self.waiting.len()
    }
}

/// A frame begins at `start`: as it will have arrived.
fn send(frame: Frame, start: Time, wire: &mut Wire) -> Frame {
    Frame { time: wire.begin(start, frame.size), ..frame }
}
