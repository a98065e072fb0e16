//! The cores of a host as one pool: packets of all rings are dispatched to cores, or taken from
//! another core's queue.
//!
//! Elsewhere every ring belongs to one core, which takes its packets itself (`core`). Here packets
//! leave their rings as they become visible and wait in queues. A packet holds its descriptor until
//! its processing ends, and packets may end in any order. Nothing is preempted, so each core has
//! one thing in service whose end is known when it starts.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Activity, Feature, Stack};
use crate::rx::ring::Descriptor;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::core::{Advance, Core};
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::{Dispatch, World};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// The cores of a host that share the packets of all rings.
pub(crate) struct Pool {
    /// The pool's clock: everything before it is done.
    pub(crate) clock: PhasedTime,
    rule: DispatchRule,
    members: Vec<Member>,
    /// When the service of each core ends; never for an idle core.
    ends: Vec<PhasedTime>,
    /// Packets that are assigned to no core yet.
    shared_queue: VecDeque<QueuedPacket>,
    /// The core whose service takes no time. That service ends before anything else happens.
    immediate: Option<usize>,
    /// Cores poll for packets and need no interrupt.
    polls: bool,
    budget: u32,
    /// The NIC of each ring, and the interrupts per NIC.
    nics: Vec<usize>,
    interrupts: Vec<u64>,
}

/// How a packet is assigned to a core.
#[derive(Clone, Copy, Debug)]
enum DispatchRule {
    /// To the core with the fewest packets, if it has fewer than this. Else the packet waits in the
    /// shared queue.
    Bounded(usize),
    /// To the core of the ring, unless that core is busy and another one is idle. Idle cores steal.
    Stealing,
}

/// A core of the pool.
#[derive(Default)]
struct Member {
    queue: VecDeque<QueuedPacket>,
    in_service: Option<InService>,
    /// Packets taken since the overhead of the last round.
    taken: u32,
}

/// A packet that was taken out of its ring and still holds its descriptor.
#[derive(Clone, Copy)]
struct QueuedPacket {
    packet: Descriptor,
    ring: usize,
}

/// What a core has in service.
#[derive(Clone, Copy)]
struct InService {
    queued: QueuedPacket,
    /// When the processing of the packet starts; none while the interrupt handler runs.
    start: Option<Time>,
}

#[derive(Clone, Copy)]
enum PoolEvent {
    /// The first packet of this ring becomes visible.
    Visible(usize),
    /// The service of this core ends.
    End(usize),
}

/// What the pool works on: the host's cores and rings, and the ledger.
struct Works<'a, 's> {
    cores: &'a mut [Core],
    rings: &'a mut [RxQueue],
    ledger: &'a mut Ledger<'s>,
}

impl Member {
    /// Packets in service and queued.
    fn load(&self) -> usize {
        self.queue.len() + usize::from(self.in_service.is_some())
    }
}

impl Pool {
    /// The pool of a host's cores; none if each ring belongs to one core.
    pub(crate) fn new(world: &World, host: usize) -> Option<Self> {
        let spec = &world.hosts[host];
        let rule = match spec.dispatch {
            Dispatch::PerQueue => return None,
            // All packets wait in the shared queue, as a core holds only the packet in service.
            Dispatch::Shared => DispatchRule::Bounded(1),
            Dispatch::Jbsq(bound) => DispatchRule::Bounded(bound as usize),
            Dispatch::WorkStealing => DispatchRule::Stealing,
        };
        assert_eq!(spec.supports(Feature::SharedPackets), Ok(()), "host {}", spec.name);
        let nics = world.nics.iter().enumerate().filter(|(_, nic)| nic.host == host);
        Some(Self {
            clock: PhasedTime::default(),
            rule,
            members: (0..spec.cores).map(|_| Member::default()).collect(),
            ends: vec![PhasedTime::NEVER; spec.cores as usize],
            shared_queue: VecDeque::new(),
            immediate: None,
            polls: spec.stack == Stack::BusyPoll,
            budget: spec.budget,
            nics: nics.flat_map(|(index, nic)| nic.queues.iter().map(move |_| index)).collect(),
            interrupts: vec![0; world.nics.len()],
        })
    }

    /// Runs everything that happens before `bound`, or up to a freed descriptor that a port waits
    /// for.
    pub(crate) fn advance(
        &mut self,
        bound: PhasedTime,
        cores: &mut [Core],
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Advance {
        let mut visible = first_visible(rings);
        let mut works = Works { cores, rings, ledger };
        loop {
            let (moment, next) = self.next_event(visible.0, visible.1);
            if moment >= bound {
                return Advance::Reached;
            }
            self.clock = self.clock.max(moment);
            match next {
                PoolEvent::Visible(ring) => {
                    let packet = works.rings[ring].ring.take_unfinished();
                    self.dispatch(QueuedPacket { packet, ring }, &mut works);
                    visible = first_visible(works.rings);
                }
                PoolEvent::End(core) => {
                    if self.end(core, &mut works) {
                        return Advance::Freed;
                    }
                }
            }
        }
    }

    pub(crate) fn interrupts_of(&self, nic: usize) -> u64 {
        self.interrupts[nic]
    }

    /// The next event and its time. At one instant packets become visible before any service ends.
    fn next_event(&self, visible: PhasedTime, ring: usize) -> (PhasedTime, PoolEvent) {
        if let Some(core) = self.immediate {
            return (self.clock, PoolEvent::End(core));
        }
        let (mut end, mut core) = (PhasedTime::NEVER, 0);
        for (number, its) in self.ends.iter().enumerate() {
            if *its < end {
                (end, core) = (*its, number);
            }
        }
        if visible <= end {
            (visible, PoolEvent::Visible(ring))
        } else {
            (end, PoolEvent::End(core))
        }
    }

    /// A packet is visible: dispatches it to a core, or queues it.
    fn dispatch(&mut self, queued: QueuedPacket, works: &mut Works<'_, '_>) {
        let core = match self.rule {
            DispatchRule::Bounded(bound) => {
                let loads = self.members.iter().map(Member::load).zip(0..);
                loads.min().filter(|(load, _)| *load < bound).map(|(_, core)| core)
            }
            DispatchRule::Stealing => {
                let home = works.rings[queued.ring].core;
                let idle = || self.members.iter().position(|member| member.in_service.is_none());
                let takes = self.members[home].in_service.is_none().then_some(home).or_else(idle);
                Some(takes.unwrap_or(home))
            }
        };
        match core {
            None => self.shared_queue.push_back(queued),
            Some(core) if self.members[core].in_service.is_some() => {
                self.members[core].queue.push_back(queued);
            }
            Some(core) => self.wake(core, queued, works),
        }
    }

    /// The service of a core ends. True if that freed a descriptor that a port waits for. The core
    /// starts its next packet first, as that belongs to the end of the service.
    fn end(&mut self, core: usize, works: &mut Works<'_, '_>) -> bool {
        (self.immediate, self.ends[core]) = (None, PhasedTime::NEVER);
        let in_service =
            self.members[core].in_service.take().expect("a core ends what it has in service");
        let Some(start) = in_service.start else {
            self.start(core, in_service.queued, works);
            return false;
        };
        let QueuedPacket { packet, ring } = in_service.queued;
        let queue = &mut works.rings[ring];
        queue.ring.release();
        let watched = queue.watched;
        let (end, none) = (self.clock.time(), Span::ZERO);
        works.ledger.next_hop(&RxPacket {
            packet,
            queue: queue.number,
            start,
            end,
            // A packet that waits does so for a core that was already awake.
            moderation: none,
            deferred: end - start,
            vswitch: none,
        });
        if let Some(next) = self.take_next(core) {
            self.start(core, next, works);
        } else {
            self.members[core].taken = 0;
            works.cores[core].sheet.enter(Activity::Idle, end);
        }
        watched
    }

    /// The next packet of a core that has finished one.
    fn take_next(&mut self, core: usize) -> Option<QueuedPacket> {
        match self.rule {
            DispatchRule::Bounded(_) => {
                self.members[core].queue.extend(self.shared_queue.pop_front());
                self.members[core].queue.pop_front()
            }
            DispatchRule::Stealing => {
                let own = self.members[core].queue.pop_front();
                own.or_else(|| {
                    let most = |core: &usize| (self.members[*core].queue.len(), Reverse(*core));
                    let from = (0..self.members.len()).max_by_key(most)?;
                    self.members[from].queue.pop_front()
                })
            }
        }
    }

    /// An idle core receives a packet. An interrupt wakes the core first, unless it polls.
    fn wake(&mut self, core: usize, queued: QueuedPacket, works: &mut Works<'_, '_>) {
        if self.polls {
            return self.start(core, queued, works);
        }
        let (now, its) = (self.clock.time(), &mut works.cores[core]);
        let end = now + its.interrupt_cost(now);
        its.counters.interrupts += 1;
        its.sheet.enter(Activity::Interrupt, now);
        self.interrupts[self.nics[queued.ring]] += 1;
        self.serve(core, InService { queued, start: None }, end);
    }

    /// A core starts a packet, with the overhead of a round before it if a round starts.
    fn start(&mut self, core: usize, queued: QueuedPacket, works: &mut Works<'_, '_>) {
        let (member, its) = (&mut self.members[core], &mut works.cores[core]);
        let mut start = self.clock.time();
        its.sheet.enter(Activity::Deferred, start);
        if member.taken == 0 || member.taken >= self.budget {
            its.counters.rounds += 1;
            start += its.costs.round.draw();
            member.taken = 0;
        }
        member.taken += 1;
        let frame = &queued.packet.frame;
        let end = start + works.ledger.costs_of(frame.source).deferred(frame);
        self.serve(core, InService { queued, start: Some(start) }, end);
    }

    /// The core has this in service until `end`.
    fn serve(&mut self, core: usize, in_service: InService, end: Time) {
        self.immediate = (end == self.clock.time()).then_some(core);
        self.ends[core] = end.before_arrivals();
        self.members[core].in_service = Some(in_service);
    }
}

/// The ring whose packet becomes visible first, and when.
fn first_visible(rings: &[RxQueue]) -> (PhasedTime, usize) {
    let mut first = (PhasedTime::NEVER, 0);
    for (number, queue) in rings.iter().enumerate() {
        let visible = queue.ring.visible(1);
        if visible < first.0 {
            first = (visible, number);
        }
    }
    first
}
