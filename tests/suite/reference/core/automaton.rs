//! A core: one thing runs at a time, interrupts before deferred work before threads.
//!
//! Rules C1 to C3, V8 to V12, G28, I11, I13 and I26.

use crate::reference::agenda::Item;
use crate::reference::core::rounds::{Leaving, Round, Softirq, Work};
use crate::reference::core::threads::{Thread, ThreadKind, Threads};
use crate::reference::model::{CoreAt, Frame, Model, VectorAt};
use crate::reference::nic::moderation::Server;
use rxsim::engine::time::{PhasedTime, Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::World;
use rxsim::world::outcome::CoreTally;
use std::collections::VecDeque;

/// What a core has begun in each class, and what it runs now.
pub(in crate::reference) struct Core {
    handler: Option<Handler>,
    /// The deferred work that has begun.
    pub(in crate::reference) deferred: Option<Round>,
    /// Deferred work that waits.
    pub(in crate::reference) queue: VecDeque<Work>,
    pub(in crate::reference) softirq: Option<Softirq>,
    /// Packets that handlers took (`interrupt-per-packet`), or that RPS placed on this core;
    /// a packet in processing has left the backlog.
    pub(in crate::reference) backlog: VecDeque<Frame>,
    /// Under RPS: the deferred work on the backlog is due, or runs.
    pub(in crate::reference) backlog_works: bool,
    /// Since when an interrupt by another core is due.
    pub(in crate::reference) ipi: Option<PhasedTime>,
    /// The rings of this core, by (NIC, queue), on stacks that move no queues.
    pub(in crate::reference) rings: Vec<(usize, u32)>,
    /// What the next round pays for queues that were moved to this core.
    pub(in crate::reference) moved: Span,
    /// The position in `rings` of the ring that a polling core polls next.
    pub(in crate::reference) next_ring: usize,
    /// Packets of ended rounds that have not yet reached their app or backlog.
    pub(in crate::reference) leaving: Vec<Leaving>,
    pub(in crate::reference) threads: Threads,
    running: Option<Running>,
    /// Number of the activity that runs now; an end with another number is void.
    serial: u64,
    idle_since: Option<Time>,
    pub(in crate::reference) tally: CoreTally,
    /// Time spent on polls that found their ring empty.
    pub(in crate::reference) in_vain: Span,
}

/// An interrupt handler in progress.
struct Handler {
    of: Interrupt,
    left: Span,
}

/// The origin of an interrupt.
#[derive(Clone, Copy)]
enum Interrupt {
    Vector(VectorAt),
    Packet(Frame),
    /// Another core, whose RPS placed packets on this core.
    Core,
}

/// The activity that runs.
#[derive(Clone, Copy)]
struct Running {
    class: Class,
    since: Time,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Interrupt,
    Deferred,
    /// The context switch to the thread at the head of the run queue.
    Switch,
    /// That thread.
    Thread,
}

impl Core {
    pub(in crate::reference) fn new(world: &World, at: CoreAt) -> Self {
        let nics = || world.nics.iter().enumerate().filter(|(_, nic)| nic.host == at.host);
        let mine = |core: u32| core as usize == at.index;
        let rings = nics().flat_map(|(nic, spec)| {
            (0..).zip(&spec.queues).filter(|(_, core)| mine(**core)).map(move |(q, _)| (nic, q))
        });
        Self {
            handler: None,
            deferred: None,
            queue: VecDeque::new(),
            softirq: None,
            backlog: VecDeque::new(),
            backlog_works: false,
            ipi: None,
            rings: rings.collect(),
            moved: Span::ZERO,
            next_ring: 0,
            leaving: Vec::new(),
            threads: Threads::new(world, at),
            running: None,
            serial: 0,
            idle_since: Some(Time::ZERO),
            tally: CoreTally::default(),
            in_vain: Span::ZERO,
        }
    }

    /// Adds `elapsed` to the account of `class` and takes it off what was left.
    fn spend(&mut self, class: Class, elapsed: Span) {
        let busy = &mut self.tally.busy;
        match class {
            Class::Interrupt => {
                let handler = self.handler.as_mut().expect("a handler runs");
                handler.left -= elapsed;
                match handler.of {
                    Interrupt::Core => busy.deferred += elapsed,
                    Interrupt::Vector(_) | Interrupt::Packet(_) => busy.interrupt += elapsed,
                }
            }
            Class::Deferred => {
                let round = self.deferred.as_mut().expect("deferred work runs");
                *round.account(busy) += elapsed;
                round.left -= elapsed;
            }
            Class::Switch | Class::Thread => {
                let thread = self.threads.head().expect("a thread runs");
                match (thread.kind, &thread.round) {
                    (ThreadKind::App(_), _) => busy.app += elapsed,
                    (ThreadKind::Work(_), _) => busy.work += elapsed,
                    (ThreadKind::Guest(_), _) => busy.guest += elapsed,
                    (ThreadKind::Ksoftirqd, Some(round)) if class == Class::Thread => {
                        *round.account(busy) += elapsed;
                    }
                    (ThreadKind::Ksoftirqd, _) => busy.deferred += elapsed,
                }
                if class == Class::Switch {
                    thread.switch_left -= elapsed;
                } else {
                    thread.left -= elapsed;
                    thread.slice_left -= elapsed;
                }
            }
        }
    }

    /// The rounds that have begun.
    pub(in crate::reference) fn rounds(&mut self) -> impl Iterator<Item = &mut Round> {
        self.deferred.iter_mut().chain(self.threads.rounds())
    }

    /// Whether a guest runs, or the context switch to it.
    fn runs_guest(&mut self) -> bool {
        let class = self.running.map(|running| running.class);
        matches!(class, Some(Class::Switch | Class::Thread))
            && self.threads.head().is_some_and(|head| matches!(head.kind, ThreadKind::Guest(_)))
    }
}

impl Model<'_> {
    /// Charges what runs on the core for its time until `now`.
    pub(in crate::reference) fn charge(&mut self, at: CoreAt, now: Time) {
        let core = self.core(at);
        if let Some(running) = core.running {
            core.running = Some(Running { since: now, ..running });
            core.spend(running.class, now - running.since);
        }
    }

    /// Stops what runs on the core, with the rest of it left for later.
    pub(in crate::reference) fn pause(&mut self, at: CoreAt) {
        self.charge(at, self.agenda.time());
        let core = self.core(at);
        core.running = None;
        core.serial += 1;
    }

    /// Gives the core to the highest class that wants it; to none where that class is a round that
    /// waits for its handoff.
    pub(in crate::reference) fn dispatch(&mut self, at: CoreAt) {
        if let Some(handler) = &self.core(at).handler {
            let left = handler.left;
            return self.start(at, Class::Interrupt, left);
        }
        if self.core(at).deferred.is_none() {
            self.begin_deferred_round(at);
        }
        if let Some(round) = &self.core(at).deferred {
            if !round.waits() {
                let left = round.left;
                self.start(at, Class::Deferred, left);
            }
            return;
        }
        if self.core(at).threads.head().is_some_and(|head| head.waits()) {
            return;
        }
        self.turn_to_head(at);
        match self.core(at).threads.head() {
            Some(Thread { switch_left, .. }) if *switch_left > Span::ZERO => {
                let left = *switch_left;
                self.start(at, Class::Switch, left);
            }
            Some(thread) => {
                let left = thread.left.min(thread.slice_left);
                if let ThreadKind::Guest(vcpu) = thread.kind {
                    self.guest_packet_starts(vcpu);
                }
                self.start(at, Class::Thread, left);
            }
            None => {
                let now = self.agenda.time();
                self.core(at).idle_since.get_or_insert(now);
            }
        }
    }

    fn start(&mut self, at: CoreAt, class: Class, left: Span) {
        let now = self.agenda.time();
        let core = self.core(at);
        core.running = Some(Running { class, since: now });
        core.idle_since = None;
        let serial = core.serial;
        self.agenda.put(now + left, Item::End { core: at, serial });
    }

    /// The activity ends, unless it was preempted since.
    pub(in crate::reference) fn activity_ends(&mut self, at: CoreAt, serial: u64) {
        if self.core(at).serial != serial {
            return;
        }
        let class = self.core(at).running.expect("an activity runs").class;
        self.pause(at);
        match class {
            Class::Interrupt => self.handler_ends(at),
            Class::Deferred => self.deferred_step(at),
            Class::Switch => {}
            Class::Thread => self.thread_step(at),
        }
        self.dispatch(at);
    }

    /// Something on this core may be due; while a handler runs it waits.
    pub(in crate::reference) fn interrupt(&mut self, at: CoreAt) {
        if self.core(at).handler.is_some() {
            return;
        }
        if let Some(interrupt) = self.earliest_due(at) {
            let preempts_guest = self.core(at).runs_guest();
            self.pause(at);
            self.take_interrupt(at, interrupt);
            if preempts_guest {
                let price = self.world.hosts[at.host].costs.guest_preempt;
                self.core(at).handler.as_mut().expect("one was taken").left += price;
            }
            self.dispatch(at);
        }
    }

    /// The earliest interrupt due on this core; ties by (NIC, vector or queue), other cores last.
    fn earliest_due(&self, at: CoreAt) -> Option<Interrupt> {
        let core = &self.cores[at.host][at.index];
        if self.world.hosts[at.host].stack == Stack::InterruptPerPacket {
            let first = |(nic, queue): &(usize, u32)| {
                self.nics[*nic].rings[*queue as usize].visible.front().copied()
            };
            let earliest = core.rings.iter().filter_map(first).min_by_key(|frame| frame.visible);
            return earliest.map(Interrupt::Packet);
        }
        let mut earliest: Option<(PhasedTime, VectorAt)> = None;
        for (nic, port) in self.nics.iter().enumerate() {
            for (index, vector) in port.vectors.iter().enumerate() {
                let here = vector.server == Server::Core(at);
                if let (true, Some(due)) = (here, vector.due)
                    && earliest.is_none_or(|(first, _)| due < first)
                {
                    earliest = Some((due, VectorAt { nic, index }));
                }
            }
        }
        match (earliest, core.ipi) {
            (Some((due, _)), Some(ipi)) if ipi < due => Some(Interrupt::Core),
            (None, Some(_)) => Some(Interrupt::Core),
            (earliest, _) => earliest.map(|(_, vector)| Interrupt::Vector(vector)),
        }
    }

    fn take_interrupt(&mut self, at: CoreAt, of: Interrupt) {
        match of {
            Interrupt::Vector(vector) => self.mask(vector),
            Interrupt::Packet(frame) => {
                let ring = &mut self.nics[frame.nic].rings[frame.queue as usize];
                ring.visible.pop_front();
                self.nics[frame.nic].interrupts += 1;
            }
            Interrupt::Core => self.core(at).ipi = None,
        }
        let now = self.agenda.time();
        let host = &self.world.hosts[at.host];
        let by_core = matches!(of, Interrupt::Core);
        let mut left = if by_core { host.costs.ipi } else { self.interrupt_cost(at) };
        let core = self.core(at);
        if core.idle_since.is_some_and(|since| now - since >= host.idle_before_sleep) {
            left += host.costs.wakeup;
        }
        let of = match of {
            Interrupt::Packet(frame) => Interrupt::Packet(Frame { start: Some(now), ..frame }),
            Interrupt::Vector(_) | Interrupt::Core => of,
        };
        core.handler = Some(Handler { of, left });
        core.tally.interrupts += u64::from(!by_core);
    }

    /// A handler hands over to deferred work; then whatever fell due meanwhile interrupts.
    fn handler_ends(&mut self, at: CoreAt) {
        let handler = self.core(at).handler.take().expect("a handler ran");
        match handler.of {
            Interrupt::Vector(vector) => self.queue_deferred_work(at, Work::Vector(vector)),
            Interrupt::Core => self.queue_deferred_work(at, Work::Backlog),
            Interrupt::Packet(frame) => {
                self.free_descriptor(&frame);
                self.enter_backlog(at, frame);
            }
        }
        if let Some(next) = self.earliest_due(at) {
            self.take_interrupt(at, next);
        }
    }

    /// The backlog of protocol work counts the packet in processing.
    fn enter_backlog(&mut self, at: CoreAt, frame: Frame) {
        let limit = self.world.hosts[at.host].backlog as usize;
        let core = self.core(at);
        let in_processing = core.deferred.as_ref().is_some_and(Round::has_packet);
        if core.backlog.len() + usize::from(in_processing) >= limit {
            self.end(frame, Fate::Dropped(DropReason::BacklogFull));
        } else {
            core.backlog.push_back(frame);
        }
    }
}
