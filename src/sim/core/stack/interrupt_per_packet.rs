//! The stack `interrupt-per-packet`: a handler takes every packet out of its ring into the bounded
//! backlog, whatever else waits. The stack of receive livelock.

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
            let (host, stopped) = self.bound_of_host_work(bounds);
            if let Some(handler) = self.handler {
                if handler.end.before_arrivals() >= host {
                    return stopped;
                }
                self.see = self.see.max(handler.end.before_arrivals());
                self.handler = None;
                let queue = self.vectors[handler.vector].queues[0];
                self.take_into_backlog(handler.start, &mut rings[queue], ledger);
                if rings[queue].watched {
                    return Advance::Freed;
                }
            }
            let (due, vector) = self.next_packet(rings);
            let due = self.waits.map_or(due, Time::at_arrivals);
            if due > self.see {
                let (limit, stop) = if self.begin_backlog_round() {
                    let stop = self.run_round_over_backlog(due.min(host), ledger);
                    if stop == Stop::Ended {
                        self.round.clear();
                        self.hand_over_from(|core| &mut core.round);
                    }
                    (host, stop)
                } else {
                    (bounds.threads, self.run_threads(due, bounds, rings, ledger))
                };
                if stop != Stop::Limit {
                    self.waits = None;
                }
                match stop {
                    Stop::Limit if due >= limit => return stopped,
                    Stop::Limit if self.waits.is_some() => {}
                    Stop::Limit if self.finishes_first() => continue,
                    Stop::Limit => self.see = due,
                    Stop::HandsOver => return Advance::HandsOver,
                    Stop::Freed => return Advance::Freed,
                    Stop::Ended => continue,
                }
            }
            self.waits = None;
            self.take_packet(vector);
        }
    }

    /// The interrupt of the first packet behind a vector is taken now.
    pub(crate) fn take_packet(&mut self, vector: usize) {
        let now = self.see.time();
        let cost = self.interrupt_cost(now);
        self.vectors[vector].seen.interrupts += 1;
        self.begin_handler(vector, now, cost);
    }

    /// The packet that raises the next interrupt: when, and behind which vector.
    pub(crate) fn next_packet(&self, rings: &[RxQueue]) -> (PhasedTime, usize) {
        let seen = self.vectors.iter().map(|vector| vector.first_visible(rings));
        seen.zip(0..).min().unwrap_or((PhasedTime::NEVER, 0))
    }

    /// The handler that ends now frees its packet's descriptor.
    fn take_into_backlog(&mut self, start: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        let now = self.see.time();
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

    /// Whether a round over the backlog is in hand; begins one where packets wait.
    fn begin_backlog_round(&mut self) -> bool {
        if !self.round.is_in_hand() {
            if self.backlog.is_empty() {
                return false;
            }
            let end = self.round_begins();
            self.round.begin(BACKLOG, 0, end);
        }
        true
    }
}
