//! Link-level flow control (IEEE 802.3x): the peer of a port, which the port asks to pause.
//!
//! When a frame begins on the link depends on the fill of the packet buffer, and so on when earlier
//! frames leave it. Frames therefore begin one at a time, each as soon as that is known.

use crate::engine::time::{Span, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::wire::Wire;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::world::FlowControl;
use std::collections::VecDeque;

/// The peer of a port that uses flow control.
pub(crate) struct LinkPeer {
    rule: FlowControl,
    /// Bytes that may wait before the link.
    egress: u64,
    /// Frames offered and not yet examined.
    pub(crate) offered: FrameQueue,
    /// Frames that wait before the link, and their bytes.
    waiting: VecDeque<Frame>,
    bytes: u64,
    /// Frames dropped for want of room before the link, until the port collects them.
    pub(crate) lost: Vec<Frame>,
    /// Start of the current pause.
    since: Option<Time>,
    /// End of the last pause.
    until: Time,
    /// Total time paused.
    paused: Span,
}

/// The link and the packet buffer behind the peer.
pub(crate) struct Downstream<'a> {
    pub(crate) wire: &'a mut Wire,
    pub(crate) buffer: &'a mut PacketBuffer,
    /// All departures from the buffer up to this time are known.
    pub(crate) known: Time,
}

impl LinkPeer {
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

    /// The next frame that begins on the link by `limit`, with its arrival time. None if another
    /// frame may still be offered that begins earlier. Every frame on the link must have entered
    /// the buffer, unless it arrives after `limit`.
    pub(crate) fn begin(
        &mut self,
        limit: Time,
        all_offered: bool,
        mut downstream: Downstream<'_>,
    ) -> Option<Frame> {
        if self.waiting.is_empty() {
            let first = *self.offered.waiting().first()?;
            self.offered.consume(1);
            if self.start(first.time, &mut downstream) == Some(first.time) {
                return Some(send(first, first.time, downstream.wire));
            }
            self.wait(first);
        }
        let start = self.start(self.waiting.front()?.time, &mut downstream);
        while let Some(next) = self.offered.waiting().first().copied()
            && start.is_none_or(|start| next.time < start)
        {
            self.offered.consume(1);
            self.wait(next);
        }
        let decided = all_offered || !self.offered.is_empty();
        let start = start.filter(|start| decided && *start <= limit)?;
        let first = self.waiting.pop_front()?;
        self.bytes -= u64::from(first.size);
        Some(send(first, start, downstream.wire))
    }

    /// A frame that cannot begin at once waits, or is dropped for want of room.
    fn wait(&mut self, frame: Frame) {
        let bytes = self.bytes + u64::from(frame.size);
        if bytes > self.egress {
            self.lost.push(frame);
        } else {
            self.bytes = bytes;
            self.waiting.push_back(frame);
        }
    }

    /// When a frame offered at `offered` may begin; none if that depends on departures not yet
    /// known.
    fn start(&mut self, offered: Time, downstream: &mut Downstream<'_>) -> Option<Time> {
        let next = downstream.wire.free().max(offered);
        if self.since.is_some_and(|since| next > since) {
            self.resume(downstream.buffer, downstream.known);
            if self.since.is_some() {
                return None;
            }
        }
        Some(next.max(self.until))
    }

    /// Ends the pause if it is due by `now`.
    pub(crate) fn resume(&mut self, buffer: &mut PacketBuffer, now: Time) {
        if let Some(since) = self.since
            && let Some(end) = buffer.falls_to(self.rule.low, now)
        {
            (self.since, self.until) = (None, end);
            self.paused += end - since;
        }
    }

    /// Whether a frame that arrives at `now` enters the packet buffer. It may start a pause.
    pub(crate) fn enter(&mut self, buffer: &mut PacketBuffer, now: Time, size: u32) -> bool {
        self.resume(buffer, now);
        buffer.release(now);
        let enters = buffer.enter(now, size);
        if enters && self.since.is_none() && buffer.held() >= self.rule.high {
            self.since = Some(now);
        }
        enters
    }

    /// The total time paused by `now`, up to which the port has been synced.
    pub(crate) fn paused_by(&self, now: Time) -> Span {
        let until_now = self.since.map_or(Span::ZERO, |since| now - since);
        // The end of a pause may be known ahead of time.
        self.paused + until_now - self.until.since(now)
    }

    /// Frames before the link.
    pub(crate) fn len(&self) -> usize {
        self.offered.len() + self.waiting.len()
    }
}

/// Begins a frame at `start`; returns it with its arrival time.
fn send(frame: Frame, start: Time, wire: &mut Wire) -> Frame {
    Frame { time: wire.begin(start, frame.size), ..frame }
}
