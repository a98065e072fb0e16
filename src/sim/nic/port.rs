//! A port: its link, packet buffer and DMA engine, up to the ring's door.
//!
//! Frames come over the link, and from inside, many at a time; they wait here, in order, for the
//! ring.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::buffer::PacketBuffer;
use crate::rx::dma::DmaEngine;
use crate::rx::ring::Descriptor;
use crate::rx::source::{Arrivals, Sizes, link_time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::itinerary::rx_path::Ways;
use crate::sim::itinerary::steering::Routes;
use crate::sim::nic::internal_switch::Inside;
use crate::sim::nic::link::{BATCH, Link, lose_early, unseen};
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::vocab::packet::Fate;
use crate::world::outcome::Volume;
use crate::world::{Filter, NicSpec, SteeringSpec, World};

/// A port on its way to the rings.
pub(crate) struct Port {
    pub(crate) link: Link,
    /// What joins the frames of the link behind it, where something does.
    inside: Option<Box<Inside>>,
    buffer: PacketBuffer,
    pub(crate) dma: DmaEngine,
    routes: Routes,
    /// Per source of the world whether the port discards its frames.
    discards: Vec<bool>,
    /// Frames that have come over the link or will, or from inside, and that have not been through
    /// their ring's door.
    frames: FrameQueue,
    /// Frames may be turned away at the packet buffer's door.
    guarded: bool,
    /// The first ones that have been through that door; looked at only where it is guarded.
    entered: usize,
    /// What has been steered where, for a policy that wants to know.
    counts: Option<Counts>,
}

/// Frames, and their bytes, that have come to the door of their ring.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Per queue.
    pub(crate) queues: Vec<Volume>,
    /// Per entry of the indirection table.
    pub(crate) entries: Vec<Volume>,
}

/// When and where a frame wants into its ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// When its DMA may start.
    pub(crate) start: PhasedTime,
    /// Its receive queue.
    pub(crate) queue: u32,
    /// Its last bit arrives at that very moment: it has not waited for anything.
    pub(crate) arrives: bool,
}

impl Offer {
    /// The bound behind all that comes before it. Before an arrival that is also what the arrivals
    /// before it brought about at its very instant.
    pub(crate) const fn behind(&self) -> PhasedTime {
        if self.arrives { self.start.time().after() } else { self.start }
    }

    /// Its place among the offers of all ports; ties go by port.
    pub(crate) const fn order(&self) -> (PhasedTime, bool) {
        (self.start, self.arrives)
    }
}

impl Port {
    pub(crate) fn new(world: &World, nic: usize, ways: &Ways) -> Self {
        let spec = &world.nics[nic];
        let sources: Vec<usize> =
            (0..world.sources.len()).filter(|source| world.sources[*source].nic == nic).collect();
        let sizes = sizes_of(world, &sources);
        let discards = world.sources.iter().map(|source| source.filter == Filter::DropInNic);
        let discards: Vec<bool> = discards.collect();
        let pauses = spec.flow_control.is_some();
        let (inside, over_link): (Vec<usize>, Vec<usize>) =
            sources.iter().partition(|source| world.sources[**source].by_internal_switch);
        let at_link_rate = inside.is_empty() && never_fills(spec, &sizes);
        let bounded = spec.buffer.is_some() && (pauses || !at_link_rate);
        Self {
            link: Link::new(world, nic, &over_link),
            inside: Inside::new(world, &inside).map(Box::new),
            buffer: PacketBuffer::new(spec.buffer.filter(|_| bounded)),
            dma: DmaEngine::new(spec.dma),
            guarded: bounded || pauses || sources.iter().any(|source| discards[*source]),
            routes: Routes::new(world, nic, ways),
            discards,
            frames: FrameQueue::default(),
            entered: 0,
            counts: spec.rebalance.as_ref().map(|_| Counts::new(spec)),
        }
    }

    /// When and where the first frame wants into its ring, if its DMA may start by `limit`.
    pub(crate) fn front(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> Option<Offer> {
        while !self.frames.is_empty() || self.refill(limit, ledger) {
            let first = self.frames.waiting()[0];
            if first.time > limit {
                return None;
            }
            if self.guarded && self.entered == 0 && !self.enter(ledger) {
                continue;
            }
            let start = self.dma.earliest(first.time);
            let (queue, arrives) = (self.routes.queue(&first), start == first.time.at_arrivals());
            return (start.time() <= limit).then_some(Offer { start, queue, arrives });
        }
        None
    }

    /// Puts frames into their rings (`rings` from the port's first queue on), as long as their DMA
    /// starts before `bound` and nobody else needs to look: their rings are open, and none starts at
    /// the moment of `last`, when the last one that was seen at once by its host was seen.
    #[inline(never)]
    pub(crate) fn stream(
        &mut self,
        bound: PhasedTime,
        last: &mut PhasedTime,
        rings: &mut [RxQueue],
    ) {
        if self.guarded || self.counts.is_some() {
            return;
        }
        let Self { frames, dma, routes: Routes { buckets: of_sources, queues, .. }, .. } = self;
        let mut n = 0;
        let (mut source, mut buckets) = (u32::MAX, &[][..]);
        for frame in frames.waiting() {
            if frame.source != source {
                source = frame.source;
                buckets = &of_sources[source as usize];
            }
            let start = dma.earliest(frame.time);
            let queue = queues[usize::from(buckets[frame.flow as usize])] as usize;
            // None where it leads nowhere.
            let Some(RxQueue { ring, .. }) = rings.get_mut(queue) else { break };
            if start >= bound || ring.is_closed() || start == *last {
                break;
            }
            let visible = dma.transfer(start, frame.size).visible;
            if visible.is_at_arrivals() {
                *last = visible;
            }
            ring.push(Descriptor { frame: *frame, dma_start: start.time(), visible });
            n += 1;
        }
        frames.pass(n);
    }

    /// Takes more frames from the sources, of those offered by `limit`; false if there are none.
    /// None may be waiting.
    #[inline(never)]
    fn refill(&mut self, limit: Time, ledger: &mut Ledger<'_>) -> bool {
        let pauses = self.link.pausing.is_some();
        if pauses || self.inside.is_some() {
            // All that were before have left: when is known.
            let most = if pauses { 1 } else { BATCH };
            return (0..most).take_while(|_| self.take_next(limit, Time::END, ledger)).count() > 0;
        }
        // A batch may end at the link altogether.
        let Self { link, frames, .. } = self;
        while link.take_offers(limit, frames, ledger) && frames.is_empty() {}
        !frames.is_empty()
    }

    /// Takes the next frame of a port that may pause its peer (one that begins on the link by
    /// `limit`), or that has sources inside (one that arrives by then); false if there is none. What
    /// leaves the packet buffer by `known` is known.
    fn take_next(&mut self, limit: Time, known: Time, ledger: &mut Ledger<'_>) -> bool {
        let Self { link, buffer, inside, .. } = self;
        let next = match inside {
            None => link.begin_next(limit, known, buffer, ledger),
            Some(inside) => inside.next(limit, known, (link, buffer), ledger),
        };
        next.map(|frame| self.frames.push(frame)).is_some()
    }

    /// The link goes up or down; all that was offered before has been settled.
    pub(crate) fn set_link(&mut self, up: bool) {
        self.link.is_down = !up;
    }

    /// The first frame is at the packet buffer's door; false if it is turned away.
    fn enter(&mut self, ledger: &mut Ledger<'_>) -> bool {
        match self.pass_door(0) {
            Ok(()) => self.entered = 1,
            Err(fate) => {
                let frame = self.frames.waiting()[0];
                self.frames.pass(1);
                lose_early(&frame, fate, ledger);
            }
        }
        self.entered == 1
    }

    /// Puts the frame at this place, that has arrived, into the packet buffer, or tells why not.
    fn pass_door(&mut self, at: usize) -> Result<(), Fate> {
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
        match &mut self.link.pausing {
            None => self.buffer.enter(now, size),
            Some(pausing) => pausing.enter(&mut self.buffer, now, size),
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

    /// Loses the first frame at `start`, at the door of this queue (or of none).
    pub(crate) fn lose(
        &mut self,
        start: PhasedTime,
        queue: u32,
        reason: DropReason,
        ledger: &mut Ledger<'_>,
    ) {
        let (frame, now) = (self.take_first(), start.time());
        self.dma.skip(start);
        self.buffer.give_up(now, frame.size);
        ledger.lost(&unseen(&frame), queue, now, now, Fate::Dropped(reason));
    }

    /// Takes the first frame through its ring's door.
    #[inline(always)]
    fn take_first(&mut self) -> Frame {
        let frame = self.frames.waiting()[0];
        self.frames.pass(1);
        self.entered = self.entered.saturating_sub(1);
        if let Some(counts) = &mut self.counts {
            let bucket = self.routes.bucket(&frame);
            counts.note(bucket, self.routes.queues[bucket], frame.size);
        }
        frame
    }

    /// The queue that the first frame, which is at its ring's door, goes to now.
    pub(crate) fn first_queue(&self) -> Option<u32> {
        self.frames.waiting().first().map(|first| self.routes.queue(first))
    }

    /// What has been steered where.
    pub(crate) fn counts(&self) -> &Counts {
        self.counts.as_ref().expect("a port with a policy counts")
    }

    /// The indirection table.
    pub(crate) fn table(&self) -> &[u32] {
        self.routes.table()
    }

    /// Frames of this entry of the indirection table go to another queue from now on.
    pub(crate) fn steer(&mut self, entry: usize, queue: u32) {
        self.routes.queues[entry] = queue;
    }

    /// A source's frames go where `ways` lead from now on.
    pub(crate) fn lead(&mut self, world: &World, source: usize, ways: &Ways) {
        self.routes.lead(world, source, ways);
    }

    /// Brings everything before the rings up to `now`, as a control event must find it.
    pub(crate) fn settle(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        if self.link.pausing.is_none() {
            let Self { link, inside, frames, .. } = self;
            let frames = inside.as_mut().map_or(frames, |inside| &mut inside.on_link);
            while link.take_offers(now, frames, ledger) {}
        }
        self.enter_arrived(now, ledger);
        if self.link.pausing.is_some() || self.inside.is_some() {
            // What has not left by now leaves later.
            while self.take_next(now, now, ledger) {
                self.enter_arrived(now, ledger);
            }
        }
        if let Some(pausing) = &mut self.link.pausing {
            pausing.resume(&mut self.buffer, now);
        }
    }

    /// Frames that have arrived by `now` pass the packet buffer's door.
    fn enter_arrived(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        let mut at = self.entered;
        while self.guarded
            && let Some(frame) = self.frames.waiting().get(at).copied()
            && frame.time <= now
        {
            match self.pass_door(at) {
                Ok(()) => {
                    self.frames.behind_mut(self.entered)[0] = frame;
                    self.entered += 1;
                }
                Err(fate) => lose_early(&frame, fate, ledger),
            }
            at += 1;
        }
        // What lies between is gone, or has moved forward.
        self.frames.remove_between(self.entered, at);
    }

    /// Closed loops come to know what became of their packets up to `now`.
    pub(crate) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        self.link.merge.feed_back(now, ledger);
        if let Some(inside) = &mut self.inside {
            inside.merge.feed_back(now, ledger);
        }
    }

    /// Frames, and their bytes, that have come over the link by `now`, to which the port has been
    /// settled.
    pub(crate) fn over_link(&self, now: Time) -> Volume {
        let on_link = self.inside.as_ref().map_or(&self.frames, |inside| &inside.on_link);
        let waiting = on_link.waiting();
        let arrived = waiting.partition_point(|frame| frame.time <= now);
        self.link.taken.less(Volume::of(&waiting[arrived..]))
    }

    /// Frames before the rings.
    pub(crate) fn frames_inside(&self) -> usize {
        let before = self.link.pausing.as_ref().map_or(0, |pausing| pausing.len());
        let joining = self.inside.as_ref().map_or(0, |inside| inside.len());
        self.frames.len() + before + joining
    }

    /// How long the peer has paused by `now`, to which the port has been settled.
    pub(crate) fn paused_by(&self, now: Time) -> Span {
        self.link.pausing.as_ref().map_or(Span::ZERO, |pausing| pausing.paused_by(now))
    }

    /// Whether no source has anything left.
    pub(crate) fn is_exhausted(&self) -> bool {
        let inside = self.inside.as_ref();
        self.link.merge.is_exhausted() && inside.is_none_or(|inside| inside.merge.is_exhausted())
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
/// than the link takes for it: then a frame waits for DMA no longer than the largest frame holds
/// the link, and the buffer holds what comes meanwhile.
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

impl Counts {
    fn new(spec: &NicSpec) -> Self {
        let entries = if let SteeringSpec::Rss(rss) = &spec.steering { rss.table.len() } else { 0 };
        let none = |n: usize| vec![Volume::default(); n];
        Self { queues: none(spec.queues.len()), entries: none(entries) }
    }

    fn note(&mut self, bucket: usize, queue: u32, size: u32) {
        let frame = Volume { packets: 1, bytes: size.into() };
        if let Some(queue) = self.queues.get_mut(queue as usize) {
            *queue += frame;
        }
        if let Some(entry) = self.entries.get_mut(bucket) {
            *entry += frame;
        }
    }
}
