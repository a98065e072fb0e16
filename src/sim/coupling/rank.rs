//! The order of what cores of one host do to each other, and how far one of them may go.

use crate::engine::time::PhasedTime;

/// The place of an item in the order (time, class, entity), as far as other cores are concerned:
/// of what a core does for itself, hand-overs are the last at an instant. One number, which is far
/// quicker to compare than its parts: moment, whether something is handed over, core, and whether
/// this core spreads packets (which comes before what apps receive with them), something is
/// received, or this core hands over itself (which comes after the reception of what the same core
/// handed over before).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u128);

/// How far the joint advance of a site's cores has come.
#[derive(Debug, Default)]
pub(crate) struct Joint {
    /// The bound up to which they are advanced.
    pub(crate) front: PhasedTime,
    /// A lower bound of when each core hands something over next, while only that is looked at.
    pub(crate) gives: Vec<Rank>,
    /// Whether no core goes further than any other, host work included.
    pub(crate) in_step: bool,
}

const HANDOFF: u128 = 1 << 63;
/// What is done with it, within one core's hand-over.
const STEP: u128 = 3;
const RECEIVES: u128 = 1;
const GIVES: u128 = 2;

/// How far a core may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Before this, in any class.
    pub(crate) all: PhasedTime,
    /// Before this in the thread class: other cores may still reach it.
    pub(crate) threads: PhasedTime,
    /// What is received must come before this item of another core.
    rival: Rank,
}

impl Rank {
    /// The bound before everything from `moment` on.
    pub(crate) const fn before(moment: PhasedTime) -> Self {
        Self((moment.0 as u128) << 64)
    }

    /// Something that core `core` does for itself.
    pub(crate) const fn own(moment: PhasedTime, core: usize) -> Self {
        Self(Self::before(moment).0 | (core as u128) << 2)
    }

    /// Core `core` spreads packets to backlogs.
    pub(crate) const fn spreads(moment: PhasedTime, core: usize) -> Self {
        Self(Self::own(moment, core).0 | HANDOFF)
    }

    /// Something that core `core` handed over is received.
    pub(crate) const fn received(moment: PhasedTime, core: usize) -> Self {
        Self(Self::spreads(moment, core).0 | RECEIVES)
    }

    /// Core `core` hands something over.
    pub(crate) const fn given(moment: PhasedTime, core: usize) -> Self {
        Self(Self::spreads(moment, core).0 | GIVES)
    }

    pub(crate) const fn moment(self) -> PhasedTime {
        PhasedTime((self.0 >> 64) as u64)
    }

    /// Whether it is the turn of a core to hand over, or to spread packets.
    pub(crate) const fn gives(self) -> bool {
        self.0 & HANDOFF != 0 && self.0 & STEP != RECEIVES
    }

    /// The core whose item it is.
    pub(crate) const fn core(self) -> usize {
        (self.0 as u64 & !(1 << 63)) as usize >> 2
    }
}

impl Bounds {
    /// A core that no other one reaches.
    pub(crate) const fn alone(bound: PhasedTime) -> Self {
        Self { all: bound, threads: bound, rival: Rank::before(bound) }
    }

    /// Core `core` up to `all`, its threads not past `rival`.
    pub(crate) fn joint(all: PhasedTime, rival: Rank, core: usize) -> Self {
        let rival = rival.min(Rank::before(all));
        let moment = rival.moment();
        let goes_first = Rank::own(moment, core) < rival;
        let threads = if goes_first { PhasedTime(moment.0 + 1) } else { moment };
        Self { all, threads: threads.min(all), rival }
    }

    /// Threads go no further than `end`.
    #[inline(always)]
    pub(crate) fn until(self, end: PhasedTime) -> Self {
        Self { threads: self.threads.min(end), ..self }
    }

    /// Threads receive nothing that comes behind `item`.
    pub(crate) fn ahead_of(self, item: Rank) -> Self {
        Self { rival: self.rival.min(item), ..self }
    }

    /// Whether the core may receive this item (when, and by which core): also where another core
    /// has its part of it to receive.
    pub(crate) fn allow(&self, (moment, core): (PhasedTime, usize)) -> bool {
        Rank::received(moment, core) <= self.rival
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
