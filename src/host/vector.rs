//! An interrupt vector and the rings behind it.

use super::queue::RxQueue;
use super::world::NicSpec;
use crate::engine::time::{Moment, Time};
use crate::rx::moderation::{Moderator, Seen};

/// An interrupt vector and the rings behind it.
pub(super) struct Vector {
    /// Its queues as indices into the host's list.
    pub(super) queues: Vec<usize>,
    pub(super) nic: usize,
    pub(super) masked: bool,
    pub(super) moderator: Moderator,
    pub(super) seen: Seen,
    /// Interrupts taken before it last started anew.
    past_interrupts: u64,
    /// The ring that the next round visits first.
    pub(super) cursor: usize,
    /// Queues that leave it when its next round ends.
    pub(super) leaving: Vec<usize>,
    /// It moves with its only queue.
    pub(super) moves: bool,
    /// It is not due before this, whatever has been waiting in rings that moved.
    not_before: Moment,
}

/// What a round amounts to, once it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundSum {
    pub(super) vector: usize,
    /// The ring behind the one that the last packet came from, if any did.
    pub(super) next_cursor: Option<usize>,
    pub(super) taken: u32,
    pub(super) bytes: u64,
}

impl Vector {
    pub(super) fn new(nic: usize, spec: &NicSpec, queues: Vec<usize>) -> Self {
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
            not_before: Moment::default(),
        }
    }

    /// It is as at the start of a run, and unmasked since `moment`.
    pub(super) fn start_anew(&mut self, moment: Moment) {
        self.past_interrupts = self.interrupts();
        (self.masked, self.seen) = (false, Seen::default());
        self.moderator.start_anew(moment);
    }

    /// Interrupts taken.
    pub(super) fn interrupts(&self) -> u64 {
        self.past_interrupts + self.seen.interrupts
    }

    /// A queue joins it at `moment`: it is due by what that brings, but not earlier than then.
    pub(super) fn add(&mut self, queue: usize, moment: Moment, rings: &[RxQueue]) {
        self.hold_back(self.due(rings).min(moment));
        self.queues.push(queue);
    }

    /// A queue leaves it at `moment`, while it is unmasked: if it is due and still is without that
    /// queue, not since earlier than it was.
    pub(super) fn give_up(&mut self, queue: usize, moment: Moment, rings: &[RxQueue]) {
        let due = self.due(rings);
        if due <= moment {
            self.hold_back(due);
        }
        self.remove(queue);
    }

    /// It is not due before `moment`.
    pub(super) fn hold_back(&mut self, moment: Moment) {
        self.not_before = self.not_before.max(moment);
    }

    /// One of its queues leaves it; the one that the next round visits first stays the same.
    pub(super) fn remove(&mut self, queue: usize) {
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
    pub(super) fn due(&self, rings: &[RxQueue]) -> Moment {
        if self.masked {
            return Moment::NEVER;
        }
        let due = self.moderator.due(self.first_visible(rings), |n| self.nth_visible(n, rings));
        due.max(self.not_before)
    }

    /// When its earliest waiting packet is visible.
    #[inline(always)]
    pub(super) fn first_visible(&self, rings: &[RxQueue]) -> Moment {
        let first = |queue: &usize| rings[*queue].ring.visible(1);
        match &self.queues[..] {
            [only] => first(only),
            all => all.iter().map(first).min().unwrap_or(Moment::NEVER),
        }
    }

    /// A round over its rings is over.
    #[inline(always)]
    pub(super) fn note(&mut self, round: RoundSum) {
        self.cursor = round.next_cursor.unwrap_or(self.cursor);
        self.seen.packets += u64::from(round.taken);
        self.seen.bytes += round.bytes;
    }

    /// Its interrupt is taken at `now`.
    #[inline(always)]
    pub(super) fn take(&mut self, now: Time) {
        self.masked = true;
        self.moderator.taken(now);
        self.seen.interrupts += 1;
    }

    /// The work that it started is complete.
    #[inline(always)]
    pub(super) fn unmask(&mut self, see: Moment) {
        self.masked = false;
        self.moderator.unmask(see, self.seen);
    }

    /// When `n` packets are visible over all its rings.
    fn nth_visible(&self, n: u32, rings: &[RxQueue]) -> Moment {
        if let [only] = self.queues[..] {
            return rings[only].ring.visible(n);
        }
        let waiting = |queue: &usize| {
            let ring = &rings[*queue].ring;
            let seen = (1..=n).map(|n| ring.visible(n));
            seen.take_while(|visible| *visible < Moment::NEVER).collect::<Vec<_>>()
        };
        let mut all: Vec<Moment> = self.queues.iter().flat_map(waiting).collect();
        all.sort_unstable();
        all.get(n as usize - 1).copied().unwrap_or(Moment::NEVER)
    }

    /// Whether any of its rings shows a packet at `see`.
    pub(super) fn has_visible(&self, see: Moment, rings: &[RxQueue]) -> bool {
        self.first_visible(rings) <= see
    }
}
