//! Threads: apps, works, vCPUs and `ksoftirqd` share what interrupts and deferred work leave.
//!
//! Rules T4 to T8, I15, I16, I22 and I23.

use crate::reference::agenda::Item;
use crate::reference::core::guests::Vcpu;
use crate::reference::core::rounds::{Holder, Next, Round};
use crate::reference::model::{CoreAt, Frame, Model};
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::vocab::packet::Fate;
use rxsim::world::World;
use std::collections::VecDeque;

/// The threads of a core.
pub(in crate::reference) struct Threads {
    all: Vec<Thread>,
    /// Runnable threads, by position in `all`; the head has the core.
    queue: VecDeque<usize>,
    /// The thread that the core turned to last.
    last: Option<usize>,
}

/// A thread of a core.
pub(in crate::reference) struct Thread {
    pub(in crate::reference) kind: ThreadKind,
    /// Time left of its activity: a packet, a demand, a round's own cost.
    pub(in crate::reference) left: Span,
    pub(in crate::reference) slice_left: Span,
    pub(in crate::reference) switch_left: Span,
    /// The current round of `ksoftirqd`.
    pub(in crate::reference) round: Option<Round>,
}

impl Thread {
    /// Whether it has a round that waits for its handoff.
    pub(in crate::reference) fn waits(&self) -> bool {
        self.round.as_ref().is_some_and(Round::waits)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reference) enum ThreadKind {
    App(usize),
    Work(usize),
    /// A vCPU, in the order of (VM, vCPU).
    Guest(usize),
    Ksoftirqd,
}

/// A consumer's packets.
#[derive(Default)]
pub(in crate::reference) struct App {
    /// The first one is in processing.
    pub(in crate::reference) backlog: VecDeque<Frame>,
}

impl Threads {
    pub(in crate::reference) fn new(world: &World, at: CoreAt) -> Self {
        let here = |host: usize, core: u32| host == at.host && core as usize == at.index;
        let apps = (0..world.apps.len())
            .filter(|app| here(world.apps[*app].host, world.apps[*app].core))
            .map(ThreadKind::App);
        let works = (0..world.works.len())
            .filter(|work| here(world.works[*work].host, world.works[*work].core))
            .map(ThreadKind::Work);
        let vcpus = Vcpu::all(world);
        let here = |vcpu: &usize| vcpus[*vcpu].may_be_on(at);
        let guests = (0..vcpus.len()).filter(here).map(ThreadKind::Guest);
        let napi = matches!(world.hosts[at.host].stack, Stack::LinuxNapi { .. });
        let all = apps
            .chain(works)
            .chain(guests)
            .chain(napi.then_some(ThreadKind::Ksoftirqd))
            .map(|kind| Thread {
                kind,
                left: Span::ZERO,
                slice_left: Span::ZERO,
                switch_left: Span::ZERO,
                round: None,
            })
            .collect();
        Self { all, queue: VecDeque::new(), last: None }
    }

    /// The thread that has the core.
    pub(in crate::reference) fn head(&mut self) -> Option<&mut Thread> {
        self.queue.front().map(|at| &mut self.all[*at])
    }

    /// How many of them are runnable, the one that runs or was preempted included.
    pub(in crate::reference) fn runnable(&self) -> usize {
        self.queue.len()
    }

    fn position(&self, kind: ThreadKind) -> usize {
        self.all.iter().position(|thread| thread.kind == kind).expect("a thread of this core")
    }

    fn is_runnable(&self, at: usize) -> bool {
        self.queue.contains(&at)
    }

    /// The thread becomes runnable, at the tail and with a whole slice; or it stays so.
    fn wake(&mut self, at: usize, quantum: Span) {
        if !self.is_runnable(at) {
            self.all[at].slice_left = quantum;
            self.queue.push_back(at);
        }
    }

    /// The thread gives up its activity and its place in the run queue.
    pub(in crate::reference) fn sleep(&mut self, kind: ThreadKind) {
        let at = self.position(kind);
        self.queue.retain(|other| *other != at);
        (self.all[at].left, self.all[at].switch_left) = (Span::ZERO, Span::ZERO);
    }

    /// The rounds that its threads have begun.
    pub(in crate::reference) fn rounds(&mut self) -> impl Iterator<Item = &mut Round> {
        self.all.iter_mut().filter_map(|thread| thread.round.as_mut())
    }

    pub(in crate::reference) fn ksoftirqd_is_runnable(&self) -> bool {
        self.is_runnable(self.position(ThreadKind::Ksoftirqd))
    }

    pub(in crate::reference) fn wake_ksoftirqd(&mut self, quantum: Span) {
        self.wake(self.position(ThreadKind::Ksoftirqd), quantum);
    }

    /// The position of `ksoftirqd`, which exists on this stack.
    pub(in crate::reference) fn ksoftirqd(&mut self) -> &mut Thread {
        let at = self.position(ThreadKind::Ksoftirqd);
        &mut self.all[at]
    }
}

impl Model<'_> {
    /// Switches the core to the head of its run queue; a switch to another thread has a cost.
    /// A `ksoftirqd` that finds nothing queued sleeps, and the next thread runs.
    pub(in crate::reference) fn turn_to_head(&mut self, at: CoreAt) {
        let price = self.world.hosts[at.host].costs.context_switch;
        let threads = &mut self.core(at).threads;
        let Some(&head) = threads.queue.front() else {
            return;
        };
        if threads.last.is_some_and(|last| last != head) {
            threads.all[head].switch_left = price;
        }
        threads.last = Some(head);
        let thread = &threads.all[head];
        let begins_round = thread.kind == ThreadKind::Ksoftirqd
            && thread.round.is_none()
            && thread.switch_left == Span::ZERO;
        if begins_round {
            let Some(work) = self.core(at).queue.pop_front() else {
                self.core(at).threads.queue.pop_front();
                return self.turn_to_head(at);
            };
            let round = self.begin_round(at, work);
            let thread = &mut self.core(at).threads.all[head];
            (thread.left, thread.round) = (round.left, Some(round));
        }
    }

    /// The head's activity or its slice ends.
    pub(in crate::reference) fn thread_step(&mut self, at: CoreAt) {
        let head = self.core(at).threads.head().expect("a thread ran");
        let next = if head.left > Span::ZERO { Next::Activity } else { self.continue_thread(at) };
        match next {
            Next::Activity => self.keep_or_pass_on(at, true),
            Next::Handoff => {}
            Next::End => self.keep_or_pass_on(at, false),
        }
    }

    /// The head keeps its place if it is runnable and has some of its slice left.
    pub(in crate::reference) fn keep_or_pass_on(&mut self, at: CoreAt, runnable: bool) {
        let quantum = self.world.hosts[at.host].quantum;
        let threads = &mut self.core(at).threads;
        let head = threads.queue.pop_front().expect("a thread ran");
        if !runnable {
            return;
        }
        if threads.all[head].slice_left == Span::ZERO {
            threads.wake(head, quantum);
        } else {
            threads.queue.push_front(head);
        }
    }

    /// The head's activity has ended: what it does next, if anything.
    fn continue_thread(&mut self, at: CoreAt) -> Next {
        let thread = self.core(at).threads.head().expect("a thread ran");
        let more = match thread.kind {
            ThreadKind::Work(_) => false,
            ThreadKind::App(app) => {
                let done = self.apps[app].backlog.pop_front().expect("a packet was in processing");
                self.end(done, Fate::Delivered);
                self.take_app_packet(at, app);
                !self.apps[app].backlog.is_empty()
            }
            ThreadKind::Guest(vcpu) => self.continue_guest(at, vcpu),
            ThreadKind::Ksoftirqd => {
                let mut round = thread.round.take().expect("ksoftirqd had a round in service");
                let next = self.continue_round(at, Holder::Ksoftirqd, &mut round);
                if !matches!(next, Next::End) {
                    let thread = self.core(at).threads.ksoftirqd();
                    (thread.left, thread.round) = (round.left, Some(round));
                    return next;
                }
                self.complete_or_requeue(at, &round);
                !self.core(at).queue.is_empty()
            }
        };
        if more { Next::Activity } else { Next::End }
    }

    /// What a thread does next takes this long.
    pub(in crate::reference) fn set_left(&mut self, at: CoreAt, kind: ThreadKind, left: Span) {
        let threads = &mut self.core(at).threads;
        let thread = threads.position(kind);
        threads.all[thread].left = left;
    }

    /// The app starts the first packet of its backlog.
    pub(in crate::reference) fn take_app_packet(&mut self, at: CoreAt, app: usize) {
        if let Some(frame) = self.apps[app].backlog.front() {
            let cost = self.app_cost(app, frame);
            self.set_left(at, ThreadKind::App(app), cost);
        }
    }

    /// A period of a work begins; demand that was not served in the last period is lost.
    pub(in crate::reference) fn work_is_due(&mut self, work: usize) {
        let spec = &self.world.works[work];
        let at = CoreAt { host: spec.host, index: spec.core as usize };
        let next = self.agenda.time() + spec.period;
        self.agenda.put(next, Item::Work { work });
        self.pause(at);
        self.set_left(at, ThreadKind::Work(work), spec.demand);
        if spec.demand > Span::ZERO {
            self.wake(at, ThreadKind::Work(work));
        }
        self.dispatch(at);
    }

    pub(in crate::reference) fn wake(&mut self, at: CoreAt, kind: ThreadKind) {
        let quantum = self.world.hosts[at.host].quantum;
        let threads = &mut self.core(at).threads;
        threads.wake(threads.position(kind), quantum);
    }
}
