//! The link before a port, and how the port makes it pause.
//!
//! Rules L1 to L6, L10, H2 to H6, I1 and I7 to I9.

use crate::reference::agenda::Item;
use crate::reference::model::{Frame, Model};
use rxsim::engine::time::{Span, Time};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use std::collections::VecDeque;

/// The link of a port.
pub(in crate::reference) struct Link {
    pub(in crate::reference) up: bool,
    /// When it has sent all that it has begun, or, where it never pauses, all that was accepted.
    free: Time,
    /// Frames whose last bit is to come.
    on_it: VecDeque<Frame>,
    /// Frames before a link that may pause.
    waiting: VecDeque<Frame>,
    /// Since when the port wants it to pause.
    paused: Option<Time>,
    /// For how long it did so before.
    paused_before: Span,
}

impl Link {
    pub(in crate::reference) fn new() -> Self {
        Self {
            up: true,
            free: Time::ZERO,
            on_it: VecDeque::new(),
            waiting: VecDeque::new(),
            paused: None,
            paused_before: Span::ZERO,
        }
    }

    /// How long it was to pause until `end`.
    pub(in crate::reference) fn paused_until(&self, end: Time) -> Span {
        self.paused_before + self.paused.map_or(Span::ZERO, |since| end - since)
    }

    /// Whether a frame may begin: also at the very instant at which a pause begins.
    fn may_begin(&self, now: Time) -> bool {
        self.free <= now && self.paused.is_none_or(|since| since == now)
    }
}

impl Model<'_> {
    /// The egress buffer and the link; an unlimited link takes no time.
    pub(in crate::reference) fn enter_link(&mut self, frame: Frame) {
        let spec = &self.world.nics[frame.nic];
        let offered = self.agenda.time();
        let link = &mut self.nics[frame.nic].link;
        if !link.up {
            return self.end(frame, Fate::Dropped(DropReason::LinkDown));
        }
        let Some(bits) = spec.link else {
            return self.arrive(frame);
        };
        if spec.flow_control.is_some() {
            return self.wait_for_link(frame);
        }
        if link.free.since(offered) > byte_times(spec.egress, bits) {
            return self.end(frame, Fate::Dropped(DropReason::LinkFull));
        }
        let start = offered.max(link.free);
        self.send_over_link(frame, bits, start);
    }

    /// A frame holds the link, which it takes time to cross.
    fn send_over_link(&mut self, frame: Frame, bits: u64, start: Time) {
        let link = &mut self.nics[frame.nic].link;
        link.free = start + byte_times(frame.bytes() + 20, bits);
        let last_bit = start + byte_times(frame.bytes() + 8, bits);
        link.on_it.push_back(frame);
        self.agenda.put(last_bit, Item::LastBit { nic: frame.nic });
    }

    pub(in crate::reference) fn last_bit(&mut self, nic: usize) {
        let frame = self.nics[nic].link.on_it.pop_front().expect("a frame is on the link");
        self.arrive(frame);
    }

    /// A frame comes to a link that may pause: it begins at once, or waits if there is room.
    fn wait_for_link(&mut self, frame: Frame) {
        let egress = self.world.nics[frame.nic].egress;
        let now = self.agenda.time();
        let link = &mut self.nics[frame.nic].link;
        let begins = link.waiting.is_empty() && link.may_begin(now);
        let bytes: u64 = link.waiting.iter().map(Frame::bytes).sum();
        if !begins && bytes + frame.bytes() > egress {
            return self.end(frame, Fate::Dropped(DropReason::LinkFull));
        }
        link.waiting.push_back(frame);
        self.resume_link(frame.nic);
    }

    /// A link that may pause is free, or need not pause any more: the first that waits begins.
    pub(in crate::reference) fn resume_link(&mut self, nic: usize) {
        let now = self.agenda.time();
        let link = &mut self.nics[nic].link;
        if link.may_begin(now)
            && let Some(frame) = link.waiting.pop_front()
        {
            let bits = self.world.nics[nic].link.expect("an unlimited link never pauses");
            self.send_over_link(frame, bits, now);
            self.agenda.put(self.nics[nic].link.free, Item::LinkFree { nic });
        }
    }

    /// A frame has entered the packet buffer: the port may ask for a pause.
    pub(in crate::reference) fn buffer_fills(&mut self, at: usize) {
        let now = self.agenda.time();
        let nic = &mut self.nics[at];
        if let Some(pause) = self.world.nics[at].flow_control
            && nic.buffered >= pause.high
            && nic.link.paused.is_none()
        {
            nic.link.paused = Some(now);
            self.tallies.pauses.asked += 1;
        }
    }

    /// A frame has left the packet buffer: a pause may end.
    pub(in crate::reference) fn buffer_drains(&mut self, at: usize) {
        let now = self.agenda.time();
        let nic = &mut self.nics[at];
        if let Some(pause) = self.world.nics[at].flow_control
            && nic.buffered <= pause.low
            && let Some(since) = nic.link.paused.take()
        {
            nic.link.paused_before += now - since;
            self.tallies.pauses.waited += u64::from(!nic.link.waiting.is_empty());
            self.tallies.pauses.lasted += u64::from(now > since);
            self.resume_link(at);
        }
    }
}

/// How long `bytes` last at `bits` per second, to the nearest picosecond.
fn byte_times(bytes: u64, bits: u64) -> Span {
    crate::reference::nic::port::nearest(
        u128::from(bytes) * 8 * crate::reference::nic::port::PS_PER_SECOND,
        u128::from(bits),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_64_byte_frame_holds_10_gbe_for_67_2_ns() {
        assert_eq!(byte_times(84, 10_000_000_000), Span(67_200));
    }
}
