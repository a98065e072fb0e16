//! A consumer on the host: a bounded backlog, processed one packet at a time.

use super::ledger::{Ledger, Processed};
use super::stint::{Step, Stint};
use crate::engine::time::{Span, Time};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::vocab::stage::Stage;
use std::collections::VecDeque;

/// An app and its backlog; the first packet is the one in hand.
pub(super) struct Consumer {
    /// Its number in the world.
    pub(super) index: usize,
    /// Left of the packet in hand.
    pub(super) left: Span,
    backlog: VecDeque<Processed>,
    capacity: usize,
    /// Whether the first packet is in hand.
    busy: bool,
}

impl Consumer {
    pub(super) const fn new(index: usize, capacity: u32) -> Self {
        let backlog = VecDeque::new();
        Self { index, left: Span::ZERO, backlog, capacity: capacity as usize, busy: false }
    }

    /// Takes a packet in, or loses it for want of room.
    pub(super) fn accept(&mut self, packet: Processed, now: Time, ledger: &mut Ledger<'_>) -> bool {
        if self.backlog.len() >= self.capacity {
            let fate = Fate::Dropped(DropReason::BacklogFull);
            ledger.lost(&packet.packet, packet.queue, packet.start, now, fate);
            return false;
        }
        self.backlog.push_back(packet);
        true
    }

    /// Takes the next packet in hand, if none is.
    pub(super) fn take_up(&mut self, ledger: &Ledger<'_>) {
        if !self.busy
            && let Some(first) = self.backlog.front()
        {
            self.left = ledger.costs_of(first.packet.frame.source).app(&first.packet.frame);
            self.busy = true;
        }
    }

    /// Finishes the packet in hand and takes up the next one, as far as that is within the stint.
    #[inline(always)]
    pub(super) fn work(&mut self, stint: &mut Stint, ledger: &mut Ledger<'_>) -> Step {
        if !stint.pass(self.left) {
            return Step::Lasts;
        }
        if !self.finish(stint.now, ledger) {
            return Step::Waits;
        }
        self.take_up(ledger);
        Step::GoesOn
    }

    /// The packet in hand is finished. True if another one follows.
    pub(super) fn finish(&mut self, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let packet = self.backlog.pop_front().expect("a packet is in hand");
        ledger.delivered(&packet, now, [(Stage::App, now - packet.end)]);
        self.busy = false;
        !self.backlog.is_empty()
    }

    /// Packets in the backlog.
    pub(super) fn packets(&self) -> usize {
        self.backlog.len()
    }
}
