//! The backlog of a core: packets whose driver work is done wait there for the host's stack or the
//! virtual switch, which take them in rounds of their own.
//!
//! Under `interrupt-per-packet` the interrupt handlers fill it. Under receive packet steering (RPS)
//! the rounds of any core of the host do.

use crate::engine::time::{PhasedTime, Time};
use crate::rx::cpu::Stack;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::core::Core;
use crate::sim::core::round::{Round, RoundState, Stop};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use std::collections::VecDeque;

/// The vector number of a round over the backlog.
pub(crate) const BACKLOG: usize = usize::MAX;

/// Packets that have left their ring; the first one may be in service.
#[derive(Default)]
pub(crate) struct Backlog {
    packets: VecDeque<RxPacket>,
    /// When the packet in service was started.
    started: Time,
    /// When an inter-processor interrupt (IPI) for the backlog is due.
    pub(crate) interrupt: Option<PhasedTime>,
    /// A round over the backlog runs or is queued, or an interrupt that queues one is under way.
    pub(crate) is_at_work: bool,
}

impl Backlog {
    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.packets.len()
    }

    /// Appends a packet at `now`, or drops it if the backlog already holds `bound` packets. True if
    /// the packet was accepted.
    pub(crate) fn accept(
        &mut self,
        done: RxPacket,
        bound: u32,
        now: Time,
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let has_room = self.packets.len() < bound as usize;
        if has_room {
            self.packets.push_back(done);
        } else {
            let fate = Fate::Dropped(DropReason::BacklogFull);
            ledger.lost(&done.packet, done.queue, done.start, now, fate);
        }
        has_room
    }

    /// The round starts the next packet, if there is one and the budget allows it.
    fn select(&mut self, round: &mut Round, now: Time, budget: u32, ledger: &Ledger<'_>) -> bool {
        let next = self.packets.front().filter(|_| round.taken < budget);
        let Some(RxPacket { packet, queue, .. }) = next else { return false };
        let costs = ledger.costs_of(packet.frame.source);
        self.started = now;
        if let Some(cost) = costs.in_backlog(&packet.frame) {
            (round.state, round.end) = (RoundState::Packet, now + cost);
        } else {
            (round.driver_end, round.end) = (now, now);
            round.start_switching(&packet.frame, *queue, costs);
        }
        true
    }

    /// The current step of a round over the backlog has ended.
    fn complete(&mut self, round: &mut Round, ledger: &mut Ledger<'_>) {
        match round.state {
            RoundState::Packet => {
                round.driver_end = round.end;
                let RxPacket { packet, queue, .. } = &self.packets[0];
                let costs = ledger.costs_of(packet.frame.source);
                if costs.is_switched || costs.copies > 0 {
                    round.start_switching(&packet.frame, *queue, costs);
                    return;
                }
            }
            RoundState::Copy => {
                let copy = self.in_service(round);
                round.replicate(copy, ledger);
                return;
            }
            RoundState::Switch => {}
            RoundState::NotifyGuests => {
                round.state = RoundState::AwaitNotify;
                return;
            }
            _ => {
                round.state = RoundState::SelectNext;
                return;
            }
        }
        let done = self.in_service(round);
        self.packets.pop_front();
        round.taken += 1;
        round.delivery.add(ledger.hop_after_stack(&done), done);
        round.state = RoundState::SelectNext;
    }

    /// The record of the packet in service, with the times known so far.
    fn in_service(&self, round: &Round) -> RxPacket {
        let done = self.packets[0];
        let deferred = done.deferred + (round.driver_end - self.started);
        RxPacket { end: round.end, deferred, vswitch: round.end - round.driver_end, ..done }
    }
}

impl Core {
    /// Runs the core's own round, which is over the backlog, up to `limit`.
    #[inline(never)]
    pub(super) fn run_backlog_round(&mut self, limit: PhasedTime, ledger: &mut Ledger<'_>) -> Stop {
        self.sheet.enter(self.round.activity(), self.clock.time());
        let mut round = std::mem::take(&mut self.round);
        let stop = self.run_backlog(&mut round, limit, ledger);
        self.round = round;
        stop
    }

    pub(super) fn run_backlog(
        &mut self,
        round: &mut Round,
        limit: PhasedTime,
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        loop {
            match round.state {
                RoundState::Inactive => unreachable!("only an active round runs"),
                RoundState::AwaitHandoff | RoundState::AwaitNotify => return Stop::WantsHandoff,
                RoundState::Finished => return Stop::Ended,
                RoundState::SelectNext => {
                    if !self.backlog.select(round, self.clock.time(), self.budget, ledger) {
                        return round.finish(self.clock);
                    }
                    self.sheet.enter(round.activity(), self.clock.time());
                }
                RoundState::Overhead
                | RoundState::Packet
                | RoundState::Switch
                | RoundState::Copy
                | RoundState::NotifyGuests => {
                    if round.end.before_arrivals() >= limit {
                        return Stop::Limit;
                    }
                    self.clock = self.clock.max(round.end.before_arrivals());
                    self.backlog.complete(round, ledger);
                    self.sheet.enter(round.activity(), self.clock.time());
                }
            }
        }
    }

    /// Ends the current step of a round over the backlog and starts the next one (`Stop::Limit`),
    /// or ends the round.
    pub(super) fn step_backlog(&mut self, round: &mut Round, ledger: &mut Ledger<'_>) -> Stop {
        match round.state {
            RoundState::Overhead
            | RoundState::Packet
            | RoundState::Switch
            | RoundState::Copy
            | RoundState::NotifyGuests => {
                self.backlog.complete(round, ledger);
            }
            RoundState::Inactive
            | RoundState::SelectNext
            | RoundState::AwaitHandoff
            | RoundState::AwaitNotify
            | RoundState::Finished => {}
        }
        self.run_backlog(round, PhasedTime::default(), ledger)
    }

    /// A round over the backlog that took `taken` packets has ended. What is left goes to the tail
    /// of the deferred queue.
    pub(super) fn close_backlog_round(&mut self, taken: u32) {
        let spent = matches!(self.stack, Stack::LinuxNapi { .. }) && taken >= self.budget;
        self.backlog.is_at_work = spent || !self.backlog.is_empty();
        if self.backlog.is_at_work {
            self.deferred_queue.push_back(BACKLOG);
        }
    }
}
