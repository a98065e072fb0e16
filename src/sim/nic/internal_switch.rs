//! The port's internal switch (virtual Ethernet bridge, VEB): it forwards frames between the
//! virtual functions. They join the frames of the link where those arrive.

use crate::engine::time::Time;
use crate::rx::buffer::PacketBuffer;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::nic::link::{BATCH, Link};
use crate::sim::nic::merge::Merge;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::world::World;

/// The sources behind the internal switch, and the merge of their frames with the link's.
pub(crate) struct InternalSwitch {
    pub(crate) merge: Merge,
    /// Frames offered by those sources that have not joined yet.
    offered: FrameQueue,
    /// Frames that the link has accepted and that have not joined yet.
    pub(crate) on_link: FrameQueue,
}

impl InternalSwitch {
    /// None if no source is behind the switch.
    pub(crate) fn new(world: &World, sources: &[usize]) -> Option<Self> {
        let merge = || Merge::new(world, sources);
        let (offered, on_link) = Default::default();
        (!sources.is_empty()).then(|| Self { merge: merge(), offered, on_link })
    }

    /// The next frame to arrive by `limit`, from the link or the switch; at one instant the link's
    /// come first. All departures from the packet buffer up to `known` are known.
    pub(crate) fn next(
        &mut self,
        limit: Time,
        known: Time,
        link: &mut Link,
        buffer: &mut PacketBuffer,
        ledger: &mut Ledger<'_>,
    ) -> Option<Frame> {
        if self.offered.is_empty() {
            self.merge.fill(limit, BATCH, &mut self.offered);
            ledger.offered(self.offered.waiting(), self.merge.only());
        }
        let first = self.offered.waiting().first().map_or(limit, |first| first.time);
        if link.flow_control.is_none() {
            while self.on_link.is_empty() && link.take_offers(limit, &mut self.on_link, ledger) {}
        } else if self.on_link.waiting().first().is_none_or(|next| next.time > limit) {
            // Whether later frames on the link must pause depends on this frame, too.
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
        frames.consume(1);
        Some(first)
    }

    /// Frames that have not joined yet.
    pub(crate) fn len(&self) -> usize {
        self.offered.len() + self.on_link.len()
    }
}
