//! A site: one host, its cores, and the ports that feed them.
//!
//! Frames are admitted to rings in one time-ordered merge over all ports. Cores lag behind and are
//! caught up only where someone must know their state: before a ring that may be full, for a frame
//! that waits for a descriptor, and at control events.

use crate::engine::time::{PhasedTime, Time};
use crate::sim::accounting::ledger::{Ledger, NO_QUEUE};
use crate::sim::core::core::Core;
use crate::sim::core::delivery::ChannelAt;
use crate::sim::core::stack::pooled::Pool;
use crate::sim::coupling::rank::Joint;
use crate::sim::host::nic_binding::NicBinding;
use crate::sim::itinerary::channels::{channels, channels_of};
use crate::sim::itinerary::rps_map::Spreading;
use crate::sim::itinerary::rx_path::Ways;
use crate::sim::itinerary::steering::reason_at;
use crate::sim::nic::port::Offer;
use crate::sim::queue::rx_queue::{RxQueue, Transit};
use crate::vocab::drop_reason::DropReason;
use crate::world::{Consumer, World};

/// One host with all that happens on it.
pub(crate) struct Host {
    pub(crate) ports: Vec<NicBinding>,
    pub(crate) cores: Vec<Core>,
    pub(crate) queues: Vec<RxQueue>,
    /// All cores together, where they share the rings' packets.
    pub(crate) pool: Option<Pool>,
    /// Core of each app of the world that runs here.
    pub(crate) app_cores: Vec<Option<usize>>,
    /// Core and place of each channel of the world that guests serve here.
    pub(crate) channels: Vec<Option<(usize, ChannelAt)>>,
    /// To which core's backlog packets go, where software spreads them.
    pub(crate) spreading: Option<Spreading>,
    /// Per channel the places (core, and place among its threads) that its vCPU floats over; none
    /// where it stays. No channels, where none floats.
    pub(crate) allowed_places: Vec<Vec<(usize, usize)>>,
    /// Cores feed apps, guests or backlogs of other cores, so all advance together.
    pub(crate) coupled: bool,
    pub(crate) joint: Joint,
    /// Some port waits for descriptors ...
    pub(crate) holds: bool,
    /// ... and its frames are seen at once by the host: what one core frees may reach another one
    /// at the same moment.
    holds_at_once: bool,
    /// When the last frame that was seen at once by its host was seen.
    last_immediate: PhasedTime,
    /// Queues that are on the move; while there are any, all cores advance in step.
    pub(crate) moving: usize,
    /// How often queues have been set on the move.
    pub(crate) decisions: u64,
    /// Those of them that have left their core, in the order in which they arrive.
    pub(crate) transit: Vec<Transit>,
    /// How the packets of virtual NICs come now.
    pub(crate) ways: Ways,
}

impl Host {
    pub(crate) fn new(world: &World, host: usize) -> Self {
        let spec = &world.hosts[host];
        let mut cores: Vec<Core> =
            (0..spec.cores).map(|core| Core::new(world, host, core)).collect();
        let (mut ports, mut queues, ways) = (Vec::new(), Vec::new(), Ways::new(world));
        for index in (0..world.nics.len()).filter(|nic| world.nics[*nic].host == host) {
            ports.push(NicBinding::new(world, index, &ways, &mut queues, &mut cores));
        }
        let spreading = Spreading::new(world, host);
        let stays = spreading.is_none() && !ports.iter().any(NicBinding::moves_queues);
        for core in &mut cores {
            core.fast_path = stays && core.may_take_fast_path();
        }
        let app_cores: Vec<Option<usize>> =
            world.apps.iter().map(|app| (app.host == host).then_some(app.core as usize)).collect();
        let mut places = vec![None; channels(world)];
        for core in &cores {
            for (channel, at) in core.threads.iter().flat_map(|threads| threads.places()) {
                places[channel] = Some((core.number, at));
            }
        }
        let coupled = spreading.is_some() || feeds_other_cores(world, host, &app_cores, &places);
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
            spreading,
            allowed_places: Vec::new(),
            coupled,
            joint: Joint::default(),
            holds,
            holds_at_once,
            last_immediate,
            moving: 0,
            decisions: 0,
            transit: Vec::new(),
            ways,
        }
        .with_unpinned_vcpus(world, host)
    }

    /// Runs everything up to and including `until`.
    pub(crate) fn run(&mut self, until: Time, ledger: &mut Ledger<'_>) {
        // Where cores wait for each other, a frame seen at once must wake its own.
        let alone = match &self.ports[..] {
            [only] if self.coupled => !only.hold && !only.port.dma.may_be_immediate(),
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
            port.port.settle(until, ledger);
        }
        for core in &mut self.cores {
            core.settle(until, &self.queues, ledger);
        }
        for queue in &mut self.queues {
            ledger.book(queue);
        }
    }

    /// Closed loops come to know what became of their packets up to `now`, to which the site has been
    /// brought.
    pub(crate) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        for port in &mut self.ports {
            port.port.feed_back(now, ledger);
        }
    }

    /// When and where the next frame, over all ports, wants into its ring.
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

    /// The first offer of all ports that are not blocked. Of those of one moment, what follows from
    /// something before (a frame behind one that was held) comes before arrivals.
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

    /// Puts the first frame of port `at` into its ring, loses it, or blocks the port.
    #[inline(always)]
    fn admit(&mut self, at: usize, offer: Offer, ledger: &mut Ledger<'_>) {
        let index = self.ports[at].base + offer.queue as usize;
        if index >= self.queues.len() {
            return self.lose(at, offer, ledger);
        }
        if offer.arrives && offer.start == self.last_immediate {
            // What arrivals before it brought about at this very instant comes first.
            let core = self.queues[index].core;
            self.catch_up(core, offer.behind(), ledger);
            if let Some(threads) = &mut self.cores[core].threads {
                threads.settle(offer.start.time(), &self.queues, ledger);
            }
        }
        if self.queues[index].ring.is_closed() && !self.open(index, offer.start, ledger) {
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

    /// Opens a ring for packets, with its core caught up to `now`; false if the ring is full.
    #[inline(never)]
    fn open(&mut self, index: usize, now: PhasedTime, ledger: &mut Ledger<'_>) -> bool {
        // Where all cores have been caught up, all rings are opened: they would close one by one.
        let caught_up = if self.catch_up(self.queues[index].core, now, ledger) {
            &mut self.queues[..]
        } else {
            &mut self.queues[index..=index]
        };
        for queue in caught_up {
            ledger.book(queue);
            queue.ring.open();
        }
        !self.queues[index].ring.is_full()
    }

    /// Loses the first frame of port `at`, which leads nowhere.
    #[inline(never)]
    fn lose(&mut self, at: usize, offer: Offer, ledger: &mut Ledger<'_>) {
        let reason = reason_at(offer.queue).expect("it leads nowhere");
        self.ports[at].port.lose(offer.start, NO_QUEUE, reason, ledger);
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
            port.port.lose(offer.start, offer.queue, DropReason::RingFull, ledger);
        }
    }

    /// Advances the cores of blocked rings until one frees a descriptor before `bound`.
    fn release(&mut self, bound: PhasedTime, ledger: &mut Ledger<'_>) -> Option<(usize, Offer)> {
        let mut cores: Vec<usize> = if self.coupled || self.holds_at_once || self.moving > 0 {
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
                self.advance_jointly(&cores, bound, ledger)?;
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

    /// Packets inside, counted one by one.
    pub(crate) fn packets_inside(&self) -> u64 {
        let ports: usize = self.ports.iter().map(|port| port.port.frames_inside()).sum();
        let cores: usize = self.cores.iter().map(Core::packets_inside).sum();
        let rings: u64 = self.queues.iter().map(|queue| queue.ring.held()).sum();
        rings + (ports + cores) as u64
    }

    /// The queues of one port.
    pub(crate) fn queues_of(&self, port: &NicBinding) -> &[RxQueue] {
        &self.queues[port.base..port.base + port.queues]
    }

    /// Whether nothing will happen any more that concerns a packet.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.ports.iter().all(|port| port.port.is_exhausted())
    }
}

/// Whether any app or guest of the host may be fed by a core other than its own.
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
            Consumer::Vnic(_) if world.always_by_function(index) => Vec::new(),
            Consumer::Vnic(vnic) => guests(vnic).collect(),
            Consumer::Broadcast => world.vnics_of(source.nic).flat_map(guests).collect(),
        };
        let elsewhere = |core: &u32| consumers.iter().any(|other| *other != *core as usize);
        let others = if world.moves_queues(source.nic) { &nic.usable[..] } else { &[] };
        nic.host == host && nic.queues.iter().chain(others).any(elsewhere)
    })
}
