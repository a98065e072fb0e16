//! The ledger: every packet is entered when it is offered and once more when it ends.
//!
//! It holds what each source's packets cost, tallies how they ended, and hashes every end into the
//! run's fingerprint.

use crate::engine::digest;
use crate::engine::time::{Span, Time};
use crate::rx::ring::{Descriptor, Finished};
use crate::rx::source::Arrivals;
use crate::sim::accounting::reordering::Order;
use crate::sim::accounting::slowdown;
use crate::sim::itinerary::channels::{by_flow, channels_of};
use crate::sim::itinerary::costs::PacketCosts;
use crate::sim::queue::rx_queue::RxQueue;
use crate::vocab::frame::Frame;
use crate::vocab::id::SourceId;
use crate::vocab::packet::{Fate, Record};
use crate::vocab::stage::Stage;
use crate::world::outcome::{BroadcastTally, SourceTally, Volume};
use crate::world::{Consumer, Filter, VnicOwner, World};

/// The queue of a packet that ended before it had one.
pub(crate) const NO_QUEUE: u32 = u32::MAX;

/// All accounts, and the digest of all ends.
pub(crate) struct Ledger<'s> {
    accounts: Vec<Account>,
    /// Per source what its packets cost.
    costs: Vec<PacketCosts>,
    /// Per virtual NIC what became of packets for all of them, where there are such packets.
    pub(crate) flooded: Vec<BroadcastTally>,
    floods: bool,
    /// Slowdowns are recorded.
    slowdown: bool,
    digest: u64,
    /// Packets offered up to the opening of the window.
    offered: u64,
    sink: Option<&'s mut dyn FnMut(Record)>,
}

/// One source's account.
struct Account {
    to: Next,
    /// The channel of each flow behind the one that `to` names, where there are several.
    channels: Vec<u32>,
    /// Its packets are for all virtual NICs of its port: copies for all but the last.
    floods: Vec<Copied>,
    filtered_by_driver: bool,
    /// Software spreads them over cores.
    uses_rps: bool,
    /// Driver or switch do with its packets what they do with few.
    is_unusual: bool,
    order: Order,
    tally: SourceTally,
    /// Packets inside when the window opened.
    inside_before: u64,
}

/// Whom a copy is for: a virtual NIC, and the channel of each flow, if it has several.
struct Copied {
    vnic: usize,
    to: Next,
    channels: Vec<u32>,
}

/// A packet whose deferred work is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RxPacket {
    pub(crate) packet: Descriptor,
    /// Its receive queue.
    pub(crate) queue: u32,
    /// Start and end of its deferred work; under `interrupt-per-packet` the start is the handler's.
    pub(crate) start: Time,
    pub(crate) end: Time,
    /// Visible until interrupt taken.
    pub(crate) moderation: Span,
    /// The part of the time from start to end that was its driver's work ...
    pub(crate) deferred: Span,
    /// ... and the virtual switch's.
    pub(crate) vswitch: Span,
}

/// What becomes of a packet whose deferred work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It has ended.
    Ended,
    /// This app consumes it.
    App(usize),
    /// It goes through this channel to a guest.
    Guest(usize),
    /// It goes to the backlog of a core.
    Backlog,
}

impl<'s> Ledger<'s> {
    pub(crate) fn new(world: &World, sink: Option<&'s mut dyn FnMut(Record)>) -> Self {
        let accounts: Vec<Account> =
            (0..world.sources.len()).map(|source| Account::new(world, source)).collect();
        let costs =
            (0..world.sources.len()).map(|source| PacketCosts::new(world, source)).collect();
        let flooded = vec![BroadcastTally::default(); world.vnics.len()];
        let floods = world.sources.iter().any(|source| source.to == Consumer::Broadcast);
        let slowdown = world.slowdown;
        Self { accounts, costs, flooded, floods, slowdown, digest: 0, offered: 0, sink }
    }

    /// These frames are offered to the wire, all by one source where it is known; what they are
    /// together.
    pub(crate) fn offered(&mut self, frames: &[Frame], source: Option<u32>) -> Volume {
        let load = Volume::of(frames);
        if let Some(source) = source {
            self.accounts[source as usize].tally.offered += load;
        } else {
            for frame in frames {
                let offered = &mut self.accounts[frame.source as usize].tally.offered;
                *offered += Volume::of(std::slice::from_ref(frame));
            }
        }
        load
    }

    /// Book the packets that a ring has finished. All ended with their processing there.
    pub(crate) fn book(&mut self, queue: &mut RxQueue) {
        let RxQueue { ring, number: queue, of_function, .. } = queue;
        let (queue, of_function) = (*queue, *of_function);
        for mut part in ring.book() {
            while let Some(first) = part.first() {
                let source = first.packet.frame.source;
                let account = &mut self.accounts[source as usize];
                let (place, fate) = (place(source, queue), account.fate(of_function));
                let (run, digest) = digest_run(part, place, fate);
                self.digest = self.digest.wrapping_add(digest);
                if fate == Fate::Delivered {
                    account.deliver(run, of_function);
                    if self.slowdown {
                        let costs = &self.costs[source as usize];
                        let own = |frame: &Frame| {
                            if of_function {
                                costs.guest(frame)
                            } else {
                                costs.host_and_guest(frame, queue)
                            }
                        };
                        let took = |done: &Finished| done.work.end - done.packet.frame.time;
                        let packets = run.iter().map(|done| (own(&done.packet.frame), took(done)));
                        slowdown::note(&mut account.tally.slowdown, packets);
                    }
                } else {
                    account.tally.filtered += run.len() as u64;
                }
                if let Some(sink) = &mut self.sink {
                    for Finished { packet, work } in run {
                        sink(record(packet, queue, work.start, work.end, fate));
                    }
                }
                part = &part[run.len()..];
            }
        }
    }

    /// What this source's packets cost.
    #[inline(always)]
    pub(crate) fn costs_of(&self, source: u32) -> &PacketCosts {
        &self.costs[source as usize]
    }

    /// The virtual NIC has these queues of its own from now on.
    pub(crate) fn set_own(&mut self, world: &World, vnic: usize, queues: &[u32]) {
        for (costs, source) in self.costs.iter_mut().zip(&world.sources) {
            if source.to == Consumer::Vnic(vnic) {
                costs.set_own(queues);
            }
        }
    }

    /// The work of a round over rings on a packet that it took out is done: what becomes of it.
    #[inline(always)]
    pub(crate) fn processed(&mut self, done: &RxPacket) -> Next {
        let account = &self.accounts[done.packet.frame.source as usize];
        if account.is_unusual || account.to == Next::Ended {
            return if account.uses_rps { Next::Backlog } else { self.leaves_backlog(done) };
        }
        channel_of(account.to, &account.channels, done.packet.frame.flow)
    }

    /// The deferred work of a packet is done, in a backlog or without one: what becomes of it.
    #[inline(never)]
    pub(crate) fn leaves_backlog(&mut self, done: &RxPacket) -> Next {
        let account = &mut self.accounts[done.packet.frame.source as usize];
        if account.filtered_by_driver {
            account.tally.filtered += 1;
            self.end(&done.packet, done.queue, done.start, done.end, Fate::Filtered);
            return Next::Ended;
        }
        if let Some(last) = account.floods.len().checked_sub(1) {
            return self.deal_out(done, last);
        }
        let next = channel_of(account.to, &account.channels, done.packet.frame.flow);
        if next == Next::Ended {
            self.delivered(done, done.end, []);
        }
        next
    }

    /// The virtual switch has made a copy of a packet, the first of all as number 0: what becomes of
    /// it.
    pub(crate) fn copied(&mut self, copy: &RxPacket, number: usize) -> Next {
        self.accounts[copy.packet.frame.source as usize].tally.replicated += 1;
        self.deal_out(copy, number)
    }

    /// A copy of a packet for all virtual NICs, or the packet itself, is through the switch.
    fn deal_out(&mut self, done: &RxPacket, number: usize) -> Next {
        let Copied { vnic, to, channels } =
            &self.accounts[done.packet.frame.source as usize].floods[number];
        let (vnic, next) = (*vnic, channel_of(*to, channels, done.packet.frame.flow));
        if next == Next::Ended {
            self.delivered(done, done.end, []);
            self.note_flooded(done, vnic, true);
        }
        next
    }

    /// A packet has ended at or behind a virtual NIC; it counts if it was for all of them.
    #[inline(always)]
    pub(crate) fn note_flooded(&mut self, done: &RxPacket, vnic: usize, delivered: bool) {
        if self.floods && !self.accounts[done.packet.frame.source as usize].floods.is_empty() {
            let BroadcastTally { delivered: to, dropped } = &mut self.flooded[vnic];
            *(if delivered { to } else { dropped }) += 1;
        }
    }

    /// A packet is delivered at `end`, after its deferred work and these parts.
    #[inline(always)]
    pub(crate) fn delivered(
        &mut self,
        done: &RxPacket,
        end: Time,
        after: impl IntoIterator<Item = (Stage, Span)>,
    ) {
        let packet = &done.packet;
        let account = &mut self.accounts[packet.frame.source as usize];
        let tally = &mut account.tally;
        tally.delivered += Volume { packets: 1, bytes: packet.frame.size.into() };
        tally.latency.record(end - packet.frame.time);
        let stages = &mut tally.stages;
        stages[Stage::Buffer as usize] += u128::from((packet.dma_start - packet.frame.time).0);
        stages[Stage::Dma as usize] += u128::from((packet.visible.time() - packet.dma_start).0);
        stages[Stage::Moderation as usize] += u128::from(done.moderation.0);
        stages[Stage::Deferred as usize] += u128::from(done.deferred.0);
        stages[Stage::Vswitch as usize] += u128::from(done.vswitch.0);
        for (stage, part) in after {
            stages[stage as usize] += u128::from(part.0);
        }
        account.order.note(packet, end);
        if self.slowdown {
            let costs = &self.costs[packet.frame.source as usize];
            let own = costs.host_and_guest(&packet.frame, done.queue);
            let took = end - packet.frame.time;
            slowdown::note(&mut account.tally.slowdown, std::iter::once((own, took)));
        }
        self.end(packet, done.queue, done.start, end, Fate::Delivered);
    }

    /// A packet is lost, or discarded by the NIC, at `now`.
    #[inline(never)]
    pub(crate) fn lost(
        &mut self,
        packet: &Descriptor,
        queue: u32,
        start: Time,
        now: Time,
        fate: Fate,
    ) {
        let tally = &mut self.accounts[packet.frame.source as usize].tally;
        match fate {
            Fate::Dropped(reason) => tally.dropped[reason as usize] += 1,
            Fate::Filtered => tally.filtered += 1,
            Fate::Delivered => unreachable!("a delivered packet is not lost"),
        }
        self.end(packet, queue, start, now, fate);
    }

    fn end(&mut self, packet: &Descriptor, queue: u32, start: Time, end: Time, fate: Fate) {
        let hash = hash(packet, place(packet.frame.source, queue), start, end, fate);
        self.digest = self.digest.wrapping_add(hash);
        if let Some(sink) = &mut self.sink {
            sink(record(packet, queue, start, end, fate));
        }
    }

    /// All cores have been caught up: what needs the ends of all packets so far, in their order, can
    /// be worked out.
    pub(crate) fn settle(&mut self) {
        for account in &mut self.accounts {
            account.tally.reordered += account.order.settle();
        }
    }

    /// The ends (end, number) that this source, if it is a closed loop, has not been told of.
    pub(crate) fn fed_back(&mut self, source: u32) -> Option<&mut Vec<(Time, u64)>> {
        self.accounts[source as usize].order.fed_back()
    }

    /// So many more packets of this source are taken for lost.
    pub(crate) fn resent(&mut self, source: u32, packets: u64) {
        self.accounts[source as usize].tally.resent += packets;
    }

    /// The window opens: what was tallied so far is forgotten.
    pub(crate) fn open_window(&mut self) {
        self.offered = self.offered_in_all();
        for account in &mut self.accounts {
            account.inside_before = account.inside();
            account.tally = SourceTally::default();
        }
    }

    /// The tallies since the window opened.
    pub(crate) fn tallies(&self) -> Vec<SourceTally> {
        self.accounts.iter().map(Account::close).collect()
    }

    /// Packets inside the system.
    pub(crate) fn inside(&self) -> u64 {
        self.accounts.iter().map(Account::inside).sum()
    }

    /// Offered, delivered, lost since the window opened.
    pub(crate) fn totals(&self) -> (Volume, Volume, u64) {
        let mut totals = (Volume::default(), Volume::default(), 0);
        for account in &self.accounts {
            totals.0 += account.tally.offered;
            totals.1 += account.tally.delivered;
            totals.2 += account.tally.dropped.iter().sum::<u64>();
        }
        totals
    }

    /// Delivered of a source's packets since the window opened.
    pub(crate) fn delivered_of(&self, source: usize) -> Volume {
        self.accounts[source].tally.delivered
    }

    /// Packets offered in the whole run.
    pub(crate) fn offered_in_all(&self) -> u64 {
        self.offered + self.totals().0.packets
    }

    /// The hash of all ends so far.
    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }
}

impl Account {
    fn new(world: &World, source: usize) -> Self {
        let spec = &world.sources[source];
        let behind = |vnic: usize| match world.vnics[vnic].owner {
            VnicOwner::Host => Next::Ended,
            VnicOwner::Vm { .. } => Next::Guest(channels_of(world, vnic).start),
        };
        let mut floods = Vec::new();
        let to = match spec.to {
            Consumer::Host => Next::Ended,
            Consumer::App(app) => Next::App(app),
            Consumer::Vnic(vnic) => behind(vnic),
            Consumer::Broadcast => {
                floods.extend(world.vnics_of(spec.nic).map(|vnic| {
                    let channels = by_flow(world, source, vnic);
                    Copied { vnic, to: behind(vnic), channels }
                }));
                floods.last().expect("packets for all virtual NICs need one").to
            }
        };
        let channels = match spec.to {
            Consumer::Vnic(vnic) => by_flow(world, source, vnic),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => Vec::new(),
        };
        // A recording can reorder (a fragment of a flow may take another queue than the rest), and
        // so can cores that share packets, and whoever moves queues or table entries, or changes ways.
        let nic = &world.nics[spec.nic];
        let shares = world.hosts[nic.host].shares_packets();
        let moves = nic.rebalance.is_some() || world.moves_queues(spec.nic);
        let moves = moves || world.changes_way(source);
        let flows = match &spec.source.arrivals {
            // Copies of one packet may end in any order.
            _ if spec.to == Consumer::Broadcast => 0,
            Arrivals::Capture(capture) => capture.flows.len(),
            _ if shares || moves => spec.source.flows.count as usize,
            _ => 0,
        };
        let filtered_by_driver = spec.filter == Filter::DropInDriver;
        let uses_rps = world.uses_rps(source);
        Self {
            to,
            channels,
            uses_rps,
            is_unusual: uses_rps || filtered_by_driver || !floods.is_empty(),
            floods,
            filtered_by_driver,
            order: Order::new(flows, spec.closed.is_some()),
            tally: SourceTally::default(),
            inside_before: 0,
        }
    }

    /// What becomes of a packet whose processing in its ring ends its trip: the driver does not see
    /// those of virtual functions.
    fn fate(&self, of_function: bool) -> Fate {
        let filtered = self.filtered_by_driver && !of_function;
        if filtered { Fate::Filtered } else { Fate::Delivered }
    }

    /// Packets of this source were delivered, each when its processing in its ring ended.
    fn deliver(&mut self, run: &[Finished], of_function: bool) {
        let latency = |done: &Finished| done.work.end - done.packet.frame.time;
        let sum = self.tally.latency.record_all(run.iter().map(latency));
        let (bytes, parts) = run.iter().fold((0, [0_u64; 4]), |(bytes, sums), done| {
            let parts = parts_of(done);
            let sums = std::array::from_fn(|part| sums[part].wrapping_add(parts[part]));
            (bytes + u64::from(done.packet.frame.size), sums)
        });
        self.tally.delivered += Volume { packets: run.len() as u64, bytes };
        let mut parts = parts.map(u128::from);
        if sum > u64::MAX.into() {
            // Only then may a part have wrapped around: no part is longer than the whole.
            parts = std::array::from_fn(|part| {
                run.iter().map(|done| u128::from(parts_of(done)[part])).sum()
            });
        }
        let work = if of_function { Stage::Guest } else { Stage::Deferred };
        self.tally.by_function += if of_function { run.len() as u64 } else { 0 };
        let stages = [Stage::Buffer, Stage::Dma, Stage::Moderation, work];
        for (stage, sum) in stages.into_iter().zip(parts) {
            self.tally.stages[stage as usize] += sum;
        }
        if self.order.matters() {
            for done in run {
                self.order.note(&done.packet, done.work.end);
            }
        }
    }

    /// Packets inside: every packet, and every copy, is delivered, dropped, filtered, or still here.
    fn inside(&self) -> u64 {
        let tally = &self.tally;
        let ended = tally.delivered.packets + tally.filtered + tally.dropped.iter().sum::<u64>();
        self.inside_before + tally.offered.packets + tally.replicated - ended
    }

    fn close(&self) -> SourceTally {
        let mut tally = self.tally.clone();
        tally.in_flight = self.inside() as i64 - self.inside_before as i64;
        let parts: u128 = tally.stages.iter().sum();
        tally.stages[Stage::Ring as usize] = tally.latency.sum_ps() - parts;
        tally
    }
}

impl Volume {
    /// That of these frames.
    pub(crate) fn of(frames: &[Frame]) -> Self {
        let bytes = frames.iter().map(|frame| u64::from(frame.size)).sum();
        Self { packets: frames.len() as u64, bytes }
    }
}

impl std::ops::AddAssign for Volume {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

/// Who has a packet of this flow once its deferred work is done: `to`, or the channel of its flow
/// behind that, where there are several.
#[inline(always)]
fn channel_of(to: Next, channels: &[u32], flow: u32) -> Next {
    match to {
        Next::Guest(first) if !channels.is_empty() => {
            Next::Guest(first + channels[flow as usize] as usize)
        }
        next => next,
    }
}

/// A word per fate; 0 for the common one.
#[inline(always)]
fn fate_word(fate: Fate) -> u64 {
    match fate {
        Fate::Delivered => 0,
        Fate::Filtered => 1 << 63,
        Fate::Dropped(reason) => (reason as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93),
    }
}

/// How long a packet finished in its ring was in buffer, DMA, moderation and its own processing; what
/// is left of its latency is [`Stage::Ring`].
#[inline(always)]
fn parts_of(Finished { packet, work }: &Finished) -> [u64; 4] {
    let visible = packet.visible.time();
    [
        (packet.dma_start - packet.frame.time).0,
        (visible - packet.dma_start).0,
        work.interrupt.since(visible).0,
        (work.end - work.start).0,
    ]
}

/// The packets up to the next one of another source, and the digest of their ends.
#[inline]
fn digest_run(all: &[Finished], place: u64, fate: Fate) -> (&[Finished], u64) {
    let source = all[0].packet.frame.source;
    let (mut packets, mut digest) = (0, 0_u64);
    for Finished { packet, work } in all.iter().take_while(|one| one.packet.frame.source == source)
    {
        packets += 1;
        digest = digest.wrapping_add(hash(packet, place, work.start, work.end, fate));
    }
    (&all[..packets], digest)
}

/// Source and queue as one word of a packet's hash.
#[inline(always)]
fn place(source: u32, queue: u32) -> u64 {
    (u64::from(source) << 32 | u64::from(queue)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The hash of a packet's end.
#[inline(always)]
fn hash(packet: &Descriptor, place: u64, start: Time, end: Time, fate: Fate) -> u64 {
    digest::record(
        packet.frame.number,
        packet.frame.time.0 ^ place,
        start.0,
        end.0 ^ fate_word(fate),
    )
}

fn record(packet: &Descriptor, queue: u32, start: Time, end: Time, fate: Fate) -> Record {
    let (source, number, arrival) =
        (SourceId(packet.frame.source), packet.frame.number, packet.frame.time);
    Record { source, number, queue, arrival, start, end, fate }
}
