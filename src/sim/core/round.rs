//! A poll round: its overhead, then visible packets one at a time until none is left or the budget
//! is spent. This is the innermost loop of the simulation.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Activity, TimeSheet};
use crate::rx::ring::{Descriptor, Finished};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::delivery::Delivery;
use crate::sim::itinerary::costs::PacketCosts;
use crate::sim::queue::rx_queue::RxQueue;
use crate::sim::queue::vector::{RoundTotals, Vector};
use crate::vocab::frame::Frame;

/// A round over the rings of one vector or over the backlog, or no round.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) vector: usize,
    /// When the current step ends. An interrupt postpones it.
    pub(crate) end: Time,
    pub(crate) state: RoundState,
    pub(crate) taken: u32,
    bytes: u64,
    /// Index of the ring that is polled, among those of the vector.
    cursor: usize,
    /// The ring after the one of the last packet, if there was a packet.
    next_cursor: Option<usize>,
    /// Rings found empty since the last packet.
    empty: usize,
    /// When the driver was done with the packet that the virtual switch processes.
    pub(super) driver_end: Time,
    /// Copies of the packet in service that are complete.
    pub(super) copies_made: usize,
    pub(crate) delivery: Delivery,
}

/// The step that a round is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RoundState {
    /// There is no round.
    #[default]
    Inactive,
    Overhead,
    /// The driver (over the backlog, the stack) processes the first packet of the ring at the
    /// cursor.
    Packet,
    /// The virtual switch processes the packet.
    Switch,
    /// The virtual switch makes a copy of the packet.
    Copy,
    /// The round is about to select its next packet, at the core's clock.
    SelectNext,
    /// All packets are processed and some are for guests: the round waits for its turn to send.
    AwaitHandoff,
    /// The host works on notifying guests.
    NotifyGuests,
    /// That work is done: the round waits for its turn to notify.
    AwaitNotify,
    /// The round has handed off everything, and ends.
    Finished,
}

/// Why a round stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The current step ends at the limit or later.
    Limit,
    Ended,
    /// The round freed a descriptor of a watched queue.
    Freed,
    /// The round waits for its turn to send packets or to notify.
    WantsHandoff,
}

/// The context of a round: its vector, and its core's clock, time sheet, limit and budget.
pub(crate) struct Pace<'a> {
    pub(crate) vector: &'a Vector,
    pub(crate) clock: &'a mut PhasedTime,
    pub(crate) sheet: &'a mut TimeSheet,
    pub(crate) limit: PhasedTime,
    pub(crate) budget: u32,
}

impl Round {
    /// Starts a round over the rings of `vector`, from ring `cursor` on. Its overhead ends at
    /// `end`.
    #[inline(always)]
    pub(crate) fn start(&mut self, vector: usize, cursor: usize, end: Time) {
        debug_assert!(!self.is_active() && self.delivery.is_empty(), "one round at a time");
        (self.vector, self.cursor, self.end) = (vector, cursor, end);
        (self.state, self.next_cursor, self.empty) = (RoundState::Overhead, None, 0);
        (self.taken, self.bytes) = (0, 0);
    }

    /// Takes over a round over the only ring of `vector` from the fast path. The round has taken
    /// `taken` packets of `bytes` bytes, and its packet in service ends at `end`.
    pub(crate) fn resume(&mut self, vector: usize, end: Time, taken: u32, bytes: u64) {
        self.start(vector, 0, end);
        (self.state, self.next_cursor) = (RoundState::Packet, Some(0));
        (self.taken, self.bytes) = (taken, bytes);
    }

    #[inline(always)]
    pub(crate) fn is_active(&self) -> bool {
        self.state != RoundState::Inactive
    }

    /// The round's totals.
    #[inline(always)]
    pub(crate) fn sum(&self) -> RoundTotals {
        let Self { vector, next_cursor, taken, bytes, .. } = *self;
        RoundTotals { vector, next_cursor, taken, bytes }
    }

    /// The round has ended.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.state = RoundState::Inactive;
    }

    /// When the round does something next, on a core whose clock is `clock`.
    pub(crate) fn next_time(&self, clock: PhasedTime) -> PhasedTime {
        match self.state {
            RoundState::SelectNext
            | RoundState::AwaitHandoff
            | RoundState::AwaitNotify
            | RoundState::Finished => clock,
            _ => self.end.before_arrivals(),
        }
    }

    /// Whether the round waits for its turn to send packets or to notify.
    #[inline(always)]
    pub(crate) fn wants_handoff(&self) -> bool {
        matches!(self.state, RoundState::AwaitHandoff | RoundState::AwaitNotify)
    }

    /// Whether the round has handed off everything, and ends.
    pub(crate) fn is_finished(&self) -> bool {
        self.state == RoundState::Finished
    }

    /// The activity that the current step is charged to.
    #[inline(always)]
    pub(crate) fn activity(&self) -> Activity {
        let switches =
            matches!(self.state, RoundState::Switch | RoundState::Copy | RoundState::NotifyGuests);
        if switches { Activity::Vswitch } else { Activity::Deferred }
    }

    /// Whether the round has started and polled no ring yet.
    pub(super) fn is_overhead(&self) -> bool {
        self.state == RoundState::Overhead
    }

    /// Whether the round freed a descriptor and has not been resumed since.
    pub(super) fn is_selecting(&self) -> bool {
        self.state == RoundState::SelectNext
    }

    /// Runs until the limit, the end of the round, or a descriptor freed in a watched queue.
    #[inline(always)]
    pub(crate) fn run(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        loop {
            match self.state {
                RoundState::Inactive => unreachable!("only an active round runs"),
                RoundState::SelectNext => {
                    if self.taken >= pace.budget || !self.select(&pace, rings, ledger) {
                        return self.finish(*pace.clock);
                    }
                }
                RoundState::Packet => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    let most = pace.budget - self.taken;
                    if let Some(stop) = self.drain(most, &mut pace, queue, ledger) {
                        return stop;
                    }
                }
                RoundState::Switch => {
                    let queue = &mut rings[pace.vector.queues[self.cursor]];
                    if let Some(stop) = self.drain_switch(&mut pace, queue, ledger) {
                        return stop;
                    }
                }
                RoundState::Overhead | RoundState::Copy | RoundState::NotifyGuests => {
                    if self.end.before_arrivals() >= pace.limit {
                        return Stop::Limit;
                    }
                    *pace.clock = (*pace.clock).max(self.end.before_arrivals());
                    if let Some(stop) = self.complete(&mut pace, rings, ledger) {
                        return stop;
                    }
                }
                RoundState::AwaitHandoff | RoundState::AwaitNotify => return Stop::WantsHandoff,
                RoundState::Finished => return Stop::Ended,
            }
        }
    }

    /// Starts the next visible packet. False if all rings are empty.
    #[inline(always)]
    fn select(&mut self, pace: &Pace<'_>, rings: &mut [RxQueue], ledger: &Ledger<'_>) -> bool {
        let queues = &pace.vector.queues;
        while self.empty < queues.len() {
            if self.start_first(*pace.clock, &mut rings[queues[self.cursor]], ledger) {
                self.record_started(queues.len());
                self.empty = 0;
                return true;
            }
            self.empty += 1;
            self.cursor = self.cursor_after(queues.len());
        }
        false
    }

    /// Finishes the packet in service and up to `most` packets of its ring in a row. None if the
    /// round has to select its next packet.
    fn drain(
        &mut self,
        most: u32,
        pace: &mut Pace<'_>,
        queue: &mut RxQueue,
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let most = if queue.watched { 1 } else { most as usize };
        let interrupt = pace.vector.moderator.last_taken();
        let terms = Terms { limit: pace.limit, interrupt, ledger };
        let run = run_on(queue.ring.front_mut(most), *pace.clock, Some(self.end), &terms);
        (self.end, *pace.clock) = (run.end, run.clock);
        self.taken += run.n as u32;
        self.bytes += run.bytes;
        let in_service = usize::from(matches!(run.stop, RunStop::Limit | RunStop::NextHop));
        if run.n + in_service > 1 {
            // More packets than the one in service were started.
            self.record_started(pace.vector.queues.len());
        }
        queue.ring.finish(run.n);
        match run.stop {
            RunStop::Limit => return Some(Stop::Limit),
            RunStop::Done | RunStop::NotVisible => {}
            RunStop::NextHop => {
                self.driver_end = self.end;
                if self.start_switch(pace, queue, ledger)
                    || self.start_broadcast(pace, queue, ledger)
                {
                    return None;
                }
                self.forward(interrupt, queue, ledger);
            }
        }
        self.state = RoundState::SelectNext;
        queue.watched.then_some(Stop::Freed)
    }

    /// The ring after the one at the cursor, of `queues` rings.
    #[inline(always)]
    fn cursor_after(&self, queues: usize) -> usize {
        if self.cursor + 1 == queues { 0 } else { self.cursor + 1 }
    }

    /// A packet of the ring at the cursor was started.
    #[inline(always)]
    fn record_started(&mut self, queues: usize) {
        self.next_cursor = Some(self.cursor_after(queues));
    }

    /// The driver is done with the packet in service. Starts the virtual switch's work on it if the
    /// packet is switched in this round.
    #[inline(always)]
    fn start_switch(
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
            self.state = RoundState::Switch;
            pace.sheet.enter(Activity::Vswitch, pace.clock.time());
        }
        begins
    }

    /// The virtual switch finishes the packet in service. Driver and switch then process the
    /// packets behind it in a row, up to the limit.
    #[inline(never)]
    fn drain_switch(
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
            *pace.clock = (*pace.clock).max(self.end.before_arrivals());
            pace.sheet.enter(Activity::Deferred, pace.clock.time());
            self.forward(interrupt, queue, ledger);
            self.state = RoundState::SelectNext;
            if queue.watched {
                return Some(Stop::Freed);
            }
            let begun = self.taken < pace.budget && self.start_first(*pace.clock, queue, ledger);
            if begun {
                self.record_started(pace.vector.queues.len());
            }
            if !begun || self.end.before_arrivals() >= pace.limit {
                return None;
            }
            let before = *pace.clock;
            *pace.clock = before.max(self.end.before_arrivals());
            if !self.start_switch(pace, queue, ledger) {
                *pace.clock = before;
                return None;
            }
        }
    }

    /// The driver starts the first packet of a ring at `clock`, if it is visible.
    #[inline(always)]
    fn start_first(&mut self, clock: PhasedTime, queue: &mut RxQueue, ledger: &Ledger<'_>) -> bool {
        let first = queue.ring.front_mut(1).first_mut();
        let Some(first) = first.filter(|first| first.packet.visible <= clock) else { return false };
        let (frame, start) = (&first.packet.frame, clock.time());
        first.work.start = start;
        self.end = start + ledger.costs_of(frame.source).deferred(frame);
        self.state = RoundState::Packet;
        true
    }

    /// The current step, other than the driver's work on a packet, ends at the core's clock.
    #[inline(always)]
    fn complete(
        &mut self,
        pace: &mut Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Option<Stop> {
        let done = std::mem::replace(&mut self.state, RoundState::SelectNext);
        if done == RoundState::Overhead {
            return None;
        }
        let queue = &mut rings[pace.vector.queues[self.cursor]];
        let interrupt = pace.vector.moderator.last_taken();
        if done == RoundState::Copy {
            self.forward_copy(interrupt, queue, ledger);
            return None;
        }
        pace.sheet.enter(Activity::Deferred, pace.clock.time());
        if done == RoundState::NotifyGuests {
            self.state = RoundState::AwaitNotify;
            return Some(Stop::WantsHandoff);
        }
        self.forward(interrupt, queue, ledger);
        queue.watched.then_some(Stop::Freed)
    }

    /// No packet is left to take: the round ends, or first waits to send packets to guests.
    #[inline(always)]
    pub(crate) fn finish(&mut self, clock: PhasedTime) -> Stop {
        if !self.delivery.has_guests {
            return Stop::Ended;
        }
        (self.state, self.end) = (RoundState::AwaitHandoff, clock.time());
        Stop::WantsHandoff
    }

    /// The handoff or notification is done. `guests` guests have to be notified now, at `cost`
    /// each.
    pub(crate) fn handoff_done(&mut self, guests: usize, cost: Span) {
        self.state = if guests > 0 { RoundState::NotifyGuests } else { RoundState::Finished };
        self.end += cost * guests as u64;
    }

    /// Ends the current step and starts the next packet (`Stop::Limit`), or ends the round.
    #[inline]
    pub(crate) fn step(
        &mut self,
        mut pace: Pace<'_>,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        let stop = match self.state {
            RoundState::Packet => {
                let queue = &mut rings[pace.vector.queues[self.cursor]];
                self.drain(1, &mut pace, queue, ledger)
            }
            RoundState::SelectNext => None,
            RoundState::AwaitHandoff | RoundState::AwaitNotify => Some(Stop::WantsHandoff),
            _ => self.complete(&mut pace, rings, ledger),
        };
        if let Some(stop) = stop {
            return stop;
        }
        if matches!(self.state, RoundState::Switch | RoundState::Copy) {
            return Stop::Limit;
        }
        let has_more = self.taken < pace.budget && self.select(&pace, rings, ledger);
        if has_more { Stop::Limit } else { self.finish(*pace.clock) }
    }

    /// The packet in service leaves its ring for its next hop.
    #[inline(never)]
    fn forward(&mut self, interrupt: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
        if queue.ring.has_unbooked() {
            ledger.book(queue);
        }
        let start = queue.ring.front_mut(1)[0].work.start;
        let packet = queue.ring.take_first();
        self.taken += 1;
        self.bytes += u64::from(packet.frame.size);
        let done = self.rx_packet(packet, queue.number, start, interrupt);
        self.delivery.add(ledger.next_hop(&done), done);
    }

    /// The record of the packet in service, which was started at `start`, with the times known so
    /// far.
    #[inline(always)]
    pub(super) fn rx_packet(
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

/// Broadcast: the virtual switch makes a copy for each virtual NIC but the last, which gets the
/// packet itself. Each copy is one step of the round, and is handed off with the round's packets.
impl Round {
    /// The driver is done with the packet in service. Starts its first copy if the packet is a
    /// broadcast that the switch handles in this round.
    #[inline(never)]
    fn start_broadcast(
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
    fn forward_copy(&mut self, interrupt: Time, queue: &mut RxQueue, ledger: &mut Ledger<'_>) {
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

/// The result of [`run_on`]: packets finished in a row.
pub(crate) struct Run {
    pub(crate) n: usize,
    pub(crate) bytes: u64,
    /// When the last packet started ends.
    pub(crate) end: Time,
    pub(crate) clock: PhasedTime,
    pub(crate) stop: RunStop,
}

/// Why [`run_on`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunStop {
    /// The packet in service ends at the limit or later.
    Limit,
    /// The next packet is not visible yet.
    NotVisible,
    /// All packets given are finished.
    Done,
    /// The driver is done with a packet that has a next hop.
    NextHop,
}

/// The context of [`run_on`].
#[derive(Clone, Copy)]
pub(super) struct Terms<'a, 's> {
    pub(crate) limit: PhasedTime,
    /// When the interrupt that led to the round was taken.
    pub(crate) interrupt: Time,
    pub(crate) ledger: &'a Ledger<'s>,
}

/// Finishes packets one after the other from the core's clock on, as long as they are visible. The
/// first packet may be in service already, and then ends at `in_service`.
#[inline(never)]
pub(super) fn run_on(
    packets: &mut [Finished],
    mut clock: PhasedTime,
    in_service: Option<Time>,
    terms: &Terms<'_, '_>,
) -> Run {
    let (limit, interrupt) = (terms.limit, terms.interrupt);
    let (mut n, mut bytes, mut stop) = (0, 0, RunStop::Done);
    let (mut source, mut costs) = (u32::MAX, None);
    let mut end = in_service.unwrap_or(Time::ZERO);
    let mut begun = in_service.is_some();
    for this in packets {
        let frame = &this.packet.frame;
        if frame.source != source {
            source = frame.source;
            costs = Some(terms.ledger.costs_of(source));
        }
        let costs = costs.expect("just looked up");
        if !begun {
            if this.packet.visible > clock {
                stop = RunStop::NotVisible;
                break;
            }
            this.work.start = clock.time();
            end = clock.time() + costs.deferred(frame);
        }
        if end.before_arrivals() >= limit {
            stop = RunStop::Limit;
            break;
        }
        clock = clock.max(end.before_arrivals());
        if costs.has_next_hop {
            stop = RunStop::NextHop;
            break;
        }
        (this.work.end, this.work.interrupt) = (end, interrupt);
        bytes += u64::from(frame.size);
        n += 1;
        begun = false;
    }
    Run { n, bytes, end, clock, stop }
}
