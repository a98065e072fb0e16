//! What comes to a port over its link: the sources, the link, and what waits before it.

use crate::engine::time::Time;
use crate::rx::buffer::PacketBuffer;
use crate::rx::ring::Descriptor;
use crate::rx::wire::Wire;
use crate::sim::accounting::ledger::{Ledger, NO_QUEUE};
use crate::sim::nic::flow_control::{Path, Pausing};
use crate::sim::nic::merge::Merge;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::packet::Fate;
use crate::world::World;
use crate::world::outcome::Volume;

/// Frames that are taken from the sources at a time.
pub(crate) const BATCH: usize = 256;

/// A link with the sources that send over it.
pub(crate) struct Link {
    pub(crate) merge: Merge,
    pub(crate) wire: Wire,
    /// What is offered is lost, as the link is down.
    pub(crate) is_down: bool,
    /// Frames, and their bytes, that it has taken.
    pub(crate) taken: Volume,
    /// What waits before it, where the port may ask its peer to pause.
    pub(crate) pausing: Option<Box<Pausing>>,
}

impl Link {
    pub(crate) fn new(world: &World, nic: usize, sources: &[usize]) -> Self {
        let spec = &world.nics[nic];
        Self {
            merge: Merge::new(world, sources),
            wire: Wire::new(spec.link, spec.egress),
            is_down: false,
            taken: Volume::default(),
            pausing: spec.flow_control.map(|pause| Box::new(Pausing::new(pause, spec.egress))),
        }
    }

    /// Takes up to a batch of the frames offered by `limit` over the link; true if it was a whole
    /// batch, and more may follow.
    pub(crate) fn take_offers(
        &mut self,
        limit: Time,
        frames: &mut FrameQueue,
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let before = frames.len();
        self.merge.fill(limit, BATCH, frames);
        let full = frames.len() == before + BATCH;
        self.taken += ledger.offered(&frames.waiting()[before..], self.merge.only());
        if self.is_down {
            self.lose_offers(before, frames, ledger);
        }
        for lost in self.wire.carry(frames, before) {
            self.taken = self.taken.less(Volume::of(&[lost]));
            lose_early(&lost, Fate::Dropped(DropReason::LinkFull), ledger);
        }
        full
    }

    /// Loses the frames behind the first `n`, that are offered while the link is down.
    fn lose_offers(&mut self, n: usize, frames: &mut FrameQueue, ledger: &mut Ledger<'_>) {
        let lost = &frames.waiting()[n..];
        self.taken = self.taken.less(Volume::of(lost));
        lose_for_link_down(lost, ledger);
        frames.retain(n, |_| false);
    }

    /// Lets the next frame begin on the link of a port that may pause its peer, if one does by
    /// `limit`. What leaves the packet buffer by `known` is known.
    pub(crate) fn begin_next(
        &mut self,
        limit: Time,
        known: Time,
        buffer: &mut PacketBuffer,
        ledger: &mut Ledger<'_>,
    ) -> Option<Frame> {
        let pausing = self.pausing.as_mut()?;
        loop {
            if pausing.offered.is_empty() {
                self.merge.fill(limit, BATCH, &mut pausing.offered);
                ledger.offered(pausing.offered.waiting(), self.merge.only());
                if self.is_down && !pausing.offered.is_empty() {
                    lose_for_link_down(pausing.offered.waiting(), ledger);
                    pausing.offered.pass(pausing.offered.len());
                    continue;
                }
            }
            let all_offered = pausing.offered.is_empty();
            let path = Path { wire: &mut self.wire, buffer: &mut *buffer, known };
            let begun = pausing.begin(limit, all_offered, path);
            for lost in pausing.lost.drain(..) {
                lose_early(&lost, Fate::Dropped(DropReason::LinkFull), ledger);
            }
            if let Some(frame) = begun {
                self.taken += Volume::of(&[frame]);
                return begun;
            }
            if all_offered {
                return None;
            }
        }
    }
}

/// These frames are offered while the link is down.
fn lose_for_link_down(frames: &[Frame], ledger: &mut Ledger<'_>) {
    for frame in frames {
        lose_early(frame, Fate::Dropped(DropReason::LinkDown), ledger);
    }
}

/// A frame ends before it has a queue.
#[inline(never)]
pub(crate) fn lose_early(frame: &Frame, fate: Fate, ledger: &mut Ledger<'_>) {
    ledger.lost(&unseen(frame), NO_QUEUE, frame.time, frame.time, fate);
}

/// A frame as a descriptor that no host has seen.
pub(crate) fn unseen(frame: &Frame) -> Descriptor {
    let (visible, dma_start) = (frame.time.at_arrivals(), frame.time);
    Descriptor { frame: *frame, dma_start, visible }
}
