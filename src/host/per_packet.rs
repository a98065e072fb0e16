//! The stack `interrupt-per-packet`: a handler takes every packet out of its ring into a bounded
//! backlog, whatever else waits. The stack of receive livelock.

use super::core::{Advance, Core};
use super::ledger::{Ledger, Processed};
use super::queue::RxQueue;
use super::rank::Bounds;
use super::round::{Doing, Round, Stop};
use crate::engine::time::{Moment, Span, Time};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use std::collections::VecDeque;

/// Packets that handlers have taken; the first may be in processing.
pub(super) struct Backlog {
    capacity: usize,
    packets: VecDeque<Processed>,
    /// A round over the backlog.
    pub(super) round: Round,
    /// When the packet in processing was begun.
    started: Time,
}

impl Backlog {
    pub(super) fn new(capacity: u32) -> Self {
        Self {
            capacity: capacity as usize,
            packets: VecDeque::new(),
            round: Round::default(),
            started: Time::ZERO,
        }
    }

    /// A handler delays the round in hand, if there is one.
    pub(super) fn delay(&mut self, by: Span) -> bool {
        let in_hand = self.round.is_in_hand();
        if in_hand {
            self.round.end += by;
        }
        in_hand
    }

    /// Packets in the backlog, and those that its round brings to apps and guests.
    pub(super) fn packets_inside(&self) -> usize {
        self.packets.len() + self.round.delivery.len()
    }

    /// When its round does something next, on a core whose time is `see`.
    pub(super) fn next_moment(&self, see: Moment) -> Option<Moment> {
        self.round.is_in_hand().then(|| self.round.next_moment(see))
    }
}

impl Core {
    pub(super) fn advance_per_packet(
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
                    (host, self.run_backlog(due.min(host), ledger))
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
        let (deferred, vswitch) = (Span::ZERO, Span::ZERO);
        let packet =
            Processed { packet, queue: number, start, end: now, moderation, deferred, vswitch };
        self.backlog.packets.push_back(packet);
    }

    /// Whether a round over the backlog is in hand; begins one where packets wait.
    fn begin_backlog_round(&mut self) -> bool {
        if !self.backlog.round.is_in_hand() {
            if self.backlog.packets.is_empty() {
                return false;
            }
            let end = self.round_begins();
            self.backlog.round.begin(0, 0, end);
        }
        true
    }

    /// Runs the round over the backlog up to `limit`.
    fn run_backlog(&mut self, limit: Moment, ledger: &mut Ledger<'_>) -> Stop {
        self.sheet.enter(self.backlog.round.kind(), self.see.time());
        loop {
            let round = &mut self.backlog.round;
            match round.doing {
                Doing::HandOver | Doing::Notified => return Stop::HandsOver,
                Doing::Over => return self.end_backlog_round(),
                Doing::Choosing => {
                    if !self.backlog.choose(self.see.time(), self.budget, ledger) {
                        match self.backlog.round.wind_up(self.see) {
                            Stop::Ended => return self.end_backlog_round(),
                            stop => return stop,
                        }
                    }
                    continue;
                }
                Doing::Nothing
                | Doing::Overhead
                | Doing::Packet
                | Doing::Switch
                | Doing::Copy
                | Doing::Notify => {}
            }
            if round.end.before_arrivals() >= limit {
                return Stop::Limit;
            }
            self.see = self.see.max(round.end.before_arrivals());
            self.backlog.conclude(ledger);
            self.sheet.enter(self.backlog.round.kind(), self.see.time());
        }
    }

    /// The round over the backlog is over.
    fn end_backlog_round(&mut self) -> Stop {
        self.backlog.round.clear();
        self.hand_over_from(|core| &mut core.backlog.round);
        Stop::Ended
    }
}

impl Backlog {
    /// Takes the next packet in hand, if there is one and the budget allows it.
    fn choose(&mut self, now: Time, budget: u32, ledger: &Ledger<'_>) -> bool {
        let next = self.packets.front().filter(|_| self.round.taken < budget);
        let Some(Processed { packet, .. }) = next else { return false };
        self.started = now;
        self.round.end = now + ledger.costs_of(packet.frame.source).deferred(&packet.frame);
        self.round.doing = Doing::Packet;
        true
    }

    /// What its round was doing has ended.
    fn conclude(&mut self, ledger: &mut Ledger<'_>) {
        let round = &mut self.round;
        match round.doing {
            Doing::Packet => {
                round.driver_end = round.end;
                let frame = &self.packets[0].packet.frame;
                let costs = ledger.costs_of(frame.source);
                if costs.is_switched {
                    round.end += costs.switch(frame);
                    round.doing = Doing::Switch;
                    return;
                }
                if costs.copies > 0 {
                    round.begin_copies(frame, costs);
                    return;
                }
            }
            Doing::Copy => {
                let copy = self.in_hand();
                self.round.deal_out(copy, ledger);
                return;
            }
            Doing::Notify => {
                round.doing = Doing::Notified;
                return;
            }
            Doing::Switch => {}
            _ => {
                round.doing = Doing::Choosing;
                return;
            }
        }
        let done = self.in_hand();
        self.packets.pop_front();
        let round = &mut self.round;
        round.taken += 1;
        round.delivery.add(ledger.processed(&done), done);
        round.doing = Doing::Choosing;
    }

    /// The packet in processing, as it is now.
    fn in_hand(&self) -> Processed {
        let round = &self.round;
        let (deferred, vswitch) = (round.driver_end - self.started, round.end - round.driver_end);
        Processed { end: round.end, deferred, vswitch, ..self.packets[0] }
    }
}
