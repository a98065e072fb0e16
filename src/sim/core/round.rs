//! A poll round: its overhead, then visible packets one at a time, until none is left or the
//! budget is spent. The innermost loop of the simulation.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Kind, TimeSheet};
use crate::rx::ring::{Descriptor, Finished};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::delivery::Delivery;
use crate::sim::queue::rx_queue::RxQueue;
use crate::sim::queue::vector::{RoundSum, Vector};

/// A round over the rings of one vector, or none.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) vector: usize,
    /// When what it is doing ends; what interrupts it moves this on.
    pub(crate) end: Time,
    pub(crate) doing: Doing,
    /// Packets taken.
    pub(crate) taken: u32,
    /// Their bytes.
    bytes: u64,
    /// The ring that is visited.
    cursor: usize,
    /// The ring behind the one that the last packet came from, if any did.
    next_cursor: Option<usize>,
    /// Rings found empty since the last packet.
    empty: usize,
    /// When the driver was done with the packet that the virtual switch has in hand.
    pub(crate) driver_end: Time,
    /// Copies made of it.
    pub(crate) copied: usize,
    /// What it brings to apps and guests.
    pub(crate) delivery: Delivery,
}

/// What a round is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Doing {
    /// There is no round.
    #[default]
    Nothing,
    Overhead,
    /// The driver has a packet in hand: the first one of the ring at the cursor.
    Packet,
    /// The virtual switch has it.
    Switch,
    /// The virtual switch makes a copy of it.
    Copy,
    /// About to take the next packet, at the core's own time.
    Choosing,
    /// All packets are processed, some of them for guests: its turn to hand over has to come.
    HandOver,
    /// The work of notifying guests.
    Notify,
    /// That is done: its turn to notify has to come.
    Notified,
    /// It has handed over, and ends.
    Over,
}

/// Why a round stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What it is doing lasts up to the limit or beyond.
    Limit,
    /// It is over.
    Ended,
    /// It freed a descriptor of a watched queue.
    Freed,
    /// It waits for its turn to hand over, or to notify.
    HandsOver,
}

/// What a round runs against.
pub(crate) struct Pace<'a> {
    pub(crate) vector: &'a Vector,
    pub(crate) see: &'a mut PhasedTime,
    pub(crate) sheet: &'a mut TimeSheet,
    pub(crate) limit: PhasedTime,
    pub(crate) budget: u32,
}

impl Round {
    /// A round over the rings of `vector`, from `cursor` on, begins; its overhead lasts until `end`.
    #[inline(always)]
    pub(crate) fn begin(&mut self, vector: usize, cursor: usize, end: Time) {
        debug_assert!(!self.is_in_hand() && self.delivery.is_empty(), "one round at a time");
        (self.vector, self.cursor, self.end) = (vector, cursor, end);
        (self.doing, self.next_cursor, self.empty) = (Doing::Overhead, None, 0);
        (self.taken, self.bytes) = (0, 0);
    }

    /// The only ring of `vector` is in the middle of a round, that took so much; the packet in hand
    /// lasts until `end`.
    pub(crate) fn resume(&mut self, vector: usize, end: Time, taken: u32, bytes: u64) {
        self.begin(vector, 0, end);
        (self.doing, self.next_cursor) = (Doing::Packet, Some(0));
        (self.taken, self.bytes) = (taken, bytes);
    }

    /// Whether there is a round.
    #[inline(always)]
    pub(crate) fn is_in_hand(&self) -> bool {
        self.doing != Doing::Nothing
    }

    /// What it amounts to.
    #[inline(always)]
    pub(crate) fn sum(&self) -> RoundSum {
        let Self { vector, next_cursor, taken, bytes, .. } = *self;
        RoundSum { vector, next_cursor, taken, bytes }
    }

    /// The round is over and settled.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.doing = Doing::Nothing;
    }

    /// When it does something next, on a core whose time is `see`.
    pub(crate) fn next_moment(&self, see: PhasedTime) -> PhasedTime {
        match self.doing {
            Doing::Choosing | Doing::HandOver | Doing::Notified | Doing::Over => see,
            _ => self.end.before_arrivals(),
        }
    }

    /// Whether it waits for its turn to hand over, or to notify.
    #[inline(always)]
    pub(crate) fn hands_over(&self) -> bool {
        matches!(self.doing, Doing::HandOver | Doing::Notified)
    }

    /// Whether it has handed over, and ends.
    pub(crate) fn is_over(&self) -> bool {
        self.doing == Doing::Over
    }

    /// What it does counts as.
    #[inline(always)]
    pub(crate) fn kind(&self) -> Kind {
        let switches = matches!(self.doing, Doing::Switch | Doing::Copy | Doing::Notify);
        if switches { Kind::Vswitch } else { Kind::Deferred }
    }

    /// Whether it has begun, and looked at no ring yet.
    pub(crate) fn is_overhead(&self) -> bool {
        self.doing == Doing::Overhead
    }

    /// Whether it freed a descriptor and has not gone on since.
    pub(crate) fn is_choosing(&self) -> bool {
        self.doing == Doing::Choosing
    }

    /// Runs until the limit, its end, or a descriptor freed in a watched queue.
    #[inline(always)]
    pub(crate) fn run(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        loop {
            match self.doing {
                Doing::Nothing => unreachable!("only a round in hand runs"),
                Doing::Choosing => {
                    if self.taken >= pace.budget || !self.choose(&pace, rings, ledger) {
                        return self.wind_up(*pace.see);
                    }
                }
                Doing::Packet => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    let most = pace.budget - self.taken;
                    if let Some(stop) = self.work_off(most, &mut pace, queue, ledger) {
                        return stop;
                    }
                }
                Doing::Switch => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    if let Some(stop) = self.switch_on(&mut pace, queue, ledger) {
                        return stop;
                    }
                }
                Doing::Overhead | Doing::Copy | Doing::Notify => {
                    if self.end.before_arrivals() >= pace.limit {
                        return Stop::Limit;
                    }
                    *pace.see = (*pace.see).max(self.end.before_arrivals());
                    if let Some(stop) = self.conclude(&mut pace, rings, ledger) {
                        return stop;
                    }
                }
                Doing::HandOver | Doing::Notified => return Stop::HandsOver,
                Doing::Over => return Stop::Ended,
            }
        }
    }

    /// Starts the next visible packet; false where a full turn found none.
    #[inline(always)]
    fn choose(&mut self, pace: &Pace<'_>, rings: &mut [RxQueue], ledger: &Ledger<'_>) -> bool {
        let queues = &pace.vector.queues;
        while self.empty < queues.len() {
            if self.begin_first(*pace.see, &mut rings[queues[self.cursor]], ledger) {
                self.note_begun(queues.len());
                self.empty = 0;
                return true;
            }
            self.empty += 1;
            self.cursor = self.behind(queues.len());
        }
        false
    }

    /// Finishes the packet in hand and those behind it in its ring, at most so many. None where
    /// that is done, or the ring shows no more: the round has to choose.
    fn work_off(
        &mut self,
        most: u32,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let most = if queue.watched { 1 } else { most as usize };
        let interrupt = pace.vector.moderator.last_taken();
        let terms = Terms { limit: pace.limit, interrupt, ledger };
        let run = run_on(queue.ring.front_mut(most), *pace.see, Some(self.end), &terms);
        (self.end, *pace.see) = (run.end, run.see);
        self.taken += run.n as u32;
        self.bytes += run.bytes;
        let in_hand = usize::from(matches!(run.stop, RunStop::Limit | RunStop::GoesOn));
        if run.n + in_hand > 1 {
            // Behind the one that was in hand others have begun.
            self.note_begun(pace.vector.queues.len());
        }
        queue.ring.finish(run.n);
        match run.stop {
            RunStop::Limit => return Some(Stop::Limit),
            RunStop::Done | RunStop::Unseen => {}
            RunStop::GoesOn => {
                self.driver_end = self.end;
                if self.begin_switch(pace, queue, ledger) || self.begin_flood(pace, queue, ledger) {
                    return None;
                }
                self.pass_on(interrupt, queue, ledger);
            }
        }
        self.doing = Doing::Choosing;
        queue.watched.then_some(Stop::Freed)
    }

    /// The ring behind the one at the cursor, of so many.
    #[inline(always)]
    fn behind(&self, queues: usize) -> usize {
        if self.cursor + 1 == queues { 0 } else { self.cursor + 1 }
    }

    /// A packet of the ring at the cursor has begun, one of so many now.
    #[inline(always)]
    fn note_begun(&mut self, queues: usize) {
        self.next_cursor = Some(self.behind(queues));
    }

    /// The driver is done with the packet in hand: the virtual switch begins with it, if that is its
    /// way.
    #[inline(always)]
    fn begin_switch(
        &mut self,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &Ledger<'_>,
    ) -> bool {
        let frame = &queue.ring.front_mut(1)[0].packet.frame;
        let costs = ledger.costs_of(frame.source);
        let begins = costs.is_switched && !costs.uses_rps;
        if begins {
            self.driver_end = self.end;
            self.end += costs.switch(frame, queue.number);
            self.doing = Doing::Switch;
            pace.sheet.enter(Kind::Vswitch, pace.see.time());
        }
        begins
    }

    /// The virtual switch finishes the packet that it has in hand, and driver and switch those behind
    /// it in its ring, as long as all is done before the limit.
    #[inline(never)]
    fn switch_on(
        &mut self,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let interrupt = pace.vector.moderator.last_taken();
        loop {
            if self.end.before_arrivals() >= pace.limit {
                return Some(Stop::Limit);
            }
            *pace.see = (*pace.see).max(self.end.before_arrivals());
            pace.sheet.enter(Kind::Deferred, pace.see.time());
            self.pass_on(interrupt, queue, ledger);
            self.doing = Doing::Choosing;
            if queue.watched {
                return Some(Stop::Freed);
            }
            let begun = self.taken < pace.budget && self.begin_first(*pace.see, queue, ledger);
            if begun {
                self.note_begun(pace.vector.queues.len());
            }
            if !begun || self.end.before_arrivals() >= pace.limit {
                return None;
            }
            let before = *pace.see;
            *pace.see = before.max(self.end.before_arrivals());
            if !self.begin_switch(pace, queue, ledger) {
                *pace.see = before;
                return None;
            }
        }
    }

    /// The driver begins the first packet of a ring at `see`, if it is visible.
    #[inline(always)]
    fn begin_first(&mut self, see: PhasedTime, queue: &mut RxQueue, ledger: &Ledger<'_>) -> bool {
        let first = queue.ring.front_mut(1).first_mut();
        let Some(first) = first.filter(|first| first.packet.visible <= see) else { return false };
        let (frame, start) = (&first.packet.frame, see.time());
        first.work.start = start;
        self.end = start + ledger.costs_of(frame.source).deferred(frame);
        self.doing = Doing::Packet;
        true
    }

    /// What it was doing has ended at the core's time, other than the driver's work on a packet.
    #[inline(always)]
    fn conclude(
        &mut self,
        pace: &mut Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let done = std::mem::replace(&mut self.doing, Doing::Choosing);
        if done == Doing::Overhead {
            return None;
        }
        let queue = &mut rings[pace.vector.queues[self.cursor]];
        let interrupt = pace.vector.moderator.last_taken();
        if done == Doing::Copy {
            self.pass_on_copy(interrupt, queue, ledger);
            return None;
        }
        pace.sheet.enter(Kind::Deferred, pace.see.time());
        if done == Doing::Notify {
            self.doing = Doing::Notified;
            return Some(Stop::HandsOver);
        }
        self.pass_on(interrupt, queue, ledger);
        queue.watched.then_some(Stop::Freed)
    }

    /// No packet is left to take at `see`: the round ends, or first hands over to guests.
    #[inline(always)]
    pub(crate) fn wind_up(&mut self, see: PhasedTime) -> Stop {
        if !self.delivery.has_guests {
            return Stop::Ended;
        }
        (self.doing, self.end) = (Doing::HandOver, see.time());
        Stop::HandsOver
    }

    /// It has handed over, or notified; so many guests are to be notified now, for `cost` each.
    pub(crate) fn has_handed_over(&mut self, guests: usize, cost: Span) {
        self.doing = if guests > 0 { Doing::Notify } else { Doing::Over };
        self.end += cost * guests as u64;
    }

    /// What it was doing has ended: begins the next packet (and reports the limit), or ends.
    #[inline]
    pub(crate) fn step(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        let stop = match self.doing {
            Doing::Packet => {
                let queue = &mut rings[pace.vector.queues[self.cursor]];
                self.work_off(1, &mut pace, queue, ledger)
            }
            Doing::Choosing => None,
            Doing::HandOver | Doing::Notified => Some(Stop::HandsOver),
            _ => self.conclude(&mut pace, rings, ledger),
        };
        if let Some(stop) = stop {
            return stop;
        }
        if matches!(self.doing, Doing::Switch | Doing::Copy) {
            return Stop::Limit;
        }
        let goes_on = self.taken < pace.budget && self.choose(&pace, rings, ledger);
        if goes_on { Stop::Limit } else { self.wind_up(*pace.see) }
    }

    /// The packet in hand leaves its ring.
    #[inline(never)]
    fn pass_on(&mut self, interrupt: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        if queue.ring.has_unbooked() {
            ledger.book(queue);
        }
        let start = queue.ring.front_mut(1)[0].work.start;
        let packet = queue.ring.take_first();
        self.taken += 1;
        self.bytes += u64::from(packet.frame.size);
        let done = self.processed(packet, queue.number, start, interrupt);
        self.delivery.add(ledger.processed(&done), done);
    }

    /// The packet in hand, begun at `start`, as it is now.
    #[inline(always)]
    pub(crate) fn processed(
        &self,
        packet: Descriptor,
        queue: u32,
        start: Time,
        interrupt: Time,
    ) -> RxPacket {
        let moderation = interrupt.since(packet.visible.time());
        let (deferred, vswitch) = (self.driver_end - start, self.end - self.driver_end);
        RxPacket { packet, queue, start, end: self.end, moderation, deferred, vswitch }
    }
}

/// Packets finished in a row.
pub(crate) struct Run {
    pub(crate) n: usize,
    pub(crate) bytes: u64,
    /// When the last thing begun ends; the core's time.
    pub(crate) end: Time,
    pub(crate) see: PhasedTime,
    pub(crate) stop: RunStop,
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunStop {
    /// A packet is in hand that lasts up to the limit or beyond.
    Limit,
    /// The next packet is not visible yet.
    Unseen,
    /// These were all packets, or enough were taken.
    Done,
    /// A packet's deferred work has ended that goes on to a consumer.
    GoesOn,
}

/// Under what a run runs.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a, 's> {
    pub(crate) limit: PhasedTime,
    /// When the interrupt that led here was taken.
    pub(crate) interrupt: Time,
    pub(crate) ledger: &'a Ledger<'s>,
}

/// Finishes packets one after the other, from the core's time `see` on, as long as they are visible.
/// The first one may be in hand, and end at `end`.
#[inline(never)]
pub(crate) fn run_on(
    packets: &mut [Finished],
    mut see: PhasedTime,
    in_hand: Option<Time>,
    terms: &Terms<'_, '_>,
) -> Run {
    let (limit, interrupt) = (terms.limit, terms.interrupt);
    let (mut n, mut bytes, mut stop) = (0, 0, RunStop::Done);
    let (mut source, mut costs) = (u32::MAX, None);
    let mut end = in_hand.unwrap_or(Time::ZERO);
    let mut begun = in_hand.is_some();
    for this in packets {
        let frame = &this.packet.frame;
        if frame.source != source {
            source = frame.source;
            costs = Some(terms.ledger.costs_of(source));
        }
        let costs = costs.expect("just looked up");
        if !begun {
            if this.packet.visible > see {
                stop = RunStop::Unseen;
                break;
            }
            this.work.start = see.time();
            end = see.time() + costs.deferred(frame);
        }
        if end.before_arrivals() >= limit {
            stop = RunStop::Limit;
            break;
        }
        see = see.max(end.before_arrivals());
        if costs.goes_on {
            stop = RunStop::GoesOn;
            break;
        }
        (this.work.end, this.work.interrupt) = (end, interrupt);
        bytes += u64::from(frame.size);
        n += 1;
        begun = false;
    }
    Run { n, bytes, end, see, stop }
}
