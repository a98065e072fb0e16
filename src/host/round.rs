//! A poll round: its overhead, then visible packets one at a time, until none is left or the
//! budget is spent. The innermost loop of the simulation.

use super::core::Vector;
use super::ledger::{Ledger, Next, Processed};
use super::queue::RxQueue;
use crate::engine::time::{Moment, Time};

/// A round over the rings of one vector.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) vector: usize,
    /// When what it is doing ends; what interrupts it moves this on.
    pub(super) end: Time,
    doing: Doing,
    /// Packets taken.
    pub(super) taken: u32,
    /// Their bytes.
    pub(super) bytes: u64,
    /// The ring that is visited.
    cursor: usize,
    /// The ring that the last packet came from.
    served: Option<usize>,
    /// Rings found empty since the last packet.
    empty: usize,
    /// Packets for apps, handed over at the round's end.
    pub(super) handed: Vec<(usize, Processed)>,
}

/// What a round is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Overhead,
    Packet {
        start: Time,
    },
    /// About to take the next packet, at the core's own time.
    Choosing,
}

/// Why a round stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// What it is doing lasts up to the limit or beyond.
    Limit,
    /// It is over.
    Ended,
    /// It freed a descriptor of a watched queue.
    Freed,
}

/// What a round runs against.
pub(super) struct Pace<'a> {
    pub(super) vector: &'a Vector,
    pub(super) see: &'a mut Moment,
    pub(super) limit: Moment,
    pub(super) budget: u32,
}

impl Round {
    /// A round whose overhead lasts until `end`.
    pub(super) const fn new(vector: usize, cursor: usize, end: Time) -> Self {
        let handed = Vec::new();
        let doing = Doing::Overhead;
        Self { vector, end, doing, taken: 0, bytes: 0, cursor, served: None, empty: 0, handed }
    }

    /// The ring that the next round of the vector visits first, if this one served any.
    pub(super) fn next_cursor(&self, rings: usize) -> Option<usize> {
        self.served.map(|served| (served + 1) % rings)
    }

    /// When it does something next, on a core whose time is `see`.
    pub(super) fn next_moment(&self, see: Moment) -> Moment {
        if self.doing == Doing::Choosing { see } else { self.end.before_arrivals() }
    }

    /// Whether it freed a descriptor and has not gone on since.
    pub(super) fn is_choosing(&self) -> bool {
        self.doing == Doing::Choosing
    }

    /// Runs until the limit, its end, or a descriptor freed in a watched queue.
    pub(super) fn run(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        loop {
            match self.doing {
                Doing::Overhead if self.end.before_arrivals() >= pace.limit => return Stop::Limit,
                Doing::Overhead => {
                    *pace.see = (*pace.see).max(self.end.before_arrivals());
                    self.doing = Doing::Choosing;
                }
                Doing::Packet { start } => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    if let Some(stop) = self.serve(start, &mut pace, queue, ledger) {
                        return stop;
                    }
                }
                Doing::Choosing => {
                    if self.taken >= pace.budget || !self.choose(&pace, rings, ledger) {
                        return Stop::Ended;
                    }
                }
            }
        }
    }

    /// Serves the packet in hand and those behind it in its ring. None where the ring shows no
    /// more, or the budget is spent: the round has to choose.
    #[inline(always)]
    fn serve(
        &mut self,
        mut start: Time,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let taken_at = pace.vector.moderator.last_taken();
        let mut see = *pace.see;
        let stop = loop {
            if self.end.before_arrivals() >= pace.limit {
                self.doing = Doing::Packet { start };
                break Some(Stop::Limit);
            }
            see = see.max(self.end.before_arrivals());
            self.finish(start, taken_at, queue, ledger);
            if queue.watched {
                self.doing = Doing::Choosing;
                break Some(Stop::Freed);
            }
            let next = queue.ring.first().filter(|packet| packet.visible <= see);
            let Some(next) = next.filter(|_| self.taken < pace.budget) else {
                self.doing = Doing::Choosing;
                break None;
            };
            start = see.time();
            self.end = start + ledger.cost(next);
        };
        *pace.see = see;
        stop
    }

    /// What it was doing has ended: begins the next packet (and reports the limit), or ends.
    #[inline]
    pub(super) fn step(
        &mut self,
        pace: &Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        if self.complete(pace.vector, rings, ledger) {
            return Stop::Freed;
        }
        let goes_on = self.taken < pace.budget && self.choose(pace, rings, ledger);
        if goes_on { Stop::Limit } else { Stop::Ended }
    }

    /// What it was doing has ended. True if that freed a descriptor of a watched queue.
    #[inline]
    fn complete(
        &mut self,
        vector: &Vector,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let doing = std::mem::replace(&mut self.doing, Doing::Choosing);
        let Doing::Packet { start } = doing else { return false };
        let queue = &mut rings[vector.queues[self.cursor]];
        self.finish(start, vector.moderator.last_taken(), queue, ledger);
        queue.watched
    }

    /// Starts the next visible packet; false where a full turn found none.
    #[inline]
    fn choose(&mut self, pace: &Pace<'_>, rings: &[RxQueue], ledger: &Ledger<'_>) -> bool {
        let queues = &pace.vector.queues;
        loop {
            if let Some(packet) = rings[queues[self.cursor]].ring.first()
                && packet.visible <= *pace.see
            {
                let start = pace.see.time();
                self.end = start + ledger.cost(packet);
                self.doing = Doing::Packet { start };
                self.served = Some(self.cursor);
                self.empty = 0;
                return true;
            }
            self.empty += 1;
            if self.empty >= queues.len() {
                return false;
            }
            self.cursor = if self.cursor + 1 == queues.len() { 0 } else { self.cursor + 1 };
        }
    }

    #[inline(always)]
    fn finish(
        &mut self,
        start: Time,
        taken_at: Time,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) {
        let packet = queue.ring.free_first();
        self.taken += 1;
        self.bytes += u64::from(packet.size);
        let moderation = taken_at.since(packet.visible.time());
        let deferred = self.end - start;
        let done =
            Processed { packet, queue: queue.number, start, end: self.end, moderation, deferred };
        if let Next::App(app) = ledger.processed(&done) {
            self.handed.push((app, done));
        }
    }
}
