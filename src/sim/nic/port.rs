//! A port: its link, packet buffer and DMA engine.
//!
//! Frames are taken from the link and the internal switch many at a time. They wait here, in order,
//! for their ring.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::dma::DmaEngine;
use crate::rx::ring::Descriptor;
use crate::rx::source::{Arrivals, Sizes, link_time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::itinerary::rx_path::RxPaths;
use crate::sim::itinerary::steering::SteeringTable;
use crate::sim::nic::internal_switch::InternalSwitch;
use crate::sim::nic::link::{BATCH, Link, drop_before_queue, undelivered};
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::packet::Fate;
use crate::world::outcome::Volume;
use crate::world::{Filter, NicSpec, SteeringSpec, World};

/// A port, up to its rings.
pub(crate) struct Port {
    pub(crate) link: Link,
    /// The internal switch, if a source sends through it.
    internal_switch: Option<Box<InternalSwitch>>,
    buffer: PacketBuffer,
    pub(crate) dma: DmaEngine,
    steering: SteeringTable,
    /// Per source of the world whether the port filters its frames.
    discards: Vec<bool>,
    /// Frames that have arrived, or will, and have not entered their ring.
    frames: FrameQueue,
    /// The packet buffer may drop frames, pause the peer, or filter them, so that each entry is
    /// checked.
    watches_buffer: bool,
    /// How many of the first frames have entered the packet buffer; used only with checks.
    entered: usize,
    /// What was steered where, for a policy.
    counts: Option<SteeringCounts>,
}

/// Volume that was steered to each queue and by each table entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct SteeringCounts {
    pub(crate) queues: Vec<Volume>,
    pub(crate) entries: Vec<Volume>,
}

/// A frame that is to enter its ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// When its DMA may start.
    pub(crate) start: PhasedTime,
    /// The receive queue.
    pub(crate) queue: u32,
    /// The frame arrives at `start`: it has waited for nothing.
    pub(crate) arrives: bool,
}

impl Offer {
    /// The bound behind all that comes before the frame. Before an arrival, that includes what
    /// earlier arrivals of the same instant caused.
    pub(crate) const fn behind(&self) -> PhasedTime {
        if self.arrives { self.start.time().after() } else { self.start }
    }

    /// The order among the offers of all ports; ties go by port.
    pub(crate) const fn order(&self) -> (PhasedTime, bool) {
        (self.start, self.arrives)
    }
}

impl Port {
    pub(crate) fn new(world: &World, nic: usize, rx_paths: &RxPaths) -> Self {
        let spec = &world.nics[nic];
        let sources: Vec<usize> =
            (0..world.sources.len()).filter(|source| world.sources[*source].nic == nic).collect();
        let sizes = sizes_of(world, &sources);
        let discards = world.sources.iter().map(|source| source.filter == Filter::DropInNic);
        let discards: Vec<bool> = discards.collect();
        let may_pause = spec.flow_control.is_some();
        let (internal, over_link): (Vec<usize>, Vec<usize>) =
            sources.iter().partition(|source| world.sources[**source].by_internal_switch);
        let at_link_rate = internal.is_empty() && never_fills(spec, &sizes);
        let bounded = spec.buffer.is_some() && (may_pause || !at_link_rate);
        Self {
            link: Link::new(world, nic, &over_link),
            internal_switch: InternalSwitch::new(world, &internal).map(Box::new),
            buffer: PacketBuffer::new(spec.buffer.filter(|_| bounded)),
            dma: DmaEngine::new(spec.dma),
            watches_buffer: bounded || may_pause || sources.iter().any(|source| discards[*source]),
            steering: SteeringTable::new(world, nic, rx_paths),
            discards,
            frames: FrameQueue::default(),
            entered: 0,
            counts: spec.rebalance.as_ref().map(|_| SteeringCounts::new(spec)),
        }
    }

    /// The first frame whose DMA may start by `limit`, with its queue.
    pub(crate) fn front(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Offer> {
        while !self.frames.is_empty() || self.refill(limit, ledger) {
            let first = self.frames.waiting()[0];
            if first.time > limit {
                return None;
            }
            if self.watches_buffer && self.entered == 0 && !self.enter(ledger) {
                continue;
            }
            let start = self.dma.earliest(first.time);
            let (queue, arrives) = (self.steering.queue(&first), start == first.time.at_arrivals());
            return (start.time() <= limit).then_some(Offer { start, queue, arrives });
        }
        None
    }

    /// Puts frames into their rings (`rings` begins with the port's queue 0) as long as their DMA
    /// starts before `bound` and no other component has to act: no ring needs to be synced, and no
    /// DMA starts at `last`, when the last frame that was visible at its arrival became visible.
    #[inline(never)]
    pub(crate) fn stream(
        &mut self,
        bound: PhasedTime,
        last: &mut PhasedTime,
        rings: &mut [RxQueue],
    ) {
        if self.watches_buffer || self.counts.is_some() {
            return;
        }
        let Self {
            frames, dma, steering: SteeringTable { buckets: of_sources, queues, .. }, ..
        } = self;
        let mut n = 0;
        let (mut source, mut buckets) = (u32::MAX, &[][..]);
        for frame in frames.waiting() {
            if frame.source != source {
                source = frame.source;
                buckets = &of_sources[source as usize];
            }
            let start = dma.earliest(frame.time);
            let queue = queues[usize::from(buckets[frame.flow as usize])] as usize;
            // There is none if the receive path drops the frame.
            let Some(RxQueue { ring, .. }) = rings.get_mut(queue) else { break };
            if start >= bound || ring.needs_sync() || start == *last {
                break;
            }
            let visible = dma.transfer(start, frame.size).visible;
            if visible.is_at_arrivals() {
                *last = visible;
            }
            ring.push(Descriptor { frame: *frame, dma_start: start.time(), visible });
            n += 1;
        }
        frames.consume(n);
    }

    /// Takes more frames that are offered by `limit`; false if there are none. No frame may be
    /// waiting.
    #[inline(never)]
    fn refill(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> bool {
        let may_pause = self.link.flow_control.is_some();
        if may_pause || self.internal_switch.is_some() {
            // All earlier frames have left, so all departures are known.
            let most = if may_pause { 1 } else { BATCH };
            return (0..most).take_while(|_| self.take_next(limit, Time::END, ledger)).count() > 0;
        }
        // A whole batch may be dropped at the link.
        let Self { link, frames, .. } = self;
        while link.take_offers(limit, frames, ledger) && frames.is_empty() {}
        !frames.is_empty()
    }

    /// Takes the next frame of a port with flow control (one that begins on the link by `limit`) or
    /// with an internal switch (one that arrives by then); false if there is none. All departures
    /// from the packet buffer up to `known` are known.
    fn take_next(&mut self, limit: Time, known: Time, ledger: &mut Ledger<'_>) -> bool {
        let Self { link, buffer, internal_switch, .. } = self;
        let next = match internal_switch {
            None => link.begin_next(limit, known, buffer, ledger),
            Some(switch) => switch.next(limit, known, link, buffer, ledger),
        };
        next.map(|frame| self.frames.push(frame)).is_some()
    }

    /// Sets the link up or down. The port must have been synced.
    pub(crate) fn set_link(&mut self, up: bool) {
        self.link.is_down = !up;
    }

    /// Lets the first frame enter the packet buffer; false if it is dropped or filtered.
    fn enter(&mut self, ledger: &mut Ledger<'_>) -> bool {
        match self.admit_to_buffer(0) {
            Ok(()) => self.entered = 1,
            Err(fate) => {
                let frame = self.frames.waiting()[0];
                self.frames.consume(1);
                drop_before_queue(&frame, fate, ledger);
            }
        }
        self.entered == 1
    }

    /// Puts the arrived frame at index `at` into the packet buffer, or returns why not.
    fn admit_to_buffer(&mut self, at: usize) -> Result<(), Fate> {
        let frame = self.frames.waiting()[at];
        if self.discards[frame.source as usize] {
            Err(Fate::Filtered)
        } else if self.enter_buffer(frame.time, frame.size) {
            Ok(())
        } else {
            Err(Fate::Dropped(DropReason::BufferFull))
        }
    }

    fn enter_buffer(&mut self, now: Time, size: u32) -> bool {
        match &mut self.link.flow_control {
            None => self.buffer.enter(now, size),
            Some(flow_control) => flow_control.enter(&mut self.buffer, now, size),
        }
    }

    /// Starts the DMA of the first frame at `start`.
    #[inline(always)]
    pub(crate) fn transfer(&mut self, start: PhasedTime) -> Descriptor {
        let frame = self.take_first();
        let transfer = self.dma.transfer(start, frame.size);
        self.buffer.leave(transfer.done, frame.size);
        Descriptor { frame, dma_start: start.time(), visible: transfer.visible }
    }

    /// Drops the first frame at `start`, before this queue (or before it had one).
    pub(crate) fn drop_first(
        &mut self,
        start: PhasedTime,
        queue: u32,
        reason: DropReason,
        ledger: &mut Ledger<'_>,
    ) {
        let (frame, now) = (self.take_first(), start.time());
        self.dma.skip(start);
        self.buffer.give_up(now, frame.size);
        ledger.lost(&undelivered(&frame), queue, now, now, Fate::Dropped(reason));
    }

    /// Takes the first frame out, into its ring or to be dropped.
    #[inline(always)]
    fn take_first(&mut self) -> Frame {
        let frame = self.frames.waiting()[0];
        self.frames.consume(1);
        self.entered = self.entered.saturating_sub(1);
        if let Some(counts) = &mut self.counts {
            let bucket = self.steering.bucket(&frame);
            counts.record(bucket, self.steering.queues[bucket], frame.size);
        }
        frame
    }

    /// The queue of the first frame by the current steering.
    pub(crate) fn first_queue(&self) -> Option<u32> {
        self.frames.waiting().first().map(|first| self.steering.queue(first))
    }

    pub(crate) fn counts(&self) -> &SteeringCounts {
        self.counts.as_ref().expect("a port with a policy counts")
    }

    pub(crate) fn table(&self) -> &[u32] {
        self.steering.table()
    }

    /// Points this entry of the indirection table at another queue.
    pub(crate) fn set_entry(&mut self, entry: usize, queue: u32) {
        self.steering.queues[entry] = queue;
    }

    /// Steers a source's frames by its current receive path.
    pub(crate) fn set_route(&mut self, world: &World, source: usize, rx_paths: &RxPaths) {
        self.steering.set_route(world, source, rx_paths);
    }

    /// Brings the port up to a control event at `now`: link, buffer and pauses.
    pub(crate) fn sync_to(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        if self.link.flow_control.is_none() {
            let Self { link, internal_switch, frames, .. } = self;
            let frames = internal_switch.as_mut().map_or(frames, |switch| &mut switch.on_link);
            while link.take_offers(now, frames, ledger) {}
        }
        self.enter_arrived(now, ledger);
        if self.link.flow_control.is_some() || self.internal_switch.is_some() {
            // A frame that has not left by now leaves later.
            while self.take_next(now, now, ledger) {
                self.enter_arrived(now, ledger);
            }
        }
        if let Some(flow_control) = &mut self.link.flow_control {
            flow_control.resume(&mut self.buffer, now);
        }
    }

    /// Lets the frames that have arrived by `now` enter the packet buffer.
    fn enter_arrived(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        let mut at = self.entered;
        while self.watches_buffer
            && let Some(frame) = self.frames.waiting().get(at).copied()
            && frame.time <= now
        {
            match self.admit_to_buffer(at) {
                Ok(()) => {
                    self.frames.behind_mut(self.entered)[0] = frame;
                    self.entered += 1;
                }
                Err(fate) => drop_before_queue(&frame, fate, ledger),
            }
            at += 1;
        }
        // The frames in between were dropped or moved forward.
        self.frames.remove_between(self.entered, at);
    }

    /// Tells closed loops which of their packets were delivered by `now`.
    pub(crate) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        self.link.merge.feed_back(now, ledger);
        if let Some(switch) = &mut self.internal_switch {
            switch.merge.feed_back(now, ledger);
        }
    }

    /// Volume that has come over the link by `now`, up to which the port has been synced.
    pub(crate) fn over_link(&self, now: Time) -> Volume {
        let on_link = self.internal_switch.as_ref().map_or(&self.frames, |switch| &switch.on_link);
        let waiting = on_link.waiting();
        let arrived = waiting.partition_point(|frame| frame.time <= now);
        self.link.taken.since(Volume::of(&waiting[arrived..]))
    }

    /// Frames that have not entered a ring.
    pub(crate) fn frames_inside(&self) -> usize {
        let before = self.link.flow_control.as_ref().map_or(0, |flow_control| flow_control.len());
        let joining = self.internal_switch.as_ref().map_or(0, |switch| switch.len());
        self.frames.len() + before + joining
    }

    /// How long the peer has paused by `now`, up to which the port has been synced.
    pub(crate) fn paused_by(&self, now: Time) -> Span {
        self.link
            .flow_control
            .as_ref()
            .map_or(Span::ZERO, |flow_control| flow_control.paused_by(now))
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        let switch = self.internal_switch.as_ref();
        self.link.merge.is_exhausted() && switch.is_none_or(|switch| switch.merge.is_exhausted())
    }
}

/// The frame sizes of these sources.
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

/// Whether the packet buffer provably never fills, so that it need not be checked.
///
/// That holds if no frame waits for a descriptor and the DMA of every frame is at most as long as
/// its time on the link. Then a frame waits for DMA no longer than the largest frame occupies the
/// link, and the buffer holds what arrives meanwhile.
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
    let residence = on_link(*largest) * 2 + spec.dma.latency;
    let meanwhile = u128::from(residence.0) * u128::from(link) / 8_000_000_000_000;
    meanwhile + 3 * u128::from(*largest) < u128::from(capacity)
}

impl SteeringCounts {
    fn new(spec: &NicSpec) -> Self {
        let entries = if let SteeringSpec::Rss(rss) = &spec.steering { rss.table.len() } else { 0 };
        let none = |n: usize| vec![Volume::default(); n];
        Self { queues: none(spec.queues.len()), entries: none(entries) }
    }

    fn record(&mut self, bucket: usize, queue: u32, size: u32) {
        let frame = Volume { packets: 1, bytes: size.into() };
        if let Some(queue) = self.queues.get_mut(queue as usize) {
            *queue += frame;
        }
        if let Some(entry) = self.entries.get_mut(bucket) {
            *entry += frame;
        }
    }
}
