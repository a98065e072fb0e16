//! A host, its cores, and the ports that feed them.
//!
//! The host admits frames to rings in one time-ordered merge over its ports. Cores lag behind,
//! because long batches are fast. The host catches a core up only where its state matters: before a
//! ring that may be full, for a frame that waits for a descriptor, and at control events.

use crate::engine::time::{PhasedTime, Time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::core::delivery::ChannelAt;
use crate::sim::core::stack::pooled::Pool;
use crate::sim::coupling::rank::Joint;
use crate::sim::host::nic_binding::NicBinding;
use crate::sim::itinerary::channels::{channels, channels_of};
use crate::sim::itinerary::rps_map::RpsMap;
use crate::sim::itinerary::rx_path::RxPaths;
use crate::sim::itinerary::steering::reason_at;
use crate::sim::nic::port::Offer;
use crate::sim::queue::rx_queue::{NO_QUEUE, QueueTransfer, RxQueue};
use crate::vocab::drop_reason::DropReason;
use crate::world::{Consumer, World};

/// A host with all state that belongs to it.
pub(crate) struct Host {
    pub(crate) ports: Vec<NicBinding>,
    pub(crate) cores: Vec<Core>,
    pub(crate) queues: Vec<RxQueue>,
    /// The cores as one pool, where they share the packets of all rings.
    pub(crate) pool: Option<Pool>,
    /// Per app of the world its core, if it runs on this host.
    pub(crate) app_cores: Vec<Option<usize>>,
    /// Per channel of the world its core and its place there, if a guest of this host serves it.
    pub(crate) channels: Vec<Option<(usize, ChannelAt)>>,
    /// Receive packet steering (RPS): to which core's backlog each packet goes.
    pub(crate) rps_map: Option<RpsMap>,
    /// Per channel the places (core, and place among its threads) that its vCPU floats over; none
    /// where it stays. No channels, where none floats.
    pub(crate) allowed_places: Vec<Vec<(usize, usize)>>,
    /// Some core feeds the apps, guests or backlogs of another core, so that their clocks must be
    /// kept together.
    pub(crate) interacting: bool,
    pub(crate) joint: Joint,
    /// Some port holds frames until descriptors are free.
    pub(crate) holds: bool,
    /// Some port that holds frames also delivers them at the instant of their arrival: a descriptor
    /// that one core frees may concern another core at that instant.
    holds_at_once: bool,
    /// When the last frame that was visible at its arrival became visible.
    last_immediate: PhasedTime,
    /// Queue moves that are not complete; while there are any, all cores advance in lock step.
    pub(crate) moves_pending: usize,
    /// Queue moves decided so far.
    pub(crate) moves_decided: u64,
    /// Queues between two cores, in the order in which they are attached.
    pub(crate) in_transfer: Vec<QueueTransfer>,
    /// The current receive path of each virtual NIC.
    pub(crate) rx_paths: RxPaths,
}

impl Host {
    pub(crate) fn new(world: &World, host: usize) -> Self {
        let spec = &world.hosts[host];
        let mut cores: Vec<Core> =
            (0..spec.cores).map(|core| Core::new(world, host, core)).collect();
        let (mut ports, mut queues, rx_paths) = (Vec::new(), Vec::new(), RxPaths::new(world));
        for index in (0..world.nics.len()).filter(|nic| world.nics[*nic].host == host) {
            ports.push(NicBinding::new(world, index, &rx_paths, &mut queues, &mut cores));
        }
        let rps_map = RpsMap::new(world, host);
        let is_fixed = rps_map.is_none() && !ports.iter().any(NicBinding::moves_queues);
        for core in &mut cores {
            core.fast_path = is_fixed && core.may_take_fast_path();
        }
        let app_cores: Vec<Option<usize>> =
            world.apps.iter().map(|app| (app.host == host).then_some(app.core as usize)).collect();
        let mut places = vec![None; channels(world)];
        for core in &cores {
            for (channel, at) in core.threads.iter().flat_map(|threads| threads.places()) {
                places[channel] = Some((core.number, at));
            }
        }
        let interacting = rps_map.is_some() || feeds_other_cores(world, host, &app_cores, &places);
        let holds = ports.iter().any(|port| port.hold);
        let holds_at_once = ports.iter().any(|port| port.hold && port.port.dma.may_be_immediate());
        let last_immediate = PhasedTime::default();
        Self {
            ports,
            cores,
            queues,
            pool: Pool::new(world, host),
            app_cores,
            channels: places,
            rps_map,
            allowed_places: Vec::new(),
            interacting,
            joint: Joint::default(),
            holds,
            holds_at_once,
            last_immediate,
            moves_pending: 0,
            moves_decided: 0,
            in_transfer: Vec::new(),
            rx_paths,
        }
        .with_unpinned_vcpus(world, host)
    }

    /// Runs everything up to and including `until`.
    pub(crate) fn run(&mut self, until: Time, ledger: &mut Ledger<'_>) {
        // Where cores interact, a frame that is visible at its arrival must wake its core at once,
        // so that frames cannot stream past the host.
        let alone = match &self.ports[..] {
            [only] if self.interacting => !only.hold && !only.port.dma.may_be_immediate(),
            [only] => !only.hold,
            _ => false,
        };
        while let Some((at, offer)) = self.next_offer(until, ledger) {
            self.admit(at, offer, ledger);
            if alone {
                let last = &mut self.last_immediate;
                self.ports[0].port.stream(until.after(), last, &mut self.queues);
            }
        }
        self.advance_all(until.after(), ledger);
        for port in &mut self.ports {
            port.port.sync_to(until, ledger);
        }
        for core in &mut self.cores {
            core.sync_to(until, &self.queues, ledger);
        }
        for queue in &mut self.queues {
            ledger.book(queue);
        }
    }

    /// Tells closed loops which of their packets have been delivered by `now`, up to which the host
    /// has been advanced.
    pub(crate) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        for port in &mut self.ports {
            port.port.feed_back(now, ledger);
        }
    }

    /// The next frame of all ports that is to enter its ring, with its time.
    fn next_offer(&mut self, until: Time, ledger: &mut Ledger<'_>) -> Option<(usize, Offer)> {
        let front = self.front(until, ledger);
        if self.ports.iter().any(|port| port.blocked.is_some()) {
            let bound = front.map_or(until.after(), |(_, offer)| offer.behind());
            if let Some(released) = self.release(bound, ledger) {
                return Some(released);
            }
        }
        front
    }

    /// The first offer of all ports that are not blocked. Of offers at one moment, a frame that
    /// waited (behind a held one) comes before an arrival.
    pub(crate) fn front(&mut self, until: Time, ledger: &mut Ledger<'_>) -> Option<(usize, Offer)> {
        let mut front: Option<(usize, Offer)> = None;
        for (at, port) in self.ports.iter_mut().enumerate() {
            if port.blocked.is_none()
                && let Some(offer) = port.port.front(until, ledger)
                && front.is_none_or(|(_, first)| offer.order() < first.order())
            {
                front = Some((at, offer));
            }
        }
        front
    }

    /// Puts the first frame of port `at` into its ring, drops it, or blocks the port.
    #[inline(always)]
    fn admit(&mut self, at: usize, offer: Offer, ledger: &mut Ledger<'_>) {
        let index = self.ports[at].base + offer.queue as usize;
        if index >= self.queues.len() {
            return self.lose(at, offer, ledger);
        }
        if offer.arrives && offer.start == self.last_immediate {
            // Earlier arrivals of this instant may have woken the core; what they caused comes
            // first.
            let core = self.queues[index].core;
            self.catch_up(core, offer.behind(), ledger);
            if let Some(threads) = &mut self.cores[core].threads {
                threads.sync_to(offer.start.time(), &self.queues, ledger);
            }
        }
        if self.queues[index].ring.needs_sync() && !self.sync_ring(index, offer.start, ledger) {
            return self.refuse(at, index, offer, ledger);
        }
        let packet = self.ports[at].port.transfer(offer.start);
        let queue = &mut self.queues[index];
        queue.ring.push(packet);
        if packet.visible.is_at_arrivals() {
            self.last_immediate = packet.visible;
            self.cores[queue.core].wake_by(packet.visible);
        }
    }

    /// Catches the ring's core up to `now`, so that the ring takes packets again; false if it is
    /// full.
    #[inline(never)]
    fn sync_ring(&mut self, index: usize, now: PhasedTime, ledger: &mut Ledger<'_>) -> bool {
        // If all cores were caught up, all rings are marked as synced; else each of them would ask
        // for it in turn.
        let caught_up = if self.catch_up(self.queues[index].core, now, ledger) {
            &mut self.queues[..]
        } else {
            &mut self.queues[index..=index]
        };
        for queue in caught_up {
            ledger.book(queue);
            queue.ring.synced();
        }
        !self.queues[index].ring.is_full()
    }

    /// Drops the first frame of port `at`, because its receive path leads to no ring.
    #[inline(never)]
    fn lose(&mut self, at: usize, offer: Offer, ledger: &mut Ledger<'_>) {
        let reason = reason_at(offer.queue).expect("it leads nowhere");
        self.ports[at].port.drop_first(offer.start, NO_QUEUE, reason, ledger);
    }

    #[inline(never)]
    fn refuse(&mut self, at: usize, index: usize, offer: Offer, ledger: &mut Ledger<'_>) {
        let port = &mut self.ports[at];
        let queue = &mut self.queues[index];
        if port.hold {
            port.blocked = Some((index, offer.start.time()));
            queue.watched = true;
        } else {
            queue.refused += 1;
            port.port.drop_first(offer.start, offer.queue, DropReason::RingFull, ledger);
        }
    }

    /// Advances the cores of blocked rings until one of them frees a descriptor before `bound`.
    fn release(&mut self, bound: PhasedTime, ledger: &mut Ledger<'_>) -> Option<(usize, Offer)> {
        let mut cores: Vec<usize> =
            if self.interacting || self.holds_at_once || self.moves_pending > 0 {
                (0..self.cores.len()).collect()
            } else {
                let blocked = self.ports.iter().filter_map(|port| port.blocked);
                blocked.map(|(queue, _)| self.queues[queue].core).collect()
            };
        cores.sort_unstable();
        cores.dedup();
        if self.port_with_room().is_none() {
            if self.pool.is_some() {
                self.advance_pool(bound, ledger)?;
            } else {
                self.synchronize(&cores, bound, ledger)?;
            }
        }
        let at = self.port_with_room().expect("the descriptor freed was waited for");
        let (queue, since) = self.ports[at].blocked.take().expect("the port was blocked");
        let core = || self.cores[self.queues[queue].core].clock;
        let moment = self.pool.as_ref().map_or_else(core, |pool| pool.clock);
        self.queues[queue].watched = false;
        self.ports[at].held += moment.time() - since;
        Some((at, Offer { start: moment, queue: self.queues[queue].number, arrives: false }))
    }

    /// The first blocked port whose ring has a free descriptor.
    fn port_with_room(&self) -> Option<usize> {
        self.ports.iter().position(|port| {
            port.blocked.is_some_and(|(queue, _)| !self.queues[queue].ring.is_full())
        })
    }

    /// Packets inside the host, counted one by one.
    pub(crate) fn packets_inside(&self) -> u64 {
        let ports: usize = self.ports.iter().map(|port| port.port.frames_inside()).sum();
        let cores: usize = self.cores.iter().map(Core::packets_inside).sum();
        let rings: u64 = self.queues.iter().map(|queue| queue.ring.held()).sum();
        rings + (ports + cores) as u64
    }

    pub(crate) fn queues_of(&self, port: &NicBinding) -> &[RxQueue] {
        &self.queues[port.base..port.base + port.queues]
    }

    /// Whether no source has a packet left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.ports.iter().all(|port| port.port.is_exhausted())
    }
}

/// Whether some core may feed an app or guest on another core.
fn feeds_other_cores(
    world: &World,
    host: usize,
    app_cores: &[Option<usize>],
    places: &[Option<(usize, ChannelAt)>],
) -> bool {
    world.sources.iter().enumerate().any(|(index, source)| {
        let nic = &world.nics[source.nic];
        let guests = |vnic: usize| {
            let served = places[channels_of(world, vnic)].iter().flatten();
            served.map(|(core, _)| *core)
        };
        let consumers: Vec<usize> = match source.to {
            Consumer::Host => Vec::new(),
            Consumer::App(app) => app_cores[app].into_iter().collect(),
            Consumer::Vnic(_) if world.always_by_vf(index) => Vec::new(),
            Consumer::Vnic(vnic) => guests(vnic).collect(),
            Consumer::Broadcast => world.vnics_of(source.nic).flat_map(guests).collect(),
        };
        let elsewhere = |core: &u32| consumers.iter().any(|other| *other != *core as usize);
        let others = if world.moves_queues(source.nic) { &nic.usable[..] } else { &[] };
        nic.host == host && nic.queues.iter().chain(others).any(elsewhere)
    })
}
