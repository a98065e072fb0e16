//! All cores of a host as one group: a packet is nobody's until it is given to a core, or until a
//! core takes it from another one.
//!
//! Where every ring has its core, the core takes packets out of it by itself (`core`). Here packets
//! leave their rings as they become visible and wait in lines; a packet's descriptor is held until
//! its processing ends, whatever the order in which packets end. Nothing is preempted, so each core
//! has one thing in hand, and when that ends is known as it begins.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Kind, Stack};
use crate::rx::ring::Descriptor;
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::core::{Advance, Core};
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::{Dispatch, World};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// The cores of a host that share its packets.
pub(crate) struct Group {
    /// What has been dealt out lies before this.
    pub(crate) see: PhasedTime,
    rule: Rule,
    members: Vec<Member>,
    /// When each of them ends what it has in hand; never where it has nothing.
    ends: Vec<PhasedTime>,
    /// Packets for no particular core.
    line: VecDeque<Waiting>,
    /// The core whose activity has no length: it ends before anything else happens.
    at_once: Option<usize>,
    /// Cores look for packets by themselves, and need no interrupt.
    polls: bool,
    budget: u32,
    /// The NIC of each ring, and the interrupts by NIC.
    nics: Vec<usize>,
    interrupts: Vec<u64>,
}

/// Which core a packet is for.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The one with the fewest, as long as it has fewer than this; else nobody's in particular.
    Bounded(usize),
    /// The one of its ring, unless another one has nothing to do.
    Stealing,
}

/// A core of the group.
#[derive(Default)]
struct Member {
    /// Packets that wait for this core.
    line: VecDeque<Waiting>,
    hand: Option<Hand>,
    /// Packets taken since the last round's overhead.
    taken: u32,
}

/// A packet that was taken out of its ring.
#[derive(Clone, Copy)]
struct Waiting {
    packet: Descriptor,
    queue: usize,
}

/// What a core has in hand.
#[derive(Clone, Copy)]
struct Hand {
    waiting: Waiting,
    /// When the packet's own processing starts; none while the interrupt handler runs.
    start: Option<Time>,
}

/// What happens next.
#[derive(Clone, Copy)]
enum Next {
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
        self.line.len() + usize::from(self.hand.is_some())
    }
}

impl Group {
    /// The group of a host's cores; none where each ring has its core.
    pub(crate) fn new(world: &World, host: usize) -> Option<Self> {
        let spec = &world.hosts[host];
        let rule = match spec.dispatch {
            Dispatch::PerQueue => return None,
            // One line for all, as each core holds no packet but the one in hand.
            Dispatch::Shared => Rule::Bounded(1),
            Dispatch::Jbsq(bound) => Rule::Bounded(bound as usize),
            Dispatch::WorkStealing => Rule::Stealing,
        };
        let nics = world.nics.iter().enumerate().filter(|(_, nic)| nic.host == host);
        Some(Self {
            see: PhasedTime::default(),
            rule,
            members: (0..spec.cores).map(|_| Member::default()).collect(),
            ends: vec![PhasedTime::NEVER; spec.cores as usize],
            line: VecDeque::new(),
            at_once: None,
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
            let (moment, next) = self.next(visible);
            if moment >= bound {
                return Advance::Reached;
            }
            self.see = self.see.max(moment);
            match next {
                Next::Visible(queue) => {
                    let packet = works.rings[queue].ring.lend_first();
                    self.receive(Waiting { packet, queue }, &mut works);
                    visible = first_visible(works.rings);
                }
                Next::End(core) => {
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
    fn next(&self, visible: (PhasedTime, usize)) -> (PhasedTime, Next) {
        if let Some(core) = self.at_once {
            return (self.see, Next::End(core));
        }
        let (mut end, mut core) = (PhasedTime::NEVER, 0);
        for (number, its) in self.ends.iter().enumerate() {
            if *its < end {
                (end, core) = (*its, number);
            }
        }
        if visible.0 <= end {
            (visible.0, Next::Visible(visible.1))
        } else {
            (end, Next::End(core))
        }
    }

    /// A packet is visible: it is given to a core, or waits.
    fn receive(&mut self, waiting: Waiting, works: &mut Works<'_, '_>) {
        let core = match self.rule {
            Rule::Bounded(bound) => {
                let loads = self.members.iter().map(Member::load).zip(0..);
                loads.min().filter(|(load, _)| *load < bound).map(|(_, core)| core)
            }
            Rule::Stealing => {
                let home = works.rings[waiting.queue].core;
                let idle = || self.members.iter().position(|member| member.hand.is_none());
                let takes = self.members[home].hand.is_none().then_some(home).or_else(idle);
                Some(takes.unwrap_or(home))
            }
        };
        match core {
            None => self.line.push_back(waiting),
            Some(core) if self.members[core].hand.is_some() => {
                self.members[core].line.push_back(waiting);
            }
            Some(core) => self.wake(core, waiting, works),
        }
    }

    /// What a core has in hand ends. True if that freed a descriptor that a port waits for; then,
    /// too, the core has turned to its next packet, which is part of that end.
    fn end(&mut self, core: usize, works: &mut Works<'_, '_>) -> bool {
        (self.at_once, self.ends[core]) = (None, PhasedTime::NEVER);
        let hand = self.members[core].hand.take().expect("something in hand has ended");
        let Some(start) = hand.start else {
            self.begin(core, hand.waiting, works);
            return false;
        };
        let Waiting { packet, queue } = hand.waiting;
        let ring = &mut works.rings[queue];
        ring.ring.give_back();
        let watched = ring.watched;
        let (end, none) = (self.see.time(), Span::ZERO);
        works.ledger.processed(&RxPacket {
            packet,
            queue: ring.number,
            start,
            end,
            // A packet that waits does so for a core that was awake before it came.
            moderation: none,
            deferred: end - start,
            vswitch: none,
        });
        if let Some(next) = self.take_next(core) {
            self.begin(core, next, works);
        } else {
            self.members[core].taken = 0;
            works.cores[core].sheet.enter(Kind::Idle, end);
        }
        watched
    }

    /// The packet that a core turns to that has ended one.
    fn take_next(&mut self, core: usize) -> Option<Waiting> {
        match self.rule {
            Rule::Bounded(_) => {
                self.members[core].line.extend(self.line.pop_front());
                self.members[core].line.pop_front()
            }
            Rule::Stealing => {
                let own = self.members[core].line.pop_front();
                own.or_else(|| {
                    let most = |core: &usize| (self.members[*core].line.len(), Reverse(*core));
                    let from = (0..self.members.len()).max_by_key(most)?;
                    self.members[from].line.pop_front()
                })
            }
        }
    }

    /// An idle core is given a packet: an interrupt wakes it first, unless it polls.
    fn wake(&mut self, core: usize, waiting: Waiting, works: &mut Works<'_, '_>) {
        if self.polls {
            return self.begin(core, waiting, works);
        }
        let (now, its) = (self.see.time(), &mut works.cores[core]);
        let end = now + its.interrupt_cost(now);
        its.tally.interrupts += 1;
        its.sheet.enter(Kind::Interrupt, now);
        self.interrupts[self.nics[waiting.queue]] += 1;
        self.hold(core, Hand { waiting, start: None }, end);
    }

    /// A core begins with a packet, at times with the overhead of a round before it.
    fn begin(&mut self, core: usize, waiting: Waiting, works: &mut Works<'_, '_>) {
        let (member, its) = (&mut self.members[core], &mut works.cores[core]);
        let mut start = self.see.time();
        its.sheet.enter(Kind::Deferred, start);
        if member.taken == 0 || member.taken >= self.budget {
            its.tally.rounds += 1;
            start += its.costs.round.draw();
            member.taken = 0;
        }
        member.taken += 1;
        let frame = &waiting.packet.frame;
        let end = start + works.ledger.costs_of(frame.source).deferred(frame);
        self.hold(core, Hand { waiting, start: Some(start) }, end);
    }

    /// A core has this in hand from now on, until `end`.
    fn hold(&mut self, core: usize, hand: Hand, end: Time) {
        self.at_once = (end == self.see.time()).then_some(core);
        self.ends[core] = end.before_arrivals();
        self.members[core].hand = Some(hand);
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
