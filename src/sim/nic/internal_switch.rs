//! What comes to a port from inside: frames that its own switch forwards between the virtual
//! functions behind it. They join those of the link where these arrive.

use crate::engine::time::Time;
use crate::rx::buffer::PacketBuffer;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::nic::link::{BATCH, Link};
use crate::sim::nic::merge::Merge;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::world::World;

/// The sources inside a port, and what joins behind its link.
pub(crate) struct Inside {
    pub(crate) merge: Merge,
    /// Frames that were offered from inside, and have not been looked at.
    offered: FrameQueue,
    /// Frames that the link has taken, and that have not arrived, or not been looked at.
    pub(crate) on_link: FrameQueue,
}

impl Inside {
    /// With these sources, if there are any.
    pub(crate) fn new(world: &World, sources: &[usize]) -> Option<Self> {
        let merge = || Merge::new(world, sources);
        let (offered, on_link) = Default::default();
        (!sources.is_empty()).then(|| Self { merge: merge(), offered, on_link })
    }

    /// The frame that arrives next, over the link or from inside, if it does by `limit`; the link's
    /// come first. What leaves the packet buffer by `known` is known.
    pub(crate) fn next(
        &mut self,
        limit: Time,
        known: Time,
        (link, buffer): (&mut Link, &mut PacketBuffer),
        ledger: &mut Ledger<'_>,
    ) -> Option<Frame> {
        if self.offered.is_empty() {
            self.merge.fill(limit, BATCH, &mut self.offered);
            ledger.offered(self.offered.waiting(), self.merge.only());
        }
        let first = self.offered.waiting().first().map_or(limit, |first| first.time);
        if link.pausing.is_none() {
            while self.on_link.is_empty() && link.take_offers(limit, &mut self.on_link, ledger) {}
        } else if self.on_link.waiting().first().is_none_or(|next| next.time > limit) {
            // Whether what begins on the link later has to pause depends on this one, too.
            let known = known.min(first);
            if let Some(begun) = link.begin_next(first, known, buffer, ledger) {
                self.on_link.push(begun);
            }
        }
        self.arrive(limit)
    }

    fn arrive(&mut self, limit: Time) -> Option<Frame> {
        let Self { offered, on_link, .. } = self;
        let over_link = match (on_link.waiting().first(), offered.waiting().first()) {
            (Some(over_link), Some(inside)) => over_link.time <= inside.time,
            (over_link, _) => over_link.is_some(),
        };
        let frames = if over_link { on_link } else { offered };
        let first = frames.waiting().first().copied().filter(|first| first.time <= limit)?;
        frames.pass(1);
        Some(first)
    }

    /// Frames that have been offered, and have not arrived or not been looked at.
    pub(crate) fn len(&self) -> usize {
        self.offered.len() + self.on_link.len()
    }
}
