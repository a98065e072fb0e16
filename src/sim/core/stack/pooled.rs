//! All cores of a host as one group: a packet is nobody's until it is given to a core, or until a
//! core takes it from another one.
//!
//! Where every ring has its core, the core takes packets out of it by itself (`core`). Here packets
//! leave their rings as they become visible and wait in lines; a packet's descriptor is held until
//! its processing ends, whatever the order in which packets end. Nothing is preempted, so each core
//! has one thing in hand, and when that ends is known as it begins.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Activity, Stack};
use crate::rx::ring::Descriptor;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::core::{Advance, Core};
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::{Dispatch, World};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// The cores of a host that share its packets.
pub(crate) struct Pool {
    /// What has been dealt out lies before this.
    pub(crate) clock: PhasedTime,
    rule: DispatchRule,
    members: Vec<Member>,
    /// When each of them ends what it has in hand; never where it has nothing.
    ends: Vec<PhasedTime>,
    /// Packets for no particular core.
    shared_queue: VecDeque<QueuedPacket>,
    /// The core whose activity has no length: it ends before anything else happens.
    immediate: Option<usize>,
    /// Cores look for packets by themselves, and need no interrupt.
    polls: bool,
    budget: u32,
    /// The NIC of each ring, and the interrupts by NIC.
    nics: Vec<usize>,
    interrupts: Vec<u64>,
}

/// Which core a packet is for.
#[derive(Clone, Copy, Debug)]
enum DispatchRule {
    /// The one with the fewest, as long as it has fewer than this; else nobody's in particular.
    Bounded(usize),
    /// The one of its ring, unless another one has nothing to do.
    Stealing,
}

/// A core of the group.
#[derive(Default)]
struct Member {
    /// Packets that wait for this core.
    queue: VecDeque<QueuedPacket>,
    in_service: Option<InService>,
    /// Packets taken since the last round's overhead.
    taken: u32,
}

/// A packet that was taken out of its ring.
#[derive(Clone, Copy)]
struct QueuedPacket {
    packet: Descriptor,
    ring: usize,
}

/// What a core has in hand.
#[derive(Clone, Copy)]
struct InService {
    queued: QueuedPacket,
    /// When the packet's own processing starts; none while the interrupt handler runs.
    start: Option<Time>,
}

/// What happens next.
#[derive(Clone, Copy)]
enum PoolEvent {
    /// The first packet of this ring becomes visible.
    Visible(usize),
    /// What this core has in hand ends.
    End(usize),
}

/// What the group works with: the site's cores, rings, and the ledger.
struct Works<'a, 's> {
    cores: &'a mut [Core],
    rings: &'a mut [RxQueue],
    ledger: &'a mut Ledger<'s>,
}

impl Member {
    /// Packets in hand and waiting.
    fn load(&self) -> usize {
        self.queue.len() + usize::from(self.in_service.is_some())
    }
}

impl Pool {
    /// The group of a host's cores; none where each ring has its core.
    pub(crate) fn new(world: &World, host: usize) -> Option<Self> {
        let spec = &world.hosts[host];
        let rule = match spec.dispatch {
            Dispatch::PerQueue => return None,
            // One line for all, as each core holds no packet but the one in hand.
            Dispatch::Shared => DispatchRule::Bounded(1),
            Dispatch::Jbsq(bound) => DispatchRule::Bounded(bound as usize),
            Dispatch::WorkStealing => DispatchRule::Stealing,
        };
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

    /// Runs all that happens before `bound`, or up to a descriptor freed that a port waits for.
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
            let (moment, next) = self.next_event(visible);
            if moment >= bound {
                return Advance::Reached;
            }
            self.clock = self.clock.max(moment);
            match next {
                PoolEvent::Visible(ring) => {
                    let packet = works.rings[ring].ring.lend_first();
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

    /// Interrupts that woke cores for packets of this NIC.
    pub(crate) fn interrupts_of(&self, nic: usize) -> u64 {
        self.interrupts[nic]
    }

    /// What happens next, and when. At one moment, packets become visible before anything ends.
    fn next_event(&self, visible: (PhasedTime, usize)) -> (PhasedTime, PoolEvent) {
        if let Some(core) = self.immediate {
            return (self.clock, PoolEvent::End(core));
        }
        let (mut end, mut core) = (PhasedTime::NEVER, 0);
        for (number, its) in self.ends.iter().enumerate() {
            if *its < end {
                (end, core) = (*its, number);
            }
        }
        if visible.0 <= end {
            (visible.0, PoolEvent::Visible(visible.1))
        } else {
            (end, PoolEvent::End(core))
        }
    }

    /// A packet is visible: it is given to a core, or waits.
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

    /// What a core has in hand ends. True if that freed a descriptor that a port waits for; then,
    /// too, the core has turned to its next packet, which is part of that end.
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
        queue.ring.give_back();
        let watched = queue.watched;
        let (end, none) = (self.clock.time(), Span::ZERO);
        works.ledger.processed(&RxPacket {
            packet,
            queue: queue.number,
            start,
            end,
            // A packet that waits does so for a core that was awake before it came.
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

    /// The packet that a core turns to that has ended one.
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

    /// An idle core is given a packet: an interrupt wakes it first, unless it polls.
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

    /// A core begins with a packet, at times with the overhead of a round before it.
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

    /// A core has this in hand from now on, until `end`.
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
