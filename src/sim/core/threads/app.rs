//! A consumer on the host: a bounded backlog, processed one packet at a time.

use crate::engine::time::{Span, Time};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::threads::timeslice::{Progress, Timeslice};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::vocab::stage::Stage;
use std::collections::VecDeque;

/// An app and its backlog; the first packet is the one in hand.
pub(crate) struct App {
    /// Its number in the world.
    pub(crate) index: usize,
    /// Left of the packet in hand.
    pub(crate) left: Span,
    backlog: VecDeque<RxPacket>,
    capacity: usize,
    /// Whether the first packet is in hand.
    busy: bool,
}

impl App {
    pub(crate) const fn new(index: usize, capacity: u32) -> Self {
        let backlog = VecDeque::new();
        Self { index, left: Span::ZERO, backlog, capacity: capacity as usize, busy: false }
    }

    /// Takes a packet in, or loses it for want of room.
    pub(crate) fn accept(&mut self, packet: RxPacket, now: Time, ledger: &mut Ledger<'_>) -> bool {
        if self.backlog.len() >= self.capacity {
            let fate = Fate::Dropped(DropReason::BacklogFull);
            ledger.lost(&packet.packet, packet.queue, packet.start, now, fate);
            return false;
        }
        self.backlog.push_back(packet);
        true
    }

    /// Takes the next packet in hand, if none is.
    pub(crate) fn start_next(&mut self, ledger: &Ledger<'_>) {
        if !self.busy
            && let Some(first) = self.backlog.front()
        {
            self.left = ledger.costs_of(first.packet.frame.source).app(&first.packet.frame);
            self.busy = true;
        }
    }

    /// Finishes the packet in hand and takes up the next one, as far as that is within the timeslice.
    #[inline(always)]
    pub(crate) fn work(&mut self, timeslice: &mut Timeslice, ledger: &mut Ledger<'_>) -> Progress {
        if !timeslice.pass(self.left) {
            return Progress::Running;
        }
        if !self.finish(timeslice.now, ledger) {
            return Progress::Idle;
        }
        self.start_next(ledger);
        Progress::Continue
    }

    /// The packet in hand is finished. True if another one follows.
    pub(crate) fn finish(&mut self, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let packet = self.backlog.pop_front().expect("a packet is in hand");
        ledger.delivered(&packet, now, [(Stage::App, now - packet.end)]);
        self.busy = false;
        !self.backlog.is_empty()
    }

    /// Packets in the backlog.
    pub(crate) fn packets(&self) -> usize {
        self.backlog.len()
    }
}
