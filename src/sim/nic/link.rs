//! A port's link: its sources, the wire, and the peer that flow control may pause.

use crate::engine::time::Time;
use crate::rx::buffer::PacketBuffer;
use crate::rx::ring::Descriptor;
use crate::rx::wire::Wire;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::nic::flow_control::{Downstream, LinkPeer};
use crate::sim::nic::merge::Merge;
use crate::sim::queue::rx_queue::NO_QUEUE;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::packet::Fate;
use crate::world::World;
use crate::world::outcome::Volume;

/// Frames taken from the sources at a time.
pub(crate) const BATCH: usize = 256;

pub(crate) struct Link {
    pub(crate) merge: Merge,
    pub(crate) wire: Wire,
    /// The link is down, and offered frames are dropped.
    pub(crate) is_down: bool,
    /// Volume of the frames that the link has accepted.
    pub(crate) taken: Volume,
    /// The peer, where the port uses flow control.
    pub(crate) flow_control: Option<Box<LinkPeer>>,
}

impl Link {
    pub(crate) fn new(world: &World, nic: usize, sources: &[usize]) -> Self {
        let spec = &world.nics[nic];
        Self {
            merge: Merge::new(world, sources),
            wire: Wire::new(spec.link, spec.egress),
            is_down: false,
            taken: Volume::default(),
            flow_control: spec
                .flow_control
                .map(|pause| Box::new(LinkPeer::new(pause, spec.egress))),
        }
    }

    /// Takes up to one batch of the frames offered by `limit`. Returns whether the batch is full,
    /// so that more may follow.
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
            self.drop_offers(before, frames, ledger);
        }
        for lost in self.wire.carry(frames, before) {
            self.taken = self.taken.since(Volume::of(&[lost]));
            drop_before_queue(&lost, Fate::Dropped(DropReason::LinkFull), ledger);
        }
        full
    }

    /// Drops the frames behind the first `n`: the link is down.
    fn drop_offers(&mut self, n: usize, frames: &mut FrameQueue, ledger: &mut Ledger<'_>) {
        let lost = &frames.waiting()[n..];
        self.taken = self.taken.since(Volume::of(lost));
        drop_for_link_down(lost, ledger);
        frames.retain(n, |_| false);
    }

    /// Begins the next frame on the link of a port with flow control, if one begins by `limit`. All
    /// departures from the packet buffer up to `known` are known.
    pub(crate) fn begin_next(
        &mut self,
        limit: Time,
        known: Time,
        buffer: &mut PacketBuffer,
        ledger: &mut Ledger<'_>,
    ) -> Option<Frame> {
        let flow_control = self.flow_control.as_mut()?;
        loop {
            if flow_control.offered.is_empty() {
                self.merge.fill(limit, BATCH, &mut flow_control.offered);
                ledger.offered(flow_control.offered.waiting(), self.merge.only());
                if self.is_down && !flow_control.offered.is_empty() {
                    drop_for_link_down(flow_control.offered.waiting(), ledger);
                    flow_control.offered.consume(flow_control.offered.len());
                    continue;
                }
            }
            let all_offered = flow_control.offered.is_empty();
            let downstream = Downstream { wire: &mut self.wire, buffer: &mut *buffer, known };
            let begun = flow_control.begin(limit, all_offered, downstream);
            for lost in flow_control.lost.drain(..) {
                drop_before_queue(&lost, Fate::Dropped(DropReason::LinkFull), ledger);
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

fn drop_for_link_down(frames: &[Frame], ledger: &mut Ledger<'_>) {
    for frame in frames {
        drop_before_queue(frame, Fate::Dropped(DropReason::LinkDown), ledger);
    }
}

/// Drops or filters a frame that has no queue yet.
#[inline(never)]
pub(crate) fn drop_before_queue(frame: &Frame, fate: Fate, ledger: &mut Ledger<'_>) {
    ledger.lost(&undelivered(frame), NO_QUEUE, frame.time, frame.time, fate);
}

/// The descriptor of a frame that no host has seen.
pub(crate) fn undelivered(frame: &Frame) -> Descriptor {
    let (visible, dma_start) = (frame.time.at_arrivals(), frame.time);
    Descriptor { frame: *frame, dma_start, visible }
}
