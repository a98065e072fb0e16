//! The NIC, in the packet's order: filter, packet buffer, DMA, rings.
//!
//! Rules L7 to L9, N4 to N13, E5 and I2 to I6.

use crate::reference::agenda::Item;
use crate::reference::core::vf_rings::vcpus_of_rings;
use crate::reference::model::{Frame, Model, VectorAt};
use crate::reference::nic::link::Link;
use crate::reference::nic::moderation::{Server, Vector};
use crate::reference::nic::steering::Steered;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::dma::DmaSpec;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{Filter, SteeringSpec, World};
use std::collections::VecDeque;

/// A port.
pub(in crate::reference) struct Nic {
    pub(in crate::reference) link: Link,
    /// Bytes in the packet buffer.
    pub(in crate::reference) buffered: u64,
    /// Frames in the packet buffer whose DMA has not started.
    waiting: VecDeque<Frame>,
    /// When the DMA engine has ended its last transfer.
    engine_free: Time,
    /// Frames whose DMA has started but is not done.
    in_dma: VecDeque<Transfer>,
    /// Held frames of an immediate NIC, done with the arrivals of this instant.
    late: VecDeque<Frame>,
    /// Those of the port's own queues, then those of virtual functions.
    pub(in crate::reference) rings: Vec<Ring>,
    /// Those of the port's own queues, then one per ring of virtual functions.
    pub(in crate::reference) vectors: Vec<Vector>,
    /// The indirection table, if the port has one: a queue per entry.
    pub(in crate::reference) table: Vec<u32>,
    /// Interrupts raised.
    pub(in crate::reference) interrupts: u64,
}

/// A frame whose DMA has started.
struct Transfer {
    frame: Frame,
    /// Its virtual machine has stopped since.
    lost: bool,
}

/// A receive queue's ring.
#[derive(Clone, Default)]
pub(in crate::reference) struct Ring {
    /// Descriptors from the start of DMA to the end of processing.
    pub(in crate::reference) held: u32,
    /// Packets that the host can see and has not taken.
    pub(in crate::reference) visible: VecDeque<Frame>,
}

impl Nic {
    pub(in crate::reference) fn new(world: &World, nic: usize) -> Self {
        let spec = &world.nics[nic];
        let mut vectors = Vector::of_port(spec);
        for (ring, vcpu) in (spec.queues.len() as u32..).zip(vcpus_of_rings(world, nic)) {
            vectors.push(Vector::new(Server::Vcpu(vcpu), vec![ring]));
        }
        let table = match &spec.steering {
            SteeringSpec::Rss(rss) => rss.table.clone(),
            _ => Vec::new(),
        };
        Self {
            link: Link::new(),
            buffered: 0,
            waiting: VecDeque::new(),
            engine_free: Time::ZERO,
            in_dma: VecDeque::new(),
            late: VecDeque::new(),
            rings: vec![Ring::default(); spec.queues.len() + vcpus_of_rings(world, nic).len()],
            vectors,
            table,
            interrupts: 0,
        }
    }

    /// The frames on their way to a ring, which are lost. Their transfers go on.
    pub(in crate::reference) fn give_up_transfers(&mut self, queue: u32) -> Vec<Frame> {
        let given_up = |transfer: &mut Transfer| {
            let mine = transfer.frame.queue == queue && !transfer.lost;
            transfer.lost |= mine;
            mine.then_some(transfer.frame)
        };
        self.in_dma.iter_mut().filter_map(given_up).collect()
    }

    /// Frames whose DMA has not started.
    pub(in crate::reference) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Model<'_> {
    /// Filter and packet buffer; then the frame waits for its DMA, which may start at once.
    pub(in crate::reference) fn arrive(&mut self, mut frame: Frame) {
        frame.arrival = self.agenda.time();
        if self.world.sources[frame.source].filter == Filter::DropInNic {
            return self.end(frame, Fate::Filtered);
        }
        let limit = self.world.nics[frame.nic].buffer.unwrap_or(u64::MAX);
        let nic = &mut self.nics[frame.nic];
        if nic.buffered + frame.bytes() > limit {
            return self.end(frame, Fate::Dropped(DropReason::BufferFull));
        }
        nic.buffered += frame.bytes();
        nic.waiting.push_back(frame);
        self.buffer_fills(frame.nic);
        self.start_dma(frame.nic);
    }

    /// Starts the DMA of waiting frames in their order, as long as the engine is free and the
    /// first one is not held for want of a descriptor.
    pub(in crate::reference) fn start_dma(&mut self, at: usize) {
        let spec = &self.world.nics[at];
        while self.nics[at].engine_free <= self.agenda.time() {
            let Some(&first) = self.nics[at].waiting.front() else {
                return;
            };
            let (queue, entry) = match self.steer(&first) {
                Steered::Nowhere(reason) => {
                    self.nics[at].waiting.pop_front();
                    self.leave_buffer(&first);
                    self.end(first, Fate::Dropped(reason));
                    continue;
                }
                Steered::To { queue, entry } => (queue, entry),
            };
            let frame = Frame { queue, ..first };
            let full = self.nics[at].rings[frame.queue as usize].held >= spec.ring;
            if full && spec.hold {
                return;
            }
            let nic = &mut self.nics[at];
            nic.waiting.pop_front();
            self.policy_runners[at].count(&frame, entry);
            if full {
                self.leave_buffer(&frame);
                self.end(frame, Fate::Dropped(DropReason::RingFull));
            } else {
                self.nics[at].rings[frame.queue as usize].held += 1;
                self.transfer(frame, &spec.dma);
            }
        }
    }

    /// The transfer holds the engine; latency does not.
    fn transfer(&mut self, frame: Frame, dma: &DmaSpec) {
        let now = self.agenda.time();
        let transfer = transfer_time(frame.bytes(), dma);
        let nic = &mut self.nics[frame.nic];
        nic.engine_free = now + transfer;
        if transfer > Span::ZERO {
            self.agenda.put(nic.engine_free, Item::DmaStart { nic: frame.nic });
        }
        if transfer + dma.latency > Span::ZERO {
            nic.in_dma.push_back(Transfer { frame, lost: false });
            self.agenda.put(now + transfer + dma.latency, Item::DmaDone { nic: frame.nic });
        } else if self.agenda.among_arrivals() && nic.late.is_empty() {
            self.show(frame);
        } else {
            // Also behind a frame that is late itself: DMA keeps its order.
            nic.late.push_back(frame);
            self.agenda.put(now, Item::LateDone);
        }
    }

    pub(in crate::reference) fn dma_done(&mut self, nic: usize) {
        let done = self.nics[nic].in_dma.pop_front().expect("a transfer was under way");
        if done.lost {
            self.leave_buffer(&done.frame);
        } else {
            self.show(done.frame);
        }
    }

    /// Held frames that started before the arrivals of one instant become visible together.
    pub(in crate::reference) fn late_done(&mut self) {
        for nic in 0..self.nics.len() {
            while let Some(frame) = self.nics[nic].late.pop_front() {
                self.show(frame);
            }
        }
    }

    /// DMA is done: the frame has left the packet buffer, and the host can see it.
    fn show(&mut self, mut frame: Frame) {
        frame.visible = self.agenda.now();
        self.leave_buffer(&frame);
        self.nics[frame.nic].rings[frame.queue as usize].visible.push_back(frame);
        self.became_visible(frame.nic, frame.queue);
    }

    fn leave_buffer(&mut self, frame: &Frame) {
        self.nics[frame.nic].buffered -= frame.bytes();
        self.buffer_drains(frame.nic);
    }

    /// A descriptor is free again; a held frame may start for it.
    pub(in crate::reference) fn free_descriptor(&mut self, frame: &Frame) {
        self.nics[frame.nic].rings[frame.queue as usize].held -= 1;
        self.start_dma(frame.nic);
    }

    /// The vector of a queue; none at the end of an instant in which it leaves a shared one.
    pub(in crate::reference) fn vector_of_queue(&self, nic: usize, queue: u32) -> Option<VectorAt> {
        let mut vectors = self.nics[nic].vectors.iter();
        let index = vectors.position(|vector| vector.queues.contains(&queue));
        index.map(|index| VectorAt { nic, index })
    }
}

/// A frame of `bytes` as TLPs: no FCS, 24 bytes each, 40 for the descriptor, 52 shared by 32.
fn transfer_time(bytes: u64, dma: &DmaSpec) -> Span {
    let Some(bits) = dma.bits else {
        return Span::ZERO;
    };
    let payload = bytes - 4;
    let whole = payload + 24 * payload.div_ceil(u64::from(dma.max_payload)) + 40;
    nearest((u128::from(whole) * 32 + 52) * 8 * PS_PER_SECOND, u128::from(bits) * 32)
}

pub(in crate::reference) const PS_PER_SECOND: u128 = 1_000_000_000_000;

pub(in crate::reference) fn nearest(numerator: u128, denominator: u128) -> Span {
    Span(u64::try_from((2 * numerator + denominator) / (2 * denominator)).expect("a span"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_counts_tlps_and_descriptors() {
        let dma = DmaSpec { bits: Some(8_000_000_000), max_payload: 256, latency: Span::ZERO };
        // 1514 + 24 x 6 + 40 + 1.625 bytes, a nanosecond each.
        assert_eq!(transfer_time(1518, &dma), Span(1_699_625));
    }
}
