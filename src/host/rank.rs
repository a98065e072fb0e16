//! The order of what cores of one host do to each other, and how far one of them may go.

use crate::engine::time::Moment;

/// The place of an item in the order (time, class, entity), as far as other cores are concerned:
/// of what a core does for itself, hand-overs are the last at an instant. Fields in the order in
/// which they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) moment: Moment,
    /// Something is handed over or received.
    pub(super) is_hand_over: bool,
    /// The core that hands over; else the core itself.
    pub(super) core: usize,
    /// Handing over comes after the reception of what the same core handed over before.
    pub(super) gives: bool,
}

/// How far a core may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Before this, in any class.
    pub(super) all: Moment,
    /// Before this in the thread class: other cores may still reach it.
    pub(super) threads: Moment,
    /// What is received must come before this item of another core.
    rival: Rank,
}

impl Rank {
    /// The bound before everything from `moment` on.
    pub(super) const fn before(moment: Moment) -> Self {
        Self { moment, is_hand_over: false, core: 0, gives: false }
    }
}

impl Bounds {
    /// A core that no other one reaches.
    pub(super) const fn alone(bound: Moment) -> Self {
        Self { all: bound, threads: bound, rival: Rank::before(bound) }
    }

    /// Core `core` up to `all`, its threads not past `rival`.
    pub(super) fn joint(all: Moment, rival: Rank, core: usize) -> Self {
        let rival = rival.min(Rank::before(all));
        let own = Rank { core, ..Rank::before(rival.moment) };
        let threads = if own < rival { Moment(rival.moment.0 + 1) } else { rival.moment };
        Self { all, threads: threads.min(all), rival }
    }

    /// Whether the core may receive this item (when, and by which core).
    pub(super) fn allow(&self, (moment, core): (Moment, usize)) -> bool {
        Rank { moment, is_hand_over: true, core, gives: false } < self.rival
    }
}
