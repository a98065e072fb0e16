//! An app on the host: a bounded backlog, processed one packet at a time.

use crate::engine::time::{Span, Time};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::threads::timeslice::{Progress, Timeslice};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::vocab::stage::Stage;
use std::collections::VecDeque;

/// An app and its backlog. The first packet of the backlog is the one in service, if any is.
pub(crate) struct App {
    /// Index in the world.
    pub(crate) index: usize,
    /// Time left of the packet in service.
    pub(crate) left: Span,
    backlog: VecDeque<RxPacket>,
    capacity: usize,
    /// Whether the first packet is in service.
    busy: bool,
}

impl App {
    pub(crate) const fn new(index: usize, capacity: u32) -> Self {
        let backlog = VecDeque::new();
        Self { index, left: Span::ZERO, backlog, capacity: capacity as usize, busy: false }
    }

    /// Appends a packet, or drops it if the backlog is full. True if the packet was accepted.
    pub(crate) fn accept(&mut self, packet: RxPacket, now: Time, ledger: &mut Ledger<'_>) -> bool {
        if self.backlog.len() >= self.capacity {
            let fate = Fate::Dropped(DropReason::BacklogFull);
            ledger.lost(&packet.packet, packet.queue, packet.start, now, fate);
            return false;
        }
        self.backlog.push_back(packet);
        true
    }

    /// Starts the next packet, if none is in service.
    pub(super) fn start_next(&mut self, ledger: &Ledger<'_>) {
        if !self.busy
            && let Some(first) = self.backlog.front()
        {
            self.left = ledger.costs_of(first.packet.frame.source).app(&first.packet.frame);
            self.busy = true;
        }
    }

    /// Finishes the packet in service and starts the next one, if the first ends within the
    /// timeslice.
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

    /// Finishes the packet in service. True if another one follows.
    pub(crate) fn finish(&mut self, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let packet = self.backlog.pop_front().expect("a packet is in service");
        ledger.delivered(&packet, now, [(Stage::App, now - packet.end)]);
        self.busy = false;
        !self.backlog.is_empty()
    }

    pub(crate) fn packets(&self) -> usize {
        self.backlog.len()
    }
}
