//! Broadcast: packets for all virtual NICs of a port. The virtual switch makes a copy for each
//! virtual NIC but the last, which gets the packet itself.
//!
//! Each copy is one step of the round. The copies are handed off with the rest of the round's
//! packets.

use crate::engine::time::Time;
use crate::rx::cpu::Activity;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::round::{Pace, Round, RoundState};
use crate::sim::itinerary::costs::PacketCosts;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::frame::Frame;

impl Round {
    /// The driver is done with the packet in service. Starts its first copy if the packet is a
    /// broadcast that the switch handles in this round.
    #[inline(never)]
    pub(super) fn start_broadcast(
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

    /// Starts the virtual switch's work on a packet of this queue: the first copy if there are any,
    /// else the packet itself.
    pub(super) fn start_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.copies_made = 0;
        self.continue_switching(frame, queue, costs);
    }

    /// Starts the next copy, or the packet itself after the last copy.
    fn continue_switching(&mut self, frame: &Frame, queue: u32, costs: &PacketCosts) {
        self.end += costs.switch(frame, queue);
        self.state =
            if self.copies_made < costs.copies { RoundState::Copy } else { RoundState::Switch };
    }

    /// A copy of the packet in service is complete.
    pub(super) fn forward_copy(
        &mut self,
        interrupt: Time,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) {
        let first = &queue.ring.front_mut(1)[0];
        let copy = self.rx_packet(first.packet, queue.number, first.work.start, interrupt);
        self.replicate(copy, ledger);
    }

    /// Adds a complete copy to the delivery, and starts the next copy or the packet itself.
    pub(crate) fn replicate(&mut self, copy: RxPacket, ledger: &mut Ledger<'_>) {
        self.delivery.add(ledger.next_hop_of_copy(&copy, self.copies_made), copy);
        self.copies_made += 1;
        let frame = &copy.packet.frame;
        self.continue_switching(frame, copy.queue, ledger.costs_of(frame.source));
    }
}
