//! An interrupt vector and the rings behind it.

use crate::engine::time::{PhasedTime, Time};
use crate::rx::moderation::{Moderator, VectorCounters};
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::NicSpec;

/// An interrupt vector with its moderation state and counters.
pub(crate) struct Vector {
    /// Indices into the host's list of queues.
    pub(crate) queues: Vec<usize>,
    pub(crate) nic: usize,
    pub(crate) masked: bool,
    pub(crate) moderator: Moderator,
    pub(crate) counters: VectorCounters,
    /// Interrupts taken before the last reset.
    past_interrupts: u64,
    /// Position of the ring that the next round polls first.
    pub(crate) cursor: usize,
    /// Queues that leave the vector when its next round ends.
    pub(crate) detaching: Vec<usize>,
    /// The vector moves together with its only queue.
    pub(crate) moves_with_queue: bool,
    /// The vector is not due before this moment, although packets have waited longer in rings that
    /// moved.
    not_before: PhasedTime,
}

/// The result of a finished round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundTotals {
    pub(crate) vector: usize,
    /// The ring behind the one of the last packet; none if the round found no packet.
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
            counters: VectorCounters::default(),
            past_interrupts: 0,
            cursor: 0,
            detaching: Vec::new(),
            moves_with_queue: false,
            not_before: PhasedTime::default(),
        }
    }

    /// Resets the vector to its state at the start of a run, unmasked at `moment`.
    pub(crate) fn reset(&mut self, moment: PhasedTime) {
        self.past_interrupts = self.interrupts();
        (self.masked, self.counters) = (false, VectorCounters::default());
        self.moderator.reset(moment);
    }

    /// Interrupts taken in the whole run.
    pub(crate) fn interrupts(&self) -> u64 {
        self.past_interrupts + self.counters.interrupts
    }

    /// Adds a queue at `moment`. Its packets may make the vector due, but not before `moment`.
    pub(crate) fn add_queue(&mut self, queue: usize, moment: PhasedTime, rings: &[RxQueue]) {
        self.defer_until(self.due(rings).min(moment));
        self.queues.push(queue);
    }

    /// Removes a queue at `moment` while the vector is unmasked. If the vector was due and stays
    /// due without the queue, it does not become due earlier than it was.
    pub(crate) fn detach_unmasked(&mut self, queue: usize, moment: PhasedTime, rings: &[RxQueue]) {
        let due = self.due(rings);
        if due <= moment {
            self.defer_until(due);
        }
        self.remove_queue(queue);
    }

    pub(crate) fn defer_until(&mut self, moment: PhasedTime) {
        self.not_before = self.not_before.max(moment);
    }

    /// Removes a queue. The ring that the next round polls first stays the same.
    pub(crate) fn remove_queue(&mut self, queue: usize) {
        let place = self.queues.iter().position(|one| *one == queue).expect("it is one of them");
        self.queues.remove(place);
        if place < self.cursor {
            self.cursor -= 1;
        }
        if self.cursor == self.queues.len() {
            self.cursor = 0;
        }
    }

    /// When the interrupt is due, given the packets in the rings.
    #[inline]
    pub(crate) fn due(&self, rings: &[RxQueue]) -> PhasedTime {
        if self.masked {
            return PhasedTime::NEVER;
        }
        let due = self.moderator.due(self.first_visible(rings), |n| self.nth_visible(n, rings));
        due.max(self.not_before)
    }

    /// When the earliest waiting packet became visible.
    #[inline(always)]
    pub(crate) fn first_visible(&self, rings: &[RxQueue]) -> PhasedTime {
        let first = |queue: &usize| rings[*queue].ring.visible(1);
        match &self.queues[..] {
            [only] => first(only),
            all => all.iter().map(first).min().unwrap_or(PhasedTime::NEVER),
        }
    }

    /// Records a finished round.
    #[inline(always)]
    pub(crate) fn record_round(&mut self, round: RoundTotals) {
        self.cursor = round.next_cursor.unwrap_or(self.cursor);
        self.counters.packets += u64::from(round.taken);
        self.counters.bytes += round.bytes;
    }

    /// Records that the interrupt is taken at `now`.
    #[inline(always)]
    pub(crate) fn record_interrupt(&mut self, now: Time) {
        self.masked = true;
        self.moderator.taken(now);
        self.counters.interrupts += 1;
    }

    /// Unmasks the vector: the deferred work that it started is complete.
    #[inline(always)]
    pub(crate) fn unmask(&mut self, clock: PhasedTime) {
        self.masked = false;
        self.moderator.unmask(clock, self.counters);
    }

    /// When `n` packets are visible over all rings.
    fn nth_visible(&self, n: u32, rings: &[RxQueue]) -> PhasedTime {
        if let [only] = self.queues[..] {
            return rings[only].ring.visible(n);
        }
        let waiting = |queue: &usize| {
            let ring = &rings[*queue].ring;
            let counters = (1..=n).map(|n| ring.visible(n));
            counters.take_while(|visible| *visible < PhasedTime::NEVER).collect::<Vec<_>>()
        };
        let mut all: Vec<PhasedTime> = self.queues.iter().flat_map(waiting).collect();
        all.sort_unstable();
        all.get(n as usize - 1).copied().unwrap_or(PhasedTime::NEVER)
    }

    /// Whether any ring has a packet that is visible at `clock`.
    pub(crate) fn has_visible(&self, clock: PhasedTime, rings: &[RxQueue]) -> bool {
        self.first_visible(rings) <= clock
    }
}
