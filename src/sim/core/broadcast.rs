//! Packets for all virtual NICs of a port: the virtual switch makes a copy for each but the last,
//! which gets the packet itself.
//!
//! A copy is one activity of the switch. What it brings goes with the rest of the round.

use crate::engine::time::Time;
use crate::rx::cpu::Activity;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::round::{Pace, Round, RoundState};
use crate::sim::itinerary::costs::PacketCosts;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::frame::Frame;

impl Round {
    /// The driver is done with the packet in hand: the virtual switch begins with the first copy of
    /// it, if that is its way.
    #[inline(never)]
    pub(crate) fn start_broadcast(
        &mut self,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &Ledger<'_>,
    ) -> bool {
        let frame = &queue.ring.front_mut(1)[0].packet.frame;
        let costs = ledger.costs_of(frame.source);
        let broadcasts = costs.copies > 0 && !costs.uses_rps;
        if broadcasts {
            self.start_switching(frame, queue.number, costs);
            pace.sheet.enter(Activity::Vswitch, pace.clock.time());
        }
        broadcasts
    }

    /// The virtual switch begins with a packet in this queue: with the first copy, if it makes any.
    pub(crate) fn start_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.copies_made = 0;
        self.continue_switching(frame, queue, costs);
    }

    /// The virtual switch begins with the next copy, or with the packet itself.
    fn continue_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.end += costs.switch(frame, queue);
        self.state =
            if self.copies_made < costs.copies { RoundState::Copy } else { RoundState::Switch };
    }

    /// A copy of the packet in hand is made.
    pub(crate) fn forward_copy(
        &mut self,
        interrupt: Time,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) {
        let first = &queue.ring.front_mut(1)[0];
        let copy = self.rx_packet(first.packet, queue.number, first.work.start, interrupt);
        self.deal_out(copy, ledger);
    }

    /// This copy is made, and the virtual switch begins with the next one, or with the packet
    /// itself.
    pub(crate) fn deal_out(&mut self, copy: RxPacket, ledger: &mut Ledger<'_>) {
        self.delivery.add(ledger.copied(&copy, self.copies_made), copy);
        self.copies_made += 1;
        let frame = &copy.packet.frame;
        self.continue_switching(frame, copy.queue, ledger.costs_of(frame.source));
    }
}
