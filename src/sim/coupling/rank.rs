//! The order of events that concern several cores of a host, and how far one core may go.

use crate::engine::time::PhasedTime;
use crate::sim::core::delivery::Turn;

/// The place of an event in the order (time, class, core), as far as other cores are concerned.
///
/// Among the events of one instant a core's own events come first and handoffs last. Within the
/// handoffs of one core, distributing packets by RPS comes first, then the reception of what that
/// core handed off before, then the core's next handoff. All of it is packed into one number, which
/// compares much faster than its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u128);

/// How far the joint advance of a host's cores has come.
#[derive(Debug, Default)]
pub(crate) struct Joint {
    /// The bound up to which the cores are advanced.
    pub(crate) front: PhasedTime,
    /// A lower bound of each core's next handoff, kept only while cores do not advance in lock
    /// step.
    pub(crate) gives: Vec<Rank>,
    /// The cores advance in lock step: none goes further than any other, host work included.
    pub(super) lock_step: bool,
}

const HANDOFF: u128 = 1 << 63;
/// The part of a rank that orders the events within one core's handoffs.
const STEP: u128 = 3;
const RECEIVES: u128 = 1;
const GIVES: u128 = 2;

/// How far a core may go: its horizon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// For all classes.
    pub(crate) all: PhasedTime,
    /// For threads, which other cores may reach earlier.
    pub(crate) threads: PhasedTime,
    /// A reception must come before this event of another core.
    rival: Rank,
}

impl Rank {
    /// The bound before everything from `moment` on.
    pub(crate) const fn before(moment: PhasedTime) -> Self {
        Self((moment.0 as u128) << 64)
    }

    /// An event of core `core` that concerns only itself.
    pub(crate) const fn own(moment: PhasedTime, core: usize) -> Self {
        Self(Self::before(moment).0 | (core as u128) << 2)
    }

    /// Core `core` distributes packets to backlogs by RPS.
    pub(crate) const fn spreads(moment: PhasedTime, core: usize) -> Self {
        Self(Self::own(moment, core).0 | HANDOFF)
    }

    /// A thread receives what core `core` handed off.
    pub(crate) const fn received(moment: PhasedTime, core: usize) -> Self {
        Self(Self::spreads(moment, core).0 | RECEIVES)
    }

    /// Core `core` hands off or notifies.
    pub(crate) const fn given(moment: PhasedTime, core: usize) -> Self {
        Self(Self::spreads(moment, core).0 | GIVES)
    }

    pub(crate) const fn moment(self) -> PhasedTime {
        PhasedTime((self.0 >> 64) as u64)
    }

    /// Whether it is a core's turn to send, or to distribute packets by RPS.
    pub(crate) const fn gives(self) -> bool {
        self.0 & HANDOFF != 0 && self.0 & STEP != RECEIVES
    }

    /// The core whose event it is.
    pub(crate) const fn core(self) -> usize {
        (self.0 as u64 & !(1 << 63)) as usize >> 2
    }
}

impl Bounds {
    /// For a core that no other core reaches.
    pub(crate) const fn alone(bound: PhasedTime) -> Self {
        Self { all: bound, threads: bound, rival: Rank::before(bound) }
    }

    /// For core `core`: everything up to `all`, and its threads up to the event `rival` of another
    /// core.
    pub(crate) fn joint(all: PhasedTime, rival: Rank, core: usize) -> Self {
        let rival = rival.min(Rank::before(all));
        let moment = rival.moment();
        let goes_first = Rank::own(moment, core) < rival;
        let threads = if goes_first { PhasedTime(moment.0 + 1) } else { moment };
        Self { all, threads: threads.min(all), rival }
    }

    /// Stops threads at `end`.
    #[inline(always)]
    pub(crate) fn until(self, end: PhasedTime) -> Self {
        Self { threads: self.threads.min(end), ..self }
    }

    /// Lets threads receive nothing that comes after `item`.
    pub(super) fn ahead_of(self, item: Rank) -> Self {
        Self { rival: self.rival.min(item), ..self }
    }

    /// Whether a reception of this time and sending core may happen now. Several cores may receive
    /// parts of one handoff.
    pub(crate) fn allow(&self, turn: Turn) -> bool {
        Rank::received(turn.time, turn.core) <= self.rival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_before_class_before_core_before_who_gives() {
        let (now, later) = (PhasedTime(8), PhasedTime(9));
        let order = [
            Rank::before(now),
            Rank::own(now, 3),
            Rank::received(now, 0),
            Rank::spreads(now, 2),
            Rank::received(now, 2),
            Rank::given(now, 2),
            Rank::received(now, 1023),
            Rank::before(later),
        ];
        assert!(order.is_sorted());
        assert_eq!((order[5].moment(), order[5].core(), order[5].gives()), (now, 2, true));
        assert!(order[3].gives() && !order[4].gives() && !order[1].gives());
        assert!(!order[6].gives() && order[6].core() == 1023);
    }
}
