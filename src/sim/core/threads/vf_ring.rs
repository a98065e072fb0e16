//! The ring of a virtual function. A guest serves it directly, without the host's cores.

use crate::engine::time::{Span, Time};
use crate::rx::ring::{Descriptor, Finished, Processing};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::threads::timeslice::Timeslice;
use crate::sim::itinerary::vf_rings::owners;
use crate::sim::queue::rx_queue::RxQueue;
use crate::sim::queue::vector::Vector;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::world::{NicSpec, VnicOwner, World};

/// A virtual function's ring and its vector, from the side of the vCPU that serves it.
pub(crate) struct VfRing {
    /// The vector of this ring alone.
    pub(crate) vector: Vector,
    /// The cost of an interrupt that the guest has not handled yet.
    interrupt: Option<Span>,
}

/// The first packet of a channel or ring, in service.
pub(crate) struct PacketInService {
    pub(crate) started: Time,
    /// Time left of the packet.
    pub(crate) left: Span,
    /// Packets that may still be taken, this one included.
    pub(crate) budget: u32,
}

impl VfRing {
    pub(crate) fn new(queue: usize, nic: usize, spec: &NicSpec) -> Self {
        Self { vector: Vector::new(nic, spec, vec![queue]), interrupt: None }
    }

    /// Index of the ring in the host's list of queues.
    #[inline(always)]
    pub(crate) fn queue(&self) -> usize {
        self.vector.queues[0]
    }

    /// The ring interrupts at `now`; the guest's handler will cost `cost`.
    pub(crate) fn interrupt(&mut self, now: Time, cost: Span) {
        self.vector.record_interrupt(now);
        self.interrupt = Some(cost);
    }

    /// The guest stops at `now`: the packets are dropped, and the vector is as at the start of a
    /// run.
    pub(crate) fn stop(
        &mut self,
        reason: DropReason,
        now: Time,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) {
        self.interrupt = None;
        self.vector.reset(now.at_arrivals());
        let queue = &mut rings[self.queue()];
        while !queue.ring.is_empty() {
            let packet = queue.ring.take_first();
            ledger.lost(&packet, queue.number, now, now, Fate::Dropped(reason));
        }
    }

    /// The cost of the interrupt that the guest handles now, if there is one.
    pub(super) fn take_interrupt_cost(&mut self) -> Option<Span> {
        self.interrupt.take()
    }

    /// The packet that the guest processes next.
    pub(crate) fn first<'a>(&self, rings: &'a [RxQueue]) -> &'a Descriptor {
        rings[self.queue()].ring.first().expect("a ring in the list shows a packet")
    }

    /// Finishes the first packet. True if a port waits for the descriptor.
    pub(crate) fn finish(&mut self, start: Time, end: Time, rings: &mut [RxQueue]) -> bool {
        let queue = &mut rings[self.queue()];
        let first = &mut queue.ring.front_mut(1)[0];
        first.work = Processing { start, end, interrupt: self.vector.moderator.last_taken() };
        self.vector.counters.packets += 1;
        self.vector.counters.bytes += u64::from(first.packet.frame.size);
        queue.ring.finish(1);
        queue.watched
    }

    /// Finishes the packet in service and those behind it, as long as they are visible and end
    /// within the timeslice. True if a packet is left in service.
    #[inline(never)]
    pub(crate) fn drain(
        &mut self,
        service: &mut PacketInService,
        timeslice: &mut Timeslice,
        rings: &mut [RxQueue],
        ledger: &Ledger<'_>,
    ) -> bool {
        let ring = &mut rings[self.queue()].ring;
        let interrupt = self.vector.moderator.last_taken();
        let (mut n, mut bytes, mut unfinished) = (0, 0, false);
        let (mut source, mut costs) = (u32::MAX, None);
        for Finished { packet, work } in ring.front_mut(service.budget as usize) {
            if n > 0 {
                if packet.visible > timeslice.clock {
                    break;
                }
                if packet.frame.source != source {
                    source = packet.frame.source;
                    costs = Some(ledger.costs_of(source));
                }
                let costs = costs.expect("just looked up");
                (service.started, service.left) = (timeslice.now, costs.guest(&packet.frame));
            }
            unfinished = !timeslice.pass(service.left);
            if unfinished {
                break;
            }
            *work = Processing { start: service.started, end: timeslice.now, interrupt };
            bytes += u64::from(packet.frame.size);
            n += 1;
        }
        ring.finish(n);
        service.budget -= n as u32;
        self.vector.counters.packets += n as u64;
        self.vector.counters.bytes += bytes;
        unfinished
    }
}

/// The rings that a vCPU serves, in the order of the host's list of queues.
pub(super) fn rings_of(world: &World, owner: VnicOwner, host: usize) -> Vec<VfRing> {
    let (mut rings, mut base) = (Vec::new(), 0);
    for (nic, spec) in world.nics.iter().enumerate().filter(|(_, nic)| nic.host == host) {
        let owners = owners(world, nic);
        base += spec.queues.len();
        let own = (base..).zip(&owners).filter(|(_, one)| **one == owner);
        rings.extend(own.map(|(queue, _)| VfRing::new(queue, nic, spec)));
        base += owners.len();
    }
    rings
}
