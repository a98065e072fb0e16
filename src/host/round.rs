//! A poll round: its overhead, then visible packets one at a time, until none is left or the
//! budget is spent. The innermost loop of the simulation.

use super::core::Vector;
use super::ledger::{Ledger, Next, Processed};
use super::queue::RxQueue;
use crate::engine::time::{Moment, Time};
use crate::rx::ring::Processing;

/// A round over the rings of one vector, or none.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) vector: usize,
    /// When what it is doing ends; what interrupts it moves this on.
    pub(super) end: Time,
    doing: Doing,
    /// When the packet in hand was begun.
    start: Time,
    /// Packets taken.
    pub(super) taken: u32,
    /// Their bytes.
    pub(super) bytes: u64,
    /// The ring that is visited.
    cursor: usize,
    /// The ring behind the one that the last packet came from, if any did.
    pub(super) next_cursor: Option<usize>,
    /// Rings found empty since the last packet.
    empty: usize,
    /// Packets for apps, handed over at the round's end.
    pub(super) handed: Vec<(usize, Processed)>,
}

/// What a round is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doing {
    /// There is no round.
    #[default]
    Nothing,
    Overhead,
    /// The first packet of the ring at the cursor is in hand.
    Packet,
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
    /// A round over the rings of `vector`, from `cursor` on, begins; its overhead lasts until `end`.
    #[inline(always)]
    pub(super) fn begin(&mut self, vector: usize, cursor: usize, end: Time) {
        debug_assert!(!self.is_in_hand() && self.handed.is_empty(), "one round at a time");
        (self.vector, self.cursor, self.end) = (vector, cursor, end);
        (self.doing, self.next_cursor, self.empty) = (Doing::Overhead, None, 0);
        (self.taken, self.bytes) = (0, 0);
    }

    /// Whether there is a round.
    #[inline(always)]
    pub(super) fn is_in_hand(&self) -> bool {
        self.doing != Doing::Nothing
    }

    /// The round is over and settled.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.doing = Doing::Nothing;
    }

    /// When it does something next, on a core whose time is `see`.
    pub(super) fn next_moment(&self, see: Moment) -> Moment {
        if self.doing == Doing::Choosing { see } else { self.end.before_arrivals() }
    }

    /// Runs until the limit, its end, or a descriptor freed in a watched queue.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        loop {
            match self.doing {
                Doing::Nothing => unreachable!("only a round in hand runs"),
                Doing::Overhead if self.end.before_arrivals() >= pace.limit => return Stop::Limit,
                Doing::Overhead => {
                    *pace.see = (*pace.see).max(self.end.before_arrivals());
                    self.doing = Doing::Choosing;
                }
                Doing::Choosing => {
                    if self.taken >= pace.budget || !self.choose(&pace, rings, ledger) {
                        return Stop::Ended;
                    }
                }
                Doing::Packet => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    let most = pace.budget - self.taken;
                    if let Some(stop) = self.work_off(most, &mut pace, queue, ledger) {
                        return stop;
                    }
                }
            }
        }
    }

    /// Starts the next visible packet; false where a full turn found none.
    #[inline(always)]
    fn choose(&mut self, pace: &Pace<'_>, rings: &[RxQueue], ledger: &Ledger<'_>) -> bool {
        let queues = &pace.vector.queues;
        loop {
            let behind = if self.cursor + 1 == queues.len() { 0 } else { self.cursor + 1 };
            if let Some(packet) = rings[queues[self.cursor]].ring.first()
                && packet.visible <= *pace.see
            {
                self.start = pace.see.time();
                self.end = self.start + ledger.costs_of(packet.frame.source).deferred(&packet.frame);
                self.doing = Doing::Packet;
                (self.next_cursor, self.empty) = (Some(behind), 0);
                return true;
            }
            self.empty += 1;
            if self.empty >= queues.len() {
                return false;
            }
            self.cursor = behind;
        }
    }

    /// Finishes the packet in hand and those behind it in its ring, at most so many. None where
    /// that is done, or the ring shows no more: the round has to choose.
    #[inline(always)]
    fn work_off(
        &mut self,
        most: u32,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let interrupt = pace.vector.moderator.last_taken();
        let most = if queue.watched { 1 } else { most as usize };
        let (mut start, mut end, mut see) = (self.start, self.end, *pace.see);
        let (mut n, mut bytes) = (0, 0);
        let packets = queue.ring.front_mut();
        let mut this = &mut packets[0];
        let (mut source, mut costs) = (this.packet.frame.source, ledger.costs_of(this.packet.frame.source));
        let (doing, stop) = loop {
            if end.before_arrivals() >= pace.limit {
                break (Doing::Packet, Some(Stop::Limit));
            }
            see = see.max(end.before_arrivals());
            if costs.goes_on {
                break (Doing::Choosing, None);
            }
            this.work = Processing { start, end, interrupt };
            bytes += u64::from(this.packet.frame.size);
            n += 1;
            match packets.get_mut(n) {
                Some(next) if n < most && next.packet.visible <= see => this = next,
                _ => break (Doing::Choosing, None),
            }
            if this.packet.frame.source != source {
                source = this.packet.frame.source;
                costs = ledger.costs_of(source);
            }
            start = see.time();
            end = start + costs.deferred(&this.packet.frame);
        };
        let passes_on = costs.goes_on && stop.is_none();
        (self.start, self.end, self.doing, *pace.see) = (start, end, doing, see);
        self.taken += n as u32;
        self.bytes += bytes;
        queue.ring.finish(n);
        if passes_on {
            self.pass_on(interrupt, queue, ledger);
        }
        let freed = queue.watched && doing == Doing::Choosing;
        if freed { Some(Stop::Freed) } else { stop }
    }

    /// What it was doing has ended: begins the next packet (and reports the limit), or ends.
    #[inline]
    pub(super) fn step(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        let last = std::mem::replace(&mut self.doing, Doing::Choosing);
        if last == Doing::Packet {
            let queue = &mut rings[pace.vector.queues[self.cursor]];
            self.doing = last;
            if let Some(stop) = self.work_off(1, &mut pace, queue, ledger) {
                return stop;
            }
        }
        let goes_on = self.taken < pace.budget && self.choose(&pace, rings, ledger);
        if goes_on { Stop::Limit } else { Stop::Ended }
    }

    /// The packet in hand leaves its ring for an app.
    #[inline(never)]
    fn pass_on(&mut self, interrupt: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        ledger.book(&mut queue.ring, queue.number);
        let packet = queue.ring.take_first();
        self.taken += 1;
        self.bytes += u64::from(packet.frame.size);
        let done = Processed {
            packet,
            queue: queue.number,
            start: self.start,
            end: self.end,
            moderation: interrupt.since(packet.visible.time()),
            deferred: self.end - self.start,
        };
        if let Next::App(app) = ledger.processed(&done) {
            self.handed.push((app, done));
        }
    }
}
