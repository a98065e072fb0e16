//! A port: its sources, link, packet buffer and DMA engine, up to the ring's door.
//!
//! Frames are pulled through one by one, in order; only where a control event cuts a frame's trip
//! in two do frames wait in lists between the stations.

use super::ledger::{Ledger, NO_QUEUE};
use super::merge::Merge;
use super::world::{Filter, NicSpec, SteeringSpec, World};
use crate::engine::time::{Moment, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::dma::DmaEngine;
use crate::rx::ring::Descriptor;
use crate::rx::source::{Arrivals, Sizes, link_time};
use crate::rx::steering::rss::Rss;
use crate::rx::wire::Wire;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use std::collections::VecDeque;

/// A port on its way to the rings.
pub(super) struct Port {
    merge: Merge,
    pub(super) wire: Wire,
    buffer: PacketBuffer,
    pub(super) dma: DmaEngine,
    routes: Vec<Route>,
    /// Queue of each bucket: the indirection table, then queue 0 for what cannot be hashed, then
    /// the queues that filters name.
    queues: Vec<u32>,
    /// Frames offered, whose last bit has not been looked at yet.
    underway: VecDeque<Frame>,
    /// Frames in the packet buffer behind the one at the head.
    buffered: VecDeque<Frame>,
    head: Option<Frame>,
    /// Frames, and their bytes, that have come over the link.
    pub(super) frames: super::outcome::Load,
}

/// A frame that has been offered to the link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// When its last bit has arrived.
    pub(super) arrival: Time,
    number: u64,
    size: u32,
    flow: u32,
    /// Its source's number within the port.
    source: u32,
}

/// When and where a frame wants into its ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// When its DMA may start.
    pub(super) start: Moment,
    /// Its receive queue.
    pub(super) queue: u32,
    /// Its last bit arrives at that very moment: it has not waited for anything.
    pub(super) arrives: bool,
}

impl Offer {
    /// The bound behind all that comes before it. Before an arrival that is also what the arrivals
    /// before it brought about at its very instant.
    pub(super) const fn behind(&self) -> Moment {
        if self.arrives { self.start.time().after() } else { self.start }
    }

    /// Its place among the offers of all ports; ties go by port.
    pub(super) const fn order(&self) -> (Moment, bool) {
        (self.start, self.arrives)
    }
}

/// How the packets of one source go.
#[derive(Debug)]
struct Route {
    /// World-wide number of the source.
    source: u32,
    discard: bool,
    /// Bucket of each flow.
    buckets: Vec<u16>,
}

impl Port {
    pub(super) fn new(world: &World, nic: usize) -> Self {
        let spec = &world.nics[nic];
        let sources: Vec<usize> =
            (0..world.sources.len()).filter(|source| world.sources[*source].nic == nic).collect();
        let sizes = sizes_of(world, &sources);
        let mut queues = match &spec.steering {
            SteeringSpec::SingleQueue => vec![],
            SteeringSpec::Rss(rss) => rss.table.clone(),
        };
        queues.push(0);
        let routes =
            sources.iter().map(|source| Route::new(world, *source, spec, &mut queues)).collect();
        Self {
            merge: Merge::new(world, &sources),
            wire: Wire::new(spec.link, spec.egress),
            buffer: PacketBuffer::new(if never_fills(spec, &sizes) { None } else { spec.buffer }),
            dma: DmaEngine::new(spec.dma),
            routes,
            queues,
            underway: VecDeque::new(),
            buffered: VecDeque::new(),
            head: None,
            frames: super::outcome::Load::default(),
        }
    }

    /// The next frame whose DMA may start by `limit`, taken out of the port.
    #[inline(always)]
    pub(super) fn take(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<(Frame, Offer)> {
        let frame = match self.head.take() {
            Some(frame) => frame,
            None if self.is_flowing() => self.pull(limit, ledger)?,
            None => self.next_buffered(limit, ledger)?,
        };
        let offer = self.offer(&frame);
        if offer.start.time() > limit {
            self.head = Some(frame);
            return None;
        }
        Some((frame, offer))
    }

    /// Takes the head of a port that was blocked.
    pub(super) fn take_head(&mut self) -> Frame {
        self.head.take().expect("a blocked port has its frame at the head")
    }

    /// Puts back a frame that was taken too early.
    pub(super) fn put_back(&mut self, frame: Frame) {
        self.head = Some(frame);
    }

    /// When and where a frame wants into its ring.
    #[inline(always)]
    fn offer(&self, frame: &Frame) -> Offer {
        let start = self.dma.earliest(frame.arrival);
        let route = &self.routes[frame.source as usize];
        let queue = self.queues[usize::from(route.buckets[frame.flow as usize])];
        Offer { start, queue, arrives: start == frame.arrival.at_arrivals() }
    }

    /// Whether no frame waits between the stations.
    #[inline(always)]
    fn is_flowing(&self) -> bool {
        self.buffered.is_empty() && self.underway.is_empty()
    }

    /// The next frame that enters the packet buffer by `limit`, where none waits.
    #[inline(always)]
    fn pull(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Frame> {
        loop {
            let frame = self.next_sent(limit, ledger)?;
            if frame.arrival > limit {
                self.underway.push_back(frame);
                return None;
            }
            if self.enters_buffer(&frame, ledger) {
                return Some(frame);
            }
        }
    }

    /// The next frame that enters the packet buffer by `limit`.
    #[inline(never)]
    fn next_buffered(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Frame> {
        if let Some(frame) = self.buffered.pop_front() {
            return Some(frame);
        }
        while let Some(frame) = self.underway.front().copied() {
            if frame.arrival > limit {
                return None;
            }
            self.underway.pop_front();
            if self.enters_buffer(&frame, ledger) {
                return Some(frame);
            }
        }
        self.pull(limit, ledger)
    }

    /// The next frame offered by `limit` that the link takes.
    #[inline(always)]
    fn next_sent(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Frame> {
        loop {
            let (source, packet) = self.merge.next(limit)?;
            let (number, size, flow) = (packet.number, packet.size, packet.flow.0);
            ledger.offered(self.routes[source as usize].source, size);
            let arrival = self.wire.send(packet.time, size);
            let mut frame = Frame { arrival: packet.time, number, size, flow, source };
            if let Some(arrival) = arrival {
                frame.arrival = arrival;
                return Some(frame);
            }
            self.lose_early(&frame, Fate::Dropped(DropReason::LinkFull), ledger);
        }
    }

    #[inline(always)]
    fn enters_buffer(&mut self, frame: &Frame, ledger: &mut Ledger<'_>) -> bool {
        self.frames.packets += 1;
        self.frames.bytes += u64::from(frame.size);
        let discard = self.routes[frame.source as usize].discard;
        if !discard && self.buffer.enter(frame.arrival, frame.size) {
            return true;
        }
        let fate = if discard { Fate::Filtered } else { Fate::Dropped(DropReason::BufferFull) };
        self.lose_early(frame, fate, ledger);
        false
    }

    /// A frame ends at its arrival, before it has a queue.
    #[inline(never)]
    fn lose_early(&self, frame: &Frame, fate: Fate, ledger: &mut Ledger<'_>) {
        let packet = self.unseen(frame);
        ledger.lost(&packet, NO_QUEUE, frame.arrival, frame.arrival, fate);
    }

    /// Starts the DMA of a frame at `start`.
    #[inline(always)]
    pub(super) fn transfer(&mut self, frame: &Frame, start: Moment) -> Descriptor {
        let transfer = self.dma.transfer(start, frame.size);
        self.buffer.leave(transfer.done, frame.size);
        Descriptor {
            visible: transfer.visible,
            arrival: frame.arrival,
            dma_start: start.time(),
            number: frame.number,
            size: frame.size,
            flow: frame.flow,
            source: self.routes[frame.source as usize].source,
        }
    }

    /// Loses a frame at `start`, because its ring is full.
    pub(super) fn lose(
        &mut self,
        frame: &Frame,
        start: Moment,
        queue: u32,
        ledger: &mut Ledger<'_>,
    ) {
        let now = start.time();
        self.dma.skip(start);
        self.buffer.give_up(now, frame.size);
        ledger.lost(&self.unseen(frame), queue, now, now, Fate::Dropped(DropReason::RingFull));
    }

    /// A frame as a descriptor that no host has seen.
    fn unseen(&self, frame: &Frame) -> Descriptor {
        Descriptor {
            visible: frame.arrival.at_arrivals(),
            arrival: frame.arrival,
            dma_start: frame.arrival,
            number: frame.number,
            size: frame.size,
            flow: frame.flow,
            source: self.routes[frame.source as usize].source,
        }
    }

    /// Brings everything before the rings up to `now`, as a control event must find it.
    pub(super) fn settle(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        while let Some(frame) = self.next_sent(now, ledger) {
            self.underway.push_back(frame);
        }
        while let Some(frame) = self.underway.front().copied()
            && frame.arrival <= now
        {
            self.underway.pop_front();
            if self.enters_buffer(&frame, ledger) {
                self.buffered.push_back(frame);
            }
        }
    }

    /// Frames before the rings.
    pub(super) fn frames_inside(&self) -> usize {
        self.underway.len() + self.buffered.len() + usize::from(self.head.is_some())
    }

    /// Whether no source has anything left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.merge.is_exhausted()
    }
}

/// All frame sizes that these sources send.
fn sizes_of(world: &World, sources: &[usize]) -> Vec<u32> {
    let sizes = |source: &usize| {
        let spec = &world.sources[*source].source;
        match (&spec.arrivals, &spec.sizes) {
            (Arrivals::Capture(capture), _) => capture.packets.iter().map(|p| p.size).collect(),
            (_, Sizes::Fixed(size)) => vec![*size],
            (_, Sizes::Mix(sizes)) => sizes.iter().map(|(size, _)| *size).collect::<Vec<u32>>(),
        }
    };
    let mut sizes: Vec<u32> = sources.iter().flat_map(sizes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Whether the packet buffer provably never fills, so that it need not be watched.
///
/// It does not where no frame waits for a descriptor and DMA transfers every frame in no more time
/// than the link takes for it: then a frame waits for DMA no longer than the largest frame holds the link, and
/// the buffer holds what comes meanwhile.
fn never_fills(spec: &NicSpec, sizes: &[u32]) -> bool {
    let (Some(link), Some(capacity), Some(largest)) = (spec.link, spec.buffer, sizes.last()) else {
        return false;
    };
    let mut dma = DmaEngine::new(spec.dma);
    let on_link = |size: u32| link_time(size, link);
    let mut keeps_up = |size: &u32| dma.transfer_time(*size) <= on_link(*size);
    if spec.hold || !sizes.iter().all(&mut keeps_up) {
        return false;
    }
    let stay = on_link(*largest) * 2 + spec.dma.latency;
    let meanwhile = u128::from(stay.0) * u128::from(link) / 8_000_000_000_000;
    meanwhile + 3 * u128::from(*largest) < u128::from(capacity)
}

impl Route {
    fn new(world: &World, source: usize, nic: &NicSpec, queues: &mut Vec<u32>) -> Self {
        let traffic = &world.sources[source];
        let keys = traffic.source.flow_keys(world.seed);
        let buckets = match (&traffic.filter, &nic.steering) {
            (Filter::Pin(queue), _) => {
                queues.push(*queue);
                let bucket =
                    u16::try_from(queues.len() - 1).expect("tables have at most 2^15 entries");
                keys.map(|_| bucket).collect()
            }
            (_, SteeringSpec::SingleQueue) => keys.map(|_| 0).collect(),
            (_, SteeringSpec::Rss(rss)) => {
                let rss = Rss::new(rss);
                keys.map(|key| rss.bucket(&key)).collect()
            }
        };
        let discard = traffic.filter == Filter::DropInNic;
        Self { source: source as u32, discard, buckets }
    }
}
