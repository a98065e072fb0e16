//! Packets for all virtual NICs of a port: the virtual switch makes a copy for each but the last,
//! which gets the packet itself.
//!
//! A copy is one activity of the switch. What it brings goes with the rest of the round.

use crate::engine::time::Time;
use crate::rx::cpu::Kind;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::round::{Doing, Pace, Round};
use crate::sim::itinerary::costs::PacketCosts;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::frame::Frame;

impl Round {
    /// The driver is done with the packet in hand: the virtual switch begins with the first copy of
    /// it, if that is its way.
    #[inline(never)]
    pub(crate) fn begin_flood(
        &mut self,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &Ledger<'_>,
    ) -> bool {
        let frame = &queue.ring.front_mut(1)[0].packet.frame;
        let costs = ledger.costs_of(frame.source);
        let floods = costs.copies > 0 && !costs.uses_rps;
        if floods {
            self.begin_switching(frame, queue.number, costs);
            pace.sheet.enter(Kind::Vswitch, pace.see.time());
        }
        floods
    }

    /// The virtual switch begins with a packet in this queue: with the first copy, if it makes any.
    pub(crate) fn begin_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.copied = 0;
        self.go_on_switching(frame, queue, costs);
    }

    /// The virtual switch begins with the next copy, or with the packet itself.
    fn go_on_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.end += costs.switch(frame, queue);
        self.doing = if self.copied < costs.copies { Doing::Copy } else { Doing::Switch };
    }

    /// A copy of the packet in hand is made.
    pub(crate) fn pass_on_copy(
        &mut self,
        interrupt: Time,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) {
        let first = &queue.ring.front_mut(1)[0];
        let copy = self.processed(first.packet, queue.number, first.work.start, interrupt);
        self.deal_out(copy, ledger);
    }

    /// This copy is made, and the virtual switch begins with the next one, or with the packet
    /// itself.
    pub(crate) fn deal_out(&mut self, copy: RxPacket, ledger: &mut Ledger<'_>) {
        self.delivery.add(ledger.copied(&copy, self.copied), copy);
        self.copied += 1;
        let frame = &copy.packet.frame;
        self.go_on_switching(frame, copy.queue, ledger.costs_of(frame.source));
    }
}
