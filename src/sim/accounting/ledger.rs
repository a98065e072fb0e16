//! The ledger: every packet is entered when it is offered, and once more when it ends.
//!
//! The ledger holds what each source's packets cost, counts how they end, and hashes every end into
//! the run's fingerprint.

use crate::engine::digest;
use crate::engine::time::{Span, Time};
use crate::rx::ring::{Descriptor, Finished};
use crate::rx::source::Arrivals;
use crate::sim::accounting::reordering::Reordering;
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

/// The accounts of all sources, and the digest of all ends.
pub(crate) struct Ledger<'s> {
    accounts: Vec<Account>,
    /// Per source the costs of its packets.
    costs: Vec<PacketCosts>,
    /// Per virtual NIC how broadcast packets ended.
    pub(crate) broadcast: Vec<BroadcastTally>,
    has_broadcast: bool,
    slowdown: bool,
    digest: u64,
    /// Packets offered before the window opened.
    offered: u64,
    sink: Option<&'s mut dyn FnMut(Record)>,
}

/// The account of one source.
struct Account {
    to: NextHop,
    /// Per flow its channel, counted from the one that `to` names; empty if there is only one.
    channels: Vec<u32>,
    /// The targets of a broadcast packet: one copy for each but the last, which gets the packet
    /// itself.
    copies: Vec<CopyTarget>,
    filtered_by_driver: bool,
    /// Receive packet steering (RPS) distributes its packets over cores.
    uses_rps: bool,
    /// The driver or the virtual switch does more than hand these packets on: a filter, RPS or
    /// copies.
    slow_path: bool,
    reordering: Reordering,
    tally: SourceTally,
    /// Packets inside when the window opened.
    inside_before: u64,
}

/// The target of one copy of a broadcast packet.
struct CopyTarget {
    vnic: usize,
    to: NextHop,
    channels: Vec<u32>,
}

/// A packet whose deferred work is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RxPacket {
    pub(crate) packet: Descriptor,
    /// The receive queue.
    pub(crate) queue: u32,
    /// Start and end of the deferred work; under `interrupt-per-packet` the start is the handler's.
    pub(crate) start: Time,
    pub(crate) end: Time,
    /// From visibility to the interrupt.
    pub(crate) moderation: Span,
    /// The driver's part of the time from start to end.
    pub(crate) deferred: Span,
    /// The virtual switch's part.
    pub(crate) vswitch: Span,
}

/// Where a packet goes when its deferred work is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextHop {
    /// Nowhere: the packet has ended.
    Ended,
    /// To this app.
    App(usize),
    /// Through this channel to a guest.
    Guest(usize),
    /// To the backlog of a core.
    Backlog,
}

impl<'s> Ledger<'s> {
    pub(crate) fn new(world: &World, sink: Option<&'s mut dyn FnMut(Record)>) -> Self {
        let accounts: Vec<Account> =
            (0..world.sources.len()).map(|source| Account::new(world, source)).collect();
        let costs =
            (0..world.sources.len()).map(|source| PacketCosts::new(world, source)).collect();
        let broadcast = vec![BroadcastTally::default(); world.vnics.len()];
        let has_broadcast = world.sources.iter().any(|source| source.to == Consumer::Broadcast);
        let slowdown = world.slowdown;
        Self { accounts, costs, broadcast, has_broadcast, slowdown, digest: 0, offered: 0, sink }
    }

    /// Counts frames as offered, all of one source if it is given. Returns their volume.
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

    /// Books the packets that were finished in their ring: their processing there was their last.
    pub(crate) fn book(&mut self, queue: &mut RxQueue) {
        let RxQueue { ring, number: queue, is_vf, .. } = queue;
        let (queue, by_vf) = (*queue, *is_vf);
        for mut part in ring.book() {
            while let Some(first) = part.first() {
                let source = first.packet.frame.source;
                let account = &mut self.accounts[source as usize];
                let (place, fate) = (place(source, queue), account.fate(by_vf));
                let (run, digest) = digest_run(part, place, fate);
                self.digest = self.digest.wrapping_add(digest);
                if fate == Fate::Delivered {
                    account.deliver(run, by_vf);
                    if self.slowdown {
                        let costs = &self.costs[source as usize];
                        let own = |frame: &Frame| {
                            if by_vf {
                                costs.guest(frame)
                            } else {
                                costs.host_and_guest(frame, queue)
                            }
                        };
                        let took = |done: &Finished| done.work.end - done.packet.frame.time;
                        let packets = run.iter().map(|done| (own(&done.packet.frame), took(done)));
                        slowdown::record(&mut account.tally.slowdown, packets);
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

    /// The costs of a source's packets.
    #[inline(always)]
    pub(crate) fn costs_of(&self, source: u32) -> &PacketCosts {
        &self.costs[source as usize]
    }

    /// Sets the queues of its own that a virtual NIC has from now on.
    pub(crate) fn set_vm_queues(&mut self, world: &World, vnic: usize, queues: &[u32]) {
        for (costs, source) in self.costs.iter_mut().zip(&world.sources) {
            if source.to == Consumer::Vnic(vnic) {
                costs.set_vm_queues(queues);
            }
        }
    }

    /// The next hop of a packet that a round has taken from a ring and processed.
    #[inline(always)]
    pub(crate) fn next_hop(&mut self, done: &RxPacket) -> NextHop {
        let account = &self.accounts[done.packet.frame.source as usize];
        if account.slow_path || account.to == NextHop::Ended {
            return if account.uses_rps { NextHop::Backlog } else { self.hop_after_stack(done) };
        }
        channel_of(account.to, &account.channels, done.packet.frame.flow)
    }

    /// The next hop of a packet whose deferred work is complete, in a backlog or without one.
    #[inline(never)]
    pub(crate) fn hop_after_stack(&mut self, done: &RxPacket) -> NextHop {
        let account = &mut self.accounts[done.packet.frame.source as usize];
        if account.filtered_by_driver {
            account.tally.filtered += 1;
            self.end(&done.packet, done.queue, done.start, done.end, Fate::Filtered);
            return NextHop::Ended;
        }
        if let Some(last) = account.copies.len().checked_sub(1) {
            return self.hop_behind_switch(done, last);
        }
        let next = channel_of(account.to, &account.channels, done.packet.frame.flow);
        if next == NextHop::Ended {
            self.delivered(done, done.end, []);
        }
        next
    }

    /// The next hop of copy `number` of a broadcast packet, which the virtual switch has made.
    pub(crate) fn next_hop_of_copy(&mut self, copy: &RxPacket, number: usize) -> NextHop {
        self.accounts[copy.packet.frame.source as usize].tally.replicated += 1;
        self.hop_behind_switch(copy, number)
    }

    /// The next hop of a copy, or of the broadcast packet itself, behind the virtual switch.
    fn hop_behind_switch(&mut self, done: &RxPacket, number: usize) -> NextHop {
        let CopyTarget { vnic, to, channels } =
            &self.accounts[done.packet.frame.source as usize].copies[number];
        let (vnic, next) = (*vnic, channel_of(*to, channels, done.packet.frame.flow));
        if next == NextHop::Ended {
            self.delivered(done, done.end, []);
            self.record_broadcast(done, vnic, true);
        }
        next
    }

    /// Counts a packet that ended at or behind a virtual NIC, if it was a broadcast packet.
    #[inline(always)]
    pub(crate) fn record_broadcast(&mut self, done: &RxPacket, vnic: usize, delivered: bool) {
        if self.has_broadcast && !self.accounts[done.packet.frame.source as usize].copies.is_empty()
        {
            let BroadcastTally { delivered: to, dropped } = &mut self.broadcast[vnic];
            *(if delivered { to } else { dropped }) += 1;
        }
    }

    /// A packet is delivered at `end`; `after` lists the parts of its time behind the deferred
    /// work.
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
        account.reordering.record(packet, end);
        if self.slowdown {
            let costs = &self.costs[packet.frame.source as usize];
            let own = costs.host_and_guest(&packet.frame, done.queue);
            let took = end - packet.frame.time;
            slowdown::record(&mut account.tally.slowdown, std::iter::once((own, took)));
        }
        self.end(packet, done.queue, done.start, end, Fate::Delivered);
    }

    /// A packet is dropped, or filtered by the NIC, at `now`.
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

    /// Counts the packets that were overtaken. All cores must have been caught up, because ends are
    /// sorted.
    pub(crate) fn count_reordered(&mut self) {
        for account in &mut self.accounts {
            account.tally.reordered += account.reordering.count_reordered();
        }
    }

    /// The ends (end, number) that a closed loop has not been told of.
    pub(crate) fn fed_back(&mut self, source: u32) -> Option<&mut Vec<(Time, u64)>> {
        self.accounts[source as usize].reordering.fed_back()
    }

    /// Counts packets that a closed loop takes for lost.
    pub(crate) fn resent(&mut self, source: u32, packets: u64) {
        self.accounts[source as usize].tally.resent += packets;
    }

    /// Opens the window: forgets what was counted before.
    pub(crate) fn open_window(&mut self) {
        self.offered = self.offered_in_all();
        for account in &mut self.accounts {
            account.inside_before = account.inside();
            account.tally = SourceTally::default();
        }
    }

    pub(crate) fn tallies(&self) -> Vec<SourceTally> {
        self.accounts.iter().map(Account::close).collect()
    }

    /// Packets inside the system.
    pub(crate) fn inside(&self) -> u64 {
        self.accounts.iter().map(Account::inside).sum()
    }

    /// Packets offered, delivered and dropped since the window opened.
    pub(crate) fn totals(&self) -> (Volume, Volume, u64) {
        let mut totals = (Volume::default(), Volume::default(), 0);
        for account in &self.accounts {
            totals.0 += account.tally.offered;
            totals.1 += account.tally.delivered;
            totals.2 += account.tally.dropped.iter().sum::<u64>();
        }
        totals
    }

    /// A source's packets delivered since the window opened.
    pub(crate) fn delivered_of(&self, source: usize) -> Volume {
        self.accounts[source].tally.delivered
    }

    /// Packets offered in the whole run.
    pub(crate) fn offered_in_all(&self) -> u64 {
        self.offered + self.totals().0.packets
    }

    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }
}

impl Account {
    fn new(world: &World, source: usize) -> Self {
        let spec = &world.sources[source];
        let behind = |vnic: usize| match world.vnics[vnic].owner {
            VnicOwner::Host => NextHop::Ended,
            VnicOwner::Vm { .. } => NextHop::Guest(channels_of(world, vnic).start),
        };
        let mut copies = Vec::new();
        let to = match spec.to {
            Consumer::Host => NextHop::Ended,
            Consumer::App(app) => NextHop::App(app),
            Consumer::Vnic(vnic) => behind(vnic),
            Consumer::Broadcast => {
                copies.extend(world.vnics_of(spec.nic).map(|vnic| {
                    let channels = by_flow(world, source, vnic);
                    CopyTarget { vnic, to: behind(vnic), channels }
                }));
                copies.last().expect("packets for all virtual NICs need one").to
            }
        };
        let channels = match spec.to {
            Consumer::Vnic(vnic) => by_flow(world, source, vnic),
            Consumer::Host | Consumer::App(_) | Consumer::Broadcast => Vec::new(),
        };
        // Packets of one flow can overtake each other in a recording (fragments may take another
        // queue than the rest of their flow), where cores share packets, and where queues, table
        // entries or receive paths change.
        let nic = &world.nics[spec.nic];
        let shares = world.hosts[nic.host].shares_packets();
        let moves = nic.rebalance.is_some() || world.moves_queues(spec.nic);
        let moves = moves || world.changes_rx_path(source);
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
            slow_path: uses_rps || filtered_by_driver || !copies.is_empty(),
            copies,
            filtered_by_driver,
            reordering: Reordering::new(flows, spec.closed.is_some()),
            tally: SourceTally::default(),
            inside_before: 0,
        }
    }

    /// How a packet ends whose processing in its ring is its last. The driver's filter does not
    /// apply to virtual functions.
    fn fate(&self, by_vf: bool) -> Fate {
        let filtered = self.filtered_by_driver && !by_vf;
        if filtered { Fate::Filtered } else { Fate::Delivered }
    }

    /// Counts packets as delivered, each at the end of its processing in its ring.
    fn deliver(&mut self, run: &[Finished], by_vf: bool) {
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
            // A part can wrap around only if the sum does: no part is longer than the whole.
            parts = std::array::from_fn(|part| {
                run.iter().map(|done| u128::from(parts_of(done)[part])).sum()
            });
        }
        let work = if by_vf { Stage::Guest } else { Stage::Deferred };
        self.tally.by_function += if by_vf { run.len() as u64 } else { 0 };
        let stages = [Stage::Buffer, Stage::Dma, Stage::Moderation, work];
        for (stage, sum) in stages.into_iter().zip(parts) {
            self.tally.stages[stage as usize] += sum;
        }
        if self.reordering.matters() {
            for done in run {
                self.reordering.record(&done.packet, done.work.end);
            }
        }
    }

    /// Packets inside: offered or copied, and neither delivered, dropped nor filtered.
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
    /// The volume of these frames.
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

/// The hop `to`, or the channel of this flow behind it if there are several.
#[inline(always)]
fn channel_of(to: NextHop, channels: &[u32], flow: u32) -> NextHop {
    match to {
        NextHop::Guest(first) if !channels.is_empty() => {
            NextHop::Guest(first + channels[flow as usize] as usize)
        }
        next => next,
    }
}

/// A hash word per fate; 0 for the usual one.
#[inline(always)]
fn fate_word(fate: Fate) -> u64 {
    match fate {
        Fate::Delivered => 0,
        Fate::Filtered => 1 << 63,
        Fate::Dropped(reason) => (reason as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93),
    }
}

/// The time of a packet in buffer, DMA, moderation and its own processing. The rest of its latency
/// is [`Stage::Ring`].
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
