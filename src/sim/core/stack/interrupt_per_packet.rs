//! The stack `interrupt-per-packet`: an interrupt handler moves every packet from its ring to the
//! bounded backlog, ahead of all other work. This stack shows receive livelock.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::backlog::BACKLOG;
use crate::sim::core::core::{Advance, Core};
use crate::sim::core::round::Stop;
use crate::sim::coupling::rank::Bounds;
use crate::sim::queue::rx_queue::RxQueue;

impl Core {
    pub(crate) fn advance_per_packet(
        &mut self,
        bounds: Bounds,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Advance {
        loop {
            let (host, stopped) = self.host_work_bound(bounds);
            if let Some(handler) = self.handler {
                if handler.end.before_arrivals() >= host {
                    return stopped;
                }
                self.clock = self.clock.max(handler.end.before_arrivals());
                self.handler = None;
                let queue = self.vectors[handler.vector].queues[0];
                self.enqueue_to_backlog(handler.start, &mut rings[queue], ledger);
                if rings[queue].watched {
                    return Advance::Freed;
                }
            }
            let (due, vector) = self.next_packet_interrupt(rings);
            let due = self.interrupt_deferred_until.map_or(due, Time::at_arrivals);
            if due > self.clock {
                let (limit, stop) = if self.start_backlog_round() {
                    let stop = self.run_backlog_round(due.min(host), ledger);
                    if stop == Stop::Ended {
                        self.round.clear();
                        self.send_from(|core| &mut core.round);
                    }
                    (host, stop)
                } else {
                    (bounds.threads, self.run_threads(due, bounds, rings, ledger))
                };
                if stop != Stop::Limit {
                    self.interrupt_deferred_until = None;
                }
                match stop {
                    Stop::Limit if due >= limit => return stopped,
                    Stop::Limit if self.interrupt_deferred_until.is_some() => {}
                    Stop::Limit if self.defer_interrupt() => continue,
                    Stop::Limit => self.clock = due,
                    Stop::WantsHandoff => return Advance::WantsHandoff,
                    Stop::Freed => return Advance::Freed,
                    Stop::Ended => continue,
                }
            }
            self.interrupt_deferred_until = None;
            self.take_packet_interrupt(vector);
        }
    }

    /// Takes the interrupt of the first packet behind a vector now.
    pub(crate) fn take_packet_interrupt(&mut self, vector: usize) {
        let now = self.clock.time();
        let cost = self.interrupt_cost(now);
        self.vectors[vector].counters.interrupts += 1;
        self.start_handler(vector, now, cost);
    }

    /// The packet that raises the next interrupt: when it becomes visible, and its vector.
    pub(crate) fn next_packet_interrupt(&self, rings: &[RxQueue]) -> (PhasedTime, usize) {
        let seen = self.vectors.iter().map(|vector| vector.first_visible(rings));
        seen.zip(0..).min().unwrap_or((PhasedTime::NEVER, 0))
    }

    /// The handler that ends now moves its packet to the backlog and frees the descriptor.
    fn enqueue_to_backlog(&mut self, start: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        let now = self.clock.time();
        let packet = queue.ring.take_first();
        let number = queue.number;
        let moderation = start.since(packet.visible.time());
        let (deferred, vswitch) = (Span::ZERO, Span::ZERO);
        let packet =
            RxPacket { packet, queue: number, start, end: now, moderation, deferred, vswitch };
        if !self.backlog.accept(packet, self.backlog_bound, now, ledger) {
            queue.dropped += 1;
        }
    }

    /// Whether a round over the backlog is active; starts one if packets wait.
    fn start_backlog_round(&mut self) -> bool {
        if !self.round.is_active() {
            if self.backlog.is_empty() {
                return false;
            }
            let end = self.start_round();
            self.round.start(BACKLOG, 0, end);
        }
        true
    }
}
