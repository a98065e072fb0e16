//! The stack `interrupt-per-packet`: a handler takes every packet out of its ring into a bounded
//! backlog, whatever else waits. The stack of receive livelock.

use super::core::Core;
use super::ledger::{Ledger, Next, Processed};
use super::queue::RxQueue;
use super::round::Stop;
use crate::engine::time::{Moment, Span, Time};
use crate::rx::cpu::Kind;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use std::collections::VecDeque;

/// Packets that handlers have taken; the first may be in processing.
pub(super) struct Backlog {
    capacity: usize,
    packets: VecDeque<Processed>,
    round: Option<BacklogRound>,
}

/// A round over the backlog.
struct BacklogRound {
    end: Time,
    /// Start of the packet in processing; none during the overhead.
    started: Option<Time>,
    taken: u32,
    handed: Vec<(usize, Processed)>,
}

impl Backlog {
    pub(super) const fn new(capacity: u32) -> Self {
        Self { capacity: capacity as usize, packets: VecDeque::new(), round: None }
    }

    /// A handler delays the round in hand, if there is one.
    pub(super) fn delay(&mut self, by: Span) -> bool {
        self.round.as_mut().map(|round| round.end += by).is_some()
    }

    /// Packets in the backlog, and those that its round holds for apps.
    pub(super) fn packets_inside(&self) -> usize {
        self.packets.len() + self.round.as_ref().map_or(0, |round| round.handed.len())
    }

    /// When what its round does ends.
    pub(super) fn round_end(&self) -> Option<Time> {
        self.round.as_ref().map(|round| round.end)
    }
}

impl Core {
    pub(super) fn advance_per_packet(
        &mut self,
        bound: Moment,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        loop {
            if let Some(handler) = self.handler {
                if handler.end.before_arrivals() >= bound {
                    return false;
                }
                self.see = self.see.max(handler.end.before_arrivals());
                self.handler = None;
                let queue = self.vectors[handler.vector].queues[0];
                self.take_into_backlog(handler.start, &mut rings[queue], ledger);
                if rings[queue].watched {
                    return true;
                }
            }
            let (due, vector) = self.next_packet(rings);
            if due > self.see {
                let limit = due.min(bound);
                match self.run_backlog(limit, rings, ledger) {
                    Stop::Limit if due >= bound => return false,
                    Stop::Limit => self.see = due,
                    Stop::Ended | Stop::Freed => continue,
                }
            }
            let now = self.see.time();
            let cost = self.interrupt_cost(now);
            self.vectors[vector].seen.interrupts += 1;
            self.begin_handler(vector, now, cost);
        }
    }

    /// The packet that raises the next interrupt: when, and behind which vector.
    pub(super) fn next_packet(&self, rings: &[RxQueue]) -> (Moment, usize) {
        let seen = self.vectors.iter().map(|vector| vector.first_visible(rings));
        seen.zip(0..).min().unwrap_or((Moment::NEVER, 0))
    }

    /// The handler that ends now frees its packet's descriptor.
    fn take_into_backlog(&mut self, start: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        let now = self.see.time();
        let packet = queue.ring.take_first();
        let number = queue.number;
        if self.backlog.packets.len() >= self.backlog.capacity {
            queue.dropped += 1;
            ledger.lost(&packet, number, start, now, Fate::Dropped(DropReason::BacklogFull));
            return;
        }
        let moderation = start.since(packet.visible.time());
        let packet =
            Processed { packet, queue: number, start, end: now, moderation, deferred: Span::ZERO };
        self.backlog.packets.push_back(packet);
    }

    /// Runs deferred work, or else threads, up to `limit`.
    fn run_backlog(
        &mut self,
        limit: Moment,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        if self.backlog.round.is_none() {
            if self.backlog.packets.is_empty() {
                return self.run_threads(limit, rings, ledger);
            }
            self.tally.rounds += 1;
            let end = self.see.time() + self.costs.round.draw();
            let round = BacklogRound { end, started: None, taken: 0, handed: Vec::new() };
            self.backlog.round = Some(round);
        }
        self.sheet.enter(Kind::Deferred, self.see.time());
        let round = self.backlog.round.as_mut().expect("just begun");
        loop {
            if round.end.before_arrivals() >= limit {
                return Stop::Limit;
            }
            self.see = self.see.max(round.end.before_arrivals());
            if let Some(started) = round.started.take() {
                let mut done = self.backlog.packets.pop_front().expect("a packet is in processing");
                (done.end, done.deferred) = (round.end, round.end - started);
                round.taken += 1;
                if let Next::App(app) = ledger.processed(&done) {
                    round.handed.push((app, done));
                }
            }
            let next = self.backlog.packets.front().filter(|_| round.taken < self.budget);
            let Some(next) = next else { break };
            round.started = Some(self.see.time());
            round.end = self.see.time()
                + ledger.costs_of(next.packet.frame.source).deferred(&next.packet.frame);
        }
        let mut round = self.backlog.round.take().expect("in hand");
        self.hand_over(&mut round.handed);
        Stop::Ended
    }
}
