//! An interrupt vector and the rings behind it.

use crate::engine::time::{PhasedTime, Time};
use crate::rx::moderation::{Moderator, Seen};
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::NicSpec;

/// An interrupt vector and the rings behind it.
pub(crate) struct Vector {
    /// Its queues as indices into the host's list.
    pub(crate) queues: Vec<usize>,
    pub(crate) nic: usize,
    pub(crate) masked: bool,
    pub(crate) moderator: Moderator,
    pub(crate) seen: Seen,
    /// Interrupts taken before it last started anew.
    past_interrupts: u64,
    /// The ring that the next round visits first.
    pub(crate) cursor: usize,
    /// Queues that leave it when its next round ends.
    pub(crate) leaving: Vec<usize>,
    /// It moves with its only queue.
    pub(crate) moves: bool,
    /// It is not due before this, whatever has been waiting in rings that moved.
    not_before: PhasedTime,
}

/// What a round amounts to, once it is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundSum {
    pub(crate) vector: usize,
    /// The ring behind the one that the last packet came from, if any did.
    pub(crate) next_cursor: Option<usize>,
    pub(crate) taken: u32,
    pub(crate) bytes: u64,
}

impl Vector {
    pub(crate) fn new(nic: usize, spec: &NicSpec, queues: Vec<usize>) -> Self {
        let moderator = Moderator::new(spec.moderation);
        Self {
            queues,
            nic,
            masked: false,
            moderator,
            seen: Seen::default(),
            past_interrupts: 0,
            cursor: 0,
            leaving: Vec::new(),
            moves: false,
            not_before: PhasedTime::default(),
        }
    }

    /// It is as at the start of a run, and unmasked since `moment`.
    pub(crate) fn start_anew(&mut self, moment: PhasedTime) {
        self.past_interrupts = self.interrupts();
        (self.masked, self.seen) = (false, Seen::default());
        self.moderator.start_anew(moment);
    }

    /// Interrupts taken.
    pub(crate) fn interrupts(&self) -> u64 {
        self.past_interrupts + self.seen.interrupts
    }

    /// A queue joins it at `moment`: it is due by what that brings, but not earlier than then.
    pub(crate) fn add(&mut self, queue: usize, moment: PhasedTime, rings: &[RxQueue]) {
        self.hold_back(self.due(rings).min(moment));
        self.queues.push(queue);
    }

    /// A queue leaves it at `moment`, while it is unmasked: if it is due and still is without that
    /// queue, not since earlier than it was.
    pub(crate) fn give_up(&mut self, queue: usize, moment: PhasedTime, rings: &[RxQueue]) {
        let due = self.due(rings);
        if due <= moment {
            self.hold_back(due);
        }
        self.remove(queue);
    }

    /// It is not due before `moment`.
    pub(crate) fn hold_back(&mut self, moment: PhasedTime) {
        self.not_before = self.not_before.max(moment);
    }

    /// One of its queues leaves it; the one that the next round visits first stays the same.
    pub(crate) fn remove(&mut self, queue: usize) {
        let place = self.queues.iter().position(|one| *one == queue).expect("it is one of them");
        self.queues.remove(place);
        if place < self.cursor {
            self.cursor -= 1;
        }
        if self.cursor == self.queues.len() {
            self.cursor = 0;
        }
    }

    /// When it is due, as far as its rings are known.
    #[inline]
    pub(crate) fn due(&self, rings: &[RxQueue]) -> PhasedTime {
        if self.masked {
            return PhasedTime::NEVER;
        }
        let due = self.moderator.due(self.first_visible(rings), |n| self.nth_visible(n, rings));
        due.max(self.not_before)
    }

    /// When its earliest waiting packet is visible.
    #[inline(always)]
    pub(crate) fn first_visible(&self, rings: &[RxQueue]) -> PhasedTime {
        let first = |queue: &usize| rings[*queue].ring.visible(1);
        match &self.queues[..] {
            [only] => first(only),
            all => all.iter().map(first).min().unwrap_or(PhasedTime::NEVER),
        }
    }

    /// A round over its rings is over.
    #[inline(always)]
    pub(crate) fn note(&mut self, round: RoundSum) {
        self.cursor = round.next_cursor.unwrap_or(self.cursor);
        self.seen.packets += u64::from(round.taken);
        self.seen.bytes += round.bytes;
    }

    /// Its interrupt is taken at `now`.
    #[inline(always)]
    pub(crate) fn take(&mut self, now: Time) {
        self.masked = true;
        self.moderator.taken(now);
        self.seen.interrupts += 1;
    }

    /// The work that it started is complete.
    #[inline(always)]
    pub(crate) fn unmask(&mut self, clock: PhasedTime) {
        self.masked = false;
        self.moderator.unmask(clock, self.seen);
    }

    /// When `n` packets are visible over all its rings.
    fn nth_visible(&self, n: u32, rings: &[RxQueue]) -> PhasedTime {
        if let [only] = self.queues[..] {
            return rings[only].ring.visible(n);
        }
        let waiting = |queue: &usize| {
            let ring = &rings[*queue].ring;
            let seen = (1..=n).map(|n| ring.visible(n));
            seen.take_while(|visible| *visible < PhasedTime::NEVER).collect::<Vec<_>>()
        };
        let mut all: Vec<PhasedTime> = self.queues.iter().flat_map(waiting).collect();
        all.sort_unstable();
        all.get(n as usize - 1).copied().unwrap_or(PhasedTime::NEVER)
    }

    /// Whether any of its rings shows a packet at `see`.
    pub(crate) fn has_visible(&self, clock: PhasedTime, rings: &[RxQueue]) -> bool {
        self.first_visible(rings) <= clock
    }
}
