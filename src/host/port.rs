//! A port: its sources, link, packet buffer and DMA engine, up to the ring's door.
//!
//! Frames are pulled through one by one, in order; only where a control event cuts a frame's trip
//! in two do frames wait in lists between the stations.

use super::ledger::{Ledger, dropped, unseen};
use super::merge::Merge;
use super::world::{Filter, NicSpec, SteeringSpec, World};
use crate::engine::time::{Moment, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::dma::DmaEngine;
use crate::rx::ring::Descriptor;
use crate::rx::steering::rss::Rss;
use crate::rx::wire::Wire;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::{Fate, Packet};
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

/// A frame of a source.
#[derive(Clone, Copy, Debug)]
struct Frame {
    source: u32,
    packet: Packet,
    arrival: Time,
}

/// A frame that wants into its ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// When its DMA may start.
    pub(super) start: Moment,
    /// Its receive queue.
    pub(super) queue: u32,
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
            buffer: PacketBuffer::new(spec.buffer),
            dma: DmaEngine::new(spec.dma),
            routes,
            queues,
            underway: VecDeque::new(),
            buffered: VecDeque::new(),
            head: None,
            frames: super::outcome::Load::default(),
        }
    }

    /// The next frame whose DMA may start by `limit`.
    #[inline]
    pub(super) fn offer(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Offer> {
        if self.head.is_none() {
            self.head = match self.buffered.pop_front() {
                None => self.next_buffered(limit, ledger),
                some => some,
            };
        }
        let head = self.head.as_ref()?;
        let start = self.dma.earliest(head.arrival);
        (start.time() <= limit).then(|| Offer { start, queue: self.queue_of(head) })
    }

    #[inline]
    fn queue_of(&self, frame: &Frame) -> u32 {
        let route = &self.routes[frame.source as usize];
        self.queues[usize::from(route.buckets[frame.packet.flow.at()])]
    }

    /// The next frame that enters the packet buffer by `limit`.
    #[inline]
    fn next_buffered(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Frame> {
        loop {
            let frame = match self.underway.pop_front() {
                None => self.next_sent(limit, ledger)?,
                Some(frame) => frame,
            };
            if frame.arrival > limit {
                self.underway.push_front(frame);
                return None;
            }
            if self.enters_buffer(&frame, ledger) {
                return Some(frame);
            }
        }
    }

    /// The next frame offered by `limit` that the link takes.
    #[inline]
    fn next_sent(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Frame> {
        loop {
            let (source, packet) = self.merge.next(limit)?;
            let number = self.routes[source as usize].source;
            ledger.offered(number, packet.size);
            if let Some(arrival) = self.wire.send(packet.time, packet.size) {
                return Some(Frame { source, packet, arrival });
            }
            let (time, packet) = (packet.time, unseen(&packet, number, packet.time));
            let fate = dropped(DropReason::LinkFull);
            ledger.lost(&packet, super::ledger::NO_QUEUE, time, time, fate);
        }
    }

    #[inline]
    fn enters_buffer(&mut self, frame: &Frame, ledger: &mut Ledger<'_>) -> bool {
        let size = frame.packet.size;
        self.frames.packets += 1;
        self.frames.bytes += u64::from(size);
        let route = &self.routes[frame.source as usize];
        if !route.discard && self.buffer.enter(frame.arrival, size) {
            return true;
        }
        let fate = if route.discard { Fate::Filtered } else { dropped(DropReason::BufferFull) };
        let packet = unseen(&frame.packet, route.source, frame.arrival);
        ledger.lost(&packet, super::ledger::NO_QUEUE, frame.arrival, frame.arrival, fate);
        false
    }

    /// Starts the DMA of the head at `start`.
    #[inline]
    pub(super) fn transfer(&mut self, start: Moment) -> Descriptor {
        let frame = self.head.take().expect("a frame that was offered is at the head");
        let packet = frame.packet;
        let transfer = self.dma.transfer(start, packet.size);
        self.buffer.leave(transfer.done, packet.size);
        Descriptor {
            visible: transfer.visible,
            arrival: frame.arrival,
            dma_start: start.time(),
            number: packet.number,
            size: packet.size,
            flow: packet.flow.0,
            source: self.routes[frame.source as usize].source,
        }
    }

    /// Loses the head at `start`, because its ring is full.
    pub(super) fn lose(&mut self, start: Moment, queue: u32, ledger: &mut Ledger<'_>) {
        let frame = self.head.take().expect("a frame that was offered is at the head");
        let now = start.time();
        self.dma.skip(start);
        self.buffer.leave(now, frame.packet.size);
        let source = self.routes[frame.source as usize].source;
        let packet = unseen(&frame.packet, source, frame.arrival);
        ledger.lost(&packet, queue, now, now, dropped(DropReason::RingFull));
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
